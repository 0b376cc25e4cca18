//! Mails that a visitor waits: a job.
//!
//! Anybody can begin conversations and ask for a person in each. So a workspace is mailed every few minutes at most, once
//! for all who wait by then.

use std::collections::BTreeMap;
use std::time::Duration;

use api_types::tenancy::Role;
use uuid::Uuid;

use crate::jobs::Outcome;
use crate::mail::{self, Template};
use crate::tenancy::members;
use crate::{Result, Scope, Services};

/// Least time between two mails to a member, in seconds.
const PAUSE_SECONDS: u64 = 120;

/// Mails everybody who wants it that a visitor waits, unless somebody has taken the conversation or all were told.
pub async fn notify(services: &Services, workspace_id: Uuid, conversation_id: Uuid) -> Result<Outcome> {
    let scope = Scope::worker(workspace_id);
    let mut tx = services.db.tenant(&scope).await?;
    let is_due = sqlx::query_scalar!(
        r#"select exists(select from conversations where workspace_id = $1 and id = $2 and state = 'waiting'
             and not is_mailed) as "is_due!""#,
        workspace_id,
        conversation_id
    )
    .fetch_one(&mut *tx)
    .await?;
    tx.commit().await?;
    if !is_due {
        return Ok(Outcome::Done);
    }
    if !is_turn(services, workspace_id).await {
        return Ok(Outcome::Later(Duration::from_secs(PAUSE_SECONDS)));
    }
    let members = members::list(&services.db, &scope).await?;
    let mut tx = services.db.tenant(&scope).await?;
    let wishes: BTreeMap<Uuid, bool> = sqlx::query!(
        "select user_id, by_mail from inbox_notifications where workspace_id = $1",
        workspace_id
    )
    .fetch_all(&mut *tx)
    .await?
    .into_iter()
    .map(|row| (row.user_id, row.by_mail))
    .collect();
    sqlx::query!(
        "update conversations set is_mailed = true where workspace_id = $1 and state = 'waiting' and not is_mailed",
        workspace_id
    )
    .execute(&mut *tx)
    .await?;
    let link = format!("{}/inbox/{conversation_id}", services.public_url);
    for member in members.iter().filter(|member| !member.is_suspended) {
        let may_answer = member.role >= Role::Editor;
        if wishes.get(&member.user_id).copied().unwrap_or(may_answer) {
            let template = Template::VisitorWaits { link: &link };
            mail::post(&mut tx, Some(member.user_id), &member.email, template).await?;
        }
    }
    tx.commit().await?;
    Ok(Outcome::Done)
}

/// Whether the workspace was left alone for long enough. Without Redis it is told rather twice than not.
async fn is_turn(services: &Services, workspace_id: Uuid) -> bool {
    let taken = redis::cmd("SET")
        .arg(format!("inbox:mailed:{workspace_id}"))
        .arg(1)
        .arg("NX")
        .arg("EX")
        .arg(PAUSE_SECONDS)
        .query_async::<Option<String>>(&mut services.redis.commands())
        .await;
    taken.map_or(true, |taken| taken.is_some())
}
