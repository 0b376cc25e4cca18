//! Scripts of `xtask/e2e` that are no tests: they use the server and a browser as the tests do.

use std::fs;
use std::path::Path;
use std::process::Command;

use anyhow::{Result, ensure};

use crate::generated::build_server;
use crate::npm::Packages;
use crate::paths::Paths;
use crate::setup::{self, Purpose};
use crate::steps::Step;
use crate::web;

/// Builds and installs what [`run`] needs.
pub fn prepare(paths: &Paths, step: &Step) -> Result<()> {
    setup::run(paths, Purpose::Test, &paths.data_dir(), step)?;
    web::build(paths, step)?;
    build_server(paths, step)?;
    Packages::install(&paths.root.join("xtask/e2e"), step)?;
    Ok(())
}

/// Runs a script, whose servers keep their data and logs in `output`.
pub fn run(paths: &Paths, script: &str, output: &Path, arguments: &[&Path]) -> Result<()> {
    fs::create_dir_all(output)?;
    let status = Command::new("node")
        .arg(script)
        .args(arguments)
        .current_dir(paths.root.join("xtask/e2e"))
        .env("BOTWRIGHT_BIN", paths.program("botwright"))
        .env("BOTWRIGHT_E2E_OUTPUT", output)
        .env("BOTWRIGHT_MODELS_DIR", paths.models())
        .status()?;
    ensure!(status.success(), "{script} failed ({status})");
    Ok(())
}
