//! Short decimal numbers, without the weight of `core::fmt` and its kin.

use alloc::string::String;

/// Reads 1 to 9 ASCII digits.
pub fn parse(digits: &str) -> Option<u32> {
    let add = |sum: u32, byte: u8| byte.is_ascii_digit().then(|| sum * 10 + u32::from(byte - b'0'));
    (1..=9)
        .contains(&digits.len())
        .then(|| digits.bytes().try_fold(0, add))
        .flatten()
}

/// Writes a number.
pub fn text(number: u32) -> String {
    let mut text = if number < 10 {
        String::new()
    } else {
        self::text(number / 10)
    };
    text.push(char::from(b'0' + (number % 10) as u8));
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_go_both_ways() {
        for (digits, number) in [
            ("0", 0),
            ("7", 7),
            ("10", 10),
            ("4000", 4000),
            ("999999999", 999_999_999),
        ] {
            assert_eq!(parse(digits), Some(number));
            assert_eq!(text(number), digits);
        }
        assert_eq!(text(u32::MAX), "4294967295");
    }

    #[test]
    fn what_is_no_short_number_is_refused() {
        for bad in [
            "",
            "-1",
            "+1",
            "1 ",
            "１",
            "1a",
            "1000000000",
            "99999999999999999999",
        ] {
            assert_eq!(parse(bad), None, "{bad}");
        }
    }
}
