//! Sign-up and the person behind a token.

use api_types::ErrorCode;
use api_types::auth::{Me, SaveProfileRequest, SignupRequest, User};
use api_types::validate::{self, Checker};
use sqlx::{PgConnection, PgExecutor};
use uuid::Uuid;

use super::links::{self, Purpose};
use super::sessions::{self, Session};
use super::{Device, password};
use crate::db::{Db, TenantTx};
use crate::mail::{self, Template};
use crate::quotas::Plans;
use crate::tenancy::invitations::{self, InvitationToken};
use crate::tenancy::{self, Origin, Scope};
use crate::{Error, Result, Services};

/// Somebody who is about to have an account. The fields were checked.
pub(super) struct NewPerson {
    pub email: String,
    pub name: String,
    /// `None` for whoever signs in by another way.
    pub password_hash: Option<String>,
    /// Whether the address is known to be theirs.
    pub is_verified: bool,
    /// The token of an invitation.
    pub invitation: Option<String>,
}

impl NewPerson {
    async fn with_password(request: SignupRequest, is_verified: bool) -> Result<Self> {
        Ok(Self {
            email: request.email,
            name: request.name,
            password_hash: Some(password::hash(request.password).await?),
            is_verified,
            invitation: request.invitation,
        })
    }
}

/// Makes an account with an organization and a workspace, mails a link that confirms its address, and signs in.
pub async fn signup(services: &Services, device: &Device, request: SignupRequest) -> Result<Session> {
    validate::signup(&request).map_err(Error::validation)?;
    password::check(&request.password, &[&request.email, &request.name]).await?;
    let person = NewPerson::with_password(request, false).await?;
    let (mut tx, user, workspace_id) = found(&services.db, &services.plans, person).await?;
    mail_confirmation(&mut tx, services, &user).await?;
    tx.commit().await?;
    sessions::begin(&services.db, &services.secrets, user, workspace_id, device).await
}

/// Mails the link that confirms the account's address.
pub(super) async fn mail_confirmation(
    conn: &mut PgConnection,
    services: &Services,
    user: &User,
) -> Result<()> {
    let link = links::make(conn, services, Purpose::Confirm, user.id, &user.email).await?;
    mail::post(
        conn,
        Some(user.id),
        &user.email,
        Template::Confirm { link: &link },
    )
    .await
}

/// Makes an account that nobody signed up for, for the demo and for tests: its address counts as confirmed, and its
/// password may be known to all. `None` when the address has an account.
pub async fn seed(db: &Db, request: SignupRequest) -> Result<Option<User>> {
    match found(
        db,
        &Plans::default(),
        NewPerson::with_password(request, true).await?,
    )
    .await
    {
        Ok((tx, user, _)) => {
            tx.commit().await?;
            Ok(Some(user))
        }
        Err(error) if error.code() == ErrorCode::EmailTaken => Ok(None),
        Err(error) => Err(error),
    }
}

/// Writes the account, its organization and its workspace. Answers the transaction, to be committed.
pub(super) async fn found(db: &Db, plans: &Plans, person: NewPerson) -> Result<(TenantTx, User, Uuid)> {
    let user = User {
        id: Uuid::now_v7(),
        email: person.email.trim().to_owned(),
        name: person.name.trim().to_owned(),
        email_verified: person.is_verified,
    };
    let mut tx = db.person(user.id).await?;
    let inserted = sqlx::query!(
        "insert into users (id, email, name, password_hash, email_verified_at)
         values ($1, $2, $3, $4, case when $5 then now() end)
         on conflict (lower(email)) do nothing",
        user.id,
        user.email,
        user.name,
        person.password_hash,
        user.email_verified
    )
    .execute(&mut *tx)
    .await?;
    if inserted.rows_affected() == 0 {
        return Err(email_taken(
            "There is an account with this e-mail address. Sign in instead.",
        ));
    }
    let workspace_id = match person.invitation.map(InvitationToken::from) {
        Some(token) => {
            tx.bind_invitation(&token).await?;
            invitations::accept_in(&mut tx, plans, &user, &token, Origin::default()).await?
        }
        None => tenancy::found_organization(&mut tx, user.id, &user.name).await?,
    };
    Ok((tx, user, workspace_id))
}

pub(super) fn email_taken(detail: &str) -> Error {
    let errors = vec![api_types::FieldError::new(
        "email",
        "This address has an account.",
    )];
    Error::refused_fields(ErrorCode::EmailTaken, detail, errors)
}

/// The person with this id.
pub async fn user(db: &Db, id: Uuid) -> Result<User> {
    user_in(db.pool(), id).await
}

async fn user_in(executor: impl PgExecutor<'_>, id: Uuid) -> Result<User> {
    sqlx::query_as!(
        User,
        r#"select id, email, name, email_verified_at is not null as "email_verified!" from users where id = $1"#,
        id
    )
    .fetch_optional(executor)
    .await?
    .ok_or_else(gone)
}

pub(super) fn gone() -> Error {
    Error::refused(ErrorCode::Unauthorized, "This account does not exist any more.")
}

/// Who is signed in, where, and where they could go.
pub async fn me(db: &Db, scope: &Scope, user_id: Uuid) -> Result<Me> {
    let mut tx = db.person(user_id).await?;
    let user = user_in(&mut *tx, user_id).await?;
    let entrances = tenancy::entrances(&mut tx).await?;
    let here = entrances
        .iter()
        .find(|entrance| entrance.workspace.id == scope.workspace_id())
        // Since the scope was made.
        .ok_or_else(|| Error::not_found("workspace"))?;
    Ok(Me {
        user,
        workspace: here.workspace.clone(),
        role: scope.role(),
        organization_role: here.organization_role,
        workspaces: entrances.into_iter().map(|entrance| entrance.workspace).collect(),
    })
}

/// Saves how the person wants to be called.
pub async fn save_profile(db: &Db, user_id: Uuid, request: &SaveProfileRequest) -> Result<User> {
    let mut check = Checker::default();
    check.length("name", &request.name, 1, 80);
    check.finish().map_err(Error::validation)?;
    let saved = sqlx::query!(
        "update users set name = $2 where id = $1",
        user_id,
        request.name.trim()
    )
    .execute(db.pool())
    .await?;
    if saved.rows_affected() == 0 {
        return Err(gone());
    }
    user(db, user_id).await
}
