//! Password hashing: Argon2id with the crate's defaults (OWASP's first recommendation), off the async threads.

use anyhow::anyhow;
use argon2::Argon2;
use argon2::password_hash::phc::PasswordHash;
use argon2::{PasswordHasher, PasswordVerifier};

use crate::Result;

/// A valid hash of nothing anybody knows: verified against when there is no such account, so that the time taken does
/// not tell whether there is one.
const NOBODY: &str = "$argon2id$v=19$m=19456,t=2,p=1$c29tZSByYW5kb20gc2FsdA$\
                      RdescudvJCsgt3ub+b7dWQbX3cD0Q0a1WzpC2Qk3Yl8";

/// Hashes a password with a fresh salt.
pub async fn hash(password: String) -> Result<String> {
    let hashed = tokio::task::spawn_blocking(move || {
        Argon2::default()
            .hash_password(password.as_bytes())
            .map(|h| h.to_string())
    });
    Ok(hashed
        .await
        .map_err(anyhow::Error::from)?
        .map_err(|e| anyhow!("could not hash a password: {e}"))?)
}

/// Whether the password matches; with no hash it takes as long and says no.
pub async fn verify(password: String, hash: Option<String>) -> Result<bool> {
    let verified = tokio::task::spawn_blocking(move || {
        let known = hash.is_some();
        let text = hash.unwrap_or_else(|| NOBODY.to_owned());
        let parsed =
            PasswordHash::new(&text).map_err(|e| anyhow!("a stored password hash is damaged: {e}"))?;
        let matches = Argon2::default()
            .verify_password(password.as_bytes(), &parsed)
            .is_ok();
        Ok::<_, anyhow::Error>(known && matches)
    });
    Ok(verified.await.map_err(anyhow::Error::from)??)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn only_the_right_password_matches() {
        let hash = hash("correct horse battery".into()).await.unwrap();
        assert!(hash.starts_with("$argon2id$"));
        assert!(
            verify("correct horse battery".into(), Some(hash.clone()))
                .await
                .unwrap()
        );
        assert!(!verify("wrong horse battery".into(), Some(hash)).await.unwrap());
        assert!(!verify("anything".into(), None).await.unwrap());
    }
}
