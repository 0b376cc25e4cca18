//! The archives of a person: asked for, listed, handed out, removed. They are theirs, whatever workspace they are in.

use api_types::data::Export;
use chrono::{SubsecRound, Utc};
use uuid::Uuid;

use super::{
    Download, KEPT, Row, not_found, one_at_a_time, open, queued, refuse_too_many, refuse_unfinished,
};
use crate::jobs::{self, Job};
use crate::storage::Storage;
use crate::{Result, Services};

/// The archives there are, the newest first.
pub async fn list(services: &Services, user_id: Uuid) -> Result<Vec<Export>> {
    let rows = sqlx::query_as!(
        Row,
        "select id, status, part, parts_done, parts_total, records, size, sha256, created_at, expires_at
         from person_exports where user_id = $1 and expires_at > now() order by created_at desc, id desc",
        user_id
    )
    .fetch_all(services.db.pool())
    .await?;
    rows.into_iter().map(Export::try_from).collect()
}

/// Has an archive made by a worker.
pub async fn start(services: &Services, user_id: Uuid) -> Result<Export> {
    let mut tx = services.db.begin().await?;
    let kept = sqlx::query_scalar!(
        r#"select count(*) as "count!" from person_exports where user_id = $1 and expires_at > now()"#,
        user_id
    )
    .fetch_one(&mut *tx)
    .await?;
    refuse_too_many(kept)?;
    let (id, now) = (Uuid::now_v7(), Utc::now().trunc_subsecs(6));
    sqlx::query!(
        "insert into person_exports (user_id, id, created_at, expires_at) values ($1, $2, $3, $4)",
        user_id,
        id,
        now,
        now + KEPT
    )
    .execute(&mut *tx)
    .await
    .map_err(|error| one_at_a_time(error, "person_exports_one_at_a_time"))?;
    let job = Job::ExportPerson {
        user_id,
        export_id: id,
    };
    jobs::enqueue(&mut tx, &job).await?;
    tx.commit().await?;
    Ok(queued(id, now))
}

/// The file of an archive.
pub async fn download(services: &Services, user_id: Uuid, id: Uuid) -> Result<Download> {
    let status = sqlx::query_scalar!(
        "select status from person_exports where user_id = $1 and id = $2 and expires_at > now()",
        user_id,
        id
    )
    .fetch_optional(services.db.pool())
    .await?
    .ok_or_else(not_found)?;
    refuse_unfinished(&status)?;
    open(services, &Storage::person_export_key(user_id, id)).await
}

/// Removes an archive; one that is being made is given up.
pub async fn remove(services: &Services, user_id: Uuid, id: Uuid) -> Result<()> {
    let mut tx = services.db.begin().await?;
    let deleted = sqlx::query!(
        "delete from person_exports where user_id = $1 and id = $2",
        user_id,
        id
    )
    .execute(&mut *tx)
    .await?;
    if deleted.rows_affected() == 0 {
        return Err(not_found());
    }
    // Before the row is gone for good: a failure leaves both.
    services
        .storage
        .delete(&Storage::person_export_key(user_id, id))
        .await?;
    Ok(tx.commit().await?)
}

/// Removes those whose time is over.
pub(super) async fn sweep(services: &Services) -> Result<usize> {
    let expired = sqlx::query!("select user_id, id from person_exports where expires_at <= now() limit 1000")
        .fetch_all(services.db.pool())
        .await?;
    for export in &expired {
        let key = Storage::person_export_key(export.user_id, export.id);
        services.storage.delete(&key).await?;
        sqlx::query!(
            "delete from person_exports where user_id = $1 and id = $2",
            export.user_id,
            export.id
        )
        .execute(services.db.pool())
        .await?;
    }
    Ok(expired.len())
}
