//! A visitor leaves their details.

use std::slice;

use api_types::ErrorCode;
use api_types::conversations::Channel;
use api_types::leads::{
    LeadAnswer, LeadFieldKind, LeadForm, SubmitLeadRequest, SubmittedLead, email_key, phone_key,
};
use api_types::live::Topic;
use api_types::validate::is_web_address;
use api_types::visitors::Visitor;
use api_types::webhooks::Event;
use serde_json::json;
use sqlx::types::Json;
use uuid::Uuid;

use super::list::{by_id, event_data};
use crate::bots::LiveBot;
use crate::db::TenantTx;
use crate::{Error, Result, Scope, Services, analytics, chat, webhooks};

/// Submissions of one lead that are kept, the newest.
const KEPT: i64 = 50;

/// What was filled in, checked.
struct Filled {
    answers: Vec<LeadAnswer>,
    name: Option<String>,
    email: Option<String>,
    phone: Option<String>,
    consent: Option<String>,
    page_url: Option<String>,
}

/// Where it was filled in.
struct Place {
    bot_id: Uuid,
    conversation_id: Uuid,
}

/// A lead that there is already.
struct Known {
    id: Uuid,
    answers: Vec<LeadAnswer>,
}

/// Stores what a visitor filled in: a new lead, or more about one that is known. Tells the webhooks.
pub async fn submit(
    services: &Services,
    bot: &LiveBot,
    request: &SubmitLeadRequest,
    channel: Channel,
    visitor: Option<&Visitor>,
) -> Result<SubmittedLead> {
    let form = &bot.content.lead_form;
    if !form.enabled {
        let detail = "This bot does not ask for details. Its owner can switch that on and deploy again.";
        return Err(Error::refused(ErrorCode::NotFound, detail));
    }
    let filled = read(form, request)?;
    let scope = &bot.scope;
    let mut tx = services.db.tenant(scope).await?;
    let metadata = std::collections::BTreeMap::new();
    let session = request.session_id;
    let conversation_id = chat::find_or_begin(&mut tx, bot, session, channel, &metadata, visitor).await?;
    let place = Place {
        bot_id: bot.id,
        conversation_id,
    };
    // One at a time, so that the same person is not made twice.
    sqlx::query!(
        "select pg_advisory_xact_lock(hashtextextended('leads:' || $1, 0))",
        scope.workspace_id().to_string()
    )
    .execute(&mut *tx)
    .await?;
    let known = find(&mut tx, scope, &filled, &place).await?;
    let (lead_id, event) = match known {
        Some(known) => (
            merge(&mut tx, scope, known, &filled, &place).await?,
            Event::LeadUpdated,
        ),
        None => (insert(&mut tx, scope, &filled, &place).await?, Event::LeadCreated),
    };
    keep(&mut tx, scope, lead_id, &filled, &place).await?;
    // Somebody who is known already is no further lead.
    if event == Event::LeadCreated {
        analytics::lead(&mut tx, scope, bot.id, Some(conversation_id), channel.as_str()).await?;
    }
    let row = by_id(&mut tx, scope, lead_id).await?;
    let data = event_data(&row.ok_or_else(|| Error::not_found("lead"))?);
    webhooks::announce(&mut tx, scope, event, lead_id, &data).await?;
    tx.tell(Topic::Lead, lead_id);
    tx.commit().await?;
    Ok(SubmittedLead {
        session_id: conversation_id,
        message: form.thanks.clone(),
    })
}

fn read(form: &LeadForm, request: &SubmitLeadRequest) -> Result<Filled> {
    let page_url = request
        .page_url
        .as_deref()
        .map(str::trim)
        .filter(|url| !url.is_empty());
    if page_url.is_some_and(|url| !is_web_address(url) || url.contains('\0')) {
        return Err(Error::field(
            "page_url",
            "Send a web address of up to 2,048 characters, or none.",
        ));
    }
    let answers = form
        .read(&request.answers, request.consent)
        .map_err(Error::validation)?;
    let owned = |text: Option<&str>| text.map(str::to_owned);
    let name = answers.iter().find(|answer| answer.key == "name");
    let consent = form.consent.trim();
    Ok(Filled {
        name: name.map(|answer| answer.value.clone()),
        email: owned(form.first_of(LeadFieldKind::Email, &answers)),
        phone: owned(form.first_of(LeadFieldKind::Phone, &answers)),
        consent: (request.consent && !consent.is_empty()).then(|| consent.to_owned()),
        page_url: owned(page_url),
        answers,
    })
}

