//! A model's server that speaks OpenAI's wire format and answers 200 tokens, as fast or as slowly as it is told.

use std::convert::Infallible;
use std::path::{Path, PathBuf};
use std::sync::{Arc, LazyLock, Mutex};
use std::time::Duration;

use anyhow::{Result, anyhow};
use async_stream::stream;
use axum::body::Bytes;
use axum::http::header::CONTENT_TYPE;
use axum::http::{HeaderValue, Request, Response};
use futures::{Stream, StreamExt};
use http_body_util::{BodyExt, StreamBody};
use hyper::body::{Frame, Incoming};
use hyper::server::conn::http2;
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::time::{Instant, sleep_until, timeout};
use tokio_rustls::TlsAcceptor;

use crate::tls::Tls;

/// Streams that may be open on a connection of HTTP/2, as with most providers.
const STREAMS: u32 = 100;
/// Tokens of each answer.
pub const TOKENS: usize = 200;

/// The server; it ends with the program.
#[derive(Clone)]
pub struct Model {
    /// `host:port`.
    pub address: String,
    /// What a server that is to ask over TLS has to trust.
    pub certificate: Option<PathBuf>,
    /// Between two tokens; without it, all of them come at once.
    pause: Arc<Mutex<Duration>>,
    gate: Arc<watch::Sender<bool>>,
}

const HEAD: &str = "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n";
/// What is sent now and then by those who wait.
const PATIENCE: &str = ": patience\n\n";
/// How often.
const NOW_AND_THEN: Duration = Duration::from_secs(10);

