//! Deleting an account: the person's rows in one transaction, their files and the organizations that were theirs alone in a
//! job.

use api_types::auth::PasswordRequest;
use api_types::data::{DeletionKind, DeletionReceipt};
use sqlx::PgConnection;
use uuid::Uuid;

use super::attempts::{self, Kind};
use super::sign_in;
use crate::data::receipts::{self, Counts, Deletion, add};
use crate::db::TenantTx;
use crate::jobs::{self, Job, QUEUE};
use crate::storage::Storage;
use crate::tenancy::{self, members};
use crate::{Result, Scope, Services};

/// Deletes the account of somebody who proves once more that it is them. What they made stays in the workspaces it belongs to; what is
/// theirs goes, and so do organizations that nobody else belongs to. The receipt is finished by a job.
pub async fn delete_account(
    services: &Services,
    scope: &Scope,
    user_id: Uuid,
    session_id: Uuid,
    request: PasswordRequest,
) -> Result<DeletionReceipt> {
    let user = sign_in::confirm(&services.db, user_id, session_id, request.current_password).await?;
    let mut tx = services.db.person(user_id).await?;
    let left = members::leave_everywhere(&mut tx, user_id, scope.origin()).await?;
    let bots = tenancy::close_for_good(&mut tx, &left.alone, &left.workspaces).await?;
    let mut counts = Counts::new();
    add(&mut counts, "memberships", left.memberships);
    add(&mut counts, "organizations", left.alone.len() as u64);
    remove_invitations(&mut tx, &user.email, &mut counts).await?;
    remove_rows(&mut tx, user_id, &user.email, &mut counts).await?;
    tx.bind(scope.workspace_id()).await?;
    let deletion = Deletion::now(DeletionKind::Person, scope, user_id);
    let receipt = deletion.open(counts);
    deletion.store(&mut tx, &receipt).await?;
    let job = Job::ForgetPerson {
        user_id,
        workspace_id: scope.workspace_id(),
        organization_ids: left.alone,
        receipt_id: receipt.id,
    };
    jobs::enqueue(&mut tx, &job).await?;
    tx.commit().await?;
    for id in bots {
        services.live_bots.changed(&services.redis, id).await;
    }
    Ok(receipt)
}

/// What the job does. Safe to repeat.
pub async fn forget_person(
    services: &Services,
    user_id: Uuid,
    workspace_id: Uuid,
    organization_ids: &[Uuid],
    receipt_id: Uuid,
) -> Result<()> {
    let mut counts = Counts::new();
    for id in organization_ids {
        let workspaces = tenancy::purge_organization(services, *id).await?;
        add(&mut counts, "workspaces", workspaces);
    }
    let files = services
        .storage
        .delete_folder(&Storage::person_folder(user_id))
        .await?;
    add(&mut counts, "files", files);
    let mut tx = services.db.tenant(&Scope::worker(workspace_id)).await?;
    receipts::finish(&mut tx, receipt_id, counts).await?;
    tx.commit().await
}

/// Invitations to the address, wherever they are.
async fn remove_invitations(tx: &mut TenantTx, email: &str, counts: &mut Counts) -> Result<()> {
    let to_organizations = sqlx::query!(
        "select organization_id, id from organization_invitations where lower(email) = lower($1)",
        email
    )
    .fetch_all(&mut **tx)
    .await?;
    for invitation in to_organizations {
        tx.bind_organization(invitation.organization_id).await?;
        let deleted = sqlx::query!(
            "delete from organization_invitations where organization_id = $1 and id = $2",
            invitation.organization_id,
            invitation.id
        )
        .execute(&mut **tx)
        .await?;
        add(counts, "invitations", deleted.rows_affected());
    }
    let to_workspaces = sqlx::query!(
        "select workspace_id, id from workspace_invitations where lower(email) = lower($1)",
        email
    )
    .fetch_all(&mut **tx)
    .await?;
    for invitation in to_workspaces {
        tx.bind(invitation.workspace_id).await?;
        let deleted = sqlx::query!(
            "delete from workspace_invitations where workspace_id = $1 and id = $2",
            invitation.workspace_id,
            invitation.id
        )
        .execute(&mut **tx)
        .await?;
        add(counts, "invitations", deleted.rows_affected());
    }
    Ok(())
}

/// The person's own rows. Sessions, second factor, identities, links and exports go with the account.
async fn remove_rows(conn: &mut PgConnection, user_id: Uuid, email: &str, counts: &mut Counts) -> Result<()> {
    let mails = sqlx::query!(
        "delete from outbox where user_id = $1 or lower(recipient) = lower($2)",
        user_id,
        email
    )
    .execute(&mut *conn)
    .await?;
    add(counts, "mails", mails.rows_affected());
    // Some jobs of mails name the address.
    let jobs = sqlx::query!(
        "delete from apalis.jobs
         where job_type = $1 and status not in ('Queued', 'Running')
           and lower(convert_from(job, 'UTF8')::jsonb ->> 'email') = lower($2)",
        QUEUE,
        email
    )
    .execute(&mut *conn)
    .await?;
    add(counts, "jobs", jobs.rows_affected());
    attempts::clear(&mut *conn, Kind::Password, email).await?;
    attempts::clear(&mut *conn, Kind::Code, &user_id.to_string()).await?;
    let sessions = sqlx::query_scalar!(
        r#"select count(*) as "count!" from sessions where user_id = $1"#,
        user_id
    )
    .fetch_one(&mut *conn)
    .await?;
    add(counts, "sessions", sessions.unsigned_abs());
    let deleted = sqlx::query!("delete from users where id = $1", user_id)
        .execute(conn)
        .await?;
    add(counts, "accounts", deleted.rows_affected());
    Ok(())
}
