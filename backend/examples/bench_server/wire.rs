//! A client of HTTP/1.1 that costs next to nothing: requests are bytes made beforehand, answers are counted, not kept.

use anyhow::{Context, Result, bail, ensure};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// One kept connection.
pub struct Connection {
    stream: TcpStream,
    buffer: Vec<u8>,
    /// What of the buffer was used.
    used: usize,
}

/// A request as it goes over the wire.
pub fn request(method: &str, path: &str, headers: &[(&str, &str)], body: &str) -> Vec<u8> {
    let mut text = format!("{method} {path} HTTP/1.1\r\nhost: bench\r\n");
    for (name, value) in headers {
        text.push_str(&format!("{name}: {value}\r\n"));
    }
    if !body.is_empty() {
        text.push_str(&format!(
            "content-type: application/json\r\ncontent-length: {}\r\n",
            body.len()
        ));
    }
    text.push_str("\r\n");
    text.push_str(body);
    text.into_bytes()
}

/// What a server answered.
#[cfg_attr(not(test), expect(dead_code, reason = "benchmarks count answers only"))]
pub struct Answer {
    pub status: u16,
    pub body: Vec<u8>,
    /// Whether the server takes no other request on this connection.
    pub is_last: bool,
}

/// The head of an answer.
struct Head {
    status: u16,
    body: Body,
    is_last: bool,
}

/// How the body of an answer ends.
enum Body {
    Sized(usize),
    Chunked,
}

impl Connection {
    pub async fn open(address: &str) -> Result<Self> {
        let stream = TcpStream::connect(address).await?;
        stream.set_nodelay(true)?;
        Ok(Self {
            stream,
            buffer: Vec::with_capacity(4096),
            used: 0,
        })
    }

    /// Sends a request and reads all of its answer; `seen` gets each piece of the body as it comes. Fails unless it is a
    /// success.
    pub async fn send(&mut self, request: &[u8], mut seen: impl FnMut(&[u8])) -> Result<()> {
        self.stream.write_all(request).await?;
        let head = self.head().await?;
        self.body(head.body, &mut seen).await?;
        ensure!(
            (200..300).contains(&head.status),
            "the server answered {}",
            head.status
        );
        Ok(())
    }

    /// Sends a request and keeps its answer, whatever it is.
    #[cfg_attr(not(test), expect(dead_code, reason = "benchmarks count answers only"))]
    pub async fn ask(&mut self, request: &[u8]) -> Result<Answer> {
        self.stream.write_all(request).await?;
        let head = self.head().await?;
        let mut body = Vec::new();
        self.body(head.body, &mut |piece| body.extend_from_slice(piece))
            .await?;
        Ok(Answer {
            status: head.status,
            body,
            is_last: head.is_last,
        })
    }

    async fn body(&mut self, body: Body, seen: &mut impl FnMut(&[u8])) -> Result<()> {
        match body {
            Body::Sized(length) => self.take(length, seen).await,
            Body::Chunked => self.chunks(seen).await,
        }
    }

    async fn head(&mut self) -> Result<Head> {
        loop {
            let mut headers = [httparse::EMPTY_HEADER; 48];
            let mut response = httparse::Response::new(&mut headers);
            if let httparse::Status::Complete(length) = response.parse(&self.buffer[self.used..])? {
                let status = response.code.context("no status")?;
                let (mut body, mut is_last) = (Body::Sized(0), false);
                for header in &*response.headers {
                    if header.name.eq_ignore_ascii_case("content-length") {
                        body = Body::Sized(std::str::from_utf8(header.value)?.trim().parse()?);
                    } else if header.name.eq_ignore_ascii_case("transfer-encoding") {
                        body = Body::Chunked;
                    } else if header.name.eq_ignore_ascii_case("connection") {
                        is_last = header.value.eq_ignore_ascii_case(b"close");
                    }
                }
                self.used += length;
                return Ok(Head {
                    status,
                    body,
                    is_last,
                });
            }
            self.more().await?;
        }
    }

    async fn chunks(&mut self, seen: &mut impl FnMut(&[u8])) -> Result<()> {
        loop {
            match httparse::parse_chunk_size(&self.buffer[self.used..]) {
                Ok(httparse::Status::Complete((head, length))) => {
                    self.used += head;
                    let length = usize::try_from(length)?;
                    self.take(length, seen).await?;
                    self.take(2, &mut |_| {}).await?;
                    if length == 0 {
                        return Ok(());
                    }
                }
                Ok(httparse::Status::Partial) => self.more().await?,
                Err(_) => bail!("the server sent a chunk that is none"),
            }
        }
    }

    async fn take(&mut self, mut length: usize, seen: &mut impl FnMut(&[u8])) -> Result<()> {
        while length > 0 {
            let there = (self.buffer.len() - self.used).min(length);
            if there == 0 {
                self.more().await?;
                continue;
            }
            seen(&self.buffer[self.used..self.used + there]);
            self.used += there;
            length -= there;
        }
        Ok(())
    }

    async fn more(&mut self) -> Result<()> {
        if self.used == self.buffer.len() {
            self.buffer.clear();
            self.used = 0;
        } else if self.used > 64 * 1024 {
            self.buffer.drain(..self.used);
            self.used = 0;
        }
        let read = self.stream.read_buf(&mut self.buffer).await?;
        ensure!(read > 0, "the server closed the connection");
        Ok(())
    }
}
