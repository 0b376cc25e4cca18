//! Another master key.

use super::codes::bound_to;
use crate::{Result, Services, master_key};

/// Seals second factors anew that are sealed with an earlier master key.
pub async fn reseal(services: &Services) -> Result<u64> {
    let pool = services.db.pool();
    let rows = sqlx::query!("select user_id, secret from second_factors")
        .fetch_all(pool)
        .await?;
    let mut resealed = 0;
    for row in rows {
        let bound_to = bound_to(row.user_id);
        let Some(sealed) = master_key::seal_anew(&services.secrets, &row.secret, &bound_to) else {
            continue;
        };
        let updated = sqlx::query!(
            "update second_factors set secret = $3 where user_id = $1 and secret = $2",
            row.user_id,
            row.secret,
            sealed
        )
        .execute(pool)
        .await?;
        resealed += updated.rows_affected();
    }
    Ok(resealed)
}
