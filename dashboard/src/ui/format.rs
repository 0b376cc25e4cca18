//! Numbers as people read them.

/// A size in bytes, such as `2.4 MB`.
pub fn bytes(bytes: u64) -> String {
    const UNITS: [&str; 3] = ["KB", "MB", "GB"];
    if bytes < 1024 {
        return format!("{bytes} B");
    }
    #[expect(clippy::cast_precision_loss, reason = "two digits are shown")]
    let mut size = bytes as f64 / 1024.0;
    let mut unit = 0;
    while size >= 1024.0 && unit + 1 < UNITS.len() {
        size /= 1024.0;
        unit += 1;
    }
    let digits = usize::from(size < 10.0);
    format!("{size:.digits$} {}", UNITS[unit])
}

/// A count with its noun, such as `1 document` or `3 documents`.
pub fn count(number: impl Into<i64>, noun: &str) -> String {
    let number = number.into();
    if number == 1 {
        format!("1 {noun}")
    } else {
        format!("{} {noun}s", thousands(number))
    }
}

/// A number with its thousands set apart, such as `12,345`.
pub fn thousands(number: i64) -> String {
    let digits = number.unsigned_abs().to_string();
    let mut text = if number < 0 { "-".to_owned() } else { String::new() };
    for (i, digit) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// An address as people type it, made whole.
pub fn full_address(typed: &str) -> String {
    let typed = typed.trim();
    if typed.is_empty() || typed.contains("://") {
        return typed.to_owned();
    }
    format!("https://{typed}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_have_two_digits_at_least_and_a_unit() {
        let shown = [0, 1023, 1024, 1536, 20 * 1024 * 1024, 5 << 30].map(bytes);
        assert_eq!(shown, ["0 B", "1023 B", "1.0 KB", "1.5 KB", "20 MB", "5.0 GB"]);
    }

    #[test]
    fn counts_agree_with_their_noun() {
        let shown = [0, 1, 2, 999, 1_000, 1_234_567].map(|n: i64| count(n, "chunk"));
        let expected = [
            "0 chunks",
            "1 chunk",
            "2 chunks",
            "999 chunks",
            "1,000 chunks",
            "1,234,567 chunks",
        ];
        assert_eq!(shown, expected);
    }

    #[test]
    fn addresses_are_made_whole() {
        assert_eq!(full_address(" example.com/help "), "https://example.com/help");
        assert_eq!(full_address("http://example.com"), "http://example.com");
        assert_eq!(full_address("  "), "");
    }
}
