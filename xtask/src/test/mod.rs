//! `cargo xtask test`: set-up, then every test, browser tests included.

mod e2e;
pub mod rust;

use std::ops::Add;

use anyhow::{Result, bail};
use clap::Args;

use crate::paths::Paths;
use crate::services::Services;
use crate::setup::{self, Purpose};
use crate::steps::Steps;
use crate::{deploy, web};

/// Steps of [`run`].
pub const STEPS: usize = 7;

/// What to test.
#[derive(Args, Default)]
pub struct Options {
    /// Run the browser tests, and look at what is in `deploy/`, even when filters are given.
    #[arg(long)]
    e2e: bool,
    /// Run the whole of what is broken on purpose, and nothing else; the normal run has a short form of it.
    #[arg(long, conflicts_with_all = ["e2e", "filters"])]
    faults: bool,
    /// Filters and options for `cargo nextest run`; without `--e2e` all else is left out then.
    #[arg(last = true)]
    filters: Vec<String>,
}

/// Passed and failed tests.
#[derive(Debug, Clone, Copy, Default)]
struct Outcome {
    passed: usize,
    failed: usize,
}

impl Add for Outcome {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        Self {
            passed: self.passed + other.passed,
            failed: self.failed + other.failed,
        }
    }
}

/// Runs all tests on a private Postgres and Redis, and closes with a line that adds them up.
pub fn run(paths: &Paths, options: &Options, steps: &mut Steps) -> Result<()> {
    let with_e2e = !options.faults && (options.e2e || options.filters.is_empty());
    steps.run("setup", "Set-up", |step| {
        setup::run(paths, Purpose::Test, &paths.data_dir(), step)
    })?;
    if with_e2e {
        steps.run("deploy", "Images, manifests and nginx", |step| {
            deploy::check(paths, step)
        })?;
    }
    let nextest = steps.run("web", "Web assets", |step| {
        let nextest = rust::runner(paths, step)?;
        web::build_beside(paths, &mut rust::build(paths, &nextest), step)?;
        Ok(nextest)
    })?;
    // Once more, with the assets inside.
    steps.run("build-tests", "Server and tests", |step| {
        step.command(&mut rust::build(paths, &nextest))
    })?;
    let services = steps.run("services", "Private Postgres and Redis", |_| {
        Services::start(paths, "test")
    })?;

    steps.announce("Rust tests");
    let mut outcome = match options.faults {
        true => rust::run_faults(paths, &nextest, &services)?,
        false => rust::run(paths, &nextest, &services, &options.filters)?,
    };
    if with_e2e {
        let tools = steps.run("e2e", "Browser tests", |step| e2e::prepare(paths, step))?;
        outcome = outcome + e2e::run(paths, &tools, &services)?;
    }
    drop(services);
    println!("\n{} passed, {} failed", outcome.passed, outcome.failed);
    if outcome.failed > 0 {
        bail!("tests failed, see above");
    }
    Ok(())
}
