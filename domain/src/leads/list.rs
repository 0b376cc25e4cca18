//! Leads as the team reads them.

use api_types::Page;
use api_types::leads::{
    Lead, LeadAnswer, LeadConsent, LeadFilter, LeadNote, LeadStatus, LeadSubmission, LeadSummary, phone_key,
};
use chrono::{DateTime, Utc};
use serde_json::{Map, Value, json};
use sqlx::types::Json;
use uuid::Uuid;

use crate::db::{Db, TenantTx};
use crate::paging::{ASKED, page, parse_cursor};
use crate::{Error, Result, Scope};

/// A row with the name of its bot.
pub(super) struct Row {
    pub id: Uuid,
    pub bot_id: Option<Uuid>,
    pub bot_name: Option<String>,
    pub conversation_id: Option<Uuid>,
    pub name: Option<String>,
    pub email: Option<String>,
    pub phone: Option<String>,
    pub answers: Json<Vec<LeadAnswer>>,
    pub consent: Option<String>,
    pub consented_at: Option<DateTime<Utc>>,
    pub page_url: Option<String>,
    pub status: String,
    pub submissions: i32,
    pub created_at: DateTime<Utc>,
    pub submitted_at: DateTime<Utc>,
    pub updated_at: DateTime<Utc>,
}

impl Row {
    pub(super) fn status(&self) -> LeadStatus {
        LeadStatus::from_name(&self.status).unwrap_or_default()
    }

    fn consent(&self) -> Option<LeadConsent> {
        let (text, at) = (self.consent.clone()?, self.consented_at?);
        Some(LeadConsent { text, at })
    }
}

impl From<Row> for LeadSummary {
    fn from(row: Row) -> Self {
        Self {
            status: row.status(),
            id: row.id,
            bot_id: row.bot_id,
            bot_name: row.bot_name,
            name: row.name,
            email: row.email,
            phone: row.phone,
            submissions: row.submissions,
            created_at: row.created_at,
            submitted_at: row.submitted_at,
        }
    }
}

/// Reads rows. One row is another statement than a list: Postgres plans them apart.
macro_rules! rows {
    ($tx:expr, $which:literal, $($argument:expr),+) => {
        sqlx::query_as!(
            Row,
            r#"select l.id, l.bot_id, b.name as "bot_name?", l.conversation_id, l.name, l.email, l.phone,
                 l.answers as "answers: Json<Vec<LeadAnswer>>", l.consent, l.consented_at, l.page_url, l.status,
                 l.submissions, l.created_at, l.submitted_at, l.updated_at
               from leads l left join bots b on b.workspace_id = l.workspace_id and b.id = l.bot_id
               where l.workspace_id = $1 and "# + $which,
            $($argument),+
        )
        .fetch_all(&mut **$tx)
        .await?
    };
}

/// Rows, those with the newest details first. `before` is the last row of those that were read.
pub(super) async fn rows(
    tx: &mut TenantTx,
    scope: &Scope,
    filter: &LeadFilter,
    before: Option<(DateTime<Utc>, Uuid)>,
    most: i64,
) -> Result<Vec<Row>> {
    let (before, before_id) = before.unwrap_or((DateTime::<Utc>::MAX_UTC, Uuid::max()));
    let search = filter
        .search
        .as_deref()
        .map(str::trim)
        .filter(|text| !text.is_empty());
    if search.is_some_and(|text| text.contains('\0')) {
        return Ok(Vec::new());
    }
    Ok(rows!(
        tx,
        "($2::uuid is null or l.bot_id = $2)
         and ($3::text is null or l.status = $3)
         and ($4::text is null or strpos(l.search, $4) > 0 or ($5::text is not null and strpos(l.search, $5) > 0))
         and (l.submitted_at, l.id) < ($6, $7)
         order by l.submitted_at desc, l.id desc
         limit $8",
        scope.workspace_id(),
        filter.bot_id,
        filter.status.map(LeadStatus::as_str),
        search.map(str::to_lowercase),
        search.and_then(phone_key),
        before,
        before_id,
        most
    ))
}

