//! `cargo xtask fuzz-api`: requests that schemathesis makes from `docs/openapi.json`, sent to a server of their own.

use std::fs;
use std::process::Command;

use anyhow::{Result, ensure};
use clap::Args;

use crate::generated::build_server;
use crate::paths::Paths;
use crate::python;
use crate::steps::{Step, Steps};

/// How many, and which.
#[derive(Args)]
pub struct Options {
    /// About so many requests.
    #[arg(long, default_value_t = 5_000)]
    cases: u32,
    /// Repeats a run.
    #[arg(long, default_value_t = 1)]
    seed: u64,
}

impl Options {
    /// About so many requests.
    pub fn new(cases: u32) -> Self {
        Self { cases, seed: 1 }
    }
}

/// Fails when the server does, or lets somebody see or do what they must not.
pub fn run(paths: &Paths, options: &Options) -> Result<()> {
    let mut command = Steps::new(paths, 1).run("fuzz-api", "Server and schemathesis", |step| {
        build_server(paths, step)?;
        command(paths, options, step)
    })?;
    let status = command.status()?;
    ensure!(
        status.success(),
        "schemathesis found something, see above and target/xtask/fuzz-api"
    );
    Ok(())
}

/// The run, once the server is built.
pub fn command(paths: &Paths, options: &Options, step: &Step) -> Result<Command> {
    let source = paths.root.join("xtask/fuzz_api");
    let python = python::with_packages(paths, "fuzz-api-venv", &source.join("requirements.txt"), step)?;
    let folder = paths.own("fuzz-api");
    if folder.exists() {
        fs::remove_dir_all(&folder)?;
    }
    let mut command = Command::new(python);
    command.arg(source.join("run.py"));
    command.arg("--binary").arg(paths.program("botwright"));
    command.arg("--folder").arg(folder);
    command.args(["--cases", &options.cases.to_string()]);
    command.args(["--seed", &options.seed.to_string()]);
    command.env("BOTWRIGHT_MODELS_DIR", paths.models());
    Ok(command)
}
