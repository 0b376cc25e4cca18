//! Connections to where knowledge lies. Credentials are sealed at rest, bound to the connection's id and service.

use api_types::ErrorCode;
use api_types::Page;
use api_types::connections::{
    Connection, ConnectionCheck, ConnectionKind, CreateConnectionRequest, RemoteItem,
};
use api_types::tenancy::Role;
use api_types::validate::Checker;
use secrecy::SecretString;
use serde_json::json;
use uuid::Uuid;

use crate::db::TenantTx;
use crate::error::violates;
use crate::notion::{Failure, Notion};
use crate::{Error, Result, Scope, Services, audit};

/// Longest words that are searched for.
const MAX_WORDS: usize = 200;

/// The workspace's connections by name.
pub async fn list(services: &Services, scope: &Scope) -> Result<Vec<Connection>> {
    let mut tx = services.db.tenant(scope).await?;
    let rows = sqlx::query!(
        "select id, name, hint, created_at from connections where workspace_id = $1 order by name",
        scope.workspace_id()
    )
    .fetch_all(&mut *tx)
    .await?;
    let connections = rows.into_iter().map(|row| Connection {
        id: row.id,
        kind: ConnectionKind::Notion,
        name: row.name,
        hint: row.hint,
        created_at: row.created_at,
    });
    Ok(connections.collect())
}

/// Connects a service, if it takes the credential.
pub async fn create(
    services: &Services,
    scope: &Scope,
    request: &CreateConnectionRequest,
) -> Result<Connection> {
    scope.require(Role::Admin)?;
    let credential = request.credential.trim();
    let mut check = Checker::default();
    check.length("name", &request.name, 1, 80);
    let printable = (1..=500).contains(&credential.len()) && credential.bytes().all(|b| b.is_ascii_graphic());
    check.require(
        printable,
        "credential",
        "A token has 1 to 500 letters, digits or signs, without spaces.",
    );
    check.finish().map_err(Error::validation)?;
    if let Err(failure) = notion(services, credential.into()).who().await {
        return Err(Error::field("credential", &failure.to_string()));
    }
    let id = Uuid::now_v7();
    let sealed = services.secrets.seal(credential, &binding(id, request.kind))?;
    let mut tx = services.db.tenant(scope).await?;
    let row = sqlx::query!(
        "insert into connections (workspace_id, id, kind, name, credential, hint)
         values ($1, $2, $3, $4, $5, $6)
         returning name, hint, created_at",
        scope.workspace_id(),
        id,
        request.kind.as_str(),
        request.name.trim(),
        sealed,
        hint(credential)
    )
    .fetch_one(&mut *tx)
    .await
    .map_err(name_taken)?;
    let details = json!({ "name": row.name, "kind": request.kind });
    audit::record(&mut tx, scope, "connection.create", id, details).await?;
    tx.commit().await?;
    Ok(Connection {
        id,
        kind: request.kind,
        name: row.name,
        hint: row.hint,
        created_at: row.created_at,
    })
}

/// Forgets a connection that no source of a knowledge base uses, and its credential.
pub async fn delete(services: &Services, scope: &Scope, id: Uuid) -> Result<()> {
    scope.require(Role::Admin)?;
    let mut tx = services.db.tenant(scope).await?;
    let deleted = sqlx::query!(
        "delete from connections where workspace_id = $1 and id = $2",
        scope.workspace_id(),
        id
    )
    .execute(&mut *tx)
    .await;
    let deleted = match deleted {
        Err(error) if violates(&error, "sources_connection_in_use") => {
            let detail =
                "A source of a knowledge base is kept fresh over this connection. Delete that source first.";
            return Err(Error::refused(ErrorCode::InUse, detail));
        }
        other => other?,
    };
    if deleted.rows_affected() == 0 {
        return Err(not_found());
    }
    audit::record(&mut tx, scope, "connection.delete", id, json!({})).await?;
    tx.commit().await
}

/// Asks the service whether it still takes the credential.
pub async fn check(services: &Services, scope: &Scope, id: Uuid) -> Result<ConnectionCheck> {
    scope.require(Role::Admin)?;
    let checked = open(services, scope, id).await?.who().await;
    Ok(match checked {
        Ok(name) => ConnectionCheck {
            ok: true,
            message: format!("Connected to {name}."),
        },
        Err(failure) => ConnectionCheck {
            ok: false,
            message: failure.to_string(),
        },
    })
}

/// What a connection shows, by words of its titles.
pub async fn items(
    services: &Services,
    scope: &Scope,
    id: Uuid,
    words: &str,
    cursor: Option<&str>,
) -> Result<Page<RemoteItem>> {
    scope.require(Role::Editor)?;
    let mut check = Checker::default();
    check.length("query", words, 0, MAX_WORDS);
    check.length("cursor", cursor.unwrap_or_default(), 0, MAX_WORDS);
    check.finish().map_err(Error::validation)?;
    let notion = open(services, scope, id).await?;
    let found = notion
        .search(words.trim(), cursor)
        .await
        .map_err(|failure| refusal(&failure))?;
    Ok(Page {
        items: found.items,
        next_cursor: found.next,
    })
}

fn refusal(failure: &Failure) -> Error {
    let code = match failure {
        Failure::SlowDown(_) => ErrorCode::RateLimited,
        _ => ErrorCode::FetchFailed,
    };
    Error::refused(code, failure.to_string())
}

/// The API behind a connection, its credential opened.
pub(crate) async fn open<'a>(services: &'a Services, scope: &Scope, id: Uuid) -> Result<Notion<'a>> {
    let mut tx = services.db.tenant(scope).await?;
    let row = sqlx::query!(
        "select credential from connections where workspace_id = $1 and id = $2",
        scope.workspace_id(),
        id
    )
    .fetch_optional(&mut *tx)
    .await?
    .ok_or_else(not_found)?;
    let credential = services
        .secrets
        .open(&row.credential, &binding(id, ConnectionKind::Notion))?;
    Ok(notion(services, credential))
}

/// Refuses unless the connection exists in this workspace.
pub(crate) async fn require(tx: &mut TenantTx, scope: &Scope, id: Uuid) -> Result<()> {
    let found = sqlx::query_scalar!(
        "select 1 from connections where workspace_id = $1 and id = $2",
        scope.workspace_id(),
        id
    )
    .fetch_optional(&mut **tx)
    .await?;
    found.map(drop).ok_or_else(not_found)
}

fn notion(services: &Services, token: SecretString) -> Notion<'_> {
    Notion::new(&services.outbound, &services.notion_url, token)
}

fn binding(id: Uuid, kind: ConnectionKind) -> String {
    format!("{id}@{}", kind.as_str())
}

fn hint(credential: &str) -> &str {
    let shown = if credential.len() >= 16 { 4 } else { 0 };
    &credential[credential.len() - shown..]
}

fn not_found() -> Error {
    Error::not_found("connection")
}

fn name_taken(error: sqlx::Error) -> Error {
    if violates(&error, "connections_name_key") {
        let errors = vec![api_types::FieldError::new("name", "Choose another name.")];
        return Error::refused_fields(
            ErrorCode::NameTaken,
            "There is a connection of this name.",
            errors,
        );
    }
    error.into()
}
