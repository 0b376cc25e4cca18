//! `botwright backup`: one file with everything that is to outlive the machine, but for the secret key.
//!
//! It is a ZIP archive: `manifest.json` says what it is, `database.dump` is what `pg_dump` wrote (custom format),
//! `drafts.jsonl` holds the drafts of Redis, `files/…` the uploaded files. Vectors lie in the database; the indexes of this process
//! and of Qdrant are made of it.
//!
//! Everything is that of one moment, however long writing it takes: a snapshot of the database, and links to the files of then.
//! Drafts are read a moment before, so one that is being deployed is in the back-up as a draft, as a bot or as both, which is what a
//! deploy that is repeated finds.

mod files;
mod manifest;
mod postgres;
pub mod restore;

use std::fs::{File, Permissions};
use std::io::{BufWriter, Write, copy};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use anyhow::{Context, Result, bail};
use domain::config::Config;
use domain::drafts::archive as drafts;
use domain::redis::Redis;
use sqlx::{Connection, PgConnection};
use tempfile::NamedTempFile;
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, ZipWriter};

use self::files::Links;
use self::manifest::Manifest;
use self::postgres::Server;
use crate::place::Place;

const MANIFEST: &str = "manifest.json";
const DATABASE: &str = "database.dump";
const DRAFTS: &str = "drafts.jsonl";
/// The folder of files, and what their names begin with.
const FILES: &str = "files/";

type Zip = ZipWriter<BufWriter<File>>;

/// Writes a back-up into a file that is not there yet. The server may be running.
pub async fn run(config: &Config, path: &Path) -> Result<()> {
    if path.exists() {
        bail!("{} is there already, and is not overwritten", path.display());
    }
    let folder = match path.parent() {
        Some(folder) if folder != Path::new("") => folder,
        _ => Path::new("."),
    };
    // It holds everything that anybody wrote: for us only. Without its name until it is whole.
    let file = tempfile::Builder::new()
        .prefix(".botwright-backup-")
        .permissions(Permissions::from_mode(0o600))
        .tempfile_in(folder)
        .with_context(|| format!("can't write into {}", folder.display()))?;
    let place = Place::open(config).await?;
    let written = write(config, &place, file).await;
    place.close().await?;
    let file = written?;
    file.as_file().sync_all()?;
    let size = file.as_file().metadata()?.len();
    file.persist_noclobber(path)
        .with_context(|| format!("can't give the back-up its name {}", path.display()))?;
    File::open(folder)?.sync_all()?;
    println!(
        "{} holds everything but the secret key ({} MB). Keep the key elsewhere: what is sealed can't be opened without it.",
        path.display(),
        size.div_ceil(1_000_000)
    );
    Ok(())
}

async fn write(config: &Config, place: &Place, file: NamedTempFile) -> Result<NamedTempFile> {
    let server = Server::new(&place.database_url).await?;
    let mut zip = ZipWriter::new(BufWriter::new(file.reopen()?));
    // What is deleted, or put into another's place, while this is written stays in the links.
    let mut links = Links::begin(&config.data_dir, config.files_dir())?;
    links.add()?;
    zip.start_file(DRAFTS, packed())?;
    drafts::export(&Redis::connect(&place.redis_url)?, |draft| {
        serde_json::to_writer(&mut zip, &draft)?;
        Ok(zip.write_all(b"\n")?)
    })
    .await?;

    let mut connection = PgConnection::connect(&place.database_url)
        .await
        .context("can't reach Postgres")?;
    let mut snapshot = connection
        .begin_with("begin isolation level repeatable read, read only")
        .await?;
    let id: String = sqlx::query_scalar("select pg_export_snapshot()")
        .fetch_one(&mut *snapshot)
        .await?;
    // What came between the first look and the snapshot.
    let count = links.add()?;
    let manifest = Manifest::of(&mut snapshot, server.version()).await?;
    eprintln!("Writing the database and {count} files …");
    tokio::task::spawn_blocking(move || {
        zip.start_file(MANIFEST, packed())?;
        serde_json::to_writer(&mut zip, &manifest)?;
        zip.start_file(DATABASE, stored())?;
        server.dump(&id, &mut zip)?;
        for (name, path) in links.all()? {
            write_file(&mut zip, &name, &path)?;
        }
        zip.finish()?.flush()?;
        anyhow::Ok(())
    })
    .await??;
    snapshot.rollback().await?;
    Ok(file)
}

fn write_file(zip: &mut Zip, name: &str, path: &Path) -> Result<()> {
    let mut file = File::open(path).with_context(|| format!("can't read the file {name}"))?;
    zip.start_file(format!("{FILES}{name}"), packed())?;
    copy(&mut file, zip).with_context(|| format!("can't write the file {name}"))?;
    Ok(())
}

/// For what `pg_dump` has compressed already.
fn stored() -> SimpleFileOptions {
    SimpleFileOptions::default()
        .compression_method(CompressionMethod::Stored)
        .large_file(true)
}

fn packed() -> SimpleFileOptions {
    stored().compression_method(CompressionMethod::Deflated)
}
