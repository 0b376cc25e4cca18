use super::*;

fn outbound(allow: &[&str]) -> Outbound {
    Outbound::new(&allow.iter().map(|entry| (*entry).to_owned()).collect::<Vec<_>>()).unwrap()
}

/// Addresses that attackers use to reach inward, in every spelling that URL parsers fold together.
const HOSTILE: &[&str] = &[
    // loopback, plainly and by name
    "http://127.0.0.1/",
    "https://127.0.0.1/",
    "http://127.0.0.1:80/",
    "http://127.0.0.1:443/",
    "http://127.1.2.3/",
    "http://localhost/",
    "http://LOCALHOST/",
    "http://localhost./",
    "http://foo.localhost/",
    "http://localhost:8080/",
    // IPv4 in disguise
    "http://127.1/",
    "http://127.0.1/",
    "http://0/",
    "http://0.0.0.0/",
    "http://2130706433/",
    "http://0x7f000001/",
    "http://0x7f.0.0.1/",
    "http://0x7F.1/",
    "http://017700000001/",
    "http://0177.0.0.1/",
    "http://0177.0.0.0x1/",
    "http://127.0.0.1./",
    "http://127.0.0.01/",
    "http://%31%32%37.0.0.1/",
    "http://127%2e0%2e0%2e1/",
    "http://１２７.０.０.１/",
    "http://127。0。0。1/",
    "http://①②⑦.0.0.1/",
    "http://ⓛocalhost/",
    "http://3232235777/",
    "http://0300.0250.1.1/",
    "http://2852039166/",
    "http://0xa9fea9fe/",
    "http://0251.0376.0251.0376/",
    // private, link-local, metadata and other closed IPv4
    "http://10.0.0.1/",
    "http://10.255.255.255/",
    "http://172.16.0.1/",
    "http://172.31.255.255/",
    "http://192.168.0.1/",
    "http://192.168.1.1:80/",
    "http://169.254.169.254/latest/meta-data/",
    "http://169.254.1.1/",
    "http://100.64.0.1/",
    "http://100.100.100.200/latest/meta-data/",
    "http://168.63.129.16/",
    "http://192.0.0.192/opc/v2/",
    "http://192.0.2.1/",
    "http://198.51.100.1/",
    "http://203.0.113.1/",
    "http://198.18.0.1/",
    "http://192.88.99.1/",
    "http://224.0.0.1/",
    "http://239.255.255.250/",
    "http://240.0.0.1/",
    "http://255.255.255.255/",
    // IPv6
    "http://[::]/",
    "http://[::1]/",
    "https://[::1]:443/",
    "http://[0:0:0:0:0:0:0:1]/",
    "http://[::ffff:127.0.0.1]/",
    "http://[::ffff:7f00:1]/",
    "http://[0:0:0:0:0:ffff:7f00:1]/",
    "http://[::ffff:10.0.0.1]/",
    "http://[::ffff:169.254.169.254]/",
    "http://[::127.0.0.1]/",
    "http://[::ffff:0:127.0.0.1]/",
    "http://[64:ff9b::127.0.0.1]/",
    "http://[64:ff9b::a9fe:a9fe]/",
    "http://[64:ff9b:1::1]/",
    "http://[2002:7f00:1::]/",
    "http://[2002:a9fe:a9fe::1]/",
    "http://[2001:0:7f00:1::]/",
    "http://[2001::1]/",
    "http://[2001:db8::1]/",
    "http://[3fff::1]/",
    "http://[fc00::1]/",
    "http://[fd00:ec2::254]/",
    "http://[fe80::1]/",
    "http://[fec0::1]/",
    "http://[ff02::1]/",
    "http://[100::1]/",
    // names of the own network
    "http://redis/",
    "http://postgres:80/",
    "http://metadata.google.internal/computeMetadata/v1/",
    "http://printer.local/",
    "http://router.home.arpa/",
    "http://kubernetes.default.svc.cluster.local/",
    // schemes
    "file:///etc/passwd",
    "ftp://example.com/",
    "gopher://127.0.0.1:6379/_FLUSHALL",
    "data:text/html,hi",
    "javascript:alert(1)",
    "ws://example.com/",
    "unix:/run/redis.sock",
    "blob:https://example.com/x",
    "about:blank",
    "jar:http://example.com!/",
    "view-source:http://example.com/",
    "mailto:a@example.com",
    "//example.com/",
    "/etc/passwd",
    "example.com",
    "",
    "   ",
    // user names, which also hide the true host
    "http://user@example.com/",
    "http://user:secret@example.com/",
    "http://:secret@example.com/",
    "http://example.com@127.0.0.1/",
    "http://example.com%40@127.0.0.1/",
    "http://127.0.0.1\\@example.com/",
    "http://example.com:80@10.0.0.1/",
    "http://1.1.1.1 &@127.0.0.1/",
    // ports
    "http://example.com:22/",
    "http://example.com:25/",
    "http://example.com:6379/",
    "http://example.com:8080/",
    "https://example.com:8443/",
    "http://example.com:0/",
    "http://example.com:65535/",
    "http://example.com:99999/",
    "http://1.1.1.1:53/",
    "http://[2606:4700::1111]:5432/",
    // parser confusion
    "http:///127.0.0.1/",
    "http:\\\\127.0.0.1\\",
    "http:127.0.0.1",
    "ht\ntp://127.0.0.1/",
    "http://127.0.0.1\t/",
    "http://127.0.0.1#@example.com/",
    "http://127.0.0.1?@example.com/",
    "http://127.0.0.1;@example.com/",
    "http://[::1%25lo]/",
    "http://[::1/",
    "http://exa mple.com/",
    "http://256.256.256.256/",
    "http://1.2.3.4.5/",
    "http://",
    "http://./",
    "http://%00/",
];

#[test]
fn hostile_urls_are_refused() {
    assert!(HOSTILE.len() >= 80, "{}", HOSTILE.len());
    let outbound = outbound(&[]);
    for url in HOSTILE {
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
    let error = outbound.guarded.get(url.clone()).send().await.unwrap_err();
    let error = refusal(&error, &url, ErrorCode::FetchFailed);
    assert_eq!(error.code(), ErrorCode::UrlForbidden, "{error}");
}
