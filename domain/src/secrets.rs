//! Keys derived from the one secret, and the sealing of provider keys.

use std::fs::{File, Permissions};
use std::io::{ErrorKind, Write};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use aes_gcm::aead::{Aead, KeyInit, Payload};
use aes_gcm::{Aes256Gcm, Nonce};
use anyhow::{Context, anyhow, bail};
use hmac::{Hmac, Mac};
use secrecy::{ExposeSecret, SecretString};
use sha2::Sha256;

/// Version byte of sealed values: which key and layout they were made with.
const KEY_ID: u8 = 1;
const NONCE_BYTES: usize = 12;
/// A shorter key could be guessed.
const MIN_KEY_BYTES: usize = 32;

/// Keys derived from the operator's secret with HMAC-SHA256, one for each purpose.
#[derive(Clone)]
pub struct Secrets {
    seal: Aes256Gcm,
    token_key: [u8; 32],
}

impl std::fmt::Debug for Secrets {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Secrets")
    }
}

impl Secrets {
    /// Derives the keys.
    pub fn new(secret: &SecretString) -> Self {
        let seal_key = derive(secret, b"botwright provider keys v1");
        Self {
            seal: Aes256Gcm::new(&seal_key.into()),
            token_key: derive(secret, b"botwright access tokens v1"),
        }
    }

    /// The key that signs access tokens.
    pub const fn token_key(&self) -> &[u8; 32] {
        &self.token_key
    }

    /// Encrypts `plain` with AES-256-GCM. `bound_to` must be given again to open it, so that a sealed value can't be
    /// moved to another row or host. Layout: key id, nonce, ciphertext with tag.
    pub fn seal(&self, plain: &str, bound_to: &str) -> anyhow::Result<Vec<u8>> {
        let nonce: [u8; NONCE_BYTES] = rand::random();
        let payload = Payload {
            msg: plain.as_bytes(),
            aad: bound_to.as_bytes(),
        };
        let sealed = self
            .seal
            .encrypt(&Nonce::from(nonce), payload)
            .map_err(|_| anyhow!("could not encrypt"))?;
        Ok([&[KEY_ID], nonce.as_slice(), &sealed].concat())
    }

    /// Opens what [`seal`](Self::seal) made.
    pub fn open(&self, sealed: &[u8], bound_to: &str) -> anyhow::Result<SecretString> {
        let Some((&KEY_ID, rest)) = sealed.split_first() else {
            bail!("sealed with an unknown key")
        };
        let Some((nonce, ciphertext)) = rest.split_at_checked(NONCE_BYTES) else {
            bail!("sealed value is too short")
        };
        let nonce: [u8; NONCE_BYTES] = nonce.try_into()?;
        let payload = Payload {
            msg: ciphertext,
            aad: bound_to.as_bytes(),
        };
        let plain = self
            .seal
            .decrypt(&Nonce::from(nonce), payload)
            .map_err(|_| anyhow!("could not decrypt: the secret key has changed, or the value was moved"))?;
        Ok(String::from_utf8(plain)?.into())
    }
}

fn derive(secret: &SecretString, purpose: &[u8]) -> [u8; 32] {
    #[expect(clippy::expect_used, reason = "HMAC takes keys of any length")]
    let mut mac = <Hmac<Sha256> as hmac::KeyInit>::new_from_slice(secret.expose_secret().as_bytes())
        .expect("HMAC takes keys of any length");
    mac.update(purpose);
    mac.finalize().into_bytes().into()
}

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

/// Makes the key unless another process does at the same time.
fn create(path: &Path) -> anyhow::Result<()> {
    let folder = path.parent().context("it has no folder")?;
    // Written beside its place, so that a full disk or a kill never leaves a part of it there.
    let mut file = tempfile::Builder::new()
        .prefix("secret.key.")
        .suffix(".new")
        .permissions(Permissions::from_mode(0o600))
        .tempfile_in(folder)?;
    file.write_all(hex::encode(rand::random::<[u8; 32]>()).as_bytes())?;
    file.as_file().sync_all()?;
    match file.persist_noclobber(path) {
        Err(failed) if failed.error.kind() == ErrorKind::AlreadyExists => return Ok(()),
        Err(failed) => return Err(failed.error.into()),
        Ok(_) => {}
    }
    // The name must outlive a power cut, too: what is sealed can't be opened without it.
    File::open(folder)?.sync_all()?;
    Ok(())
}

fn load(path: &Path) -> anyhow::Result<SecretString> {
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

    fn secrets() -> Secrets {
        Secrets::new(&SecretString::from("0123456789abcdef0123456789abcdef"))
    }

    #[test]
    fn what_is_sealed_opens_again_only_where_it_belongs() {
        let sealed = secrets()
            .seal("sk-test", "provider 1 at api.example.com")
            .unwrap();
        let opened = secrets().open(&sealed, "provider 1 at api.example.com").unwrap();
        assert_eq!(opened.expose_secret(), "sk-test");
        assert!(secrets().open(&sealed, "provider 2 at api.example.com").is_err());
        assert!(!sealed.windows(7).any(|w| w == b"sk-test"));
    }

    #[test]
    fn another_secret_or_a_flipped_bit_opens_nothing() {
        let mut sealed = secrets().seal("sk-test", "x").unwrap();
        let other = Secrets::new(&SecretString::from("another secret of thirty-two byte"));
        assert!(other.open(&sealed, "x").is_err());
        *sealed.last_mut().unwrap() ^= 1;
        assert!(secrets().open(&sealed, "x").is_err());
        assert!(secrets().open(&[], "x").is_err());
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
