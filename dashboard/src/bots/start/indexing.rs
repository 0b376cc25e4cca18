//! The knowledge base is indexed; then the bot is given it, with questions that it can answer.

use api_types::client::{self, ClientError};
use api_types::drafts::SaveChatbotDraftRequest;
use api_types::kb::KnowledgeBase;
use api_types::live::Topic;
use leptos::prelude::*;
use leptos::task::spawn_local;
use uuid::Uuid;

use super::use_go;
use crate::kb::ProgressLine;
use crate::live::follow_while;
use crate::session::{Session, use_session};
use crate::ui::alert::ErrorAlert;
use crate::ui::button::{Button, ButtonLink, Variant};
use crate::ui::load::{load, loaded, rows};
use crate::ui::page::Section;

/// How far it is, until the bot can be tried.
#[component]
pub fn Indexing(bot: Uuid, base: Uuid) -> impl IntoView {
    let session = use_session();
    let go = use_go();
    let found = load(move || client::kb::get(base));
    let is_it = move |what, id| what == Topic::KnowledgeBase && id == base;
    follow_while(found, is_it, |base: &KnowledgeBase| base.progress.in_progress());
    let error = RwSignal::new(None::<String>);
    let is_going = RwSignal::new(false);
    let finish = move || {
        if is_going.get_untracked() {
            return;
        }
        is_going.set(true);
        error.set(None);
        spawn_local(async move {
            match hand_over(session, bot, base).await {
                Ok(()) => go(format!("/bots/draft/{bot}?ask")),
                Err(problem) => {
                    error.try_set(Some(crate::i18n::explain(&problem)));
                    is_going.try_set(false);
                }
            }
        });
    };
    let is_indexed = Memo::new(move |_| found.get().is_some_and(|base| !base.progress.in_progress()));
    Effect::new(move |_| {
        if is_indexed.get() {
            finish();
        }
    });
    loaded(found, rows, move |base| {
        let progress = Memo::new(move |_| base.with(|base| base.progress));
        view! {
            <Section title=tr!("Learning it") subtitle=tr!("Then you can try the bot: it is asked three questions from your own pages.")>
                <div class="flex flex-col gap-3">
                    <ProgressLine progress=progress />
                    <ErrorAlert message=error />
                    <div class="flex flex-wrap justify-end gap-2">
                        <Show
                            when=move || error.with(Option::is_some)
                            fallback=move || {
                                view! {
                                    <Button busy=is_going on_click=finish>
                                        {tr!("Don't wait")}
                                    </Button>
                                }
                            }
                        >
                            <ButtonLink href="/bots">{tr!("Back to the bots")}</ButtonLink>
                            <Button variant=Variant::Primary on_click=finish>
                                {tr!("Try again")}
                            </Button>
                        </Show>
                    </div>
                </div>
            </Section>
        }
    })
}

/// Gives the bot's draft the knowledge base and questions to offer.
async fn hand_over(session: Session, bot: Uuid, base: Uuid) -> Result<(), ClientError> {
    let suggested = session.send(&client::kb::questions(base)).await?;
    let draft = session.send(&client::bot_drafts::get(bot)).await?;
    let mut content = draft.content;
    if !content.knowledge_base_ids.contains(&base) {
        content.knowledge_base_ids.push(base);
    }
    if content.suggested_questions.is_empty() {
        content.suggested_questions = suggested.questions;
    }
    let save = SaveChatbotDraftRequest {
        version: draft.version,
        content,
    };
    session.send(&client::bot_drafts::save(bot, &save)).await?;
    Ok(())
}
