//! From a crate to a small WASM file and its JavaScript.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result};
use wasm_bindgen_cli_support::Bindgen;

use super::names;
use crate::cargo::cargo;
use crate::npm::Packages;
use crate::paths::Paths;
use crate::steps::Step;

const TARGET: &str = "wasm32-unknown-unknown";

/// What rustc emits today and every supported browser runs. With all of wasm-opt's features, browsers refuse
/// the module.
const FEATURES: [&str; 6] = [
    "--enable-bulk-memory",
    "--enable-nontrapping-float-to-int",
    "--enable-sign-ext",
    "--enable-mutable-globals",
    "--enable-reference-types",
    "--enable-multivalue",
];

/// A module ready for the browser.
pub struct Module {
    /// The optimised WASM file's bytes.
    pub wasm: Vec<u8>,
    /// JavaScript that loads it: an ES module whose default export is `init({ module_or_path })`.
    pub glue: PathBuf,
}

/// Builds one crate, binds and optimises it.
pub fn build(paths: &Paths, tools: &Packages, package: &str, step: &Step) -> Result<Module> {
    let built = compile(paths, package, &[], step)?;
    let work = work_folder(paths, package)?;
    bind(&built, &work, step)?;
    Ok(Module {
        wasm: optimise(tools, &work.join("app_bg.wasm"), step)?,
        glue: work.join("app.js"),
    })
}

/// Builds one crate on its own (so that no other crate's features leak into it). Answers where its module lies.
pub fn compile(paths: &Paths, package: &str, linker: &[&str], step: &Step) -> Result<PathBuf> {
    let mut cargo = cargo(paths);
    cargo.args([
        "rustc",
        "--profile",
        "web",
        "--target",
        TARGET,
        "--package",
        package,
    ]);
    cargo.arg("--");
    for argument in linker {
        cargo.arg(format!("-Clink-arg={argument}"));
    }
    step.command(&mut cargo)?;
    Ok(paths
        .target
        .join(TARGET)
        .join("web")
        .join(format!("{package}.wasm")))
}

/// An empty folder for what lies between the compiler and `dist`.
pub fn work_folder(paths: &Paths, package: &str) -> Result<PathBuf> {
    let work = paths.own("web").join(package);
    if work.exists() {
        fs::remove_dir_all(&work)?;
    }
    fs::create_dir_all(&work)?;
    Ok(work)
}

/// Writes `app_bg.wasm` and its glue `app.js` into the folder `work`.
pub fn bind(built: &Path, work: &Path, step: &Step) -> Result<()> {
    step.progress(&format!("wasm-bindgen {}", built.display()));
    Bindgen::new()
        .input_path(built)
        .out_name("app")
        .web(true)?
        .typescript(false)
        .omit_default_module_path(true)
        // The parts of a module that is split share its table and its stack.
        .keep_lld_exports(true)
        .remove_name_section(true)
        .remove_producers_section(true)
        .generate(work)
        .with_context(|| format!("wasm-bindgen refused {}", built.display()))?;
    let (bound, glue) = (work.join("app_bg.wasm"), work.join("app.js"));
    let (mut module, mut script) = (fs::read(&bound)?, fs::read(&glue)?);
    names::number_hashes(&mut module, &mut script);
    fs::write(&bound, module)?;
    fs::write(&glue, script)?;
    Ok(())
}

/// A module as small as it gets.
pub fn optimise(tools: &Packages, bound: &Path, step: &Step) -> Result<Vec<u8>> {
    let optimised = bound.with_extension("small.wasm");
    let mut optimise = tools.tool("wasm-opt");
    optimise
        .arg("-Oz")
        // Rust keeps nothing at the very beginning of its memory: offsets can be folded into addresses.
        .arg("--low-memory-unused")
        .args(FEATURES)
        .arg("--strip-debug")
        .arg("--strip-producers")
        .arg("--strip-target-features");
    step.command(optimise.arg(bound).arg("-o").arg(&optimised))?;
    Ok(fs::read(&optimised)?)
}

/// Bundles and minifies the glue into one script that starts the app: it loads `wasm_name` from beside itself.
/// When that fails, the element `#boot` says so.
pub fn bundle(tools: &Packages, module: &Module, wasm_name: &str, step: &Step) -> Result<Vec<u8>> {
    let work = module.glue.parent().context("the glue lies in a folder")?;
    let start = work.join("start.js");
    let script = format!(
        r#"import init from "./app.js";
init({{ module_or_path: new URL("{wasm_name}", import.meta.url) }}).catch((error) => {{
  console.error(error);
  document.getElementById("boot")?.replaceChildren("This page could not start. Reload it, or update your browser.");
}});
"#
    );
    fs::write(&start, script)?;
    let output = work.join("bundle.js");
    step.command(esbuild(tools, &start, &output).args(["--bundle", "--format=esm"]))?;
    Ok(fs::read(&output)?)
}

/// Minifies one script or style sheet.
pub fn minify(tools: &Packages, input: &Path, output: &Path, step: &Step) -> Result<()> {
    step.command(&mut esbuild(tools, input, output))
}

fn esbuild(tools: &Packages, input: &Path, output: &Path) -> Command {
    let mut command = tools.tool("esbuild");
    command.args([
        "--minify",
        "--target=es2022,chrome100,firefox100,safari15.4",
        "--log-level=warning",
    ]);
    command.arg(format!("--outfile={}", output.display())).arg(input);
    command
}
