//! `cargo xtask run`: from a fresh clone to a running server.

use std::env;
use std::os::unix::process::CommandExt;
use std::path::PathBuf;
use std::process::Command;

use anyhow::{Context, Result};
use clap::Args;

use crate::cargo::cargo;
use crate::paths::Paths;
use crate::setup::{self, Purpose};
use crate::steps::Steps;
use crate::web;

/// How to run.
#[derive(Args)]
pub struct Options {
    /// Address and port to listen on.
    #[arg(long, env = "BOTWRIGHT_LISTEN", default_value = "127.0.0.1:8080")]
    listen: String,
    /// Folder of all data; `.botwright` in the workspace when not given.
    #[arg(long, env = "BOTWRIGHT_DATA_DIR")]
    data_dir: Option<PathBuf>,
    /// Don't make the demo workspace.
    #[arg(long)]
    no_demo: bool,
}

/// Prepares the machine, builds what has changed, and becomes the server.
pub fn run(paths: &Paths, options: Options) -> Result<()> {
    let data_dir = match options.data_dir {
        Some(folder) => env::current_dir()?.join(folder),
        None => paths.data_dir(),
    };
    let mut steps = Steps::new(paths, 4);
    steps.run("setup", "Set-up", |step| {
        setup::run(paths, Purpose::Run, &data_dir, step)
    })?;
    let server = ["build", "--bin", "botwright"];
    steps.run("web", "Web assets", |step| {
        web::build_beside(paths, cargo(paths).args(server), step)
    })?;
    // Once more, with the assets inside.
    steps.run("server", "Server", |step| step.command(cargo(paths).args(server)))?;
    steps.announce(&format!("Starting on {}; stop with Ctrl-C", options.listen));
    let mut server = Command::new(paths.program("botwright"));
    server
        .arg("serve")
        .env("BOTWRIGHT_LISTEN", &options.listen)
        .env("BOTWRIGHT_DATA_DIR", &data_dir);
    if options.no_demo {
        server.env("BOTWRIGHT_DEMO", "false");
    }
    // Returns only when it fails.
    let error = server.exec();
    Err(error).context("can't start the server")
}
