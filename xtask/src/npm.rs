//! npm packages, installed from a lock file beside it.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result};

use crate::stamp::Stamp;
use crate::steps::Step;

/// Installed packages.
pub struct Packages {
    modules: PathBuf,
}

impl Packages {
    /// Installs what `folder/package-lock.json` names, unless that is already there.
    pub fn install(folder: &Path, step: &Step) -> Result<Self> {
        let modules = folder.join("node_modules");
        let inputs = ["package.json", "package-lock.json"].map(|file| folder.join(file));
        let stamp = Stamp::of(modules.join(".stamp"), &inputs)?;
        if !stamp.is_fresh(&modules) {
            step.command(Command::new("npm").arg("ci").current_dir(folder))
                .with_context(|| {
                    format!(
                        "npm can't install the tools of {}: is the npm registry there?",
                        folder.display()
                    )
                })?;
            stamp.save()?;
        }
        Ok(Self { modules })
    }

    /// The folder `node_modules`, for NODE_PATH.
    pub fn modules(&self) -> &Path {
        &self.modules
    }

    /// A command that runs an installed tool.
    pub fn tool(&self, name: &str) -> Command {
        Command::new(self.modules.join(".bin").join(name))
    }
}