/// One row.
pub(super) async fn by_id(tx: &mut TenantTx, scope: &Scope, id: Uuid) -> Result<Option<Row>> {
    Ok(rows!(tx, "l.id = $2", scope.workspace_id(), id).pop())
}

/// Leads that a filter lets through, those who left details last first.
pub async fn list(
    db: &Db,
    scope: &Scope,
    filter: &LeadFilter,
    cursor: Option<&str>,
) -> Result<Page<LeadSummary>> {
    let before = cursor.map(parse_cursor).transpose()?;
    let mut tx = db.searching(scope).await?;
    let rows = rows(&mut tx, scope, filter, before, ASKED).await?;
    Ok(page(
        rows.into_iter().map(LeadSummary::from).collect(),
        |lead: &LeadSummary| (lead.submitted_at, lead.id),
    ))
}

/// One lead with its history and notes.
pub async fn get(db: &Db, scope: &Scope, id: Uuid) -> Result<Lead> {
    let mut tx = db.tenant(scope).await?;
    read(&mut tx, scope, id).await
}

pub(super) async fn read(tx: &mut TenantTx, scope: &Scope, id: Uuid) -> Result<Lead> {
    let row = by_id(tx, scope, id)
        .await?
        .ok_or_else(|| Error::not_found("lead"))?;
    let history = sqlx::query!(
        r#"select id, answers as "answers: Json<Vec<LeadAnswer>>", consent, conversation_id, page_url, created_at
           from lead_submissions where workspace_id = $1 and lead_id = $2 order by created_at desc, id desc limit 50"#,
        scope.workspace_id(),
        id
    )
    .fetch_all(&mut **tx)
    .await?;
    let history = history.into_iter().map(|row| LeadSubmission {
        id: row.id,
        answers: row.answers.0,
        consent: row.consent,
        conversation_id: row.conversation_id,
        page_url: row.page_url,
        created_at: row.created_at,
    });
    let notes = sqlx::query_as!(
        LeadNote,
        r#"select n.id, u.name as "author?", n.content, n.created_at
           from lead_notes n left join users u on u.id = n.author_id
           where n.workspace_id = $1 and n.lead_id = $2 order by n.created_at desc, n.id desc limit 500"#,
        scope.workspace_id(),
        id
    )
    .fetch_all(&mut **tx)
    .await?;
    Ok(Lead {
        answers: row.answers.0.clone(),
        consent: row.consent(),
        conversation_id: row.conversation_id,
        page_url: row.page_url.clone(),
        history: history.collect(),
        notes,
        updated_at: row.updated_at,
        summary: row.into(),
    })
}

/// The lead whose details were left in a conversation.
pub(crate) async fn left_in(tx: &mut TenantTx, scope: &Scope, conversation_id: Uuid) -> Result<Option<Uuid>> {
    let lead_id = sqlx::query_scalar!(
        "select lead_id from lead_submissions where workspace_id = $1 and conversation_id = $2
         order by created_at desc limit 1",
        scope.workspace_id(),
        conversation_id
    )
    .fetch_optional(&mut **tx)
    .await?;
    Ok(lead_id)
}

/// A lead as webhooks are told of it.
pub(super) fn event_data(row: &Row) -> Value {
    let consent = row.consent();
    let answers: Map<String, Value> = row
        .answers
        .0
        .iter()
        .map(|answer| (answer.key.clone(), Value::from(answer.value.clone())))
        .collect();
    json!({
        "lead": {
            "id": row.id,
            "status": row.status(),
            "name": row.name,
            "email": row.email,
            "phone": row.phone,
            "answers": answers,
            "consent": consent,
            "bot_id": row.bot_id,
            "bot_name": row.bot_name,
            "conversation_id": row.conversation_id,
            "page_url": row.page_url,
            "submissions": row.submissions,
            "created_at": row.created_at,
            "submitted_at": row.submitted_at,
        }
    })
}
