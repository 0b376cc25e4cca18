//! What the team does: take over, assign, reply, give back, close.

use api_types::ErrorCode;
use api_types::conversations::Channel;
use api_types::inbox::{Colleague, ConversationState, InboxConversation, MAX_REPLY_CHARS, ReplyRequest};
use api_types::live::LiveEvent;
use api_types::tenancy::Role;
use api_types::validate::Checker;
use api_types::webhooks::Event;
use serde_json::json;
use uuid::Uuid;

use super::events::{self, Locked};
use super::read;
use crate::db::TenantTx;
use crate::tenancy::members;
use crate::{Error, Result, Scope, Services, analytics, live, webhooks};

/// Takes a conversation over from the bot, or `from` a colleague who has it. Of many who try at once, one gets it.
pub async fn take(
    services: &Services,
    scope: &Scope,
    id: Uuid,
    from: Option<Uuid>,
) -> Result<InboxConversation> {
    let user_id = person(scope)?;
    let mut tx = services.db.tenant(scope).await?;
    let found = events::lock(&mut tx, scope, id).await?;
    if from.is_some() && (found.state != ConversationState::Human || found.assignee_id != from) {
        return Err(taken(&mut tx, found.assignee_id).await?);
    }
    let is_new = take_locked(&mut tx, scope, id, &found, user_id, from.is_some()).await?;
    done(services, scope, id, tx, is_new).await
}

/// Answers in the bot's place. Whoever answers has the conversation.
pub async fn reply(
    services: &Services,
    scope: &Scope,
    id: Uuid,
    request: &ReplyRequest,
) -> Result<InboxConversation> {
    let user_id = person(scope)?;
    let mut check = Checker::default();
    check.length("content", &request.content, 1, MAX_REPLY_CHARS);
    check.require(
        !request.content.contains('\0'),
        "content",
        "Text can't hold NUL characters.",
    );
    if let Some(key) = &request.key {
        check.length("key", key, 1, 64);
    }
    check.finish().map_err(Error::validation)?;
    let mut tx = services.db.tenant(scope).await?;
    let found = events::lock(&mut tx, scope, id).await?;
    if let Some(key) = &request.key
        && is_said(&mut tx, scope, id, key).await?
    {
        return read::read(&mut tx, scope, id).await;
    }
    let is_new = take_locked(&mut tx, scope, id, &found, user_id, false).await?;
    let message_id = Uuid::now_v7();
    sqlx::query!(
        "with counted as (
             update conversations set message_count = message_count + 1, last_message_at = now(), team_read_id = $2
             where workspace_id = $1 and id = $3)
         insert into messages (workspace_id, id, conversation_id, role, content, is_by_person, author_id, reply_key)
         values ($1, $2, $3, 'assistant', $4, true, $5, $6)",
        scope.workspace_id(),
        message_id,
        id,
        request.content.trim(),
        user_id,
        request.key.as_deref()
    )
    .execute(&mut *tx)
    .await?;
    events::record(&mut tx, scope, id, "message", Some(message_id)).await?;
    done(services, scope, id, tx, is_new).await
}

/// Lets the bot answer again.
pub async fn give_back(services: &Services, scope: &Scope, id: Uuid) -> Result<InboxConversation> {
    person(scope)?;
    let mut tx = services.db.tenant(scope).await?;
    let found = events::lock(&mut tx, scope, id).await?;
    if found.state != ConversationState::Bot {
        set_state(&mut tx, scope, id, ConversationState::Bot).await?;
        events::record(&mut tx, scope, id, "given_back", None).await?;
    }
    done(services, scope, id, tx, false).await
}

/// Closes a conversation. Should the visitor write again, the bot answers.
pub async fn close(services: &Services, scope: &Scope, id: Uuid) -> Result<InboxConversation> {
    person(scope)?;
    let mut tx = services.db.tenant(scope).await?;
    let found = events::lock(&mut tx, scope, id).await?;
    if found.state == ConversationState::Closed {
        return read::read(&mut tx, scope, id).await;
    }
    set_state(&mut tx, scope, id, ConversationState::Closed).await?;
    events::record(&mut tx, scope, id, "closed", None).await?;
    let data = json!({ "conversation": {
        "id": id,
        "bot_id": found.bot_id,
        "state": ConversationState::Closed,
        "closed_by": scope.user_id(),
    } });
    webhooks::announce_conversation(&mut tx, scope, Event::ConversationClosed, id, &data).await?;
    // Last, as it locks the sums until the end.
    analytics::hand_off_step(&mut tx, scope, id, "hand_off_closed").await?;
    done(services, scope, id, tx, false).await
}

/// Gives a conversation to somebody who may answer, or to nobody.
pub async fn assign(
    services: &Services,
    scope: &Scope,
    id: Uuid,
    user_id: Option<Uuid>,
) -> Result<InboxConversation> {
    person(scope)?;
    let mut tx = services.db.tenant(scope).await?;
    let found = events::lock(&mut tx, scope, id).await?;
    if let Some(user_id) = user_id {
        let members = members::list(&services.db, scope).await?;
        let may_answer = members
            .iter()
            .any(|member| member.user_id == user_id && !member.is_suspended && member.role >= Role::Editor);
        if !may_answer {
            let message = "Choose somebody of this workspace who may answer: an editor, admin or owner.";
            return Err(Error::field("user_id", message));
        }
    }
    if found.assignee_id != user_id {
        // Whom nobody has, waits.
        sqlx::query!(
            "update conversations set assignee_id = $3,
                 state = case when state = 'human' and $3::uuid is null then 'waiting' else state end,
                 waiting_since = case when state = 'human' and $3::uuid is null then now() else waiting_since end
             where workspace_id = $1 and id = $2",
            scope.workspace_id(),
            id,
            user_id
        )
        .execute(&mut *tx)
        .await?;
        events::record(&mut tx, scope, id, "assigned", None).await?;
    }
    done(services, scope, id, tx, false).await
}

