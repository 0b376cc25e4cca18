//! `cargo xtask nightly`: checks and figures that take too long for every change.

use anyhow::{Result, ensure};

use crate::bench;
use crate::paths::Paths;
use crate::services::Services;
use crate::setup::{self, Purpose};
use crate::steps::Steps;
use crate::test::rust::{self, DOCUMENTS, KILLS};
use crate::{fuzz, fuzz_api, mutants};

/// How long each parser reads mutated files.
const FUZZ_SECONDS: u64 = 120;
/// About so many requests are made up from the API document.
const API_CASES: u32 = 50_000;

/// Runs all of them, whatever the others find, and fails if one has found something.
pub fn run(paths: &Paths) -> Result<()> {
    let mut steps = Steps::new(paths, 5 + mutants::STEPS + 3 * bench::STEPS);
    steps.run("setup", "Set-up", |step| {
        setup::run(paths, Purpose::Test, &paths.data_dir(), step)
    })?;
    let findings = [
        ("fuzz", mutated_files(paths, &mut steps)),
        (
            "fuzz-api",
            fuzz_api::run(paths, &fuzz_api::Options::new(API_CASES)),
        ),
        ("kill", killed_workers(paths, &mut steps)),
        (
            "mutants",
            mutants::run(paths, &mutants::Options::default(), &mut steps),
        ),
        (
            "rls",
            bench::run(paths, &bench::Options::new("rls", &[]), &mut steps),
        ),
        (
            "bombs",
            bench::run(paths, &bench::Options::new("bombs", &[]), &mut steps),
        ),
        (
            "embed",
            bench::run(
                paths,
                &bench::Options::new("embed", &[bench::ONNX_RUNTIME]),
                &mut steps,
            ),
        ),
    ];
    let failed: Vec<String> = findings
        .iter()
        .filter_map(|(name, result)| Some(format!("{name}: {:#}", result.as_ref().err()?)))
        .collect();
    ensure!(failed.is_empty(), "found:\n{}", failed.join("\n"));
    println!("\nnothing was found");
    Ok(())
}

fn mutated_files(paths: &Paths, steps: &mut Steps) -> Result<()> {
    steps.announce("Mutated files");
    fuzz::run(paths, &fuzz::Options::each(FUZZ_SECONDS))
}

fn killed_workers(paths: &Paths, steps: &mut Steps) -> Result<()> {
    let nextest = steps.run("build-tests", "Server and tests", |step| {
        let nextest = rust::runner(paths, step)?;
        step.command(&mut rust::build(paths, &nextest))?;
        Ok(nextest)
    })?;
    let services = steps.run("services", "Private Postgres and Redis", |_| {
        Services::start(paths, "nightly")
    })?;
    steps.announce("Workers killed");
    let mut test = rust::command(paths, &nextest);
    services
        .tell(paths, &mut test)
        .env("BOTWRIGHT_KILLS", KILLS)
        .env("BOTWRIGHT_KILL_DOCUMENTS", DOCUMENTS)
        .args([
            "--profile",
            "nightly",
            "--package",
            "worker",
            "--test",
            "kill",
            "--no-capture",
        ]);
    let status = test.status()?;
    ensure!(status.success(), "the test failed ({status})");
    Ok(())
}
