//! `cargo xtask bench <name>`: benchmarks are examples called `bench_<name>` of the crate they measure.

use std::process::Command;

use anyhow::{Context, Result, ensure};
use clap::Args;

use crate::browser;
use crate::cargo::cargo;
use crate::generated::build_server;
use crate::paths::Paths;
use crate::python;
use crate::services::Services;
use crate::setup::{self, Purpose};
use crate::steps::Steps;

/// Packages with benchmarks, and where they lie.
const PACKAGES: [(&str, &str); 3] = [
    ("retrieval", "domain/retrieval"),
    ("domain", "domain"),
    ("worker", "worker"),
];

/// Steps of [`run`].
pub const STEPS: usize = 1;

/// What `embed` is told to compare itself with ONNX Runtime, which needs packages of Python.
pub const ONNX_RUNTIME: &str = "--onnx-runtime";

/// Which benchmark, with its own arguments.
#[derive(Args)]
pub struct Options {
    /// Its name, such as `chat`, `stream`, `drafts`, `retrieval`, `embed` or `widget`.
    name: String,
    /// Arguments for it.
    #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
    arguments: Vec<String>,
}

impl Options {
    /// As given on the command line.
    pub fn new(name: &str, arguments: &[&str]) -> Self {
        Self {
            name: name.to_owned(),
            arguments: arguments.iter().map(|&argument| argument.to_owned()).collect(),
        }
    }
}

/// The benchmark of the widget, which runs in a browser.
const WIDGET: &str = "widget";

/// Benchmarks of the whole server: `bench_server` of `backend`, with a release build of the program.
const SERVER: [&str; 7] = ["chat", "stream", "drafts", "reads", "ingest", "growth", "startup"];

/// Builds the benchmark with all optimisations and runs it; one of `domain`'s with a private Postgres and Redis.
pub fn run(paths: &Paths, options: &Options, steps: &mut Steps) -> Result<()> {
    if options.name == WIDGET {
        return widget(paths, steps);
    }
    if SERVER.contains(&options.name.as_str()) {
        return server(paths, options, steps);
    }
    let example = format!("bench_{}", options.name);
    let (package, folder) = PACKAGES
        .into_iter()
        .map(|(package, folder)| (package, paths.root.join(folder).join("examples")))
        .find(|(_, examples)| {
            let source = examples.join(&example);
            source.is_dir() || source.with_extension("rs").exists()
        })
        .with_context(|| format!("there is no benchmark called {}", options.name))?;
    let mut command = cargo(paths);
    command.args(["run", "--release", "--example", &example, "--"]);
    command
        .args(&options.arguments)
        .current_dir(std::env::current_dir()?);
    command.env("BOTWRIGHT_MODELS_DIR", paths.models());
    let services = steps.run("bench", &format!("Set-up of {}", options.name), |step| {
        setup::run(paths, Purpose::Run, &paths.data_dir(), step)?;
        if options.arguments.iter().any(|argument| argument == ONNX_RUNTIME) {
            let requirements = folder.join(&example).join("requirements.txt");
            let python = python::with_packages(paths, "onnx-venv", &requirements, step)?;
            command.env("BOTWRIGHT_BENCH_PYTHON", python);
        }
        if package != "domain" {
            return Ok(None);
        }
        build_server(paths, step)?;
        Services::start(paths, "bench").map(Some)
    })?;
    if let Some(services) = &services {
        services.tell(paths, &mut command);
    }
    let status = command.status()?;
    ensure!(status.success(), "the benchmark failed ({status})");
    Ok(())
}

/// What the server does and needs.
fn server(paths: &Paths, options: &Options, steps: &mut Steps) -> Result<()> {
    let build = |what: &[&str]| {
        let mut command = cargo(paths);
        command.args(["build", "--release"]).args(what);
        command
    };
    steps.run("bench", "Set-up of the server", |step| {
        setup::run(paths, Purpose::Run, &paths.data_dir(), step)?;
        step.command(&mut build(&["--bin", "botwright", "--example", "bench_server"]))
    })?;
    let release = paths.target.join("release");
    let status = Command::new(release.join("examples/bench_server"))
        .arg(&options.name)
        .args(&options.arguments)
        .env("BOTWRIGHT_BIN", release.join("botwright"))
        .env("BOTWRIGHT_BENCH_DIR", paths.own("bench-server"))
        .env("BOTWRIGHT_MODELS_DIR", paths.models())
        .status()?;
    ensure!(status.success(), "the benchmark failed ({status})");
    Ok(())
}

/// What the widget costs a page.
fn widget(paths: &Paths, steps: &mut Steps) -> Result<()> {
    steps.run("bench", "Set-up of widget", |step| browser::prepare(paths, step))?;
    browser::run(paths, "widget.bench.mjs", &paths.own("bench-widget"), &[])
}
