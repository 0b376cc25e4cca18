//! The server that is measured, and what is in it: a workspace, a knowledge base of 10,000 chunks, a bot.

#![expect(
    clippy::disallowed_methods,
    reason = "these requests go to the server that is measured"
)]

use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use reqwest::multipart::Form;
use reqwest::{Client, Method};
use serde_json::{Value, json};
use sqlx::{Connection, Executor, PgConnection};

use crate::model::Model;

const EMAIL: &str = "bench@example.com";
/// The knowledge base of 10,000 chunks and more.
const HANDBOOK: &str = "Handbook";
const PASSWORD: &str = "correct horse battery";
/// So many requests a minute that no limit is ever met, while every limit is counted.
const NO_LIMIT: &str = "6000000";

/// Postgres and Redis that wait for the disk; they stop when this is dropped.
pub struct Servers {
    child: Child,
    stdin: Option<ChildStdin>,
    pub database_url: String,
    pub redis_url: String,
}

/// The folder of what outlives a run: the knowledge base takes a minute or two to make.
pub fn folder() -> Result<PathBuf> {
    let folder =
        PathBuf::from(std::env::var("BOTWRIGHT_BENCH_DIR").context("run it by `cargo xtask bench`")?);
    std::fs::create_dir_all(&folder)?;
    Ok(folder)
}

fn program() -> Result<PathBuf> {
    Ok(std::env::var("BOTWRIGHT_BIN")
        .context("run it by `cargo xtask bench`")?
        .into())
}

impl Servers {
    pub fn start() -> Result<Self> {
        Self::start_in(&folder()?)
    }

    /// With their data in `folder`.
    fn start_in(folder: &Path) -> Result<Self> {
        let mut child = Command::new(program()?)
            .args(["services", "--data-dir"])
            .arg(folder.join("data"))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(File::create(folder.join("services.log"))?)
            .spawn()?;
        let stdin = child.stdin.take();
        let mut line = String::new();
        let stdout = child.stdout.take().context("the output is piped")?;
        std::io::BufRead::read_line(&mut std::io::BufReader::new(stdout), &mut line)?;
        let addresses: Value = serde_json::from_str(&line).context("Postgres and Redis did not start")?;
        let url = |name: &str| addresses[name].as_str().map(str::to_owned).context("no address");
        Ok(Self {
            child,
            stdin,
            database_url: url("database_url")?,
            redis_url: url("redis_url")?,
        })
    }

    /// Has Postgres learn what was just written, as it does by itself within minutes.
    pub async fn settle(&self) -> Result<()> {
        let mut owner = PgConnection::connect(&self.database_url).await?;
        for statement in ["vacuum analyze", "checkpoint"] {
            owner.execute(statement).await?;
        }
        Ok(())
    }
}

impl Drop for Servers {
    fn drop(&mut self) {
        drop(self.stdin.take());
        // Its log says what went wrong.
        let _ = self.child.wait();
    }
}

/// A running server; it is stopped when this is dropped.
pub struct Server {
    child: Child,
    /// `host:port`.
    pub address: String,
    /// From starting the process to the first request that it is ready for.
    pub ready_after: Duration,
}

/// How the server is started.
#[derive(Default)]
pub struct Options<'a> {
    /// Whose completions it may ask for.
    pub model: Option<&'a Model>,
    /// Without the built-in embedding model.
    pub no_embedder: bool,
}

impl Server {
    pub async fn start(servers: &Servers, options: &Options<'_>) -> Result<Self> {
        let folder = folder()?;
        let port = std::net::TcpListener::bind("127.0.0.1:0")?.local_addr()?.port();
        let address = format!("127.0.0.1:{port}");
        let mut command = Command::new(program()?);
        command
            .arg("serve")
            .env("DATABASE_URL", &servers.database_url)
            .env("REDIS_URL", &servers.redis_url)
            .env("BOTWRIGHT_DATA_DIR", folder.join("data"))
            .env("BOTWRIGHT_SECRET_KEY", "bench-0123456789abcdef0123456789")
            .env("BOTWRIGHT_LISTEN", &address)
            .env("BOTWRIGHT_DEMO", "false")
            .env("BOTWRIGHT_WORKER", "true")
            .env(
                "BOTWRIGHT_OUTBOUND_ALLOW",
                format!(
                    "[\"{}\"]",
                    options.model.map_or("127.0.0.1:1", |model| &model.address)
                ),
            )
            .stdout(Stdio::null())
            .stderr(File::create(folder.join("server.log"))?);
        for limit in ["CHAT", "AUTH", "BOT", "WORKSPACE", "CALLER"] {
            command.env(format!("BOTWRIGHT_{limit}_REQUESTS_PER_MINUTE"), NO_LIMIT);
        }
        if let Some(certificate) = options.model.and_then(|model| model.certificate.as_ref()) {
            command.env("SSL_CERT_FILE", certificate);
        }
        if options.no_embedder {
            command.env("BOTWRIGHT_MODELS_DIR", folder.join("none"));
        }
        let began = Instant::now();
        let child = command.spawn()?;
        let mut server = Self {
            child,
            address,
            ready_after: Duration::ZERO,
        };
        let http = Client::new();
        loop {
            let ready = http.get(server.url("/readyz")).send().await;
            if ready.is_ok_and(|answer| answer.status().is_success()) {
                break;
            }
            ensure!(
                server.child.try_wait()?.is_none(),
                "the server did not start: see server.log"
            );
            ensure!(
                began.elapsed() < Duration::from_secs(60),
                "the server was not ready within a minute"
            );
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        server.ready_after = began.elapsed();
        Ok(server)
    }

    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    pub fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }
}

