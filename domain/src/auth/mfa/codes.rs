//! Codes: how they are made, and taken once.

use anyhow::anyhow;
use base64::Engine;
use base64::engine::general_purpose::STANDARD_NO_PAD;
use chrono::Utc;
use rand::seq::IndexedRandom;
use secrecy::ExposeSecret;
use sha2::{Digest, Sha256};
use sqlx::PgConnection;
use totp_rs::{Builder, Secret, Totp};
use uuid::Uuid;

use super::super::links;
use crate::mail::{self, Template};
use crate::secrets::Secrets;
use crate::{Result, Services};

/// Recovery codes of one person.
const RECOVERY_CODES: usize = 10;
/// Characters that are not taken for one another: about 79 bits in sixteen of them.
const ALPHABET: &[u8; 31] = b"abcdefghjkmnpqrstuvwxyz23456789";

/// A new secret of 160 bits.
pub(super) fn new_secret() -> [u8; 20] {
    rand::random()
}

/// The codes of a secret, for the app of whoever has this address: six digits every 30 seconds, one step to either side.
pub(super) fn totp(secret: &[u8; 20], email: &str) -> Result<Totp> {
    let totp = Builder::new()
        .with_secret(Secret::from(*secret))
        .with_skew(1)
        .with_issuer(Some("Botwright"))
        // A colon would end the issuer's name.
        .with_account_name(email.replace(':', " "))
        .build();
    Ok(totp.map_err(|error| anyhow!("the second factor can't be made: {error}"))?)
}

/// Seals a secret for one person.
pub(super) fn seal(secrets: &Secrets, user_id: Uuid, secret: &[u8; 20]) -> Result<Vec<u8>> {
    Ok(secrets.seal(&STANDARD_NO_PAD.encode(secret), &bound_to(user_id))?)
}

/// Opens what [`seal`] made.
pub(super) fn open(secrets: &Secrets, user_id: Uuid, sealed: &[u8]) -> Result<[u8; 20]> {
    let text = secrets.open(sealed, &bound_to(user_id))?;
    let bytes = STANDARD_NO_PAD
        .decode(text.expose_secret())
        .map_err(anyhow::Error::from)?;
    Ok(bytes
        .try_into()
        .map_err(|_| anyhow!("a second factor's secret has another length"))?)
}

pub(super) fn bound_to(user_id: Uuid) -> String {
    format!("second factor of {user_id}")
}

/// Takes a code of the app or a recovery code, each once. Answers whether it was right.
pub(super) async fn take(
    conn: &mut PgConnection,
    services: &Services,
    user_id: Uuid,
    code: &str,
) -> Result<bool> {
    let code: String = code.chars().filter(|c| !c.is_whitespace()).collect();
    if code.len() == 6 && code.bytes().all(|byte| byte.is_ascii_digit()) {
        take_totp(conn, &services.secrets, user_id, &code).await
    } else {
        take_recovery(conn, services, user_id, &code).await
    }
}

/// Takes a code of the app. Its step must be later than the last one's: codes are seen over shoulders.
pub(super) async fn take_totp(
    conn: &mut PgConnection,
    secrets: &Secrets,
    user_id: Uuid,
    code: &str,
) -> Result<bool> {
    let found = sqlx::query!("select secret from second_factors where user_id = $1", user_id)
        .fetch_optional(&mut *conn)
        .await?;
    let Some(found) = found else { return Ok(false) };
    let totp = totp(&open(secrets, user_id, &found.secret)?, "-")?;
    let now = Utc::now().timestamp().unsigned_abs();
    let Some(step) = totp.check(code, now) else {
        return Ok(false);
    };
    let taken = sqlx::query!(
        "update second_factors set last_step = $2 where user_id = $1 and last_step < $2",
        user_id,
        step.cast_signed()
    )
    .execute(conn)
    .await?;
    Ok(taken.rows_affected() == 1)
}

