//! Answers of a provider that speaks HTTP/2 and lets as few streams be open on a connection as servers may.

use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::body::{Body, Bytes};
use axum::http::{Request, Response, Version, header};
use futures::future::try_join_all;
use futures::{StreamExt, TryStreamExt, stream};
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo};
use reqwest::Certificate;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::time::timeout;
use tokio_rustls::TlsAcceptor;

use super::lanes::{Lanes, MOST};
use super::tls::Tls;
use super::{Outbound, client};
use crate::llm::openai::OpenAi;
use crate::llm::{ChatCompletion, Message, PieceStream, Role};

/// However slow the machine is, nothing in here takes so long.
const LIMIT: Duration = Duration::from_secs(60);

/// A model's server. Each answer has its first word at once, the second when the gate is opened.
#[derive(Clone)]
struct Provider {
    address: SocketAddr,
    gate: Arc<watch::Sender<bool>>,
    /// The most answers that were open at once on each connection over which any was asked for.
    connections: Arc<Mutex<Vec<Arc<Connection>>>>,
}

#[derive(Default)]
struct Connection {
    open: AtomicUsize,
    most: AtomicUsize,
}

impl Provider {
    async fn start(acceptor: TlsAcceptor) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let provider = Self {
            address: listener.local_addr().unwrap(),
            gate: Arc::new(watch::Sender::new(false)),
            connections: Arc::default(),
        };
        let serving = provider.clone();
        tokio::spawn(async move {
            loop {
                let (stream, _) = listener.accept().await.unwrap();
                tokio::spawn(serving.clone().serve(stream, acceptor.clone()));
            }
        });
        provider
    }

    /// A client that opened a connection in vain just goes away.
    async fn serve(self, stream: TcpStream, acceptor: TlsAcceptor) {
        let Ok(stream) = acceptor.accept(stream).await else {
            return;
        };
        let connection = Arc::new(Connection::default());
        let service = service_fn(|request: Request<Incoming>| {
            let answer = self.answer(request, Arc::clone(&connection));
            async { Ok::<_, Infallible>(answer) }
        });
        let _ = hyper::server::conn::http2::Builder::new(TokioExecutor::new())
            .max_concurrent_streams(MOST)
            .serve_connection(TokioIo::new(stream), service)
            .await;
    }

    fn answer(&self, request: Request<Incoming>, connection: Arc<Connection>) -> Response<Body> {
        assert_eq!(request.version(), Version::HTTP_2);
        let open = connection.open.fetch_add(1, Ordering::SeqCst) + 1;
        if connection.most.fetch_max(open, Ordering::SeqCst) == 0 {
            self.connections.lock().unwrap().push(Arc::clone(&connection));
        }
        let mut gate = self.gate.subscribe();
        let second = async move {
            gate.wait_for(|is_open| *is_open).await.unwrap();
            connection.open.fetch_sub(1, Ordering::SeqCst);
            drop(request);
            Bytes::from(format!("{}data: [DONE]\n\n", event("two")))
        };
        let body = stream::iter([Bytes::from(event("one "))])
            .chain(stream::once(second))
            .map(Ok::<_, Infallible>);
        let mut response = Response::new(Body::from_stream(body));
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, "text/event-stream".parse().unwrap());
        response
    }

    fn most_by_connection(&self) -> Vec<usize> {
        let connections = self.connections.lock().unwrap();
        let most = connections.iter().map(|it| it.most.load(Ordering::SeqCst));
        most.collect()
    }
}

fn event(text: &str) -> String {
    format!("data: {{\"choices\":[{{\"delta\":{{\"content\":\"{text}\"}}}}]}}\n\n")
}

fn completion() -> ChatCompletion {
    ChatCompletion {
        model: "any".to_owned(),
        messages: vec![Message::new(Role::User, "Why?")],
        temperature: None,
        max_tokens: 10,
    }
}

async fn provider() -> (Provider, OpenAi) {
    let tls = Tls::new().unwrap();
    let root = Certificate::from_pem(tls.certificate.as_bytes()).unwrap();
    let make = move || Ok(client().tls_certs_only([root.clone()]).build()?);
    let provider = Provider::start(tls.acceptor).await;
    let port = provider.address.port();
    let outbound = Outbound {
        guarded: Lanes::new(|| Ok(client().build()?)).unwrap(),
        trusted: Lanes::new(make).unwrap(),
        allow: Arc::new([("127.0.0.1".to_owned(), port)]),
    };
    let openai = OpenAi::new(outbound, &format!("https://127.0.0.1:{port}/v1"), None).unwrap();
    (provider, openai)
}

/// Answers that all have their first word, and none its second.
async fn open(openai: &OpenAi, count: usize) -> Vec<PieceStream> {
    let completion = completion();
    let first_words = (0..count).map(|_| openai.stream(&completion));
    timeout(LIMIT, try_join_all(first_words))
        .await
        .expect("an answer waits for another one to end")
        .unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_answer_waits_for_another_one_to_end() {
    let most = MOST as usize;
    let (provider, openai) = provider().await;
    let answers = open(&openai, 3 * most + 50).await;
    let by_connection = provider.most_by_connection();
    assert_eq!(by_connection.iter().sum::<usize>(), 3 * most + 50);
    assert!(
        by_connection.iter().all(|&open| open <= most),
        "{by_connection:?}"
    );
    // Clients that race for the first connection of a lane may keep a second one.
    assert!(
        by_connection.len() < 10,
        "connections are shared: {by_connection:?}"
    );

    provider.gate.send_replace(true);
    let texts = answers
        .into_iter()
        .map(|answer| answer.try_fold(0, |count, _| async move { Ok(count + 1) }));
    let pieces = timeout(LIMIT, try_join_all(texts)).await.unwrap().unwrap();
    assert!(
        pieces.iter().all(|&count| count == 2),
        "each has both of its words"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn answers_that_nobody_wants_any_more_make_room() {
    let (provider, openai) = provider().await;
    for _ in 0..3 {
        drop(open(&openai, MOST as usize).await);
    }
    let connections = provider.most_by_connection().len();
    assert!(
        connections < 3,
        "{connections} connections for what fits into one"
    );
}
