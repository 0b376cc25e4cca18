//! Keys derived from the operator's master key, and the sealing of what must not lie in the database in the clear.
//!
//! A master key can be changed: with the new one as the key and the old one among the earlier ones, everything opens,
//! and [`crate::master_key`] seals it anew in the background.

mod file;

pub use file::{KEY_FILE, load, load_earlier, load_or_create, rotate};

use aes_gcm::aead::{Aead, KeyInit, Payload};
use aes_gcm::{Aes256Gcm, Nonce};
use anyhow::{anyhow, bail};
use hmac::{Hmac, Mac};
use secrecy::{ExposeSecret, SecretString};
use sha2::Sha256;

/// First byte of what was sealed before keys had ids: nonce and ciphertext follow.
const WITHOUT_ID: u8 = 1;
/// First byte of a sealed value: the key's id, nonce and ciphertext follow.
const WITH_ID: u8 = 2;
const NONCE_BYTES: usize = 12;

/// Tells master keys apart, and says nothing about them: the first bytes of another derived key.
pub type KeyId = [u8; 4];

/// Keys derived with HMAC-SHA256, one for each purpose.
#[derive(Clone)]
struct Derived {
    id: KeyId,
    seal: Aes256Gcm,
    token_key: [u8; 32],
}

/// What is derived from the master key, and from those before it.
#[derive(Clone)]
pub struct Secrets {
    current: Derived,
    earlier: Vec<Derived>,
}

impl std::fmt::Debug for Secrets {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Secrets")
    }
}

impl Derived {
    fn new(secret: &SecretString) -> Self {
        let [a, b, c, d, ..] = derive(secret, b"botwright key id v1");
        Self {
            id: [a, b, c, d],
            seal: Aes256Gcm::new(&derive(secret, b"botwright provider keys v1").into()),
            token_key: derive(secret, b"botwright access tokens v1"),
        }
    }

