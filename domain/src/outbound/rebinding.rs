//! Names that lead inward, at once or the second time they are asked for, against servers that count who comes.

use std::collections::VecDeque;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use api_types::ErrorCode;
use futures::future::ready;
use reqwest::Client;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;
use url::Url;

use super::super::{client, hostile_urls, refusal};
use super::*;

/// Stands for the public internet.
const OUTSIDE: &str = "127.0.0.1";
/// Stands for the own network, on the same port.
const INSIDE: &str = "127.0.0.2";

fn addresses(list: &[&str]) -> Vec<SocketAddr> {
    list.iter()
        .map(|ip| SocketAddr::new(ip.parse().unwrap(), 0))
        .collect()
}

fn answering(list: &'static [&'static str]) -> PublicResolver {
    PublicResolver::new(move |_| ready(Ok(addresses(list))).boxed())
}

async fn resolved(resolver: &PublicResolver, name: &str) -> Result<Vec<SocketAddr>, String> {
    match resolver.resolve(name.parse().unwrap()).await {
        Ok(found) => Ok(found.collect()),
        Err(error) => Err(format!("{:?}", error.downcast_ref::<LookupError>().unwrap())),
    }
}

/// Answers every connection and counts it.
async fn server(address: &str, port: u16) -> (u16, Arc<AtomicUsize>) {
    let listener = TcpListener::bind((address, port)).await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let count = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&count);
    tokio::spawn(async move {
        loop {
            let (mut stream, _) = listener.accept().await.unwrap();
            counted.fetch_add(1, Ordering::SeqCst);
            tokio::spawn(async move {
                let mut request = [0; 4096];
                let _ = stream.read(&mut request).await;
                let answer = b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2\r\n\r\nhi";
                let _ = stream.write_all(answer).await;
            });
        }
    });
    (port, count)
}

/// A client whose resolver gives these answers, one after the other, and how often it was asked.
fn guarded(answers: Vec<Vec<SocketAddr>>) -> (Client, Arc<AtomicUsize>) {
    let asked = Arc::new(AtomicUsize::new(0));
    let (count, answers) = (Arc::clone(&asked), Mutex::new(VecDeque::from(answers)));
    let mut resolver = PublicResolver::new(move |_| {
        count.fetch_add(1, Ordering::SeqCst);
        ready(Ok(answers.lock().unwrap().pop_front().unwrap_or_default())).boxed()
    });
    resolver.is_public = |address| address == OUTSIDE.parse::<IpAddr>().unwrap();
    (client().dns_resolver(resolver).build().unwrap(), asked)
}

#[tokio::test]
async fn a_name_that_leads_to_loopback_is_refused() {
    let found = resolved(&PublicResolver::system(), "localhost").await;
    assert_eq!(found, Err("Inward".to_owned()));
}

#[tokio::test]
async fn public_answers_pass_unchanged() {
    const PUBLIC: &[&str] = &["93.184.215.14", "2606:4700::1111"];
    let found = resolved(&answering(PUBLIC), "example.com").await;
    assert_eq!(found.unwrap(), addresses(PUBLIC));
    let nothing = resolved(&answering(&[]), "example.com").await;
    assert_eq!(nothing, Err("Unknown".to_owned()));
}

#[tokio::test]
async fn names_that_lead_inward_are_refused_as_a_whole() {
    let outbound = super::super::Outbound::new(&[]).unwrap();
    for (name, answers) in hostile_urls::NAMES {
        // The text gives nothing away.
        assert!(outbound.check_url(&format!("http://{name}/")).is_ok(), "{name}");
        let found = resolved(&answering(answers), name).await;
        assert_eq!(found, Err("Inward".to_owned()), "{name}");
    }
}

/// The connection goes to the address that was checked, and no name is asked for twice on the way to one connection: an
/// answer that is public first and inward next is either the first, and good, or the next, and refused.
#[tokio::test]
async fn a_name_that_changes_its_answer_gains_nothing() {
    let (port, outside) = server(OUTSIDE, 0).await;
    let (_, inside) = server(INSIDE, port).await;
    let turns = (0..50).map(|turn| addresses(&[[OUTSIDE, INSIDE][turn % 2]]));
    let (client, asked) = guarded(turns.collect());
    let url = Url::parse(&format!("http://rebind.example:{port}/")).unwrap();
    for turn in 0..50 {
        match client.get(url.clone()).send().await {
            Ok(response) => {
                assert_eq!(turn % 2, 0);
                assert_eq!(response.remote_addr().unwrap().ip().to_string(), OUTSIDE);
                assert_eq!(response.text().await.unwrap(), "hi");
            }
            Err(error) => {
                assert_eq!(turn % 2, 1, "{error:?}");
                let refused = refusal(&error, &url, ErrorCode::FetchFailed);
                assert_eq!(refused.code(), ErrorCode::UrlForbidden, "{refused}");
            }
        }
    }
    assert_eq!(outside.load(Ordering::SeqCst), 25);
    assert_eq!(asked.load(Ordering::SeqCst), 50, "once for each connection");
    assert_eq!(inside.load(Ordering::SeqCst), 0, "nobody came in");
}

/// Both at once, in either order; and many at the same time, of which each has its own answer.
#[tokio::test]
async fn neither_mixed_answers_nor_a_race_lead_inward() {
    let (port, outside) = server(OUTSIDE, 0).await;
    let (_, inside) = server(INSIDE, port).await;
    let answers = [[OUTSIDE, INSIDE], [INSIDE, OUTSIDE]].iter().cycle().take(20);
    let mixed = answers.map(|answer| addresses(answer));
    let (client, _) = guarded(mixed.collect());
    let url = Url::parse(&format!("http://rebind.example:{port}/")).unwrap();
    for _ in 0..20 {
        assert!(client.get(url.clone()).send().await.is_err());
    }
    assert_eq!(outside.load(Ordering::SeqCst), 0, "refused as a whole");

    let turns = (0..40).map(|turn| addresses(&[[OUTSIDE, INSIDE][turn % 2]]));
    let (client, _) = guarded(turns.collect());
    let all = (0..40).map(|_| client.get(url.clone()).send());
    let answered = futures::future::join_all(all).await;
    let good = answered.iter().filter(|answer| answer.is_ok()).count();
    assert_eq!((good, outside.load(Ordering::SeqCst)), (20, 20));
    assert_eq!(inside.load(Ordering::SeqCst), 0, "nobody came in");
    // The servers count: what is not guarded comes in.
    let open = client_to(INSIDE, port);
    open.get(url).send().await.unwrap();
    assert_eq!(inside.load(Ordering::SeqCst), 1);
}

/// A client without a guard, to which every name leads to one place.
fn client_to(address: &str, port: u16) -> Client {
    let place = SocketAddr::new(address.parse().unwrap(), port);
    client().resolve("rebind.example", place).build().unwrap()
}
