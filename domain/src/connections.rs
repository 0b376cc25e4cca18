//! Connections to where knowledge lies. Credentials are sealed at rest, bound to the connection's id and service.

use api_types::ErrorCode;
use api_types::Page;
use api_types::audit::AuditAction;
use api_types::connections::{
    Connection, ConnectionCheck, ConnectionKind, CreateConnectionRequest, Remote, RemoteItem, RemoteKind,
    google_id,
};
use api_types::tenancy::Role;
use api_types::validate::Checker;
use futures::StreamExt;
use secrecy::{ExposeSecret, SecretString};
use serde_json::json;
use uuid::Uuid;

use crate::db::TenantTx;
use crate::error::violates;
use crate::google::Drive;
use crate::kb::documents::by_name;
use crate::notion::Notion;
use crate::outbound::{Failure, Listed};
use crate::{Error, Result, Scope, Services, audit, master_key};

/// Longest words that are searched for.
const MAX_WORDS: usize = 200;

/// Files and folders that are looked up at once.
const LOOK_UPS: usize = 5;

/// The API behind a connection.
#[derive(Debug)]
pub(crate) enum Service<'a> {
    /// Notion.
    Notion(Notion<'a>),
    /// Google Drive.
    Google(Box<Drive<'a>>),
}

impl Service<'_> {
    /// Whom the credential belongs to.
    async fn who(&self) -> Result<String, Failure> {
        match self {
            Self::Notion(notion) => notion.who().await,
            Self::Google(drive) => drive.who().await,
        }
    }

    async fn search(&self, words: &str, cursor: Option<&str>) -> Result<Listed<RemoteItem>, Failure> {
        match self {
            Self::Notion(notion) => notion.search(words, cursor).await,
            Self::Google(drive) => drive.search(words, cursor).await,
        }
    }
}

/// A credential that can be tried.
struct Credential {
    secret: SecretString,
    hint: String,
    account: Option<String>,
}

/// The workspace's connections by name.
pub async fn list(services: &Services, scope: &Scope) -> Result<Vec<Connection>> {
    let mut tx = services.db.tenant(scope).await?;
    let rows = sqlx::query!(
        "select id, kind, name, hint, account, created_at from connections where workspace_id = $1 order by name",
        scope.workspace_id()
    )
    .fetch_all(&mut *tx)
    .await?;
    let connections = rows.into_iter().map(|row| {
        Ok(Connection {
            id: row.id,
            kind: by_name(&row.kind)?,
            name: row.name,
            hint: row.hint,
            account: row.account,
            created_at: row.created_at,
        })
    });
    connections.collect()
}

/// Connects a service, if it takes the credential.
pub async fn create(
    services: &Services,
    scope: &Scope,
    request: &CreateConnectionRequest,
) -> Result<Connection> {
    scope.require(Role::Admin)?;
    let mut check = Checker::default();
    check.length("name", &request.name, 1, 80);
    check.finish().map_err(Error::validation)?;
    let credential = read(services, request.kind, request.credential.trim())
        .map_err(|message| Error::field("credential", &message))?;
    let id = Uuid::now_v7();
    let service = service(services, id, request.kind, credential.secret.clone())?;
    if let Err(failure) = service.who().await {
        return Err(Error::field("credential", &failure.to_string()));
    }
    let binding = binding(id, request.kind);
    let sealed = services
        .secrets
        .seal(credential.secret.expose_secret(), &binding)?;
    let mut tx = services.db.tenant(scope).await?;
    let row = sqlx::query!(
        "insert into connections (workspace_id, id, kind, name, credential, hint, account)
         values ($1, $2, $3, $4, $5, $6, $7)
         returning name, hint, created_at",
        scope.workspace_id(),
        id,
        request.kind.as_str(),
        request.name.trim(),
        sealed,
        credential.hint,
        credential.account
    )
    .fetch_one(&mut *tx)
    .await
    .map_err(name_taken)?;
    let details = json!({ "kind": request.kind, "account": credential.account });
    let action = AuditAction::ConnectionCreate;
    audit::record(&mut tx, scope, action, id, &row.name, details);
    tx.commit().await?;
    Ok(Connection {
        id,
        kind: request.kind,
        name: row.name,
        hint: row.hint,
        account: credential.account,
        created_at: row.created_at,
    })
}

/// Forgets a connection that no source of a knowledge base uses, and its credential.
pub async fn delete(services: &Services, scope: &Scope, id: Uuid) -> Result<()> {
    scope.require(Role::Admin)?;
    let mut tx = services.db.tenant(scope).await?;
    let deleted = sqlx::query!(
        "delete from connections where workspace_id = $1 and id = $2 returning name",
        scope.workspace_id(),
        id
    )
    .fetch_optional(&mut *tx)
    .await;
    let deleted = match deleted {
        Err(error) if violates(&error, "sources_connection_in_use") => {
            let detail =
                "A source of a knowledge base is kept fresh over this connection. Delete that source first.";
            return Err(Error::refused(ErrorCode::InUse, detail));
        }
        other => other?,
    };
    let deleted = deleted.ok_or_else(not_found)?;
    let action = AuditAction::ConnectionDelete;
    audit::record(&mut tx, scope, action, id, &deleted.name, json!({}));
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
    let service = open(services, scope, id).await?;
    let found = service
        .search(words.trim(), cursor)
        .await
        .map_err(|failure| refusal(&failure))?;
    Ok(Page {
        items: found.items,
        next_cursor: found.next,
    })
}

