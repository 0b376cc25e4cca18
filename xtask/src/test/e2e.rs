//! Tests in a real browser and with real API clients, by Node's own test runner.

use std::fs;
use std::path::PathBuf;
use std::process::Command;

use anyhow::Result;

use super::Outcome;
use crate::npm::Packages;
use crate::paths::Paths;
use crate::python;
use crate::services::Services;
use crate::steps::Step;

/// What the browser tests need beside the server.
pub struct Tools {
    python: PathBuf,
}

/// Installs the npm packages and the Python packages of `xtask/e2e`.
pub fn prepare(paths: &Paths, step: &Step) -> Result<Tools> {
    let folder = paths.root.join("xtask/e2e");
    Packages::install(&folder, step)?;

    let python = python::with_packages(paths, "venv", &folder.join("requirements.txt"), step)?;
    Ok(Tools { python })
}

/// Runs all files `xtask/e2e/*.test.mjs`, their output shown.
pub fn run(paths: &Paths, tools: &Tools, services: &Services) -> Result<Outcome> {
    let folder = paths.root.join("xtask/e2e");
    let output = paths.own("e2e");
    if output.exists() {
        fs::remove_dir_all(&output)?;
    }
    fs::create_dir_all(&output)?;
    let report = output.join("report.tap");
    let mut node = Command::new("node");
    services
        .tell(paths, &mut node)
        .current_dir(&folder)
        .env("BOTWRIGHT_BIN", paths.program("botwright"))
        .env("BOTWRIGHT_E2E_PYTHON", &tools.python)
        .env("BOTWRIGHT_E2E_OUTPUT", &output)
        .args([
            "--test",
            // While one waits for its page, another one is shown its own.
            "--test-concurrency=2",
            "--test-reporter=spec",
            "--test-reporter-destination=stdout",
        ])
        .arg("--test-reporter=tap")
        .arg(format!("--test-reporter-destination={}", report.display()));
    let status = node.args(test_files(&folder)?).status()?;
    let text = fs::read_to_string(&report).unwrap_or_default();
    let count = |name: &str| summary(&text, name).unwrap_or_default();
    let failed = count("fail") + count("cancelled");
    // Whatever else made it fail must not look like success.
    let failed = if status.success() { failed } else { failed.max(1) };
    Ok(Outcome {
        passed: count("pass"),
        failed,
    })
}

fn test_files(folder: &std::path::Path) -> Result<Vec<PathBuf>> {
    let mut files: Vec<PathBuf> = fs::read_dir(folder)?
        .filter_map(|entry| Some(entry.ok()?.path()))
        .filter(|path| path.to_string_lossy().ends_with(".test.mjs"))
        .collect();
    files.sort();
    Ok(files)
}

/// A number in the lines that close a TAP report, such as `# pass 12`.
fn summary(report: &str, name: &str) -> Option<usize> {
    let line = report
        .lines()
        .rev()
        .find_map(|line| line.strip_prefix(&format!("# {name} ")))?;
    line.trim().parse().ok()
}

#[cfg(test)]
mod tests {
    use super::summary;

    #[test]
    fn reads_the_closing_lines() {
        let report = "ok 1 - opens a page # pass by\n1..2\n# tests 3\n# pass 2\n# fail 1\n# cancelled 0\n";
        assert_eq!(summary(report, "pass"), Some(2));
        assert_eq!(summary(report, "fail"), Some(1));
        assert_eq!(summary(report, "cancelled"), Some(0));
        assert_eq!(summary(report, "other"), None);
    }
}
