//! `cargo xtask mutants`: tenant filters that row-level security does not cover, taken away one at a time. The tests must
//! notice each.
//!
//! All of them are built into one copy of the work tree, each behind a switch of its own: an environment variable for
//! Rust, a setting of the database session for SQL. So it is built once, and a filter is gone for as long as its tests run.

mod copy;
mod list;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail, ensure};
use clap::Args;

use self::list::{MUTANTS, Mutant};
use crate::generated;
use crate::paths::Paths;
use crate::services::Services;
use crate::setup::{self, Purpose};
use crate::steps::{Step, Steps};
use crate::test::rust;

/// Steps of [`run`].
pub const STEPS: usize = 4;

/// What the names of tests stand in.
const TARGETS: [&str; 9] = [
    "--package",
    "backend",
    "--package",
    "domain",
    "--lib",
    "--test",
    "api",
    "--test",
    "vectors",
];

/// What nextest answers when it ran tests and some failed.
const TESTS_FAILED: i32 = 100;

/// Which of them.
#[derive(Args, Default)]
pub struct Options {
    /// Only mutants with this in their name.
    #[arg(long)]
    only: Option<String>,
}

/// A built copy of the work tree that can lose its filters.
struct Laboratory<'a> {
    paths: Paths,
    original: &'a Paths,
    services: Services,
    nextest: PathBuf,
}

/// Fails when a mutant survives its tests, when those fail without it, or when what it replaces is not there any more.
pub fn run(paths: &Paths, options: &Options, steps: &mut Steps) -> Result<()> {
    let chosen = |mutant: &&Mutant| {
        let only = options.only.as_deref().unwrap_or_default();
        mutant.name.contains(only)
    };
    let mutants: Vec<&Mutant> = MUTANTS.iter().filter(chosen).collect();
    ensure!(!mutants.is_empty(), "there is no such mutant");
    let nextest = steps.run("setup", "Set-up", |step| {
        setup::run(paths, Purpose::Test, &paths.data_dir(), step)?;
        rust::runner(paths, step)
    })?;
    let laboratory = steps.run("mutants-build", "All mutants in one build", |step| {
        Laboratory::build(paths, nextest, step)
    })?;
    steps.run("mutants-none", "Their tests without them", |step| {
        let all: Vec<String> = mutants
            .iter()
            .map(|mutant| format!("({})", mutant.tests))
            .collect();
        let mut command = laboratory.tests(&all.join(" | "));
        step.command(&mut command)
    })?;
    steps.announce("One at a time");
    let mut survived = Vec::new();
    for mutant in mutants {
        let is_noticed = laboratory.notices(mutant)?;
        println!(
            "      {:9} {}",
            if is_noticed { "noticed" } else { "SURVIVED" },
            mutant.name
        );
        if !is_noticed {
            survived.push(mutant.name);
        }
    }
    ensure!(
        survived.is_empty(),
        "no test fails without: {}",
        survived.join(", ")
    );
    Ok(())
}

impl<'a> Laboratory<'a> {
    fn build(original: &'a Paths, nextest: PathBuf, step: &Step) -> Result<Self> {
        // Cargo tells packages apart by where they lie below the root of their workspace: with one target folder it would
        // take mutants for the original.
        let folder = original.target.join("mutants");
        let paths = Paths {
            root: folder.join("tree"),
            target: folder.join("target"),
        };
        step.progress("copying");
        copy::make(&original.root, &paths.root)?;
        for mutant in MUTANTS {
            mutant.plant(&paths.root)?;
        }
        copy::finish(&paths.root)?;
        // Else the first build makes them, and the second sees that they changed.
        for package in ["dashboard", "widget"] {
            fs::create_dir_all(paths.root.join(package).join("dist"))?;
        }
        // From the original: the services are no part of what is tested.
        generated::build_server(original, step)?;
        let services = Services::start(original, "mutants")?;
        generated::migrate(original, &services, step)?;
        let laboratory = Self {
            paths,
            original,
            services,
            nextest,
        };
        step.command(laboratory.nextest().arg("--no-run"))?;
        Ok(laboratory)
    }

    fn notices(&self, mutant: &Mutant) -> Result<bool> {
        let mut command = self.tests(mutant.tests);
        command
            .env("BOTWRIGHT_MUTANT", mutant.name)
            .env("PGOPTIONS", format!("-c app.mutant={}", mutant.name));
        let output = command.output()?;
        match output.status.code() {
            Some(0) => Ok(false),
            Some(TESTS_FAILED) => Ok(true),
            _ => bail!(
                "the tests of {} did not run ({}):\n{}",
                mutant.name,
                output.status,
                String::from_utf8_lossy(&output.stderr)
            ),
        }
    }

    fn tests(&self, filter: &str) -> Command {
        let mut command = self.nextest();
        // Of several tests one that fails is enough.
        command.args(["--fail-fast", "--filterset", filter]);
        command
    }

    /// The changed queries are checked against a database, as `.sqlx` does not know them.
    fn nextest(&self) -> Command {
        let mut command = rust::command(&self.paths, &self.nextest);
        self.services
            .tell(self.original, &mut command)
            .env("CARGO_TARGET_DIR", &self.paths.target)
            .env("SQLX_OFFLINE", "false")
            .env("DATABASE_URL", &self.services.database_url)
            .args(TARGETS);
        command
    }
}

impl Mutant {
    /// Puts it, switched off, into a copy of the work tree.
    fn plant(&self, root: &Path) -> Result<()> {
        let rust = format!(
            "std::env::var_os(\"BOTWRIGHT_MUTANT\").is_some_and(|mutant| mutant == \"{}\")",
            self.name
        );
        let sql = format!(
            "current_setting('app.mutant', true) is not distinct from '{}'",
            self.name
        );
        for (file, text, replacement) in self.edits {
            let source = copy::read(root, file)?;
            ensure!(
                source.matches(text).count() == 1,
                "{}: {file} does not hold this exactly once any more: {text}\nIf the filter is another one now, change the mutant",
                self.name
            );
            let replacement = replacement
                .replace("RUST_MUTANT", &rust)
                .replace("SQL_MUTANT", &sql);
            copy::write(root, file, &source.replace(text, &replacement)).with_context(|| self.name)?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::path::Path;

    use super::list::MUTANTS;

    #[test]
    fn what_mutants_replace_is_there_once() {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
        for mutant in MUTANTS {
            for (file, text, replacement) in mutant.edits {
                let source = std::fs::read_to_string(root.join(file)).unwrap();
                assert_eq!(source.matches(text).count(), 1, "{}: {text}", mutant.name);
                assert!(replacement.contains("_MUTANT"), "{} has no switch", mutant.name);
            }
        }
        let names: BTreeSet<_> = MUTANTS.iter().map(|mutant| mutant.name).collect();
        assert_eq!(names.len(), MUTANTS.len());
    }
}
