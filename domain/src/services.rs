//! Everything that the product's functions work with, put together once at start.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context;
use api_types::ErrorCode;
use secrecy::ExposeSecret;
use webauthn_rs::prelude::Webauthn;

use crate::auth::{self, Issuers};
use crate::bots::LiveBots;
use crate::chat::{Beginnings, Books, Logs, Responses, Retrieved, UnderWay};
use crate::config::Config;
use crate::db::{Db, DbRole};
use crate::drafts::Drafts;
use crate::embeddings::{self, Model, QueryVectors};
use crate::google::Google;
use crate::kb::embed::Embedder;
use crate::kb::parse::sandbox::Sandbox;
use crate::kb::search::{ReadChunks, Search, SearchOutcome, Searcher};
use crate::limits::Limits;
use crate::live::{Live, Teller};
use crate::llm::Breakers;
use crate::mail::Mailer;
use crate::outbound::Outbound;
use crate::quotas::Plans;
use crate::redis::Redis;
use crate::secrets::Secrets;
use crate::storage::Storage;
use crate::tenancy::Memberships;
use crate::vectors::VectorIndex;
use crate::{Result, Scope};

/// Vectors of questions that are remembered.
const REMEMBERED_QUERIES: u64 = 10_000;

/// Connections in the pool of one process.
const DB_CONNECTIONS: u32 = 20;

/// The parts of a running process.
#[derive(Debug)]
pub struct Services {
    /// Postgres.
    pub db: Db,
    /// Redis.
    pub redis: Redis,
    /// What is not deployed yet.
    pub drafts: Drafts,
    /// Keys.
    pub secrets: Secrets,
    /// Who is what in which workspace.
    pub(crate) memberships: Memberships,
    /// Files.
    pub storage: Storage,
    /// The guarded way out.
    pub outbound: Outbound,
    /// Where chunks are searched.
    pub vectors: VectorIndex,
    /// The built-in model; absent where none is installed, and search compares words only unless a workspace has a
    /// model of its own.
    pub embedder: Option<Arc<Embedder>>,
    /// What models of providers made of questions.
    pub query_vectors: QueryVectors,
    /// Reads documents in a limited child process.
    pub parser: Sandbox,
    /// Chunks that were read lately.
    chunks: ReadChunks,
    /// Passages of questions that were asked before.
    pub(crate) retrieved: Retrieved,
    pub(crate) responses: Responses,
    /// Answers that can be resumed.
    pub(crate) logs: Logs,
    /// Turns that are about to begin.
    pub(crate) beginnings: Beginnings,
    /// Answers that are about to be stored.
    pub(crate) books: Books,
    /// Answers that are being made.
    pub under_way: UnderWay,
    /// Bots that visitors talk to.
    pub live_bots: LiveBots,
    /// Whoever looks at the dashboard, or follows a conversation.
    pub live: Live,
    /// How often somebody may ask.
    pub limits: Limits,
    /// Providers that failed lately.
    pub breakers: Arc<Breakers>,
    /// How long a job works on something long before it leaves the rest to another one.
    pub turn: Duration,
    /// Least time between two requests to a website that is crawled.
    pub crawl_delay: Duration,
    /// How long one page of a website may take.
    pub crawl_timeout: Duration,
    /// Where Notion's API is, without a trailing slash.
    pub notion_url: String,
    /// Where Google is, and the tokens that it gave.
    pub google: Google,
    /// Who else vouches for people.
    pub issuers: Issuers,
    /// Whether people may sign in with wallets.
    pub wallets: bool,
    /// What checks passkeys; absent where there can be none.
    pub passkeys: Option<Webauthn>,
    /// The way to the mail server; absent where none is set, and mails stay in the outbox.
    pub mailer: Option<Mailer>,
    /// What organizations may have.
    pub plans: Plans,
    /// How browsers reach the server, without a trailing slash.
    pub public_url: String,
}

