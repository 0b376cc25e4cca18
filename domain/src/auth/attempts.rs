//! Wrong passwords and codes in a row: from the fifth on, each makes the next one wait longer.
//!
//! A try is counted before it is looked at, in one statement, so that many at once are not more than one after the other;
//! a right one clears the count. What is counted is what was tried, whether or not there is such an account: so being
//! locked out does not tell that there is one.

use std::time::Duration;

use sqlx::PgConnection;

use crate::db::Db;
use crate::{Error, Result};

/// Tries that are free.
const FREE: i32 = 5;
/// Seconds after the last free one; doubled with each further one.
const FIRST_SECONDS: f64 = 30.0;
/// Longest wait, in seconds.
const MAX_SECONDS: f64 = 3600.0;

/// What is tried.
#[derive(Debug, Clone, Copy)]
pub(super) enum Kind {
    /// A password, by e-mail address.
    Password,
    /// A code of the second factor, by user id.
    Code,
}

impl Kind {
    const fn as_str(self) -> &'static str {
        match self {
            Self::Password => "password",
            Self::Code => "code",
        }
    }
}

/// Counts a try, or refuses it while others have to be waited for.
pub(super) async fn begin(db: &Db, kind: Kind, subject: &str) -> Result<()> {
    let counted = sqlx::query!(
        "insert into sign_in_attempts as a (subject_hash, attempts, last_at)
         values (sha256(convert_to($1 || ':' || lower($2), 'UTF8')), 1, now())
         on conflict (subject_hash) do update set
             attempts = case when a.last_at < now() - interval '1 day' then 1 else a.attempts + 1 end,
             last_at = now(),
             locked_until = case when a.last_at >= now() - interval '1 day' and a.attempts + 1 >= $3
                 then now() + make_interval(secs => least($4 * power(2, least(a.attempts + 1 - $3, 20)), $5)) end
         where a.locked_until is null or a.locked_until <= now()",
        kind.as_str(),
        subject,
        FREE,
        FIRST_SECONDS,
        MAX_SECONDS
    )
    .execute(db.pool())
    .await?;
    if counted.rows_affected() == 1 {
        return Ok(());
    }
    let wait = sqlx::query_scalar!(
        r#"select greatest(extract(epoch from locked_until - now()), 1)::float8 as "seconds!"
           from sign_in_attempts
           where subject_hash = sha256(convert_to($1 || ':' || lower($2), 'UTF8')) and locked_until is not null"#,
        kind.as_str(),
        subject
    )
    .fetch_optional(db.pool())
    .await?;
    // It may have been cleared meanwhile.
    let seconds = Duration::from_secs_f64(wait.unwrap_or(1.0).ceil()).as_secs();
    let detail = match kind {
        Kind::Password => format!(
            "Too many tries to sign in with this address. Try again in {}, or ask for a new password by mail.",
            words(seconds)
        ),
        Kind::Code => format!("Too many codes were tried. Try again in {}.", words(seconds)),
    };
    Err(Error::too_often(detail, seconds))
}

/// The right one: what came before is forgotten.
pub(super) async fn clear(conn: &mut PgConnection, kind: Kind, subject: &str) -> Result<()> {
    sqlx::query!(
        "delete from sign_in_attempts where subject_hash = sha256(convert_to($1 || ':' || lower($2), 'UTF8'))",
        kind.as_str(),
        subject
    )
    .execute(conn)
    .await?;
    Ok(())
}

fn words(seconds: u64) -> String {
    match seconds {
        1 => "a second".to_owned(),
        2..=90 => format!("{seconds} seconds"),
        _ => format!("{} minutes", seconds.div_ceil(60)),
    }
}