/// All of it, with a bot that answers from the knowledge base. The server goes before what it stands on.
pub struct Bench {
    pub server: Server,
    pub admin: Admin,
    /// The bot's id.
    pub bot: String,
    pub servers: Servers,
}

impl Bench {
    /// With `model` as the bot's, or the built-in answerer.
    pub async fn start(model: Option<&Model>) -> Result<Self> {
        let servers = Servers::start()?;
        let options = Options {
            model,
            ..Options::default()
        };
        let server = Server::start(&servers, &options).await?;
        let admin = Admin::enter(&server).await?;
        let base = admin.knowledge_base().await?;
        let bot = admin.bot(Some(&base), model).await?;
        servers.settle().await?;
        Ok(Self {
            server,
            admin,
            bot,
            servers,
        })
    }

    /// A database of its own in which there is nothing yet, and a bot without knowledge.
    pub async fn empty(name: &str, model: &Model) -> Result<Self> {
        let folder = folder()?.join(name);
        if folder.exists() {
            std::fs::remove_dir_all(&folder)?;
        }
        std::fs::create_dir_all(&folder)?;
        let servers = Servers::start_in(&folder)?;
        let options = Options {
            model: Some(model),
            ..Options::default()
        };
        let server = Server::start(&servers, &options).await?;
        let admin = Admin::enter(&server).await?;
        let bot = admin.bot(None, Some(model)).await?;
        Ok(Self {
            server,
            admin,
            bot,
            servers,
        })
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let pid = nix::unistd::Pid::from_raw(self.child.id().cast_signed());
        // One that is gone already needs no signal.
        let _ = nix::sys::signal::kill(pid, nix::sys::signal::Signal::SIGTERM);
        let _ = self.child.wait();
    }
}

/// Somebody of the workspace.
pub struct Admin {
    http: Client,
    base: String,
    pub token: String,
}

impl Admin {
    /// Signs in, or up the first time.
    pub async fn enter(server: &Server) -> Result<Self> {
        let mut admin = Self {
            http: Client::new(),
            base: server.url("/api/v1"),
            token: String::new(),
        };
        let mut credentials = json!({ "email": EMAIL, "password": PASSWORD });
        let entered = match admin.call(Method::POST, "/auth/login", &credentials).await {
            Ok(entered) => entered,
            Err(_) => {
                credentials["name"] = json!("Bench");
                admin.call(Method::POST, "/auth/signup", &credentials).await?
            }
        };
        admin.token = text(&entered, "access_token")?;
        Ok(admin)
    }

    pub async fn call(&self, method: Method, path: &str, body: &Value) -> Result<Value> {
        let mut request = self.http.request(method.clone(), format!("{}{path}", self.base));
        if !self.token.is_empty() {
            request = request.bearer_auth(&self.token);
        }
        if !body.is_null() {
            request = request.json(body);
        }
        let response = request.send().await?;
        let status = response.status();
        let answer = response.text().await?;
        ensure!(status.is_success(), "{method} {path}: {status} {answer}");
        Ok(serde_json::from_str(&answer).unwrap_or_default())
    }

    /// The knowledge base, made the first time.
    pub async fn knowledge_base(&self) -> Result<String> {
        let bases = self.call(Method::GET, "/kb", &Value::Null).await?;
        let mut bases = bases.as_array().into_iter().flatten();
        let id = match bases.find(|base| base["name"] == HANDBOOK) {
            Some(base) => text(base, "id")?,
            None => self.make_knowledge_base().await?,
        };
        self.indexed(&id).await?;
        Ok(id)
    }

