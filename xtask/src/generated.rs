//! Files that are generated from the code and committed: `.sqlx` and `docs/openapi.json`.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::SystemTime;

use anyhow::{Context, Result, bail, ensure};

use crate::cargo::cargo;
use crate::paths::Paths;
use crate::services::Services;
use crate::steps::Step;

/// Checks every query of the code against a freshly migrated database and writes `.sqlx`, or, with `check`,
/// compares it with what would be written. The code is built for that, so Clippy looks at it on the way; with `check`, its
/// warnings are errors.
pub fn queries(paths: &Paths, check: bool, step: &Step) -> Result<()> {
    // While `.sqlx` is stale the server can't be built; an older one starts the same Postgres.
    if let Err(error) = build_server(paths, step)
        && (check || !paths.program("botwright").exists())
    {
        return Err(error);
    }
    let services = Services::start(paths, "sqlx")?;
    migrate(paths, &services, step)?;

    let folder = paths.own("sqlx");
    check_queries(paths, &services, &folder, check, step)?;
    let mut new = contents(&folder)?;
    // Packages that are not ours check queries, too, when they are built.
    let others = queries_of_others(paths)?;
    new.retain(|name, _| !others.contains(name));

    let committed = paths.root.join(".sqlx");
    if check {
        ensure!(
            new == contents(&committed)?,
            "`.sqlx` is stale: run `cargo xtask sqlx` and commit it"
        );
        return Ok(());
    }
    if committed.exists() {
        fs::remove_dir_all(&committed)?;
    }
    fs::create_dir(&committed)?;
    for (name, bytes) in new {
        fs::write(committed.join(name), bytes)?;
    }
    Ok(())
}

/// The names of the files in the folders `.sqlx` of packages that are not ours.
fn queries_of_others(paths: &Paths) -> Result<BTreeSet<PathBuf>> {
    let output = cargo(paths)
        .args(["metadata", "--format-version", "1", "--locked"])
        .output()?;
    ensure!(
        output.status.success(),
        "`cargo metadata` failed:\n{}",
        String::from_utf8_lossy(&output.stderr)
    );
    let metadata: serde_json::Value = serde_json::from_slice(&output.stdout)?;
    let packages = metadata["packages"].as_array().context("no packages")?;
    let mut names = BTreeSet::new();
    for manifest in packages
        .iter()
        .filter_map(|package| package["manifest_path"].as_str())
    {
        let manifest = Path::new(manifest);
        if !manifest.starts_with(&paths.root) {
            names.extend(contents(&manifest.with_file_name(".sqlx"))?.into_keys());
        }
    }
    Ok(names)
}

/// Migrates the database of `services`, so that queries can be checked against it.
pub fn migrate(paths: &Paths, services: &Services, step: &Step) -> Result<()> {
    let mut migrate = cargo(paths);
    migrate.args(["run", "--bin", "migrate"]);
    step.command(migrate.env("DATABASE_URL", &services.database_url))
}

/// Builds the code against the database of `services`; what sqlx learns of each query goes into `folder`.
fn check_queries(
    paths: &Paths,
    services: &Services,
    folder: &Path,
    deny_warnings: bool,
    step: &Step,
) -> Result<()> {
    if folder.exists() {
        fs::remove_dir_all(folder)?;
    }
    fs::create_dir_all(folder)?;
    for package in packages_with_queries(paths)? {
        for root in ["src/lib.rs", "src/main.rs"].map(|file| paths.root.join(&package).join(file)) {
            // Cargo does not see that the database is another one; a newer file makes it build again.
            if root.exists() {
                File::open(&root)?.set_modified(SystemTime::now())?;
            }
        }
    }
    let mut clippy = cargo(paths);
    clippy.args(["clippy", "--all-targets"]);
    if deny_warnings {
        clippy.args(["--", "--deny", "warnings"]);
    }
    clippy
        .env("SQLX_OFFLINE", "false")
        .env("SQLX_OFFLINE_DIR", folder)
        .env("DATABASE_URL", &services.database_url);
    step.command(&mut clippy)
        .context("Clippy found something, or a query does not fit the migrated database")
}

/// Writes `docs/openapi.json`, or, with `check`, compares it with what would be written.
pub fn api_document(paths: &Paths, check: bool, step: &Step) -> Result<()> {
    build_server(paths, step)?;
    let output = Command::new(paths.program("botwright")).arg("openapi").output()?;
    if !output.status.success() {
        bail!(
            "`botwright openapi` failed:\n{}",
            String::from_utf8_lossy(&output.stderr)
        );
    }
    let committed = paths.root.join("docs/openapi.json");
    if check {
        let same = fs::read(&committed).is_ok_and(|bytes| bytes == output.stdout);
        ensure!(
            same,
            "docs/openapi.json is stale: run `cargo xtask openapi` and commit it"
        );
        return Ok(());
    }
    fs::write(&committed, output.stdout).with_context(|| format!("can't write {}", committed.display()))
}

/// Builds the server and the worker.
pub fn build_server(paths: &Paths, step: &Step) -> Result<()> {
    step.command(cargo(paths).args(["build", "--bin", "botwright", "--bin", "botwright-worker"]))
}

/// Packages whose Rust files call one of the macros `query!`, `query_as!`, `query_scalar!`.
fn packages_with_queries(paths: &Paths) -> Result<Vec<String>> {
    let mut packages = Vec::new();
    for entry in fs::read_dir(&paths.root)? {
        let folder = entry?.path();
        // The macros' names occur in this package, too.
        let is_own = folder.ends_with("xtask");
        if !is_own && folder.join("Cargo.toml").is_file() && mentions_queries(&folder)? {
            packages.extend(folder.file_name().map(|name| name.to_string_lossy().into_owned()));
        }
    }
    packages.sort();
    Ok(packages)
}

fn mentions_queries(folder: &Path) -> Result<bool> {
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        let found = if path.is_dir() {
            let name = path.file_name().unwrap_or_default();
            name != "node_modules" && mentions_queries(&path)?
        } else {
            path.extension().is_some_and(|extension| extension == "rs")
                && has_query(&fs::read_to_string(&path)?)
        };
        if found {
            return Ok(true);
        }
    }
    Ok(false)
}

fn has_query(source: &str) -> bool {
    ["query!(", "query_as!(", "query_scalar!("]
        .iter()
        .any(|call| source.contains(call))
}

/// The files of a flat folder, by name.
fn contents(folder: &Path) -> Result<BTreeMap<PathBuf, Vec<u8>>> {
    let mut files = BTreeMap::new();
    if folder.exists() {
        for entry in fs::read_dir(folder)? {
            let path = entry?.path();
            files.insert(path.file_name().unwrap_or_default().into(), fs::read(&path)?);
        }
    }
    Ok(files)
}
