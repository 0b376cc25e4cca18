//! Numbers as people read them.

/// A size in bytes, such as `2.4 MB`.
pub fn bytes(bytes: u64) -> String {
    if bytes < 1024 {
        return tr!("{} B", bytes);
    }
    #[expect(clippy::cast_precision_loss, reason = "two digits are shown")]
    let mut size = bytes as f64 / 1024.0;
    let mut unit = 0;
    while size >= 1024.0 && unit < 2 {
        size /= 1024.0;
        unit += 1;
    }
    let size = crate::i18n::decimal(size, u32::from(size < 10.0));
    match unit {
        0 => tr!("{} KB", size),
        1 => tr!("{} MB", size),
        _ => tr!("{} GB", size),
    }
}

/// A number with its thousands set apart, such as `12,345`.
pub fn thousands(number: i64) -> String {
    crate::i18n::number(number)
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
    fn addresses_are_made_whole() {
        assert_eq!(full_address(" example.com/help "), "https://example.com/help");
        assert_eq!(full_address("http://example.com"), "http://example.com");
        assert_eq!(full_address("  "), "");
    }
}
