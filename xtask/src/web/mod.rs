//! `cargo xtask web`: the dashboard and the widget, from Rust to files a browser loads.

mod dashboard;
mod dist;
mod names;
mod sizes;
mod split;
mod wasm;
mod widget;

pub use dist::files;

use std::path::PathBuf;
use std::process::Command;
use std::thread;

use anyhow::Result;

use crate::npm::Packages;
use crate::paths::Paths;
use crate::stamp::Stamp;
use crate::steps::Step;

/// As [`build`], with `meanwhile` on the cores that it leaves idle: the dashboard alone keeps one busy for minutes.
pub fn build_beside(paths: &Paths, meanwhile: &mut Command, step: &Step) -> Result<()> {
    thread::scope(|scope| {
        let beside = scope.spawn(|| step.command(meanwhile));
        let built = build(paths, step);
        // Should it have failed, the step that needs what it makes fails again, and says so.
        let _ = beside.join();
        built
    })
}

/// Builds what has changed into `dashboard/dist` and `widget/dist`, and prints the sizes.
pub fn build(paths: &Paths, step: &Step) -> Result<()> {
    build_widget(paths, step)?;
    build_dashboard(paths, step)
}

/// The widget alone.
pub fn build_widget(paths: &Paths, step: &Step) -> Result<()> {
    let widget = stamp(paths, "widget")?;
    if !widget.is_fresh(&paths.root.join("widget/dist/app.wasm")) {
        widget::build(paths, &tools(paths, step)?, step)?;
        step.note(sizes::table(&paths.root.join("widget/dist"))?);
        step.note(sizes::check_widget(&paths.root.join("widget/dist"))?);
        // Saved last: a build over budget is not done.
        widget.save()?;
    }
    Ok(())
}

fn build_dashboard(paths: &Paths, step: &Step) -> Result<()> {
    let dashboard = stamp(paths, "dashboard")?;
    if !dashboard.is_fresh(&paths.root.join("dashboard/dist/index.html")) {
        dashboard::build(paths, &tools(paths, step)?, step)?;
        step.note(sizes::table(&paths.root.join("dashboard/dist"))?);
        step.note(sizes::check_dashboard(&paths.root.join("dashboard/dist"))?);
        dashboard.save()?;
    }
    Ok(())
}

fn stamp(paths: &Paths, package: &str) -> Result<Stamp> {
    let inputs: Vec<PathBuf> = [
        "Cargo.toml",
        "Cargo.lock",
        "api-types",
        "xtask/src/web",
        "xtask/web",
        package,
    ]
    .map(|input| paths.root.join(input))
    .into();
    Stamp::of(paths.own("stamps").join(package), &inputs)
}

fn tools(paths: &Paths, step: &Step) -> Result<Packages> {
    Packages::install(&paths.root.join("xtask/web"), step)
}
