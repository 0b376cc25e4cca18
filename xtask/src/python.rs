//! Python packages for tests and benchmarks, below the target folder.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result};

use crate::paths::Paths;
use crate::stamp::Stamp;
use crate::steps::Step;

/// A Python that has the packages listed in the file `requirements`; `name` is its folder's.
pub fn with_packages(paths: &Paths, name: &str, requirements: &Path, step: &Step) -> Result<PathBuf> {
    let venv = paths.own(name);
    let python = venv.join("bin/python");
    let stamp = Stamp::of(venv.join(".stamp"), &[requirements.to_owned()])?;
    if stamp.is_fresh(&python) {
        return Ok(python);
    }
    step.command(Command::new("python3").args(["-m", "venv", "--clear"]).arg(&venv))?;
    let mut install = Command::new(&python);
    install.args([
        "-m",
        "pip",
        "install",
        "--quiet",
        "--disable-pip-version-check",
        "--requirement",
    ]);
    step.command(install.arg(requirements))
        .with_context(|| format!("pip can't install the packages of {}", requirements.display()))?;
    stamp.save()?;
    Ok(python)
}
