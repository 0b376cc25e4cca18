//! Cargo subcommands that the tasks use.

use std::path::PathBuf;

use anyhow::{Context, Result};

use crate::cargo::cargo;
use crate::paths::Paths;
use crate::setup::find_program;
use crate::steps::Step;

/// Finds a program such as `cargo-nextest`; if the machine has none, builds one below the target folder.
pub fn find_or_install(paths: &Paths, name: &str, step: &Step) -> Result<PathBuf> {
    let own = paths.own("tools");
    let installed = own.join("bin").join(name);
    if installed.is_file() {
        return Ok(installed);
    }
    if let Some(program) = find_program(name) {
        return Ok(program);
    }
    // Unoptimised: it compiles in a third of the time, and is quick enough.
    let mut install = cargo(paths);
    install
        .args(["install", "--locked", "--debug", name, "--root"])
        .arg(&own);
    step.command(&mut install)
        .with_context(|| format!("can't install {name}"))?;
    Ok(installed)
}
