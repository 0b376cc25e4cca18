//! The uploaded files of one moment.

use std::fs::{self, DirBuilder, File, TryLockError};
use std::io::ErrorKind;
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};

/// A second name for each file, in a folder beside them: a file is written once and never changed, so what the name leads to
/// stays as it is when the file is deleted or another is put into its place. Gone when this is dropped.
pub(super) struct Links {
    files: PathBuf,
    folder: PathBuf,
    /// Held so that no two back-ups are in each other's way.
    _lock: File,
}

impl Links {
    /// Makes the folder. What a killed back-up left there is removed.
    pub(super) fn begin(data_dir: &Path, files: PathBuf) -> Result<Self> {
        let folder = data_dir.join("backup");
        let path = data_dir.join("backup.lock");
        let lock = File::options()
            .write(true)
            .create(true)
            .truncate(false)
            .open(&path);
        let lock = lock.with_context(|| format!("can't write {}", path.display()))?;
        match lock.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => bail!("another back-up is being written"),
            Err(TryLockError::Error(error)) => {
                return Err(error).with_context(|| format!("can't lock {}", path.display()));
            }
        }
        if folder.exists() {
            fs::remove_dir_all(&folder)?;
        }
        DirBuilder::new()
            .mode(0o700)
            .create(&folder)
            .with_context(|| format!("can't make {}", folder.display()))?;
        Ok(Self {
            files,
            folder,
            _lock: lock,
        })
    }

    /// Links what is not linked yet; answers how many files there are in all.
    pub(super) fn add(&mut self) -> Result<usize> {
        for name in names(&self.files)? {
            let (from, to) = (self.files.join(&name), self.folder.join(&name));
            if to.exists() {
                continue;
            }
            if let Some(parent) = to.parent() {
                fs::create_dir_all(parent)?;
            }
            match fs::hard_link(&from, &to) {
                Ok(()) => {}
                // It was deleted a moment ago.
                Err(error) if error.kind() == ErrorKind::NotFound => {}
                // A file system without links.
                Err(_) => {
                    fs::copy(&from, &to).with_context(|| format!("can't copy the file {name}"))?;
                }
            }
        }
        Ok(names(&self.folder)?.len())
    }

    /// Every file: its key in the storage, and where it is.
    pub(super) fn all(&self) -> Result<Vec<(String, PathBuf)>> {
        let names = names(&self.folder)?;
        Ok(names
            .into_iter()
            .map(|name| {
                let path = self.folder.join(&name);
                (name, path)
            })
            .collect())
    }
}

impl Drop for Links {
    fn drop(&mut self) {
        if let Err(error) = fs::remove_dir_all(&self.folder) {
            tracing::warn!(%error, folder = %self.folder.display(), "could not remove the links of the back-up");
        }
    }
}

/// The files below a folder, by their names in it. None when there is no folder.
pub(super) fn names(folder: &Path) -> Result<Vec<String>> {
    let mut names = Vec::new();
    walk(folder, "", &mut names).with_context(|| format!("can't read the folder {}", folder.display()))?;
    Ok(names)
}

fn walk(folder: &Path, prefix: &str, names: &mut Vec<String>) -> std::io::Result<()> {
    let entries = match fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(error),
    };
    for entry in entries {
        let entry = entry?;
        let name = format!("{prefix}{}", entry.file_name().to_string_lossy());
        let kind = entry.file_type()?;
        if kind.is_dir() {
            walk(&entry.path(), &format!("{name}/"), names)?;
        } else if kind.is_file() && !name.contains('#') {
            // Those with the mark are being written, and get their name when they are whole.
            names.push(name);
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_deleted_or_replaced_later_stays() {
        let data = tempfile::tempdir().unwrap();
        let files = data.path().join("files");
        fs::create_dir_all(files.join("documents/a")).unwrap();
        let write = |name: &str, text: &str| {
            let new = data.path().join("new");
            fs::write(&new, text).unwrap();
            fs::rename(new, files.join(name)).unwrap();
        };
        write("documents/a/1", "one");
        write("documents/a/2", "two");
        write("documents/a/3#4", "half");
        let mut links = Links::begin(data.path(), files.clone()).unwrap();
        assert_eq!(links.add().unwrap(), 2);
        assert!(Links::begin(data.path(), files.clone()).is_err(), "one at a time");

        fs::remove_file(files.join("documents/a/1")).unwrap();
        write("documents/a/2", "another");
        write("documents/a/5", "five");
        assert_eq!(links.add().unwrap(), 3);
        let mut all: Vec<(String, String)> = links
            .all()
            .unwrap()
            .into_iter()
            .map(|(name, path)| (name, fs::read_to_string(path).unwrap()))
            .collect();
        all.sort();
        let expected = [("1", "one"), ("2", "two"), ("5", "five")];
        assert_eq!(
            all,
            expected.map(|(name, text)| (format!("documents/a/{name}"), text.to_owned()))
        );

        drop(links);
        assert!(!data.path().join("backup").exists());
    }
}
