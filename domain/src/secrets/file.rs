//! The master key of the embedded default: a file in the data folder.

use std::fs::{File, Permissions};
use std::io::{ErrorKind, Write};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use anyhow::{Context, bail};
use secrecy::{ExposeSecret, SecretString};
use tempfile::NamedTempFile;

/// Where it is in the data folder.
pub const KEY_FILE: &str = "secret.key";
/// A shorter key could be guessed.
const MIN_KEY_BYTES: usize = 32;

/// Reads the secret key of the embedded default, making it at the first start.
pub fn load_or_create(path: &Path) -> anyhow::Result<SecretString> {
    let exists = path
        .try_exists()
        .with_context(|| format!("could not look for the secret key {}", path.display()))?;
    if !exists {
        create(path).with_context(|| format!("could not make the secret key {}", path.display()))?;
    }
    load(path)
}

/// The master keys before, newest first, of a data folder whose key was changed.
pub fn load_earlier(path: &Path) -> anyhow::Result<Vec<SecretString>> {
    let path = earlier_path(path);
    let text = match std::fs::read_to_string(&path) {
        Ok(text) => text,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => {
            return Err(error).with_context(|| format!("could not read the earlier keys {}", path.display()));
        }
    };
    Ok(text.lines().map(|line| line.trim().to_owned().into()).collect())
}

/// Changes the key in the data folder for a new one. The old one is kept beside it, and still opens what it sealed.
pub fn rotate(path: &Path) -> anyhow::Result<()> {
    let current = load(path)?;
    let mut earlier = vec![current];
    earlier.extend(load_earlier(path)?);
    let lines: String = earlier
        .iter()
        .map(|key| format!("{}\n", key.expose_secret()))
        .collect();
    // First, so that a crash in between loses nothing.
    let folder = path.parent().context("it has no folder")?;
    written(folder, &lines)?.persist(earlier_path(path))?;
    written(folder, &hex::encode(rand::random::<[u8; 32]>()))?.persist(path)?;
    File::open(folder)?.sync_all()?;
    Ok(())
}

fn earlier_path(path: &Path) -> PathBuf {
    path.with_extension("key.earlier")
}

/// Makes the key unless another process does at the same time.
fn create(path: &Path) -> anyhow::Result<()> {
    let folder = path.parent().context("it has no folder")?;
    let file = written(folder, &hex::encode(rand::random::<[u8; 32]>()))?;
    match file.persist_noclobber(path) {
        Err(failed) if failed.error.kind() == ErrorKind::AlreadyExists => return Ok(()),
        Err(failed) => return Err(failed.error.into()),
        Ok(_) => {}
    }
    // The name must outlive a power cut, too: what is sealed can't be opened without it.
    File::open(folder)?.sync_all()?;
    Ok(())
}

/// A file for us only, with its text, still without its name: a full disk or a kill never leaves a part of it there.
fn written(folder: &Path, text: &str) -> anyhow::Result<NamedTempFile> {
    let mut file = tempfile::Builder::new()
        .prefix("secret.key.")
        .suffix(".new")
        .permissions(Permissions::from_mode(0o600))
        .tempfile_in(folder)?;
    file.write_all(text.as_bytes())?;
    file.as_file().sync_all()?;
    Ok(file)
}

/// Reads the secret key of the embedded default, which must be there.
pub fn load(path: &Path) -> anyhow::Result<SecretString> {
    let text = std::fs::read_to_string(path)
        .with_context(|| format!("could not read the secret key {}", path.display()))?;
    let key = text.trim();
    if key.len() < MIN_KEY_BYTES {
        bail!(
            "the secret key {} is empty or cut off: restore the file from your backup, or remove it and lose what \
             was sealed with it (the keys of providers)",
            path.display()
        );
    }
    Ok(key.to_owned().into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_changed_key_leaves_the_old_ones_beside_it() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("secret.key");
        assert!(rotate(&path).is_err(), "there is nothing to change");
        let expose = |key: &SecretString| key.expose_secret().to_owned();
        let mut keys = vec![expose(&load_or_create(&path).unwrap())];
        assert!(load_earlier(&path).unwrap().is_empty());
        for _ in 0..2 {
            rotate(&path).unwrap();
            let earlier: Vec<String> = load_earlier(&path).unwrap().iter().map(expose).collect();
            assert_eq!(earlier, keys);
            keys.insert(0, expose(&load_or_create(&path).unwrap()));
        }
        keys.dedup();
        assert_eq!(keys.len(), 3);
        for entry in folder.path().read_dir().unwrap() {
            let mode = entry.unwrap().metadata().unwrap().permissions().mode();
            assert_eq!(mode & 0o777, 0o600);
        }
    }

    #[test]
    fn key_is_made_once_and_for_us_only() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("secret.key");
        let made = load_or_create(&path).unwrap();
        assert_eq!(made.expose_secret().len(), 64);
        // As when another process looked before the key was there.
        create(&path).unwrap();
        let loaded = load_or_create(&path).unwrap();
        assert_eq!(loaded.expose_secret(), made.expose_secret());
        assert_eq!(path.metadata().unwrap().permissions().mode() & 0o777, 0o600);
        assert_eq!(folder.path().read_dir().unwrap().count(), 1);
    }

    #[test]
    fn empty_or_cut_off_key_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("secret.key");
        for text in ["", "0123456789abcdef"] {
            std::fs::write(&path, text).unwrap();
            let error = load_or_create(&path).unwrap_err().to_string();
            assert!(error.contains(path.to_str().unwrap()), "{error}");
        }
    }
}
