//! `botwright doctor`: checks every part, and says what to do about what is missing.

use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use domain::config::{self, Config};
use domain::db::{Db, DbRole};
use domain::kb::embed::Embedder;
use domain::kb::ocr;
use domain::mail::Mailer;
use domain::master_key::{self, Recognised};
use domain::redis::Redis;
use domain::secrets::Secrets;
use secrecy::ExposeSecret;

use crate::embedded;

/// How a check went.
enum Outcome {
    Fine(String),
    /// The product runs without it, with less.
    Less(String),
    Missing(String),
}

use Outcome::{Fine, Less, Missing};

/// Prints one line a part; fails when the server could not run.
pub async fn run(config: &Config) -> ExitCode {
    let checks = [
        ("settings", settings(config)),
        ("data folder", data_folder(&config.data_dir)),
        ("address", address(config)),
        ("Postgres", postgres(config).await),
        ("Redis", redis(config).await),
        ("secret key", secret_key(config).await),
        ("vectors", vectors(config).await),
        ("embedding model", model(config)),
        ("scans", scans().await),
        ("mail", mail(config).await),
    ];
    let mut failed = false;
    for (part, outcome) in checks {
        let (mark, text) = match outcome {
            Fine(text) => ("ok  ", text),
            Less(text) => ("less", text),
            Missing(text) => {
                failed = true;
                ("FAIL", text)
            }
        };
        println!("{mark}  {part:<16} {text}");
    }
    if failed {
        ExitCode::FAILURE
    } else {
        ExitCode::SUCCESS
    }
}

fn settings(config: &Config) -> Outcome {
    match config.check() {
        Ok(()) if config.secret_key.is_some() => Fine("secret key set".to_owned()),
        Ok(()) => Fine("secret key kept in the data folder; back it up".to_owned()),
        Err(error) => Missing(error.to_string()),
    }
}

fn data_folder(path: &Path) -> Outcome {
    let written = config::create_data_dir(path).and_then(|dir| {
        let probe = dir.join(".doctor");
        std::fs::write(&probe, b"ok")?;
        std::fs::remove_file(&probe)?;
        Ok(dir)
    });
    match written {
        Ok(dir) => Fine(dir.display().to_string()),
        Err(error) => Missing(format!("{error:#}; choose another with BOTWRIGHT_DATA_DIR")),
    }
}

fn address(config: &Config) -> Outcome {
    match TcpListener::bind(config.listen) {
        Ok(_) => Fine(format!("{} is free", config.listen)),
        Err(error) => Less(format!(
            "{}: {error}; the server may be running, else choose another with BOTWRIGHT_LISTEN",
            config.listen
        )),
    }
}

async fn postgres(config: &Config) -> Outcome {
    let Some(url) = &config.database_url else {
        return private(embedded::postgres_program());
    };
    let db = match Db::connect(url.expose_secret(), DbRole::App, 1) {
        Ok(db) => db,
        Err(error) => return Missing(format!("DATABASE_URL can't be read: {error}")),
    };
    match db.ping().await {
        Ok(()) => Fine("answers at DATABASE_URL".to_owned()),
        Err(error) => Missing(format!(
            "{error}; is it running, and did `botwright migrate` make its roles?"
        )),
    }
}

/// Whether the key is that of the database, and whether those before it are still needed.
async fn secret_key(config: &Config) -> Outcome {
    let (Some(url), Some(key)) = (&config.database_url, &config.secret_key) else {
        return Fine("kept in the data folder, and checked at each start".to_owned());
    };
    let secrets = Secrets::new(key, &config.previous_secret_keys);
    let looked = async {
        let db = Db::connect(url.expose_secret(), DbRole::App, 1)?;
        let compared = master_key::compare(&db, &secrets).await?;
        domain::Result::<_>::Ok((compared, master_key::is_resealed(&db).await?))
    };
    match looked.await {
        Err(error) => Less(format!("can't be checked: {error}")),
        Ok((Recognised::Unknown(needed), _)) => Missing(master_key::unknown_key(needed)),
        Ok((Recognised::Behind, _)) => {
            Less("an earlier one of this database; set the new one here, too".to_owned())
        }
        Ok(_) if !secrets.has_earlier() => Fine("that of this database".to_owned()),
        Ok((_, true)) => Fine("new; BOTWRIGHT_PREVIOUS_SECRET_KEYS is not needed any more".to_owned()),
        Ok((_, false)) => Less("new; a worker is still sealing what the earlier one sealed".to_owned()),
    }
}

async fn redis(config: &Config) -> Outcome {
    let Some(url) = &config.redis_url else {
        return private(embedded::redis_program());
    };
    let redis = match Redis::connect(url.expose_secret()) {
        Ok(redis) => redis,
        Err(error) => return Missing(format!("REDIS_URL can't be read: {error}")),
    };
    match redis.ping().await {
        Ok(()) => Fine("answers at REDIS_URL".to_owned()),
        Err(error) => Missing(format!("{error}; is it running?")),
    }
}

async fn vectors(config: &Config) -> Outcome {
    let Some(url) = &config.qdrant_url else {
        return Fine("searched in process".to_owned());
    };
    match domain::vectors::VectorIndex::check(url).await {
        Ok(()) => Fine("Qdrant answers at QDRANT_URL".to_owned()),
        Err(error) => Less(format!("{error}; answers come from words alone until it is back")),
    }
}

fn model(config: &Config) -> Outcome {
    match Embedder::load(&config.models_dir()) {
        Ok(embedder) => Fine(embedder.model_id().to_owned()),
        Err(error) => Less(format!(
            "{error}; search compares words only. `cargo xtask setup` fetches the model"
        )),
    }
}

async fn scans() -> Outcome {
    match ocr::languages().await {
        Some(languages) => Fine(format!("text is recognised: {}", languages.join(", "))),
        None => Less(format!(
            "scanned PDFs can't be read; `{}` lets them be",
            ocr::INSTALL
        )),
    }
}

async fn mail(config: &Config) -> Outcome {
    let mailer = match Mailer::of(config) {
        Ok(Some(mailer)) => mailer,
        Ok(None) if config.database_url.is_none() => {
            return Fine("kept in the outbox, shown at /outbox on this machine".to_owned());
        }
        Ok(None) => {
            let text = "kept in the outbox, where nobody sees it: set BOTWRIGHT_SMTP_URL";
            return Less(text.to_owned());
        }
        Err(error) => return Missing(format!("{error:#}")),
    };
    match mailer.ping().await {
        Ok(()) => Fine("the server at BOTWRIGHT_SMTP_URL answers".to_owned()),
        Err(error) => Less(format!("{error:#}; mails wait and are tried again for hours")),
    }
}

fn private(program: anyhow::Result<PathBuf>) -> Outcome {
    match program {
        Ok(path) => Fine(format!("a private one, {}", path.display())),
        Err(error) => Missing(error.to_string()),
    }
}