    fn open(&self, nonce_and_ciphertext: &[u8], bound_to: &str) -> anyhow::Result<SecretString> {
        let Some((nonce, ciphertext)) = nonce_and_ciphertext.split_at_checked(NONCE_BYTES) else {
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

impl Secrets {
    /// Derives the keys of the master key and of those before it.
    pub fn new(secret: &SecretString, earlier: &[SecretString]) -> Self {
        Self {
            current: Derived::new(secret),
            earlier: earlier.iter().map(Derived::new).collect(),
        }
    }

    /// The id of the master key.
    pub const fn key_id(&self) -> KeyId {
        self.current.id
    }

    /// Whether a master key of this id is among those before.
    pub fn is_earlier(&self, id: &[u8]) -> bool {
        self.earlier.iter().any(|key| key.id == id)
    }

    /// Whether there are master keys before this one.
    pub fn has_earlier(&self) -> bool {
        !self.earlier.is_empty()
    }

    /// The key that signs access tokens.
    pub const fn token_key(&self) -> &[u8; 32] {
        &self.current.token_key
    }

    /// The keys whose access tokens are taken, the one that signs first.
    pub fn token_keys(&self) -> impl Iterator<Item = &[u8; 32]> {
        std::iter::once(&self.current)
            .chain(&self.earlier)
            .map(|key| &key.token_key)
    }

    /// Encrypts `plain` with AES-256-GCM. `bound_to` must be given again to open it, so that a sealed value can't be
    /// moved to another row or host. Layout: a byte for the layout, key id, nonce, ciphertext with tag.
    pub fn seal(&self, plain: &str, bound_to: &str) -> anyhow::Result<Vec<u8>> {
        let nonce: [u8; NONCE_BYTES] = rand::random();
        let payload = Payload {
            msg: plain.as_bytes(),
            aad: bound_to.as_bytes(),
        };
        let sealed = self
            .current
            .seal
            .encrypt(&Nonce::from(nonce), payload)
            .map_err(|_| anyhow!("could not encrypt"))?;
        Ok([&[WITH_ID], self.current.id.as_slice(), &nonce, &sealed].concat())
    }

    /// Opens what [`seal`](Self::seal) made, with this or an earlier master key.
    pub fn open(&self, sealed: &[u8], bound_to: &str) -> anyhow::Result<SecretString> {
        let keys = || std::iter::once(&self.current).chain(&self.earlier);
        match sealed.split_first() {
            Some((&WITH_ID, rest)) => {
                let (id, rest) = rest.split_at_checked(4).unwrap_or_default();
                let key = keys().find(|key| key.id == id);
                let unknown = || {
                    anyhow!(
                        "sealed with the key {}, which is not in the settings",
                        hex::encode(id)
                    )
                };
                key.ok_or_else(unknown)?.open(rest, bound_to)
            }
            Some((&WITHOUT_ID, rest)) => {
                let opened = keys().find_map(|key| key.open(rest, bound_to).ok());
                opened.ok_or_else(|| anyhow!("sealed with a key that is not in the settings, or moved"))
            }
            _ => bail!("sealed in an unknown way"),
        }
    }

    /// The same sealed with the master key of now; `None` if it is already.
    pub fn reseal(&self, sealed: &[u8], bound_to: &str) -> anyhow::Result<Option<Vec<u8>>> {
        let is_current = sealed.first() == Some(&WITH_ID) && sealed.get(1..5) == Some(&self.current.id);
        if is_current {
            return Ok(None);
        }
        let plain = self.open(sealed, bound_to)?;
        self.seal(plain.expose_secret(), bound_to).map(Some)
    }
}

fn derive(secret: &SecretString, purpose: &[u8]) -> [u8; 32] {
    #[expect(clippy::expect_used, reason = "HMAC takes keys of any length")]
    let mut mac = <Hmac<Sha256> as hmac::KeyInit>::new_from_slice(secret.expose_secret().as_bytes())
        .expect("HMAC takes keys of any length");
    mac.update(purpose);
    mac.finalize().into_bytes().into()
}

#[cfg(test)]
mod tests {
    use super::*;

    const OURS: &str = "0123456789abcdef0123456789abcdef";
    const NEXT: &str = "fedcba9876543210fedcba9876543210";

    fn secrets(current: &str, earlier: &[&str]) -> Secrets {
        let earlier: Vec<SecretString> = earlier.iter().map(|&key| key.into()).collect();
        Secrets::new(&current.into(), &earlier)
    }

    #[test]
    fn what_is_sealed_opens_again_only_where_it_belongs() {
        let ours = secrets(OURS, &[]);
        let sealed = ours.seal("sk-test", "provider 1 at api.example.com").unwrap();
        let opened = ours.open(&sealed, "provider 1 at api.example.com").unwrap();
        assert_eq!(opened.expose_secret(), "sk-test");
        assert!(ours.open(&sealed, "provider 2 at api.example.com").is_err());
        assert!(!sealed.windows(7).any(|w| w == b"sk-test"));
    }

    #[test]
    fn another_secret_or_a_flipped_bit_opens_nothing() {
        let ours = secrets(OURS, &[]);
        let sealed = ours.seal("sk-test", "x").unwrap();
        assert!(secrets(NEXT, &[]).open(&sealed, "x").is_err());
        for at in 0..sealed.len() {
            let mut flipped = sealed.clone();
            flipped[at] ^= 1;
            assert!(ours.open(&flipped, "x").is_err(), "{at}");
            assert!(ours.open(&sealed[..at], "x").is_err(), "{at}");
        }
    }

    #[test]
    fn after_a_change_the_old_opens_and_is_sealed_anew() {
        let old = secrets(OURS, &[]).seal("sk-test", "x").unwrap();
        let changed = secrets(NEXT, &[OURS]);
        assert_eq!(changed.open(&old, "x").unwrap().expose_secret(), "sk-test");
        assert!(changed.reseal(&old, "y").is_err());
        let new = changed.reseal(&old, "x").unwrap().unwrap();
        assert_eq!(changed.reseal(&new, "x").unwrap(), None);
        let later = secrets(NEXT, &[]);
        assert_eq!(later.open(&new, "x").unwrap().expose_secret(), "sk-test");
        assert!(later.open(&old, "x").is_err());
    }

    #[test]
    fn what_was_sealed_before_keys_had_ids_opens() {
        let ours = secrets(OURS, &[]);
        let sealed = ours.seal("sk-test", "x").unwrap();
        let old = [&[WITHOUT_ID], &sealed[5..]].concat();
        for keys in [secrets(OURS, &[]), secrets(NEXT, &[OURS])] {
            assert_eq!(keys.open(&old, "x").unwrap().expose_secret(), "sk-test");
            assert!(keys.reseal(&old, "x").unwrap().is_some());
        }
        assert!(secrets(NEXT, &[]).open(&old, "x").is_err());
    }
}