/// The events of an answer.
static EVENTS: LazyLock<Vec<Bytes>> = LazyLock::new(|| {
    let event = |delta: &str, finish: &str| {
        let json = format!(
            r#"{{"id":"chatcmpl-1","object":"chat.completion.chunk","created":1700000000,"model":"bench","choices":[{{"index":0,"delta":{delta},"finish_reason":{finish}}}]}}"#
        );
        data(&json)
    };
    let mut events: Vec<Bytes> = (0..TOKENS)
        .map(|n| {
            let text = if n == 40 {
                " [1]".to_owned()
            } else {
                format!(" token{n}")
            };
            event(&format!(r#"{{"content":"{text}"}}"#), "null")
        })
        .collect();
    events.push(event("{}", r#""stop""#));
    events.push(data(&format!(
        r#"{{"choices":[],"usage":{{"prompt_tokens":900,"completion_tokens":{TOKENS}}}}}"#
    )));
    events.push(data("[DONE]"));
    events
});

fn data(json: &str) -> Bytes {
    format!("data: {json}\n\n").into()
}

fn chunk(event: &Bytes) -> Vec<u8> {
    let mut chunk = format!("{:x}\r\n", event.len()).into_bytes();
    chunk.extend_from_slice(event);
    chunk.extend_from_slice(b"\r\n");
    chunk
}

impl Model {
    /// Speaks HTTP/1.1.
    pub async fn start() -> Result<Self> {
        let (listener, model) = Self::bind().await?;
        let serving = model.clone();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let serving = serving.clone();
                // A client that goes away ends its connection, and nothing else.
                tokio::spawn(async move { serving.serve(stream).await.ok() });
            }
        });
        Ok(model)
    }

    /// Speaks HTTP/2 over TLS, as providers do. What is to be trusted is written into the folder.
    pub async fn start_http2(folder: &Path) -> Result<Self> {
        let tls = Tls::new().map_err(|error| anyhow!("no certificate: {error}"))?;
        let path = folder.join("model.pem");
        std::fs::write(&path, &tls.certificate)?;
        let (listener, mut model) = Self::bind().await?;
        model.certificate = Some(path);
        let serving = model.clone();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let (serving, acceptor) = (serving.clone(), tls.acceptor.clone());
                tokio::spawn(async move { serving.serve_http2(stream, acceptor).await.ok() });
            }
        });
        Ok(model)
    }

    async fn bind() -> Result<(TcpListener, Self)> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let model = Self {
            address: listener.local_addr()?.to_string(),
            certificate: None,
            pause: Arc::default(),
            gate: Arc::new(watch::Sender::new(true)),
        };
        Ok((listener, model))
    }

    /// Where its API is.
    pub fn base_url(&self) -> String {
        let scheme = if self.certificate.is_some() {
            "https"
        } else {
            "http"
        };
        format!("{scheme}://{}/v1", self.address)
    }

    pub fn set_pause(&self, pause: Duration) {
        if let Ok(mut current) = self.pause.lock() {
            *current = pause;
        }
    }

    /// Closed, every answer waits after its first token.
    pub fn set_gate(&self, is_open: bool) {
        self.gate.send_replace(is_open);
    }

    async fn serve(&self, mut stream: TcpStream) -> Result<()> {
        stream.set_nodelay(true)?;
        let chunks: Vec<u8> = EVENTS.iter().flat_map(chunk).collect();
        let whole = [HEAD.as_bytes(), &chunks, b"0\r\n\r\n"].concat();
        let mut buffer = Vec::with_capacity(16 * 1024);
        while read_request(&mut stream, &mut buffer).await? {
            if self.pause().is_zero() && *self.gate.borrow() {
                stream.write_all(&whole).await?;
                continue;
            }
            stream.write_all(HEAD.as_bytes()).await?;
            let mut events = std::pin::pin!(self.clone().events());
            while let Some(event) = events.next().await {
                stream.write_all(&chunk(&event)).await?;
            }
            stream.write_all(b"0\r\n\r\n").await?;
        }
        Ok(())
    }

    async fn serve_http2(&self, stream: TcpStream, acceptor: TlsAcceptor) -> Result<()> {
        stream.set_nodelay(true)?;
        let stream = acceptor.accept(stream).await?;
        let service = service_fn(|request: Request<Incoming>| {
            let model = self.clone();
            async move {
                request.into_body().collect().await?;
                let frames = model
                    .events()
                    .map(|event| Ok::<_, Infallible>(Frame::data(event)));
                let mut response = Response::new(StreamBody::new(frames));
                let kind = HeaderValue::from_static("text/event-stream");
                response.headers_mut().insert(CONTENT_TYPE, kind);
                Ok::<_, hyper::Error>(response)
            }
        });
        http2::Builder::new(TokioExecutor::new())
            .max_concurrent_streams(STREAMS)
            .serve_connection(TokioIo::new(stream), service)
            .await?;
        Ok(())
    }

    fn pause(&self) -> Duration {
        self.pause.lock().map(|pause| *pause).unwrap_or_default()
    }

    /// The events of one answer, when they are due.
    fn events(self) -> impl Stream<Item = Bytes> {
        stream! {
            let pause = self.pause();
            yield EVENTS[0].clone();
            let mut gate = self.gate.subscribe();
            while timeout(NOW_AND_THEN, gate.wait_for(|is_open| *is_open)).await.is_err() {
                yield Bytes::from_static(PATIENCE.as_bytes());
            }
            let mut due = Instant::now();
            for event in &EVENTS[1..] {
                due += pause;
                sleep_until(due).await;
                yield event.clone();
            }
        }
    }
}

/// Reads one request and forgets it; false at the end of the connection.
async fn read_request(stream: &mut TcpStream, buffer: &mut Vec<u8>) -> Result<bool> {
    buffer.clear();
    loop {
        let mut headers = [httparse::EMPTY_HEADER; 48];
        let mut request = httparse::Request::new(&mut headers);
        if let httparse::Status::Complete(head) = request.parse(buffer)? {
            let length = request
                .headers
                .iter()
                .find(|it| it.name.eq_ignore_ascii_case("content-length"));
            let length: usize = match length {
                Some(header) => std::str::from_utf8(header.value)?.trim().parse()?,
                None => 0,
            };
            if buffer.len() >= head + length {
                return Ok(true);
            }
        }
        if stream.read_buf(buffer).await? == 0 {
            return Ok(false);
        }
    }
}
