//! `cargo xtask bench <name>`: benchmarks are examples called `bench_<name>` of the crate they measure.

use anyhow::{Context, Result, ensure};
use clap::Args;

use crate::cargo::cargo;
use crate::generated::build_server;
use crate::paths::Paths;
use crate::services::Services;
use crate::setup::{self, Purpose};
use crate::steps::Steps;

/// Which benchmark, with its own arguments.
#[derive(Args)]
pub struct Options {
    /// Its name, such as `retrieval` or `embed`.
    name: String,
    /// Arguments for it.
    #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
    arguments: Vec<String>,
}

/// Builds the benchmark with all optimisations and runs it; one of `domain`'s with a private Postgres and Redis.
pub fn run(paths: &Paths, options: &Options, steps: &mut Steps) -> Result<()> {
    let example = format!("bench_{}", options.name);
    let (package, _) = [("retrieval", "domain/retrieval"), ("domain", "domain")]
        .into_iter()
        .find(|(_, folder)| {
            let source = format!("{folder}/examples/{example}.rs");
            paths.root.join(source).exists()
        })
        .with_context(|| format!("there is no benchmark called {}", options.name))?;
    let mut command = cargo(paths);
    command.args([
        "run",
        "--release",
        "--package",
        package,
        "--example",
        &example,
        "--",
    ]);
    command
        .args(&options.arguments)
        .current_dir(std::env::current_dir()?);
    command.env("BOTWRIGHT_MODELS_DIR", paths.models());
    let services = steps.run("bench", "Set-up", |step| {
        setup::run(paths, Purpose::Run, &paths.data_dir(), step)?;
        if package == "retrieval" {
            return Ok(None);
        }
        build_server(paths, step)?;
        Services::start(paths, "bench").map(Some)
    })?;
    if let Some(services) = &services {
        services.tell(paths, &mut command);
    }
    let status = command.status()?;
    ensure!(status.success(), "the benchmark failed ({status})");
    Ok(())
}
