//! `botwright restore`: an installation as a back-up has it.

use std::fs::{self, DirBuilder, File};
use std::io::{BufRead, BufReader, copy};
use std::os::unix::fs::DirBuilderExt;
use std::path::{Component, Path, PathBuf};

use anyhow::{Context, Result, bail, ensure};
use domain::config::{self, Config};
use domain::drafts::archive as drafts;
use domain::jobs::{self, Job};
use domain::redis::Redis;
use domain::secrets::{self, Secrets};
use sqlx::{Connection, PgConnection};
use uuid::Uuid;
use zip::ZipArchive;

use super::files::names;
use super::manifest::Manifest;
use super::postgres::Server;
use super::{DATABASE, DRAFTS, FILES, MANIFEST};
use crate::place::Place;

/// What is there is taken away; what the dump makes comes into its place, in the same transaction.
const EMPTY: &str = "drop schema if exists apalis, parts cascade; drop schema public cascade; create schema public; \
                     alter schema public owner to pg_database_owner; grant usage on schema public to public;";

/// What to do about what would keep a back-up from being restored.
#[derive(Debug, Clone, Copy)]
pub struct Options {
    /// Put it into the place of what is there.
    pub replace: bool,
    /// Also when the secret key does not open what is sealed in it.
    pub without_key: bool,
}

/// Restores a back-up. The database is as before when anything goes wrong.
pub async fn run(mut config: Config, path: &Path, options: Options) -> Result<()> {
    let file = File::open(path).with_context(|| format!("can't read {}", path.display()))?;
    let mut archive = ZipArchive::new(file)
        .with_context(|| format!("{} is not a back-up, or not a whole one", path.display()))?;
    let manifest: Manifest = serde_json::from_reader(
        archive
            .by_name(MANIFEST)
            .context("the file is not a back-up of Botwright")?,
    )?;
    config.data_dir = config::create_data_dir(&config.data_dir)?;
    if !options.without_key {
        manifest.check_key(own_key(&config)?.as_ref())?;
    }
    let place = Place::open_alone(&config).await?;
    let restored = restore(&config, &place, archive, &manifest, options).await;
    place.close().await?;
    let drafts = restored?;
    println!(
        "Everything is as it was at {}, with {drafts} drafts. Start the server.",
        manifest.written_at.to_rfc3339()
    );
    Ok(())
}

/// The key of the settings, or of the data folder; `None` when there is none.
fn own_key(config: &Config) -> Result<Option<Secrets>> {
    if let Some(key) = &config.secret_key {
        return Ok(Some(Secrets::new(key, &config.previous_secret_keys)));
    }
    let path = config.data_dir.join(secrets::KEY_FILE);
    if !path.exists() {
        return Ok(None);
    }
    let (key, earlier) = (secrets::load(&path)?, secrets::load_earlier(&path)?);
    Ok(Some(Secrets::new(&key, &earlier)))
}

async fn restore(
    config: &Config,
    place: &Place,
    mut archive: ZipArchive<File>,
    manifest: &Manifest,
    options: Options,
) -> Result<u64> {
    let server = Server::new(&place.database_url).await?;
    manifest.check(server.version())?;
    let is_empty = prepare(&place.database_url, options.replace).await?;
    let files = config.files_dir();
    ensure!(
        options.replace || names(&files)?.is_empty(),
        "there are files in {}: choose another data folder, or replace what is there with --replace",
        files.display()
    );
    // Beside their place, so that a back-up whose files can't be read changes nothing.
    let new = config.data_dir.join("files.restored");
    let mut archive = tokio::task::spawn_blocking(move || {
        unpack(&mut archive, &new)?;
        let before = if is_empty { "" } else { EMPTY };
        eprintln!("Restoring the database …");
        server.load(before, &mut archive.by_name(DATABASE)?)?;
        take_place(&new, &files).context("can't put the files into their place")?;
        anyhow::Ok(archive)
    })
    .await??;
    migrations::migrate(&place.database_url).await?;
    if config.qdrant_url.is_some() {
        let documents = index_all(&place.database_url).await?;
        eprintln!("A worker will bring {documents} documents into Qdrant.");
    }
    let lines = BufReader::new(archive.by_name(DRAFTS)?).lines();
    let saved = lines.map(|line| Ok(serde_json::from_str(&line?)?));
    Ok(drafts::import(&Redis::connect(&place.redis_url)?, saved).await?)
}

