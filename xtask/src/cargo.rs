//! Calls of Cargo from inside a task.

use std::env;
use std::process::Command;

use crate::paths::Paths;

/// The Cargo that runs this task (known at run time only: a `rustup` proxy may choose another one later).
pub fn cargo(paths: &Paths) -> Command {
    let mut command = Command::new(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    command.current_dir(&paths.root);
    // What `cargo run` told us about the package xtask is not meant for the tools that we start.
    for (name, _) in env::vars_os() {
        if name
            .to_str()
            .is_some_and(|name| name.starts_with("CARGO_PKG_") || name.starts_with("CARGO_MANIFEST_"))
        {
            command.env_remove(name);
        }
    }
    command
}
