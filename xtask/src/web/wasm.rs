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

/// The glue's own way to load a module knows old browsers and wrong media types; this much of it is enough.
const EXPORTS: &str = "\nexport { __wbg_get_imports as imports, __wbg_finalize_init as begin };\n";

/// A module ready for the browser.
pub struct Module {
    /// The optimised WASM file's bytes.
    pub wasm: Vec<u8>,
    /// JavaScript that it needs: an ES module with what it imports, `imports()`, and the way to start it, `begin(…)`.
    pub glue: PathBuf,
}

/// Builds one crate, binds and optimises it.
pub fn build(paths: &Paths, tools: &Packages, package: &str, step: &Step) -> Result<Module> {
    let built = compile(paths, package, &[], step)?;
    let work = work_folder(paths, package)?;
    bind(&built, &work, false, step)?;
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

/// Writes `app_bg.wasm` and its glue `app.js` into the folder `work`. The parts of a module share its table and its stack,
/// which it then gives away.
pub fn bind(built: &Path, work: &Path, in_parts: bool, step: &Step) -> Result<()> {
    step.progress(&format!("wasm-bindgen {}", built.display()));
    Bindgen::new()
        .input_path(built)
        .out_name("app")
        .web(true)?
        .typescript(false)
        .omit_default_module_path(true)
        .keep_lld_exports(in_parts)
        .remove_name_section(true)
        .remove_producers_section(true)
        .generate(work)
        .with_context(|| format!("wasm-bindgen refused {}", built.display()))?;
    let (bound, glue) = (work.join("app_bg.wasm"), work.join("app.js"));
    let (module, script) = names::shorten(&fs::read(&bound)?, &fs::read_to_string(&glue)?)?;
    fs::write(&bound, module)?;
    fs::write(&glue, script + EXPORTS)?;
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
        .arg("--merge-similar-functions")
        .args(FEATURES)
        .arg("--strip-debug")
        .arg("--strip-producers")
        .arg("--strip-target-features");
    step.command(optimise.arg(bound).arg("-o").arg(&optimised))?;
    Ok(fs::read(&optimised)?)
}

/// Bundles and minifies the glue into one script that starts the app: it loads `wasm_name` from beside itself.
/// When that fails, the element `#boot` says so. `aliases` are files that scripts import by a name.
pub fn bundle(
    tools: &Packages,
    module: &Module,
    wasm_name: &str,
    aliases: &[(&str, &Path)],
    step: &Step,
) -> Result<Vec<u8>> {
    let work = module.glue.parent().context("the glue lies in a folder")?;
    let start = work.join("start.js");
    let script = format!(
        r#"import {{ imports, begin }} from "./app.js";
const load = async () => {{
  const file = fetch(new URL("{wasm_name}", import.meta.url));
  const {{ instance, module }} = await WebAssembly.instantiateStreaming(file, imports());
  begin(instance, module);
}};
load().catch((error) => {{
  console.error(error);
  document.getElementById("boot")?.replaceChildren("This page could not start. Reload it, or update your browser.");
}});
"#
    );
    fs::write(&start, script)?;
    let output = work.join("bundle.js");
    let mut command = esbuild(tools, &start, &output);
    command.args(["--bundle", "--format=esm"]);
    for (name, file) in aliases {
        command.arg(format!("--alias:{name}={}", file.display()));
    }
    step.command(&mut command)?;
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
