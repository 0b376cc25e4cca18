//! `cargo xtask fuzz`: mutated files for every parser.

use std::process::Command;

use anyhow::{Result, ensure};
use clap::Args;

use crate::cargo::cargo;
use crate::paths::Paths;

/// How long, and which.
#[derive(Args)]
pub struct Options {
    /// Seconds for each parser.
    #[arg(long, default_value_t = 10)]
    seconds: u64,
    /// Only this parser, by the ending of its files, such as `rtf`.
    #[arg(long)]
    target: Option<String>,
    /// Repeats a run.
    #[arg(long)]
    seed: Option<u64>,
}

impl Options {
    /// Every parser, so many seconds each.
    pub fn each(seconds: u64) -> Self {
        Self {
            seconds,
            target: None,
            seed: None,
        }
    }
}

/// Fails when a parser does.
pub fn run(paths: &Paths, options: &Options) -> Result<()> {
    let status = command(paths, options).status()?;
    ensure!(
        status.success(),
        "a parser failed on a file that target/fuzz now holds"
    );
    Ok(())
}

/// Built as the tests are, so that arithmetic that overflows is found, too.
pub fn command(paths: &Paths, options: &Options) -> Command {
    let mut command = cargo(paths);
    command.args(["run", "--quiet", "--example", "fuzz_parse", "--"]);
    command.args(["--seconds", &options.seconds.to_string()]);
    if let Some(target) = &options.target {
        command.args(["--target", target]);
    }
    if let Some(seed) = options.seed {
        command.args(["--seed", &seed.to_string()]);
    }
    command
}
