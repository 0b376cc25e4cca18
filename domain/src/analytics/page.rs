//! The page that a visitor was on, without what could say who they are.

use url::Url;

/// Longest page that is kept, in characters.
const MAX_CHARS: usize = 300;
/// Path segments of this length with digits in them are taken for keys.
const KEY_CHARS: usize = 24;

/// Origin and path of a page's address: no user, query or fragment. Parts of the path that name somebody (addresses, ids,
/// keys) become `*`. `None` for what is no web page.
pub fn clean(address: &str) -> Option<String> {
    let url = Url::parse(address.trim()).ok()?;
    if !matches!(url.scheme(), "http" | "https") {
        return None;
    }
    let mut page = url.origin().ascii_serialization();
    for segment in url.path_segments()? {
        page.push('/');
        page.push_str(if names_somebody(segment) { "*" } else { segment });
    }
    Some(page.chars().take(MAX_CHARS).collect())
}

fn names_somebody(segment: &str) -> bool {
    let is_address = segment.contains('@') || segment.to_ascii_lowercase().contains("%40");
    let is_id = uuid::Uuid::try_parse(segment).is_ok();
    let is_key = segment.len() >= KEY_CHARS
        && segment.bytes().any(|b| b.is_ascii_digit())
        && segment
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || b"_=.".contains(&b));
    is_address || is_id || is_key
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_origin_and_path_are_kept() {
        for (address, expected) in [
            (
                "https://shop.example/prices?utm=1#top",
                Some("https://shop.example/prices"),
            ),
            (
                "https://ada:secret@shop.example:8443/",
                Some("https://shop.example:8443/"),
            ),
            ("http://shop.example", Some("http://shop.example/")),
            (
                "https://shop.example/u/ada%40example.com/x",
                Some("https://shop.example/u/*/x"),
            ),
            (
                "https://shop.example/orders/7b0c1f6e-7d5e-4d3c-9a51-3f1d2a1b0c9d",
                Some("https://shop.example/orders/*"),
            ),
            (
                "https://shop.example/t/a1b2c3d4e5f6a7b8c9d0e1f2",
                Some("https://shop.example/t/*"),
            ),
            (
                "https://shop.example/guides/how-to-clean-the-aurora-k2-kettle",
                Some("https://shop.example/guides/how-to-clean-the-aurora-k2-kettle"),
            ),
            ("javascript:alert(1)", None),
            ("file:///home/ada/page.html", None),
            ("about:srcdoc", None),
            ("prices", None),
        ] {
            assert_eq!(clean(address).as_deref(), expected, "{address}");
        }
        assert_eq!(
            clean(&format!("https://a.example/{}", "é".repeat(500))).map(|page| page.len()),
            Some(300)
        );
    }
}
