//! A WASM module in parts, so that a page loads only the code it needs. Parts begin at functions marked with
//! `#[wasm_split(area)]`; the crate `wasm_split_cli_support` finds by the linker's relocations what each of them, and no
//! other, needs. What several areas share and the main module does without lies in parts of its own.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result, anyhow};
use wasm_split_cli_support::{Options, transform};

use super::wasm::{self, Module};
use crate::npm::Packages;
use crate::paths::Paths;
use crate::steps::Step;

/// JavaScript that fetches the parts; the main module imports from it.
const LOADER: &str = "parts.js";

/// A main module and what it loads later.
pub struct Parts {
    /// What runs first.
    pub main: Module,
    /// The rest: names as they stand in the glue, and bytes.
    pub later: Vec<(String, Vec<u8>)>,
}

/// Builds one crate in parts.
pub fn build(paths: &Paths, tools: &Packages, package: &str, step: &Step) -> Result<Parts> {
    let built = wasm::compile(paths, package, &["--emit-relocs"], step)?;
    let work = wasm::work_folder(paths, package)?;
    step.progress(&format!("splitting {package}"));
    let input = fs::read(built)?;
    let main = work.join("main.wasm");
    let loader = format!("./{LOADER}");
    let mut options = Options::new(&input);
    options.output_dir = &work;
    options.main_out_path = &main;
    options.link_name = &loader;
    options.main_module = "./app.js";
    let split = transform(options).map_err(|error| anyhow!("{package} can't be split: {error:#}"))?;
    wasm::bind(&main, &work, true, step)?;

    let mut later = Vec::new();
    for part in split.split_modules {
        let name = part.file_name().context("a part has a name")?;
        let name = name.to_string_lossy().into_owned();
        step.progress(&format!("wasm-opt {name}"));
        later.push((name, wasm::optimise(tools, &part, step)?));
    }
    step.progress("wasm-opt app");
    let main = Module {
        wasm: wasm::optimise(tools, &work.join("app_bg.wasm"), step)?,
        glue: work.join("app.js"),
    };
    Ok(Parts { main, later })
}

/// Tells the glue that a part is called otherwise.
pub fn rename(parts: &Parts, old: &str, new: &str) -> Result<()> {
    let loader = parts.main.glue.parent().unwrap_or(Path::new("")).join(LOADER);
    let script = fs::read_to_string(&loader)?;
    let renamed = script.replace(&format!("./{old}\""), &format!("./{new}\""));
    anyhow::ensure!(renamed != script, "{LOADER} does not load {old}");
    Ok(fs::write(loader, renamed)?)
}
