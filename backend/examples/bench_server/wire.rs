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
        let (status, body) = self.head().await?;
        match body {
            Body::Sized(length) => self.take(length, &mut seen).await?,
            Body::Chunked => self.chunks(&mut seen).await?,
        }
        ensure!((200..300).contains(&status), "the server answered {status}");
        Ok(())
    }

    async fn head(&mut self) -> Result<(u16, Body)> {
        loop {
            let mut headers = [httparse::EMPTY_HEADER; 48];
            let mut response = httparse::Response::new(&mut headers);
            if let httparse::Status::Complete(length) = response.parse(&self.buffer[self.used..])? {
                let status = response.code.context("no status")?;
                let mut body = Body::Sized(0);
                for header in &*response.headers {
                    if header.name.eq_ignore_ascii_case("content-length") {
                        body = Body::Sized(std::str::from_utf8(header.value)?.trim().parse()?);
                    } else if header.name.eq_ignore_ascii_case("transfer-encoding") {
                        body = Body::Chunked;
                    }
                }
                self.used += length;
                return Ok((status, body));
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
