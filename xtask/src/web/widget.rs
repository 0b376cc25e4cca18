//! `widget/dist`: the loader and the frame's files, under stable names because pages of others link them.

use std::fs;

use anyhow::{Context, Result};

use super::dist::{self, Dist};
use super::wasm;
use crate::npm::Packages;
use crate::paths::Paths;
use crate::steps::Step;

/// Builds the widget: everything in `widget/static` (scripts and style sheets minified), the app's WASM as
/// `app.wasm`, and `app.js`, the module that starts it.
pub fn build(paths: &Paths, tools: &Packages, step: &Step) -> Result<()> {
    let package = paths.root.join("widget");
    let dist = Dist::new(package.join("dist"))?;
    let statics = package.join("static");
    for file in dist::files(&statics)? {
        let name = file.strip_prefix(&statics)?.to_string_lossy().into_owned();
        let output = dist.path(&name);
        fs::create_dir_all(output.parent().context("a file lies in a folder")?)?;
        match file.extension().and_then(|extension| extension.to_str()) {
            Some("js" | "css") => wasm::minify(tools, &file, &output, step)?,
            _ => drop(fs::copy(&file, &output)?),
        }
    }

    let module = wasm::build(paths, tools, "widget", step)?;
    dist.write("app.wasm", &module.wasm)?;
    let english = package.join("static/i18n/en.json");
    let aliases = [("widget-words", english.as_path())];
    dist.write(
        "app.js",
        &wasm::bundle(tools, &module, "app.wasm", &aliases, step)?,
    )?;
    step.progress("brotli widget");
    dist.finish()
}