/// Takes a recovery code, and tells the person.
async fn take_recovery(
    conn: &mut PgConnection,
    services: &Services,
    user_id: Uuid,
    code: &str,
) -> Result<bool> {
    let taken = sqlx::query!(
        "update recovery_codes set used_at = now() where user_id = $1 and code_hash = $2 and used_at is null",
        user_id,
        hash(code)
    )
    .execute(&mut *conn)
    .await?;
    if taken.rows_affected() == 0 {
        return Ok(false);
    }
    let left = left(conn, user_id).await?.to_string();
    let email = sqlx::query_scalar!("select email from users where id = $1", user_id)
        .fetch_one(&mut *conn)
        .await?;
    let link = links::forgot(services);
    let template = Template::RecoveryCodeUsed {
        left: &left,
        link: &link,
    };
    mail::post(conn, Some(user_id), &email, template).await?;
    Ok(true)
}

/// Recovery codes that were not used yet.
pub(super) async fn left(conn: &mut PgConnection, user_id: Uuid) -> Result<u32> {
    let left = sqlx::query_scalar!(
        r#"select count(*) as "left!" from recovery_codes where user_id = $1 and used_at is null"#,
        user_id
    )
    .fetch_one(conn)
    .await?;
    Ok(u32::try_from(left).unwrap_or_default())
}

/// Replaces the recovery codes. Only their hashes are kept.
pub(super) async fn replace(conn: &mut PgConnection, user_id: Uuid) -> Result<Vec<String>> {
    sqlx::query!("delete from recovery_codes where user_id = $1", user_id)
        .execute(&mut *conn)
        .await?;
    let codes: Vec<String> = (0..RECOVERY_CODES).map(|_| recovery_code()).collect();
    let hashes: Vec<Vec<u8>> = codes.iter().map(|code| hash(code)).collect();
    sqlx::query!(
        "insert into recovery_codes (user_id, code_hash) select $1, unnest($2::bytea[])",
        user_id,
        &hashes
    )
    .execute(conn)
    .await?;
    Ok(codes)
}

/// Such as `k7mq-3xwz-p9rt-hv2d`.
fn recovery_code() -> String {
    let mut rng = rand::rng();
    let groups: Vec<String> = (0..4)
        .map(|_| {
            let letters = (0..4).filter_map(|_| ALPHABET.choose(&mut rng));
            letters.map(|byte| char::from(*byte)).collect()
        })
        .collect();
    groups.join("-")
}

/// Hyphens and capitals don't matter.
fn hash(code: &str) -> Vec<u8> {
    let code: String = code.chars().filter(char::is_ascii_alphanumeric).collect();
    Sha256::digest(code.to_ascii_lowercase().as_bytes()).to_vec()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_those_of_the_standard_and_good_for_one_step_to_either_side() {
        // RFC 6238, appendix B, cut to six digits.
        let totp = totp(b"12345678901234567890", "ada@example.com").unwrap();
        for (time, code) in [
            (59, "287082"),
            (1_111_111_109, "081804"),
            (20_000_000_000, "353130"),
        ] {
            let step = time / 30;
            assert_eq!(totp.check(code, time), Some(step), "{time}");
            assert_eq!(totp.check(code, time + 30), Some(step), "{time}");
            assert_eq!(totp.check(code, time - 30), Some(step), "{time}");
            assert_eq!(totp.check(code, time + 60), None, "{time}");
        }
        let url = totp.to_url().unwrap();
        assert!(
            url.starts_with(
                "otpauth://totp/Botwright:ada%40example.com?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"
            ),
            "{url}"
        );
    }

    #[test]
    fn recovery_codes_are_compared_without_hyphens_and_capitals() {
        let code = recovery_code();
        assert_eq!(code.len(), 19);
        assert_eq!(hash(&code), hash(&code.replace('-', " ").to_uppercase()));
        assert_ne!(hash(&code), hash(&recovery_code()));
    }

    #[test]
    fn a_secret_opens_for_its_owner_only() {
        let secrets = Secrets::new(&"0123456789abcdef0123456789abcdef".to_owned().into(), &[]);
        let (ada, eve, secret) = (Uuid::now_v7(), Uuid::now_v7(), new_secret());
        let sealed = seal(&secrets, ada, &secret).unwrap();
        assert_eq!(open(&secrets, ada, &sealed).unwrap(), secret);
        assert!(open(&secrets, eve, &sealed).is_err());
    }
}
