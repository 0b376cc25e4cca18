//! `cargo xtask ci`: all that must hold before a change lands.

use std::path::PathBuf;
use std::process::Command;
use std::{env, fs};

use anyhow::{Context, Result, ensure};

use crate::cargo::cargo;
use crate::paths::Paths;
use crate::setup::{self, Purpose};
use crate::steps::{Step, Steps};
use crate::{fuzz, fuzz_api, generated, test, tools};

/// How long each parser reads mutated files; as many of the twenty as there are cores do so at a time.
const FUZZ_SECONDS: u64 = 10;

/// About so many requests are made up from the API document.
const API_CASES: u32 = 3_000;

const WASM: &str = "wasm32-unknown-unknown";

/// Runs all checks in turn and stops at the first that fails.
pub fn run(paths: &Paths) -> Result<()> {
    let before = tree(paths)?;
    let mut steps = Steps::new(paths, 8 + test::STEPS);
    steps.run("format", "Formatting", |step| {
        step.command(cargo(paths).args(["fmt", "--all", "--check"]))
            .context("run `cargo fmt --all`")
    })?;
    steps.run("setup", "Set-up", |step| {
        setup::run(paths, Purpose::Test, &paths.data_dir(), step)
    })?;
    steps.run("deny", "Licences, bans, sources, advisories", |step| {
        deny(paths, step)
    })?;
    test::run(paths, &test::Options::default(), &mut steps)?;
    steps.run("fuzz", "Mutated files", |step| {
        step.command(&mut fuzz::command(paths, &fuzz::Options::each(FUZZ_SECONDS)))
    })?;
    steps.run("fuzz-api", "Made-up requests", |step| {
        let mut command = fuzz_api::command(paths, &fuzz_api::Options::new(API_CASES), step)?;
        step.command(&mut command)
    })?;
    steps.run("openapi", "API document", |step| {
        generated::api_document(paths, true, step)
    })?;
    // Last, as it makes files look newer, from which everything else would be built again.
    steps.run("clippy", "Clippy and checked queries", |step| clippy(paths, step))?;
    steps.run("tree", "Working tree", |_| {
        let after = tree(paths)?;
        ensure!(before == after, "the checks changed files:\n{after}");
        Ok(())
    })
}

fn clippy(paths: &Paths, step: &Step) -> Result<()> {
    generated::queries(paths, true, step)?;
    for package in ["dashboard", "widget"] {
        let arguments = ["clippy", "--target", WASM, "--package", package];
        step.command(cargo(paths).args(arguments).args(["--", "--deny", "warnings"]))?;
    }
    Ok(())
}

fn deny(paths: &Paths, step: &Step) -> Result<()> {
    let program = tools::find_or_install(paths, "cargo-deny", step)?;
    // It reads the crates of every platform, of which a build here fetched only some.
    step.command(cargo(paths).args(["fetch", "--locked"]))?;
    step.command(
        Command::new(&program)
            .args(["--offline", "check", "licenses", "bans", "sources"])
            .current_dir(&paths.root),
    )?;

    let mut fetch = Command::new(&program);
    fetch.args(["fetch", "db"]).current_dir(&paths.root);
    // The database lies in a Git repository that some networks don't reach.
    fetch
        .env("GIT_TERMINAL_PROMPT", "0")
        .env("GIT_HTTP_LOW_SPEED_TIME", "20")
        .env("GIT_HTTP_LOW_SPEED_LIMIT", "1");
    if let Err(error) = step.command(&mut fetch) {
        let reason = format!("{error:#}");
        let reason = reason.lines().last().unwrap_or_default();
        step.note(format!(
            "      NOTICE: advisories were NOT checked: the database can't be had ({reason})"
        ));
        return Ok(());
    }
    step.command(
        Command::new(&program)
            .args(["--offline", "check", "advisories"])
            .current_dir(&paths.root),
    )?;
    let day = database_day()?;
    step.note(format!(
        "      advisories were checked against the database of {day}"
    ));
    Ok(())
}

/// The day of the newest advisory that cargo-deny has, such as `2026-11-28`. Its database is a Git repository.
fn database_day() -> Result<String> {
    let cargo = env::var_os("CARGO_HOME").map(PathBuf::from);
    let cargo = cargo.or_else(|| Some(env::home_dir()?.join(".cargo")));
    let databases = cargo
        .context("this user has no home folder")?
        .join("advisory-dbs");
    let mut newest = None;
    for entry in fs::read_dir(&databases).with_context(|| format!("can't read {}", databases.display()))? {
        let mut git = Command::new("git");
        git.args(["log", "-1", "--format=%cs"]).current_dir(entry?.path());
        newest = newest.max(String::from_utf8(git.output()?.stdout).ok());
    }
    Ok(newest.unwrap_or_default().trim().to_owned())
}

/// What Git sees as changed.
fn tree(paths: &Paths) -> Result<String> {
    let output = Command::new("git")
        .args(["status", "--porcelain"])
        .current_dir(&paths.root)
        .output()?;
    ensure!(
        output.status.success() || !fs::exists(paths.root.join(".git"))?,
        "git status failed"
    );
    Ok(String::from_utf8(output.stdout)?)
}
