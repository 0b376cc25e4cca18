//! A copy of the work tree that is changed and built. Files that stay as they were keep their time, so that Cargo builds
//! only what is new.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, ensure};

/// Where files wait until all changes to them are made.
const NEXT: &str = "next";

/// Copies what Git knows, and what is new, to be changed.
pub fn make(root: &Path, copy: &Path) -> Result<()> {
    let next = next_to(copy);
    if next.exists() {
        fs::remove_dir_all(&next)?;
    }
    for file in files(root)? {
        let source = root.join(&file);
        // Deleted, but not committed yet.
        if !source.is_file() {
            continue;
        }
        let target = next.join(&file);
        fs::create_dir_all(target.parent().context("a file lies in a folder")?)?;
        fs::copy(&source, &target).with_context(|| format!("can't copy {}", source.display()))?;
    }
    Ok(())
}

/// A file, to be changed.
pub fn read(copy: &Path, file: &str) -> Result<String> {
    fs::read_to_string(next_to(copy).join(file)).with_context(|| format!("there is no {file}"))
}

/// Changes a file.
pub fn write(copy: &Path, file: &str, text: &str) -> Result<()> {
    Ok(fs::write(next_to(copy).join(file), text)?)
}

/// Makes the copy what was prepared.
pub fn finish(copy: &Path) -> Result<()> {
    let next = next_to(copy);
    let wanted: BTreeSet<PathBuf> = walk(&next, &next)?.into_iter().collect();
    if copy.exists() {
        for stale in walk(copy, copy)?.iter().filter(|file| !wanted.contains(*file)) {
            fs::remove_file(copy.join(stale))?;
        }
    }
    for file in wanted {
        let (from, to) = (next.join(&file), copy.join(&file));
        let bytes = fs::read(&from)?;
        if fs::read(&to).is_ok_and(|old| old == bytes) {
            continue;
        }
        fs::create_dir_all(to.parent().context("a file lies in a folder")?)?;
        fs::write(&to, bytes)?;
    }
    Ok(fs::remove_dir_all(next)?)
}

fn next_to(copy: &Path) -> PathBuf {
    copy.with_extension(NEXT)
}

fn files(root: &Path) -> Result<Vec<PathBuf>> {
    let output = Command::new("git")
        .args(["ls-files", "-z", "--cached", "--others", "--exclude-standard"])
        .current_dir(root)
        .output()?;
    ensure!(
        output.status.success(),
        "git ls-files failed; mutants are made in a clone"
    );
    let names = String::from_utf8(output.stdout)?;
    Ok(names.split_terminator('\0').map(PathBuf::from).collect())
}

/// The files below a folder, relative to `base`.
fn walk(folder: &Path, base: &Path) -> Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            files.extend(walk(&path, base)?);
        } else {
            files.push(path.strip_prefix(base)?.to_owned());
        }
    }
    Ok(files)
}
