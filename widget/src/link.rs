//! Which addresses a visitor may be sent to.

/// Whether `url` may become a link: absolute, with a scheme that can't run code.
///
/// Relative addresses are refused too: inside the frame they would point at the wrong host. Browsers drop tabs and
/// line breaks inside a URL, so anything with white space or control characters is refused, not cleaned.
pub fn is_safe(url: &str) -> bool {
    let clean = !url.bytes().any(|byte| byte <= b' ' || byte == 0x7f);
    let starts = |scheme: &str| {
        url.get(..scheme.len())
            .is_some_and(|head| head.eq_ignore_ascii_case(scheme))
            && url.len() > scheme.len()
    };
    clean && ["https://", "http://", "mailto:"].into_iter().any(starts)
}

/// Whether `url` is a web page: safe, and not a mail address.
pub fn is_web(url: &str) -> bool {
    is_safe(url)
        && url
            .as_bytes()
            .first()
            .is_some_and(|first| first.eq_ignore_ascii_case(&b'h'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn web_and_mail_are_safe() {
        for url in [
            "https://a.example/x?y=1#z",
            "HTTP://a.example",
            "mailto:a@b.example",
            "https://例え.jp/é",
        ] {
            assert!(is_safe(url), "{url}");
        }
        assert!(is_web("https://a.example") && !is_web("mailto:a@b.example"));
    }

    #[test]
    fn everything_else_is_not() {
        for url in [
            "javascript:alert(1)",
            "JaVaScRiPt:alert(1)",
            "java\nscript:alert(1)",
            " javascript:alert(1)",
            "\u{1}javascript:alert(1)",
            "data:text/html,<script>alert(1)</script>",
            "vbscript:x",
            "blob:https://a.example/1",
            "file:///etc/passwd",
            "//a.example",
            "/path",
            "path",
            "",
            "https://",
            "https://a.example/\n",
            "https:/\t/a.example",
            "é",
        ] {
            assert!(!is_safe(url), "{url}");
        }
    }
}
