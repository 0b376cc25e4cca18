//! Settings: defaults, then `botwright.toml`, then the environment.

mod sign_in;

use std::collections::BTreeMap;
use std::fs::DirBuilder;
use std::net::SocketAddr;
use std::os::unix::fs::{DirBuilderExt, MetadataExt};
use std::path::{Path, PathBuf};

use anyhow::{Context, bail};
use figment::Figment;
use figment::providers::{Env, Format, Serialized, Toml};
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize};
use url::Url;

use crate::quotas::Plan;
pub use sign_in::{Apple, GitHub, Google, Microsoft, OpenIdIssuer, SignIn};

/// Everything an operator can set. Each field is `BOTWRIGHT_<FIELD>` in the environment.
#[derive(Debug, Clone, Deserialize)]
pub struct Config {
    /// Where to listen.
    pub listen: SocketAddr,
    /// Everything the embedded default keeps: Postgres, Redis, files, models, the secret key.
    pub data_dir: PathBuf,
    /// Where models lie; `<data_dir>/models` when not set.
    #[serde(default)]
    pub models_dir: Option<PathBuf>,
    /// How browsers reach the server, such as `https://bots.example.com`; `http://<listen>` when not set.
    #[serde(default)]
    pub public_url: Option<Url>,
    /// Seed the demo workspace at start. On by default with the private Postgres only, as its password is known to all.
    pub demo: bool,
    /// How long the server goes on taking requests after SIGTERM, while `/readyz` tells proxies to send no more; in
    /// milliseconds. Not with the private Postgres, as there is no other server to send them to.
    pub lame_duck_ms: u64,
    /// Run jobs inside the server process. Set to false where `botwright-worker` runs.
    pub worker: bool,
    /// Where `botwright-worker` answers `/healthz`, `/readyz` and `/metrics`, such as `0.0.0.0:8081`; nowhere when not set.
    #[serde(default)]
    pub worker_listen: Option<SocketAddr>,
    /// Jobs that one worker runs at once.
    pub worker_concurrency: usize,
    /// A worker that gave no sign of life for so many seconds is taken for dead. The same for all workers.
    pub worker_lost_after_seconds: u64,
    /// How long a job works on something long (a website, a scan, a test run) before it leaves the rest to another one,
    /// so that others have their turn.
    pub worker_turn_seconds: u64,
    /// Postgres as the owner of the database; a private one is started when not set.
    #[serde(default)]
    pub database_url: Option<SecretString>,
    /// Redis; a private one is started when not set.
    #[serde(default)]
    pub redis_url: Option<SecretString>,
    /// Qdrant's gRPC address; vectors are searched in process when not set.
    #[serde(default)]
    pub qdrant_url: Option<SecretString>,
    /// 32 bytes or more from which every key is derived; made and kept in the data folder in the embedded default.
    #[serde(default)]
    pub secret_key: Option<SecretString>,
    /// Secret keys from before, newest first: what they sealed opens, and is sealed anew. See docs/SELF-HOSTING.md.
    #[serde(default)]
    pub previous_secret_keys: Vec<SecretString>,
    /// `host:port` places inside the own network that sources and providers may reach, such as `127.0.0.1:11434`.
    #[serde(default)]
    pub outbound_allow: Vec<String>,
    /// Networks of the proxies in front, such as `10.0.0.0/8`; their `X-Forwarded-For` tells the visitor's address.
    #[serde(default)]
    pub trusted_proxies: Vec<ipnet::IpNet>,
    /// Least time between two requests to a website that is crawled, in milliseconds; its robots.txt may ask for more.
    pub crawl_delay_ms: u64,
    /// How long one page of a website may take.
    pub crawl_timeout_seconds: u64,
    /// Where Notion's API is.
    pub notion_url: Url,
    /// Where the API of Google Drive is.
    pub google_url: Url,
    /// Where Google gives access tokens; the only `token_uri` that a key may name.
    pub google_token_url: Url,
    /// The mail server: `smtp(s)://user:password@host:port`; without one mails stay in the outbox.
    #[serde(default)]
    pub smtp_url: Option<SecretString>,
    /// Whom mails come from, such as `Botwright <bots@example.com>`. Needed with `smtp_url`.
    #[serde(default)]
    pub mail_from: Option<String>,
    /// The plan of organizations that were given none. It has no limits unless `plans` gives it some.
    pub default_plan: String,
    /// What plans allow, by name: `[plans.free]` with `bots`, `knowledge_bases`, `documents`, `pages_per_month`,
    /// `messages_per_month`, `members` and `storage_bytes`. What a plan does not say has no limit.
    #[serde(default)]
    pub plans: BTreeMap<String, Plan>,
    /// Other ways to sign in than the password.
    #[serde(default)]
    pub sign_in: SignIn,
    /// Whether the private Postgres serves; no setting, the server finds out when it starts.
    #[serde(skip)]
    pub is_embedded: bool,
    /// The bearer token with which metrics are read from elsewhere; without one, only this machine may.
    #[serde(default)]
    pub metrics_token: Option<SecretString>,
    /// Where a collector of OpenTelemetry takes traces over HTTP, such as `http://127.0.0.1:4318`; none are sent without.
    #[serde(default)]
    pub otlp_endpoint: Option<Url>,
    /// Requests a minute that one address may send to the public routes of bots.
    pub chat_requests_per_minute: u32,
    /// Sign-ups, sign-ins and refreshes a minute from one address.
    pub auth_requests_per_minute: u32,
    /// Requests a minute of all replicas together, counted in Redis: from all visitors of one bot. 0 for no limit.
    pub bot_requests_per_minute: u32,
    /// The same from all visitors of a workspace's bots.
    pub workspace_requests_per_minute: u32,
    /// The same of one person in the dashboard, or one API key.
    pub caller_requests_per_minute: u32,
}

