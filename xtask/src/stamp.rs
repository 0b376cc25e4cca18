//! Skips work whose inputs have not changed since it was last done.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use sha2::{Digest, Sha256};

/// The hash of a piece of work's inputs, kept in a file once the work is done.
pub struct Stamp {
    file: PathBuf,
    hash: String,
}

impl Stamp {
    /// Hashes the names and contents of all files below `inputs` (files or folders; missing ones count as
    /// empty), without folders called `dist`, `target` or `node_modules`.
    pub fn of(file: PathBuf, inputs: &[PathBuf]) -> Result<Self> {
        let mut hasher = Sha256::new();
        for input in inputs {
            hash_into(&mut hasher, input)?;
        }
        Ok(Self {
            file,
            hash: hex::encode(hasher.finalize()),
        })
    }

    /// Whether the work was done with the same inputs and its `output` is still there.
    pub fn is_fresh(&self, output: &Path) -> bool {
        output.exists() && fs::read_to_string(&self.file).is_ok_and(|hash| hash == self.hash)
    }

    /// Remembers that the work is done.
    pub fn save(&self) -> Result<()> {
        if let Some(folder) = self.file.parent() {
            fs::create_dir_all(folder)?;
        }
        fs::write(&self.file, &self.hash).with_context(|| format!("can't write {}", self.file.display()))
    }
}

fn hash_into(hasher: &mut Sha256, path: &Path) -> Result<()> {
    if path.is_dir() {
        let mut entries = fs::read_dir(path)?
            .map(|entry| Ok(entry?.path()))
            .collect::<Result<Vec<_>>>()?;
        entries.sort();
        for entry in entries {
            let skipped = ["dist", "target", "node_modules"]
                .iter()
                .any(|name| entry.file_name() == Some(name.as_ref()));
            if !skipped {
                hash_into(hasher, &entry)?;
            }
        }
        return Ok(());
    }
    if path.is_file() {
        let bytes = fs::read(path).with_context(|| format!("can't read {}", path.display()))?;
        hasher.update(path.as_os_str().as_encoded_bytes());
        hasher.update(bytes.len().to_le_bytes());
        hasher.update(bytes);
    }
    Ok(())
}
