//! `dashboard/dist`: `index.html` and its script, WASM and style sheet under names with a hash.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result};
use sha2::{Digest, Sha256};

use super::dist::Dist;
use super::{split, wasm};
use crate::npm::Packages;
use crate::paths::Paths;
use crate::steps::Step;
use crate::texts;

/// Builds the dashboard. In `dashboard/index.html` the words `%APP_JS%`, `%APP_WASM%` and `%APP_CSS%` stand for
/// the three file names, `%LANGUAGES%` for the languages. Files in `dashboard/static` are copied as they are.
pub fn build(paths: &Paths, tools: &Packages, step: &Step) -> Result<()> {
    let package = paths.root.join("dashboard");
    let dist = Dist::new(package.join("dist"))?;

    let parts = split::build(paths, tools, "dashboard", step)?;
    for (name, bytes) in &parts.later {
        let stem = name.trim_end_matches(".wasm");
        let hashed = hashed(stem, "wasm", bytes);
        split::rename(&parts, name, &hashed)?;
        dist.write(&hashed, bytes)?;
    }
    let wasm_name = hashed("app", "wasm", &parts.main.wasm);
    dist.write(&wasm_name, &parts.main.wasm)?;

    let script = wasm::bundle(tools, &parts.main, &wasm_name, &[], step)?;
    let script_name = hashed("app", "js", &script);
    dist.write(&script_name, &script)?;

    let style = style_sheet(paths, tools, step)?;
    let style_name = hashed("app", "css", &style);
    dist.write(&style_name, &style)?;

    let template = package.join("index.html");
    let page = fs::read_to_string(&template)
        .with_context(|| format!("can't read {}", template.display()))?
        .replace("%APP_JS%", &script_name)
        .replace("%APP_WASM%", &wasm_name)
        .replace("%APP_CSS%", &style_name)
        .replace("%LANGUAGES%", &languages(paths, &dist)?);
    dist.write("index.html", page.as_bytes())?;
    copy_static(&package.join("static"), &dist)?;

    step.progress("brotli dashboard");
    dist.finish()
}

/// Writes each language's catalogue, and returns what the page's head says of them.
fn languages(paths: &Paths, dist: &Dist) -> Result<String> {
    let mut head = Vec::new();
    for language in texts::languages(paths)? {
        let file = hashed(&language.code, "json", &language.catalogue);
        dist.write(&file, &language.catalogue)?;
        head.push(format!(
            r#"<meta name="language" content="{}" data-name="{}" data-dir="{}" data-loading="{}" data-file="/{file}">"#,
            language.code,
            escaped(&language.name),
            language.direction,
            escaped(&language.loading)
        ));
    }
    Ok(head.join("\n    "))
}

/// A text within the quotes of an attribute.
fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('"', "&quot;")
}

/// Tailwind's style sheet with the classes that the dashboard's Rust files mention.
fn style_sheet(paths: &Paths, tools: &Packages, step: &Step) -> Result<Vec<u8>> {
    let output = paths.own("web").join("dashboard/app.css");
    let input = paths.root.join("dashboard/style/main.css");
    let mut tailwind = tools.tool("tailwindcss");
    // The packages lie outside the folder of the style sheet that imports them.
    tailwind
        .env("NODE_PATH", tools.modules())
        .current_dir(&paths.root);
    step.command(
        tailwind
            .arg("--input")
            .arg(input)
            .arg("--output")
            .arg(&output)
            .arg("--minify"),
    )?;
    Ok(fs::read(&output)?)
}

fn copy_static(folder: &Path, dist: &Dist) -> Result<()> {
    if !folder.exists() {
        return Ok(());
    }
    for file in super::dist::files(folder)? {
        let name = file.strip_prefix(folder)?.to_string_lossy().into_owned();
        if let Some(parent) = dist.path(&name).parent() {
            fs::create_dir_all(parent)?;
        }
        fs::copy(&file, dist.path(&name))?;
    }
    Ok(())
}

fn hashed(stem: &str, extension: &str, bytes: &[u8]) -> String {
    let hash = hex::encode(Sha256::digest(bytes));
    format!("{stem}-{}.{extension}", &hash[..12])
}