/// Says that everything in a conversation was read.
pub async fn mark_read(services: &Services, scope: &Scope, id: Uuid) -> Result<()> {
    person(scope)?;
    let mut tx = services.db.tenant(scope).await?;
    let read_id = sqlx::query_scalar!(
        r#"update conversations c set team_read_id = greatest(c.team_read_id, n.id)
           from (select m.id from messages m where m.workspace_id = $1 and m.conversation_id = $2
                   and m.id >= (select first_id(created_at) from conversations where workspace_id = $1 and id = $2)
                 order by m.id desc limit 1) n
           where c.workspace_id = $1 and c.id = $2
           returning c.team_read_id"#,
        scope.workspace_id(),
        id
    )
    .fetch_optional(&mut *tx)
    .await?;
    let Some(read_id) = read_id.flatten() else {
        // Nothing was said yet, or there is none.
        events::lock(&mut tx, scope, id).await?;
        return Ok(());
    };
    tx.commit().await?;
    let event = LiveEvent::Read {
        conversation_id: id,
        read_id,
        by_visitor: false,
    };
    live::tell(services, scope, &event).await;
    Ok(())
}

/// Says that somebody of the team is typing.
pub async fn typing(services: &Services, scope: &Scope, id: Uuid) -> Result<()> {
    let user_id = person(scope)?;
    let mut tx = services.db.tenant(scope).await?;
    let name = sqlx::query_scalar!(
        "select u.name from conversations c join users u on u.id = $3 where c.workspace_id = $1 and c.id = $2",
        scope.workspace_id(),
        id,
        user_id
    )
    .fetch_optional(&mut *tx)
    .await?
    .ok_or_else(|| Error::not_found("conversation"))?;
    drop(tx);
    let event = LiveEvent::Typing {
        conversation_id: id,
        name: Some(name),
    };
    live::tell(services, scope, &event).await;
    Ok(())
}

/// The person who acts; programs have no name that a visitor could be shown.
fn person(scope: &Scope) -> Result<Uuid> {
    scope.require(Role::Editor)?;
    let detail = "This is for people: sign in.";
    let person = scope.user_id();
    person.ok_or_else(|| Error::refused(ErrorCode::Forbidden, detail))
}

/// Answers whether it is the person's from now on, and was not before.
async fn take_locked(
    tx: &mut TenantTx,
    scope: &Scope,
    id: Uuid,
    found: &Locked,
    user_id: Uuid,
    from_colleague: bool,
) -> Result<bool> {
    if found.channel == Channel::Openai.as_str() {
        let detail = "This conversation is a program's, which would not see what a person writes.";
        return Err(Error::refused(ErrorCode::InUse, detail));
    }
    if found.state == ConversationState::Human && found.assignee_id == Some(user_id) {
        return Ok(false);
    }
    let is_others = found.state == ConversationState::Human && found.assignee_id.is_some();
    if is_others && !from_colleague {
        return Err(taken(tx, found.assignee_id).await?);
    }
    sqlx::query!(
        "update conversations set state = 'human', assignee_id = $3, waiting_since = null,
             handed_off_at = coalesce(handed_off_at, now())
         where workspace_id = $1 and id = $2",
        scope.workspace_id(),
        id,
        user_id
    )
    .execute(&mut **tx)
    .await?;
    events::record(tx, scope, id, "taken", None).await?;
    Ok(true)
}

/// Somebody else has it: who.
async fn taken(tx: &mut TenantTx, by: Option<Uuid>) -> Result<Error> {
    let colleague = sqlx::query_as!(
        Colleague,
        "select id as user_id, name from users where id = $1",
        by
    )
    .fetch_optional(&mut **tx)
    .await?;
    let name = colleague.as_ref().map_or("Nobody", |colleague| &colleague.name);
    let detail = format!("{name} has this conversation now. Nothing was changed.");
    Ok(Error::with_current(
        ErrorCode::AlreadyTaken,
        detail,
        json!(colleague),
    ))
}

async fn is_said(tx: &mut TenantTx, scope: &Scope, id: Uuid, key: &str) -> Result<bool> {
    let is_said = sqlx::query_scalar!(
        r#"select exists(select from messages where workspace_id = $1 and conversation_id = $2 and reply_key = $3
             and id >= (select first_id(created_at) from conversations where workspace_id = $1 and id = $2))
           as "is_said!""#,
        scope.workspace_id(),
        id,
        key
    )
    .fetch_one(&mut **tx)
    .await?;
    Ok(is_said)
}

async fn set_state(tx: &mut TenantTx, scope: &Scope, id: Uuid, state: ConversationState) -> Result<()> {
    sqlx::query!(
        "update conversations set state = $3, waiting_since = null,
             assignee_id = case when $3 = 'closed' then assignee_id end
         where workspace_id = $1 and id = $2",
        scope.workspace_id(),
        id,
        state.as_str()
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// Commits, tells everybody, and answers how it is now.
async fn done(
    services: &Services,
    scope: &Scope,
    id: Uuid,
    mut tx: TenantTx,
    is_taken: bool,
) -> Result<InboxConversation> {
    let now = read::read(&mut tx, scope, id).await?;
    if is_taken {
        // Last, as it locks the sums until the end.
        analytics::hand_off(&mut tx, scope, id).await?;
    }
    tx.commit().await?;
    super::changed(services, scope, id).await;
    Ok(now)
}
