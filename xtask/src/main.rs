//! The workspace's own tools: `cargo xtask <task>`.

mod bench;
mod browser;
mod cargo;
mod ci;
mod deploy;
mod fuzz;
mod fuzz_api;
mod generated;
mod mutants;
mod nightly;
mod npm;
mod paths;
mod python;
mod run;
mod services;
mod setup;
mod stamp;
mod steps;
mod test;
mod texts;
mod tools;
mod web;

use std::process::ExitCode;

use anyhow::Result;
use clap::{Args, Parser, Subcommand};

use crate::paths::Paths;
use crate::setup::Purpose;
use crate::steps::Steps;

#[derive(Parser)]
#[command(name = "cargo xtask", bin_name = "cargo xtask")]
struct Arguments {
    #[command(subcommand)]
    task: Task,
}

#[derive(Subcommand)]
enum Task {
    /// Prepare this machine, build, and run the server.
    Run(run::Options),
    /// Prepare this machine and run every test.
    Test(test::Options),
    /// Run all checks that a change must pass.
    Ci,
    /// Install what this machine lacks for `run`.
    Setup,
    /// Build the dashboard and the widget into their `dist` folders.
    Web {
        /// The widget only, which takes seconds.
        #[arg(long)]
        widget: bool,
    },
    /// Check the compose file, and what is in `deploy/`, with the tools of those who read them.
    Deploy,
    /// Write `.sqlx` from the queries and the migrations.
    Sqlx(Generated),
    /// Write `docs/openapi.json` from the code.
    Openapi(Generated),
    /// Add what the dashboard says anew to each language in `dashboard/i18n`, to be translated there.
    Texts(Generated),
    /// Write the pictures of the README and the guides, in `docs/images`, from the product as it is.
    Screenshots,
    /// Run a benchmark.
    Bench(bench::Options),
    /// Read mutated files with every parser.
    Fuzz(fuzz::Options),
    /// Send the server requests made from its API document, as users who must not see each other's objects.
    FuzzApi(fuzz_api::Options),
    /// Take tenant filters away, one at a time: the tests must notice each.
    Mutants(mutants::Options),
    /// Run the checks that take too long for every change.
    Nightly,
}

#[derive(Args)]
struct Generated {
    /// Change nothing; fail when the committed files are stale.
    #[arg(long)]
    check: bool,
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    match Paths::find().and_then(|paths| arguments.task.run(&paths)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            // Without the backtrace: what failed is a tool, not this program.
            eprintln!("\nerror: {error:#}");
            ExitCode::FAILURE
        }
    }
}

impl Task {
    fn run(self, paths: &Paths) -> Result<()> {
        match self {
            Self::Run(options) => run::run(paths, options),
            Self::Test(options) => test::run(paths, &options, &mut Steps::new(paths, test::STEPS)),
            Self::Ci => ci::run(paths),
            Self::Setup => Steps::new(paths, 1).run("setup", "Set-up", |step| {
                setup::run(paths, Purpose::Run, &paths.data_dir(), step)
            }),
            Self::Web { widget: true } => {
                Steps::new(paths, 1).run("web", "Widget", |step| web::build_widget(paths, step))
            }
            Self::Web { widget: false } => {
                Steps::new(paths, 1).run("web", "Web assets", |step| web::build(paths, step))
            }
            Self::Deploy => {
                let mut steps = Steps::new(paths, 2);
                steps.run("setup", "Set-up", |step| {
                    setup::run(paths, Purpose::Test, &paths.data_dir(), step)
                })?;
                steps.run("deploy", "Images, manifests and nginx", |step| {
                    deploy::check(paths, step)
                })
            }
            Self::Sqlx(Generated { check }) => Steps::new(paths, 1).run("sqlx", "Checked queries", |step| {
                generated::queries(paths, check, step)
            }),
            Self::Openapi(Generated { check }) => {
                Steps::new(paths, 1).run("openapi", "API document", |step| {
                    generated::api_document(paths, check, step)
                })
            }
            Self::Texts(Generated { check }) => {
                Steps::new(paths, 1).run("texts", "Languages", |step| texts::update(paths, check, step))
            }
            Self::Screenshots => {
                Steps::new(paths, 1).run("screenshots", "Set-up", |step| browser::prepare(paths, step))?;
                let images = paths.root.join("docs/images");
                browser::run(paths, "screenshots.mjs", &paths.own("screenshots"), &[&images])
            }
            Self::Fuzz(options) => fuzz::run(paths, &options),
            Self::FuzzApi(options) => fuzz_api::run(paths, &options),
            Self::Mutants(options) => mutants::run(paths, &options, &mut Steps::new(paths, mutants::STEPS)),
            Self::Nightly => nightly::run(paths),
            Self::Bench(options) => bench::run(paths, &options, &mut Steps::new(paths, bench::STEPS)),
        }
    }
}
