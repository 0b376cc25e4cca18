//! Passwords: which are taken, and how they are kept: Argon2id with the crate's defaults (OWASP's first recommendation),
//! off the async threads.

use std::sync::LazyLock;

use anyhow::anyhow;
use api_types::FieldError;
use api_types::validate::{self, Checker};
use argon2::Argon2;
use argon2::password_hash::phc::PasswordHash;
use argon2::{PasswordHasher, PasswordVerifier};
use tokio::sync::Semaphore;
use zxcvbn::feedback::Warning;
use zxcvbn::{Score, zxcvbn};

use crate::{Error, Result};

/// A valid hash of nothing anybody knows: verified against when there is no such account, so that the time taken does
/// not tell whether there is one.
const NOBODY: &str = "$argon2id$v=19$m=19456,t=2,p=1$c29tZSByYW5kb20gc2FsdA$\
                      RdescudvJCsgt3ub+b7dWQbX3cD0Q0a1WzpC2Qk3Yl8";

/// One permit per core. Each hash keeps a core busy and takes 19 MB: more at once would only cost memory.
static CORES: LazyLock<Semaphore> = LazyLock::new(|| {
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    Semaphore::new(cores)
});

/// Refuses a new password that is short, easily guessed, or made of the person's own address or name.
pub async fn check(password: &str, own: &[&str]) -> Result<()> {
    let mut check = Checker::default();
    validate::password(&mut check, password, own);
    check.finish().map_err(Error::validation)?;
    let (password, own) = (password.to_owned(), own.join(" "));
    let weakness = on_a_core(move || {
        let own: Vec<&str> = own.split(|c: char| !c.is_alphanumeric()).collect();
        Ok(weakness(&password, &own))
    });
    match weakness.await? {
        None => Ok(()),
        Some(message) => Err(Error::validation(vec![FieldError::new("password", message)])),
    }
}

/// What makes a password one of the first hundred million that an attacker tries, and what to do.
fn weakness(password: &str, own: &[&str]) -> Option<String> {
    let estimate = zxcvbn(password, own);
    if estimate.score() >= Score::Three {
        return None;
    }
    let why = match estimate.feedback().and_then(zxcvbn::feedback::Feedback::warning) {
        Some(
            Warning::ThisIsATop10Password
            | Warning::ThisIsATop100Password
            | Warning::ThisIsACommonPassword
            | Warning::ThisIsSimilarToACommonlyUsedPassword,
        ) => "It is, or is much like, a password that many people use.",
        Some(Warning::StraightRowsOfKeysAreEasyToGuess | Warning::ShortKeyboardPatternsAreEasyToGuess) => {
            "Rows and patterns of keys are guessed quickly."
        }
        Some(
            Warning::RepeatsLikeAaaAreEasyToGuess
            | Warning::RepeatsLikeAbcAbcAreOnlySlightlyHarderToGuess
            | Warning::SequencesLikeAbcAreEasyToGuess,
        ) => "Repeats and sequences are guessed quickly.",
        Some(Warning::RecentYearsAreEasyToGuess | Warning::DatesAreOftenEasyToGuess) => {
            "Years and dates are guessed quickly."
        }
        _ => "It is guessed quickly.",
    };
    Some(format!(
        "{why} Use four or more words that don't belong together."
    ))
}

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

    #[test]
    fn what_is_guessed_first_is_refused() {
        for password in [
            "password123",
            "qwertyuiop",
            "1234567890",
            "aaaaaaaaaaaa",
            "iloveyou2024",
            "letmein12345",
            "P@ssw0rd123!",
        ] {
            assert!(weakness(password, &[]).is_some(), "{password}");
        }
        for password in ["correct horse battery", "tuba-Lemon-gravel-9", "fX8#kq2!mZ0p"] {
            assert_eq!(weakness(password, &[]), None, "{password}");
        }
    }

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