/// Looks the files and folders up that a source is to begin with: links become ids, and titles are filled in.
pub(crate) async fn look_up(services: &Services, scope: &Scope, remote: &mut Remote) -> Result<()> {
    let Service::Google(drive) = open(services, scope, remote.connection_id).await? else {
        return Ok(());
    };
    let found: Vec<_> = futures::stream::iter(std::mem::take(&mut remote.items))
        .map(|item| look_up_one(&drive, item))
        .buffered(LOOK_UPS)
        .collect()
        .await;
    let mut refused = Vec::new();
    for found in found {
        match found {
            Ok(item) if remote.items.iter().any(|other| other.id == item.id) => {}
            Ok(item) => remote.items.push(item),
            Err((link, failure @ (Failure::NotFound(_) | Failure::Refused(_)))) => {
                refused.push(format!("“{link}”: {failure}"));
            }
            Err((_, failure)) => return Err(refusal(&failure)),
        }
    }
    if refused.is_empty() {
        return Ok(());
    }
    Err(Error::field("remote.items", &refused.join(" ")))
}

async fn look_up_one(drive: &Drive<'_>, item: RemoteItem) -> Result<RemoteItem, (String, Failure)> {
    let title = match item.kind {
        RemoteKind::Everything => {
            return Ok(RemoteItem {
                id: String::new(),
                kind: item.kind,
                title: "Everything that is shared".to_owned(),
            });
        }
        _ => item.title,
    };
    let Some(id) = google_id(&item.id) else {
        return Ok(RemoteItem { title, ..item });
    };
    match drive.file(id).await {
        Ok(file) => Ok(RemoteItem {
            id: file.id,
            kind: item.kind,
            title: file.name,
        }),
        Err(failure) => Err((item.id, failure)),
    }
}

fn refusal(failure: &Failure) -> Error {
    let code = match failure {
        Failure::SlowDown(..) => ErrorCode::RateLimited,
        _ => ErrorCode::FetchFailed,
    };
    Error::refused(code, failure.to_string())
}

/// The API behind a connection, its credential opened.
pub(crate) async fn open<'a>(services: &'a Services, scope: &Scope, id: Uuid) -> Result<Service<'a>> {
    let mut tx = services.db.tenant(scope).await?;
    let row = sqlx::query!(
        "select kind, credential from connections where workspace_id = $1 and id = $2",
        scope.workspace_id(),
        id
    )
    .fetch_optional(&mut *tx)
    .await?
    .ok_or_else(not_found)?;
    let kind = by_name(&row.kind)?;
    let credential = services.secrets.open(&row.credential, &binding(id, kind))?;
    service(services, id, kind, credential)
}

/// Seals credentials anew that are sealed with an earlier master key.
pub(crate) async fn reseal(services: &Services, scope: &Scope) -> Result<u64> {
    let mut tx = services.db.tenant(scope).await?;
    let rows = sqlx::query!(
        "select id, kind, credential from connections where workspace_id = $1 for update",
        scope.workspace_id()
    )
    .fetch_all(&mut *tx)
    .await?;
    let mut resealed = 0;
    for row in rows {
        let bound_to = binding(row.id, by_name(&row.kind)?);
        let Some(sealed) = master_key::seal_anew(&services.secrets, &row.credential, &bound_to) else {
            continue;
        };
        sqlx::query!(
            "update connections set credential = $3 where workspace_id = $1 and id = $2",
            scope.workspace_id(),
            row.id,
            sealed
        )
        .execute(&mut *tx)
        .await?;
        resealed += 1;
    }
    tx.commit().await?;
    Ok(resealed)
}

/// Refuses unless a connection of this kind exists in this workspace.
pub(crate) async fn require(tx: &mut TenantTx, scope: &Scope, id: Uuid, kind: ConnectionKind) -> Result<()> {
    let found = sqlx::query_scalar!(
        "select 1 from connections where workspace_id = $1 and id = $2 and kind = $3",
        scope.workspace_id(),
        id,
        kind.as_str()
    )
    .fetch_optional(&mut **tx)
    .await?;
    found.map(drop).ok_or_else(not_found)
}

/// Checks what was pasted. The error says what is wrong with it.
fn read(services: &Services, kind: ConnectionKind, pasted: &str) -> Result<Credential, String> {
    match kind {
        ConnectionKind::Notion => {
            let printable = (1..=500).contains(&pasted.len()) && pasted.bytes().all(|b| b.is_ascii_graphic());
            if !printable {
                return Err("A token has 1 to 500 letters, digits or signs, without spaces.".to_owned());
            }
            Ok(Credential {
                secret: pasted.into(),
                hint: hint(pasted).to_owned(),
                account: None,
            })
        }
        ConnectionKind::Google => {
            let key = services.google.key(pasted)?;
            Ok(Credential {
                secret: key.to_json().into(),
                hint: hint(&key.private_key_id).to_owned(),
                account: Some(key.client_email),
            })
        }
    }
}

fn service(services: &Services, id: Uuid, kind: ConnectionKind, secret: SecretString) -> Result<Service<'_>> {
    let outbound = &services.outbound;
    match kind {
        ConnectionKind::Notion => Ok(Service::Notion(Notion::new(
            outbound,
            &services.notion_url,
            secret,
        ))),
        ConnectionKind::Google => {
            let key = services.google.key(secret.expose_secret());
            let key = key.map_err(|why| Error::refused(ErrorCode::FetchFailed, why))?;
            Ok(Service::Google(Box::new(
                services.google.drive(outbound, id, key),
            )))
        }
    }
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
