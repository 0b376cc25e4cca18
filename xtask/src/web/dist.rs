//! A `dist` folder: filled beside the old one, compressed, then put in its place.

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

/// A `dist` folder being filled.
pub struct Dist {
    place: PathBuf,
    new: PathBuf,
}

impl Dist {
    /// Starts an empty one that will lie at `place`.
    pub fn new(place: PathBuf) -> Result<Self> {
        let new = place.with_extension("new");
        if new.exists() {
            fs::remove_dir_all(&new)?;
        }
        fs::create_dir_all(&new)?;
        Ok(Self { place, new })
    }

    /// Where a file goes until the folder is complete.
    pub fn path(&self, name: &str) -> PathBuf {
        self.new.join(name)
    }

    /// Writes a file.
    pub fn write(&self, name: &str, bytes: &[u8]) -> Result<()> {
        fs::write(self.path(name), bytes).with_context(|| format!("can't write {name}"))
    }

    /// Puts a brotli file beside each file and swaps the folder in.
    pub fn finish(self) -> Result<()> {
        for file in files(&self.new)? {
            let bytes = fs::read(&file)?;
            let mut name = file.into_os_string();
            name.push(".br");
            fs::write(name, brotli(&bytes)?)?;
        }
        if self.place.exists() {
            fs::remove_dir_all(&self.place)?;
        }
        fs::rename(&self.new, &self.place)
            .with_context(|| format!("can't put {} in place", self.place.display()))
    }
}

/// All files below a folder, sorted.
pub fn files(folder: &Path) -> Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).with_context(|| format!("can't read {}", folder.display()))? {
        let path = entry?.path();
        if path.is_dir() {
            found.extend(files(&path)?);
        } else {
            found.push(path);
        }
    }
    found.sort();
    Ok(found)
}

fn brotli(bytes: &[u8]) -> Result<Vec<u8>> {
    let mut writer = brotli::CompressorWriter::new(Vec::new(), 4096, 11, 22);
    writer.write_all(bytes)?;
    Ok(writer.into_inner())
}
