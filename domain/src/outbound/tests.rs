use std::collections::HashSet;

use super::*;

fn outbound(allow: &[&str]) -> Outbound {
    Outbound::new(&allow.iter().map(|entry| (*entry).to_owned()).collect::<Vec<_>>()).unwrap()
}

#[test]
fn hostile_urls_are_refused() {
    let distinct: HashSet<_> = hostile_urls::URLS.iter().collect();
    assert!(distinct.len() >= 200, "{}", distinct.len());
    assert_eq!(distinct.len(), hostile_urls::URLS.len());
    let outbound = outbound(&[]);
    for url in hostile_urls::URLS {
        match outbound.check_url(url) {
            Ok(parsed) => panic!("{url:?} passed as {parsed}"),
            Err(error) => assert_eq!(error.code(), ErrorCode::UrlForbidden, "{url:?}"),
        }
    }
}

#[test]
fn the_public_web_passes() {
    let outbound = outbound(&[]);
    let public = [
        "https://example.com",
        "http://example.com/a/b?c=d#e",
        "https://EXAMPLE.com:443/",
        "http://example.com:80/",
        " https://example.com/ ",
        "https://sub.domain.example.co.uk/",
        "https://bücher.example/",
        "http://1.1.1.1/",
        "https://[2606:4700::1111]/",
        "https://localhost.example.com/",
        "https://10.example.com/",
        "https://internal.example.com/",
    ];
    for url in public {
        assert!(outbound.check_url(url).is_ok(), "{url}");
    }
    let long = format!("https://example.com/{}", "a".repeat(MAX_URL_LENGTH));
    assert_eq!(
        outbound.check_url(&long).unwrap_err().code(),
        ErrorCode::UrlForbidden
    );
}

#[test]
fn the_operator_opens_exact_places_only() {
    let outbound = outbound(&[
        "127.0.0.1:11434",
        "[::1]:9000",
        "ollama:80",
        "API.example.com:8443",
    ]);
    for url in [
        "http://127.0.0.1:11434/v1",
        "http://0x7f.1:11434/v1",
        "https://127.0.0.1:11434/",
        "http://[::1]:9000/",
        "http://ollama/",
        "https://api.example.com:8443/v1",
        "https://api.example.com/",
    ] {
        assert!(outbound.check_url(url).is_ok(), "{url}");
    }
    for url in [
        "http://127.0.0.1/",
        "http://127.0.0.1:11435/",
        "http://127.0.0.2:11434/",
        "http://localhost:11434/",
        "http://[::1]:9001/",
        "https://ollama/",
        "http://api.example.com:8080/",
        "ftp://127.0.0.1:11434/",
        "http://user@127.0.0.1:11434/",
    ] {
        assert!(outbound.check_url(url).is_err(), "{url}");
    }
}

#[test]
fn a_refusal_names_the_setting() {
    let outbound = outbound(&[]);
    for (url, place) in [
        ("http://127.0.0.1:11434/v1", "127.0.0.1:11434"),
        ("http://ollama/", "ollama:80"),
        ("https://example.com:8443/", "example.com:8443"),
    ] {
        let detail = outbound.check_url(url).unwrap_err().to_string();
        assert!(
            detail.contains(&format!("add {place} to BOTWRIGHT_OUTBOUND_ALLOW")),
            "{detail}"
        );
    }
}

#[test]
fn a_setting_that_is_no_place_stops_the_start() {
    for entry in [
        "",
        "localhost",
        "http://localhost:80",
        "localhost:",
        "localhost:port",
        "a:80/path",
        "u@a:80",
        "::1",
    ] {
        let error = Outbound::new(&[entry.to_owned()]).unwrap_err().to_string();
        assert!(error.contains("BOTWRIGHT_OUTBOUND_ALLOW"), "{entry}: {error}");
    }
}

/// Past the check of the text, a name is still resolved by the guard when the request is sent.
#[tokio::test]
async fn a_name_that_resolves_inward_gets_no_connection() {
    let outbound = outbound(&[]);
    let url = Url::parse("http://localhost/").unwrap();
    let error = outbound
        .guarded
        .first()
        .get(url.clone())
        .send()
        .await
        .unwrap_err();
    let error = refusal(&error, &url, ErrorCode::FetchFailed);
    assert_eq!(error.code(), ErrorCode::UrlForbidden, "{error}");
}