/// Has the live version of every document brought into Qdrant, which the back-up has nothing of. Answers how many there are.
async fn index_all(database_url: &str) -> Result<usize> {
    let mut connection = PgConnection::connect(database_url).await?;
    let mut tx = connection.begin().await?;
    let documents: Vec<(Uuid, Uuid, Uuid)> = sqlx::query_as(
        "select workspace_id, knowledge_base_id, id from documents where live_version is not null",
    )
    .fetch_all(&mut *tx)
    .await?;
    let count = documents.len();
    let jobs =
        documents.into_iter().map(
            |(workspace_id, knowledge_base_id, document_id)| Job::IndexDocument {
                workspace_id,
                knowledge_base_id,
                document_id,
            },
        );
    jobs::enqueue_in_turn(&mut tx, 0, jobs).await?;
    tx.commit().await?;
    Ok(count)
}

/// Makes the roles of the server and the worker, which belong to the whole cluster and so are in no dump, and refuses a database that
/// is in use or, unless it is to be replaced, not empty. Answers whether it is empty.
async fn prepare(database_url: &str, replace: bool) -> Result<bool> {
    let mut connection = PgConnection::connect(database_url).await?;
    let others: i64 = sqlx::query_scalar(
        "select count(*) from pg_stat_activity
         where datname = current_database() and application_name in ('botwright_app', 'botwright_worker')",
    )
    .fetch_one(&mut connection)
    .await?;
    ensure!(
        others == 0,
        "servers or workers are connected to the database: stop them first"
    );
    let tables: i64 = sqlx::query_scalar(
        "select count(*) from pg_tables where schemaname not in ('pg_catalog', 'information_schema')",
    )
    .fetch_one(&mut connection)
    .await?;
    if tables > 0 && !replace {
        bail!(
            "the database is not empty: choose an empty one, or replace what is there with --replace, which removes all of it"
        );
    }
    migrations::ensure_roles(&mut connection).await?;
    connection.close().await?;
    Ok(tables == 0)
}

/// Writes the files into a folder.
fn unpack(archive: &mut ZipArchive<File>, folder: &Path) -> Result<()> {
    if folder.exists() {
        fs::remove_dir_all(folder)?;
    }
    DirBuilder::new().mode(0o700).create(folder)?;
    for i in 0..archive.len() {
        let mut entry = archive.by_index(i)?;
        let Some(name) = entry.name()?.strip_prefix(FILES).map(PathBuf::from) else {
            continue;
        };
        let is_inside = name.components().all(|part| matches!(part, Component::Normal(_)));
        ensure!(
            is_inside,
            "the back-up has a file that does not belong there: {}",
            name.display()
        );
        let path = folder.join(&name);
        if let Some(parent) = path.parent() {
            fs::create_dir_all(parent)?;
        }
        let mut file = File::create_new(&path)?;
        copy(&mut entry, &mut file).with_context(|| format!("can't restore the file {}", name.display()))?;
        file.sync_all()?;
    }
    Ok(())
}

/// Puts a folder into the place of another, which is removed.
fn take_place(new: &Path, place: &Path) -> Result<()> {
    let old = place.with_extension("replaced");
    if place.exists() {
        fs::rename(place, &old)?;
    }
    fs::rename(new, place)?;
    if old.exists() {
        fs::remove_dir_all(&old)?;
    }
    Ok(())
}
