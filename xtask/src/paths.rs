//! Where things lie in the workspace.

use std::env;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

/// The folders that tasks work in.
#[derive(Debug, Clone)]
pub struct Paths {
    /// The workspace root.
    pub root: PathBuf,
    /// Cargo's target folder.
    pub target: PathBuf,
}

impl Paths {
    /// Finds the workspace from what Cargo tells this program at run time.
    pub fn find() -> Result<Self> {
        let manifest = env::var_os("CARGO_MANIFEST_DIR")
            .context("start this through Cargo: `cargo xtask …` somewhere in the workspace")?;
        let root = Path::new(&manifest)
            .parent()
            .context("xtask lies in the workspace root")?
            .to_owned();
        let target =
            env::var_os("CARGO_TARGET_DIR").map_or_else(|| root.join("target"), |folder| root.join(folder));
        Ok(Self { root, target })
    }

    /// Our own part of the target folder: logs, stamps, tools.
    pub fn own(&self, name: &str) -> PathBuf {
        self.target.join("xtask").join(name)
    }

    /// A program built by Cargo's dev profile.
    pub fn program(&self, name: &str) -> PathBuf {
        self.target.join("debug").join(name)
    }

    /// The data folder of `cargo xtask run`, unless another one is asked for.
    pub fn data_dir(&self) -> PathBuf {
        self.root.join(".botwright")
    }

    /// Where the models lie that tests and benchmarks use.
    pub fn models(&self) -> PathBuf {
        self.data_dir().join("models")
    }
}
