//! Workspaces, knowledge bases and chunks, written straight into the tables.

use api_types::kb::Chunk;
use domain::Scope;
use domain::db::{Db, DbRole};
use domain::embeddings::BUILT_IN;
use domain::kb::embed::Embedder;
use domain::vectors;
use sqlx::{Connection, PgConnection};
use std::path::PathBuf;
use std::sync::Arc;
use tokio::sync::OnceCell;
use uuid::Uuid;

use super::database::TestDatabase;

/// The embedder, loaded once a process.
pub async fn embedder() -> &'static Arc<Embedder> {
    static EMBEDDER: OnceCell<Arc<Embedder>> = OnceCell::const_new();
    EMBEDDER
        .get_or_init(async || {
            let models = std::env::var_os("BOTWRIGHT_MODELS_DIR")
                .expect("BOTWRIGHT_MODELS_DIR is not set; run the tests with `cargo xtask test`");
            Arc::new(Embedder::load(&PathBuf::from(models)).unwrap())
        })
        .await
}

/// A database and a connection to it that sees every tenant's rows.
pub struct Corpus {
    owner: PgConnection,
    /// The database as the server sees it.
    pub db: Db,
    _database: TestDatabase,
}

impl Corpus {
    /// A new one, empty.
    pub async fn new() -> Self {
        let database = TestDatabase::create().await;
        let url = database.url.as_str();
        let db = Db::connect(url, DbRole::App, 4).unwrap();
        Self {
            owner: PgConnection::connect(url).await.unwrap(),
            db,
            _database: database,
        }
    }

    /// Adds a workspace.
    pub async fn workspace(&mut self) -> Scope {
        let (organization, workspace) = (Uuid::new_v4(), Uuid::new_v4());
        sqlx::query("insert into organizations (id, name) values ($1, 'Acme')")
            .bind(organization)
            .execute(&mut self.owner)
            .await
            .unwrap();
        sqlx::query("insert into workspaces (id, organization_id, name) values ($1, $2, 'Support')")
            .bind(workspace)
            .bind(organization)
            .execute(&mut self.owner)
            .await
            .unwrap();
        Scope::worker(workspace)
    }

    /// Adds a knowledge base.
    pub async fn knowledge_base(&mut self, scope: &Scope) -> Uuid {
        let id = Uuid::new_v4();
        sqlx::query(
            "insert into knowledge_bases (workspace_id, id, name, chunking) values ($1, $2, $3, '{}')",
        )
        .bind(scope.workspace_id())
        .bind(id)
        .bind(id.to_string())
        .execute(&mut self.owner)
        .await
        .unwrap();
        id
    }

    /// Adds a document without chunks.
    pub async fn document(&mut self, scope: &Scope, knowledge_base_id: Uuid, title: &str) -> Uuid {
        let id = Uuid::new_v4();
        sqlx::query(
            "with source as (
                 insert into sources (workspace_id, id, knowledge_base_id, kind, title) values ($1, $2, $3, 'text', $4)
             )
             insert into documents (workspace_id, id, knowledge_base_id, source_id, kind, title, media_type, size,
                 storage_key)
             values ($1, $2, $3, $2, 'text', $4, 'text/plain', 1, '')",
        )
        .bind(scope.workspace_id())
        .bind(id)
        .bind(knowledge_base_id)
        .bind(title)
        .execute(&mut self.owner)
        .await
        .unwrap();
        id
    }

    /// Writes the chunks of a version, one of each text, with vectors if there is an embedder. Bots don't see it yet.
    pub async fn write(
        &mut self,
        scope: &Scope,
        document: Uuid,
        version: i32,
        texts: &[&str],
        embedder: Option<&Embedder>,
    ) -> Vec<Uuid> {
        let title: String = sqlx::query_scalar("select title from documents where id = $1")
            .bind(document)
            .fetch_one(&mut self.owner)
            .await
            .unwrap();
        let chunk = |(text, position): (&&str, i32)| Chunk {
            id: None,
            position,
            text: (*text).to_owned(),
            heading_path: Vec::new(),
            page: None,
            tokens: 1,
        };
        let chunks: Vec<Chunk> = texts.iter().zip(0..).map(chunk).collect();
        let passages = texts
            .iter()
            .map(|text| vectors::passage_text(&title, &[], "", text))
            .collect();
        let vectors = match embedder {
            Some(embedder) => Some(embedder.embed_passages(passages).await.unwrap()),
            None => None,
        };
        self.store(scope, document, version, &chunks, vectors.as_deref())
            .await
    }

    /// Writes chunks as they are, with their vectors. Bots don't see them yet.
    pub async fn store(
        &mut self,
        scope: &Scope,
        document: Uuid,
        version: i32,
        chunks: &[Chunk],
        vectors: Option<&[Vec<f32>]>,
    ) -> Vec<Uuid> {
        let mut ids = Vec::new();
        for (chunk, i) in chunks.iter().zip(0..) {
            let id = Uuid::new_v5(&document, format!("{version}:{}", chunk.position).as_bytes());
            sqlx::query(
                "insert into chunks (workspace_id, id, knowledge_base_id, document_id, version, position, text,
                     heading_path, page, tokens, content_hash)
                 select $1, $2, knowledge_base_id, $3, $4, $5, $6, $7, $8, $9, $10
                 from documents where id = $3",
            )
            .bind(scope.workspace_id())
            .bind(id)
            .bind(document)
            .bind(version)
            .bind(chunk.position)
            .bind(&chunk.text)
            .bind(&chunk.heading_path)
            .bind(chunk.page)
            .bind(chunk.tokens)
            .bind(&id.as_bytes()[..])
            .execute(&mut self.owner)
            .await
            .unwrap();
            if let Some(vectors) = vectors {
                self.embed(scope, id, &vectors[i]).await;
            }
            ids.push(id);
        }
        ids
    }

    /// Files a vector of the built-in model under the chunk's hash, which is its id here.
    async fn embed(&mut self, scope: &Scope, chunk: Uuid, vector: &[f32]) {
        sqlx::query(
            "insert into embeddings (workspace_id, model_id, content_hash, vector) values ($1, $2, $3, $4)
             on conflict (workspace_id, model_id, content_hash) do update set vector = excluded.vector",
        )
        .bind(scope.workspace_id())
        .bind(BUILT_IN)
        .bind(&chunk.as_bytes()[..])
        .bind(vectors::to_bytes(vector))
        .execute(&mut self.owner)
        .await
        .unwrap();
    }

    /// Makes a version the one that bots answer from.
    pub async fn publish(&mut self, document: Uuid, version: i32) {
        sqlx::query("update documents set version = $2, live_version = $2 where id = $1")
            .bind(document)
            .bind(version)
            .execute(&mut self.owner)
            .await
            .unwrap();
        self.changed(document).await;
    }

    /// Deletes a document.
    pub async fn delete(&mut self, document: Uuid) {
        self.changed(document).await;
        self.vanish(document).await;
    }

    /// Deletes a document without a sign to the index.
    pub async fn vanish(&mut self, document: Uuid) {
        sqlx::query("delete from documents where id = $1")
            .bind(document)
            .execute(&mut self.owner)
            .await
            .unwrap();
    }

    async fn changed(&mut self, document: Uuid) {
        sqlx::query(
            "update knowledge_bases set index_version = index_version + 1
             where id = (select knowledge_base_id from documents where id = $1)",
        )
        .bind(document)
        .execute(&mut self.owner)
        .await
        .unwrap();
    }
}
