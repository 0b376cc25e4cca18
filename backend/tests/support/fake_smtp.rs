//! A mail server that speaks SMTP (RFC 5321) with AUTH PLAIN, and refuses in the ways that real ones do.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader, Lines};
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{TcpListener, TcpStream};

/// How the next connection is treated; all further ones are served.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mood {
    /// 421 instead of a greeting.
    Closing,
    /// 450 to the recipient: come back later.
    Greylisting,
    /// 550 to the recipient: no such mailbox.
    NoSuchMailbox,
    /// The connection is cut once the mail was sent, before it is acknowledged.
    Cut,
}

/// What came in.
#[derive(Debug, Default)]
struct State {
    password: String,
    moods: VecDeque<Mood>,
    mails: Vec<Received>,
    connections: usize,
}

/// A mail that was taken.
#[derive(Debug, Clone)]
pub struct Received {
    pub to: String,
    /// Headers and body as they were sent.
    pub data: String,
}

pub struct FakeSmtp {
    pub port: u16,
    state: Arc<Mutex<State>>,
}

impl FakeSmtp {
    /// With one account: `bots`, `sesame`.
    pub async fn start(moods: impl IntoIterator<Item = Mood>) -> Self {
        Self::with_password("sesame", moods).await
    }

    /// The same with another password.
    pub async fn with_password(password: &str, moods: impl IntoIterator<Item = Mood>) -> Self {
        let state = Arc::new(Mutex::new(State {
            password: password.to_owned(),
            moods: moods.into_iter().collect(),
            ..State::default()
        }));
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let shared = Arc::clone(&state);
        tokio::spawn(async move {
            loop {
                let (stream, _) = listener.accept().await.unwrap();
                tokio::spawn(Dialogue::run(stream, Arc::clone(&shared)));
            }
        });
        Self { port, state }
    }

    pub fn url(&self, password: &str) -> String {
        format!("smtp://bots:{password}@127.0.0.1:{}", self.port)
    }

    pub fn mails(&self) -> Vec<Received> {
        self.state.lock().unwrap().mails.clone()
    }

    pub fn connections(&self) -> usize {
        self.state.lock().unwrap().connections
    }
}

struct Dialogue {
    lines: Lines<BufReader<OwnedReadHalf>>,
    writer: OwnedWriteHalf,
    state: Arc<Mutex<State>>,
    mood: Option<Mood>,
}

impl Dialogue {
    async fn run(stream: TcpStream, state: Arc<Mutex<State>>) {
        let mood = {
            let mut state = state.lock().unwrap();
            state.connections += 1;
            state.moods.pop_front()
        };
        let (reader, writer) = stream.into_split();
        let mut dialogue = Self {
            lines: BufReader::new(reader).lines(),
            writer,
            state,
            mood,
        };
        // Clients may go away at any time.
        dialogue.converse().await.ok();
    }

    async fn say(&mut self, reply: &str) -> std::io::Result<()> {
        self.writer.write_all(format!("{reply}\r\n").as_bytes()).await
    }

    async fn converse(&mut self) -> std::io::Result<()> {
        if self.mood == Some(Mood::Closing) {
            return self.say("421 4.3.2 shutting down").await;
        }
        self.say("220 fake ESMTP").await?;
        let (mut to, mut is_known) = (String::new(), false);
        while let Some(line) = self.lines.next_line().await? {
            let verb = line.split([' ', ':']).next().unwrap_or_default().to_uppercase();
            match verb.as_str() {
                "EHLO" | "HELO" => self.say("250-fake\r\n250-8BITMIME\r\n250 AUTH PLAIN").await?,
                "AUTH" => {
                    let account = format!("\0bots\0{}", self.state.lock().unwrap().password);
                    is_known = line.ends_with(&STANDARD.encode(account));
                    let reply = if is_known {
                        "235 2.7.0 welcome"
                    } else {
                        "535 5.7.8 wrong password"
                    };
                    self.say(reply).await?;
                }
                "MAIL" if !is_known => self.say("530 5.7.0 authenticate first").await?,
                "MAIL" | "RSET" | "NOOP" => self.say("250 2.1.0 fine").await?,
                "RCPT" => {
                    to = line.split(['<', '>']).nth(1).unwrap_or_default().to_owned();
                    let reply = match self.mood {
                        Some(Mood::Greylisting) => "450 4.2.0 greylisted, come back later",
                        Some(Mood::NoSuchMailbox) => "550 5.1.1 no such mailbox",
                        _ => "250 2.1.5 fine",
                    };
                    self.say(reply).await?;
                }
                "DATA" => {
                    self.say("354 go ahead").await?;
                    let data = self.data().await?;
                    if self.mood == Some(Mood::Cut) {
                        return Ok(());
                    }
                    let mail = Received { to: to.clone(), data };
                    self.state.lock().unwrap().mails.push(mail);
                    self.say("250 2.0.0 taken").await?;
                }
                "QUIT" => return self.say("221 2.0.0 bye").await,
                _ => self.say("502 5.5.1 unknown").await?,
            }
        }
        Ok(())
    }

    async fn data(&mut self) -> std::io::Result<String> {
        let mut data = String::new();
        while let Some(line) = self.lines.next_line().await? {
            if line == "." {
                break;
            }
            data.push_str(line.strip_prefix('.').unwrap_or(&line));
            data.push('\n');
        }
        Ok(data)
    }
}