impl Services {
    /// Puts the parts together. Nothing is connected yet: what is away now is found when it is back.
    ///
    /// `program` is our own binary, which the parser starts as its child. The `embedder` is handed in since a server
    /// and a worker in one process share it.
    pub fn new(
        config: &Config,
        role: DbRole,
        program: PathBuf,
        embedder: Option<Arc<Embedder>>,
    ) -> anyhow::Result<Self> {
        let database_url = config.database_url.as_ref().context("no database")?;
        let redis_url = config.redis_url.as_ref().context("no Redis")?;
        let secret_key = config.secret_key.as_ref().context("no secret key")?;
        let redis = Redis::connect(redis_url.expose_secret())?;
        let db = Db::connect(database_url.expose_secret(), role, DB_CONNECTIONS)?
            .telling(Teller::new(redis.clone()));
        Ok(Self {
            vectors: VectorIndex::new(config.qdrant_url.as_ref(), db.clone())?,
            drafts: Drafts::new(redis.clone(), db.clone()),
            db,
            redis,
            memberships: Memberships::default(),
            secrets: Secrets::new(secret_key, &config.previous_secret_keys),
            storage: Storage::local(&config.files_dir())?,
            outbound: Outbound::new(&config.outbound_allow)?,
            embedder,
            query_vectors: QueryVectors::new(REMEMBERED_QUERIES),
            parser: Sandbox::new(program),
            chunks: ReadChunks::default(),
            retrieved: Retrieved::default(),
            responses: Responses::default(),
            logs: Logs::default(),
            beginnings: Beginnings::default(),
            books: Books::default(),
            under_way: UnderWay::default(),
            live_bots: LiveBots::default(),
            live: Live::default(),
            limits: Limits::of(config),
            breakers: Arc::default(),
            turn: Duration::from_secs(config.worker_turn_seconds.max(1)),
            crawl_delay: Duration::from_millis(config.crawl_delay_ms),
            crawl_timeout: Duration::from_secs(config.crawl_timeout_seconds.max(1)),
            notion_url: config.notion_url.as_str().trim_end_matches('/').to_owned(),
            google: Google::new(&config.google_url, &config.google_token_url),
            issuers: Issuers::new(&config.sign_in)?,
            wallets: config.sign_in.wallets,
            passkeys: auth::site(&config.public_url())?,
            mailer: Mailer::of(config)?,
            plans: Plans::new(&config.default_plan, &config.plans),
            public_url: config.public_url(),
        })
    }

    /// Searches knowledge bases of a workspace, by the model that is live there. One that can't be had is as good as
    /// none: words still find something.
    pub async fn search(&self, scope: &Scope, search: &Search<'_>) -> Result<SearchOutcome> {
        let model = usable(embeddings::live(self, scope).await)?;
        self.search_by(scope, search, model.as_ref()).await
    }

    /// The same, by a model whose row was read already.
    pub(crate) async fn search_on(
        &self,
        scope: &Scope,
        search: &Search<'_>,
        model: Option<&embeddings::Stored>,
    ) -> Result<SearchOutcome> {
        let model = usable(embeddings::opened(self, scope, model).await)?;
        self.search_by(scope, search, model.as_ref()).await
    }

    async fn search_by(
        &self,
        scope: &Scope,
        search: &Search<'_>,
        model: Option<&Model>,
    ) -> Result<SearchOutcome> {
        let searcher = Searcher {
            db: &self.db,
            vectors: &self.vectors,
            chunks: &self.chunks,
            model,
        };
        searcher.search(scope, search).await
    }
}

/// A model that can't be had is as good as none, unless Postgres is away.
fn usable(model: Result<Option<Model>>) -> Result<Option<Model>> {
    match model {
        Err(error) if error.code() != ErrorCode::ServiceUnavailable => {
            tracing::warn!(%error, "the embedding model can't be asked; comparing words only");
            Ok(None)
        }
        model => model,
    }
}

/// Loads the embedding model; without one, search compares words only.
pub fn load_embedder(config: &Config) -> Option<Arc<Embedder>> {
    let dir = config.models_dir();
    match Embedder::load(&dir) {
        Ok(embedder) => Some(Arc::new(embedder)),
        Err(error) => {
            tracing::warn!(
                %error, dir = %dir.display(),
                "no embedding model: search compares words only. `cargo xtask setup` fetches it"
            );
            None
        }
    }
}