/// Who it is, if they are known: by the e-mail address; else by the phone number, unless somebody with another address has
/// it; else, of somebody who left neither, by the conversation.
async fn find(tx: &mut TenantTx, scope: &Scope, filled: &Filled, place: &Place) -> Result<Option<Known>> {
    let row = sqlx::query!(
        r#"select id, answers as "answers: Json<Vec<LeadAnswer>>" from leads
           where workspace_id = $1
             and (email_key = $2
                  or (phone_key = $3 and (email_key is null or $2::text is null))
                  or (conversation_id = $4 and email_key is null and phone_key is null
                      and $2::text is null and $3::text is null))
           order by (email_key is not distinct from $2 and $2::text is not null) desc, submitted_at desc
           limit 1"#,
        scope.workspace_id(),
        filled.email.as_deref().and_then(email_key),
        filled.phone.as_deref().and_then(phone_key),
        place.conversation_id
    )
    .fetch_optional(&mut **tx)
    .await?;
    Ok(row.map(|row| Known {
        id: row.id,
        answers: row.answers.0,
    }))
}

async fn insert(tx: &mut TenantTx, scope: &Scope, filled: &Filled, place: &Place) -> Result<Uuid> {
    let id = Uuid::now_v7();
    sqlx::query!(
        "insert into leads (workspace_id, id, bot_id, conversation_id, name, email, phone, email_key, phone_key, answers,
             search, consent, consented_at, page_url)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, case when $12::text is not null then now() end, $13)",
        scope.workspace_id(),
        id,
        place.bot_id,
        place.conversation_id,
        filled.name,
        filled.email,
        filled.phone,
        filled.email.as_deref().and_then(email_key),
        filled.phone.as_deref().and_then(phone_key),
        json!(filled.answers),
        searchable(&filled.answers),
        filled.consent,
        filled.page_url
    )
    .execute(&mut **tx)
    .await?;
    Ok(id)
}

/// Newer answers win; what was not answered this time stays.
async fn merge(
    tx: &mut TenantTx,
    scope: &Scope,
    known: Known,
    filled: &Filled,
    place: &Place,
) -> Result<Uuid> {
    let mut answers = known.answers;
    for answer in &filled.answers {
        match answers.iter_mut().find(|before| before.key == answer.key) {
            Some(before) => before.clone_from(answer),
            None => answers.extend_from_slice(slice::from_ref(answer)),
        }
    }
    sqlx::query!(
        "update leads set bot_id = $3, conversation_id = $4, name = coalesce($5, name), email = coalesce($6, email),
             phone = coalesce($7, phone), email_key = coalesce($8, email_key), phone_key = coalesce($9, phone_key),
             answers = $10, search = $11, consent = coalesce($12, consent),
             consented_at = case when $12::text is not null then now() else consented_at end,
             page_url = coalesce($13, page_url), submissions = submissions + 1, submitted_at = now(), updated_at = now()
         where workspace_id = $1 and id = $2",
        scope.workspace_id(),
        known.id,
        place.bot_id,
        place.conversation_id,
        filled.name,
        filled.email,
        filled.phone,
        filled.email.as_deref().and_then(email_key),
        filled.phone.as_deref().and_then(phone_key),
        json!(answers),
        searchable(&answers),
        filled.consent,
        filled.page_url
    )
    .execute(&mut **tx)
    .await?;
    Ok(known.id)
}

/// Keeps the submission as it was, and no more than the newest of a lead: anybody can send some.
async fn keep(tx: &mut TenantTx, scope: &Scope, lead_id: Uuid, filled: &Filled, place: &Place) -> Result<()> {
    sqlx::query!(
        "insert into lead_submissions (workspace_id, id, lead_id, bot_id, conversation_id, answers, consent, page_url)
         values ($1, $2, $3, $4, $5, $6, $7, $8)",
        scope.workspace_id(),
        Uuid::now_v7(),
        lead_id,
        place.bot_id,
        place.conversation_id,
        json!(filled.answers),
        filled.consent,
        filled.page_url
    )
    .execute(&mut **tx)
    .await?;
    sqlx::query!(
        "delete from lead_submissions where workspace_id = $1 and lead_id = $2 and id not in (
             select id from lead_submissions where workspace_id = $1 and lead_id = $2
             order by created_at desc, id desc limit $3)",
        scope.workspace_id(),
        lead_id,
        KEPT
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// All answers in lower case, a line each; numbers as they are compared, too.
fn searchable(answers: &[LeadAnswer]) -> String {
    let mut text = String::new();
    for answer in answers {
        text.push_str(&answer.value.to_lowercase());
        text.push('\n');
        if let Some(key) = phone_key(&answer.value) {
            text.push_str(&key);
            text.push('\n');
        }
    }
    text
}
