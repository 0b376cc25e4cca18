//! Bytes to text, whatever encoding they were written in.

use std::borrow::Cow;

use chardetng::{EncodingDetector, Iso2022JpDetection, Utf8Detection};
use encoding_rs::{Encoding, UTF_8, UTF_16BE, UTF_16LE};

/// Decodes by byte order mark, else as UTF-16 if every other byte is zero, else as UTF-8, else by statistics.
pub(in crate::kb) fn decode(bytes: &[u8]) -> Cow<'_, str> {
    encoding(bytes).decode(bytes).0
}

/// Decodes a web page: as above, but what the page says about itself goes before statistics.
pub(super) fn decode_html(bytes: &[u8]) -> Cow<'_, str> {
    match declared_in_html(bytes) {
        Some(encoding) if Encoding::for_bom(bytes).is_none() && std::str::from_utf8(bytes).is_err() => {
            encoding.decode(bytes).0
        }
        _ => decode(bytes),
    }
}

/// The `charset` of a `meta` element in the first kilobyte, where the HTML standard wants it.
fn declared_in_html(bytes: &[u8]) -> Option<&'static Encoding> {
    let head = String::from_utf8_lossy(&bytes[..bytes.len().min(1024)]).to_ascii_lowercase();
    let (_, value) = head.split_once("charset=")?;
    let label = value
        .trim_start_matches(['"', '\''])
        .split(['"', '\'', ' ', ';', '>', '/'])
        .next()?;
    Encoding::for_label(label.as_bytes())
}

fn encoding(bytes: &[u8]) -> &'static Encoding {
    if let Some((encoding, _)) = Encoding::for_bom(bytes) {
        return encoding;
    }
    if let Some(encoding) = utf16_without_mark(bytes) {
        return encoding;
    }
    if std::str::from_utf8(bytes).is_ok() {
        return UTF_8;
    }
    let mut detector = EncodingDetector::new(Iso2022JpDetection::Deny);
    detector.feed(bytes, true);
    detector.guess(None, Utf8Detection::Allow)
}

/// Text of mostly Latin letters in UTF-16 has a zero in every other byte.
fn utf16_without_mark(bytes: &[u8]) -> Option<&'static Encoding> {
    let sample = &bytes[..bytes.len().min(4096) & !1];
    let zeros = |parity: usize| {
        sample
            .iter()
            .skip(parity)
            .step_by(2)
            .filter(|&&byte| byte == 0)
            .count()
    };
    let (even, odd, half) = (zeros(0), zeros(1), sample.len() / 2);
    if odd * 10 > half * 6 && even * 20 < half {
        return Some(UTF_16LE);
    }
    if even * 10 > half * 6 && odd * 20 < half {
        return Some(UTF_16BE);
    }
    None
}

/// Whether the bytes are text in some encoding: of the characters, at most one in 500 is a control character or
/// could not be decoded.
pub(super) fn is_text(bytes: &[u8]) -> bool {
    let sample = decode(&bytes[..bytes.len().min(64 * 1024)]);
    let odd = sample.chars().filter(|&c| is_odd(c)).count();
    // The sample may end within a character.
    odd <= 1 + sample.chars().count() / 500
}

fn is_odd(c: char) -> bool {
    c == char::REPLACEMENT_CHARACTER
        || (c.is_control() && !matches!(c, '\t' | '\n' | '\r' | '\u{c}' | '\u{1b}'))
}

#[cfg(test)]
mod tests {
    use super::{decode, decode_html, is_text};

    fn utf16<const N: usize>(text: &str, to_bytes: fn(u16) -> [u8; N]) -> Vec<u8> {
        text.encode_utf16().flat_map(to_bytes).collect()
    }

    #[test]
    fn reads_utf16_with_and_without_a_mark() {
        let text = "The quick brown fox — naïve.";
        assert_eq!(decode(&utf16(text, u16::to_le_bytes)), text);
        assert_eq!(decode(&utf16(text, u16::to_be_bytes)), text);
        assert_eq!(decode(&utf16(&format!("\u{feff}{text}"), u16::to_be_bytes)), text);
    }

    #[test]
    fn reads_old_encodings() {
        let japanese = "これは日本語の文章です。漢字とひらがな。";
        assert_eq!(decode(&encoding_rs::SHIFT_JIS.encode(japanese).0), japanese);
        let russian = "Съешь ещё этих мягких французских булок, да выпей чаю.";
        assert_eq!(decode(&encoding_rs::WINDOWS_1251.encode(russian).0), russian);
    }

    #[test]
    fn believes_the_page_about_itself() {
        let page = "<html><meta charset=\"ISO-8859-2\"><p>Zażółć gęślą jaźń";
        assert_eq!(decode_html(&encoding_rs::ISO_8859_2.encode(page).0), page);
        assert_eq!(
            decode_html("<meta charset=latin1>žluťoučký".as_bytes()),
            "<meta charset=latin1>žluťoučký"
        );
    }

    #[test]
    fn machine_code_is_no_text() {
        let noise: Vec<u8> = (0..4096u32)
            .map(|i| (i.wrapping_mul(2_654_435_761) >> 13) as u8)
            .collect();
        assert!(!is_text(&noise));
        assert!(is_text("καλημέρα κόσμε".as_bytes()));
    }
}
