//! A model's server that speaks OpenAI's wire format and answers 200 tokens, as fast or as slowly as it is told.

use std::sync::{Arc, LazyLock, Mutex};
use std::time::Duration;

use anyhow::Result;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;

/// Tokens of each answer.
pub const TOKENS: usize = 200;

/// The server; it ends with the program.
#[derive(Clone)]
pub struct Model {
    /// `host:port`.
    pub address: String,
    /// Between two tokens; without it, all of them come at once.
    pause: Arc<Mutex<Duration>>,
    gate: Arc<watch::Sender<bool>>,
}

const HEAD: &str = "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n";

/// The events of an answer, each as a chunk of HTTP.
static EVENTS: LazyLock<Vec<String>> = LazyLock::new(|| {
    let event = |delta: &str, finish: &str| {
        let json = format!(
            r#"{{"id":"chatcmpl-1","object":"chat.completion.chunk","created":1700000000,"model":"bench","choices":[{{"index":0,"delta":{delta},"finish_reason":{finish}}}]}}"#
        );
        chunk(&json)
    };
    let mut events: Vec<String> = (0..TOKENS)
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
    events.push(chunk(&format!(
        r#"{{"choices":[],"usage":{{"prompt_tokens":900,"completion_tokens":{TOKENS}}}}}"#
    )));
    events.push(chunk("[DONE]"));
    events
});

fn chunk(data: &str) -> String {
    let event = format!("data: {data}\n\n");
    format!("{:x}\r\n{event}\r\n", event.len())
}

impl Model {
    pub async fn start() -> Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let model = Self {
            address: listener.local_addr()?.to_string(),
            pause: Arc::default(),
            gate: Arc::new(watch::Sender::new(true)),
        };
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

    pub fn set_pause(&self, pause: Duration) {
        if let Ok(mut current) = self.pause.lock() {
            *current = pause;
        }
    }

    /// Closed, every answer waits before its first token.
    pub fn set_gate(&self, is_open: bool) {
        self.gate.send_replace(is_open);
    }

    async fn serve(&self, mut stream: TcpStream) -> Result<()> {
        stream.set_nodelay(true)?;
        let whole = format!("{HEAD}{}0\r\n\r\n", EVENTS.concat());
        let mut buffer = Vec::with_capacity(16 * 1024);
        while read_request(&mut stream, &mut buffer).await? {
            let pause = self.pause.lock().map(|pause| *pause).unwrap_or_default();
            let is_open = *self.gate.borrow();
            if pause.is_zero() && is_open {
                stream.write_all(whole.as_bytes()).await?;
                continue;
            }
            stream.write_all(HEAD.as_bytes()).await?;
            self.gate.subscribe().wait_for(|is_open| *is_open).await?;
            let mut due = tokio::time::Instant::now();
            for event in &*EVENTS {
                due += pause;
                tokio::time::sleep_until(due).await;
                stream.write_all(event.as_bytes()).await?;
            }
            stream.write_all(b"0\r\n\r\n").await?;
        }
        Ok(())
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
