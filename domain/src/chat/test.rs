//! A test turn on a draft: the real engine, nothing stored.

use std::collections::BTreeMap;
use std::sync::Arc;

use api_types::bots::ChatbotContent;
use api_types::chat::{ChatEvent, MessageRole};
use api_types::drafts::TestDraftRequest;
use api_types::validate;
use futures::channel::mpsc;
use uuid::Uuid;

use super::engine::{self, Question};
use super::turn::{Audience, error_event};
use super::{Events, Ground, NumberedEvent, Turn};
use crate::{Error, Result, Scope, Services, drafts, leads};

/// Earlier turns taken along.
const HISTORY: usize = 20;

/// Takes one turn with the draft as it was last saved.
pub async fn test_draft(
    services: Arc<Services>,
    scope: Scope,
    draft_id: Uuid,
    request: TestDraftRequest,
) -> Result<Events> {
    validate::message("message", &request.message).map_err(Error::validation)?;
    if request.history.len() > HISTORY {
        return Err(Error::field("history", "Send at most the last 20 turns."));
    }
    let draft = drafts::get::<ChatbotContent>(&services.drafts, &scope, draft_id).await?;
    let history: Vec<Turn> = request
        .history
        .into_iter()
        .map(|turn| Turn {
            role: turn.role,
            content: turn.content.chars().take(validate::MAX_MESSAGE_CHARS).collect(),
        })
        .collect();

    let (sender, receiver) = mpsc::unbounded();
    let under_way = services.under_way.clone();
    under_way.spawn(async move {
        let mut n = 0;
        let mut emit = |event| {
            n += 1;
            let _ = sender.unbounded_send(NumberedEvent { n, event });
        };
        let message_id = Uuid::now_v7();
        emit(ChatEvent::Start {
            session_id: Uuid::nil(),
            message_id,
        });
        let asked = history.iter().filter(|turn| turn.role == MessageRole::User);
        let offers_lead_form = leads::is_time(
            &draft.content.lead_form,
            request.message.trim(),
            asked.count() + 1,
        );
        let ground = match Ground::read(services.db.pool(), &scope, &draft.content).await {
            Ok(ground) => ground,
            Err(error) => return emit(error_event(&error, Audience::Team)),
        };
        let question = Question {
            scope: &scope,
            content: &draft.content,
            history: &history,
            text: request.message.trim(),
            variables: &BTreeMap::new(),
            metadata: &BTreeMap::new(),
            files: &[],
            ground: &ground,
            live: None,
        };
        let answered = tokio::select! {
            answered = engine::answer(&services, question, &mut emit) => answered,
            error = services.under_way.cut() => Err(error),
        };
        let last = match answered {
            Ok(answer) => ChatEvent::Done {
                message_id,
                sources: answer.cited,
                answered: answer.answered,
                usage: answer.usage,
                suggestions: Vec::new(),
                offers_lead_form,
            },
            Err(error) => error_event(&error, Audience::Team),
        };
        emit(last);
    });
    Ok(receiver)
}
