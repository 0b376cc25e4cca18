//! Sizes of what browsers load, and the widget's budgets.

use std::fmt::Write;
use std::fs;
use std::path::Path;

use anyhow::{Result, ensure};

use super::dist::files;

/// What a host page loads before anyone touches the widget, in brotli bytes.
const LOADER_BUDGET: u64 = 3_000;
/// All that the first opening of the widget loads, in brotli bytes.
const OPENING_BUDGET: u64 = 30_000;

/// What every page of the dashboard loads before its own part, in brotli bytes.
const FRAME_BUDGET: u64 = 265_000;

/// What is loaded only when a bot needs it lies in here.
const LATER: &str = "later/";

/// A table of all files of a `dist` folder: raw and brotli bytes.
pub fn table(dist: &Path) -> Result<String> {
    let mut table = format!("      {:<36} {:>10} {:>10}\n", "file", "bytes", "brotli");
    let (mut raw, mut compressed) = (0, 0);
    for (name, size) in sizes(dist)? {
        writeln!(table, "      {name:<36} {:>10} {:>10}", size.raw, size.brotli)?;
        raw += size.raw;
        compressed += size.brotli;
    }
    write!(table, "      {:<36} {raw:>10} {compressed:>10}", "all")?;
    Ok(table)
}

/// Fails when the widget outgrows its budgets; else says how much of them it uses.
pub fn check_widget(dist: &Path) -> Result<String> {
    let sizes = sizes(dist)?;
    let loader: u64 = sizes
        .iter()
        .filter(|(name, _)| name == "widget.js")
        .map(|(_, size)| size.brotli)
        .sum();
    let opening: u64 = sizes
        .iter()
        .filter(|(name, _)| {
            !name.starts_with(LATER)
                && ["html", "css", "js", "wasm"]
                    .iter()
                    .any(|kind| name.ends_with(kind))
        })
        .map(|(_, size)| size.brotli)
        .sum();
    let message = format!(
        "widget, brotli: loader {loader} of {LOADER_BUDGET} bytes, first opening {opening} of {OPENING_BUDGET} bytes"
    );
    ensure!(
        loader <= LOADER_BUDGET && opening <= OPENING_BUDGET,
        "the widget is over its budget ({message}): make it smaller, visitors wait for it"
    );
    Ok(format!("      {message}"))
}

/// Fails when the frame of the dashboard outgrows its budget; else says how much of it it uses.
pub fn check_dashboard(dist: &Path) -> Result<String> {
    let frame: u64 = sizes(dist)?
        .iter()
        .filter(|(name, _)| name.starts_with("app-") || name == "index.html")
        .map(|(_, size)| size.brotli)
        .sum();
    let message = format!("dashboard, brotli: its frame {frame} of {FRAME_BUDGET} bytes");
    ensure!(
        frame <= FRAME_BUDGET,
        "the frame of the dashboard is over its budget ({message}): move code into an area of `pages.rs`"
    );
    Ok(format!("      {message}"))
}

struct Size {
    raw: u64,
    brotli: u64,
}

fn sizes(dist: &Path) -> Result<Vec<(String, Size)>> {
    let mut sizes = Vec::new();
    for file in files(dist)? {
        let name = file.strip_prefix(dist)?.to_string_lossy().into_owned();
        if name.ends_with(".br") {
            continue;
        }
        let compressed = dist.join(format!("{name}.br"));
        sizes.push((
            name,
            Size {
                raw: fs::metadata(&file)?.len(),
                brotli: fs::metadata(compressed)?.len(),
            },
        ));
    }
    Ok(sizes)
}
