//! Keys derived from the one secret, and the sealing of provider keys.

use std::io::Write;
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
    if let Ok(text) = std::fs::read_to_string(path) {
        return Ok(text.trim().to_owned().into());
    }
    use std::os::unix::fs::OpenOptionsExt;
    let key = hex::encode(rand::random::<[u8; 32]>());
    let mut file = std::fs::OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(path)
        .with_context(|| format!("could not make the secret key {}", path.display()))?;
    file.write_all(key.as_bytes())?;
    file.sync_all()?;
    Ok(key.into())
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
}
