//! Calls of Cargo from inside a task.

use std::env;
use std::ffi::OsStr;
use std::process::Command;

use crate::paths::Paths;

// Name what is wanted by `--bin` or `--example`, not by `--package`: for one package Cargo builds what it depends on with only the
// features that this one needs, a second time beside what the tests and all others use.

/// The Cargo that runs this task (known at run time only: a `rustup` proxy may choose another one later).
pub fn cargo(paths: &Paths) -> Command {
    tool(paths, env::var_os("CARGO").unwrap_or_else(|| "cargo".into()))
}

/// A program that calls Cargo.
pub fn tool(paths: &Paths, program: impl AsRef<OsStr>) -> Command {
    let mut command = Command::new(program);
    command.current_dir(&paths.root);
    // What `cargo run` told us about the package xtask is not meant for the tools that we start; build scripts that
    // look at it would run again and again.
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