    /// Looks until each document of a knowledge base is indexed.
    pub async fn indexed(&self, id: &str) -> Result<()> {
        loop {
            let base = self.call(Method::GET, &format!("/kb/{id}"), &Value::Null).await?;
            let progress = &base["progress"];
            ensure!(progress["failed"] == 0, "a document failed");
            if progress["indexed"] == progress["total"] {
                return Ok(());
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    }

    /// Sends files.
    pub async fn upload(&self, path: &str, form: Form) -> Result<()> {
        let request = self
            .http
            .put(format!("{}{path}", self.base))
            .bearer_auth(&self.token);
        let response = request.multipart(form).send().await?;
        let status = response.status();
        ensure!(
            status.is_success(),
            "PUT {path}: {status} {}",
            response.text().await?
        );
        Ok(())
    }

    async fn make_knowledge_base(&self) -> Result<String> {
        let draft = self.call(Method::POST, "/kb/draft", &json!({})).await?;
        let path = format!("/kb/draft/{}", text(&draft, "id")?);
        let chunking = json!({ "size": 64, "overlap": 0 });
        let body =
            json!({ "version": draft["version"], "name": HANDBOOK, "description": "", "chunking": chunking });
        self.call(Method::PUT, &path, &body).await?;
        for part in 0..50 {
            let source =
                json!({ "kind": "text", "title": format!("Part {part}"), "text": words::part(part) });
            self.call(
                Method::PUT,
                &format!("{path}/sources"),
                &json!({ "sources": [source] }),
            )
            .await?;
        }
        let done = self
            .call(Method::POST, &format!("{path}/finalize"), &json!({}))
            .await?;
        text(&done, "knowledge_base_id")
    }

    /// A bot that answers from the knowledge base, if it has one, with the model, or the built-in way without one.
    async fn bot(&self, knowledge_base: Option<&str>, model: Option<&Model>) -> Result<String> {
        let draft = self.call(Method::POST, "/chatbots/draft", &json!({})).await?;
        let mut content = draft["content"].clone();
        content["name"] = json!(format!("Bot {}", uuid::Uuid::new_v4().simple()));
        content["knowledge_base_ids"] = json!(knowledge_base.as_slice());
        if let Some(model) = model {
            let body = json!({ "name": format!("Model {}", uuid::Uuid::new_v4().simple()), "api_key": "sk-bench",
                "base_url": model.base_url(), "default_model": "bench" });
            let provider = self.call(Method::POST, "/providers", &body).await?;
            content["model"] = json!({ "kind": "provider", "provider_id": provider["id"], "model": "bench" });
        }
        let path = format!("/chatbots/draft/{}", text(&draft, "id")?);
        self.call(
            Method::PUT,
            &path,
            &json!({ "version": draft["version"], "content": content }),
        )
        .await?;
        let deployed = self
            .call(Method::POST, &format!("{path}/deploy"), &json!({}))
            .await?;
        text(&deployed, "bot_id")
    }
}

/// A text field of an answer.
pub fn text(value: &Value, name: &str) -> Result<String> {
    value[name]
        .as_str()
        .map(str::to_owned)
        .with_context(|| format!("no {name} in {value}"))
}

pub mod words {
    //! Texts that differ, and questions that they answer.

    const THINGS: [&str; 20] = [
        "kettle", "boiler", "samovar", "grinder", "filter", "pump", "valve", "gauge", "burner", "lid",
        "handle", "spout", "sensor", "display", "battery", "charger", "hinge", "gasket", "nozzle", "tray",
    ];
    const DOES: [&str; 10] = [
        "holds",
        "weighs",
        "needs",
        "lasts",
        "costs",
        "draws",
        "withstands",
        "delivers",
        "reaches",
        "loses",
    ];
    const UNITS: [&str; 10] = [
        "litres", "grams", "minutes", "years", "euros", "watts", "degrees", "bars", "metres", "percent",
    ];
    const COLOURS: [&str; 12] = [
        "copper", "amber", "violet", "silver", "crimson", "ivory", "teal", "golden", "black", "azure",
        "olive", "pearl",
    ];

    /// Models in each part of the handbook.
    const MODELS: usize = 100;

    /// A part of the handbook: two chunks and more a model.
    pub fn part(part: usize) -> String {
        let mut text = String::new();
        for n in 0..MODELS {
            let model = part * MODELS + n;
            text.push_str(&format!("## Model {model}\n\n"));
            for sentence in 0..6 {
                let pick = |step: usize| model * 7 + sentence * step;
                text.push_str(&format!(
                    "The {} {} of model {model} {} {} {} when it is used as described in section {sentence}. ",
                    COLOURS[pick(5) % COLOURS.len()],
                    THINGS[pick(3) % THINGS.len()],
                    DOES[pick(1) % DOES.len()],
                    model * 3 + sentence * 11,
                    UNITS[pick(1) % UNITS.len()],
                ));
            }
            text.push_str("\n\n");
        }
        text
    }

    /// A question about some model; each number another one.
    pub fn question(number: u64) -> String {
        let number = usize::try_from(number).unwrap_or_default();
        format!(
            "How many {} does the {} {} of model {} have, asked for the {number}th time?",
            UNITS[number % UNITS.len()],
            COLOURS[number / 7 % COLOURS.len()],
            THINGS[number % THINGS.len()],
            number % 5000,
        )
    }
}
