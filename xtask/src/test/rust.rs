//! Rust's tests, by cargo-nextest.

use std::fs;
use std::num::NonZero;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::thread;

use anyhow::Result;

use super::Outcome;
use crate::cargo::tool;
use crate::paths::Paths;
use crate::services::Services;
use crate::steps::Step;
use crate::tools;

/// How often a worker is killed while it ingests how many documents, where that is done in full.
pub const KILLS: &str = "300";
/// See [`KILLS`].
pub const DOCUMENTS: &str = "200";

/// Finds nextest's program.
pub fn runner(paths: &Paths, step: &Step) -> Result<PathBuf> {
    tools::find_or_install(paths, "cargo-nextest", step)
}

/// Builds the tests, and the programs that they drive.
pub fn build(paths: &Paths, nextest: &Path) -> Command {
    let mut build = command(paths, nextest);
    build.arg("--no-run");
    build
}

/// Runs the tests that the filters choose, their output shown.
pub(super) fn run(paths: &Paths, nextest: &Path, services: &Services, filters: &[String]) -> Result<Outcome> {
    let mut command = command(paths, nextest);
    services
        .tell(paths, &mut command)
        .env("NEXTEST_TEST_THREADS", threads().to_string())
        .args(filters);
    count(paths, &mut command, "default")
}

/// Tests that run at once: more than there are cores, as many wait for a crawler's pauses or for something to be given up.
fn threads() -> usize {
    let cores = thread::available_parallelism().map_or(1, NonZero::get);
    (cores * 3).div_ceil(2)
}

/// Runs the whole of the tests that break something, one after the other, as each has a Postgres and a load of its own.
pub(super) fn run_faults(paths: &Paths, nextest: &Path, services: &Services) -> Result<Outcome> {
    let mut command = command(paths, nextest);
    services
        .tell(paths, &mut command)
        .args(["--profile", "faults", "-E", "binary(faults) + binary(kill)"])
        .env("BOTWRIGHT_FAULTS", "whole")
        .env("BOTWRIGHT_KILLS", KILLS)
        .env("BOTWRIGHT_KILL_DOCUMENTS", DOCUMENTS);
    count(paths, &mut command, "faults")
}

/// Runs tests by a profile, which says where its report lies.
fn count(paths: &Paths, command: &mut Command, profile: &str) -> Result<Outcome> {
    let report = paths.target.join("nextest").join(profile).join("junit.xml");
    if report.exists() {
        fs::remove_file(&report)?;
    }
    let status = command.status()?;
    let text = fs::read_to_string(&report).unwrap_or_default();
    let count = |name| attribute(&text, name);
    match (count("tests"), count("failures"), count("errors")) {
        (Some(tests), Some(failures), Some(errors)) => {
            let failed = failures + errors;
            // Whatever else made it fail must not look like success.
            let failed = if status.success() { failed } else { failed.max(1) };
            Ok(Outcome {
                passed: tests - failures - errors,
                failed,
            })
        }
        // It ended before it wrote a report.
        _ => Ok(Outcome { passed: 0, failed: 1 }),
    }
}

/// A run of the tests.
pub fn command(paths: &Paths, nextest: &Path) -> Command {
    let mut command = tool(paths, nextest);
    command.args(["nextest", "run"]);
    command
}

/// A number in the report's outermost tag.
fn attribute(report: &str, name: &str) -> Option<usize> {
    let tag = report.split_once("<testsuites ")?.1.split_once('>')?.0;
    let value = tag.split_once(&format!("{name}=\""))?.1.split_once('"')?.0;
    value.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::attribute;

    #[test]
    fn reads_counts_of_the_outermost_tag() {
        let report = r#"<?xml version="1.0"?>
            <testsuites name="nextest-run" tests="12" failures="2" errors="1" time="3.1">
                <testsuite name="backend" tests="5" failures="1">"#;
        assert_eq!(attribute(report, "tests"), Some(12));
        assert_eq!(attribute(report, "failures"), Some(2));
        assert_eq!(attribute(report, "errors"), Some(1));
        assert_eq!(attribute("", "tests"), None);
    }
}
