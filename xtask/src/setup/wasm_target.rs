//! Rust's standard library for WASM.

use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result};

use crate::steps::Step;

const TARGET: &str = "wasm32-unknown-unknown";

/// Adds the target to the toolchain in use, if it is missing.
pub fn add(step: &Step) -> Result<()> {
    let output = Command::new("rustc")
        .args(["--print", "target-libdir", "--target", TARGET])
        .output()?;
    let folder = String::from_utf8(output.stdout)?;
    if output.status.success() && Path::new(folder.trim()).exists() {
        return Ok(());
    }
    step.command(Command::new("rustup").args(["target", "add", TARGET])).with_context(|| {
        format!("Rust's target {TARGET} is missing: `rustup target add {TARGET}`, or your distribution's package of it")
    })
}
