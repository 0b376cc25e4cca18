//! Turning the second factor on and off.

use api_types::auth::{EnableMfaRequest, MfaSetup, MfaStatus, PasswordRequest, RecoveryCodes};
use api_types::{ErrorCode, FieldError};
use qrcode::{Color, EcLevel, QrCode};
use uuid::Uuid;

use super::super::attempts::{self, Kind};
use super::super::{accounts, links, sign_in};
use super::{codes, remove, wrong_code};
use crate::mail::{self, Template};
use crate::{Error, Result, Services};

/// Whether signing in asks for a code.
pub async fn status(services: &Services, user_id: Uuid) -> Result<MfaStatus> {
    let mut connection = services.db.pool().acquire().await?;
    let enabled = sqlx::query_scalar!(
        r#"select exists (
               select from second_factors where user_id = $1 and enabled_at is not null
           ) as "enabled!""#,
        user_id
    )
    .fetch_one(&mut *connection)
    .await?;
    Ok(MfaStatus {
        enabled,
        recovery_codes_left: codes::left(&mut connection, user_id).await?,
    })
}

/// Makes a secret for the app. Nothing is asked for until a first code shows that the app has it.
pub async fn setup(
    services: &Services,
    user_id: Uuid,
    session_id: Uuid,
    request: PasswordRequest,
) -> Result<MfaSetup> {
    let user = sign_in::confirm(&services.db, user_id, session_id, request.current_password).await?;
    let secret = codes::new_secret();
    let made = sqlx::query!(
        "insert into second_factors as f (user_id, secret) values ($1, $2)
         on conflict (user_id) do update set secret = excluded.secret, last_step = 0 where f.enabled_at is null",
        user_id,
        codes::seal(&services.secrets, user_id, &secret)?
    )
    .execute(services.db.pool())
    .await?;
    if made.rows_affected() == 0 {
        return Err(Error::refused(
            ErrorCode::InUse,
            "Two-step sign-in is on already. To move it to another app, turn it off first.",
        ));
    }
    let totp = codes::totp(&secret, &user.email)?;
    let uri = totp.to_url().map_err(|error| anyhow::anyhow!("{error}"))?;
    let qr = QrCode::with_error_correction_level(&uri, EcLevel::M).map_err(anyhow::Error::from)?;
    Ok(MfaSetup {
        secret: totp.secret().to_base32(),
        qr_size: u32::try_from(qr.width()).unwrap_or_default(),
        qr_path: path(&qr),
        uri,
    })
}

/// Each run of dark modules in a row as a rectangle one module high.
fn path(qr: &QrCode) -> String {
    let (width, colors) = (qr.width(), qr.to_colors());
    let mut path = String::new();
    for (y, row) in colors.chunks(width).enumerate() {
        let mut x = 0;
        for run in row.chunk_by(|a, b| a == b) {
            if run[0] == Color::Dark {
                path.push_str(&format!("M{x} {y}h{0}v1h-{0}z", run.len()));
            }
            x += run.len();
        }
    }
    path
}

/// Turns it on, by a first code of the app. Answers the recovery codes.
pub async fn enable(services: &Services, user_id: Uuid, request: &EnableMfaRequest) -> Result<RecoveryCodes> {
    let user = accounts::user(&services.db, user_id).await?;
    attempts::begin(&services.db, Kind::Code, &user_id.to_string()).await?;
    let code: String = request.code.chars().filter(|c| !c.is_whitespace()).collect();
    let mut tx = services.db.begin().await?;
    if !codes::take_totp(&mut tx, &services.secrets, user_id, &code).await? {
        return Err(wrong_code());
    }
    let enabled = sqlx::query!(
        "update second_factors set enabled_at = now() where user_id = $1 and enabled_at is null",
        user_id
    )
    .execute(&mut *tx)
    .await?;
    if enabled.rows_affected() == 0 {
        return Err(Error::refused(
            ErrorCode::InUse,
            "Two-step sign-in is on already.",
        ));
    }
    let codes = codes::replace(&mut tx, user_id).await?;
    attempts::clear(&mut tx, Kind::Code, &user_id.to_string()).await?;
    let link = links::forgot(services);
    mail::post(
        &mut tx,
        Some(user_id),
        &user.email,
        Template::MfaOn { link: &link },
    )
    .await?;
    tx.commit().await?;
    Ok(RecoveryCodes { codes })
}

/// Turns it off.
pub async fn disable(
    services: &Services,
    user_id: Uuid,
    session_id: Uuid,
    request: PasswordRequest,
) -> Result<()> {
    let user = sign_in::confirm(&services.db, user_id, session_id, request.current_password).await?;
    let mut tx = services.db.begin().await?;
    if remove(&mut tx, user_id).await? == 0 {
        return Ok(());
    }
    let link = links::forgot(services);
    mail::post(
        &mut tx,
        Some(user_id),
        &user.email,
        Template::MfaOff { link: &link },
    )
    .await?;
    Ok(tx.commit().await?)
}

/// Replaces the recovery codes; the old ones no longer work.
pub async fn new_recovery_codes(
    services: &Services,
    user_id: Uuid,
    session_id: Uuid,
    request: PasswordRequest,
) -> Result<RecoveryCodes> {
    let user = sign_in::confirm(&services.db, user_id, session_id, request.current_password).await?;
    if !status(services, user_id).await?.enabled {
        let errors = vec![FieldError::new(
            "current_password",
            "Turn two-step sign-in on first.",
        )];
        let detail = "Two-step sign-in is off, so there is nothing to recover.";
        return Err(Error::refused_fields(ErrorCode::ValidationFailed, detail, errors));
    }
    let mut tx = services.db.begin().await?;
    let codes = codes::replace(&mut tx, user_id).await?;
    let link = links::forgot(services);
    let template = Template::RecoveryCodes { link: &link };
    mail::post(&mut tx, Some(user_id), &user.email, template).await?;
    tx.commit().await?;
    Ok(RecoveryCodes { codes })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_path_fills_the_dark_modules_and_no_others() {
        let qr = QrCode::new("otpauth://totp/Botwright:ada").unwrap();
        let mut drawn = vec![false; qr.width() * qr.width()];
        for rectangle in path(&qr).split('M').skip(1) {
            let (x, rest) = rectangle.split_once(' ').unwrap();
            let (y, rest) = rest.split_once('h').unwrap();
            let (length, _) = rest.split_once('v').unwrap();
            let [x, y, length]: [usize; 3] = [x, y, length].map(|number| number.parse().unwrap());
            for module in &mut drawn[y * qr.width() + x..][..length] {
                *module = true;
            }
        }
        let dark: Vec<bool> = qr.to_colors().iter().map(|color| *color == Color::Dark).collect();
        assert_eq!(drawn, dark);
    }
}
