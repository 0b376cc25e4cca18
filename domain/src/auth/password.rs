//! Password hashing: Argon2id with the crate's defaults (OWASP's first recommendation), off the async threads.

use std::sync::LazyLock;

use anyhow::anyhow;
use argon2::Argon2;
use argon2::password_hash::phc::PasswordHash;
use argon2::{PasswordHasher, PasswordVerifier};
use tokio::sync::Semaphore;

use crate::Result;

/// A valid hash of nothing anybody knows: verified against when there is no such account, so that the time taken does
/// not tell whether there is one.
const NOBODY: &str = "$argon2id$v=19$m=19456,t=2,p=1$c29tZSByYW5kb20gc2FsdA$\
                      RdescudvJCsgt3ub+b7dWQbX3cD0Q0a1WzpC2Qk3Yl8";

/// One permit per core. Each hash keeps a core busy and takes 19 MB: more at once would only cost memory.
static CORES: LazyLock<Semaphore> = LazyLock::new(|| {
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    Semaphore::new(cores)
});

/// Hashes a password with a fresh salt.
pub async fn hash(password: String) -> Result<String> {
    on_a_core(move || {
        Argon2::default()
            .hash_password(password.as_bytes())
            .map(|h| h.to_string())
            .map_err(|e| anyhow!("could not hash a password: {e}"))
    })
    .await
}

/// Whether the password matches; with no hash it takes as long and says no.
pub async fn verify(password: String, hash: Option<String>) -> Result<bool> {
    on_a_core(move || {
        let known = hash.is_some();
        let text = hash.unwrap_or_else(|| NOBODY.to_owned());
        let parsed =
            PasswordHash::new(&text).map_err(|e| anyhow!("a stored password hash is damaged: {e}"))?;
        let matches = Argon2::default()
            .verify_password(password.as_bytes(), &parsed)
            .is_ok();
        Ok(known && matches)
    })
    .await
}

/// Runs the work off the async threads, once a core is free for it.
async fn on_a_core<T: Send + 'static>(
    work: impl FnOnce() -> anyhow::Result<T> + Send + 'static,
) -> Result<T> {
    let permit = CORES.acquire().await.map_err(anyhow::Error::from)?;
    let done = tokio::task::spawn_blocking(move || {
        // Given back by the work: it goes on when nobody waits for it any more.
        let _permit = permit;
        work()
    });
    Ok(done.await.map_err(anyhow::Error::from)??)
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