#[derive(Serialize)]
struct Defaults {
    listen: &'static str,
    data_dir: &'static str,
    lame_duck_ms: u64,
    worker: bool,
    worker_concurrency: usize,
    worker_lost_after_seconds: u64,
    worker_turn_seconds: u64,
    crawl_delay_ms: u64,
    crawl_timeout_seconds: u64,
    notion_url: &'static str,
    google_url: &'static str,
    google_token_url: &'static str,
    chat_requests_per_minute: u32,
    auth_requests_per_minute: u32,
    bot_requests_per_minute: u32,
    workspace_requests_per_minute: u32,
    caller_requests_per_minute: u32,
    default_plan: &'static str,
}

impl Config {
    /// Reads the settings of this process.
    pub fn load() -> anyhow::Result<Self> {
        let defaults = Defaults {
            listen: "127.0.0.1:8080",
            data_dir: ".botwright",
            lame_duck_ms: 3_000,
            worker: true,
            worker_concurrency: 2,
            worker_lost_after_seconds: 15,
            worker_turn_seconds: 15,
            crawl_delay_ms: 200,
            crawl_timeout_seconds: 20,
            notion_url: "https://api.notion.com",
            google_url: "https://www.googleapis.com",
            google_token_url: "https://oauth2.googleapis.com/token",
            chat_requests_per_minute: 120,
            auth_requests_per_minute: 60,
            bot_requests_per_minute: 1_200,
            workspace_requests_per_minute: 6_000,
            caller_requests_per_minute: 1_200,
            default_plan: "self-hosted",
        };
        let settings = Figment::from(Serialized::defaults(defaults))
            .merge(Toml::file("botwright.toml"))
            // The names that hosting platforms set by themselves.
            .merge(Env::raw().only(&["database_url", "redis_url", "qdrant_url"]))
            .merge(Env::prefixed("BOTWRIGHT_").split("__"));
        let is_private = !settings.contains("database_url");
        settings
            .join(Serialized::default("demo", is_private))
            .extract()
            .context("the settings can't be read (botwright.toml or a BOTWRIGHT_… variable)")
    }

    /// Where models lie.
    pub fn models_dir(&self) -> PathBuf {
        self.models_dir
            .clone()
            .unwrap_or_else(|| self.data_dir.join("models"))
    }

    /// Where uploaded files lie.
    pub fn files_dir(&self) -> PathBuf {
        self.data_dir.join("files")
    }

    /// How browsers reach the server, without a trailing slash.
    pub fn public_url(&self) -> String {
        match &self.public_url {
            Some(url) => url.as_str().trim_end_matches('/').to_owned(),
            None => format!("http://{}", self.listen),
        }
    }

    /// Whether browsers come over TLS, so that cookies can be `Secure`.
    pub fn is_https(&self) -> bool {
        self.public_url
            .as_ref()
            .is_some_and(|url| url.scheme() == "https")
    }

    /// Refuses settings that can't be run in production.
    pub fn check(&self) -> anyhow::Result<()> {
        let Some(key) = &self.secret_key else {
            if self.database_url.is_some() {
                bail!(
                    "BOTWRIGHT_SECRET_KEY is missing: with your own Postgres, set it to 32 random bytes or more, \
                       for example the output of `openssl rand -hex 32`, and keep a copy"
                );
            }
            return Ok(());
        };
        if is_weak(key) {
            bail!(
                "BOTWRIGHT_SECRET_KEY is too weak: use 32 random bytes or more, for example the output of \
                   `openssl rand -hex 32`"
            );
        }
        if self.previous_secret_keys.iter().any(is_weak) {
            bail!("one of BOTWRIGHT_PREVIOUS_SECRET_KEYS can't have been a secret key: it is too short");
        }
        Ok(())
    }
}

/// Whether it could be guessed.
fn is_weak(key: &SecretString) -> bool {
    let key = key.expose_secret();
    let distinct = key.bytes().collect::<std::collections::HashSet<_>>().len();
    key.len() < 32 || distinct < 8
}

/// Makes the data folder, closed to other users; answers its absolute path. A folder that is there already may
/// serve others, too, and stays as it is.
pub fn create_data_dir(path: &Path) -> anyhow::Result<PathBuf> {
    // Root starts the private servers as another user, who must get through to a folder in it.
    let mode = if own_uid() == Some(0) { 0o711 } else { 0o700 };
    DirBuilder::new()
        .recursive(true)
        .mode(mode)
        .create(path)
        .with_context(|| format!("could not make the data folder {}", path.display()))?;
    path.canonicalize()
        .with_context(|| format!("could not find the data folder {}", path.display()))
}

/// The user we run as.
pub(crate) fn own_uid() -> Option<u32> {
    Some(std::fs::metadata("/proc/self").ok()?.uid())
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    #[test]
    fn new_data_folder_can_not_be_listed_by_others() {
        let folder = tempfile::tempdir().unwrap();
        let path = create_data_dir(&folder.path().join("new/data")).unwrap();
        assert_eq!(path.metadata().unwrap().mode() & 0o066, 0);
    }

    #[test]
    fn data_folder_that_was_there_stays_as_it_is() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::set_permissions(folder.path(), PermissionsExt::from_mode(0o755)).unwrap();
        let path = create_data_dir(folder.path()).unwrap();
        assert_eq!(path.metadata().unwrap().mode() & 0o777, 0o755);
    }
}
