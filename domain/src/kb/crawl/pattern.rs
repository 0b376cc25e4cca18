//! Path patterns, as people write them to take or leave out parts of a site.

/// Whether `path` matches `pattern`, in which `*` stands for any characters. A pattern that ends otherwise also takes
/// everything below it: `/docs` takes `/docs` and `/docs/intro`, not `/docs2`.
pub(super) fn matches(pattern: &str, path: &str) -> bool {
    if wildcard(pattern.as_bytes(), path.as_bytes()) {
        return true;
    }
    if pattern.ends_with('*') {
        return false;
    }
    wildcard(
        format!("{}/*", pattern.trim_end_matches('/')).as_bytes(),
        path.as_bytes(),
    )
}

/// Goes back to the last star only, so it takes at most length times length steps.
fn wildcard(pattern: &[u8], text: &[u8]) -> bool {
    let (mut p, mut t) = (0, 0);
    let mut star: Option<(usize, usize)> = None;
    while t < text.len() {
        if pattern.get(p) == Some(&b'*') {
            star = Some((p, t));
            p += 1;
        } else if pattern.get(p) == Some(&text[t]) {
            p += 1;
            t += 1;
        } else if let Some((at, from)) = star {
            star = Some((at, from + 1));
            (p, t) = (at + 1, from + 1);
        } else {
            return false;
        }
    }
    pattern[p..].iter().all(|byte| *byte == b'*')
}

#[cfg(test)]
mod tests {
    use super::matches;

    #[test]
    fn patterns_take_a_path_and_what_is_below() {
        for (pattern, path) in [
            ("/docs", "/docs"),
            ("/docs", "/docs/"),
            ("/docs/", "/docs/intro"),
            ("/docs/*", "/docs/a/b"),
            ("/", "/anything"),
            ("*", "/anything"),
            ("/*/help", "/en/help"),
            ("/*/help", "/en/help/faq"),
            ("*.html", "/a/b.html"),
            ("/a*b*c", "/a-b-b-c"),
        ] {
            assert!(matches(pattern, path), "{pattern} {path}");
        }
        for (pattern, path) in [
            ("/docs", "/docs2"),
            ("/docs", "/"),
            ("/docs/*", "/docs"),
            ("/*/help", "/help"),
            ("*.html", "/a.htm"),
            ("/a*b*c", "/a-c-b"),
        ] {
            assert!(!matches(pattern, path), "{pattern} {path}");
        }
    }

    #[test]
    fn many_stars_take_no_time() {
        let pattern = format!("/{}b", "*a".repeat(200));
        assert!(!matches(&pattern, &format!("/{}", "a".repeat(2_000))));
    }
}
