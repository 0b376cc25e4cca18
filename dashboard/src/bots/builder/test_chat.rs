//! A live test of the draft: the real engine, nothing kept.

use api_types::client::{self, ClientError};
use api_types::drafts::TestDraftRequest;
use api_types::leads::LeadTiming;
use api_types::validate;
use futures::{StreamExt, pin_mut};
use leptos::html;
use leptos::prelude::*;
use leptos::task::spawn_local;
use web_sys::AbortController;

use super::Builder;
use super::lead_preview::LeadPreview;
use super::turn::{Progress, Turn};
use crate::chat::{Answer, PassageDialog, Question, events};
use crate::session::{Session, use_session};
use crate::ui::button::{Button, IconButton};
use crate::ui::icon::{self, Icon};
use crate::ui::params::asks_for;

/// The server takes this many earlier turns at most.
const HISTORY: usize = 20;

/// The test of a draft. A handle.
#[derive(Clone, Copy)]
struct Test {
    builder: Builder,
    session: Session,
    turns: RwSignal<Vec<Turn>>,
    message: RwSignal<String>,
    next_id: StoredValue<usize>,
    abort: StoredValue<Option<AbortController>, LocalStorage>,
}

impl Test {
    fn is_busy(self) -> bool {
        self.turns.with(|turns| turns.last().is_some_and(Turn::is_open))
    }

    fn ask(self, question: String) {
        spawn_local(self.ask_now(question));
    }

    /// Asks one question after the other, until the person takes over.
    fn ask_all(self, questions: Vec<String>) {
        spawn_local(async move {
            for (i, question) in questions.into_iter().enumerate() {
                let is_undisturbed = self.turns.try_with_untracked(|turns| turns.len() == i);
                if is_undisturbed != Some(true) {
                    return;
                }
                self.ask_now(question).await;
            }
        });
    }

    async fn ask_now(self, question: String) {
        if untrack(|| self.is_busy()) || validate::message("message", &question).is_err() {
            return;
        }
        let Ok(abort) = AbortController::new() else { return };
        let history = self.history();
        let id = self.next_id.get_value();
        self.next_id.set_value(id + 1);
        let turn = Turn::new(id, question.clone());
        self.turns.update(|turns| turns.push(turn.clone()));
        self.abort.set_value(Some(abort.clone()));
        let request = TestDraftRequest {
            message: question,
            history,
        };
        let result = self.answer(&turn, &request, &abort).await;
        if abort.signal().aborted() {
            turn.progress.set(Progress::Stopped);
        } else if let Err(error) = result {
            turn.progress.set(Progress::Failed(crate::i18n::explain(&error)));
        } else if untrack(|| turn.is_open()) {
            turn.progress.set(Progress::Failed(
                tr!("The answer broke off. Ask again.").to_owned(),
            ));
        }
    }

    async fn answer(
        self,
        turn: &Turn,
        request: &TestDraftRequest,
        abort: &AbortController,
    ) -> Result<(), ClientError> {
        // The server tests the draft that it has.
        self.builder.draft.save_now().await?;
        let call = client::bot_drafts::test(self.builder.draft.id(), request);
        let response = self.session.open(&call, &abort.signal()).await?;
        let Some(events) = events(&response) else {
            return Err(ClientError::Network);
        };
        pin_mut!(events);
        while let Some(event) = events.next().await {
            let event = event.map_err(|_| ClientError::Network)?;
            let is_last = event.is_last();
            turn.take(event);
            if is_last {
                break;
            }
        }
        Ok(())
    }

    fn history(self) -> Vec<api_types::drafts::TestTurn> {
        let mut history: Vec<_> = self
            .turns
            .with_untracked(|turns| turns.iter().flat_map(Turn::history).collect());
        history.drain(..history.len().saturating_sub(HISTORY));
        history
    }

    fn stop(self) {
        if let Some(abort) = self.abort.try_update_value(Option::take).flatten() {
            abort.abort();
        }
    }

    fn reset(self) {
        self.stop();
        self.turns.set(Vec::new());
    }

    fn send(self) {
        let question = self.message.get_untracked().trim().to_owned();
        if question.is_empty() || untrack(|| self.is_busy()) {
            return;
        }
        self.message.set(String::new());
        self.ask(question);
    }
}

/// The panel.
#[component]
pub fn TestChat(builder: Builder) -> impl IntoView {
    let test = Test {
        builder,
        session: use_session(),
        turns: RwSignal::new(Vec::new()),
        message: RwSignal::new(String::new()),
        next_id: StoredValue::new(0),
        abort: StoredValue::new_local(None),
    };
    on_cleanup(move || test.stop());
    begin(test);
    let passage = RwSignal::new(None);
    let log = NodeRef::<html::Div>::new();
    follow(test, log);
    let is_empty = move || test.turns.with(Vec::is_empty);

    view! {
        <section
            class="panel flex h-[calc(100dvh-15rem)] min-h-80 flex-col lg:h-[calc(100dvh-14rem)] lg:group-has-data-banner/frame:h-[calc(100dvh-16.5rem)]"
            aria-label=tr!("Test the draft")
        >
            <header class="flex items-center justify-between gap-2 border-b border-base-300 py-2 ps-4 pe-2">
                <div>
                    <h2 class="font-semibold">{tr!("Test the draft")}</h2>
                    <p class="muted text-xs">{tr!("As visitors would see it. Nothing is kept.")}</p>
                </div>
                <IconButton
                    icon=icon::ROTATE_CCW
                    label=tr!("Start over")
                    disabled=Signal::derive(is_empty)
                    on_click=move || test.reset()
                />
            </header>
            <div
                node_ref=log
                class="flex min-h-0 grow flex-col gap-3 overflow-y-auto p-4"
                role="log"
                aria-label=tr!("Test conversation")
                tabindex="0"
            >
                <Opening test=test />
                <For
                    each=move || test.turns.get()
                    key=|turn| turn.id
                    children=move |turn| view! { <TurnView turn=turn test=test passage=passage /> }
                />
            </div>
            <Composer test=test />
        </section>
        <PassageDialog passage=passage />
    }
}

/// Asks what the bot offers to be asked, when the address says `ask`: so that a new bot shows at once what it can do.
fn begin(test: Test) {
    if !asks_for("ask") {
        return;
    }
    let content = test.builder.draft.content;
    test.ask_all(content.with_untracked(|content| content.suggested_questions.clone()));
}

/// Keeps the newest text in sight.
fn follow(test: Test, log: NodeRef<html::Div>) {
    Effect::new(move |_| {
        let last = test.turns.with(|turns| turns.last().cloned());
        if let Some(turn) = last {
            turn.answer.track();
            turn.progress.track();
        }
        if let Some(log) = log.get() {
            // After the new text is laid out.
            request_animation_frame(move || log.set_scroll_top(log.scroll_height()));
        }
    });
}

/// Greeting and suggested questions, before the first message.
#[component]
fn Opening(test: Test) -> impl IntoView {
    let greeting = test.builder.part(|content| content.greeting.trim().to_owned());
    let questions = test.builder.part(|content| content.suggested_questions.clone());
    let comes_first = test
        .builder
        .part(|content| content.lead_form.enabled && content.lead_form.timing == LeadTiming::BeforeChat);
    let asked = move || !test.turns.with(Vec::is_empty);
    view! {
        <Show when=move || !greeting.with(String::is_empty)>
            <p
                class="max-w-[92%] self-start rounded-box border border-base-300 bg-base-200 px-3 py-2 whitespace-pre-wrap"
                dir="auto"
            >
                {move || greeting.get()}
            </p>
        </Show>
        <Show when=move || comes_first.get()>
            <FormHere test=test />
        </Show>
        <Show when=move || !asked()>
            {move || view! { <Suggestions test=test questions=questions.get() /> }}
        </Show>
    }
}

/// The lead form, where visitors see it.
#[component]
fn FormHere(test: Test) -> impl IntoView {
    view! {
        <div class="max-w-[92%] self-start">
            <p class="muted mb-1 text-xs">{tr!("Visitors who have not left their details are asked here.")}</p>
            <LeadPreview builder=test.builder />
        </div>
    }
}

/// Questions to ask with one click.
#[component]
fn Suggestions(test: Test, questions: Vec<String>) -> impl IntoView {
    let chip = move |question: String| {
        let text = question.clone();
        view! {
            <button
                type="button"
                class="max-w-full cursor-pointer rounded-box border border-primary/50 px-3 py-1.5 text-start text-primary wrap-anywhere hover:bg-primary/10"
                dir="auto"
                on:click=move |_| test.ask(question.clone())
            >
                {text}
            </button>
        }
    };
    let questions = questions
        .into_iter()
        .filter(|question| !question.trim().is_empty());
    view! { <div class="flex flex-wrap justify-end gap-2 empty:hidden">{questions.map(chip).collect_view()}</div> }
}

#[component]
fn TurnView(turn: Turn, test: Test, passage: RwSignal<Option<api_types::chat::Source>>) -> impl IntoView {
    let id = turn.id;
    let is_last = move || {
        test.turns
            .with(|turns| turns.last().is_some_and(|turn| turn.id == id))
    };
    let Turn {
        question,
        answer,
        found,
        cited,
        degraded,
        progress,
        ..
    } = turn;
    let retry = question.clone();
    let answer: RwSignal<String> = answer.into();
    let progress: RwSignal<Progress> = progress.into();
    let degraded: RwSignal<bool> = degraded.into();
    let has_text = move || !answer.with(String::is_empty);
    let end = move || {
        match progress.get() {
        Progress::Waiting => view! {
            <span class="loading loading-dots loading-sm muted" role="status" aria-label=tr!("Searching")></span>
        }
        .into_any(),
        Progress::Writing => ().into_any(),
        Progress::Stopped => view! { <p class="muted text-xs">{tr!("Stopped.")}</p> }.into_any(),
        Progress::Failed(error) => {
            let retry = retry.clone();
            view! {
                <div role="alert" class="flex flex-col items-start gap-2">
                    <p class="flex gap-2 text-error">
                        <Icon glyph=icon::TRIANGLE_ALERT class="mt-0.5 size-4" />
                        <span class="min-w-0">{error}</span>
                    </p>
                    <Button small=true on_click=move || test.ask(retry.clone())>
                        {tr!("Ask again")}
                    </Button>
                </div>
            }
            .into_any()
        }
        Progress::Done {
            answered,
            suggestions,
            offers_lead_form,
        } => view! {
            <Show when=move || !answered>
                <p class="muted text-xs">{tr!("No answer in the knowledge. Asked by a visitor, this would be listed as a gap.")}</p>
            </Show>
            <Show when=move || offers_lead_form && is_last()>
                <FormHere test=test />
            </Show>
            <Show when=is_last>
                <Suggestions test=test questions=suggestions.clone() />
            </Show>
        }
        .into_any(),
    }
    };
    view! {
        <Question text=question />
        <Show when=has_text>
            <Answer text=answer sources=RwSignal::from(found.clone()) cited=RwSignal::from(cited.clone()) open=passage />
        </Show>
        <Show when=move || degraded.get()>
            <p class="muted text-xs">{tr!("Part of the search was away: only words were compared.")}</p>
        </Show>
        {end}
    }
}

#[component]
fn Composer(test: Test) -> impl IntoView {
    let length = Memo::new(move |_| test.message.with(|message| message.chars().count()));
    let too_long = move || length.get() > validate::MAX_MESSAGE_CHARS;
    let can_send = move || !test.message.with(|message| message.trim().is_empty()) && !too_long();
    let on_key = move |event: web_sys::KeyboardEvent| {
        // While an input method composes, Enter accepts its suggestion.
        if event.key() == "Enter" && !event.shift_key() && !event.is_composing() {
            event.prevent_default();
            if untrack(can_send) {
                test.send();
            }
        }
    };
    view! {
        <form
            class="border-t border-base-300 p-3"
            on:submit=move |event| {
                event.prevent_default();
                if untrack(can_send) {
                    test.send();
                }
            }
        >
            <div class="flex items-end gap-2">
                <textarea
                    class="textarea min-h-10 w-full resize-none leading-normal [field-sizing:content] max-h-40"
                    rows="1"
                    dir="auto"
                    aria-label=tr!("Message")
                    placeholder=tr!("Ask something")
                    prop:value=move || test.message.get()
                    on:input=move |event| test.message.set(event_target_value(&event))
                    on:keydown=on_key
                ></textarea>
                {move || {
                    if test.is_busy() {
                        view! {
                            <button
                                type="button"
                                class="btn btn-square border-base-300 bg-base-100"
                                aria-label=tr!("Stop")
                                title=tr!("Stop")
                                on:click=move |_| test.stop()
                            >
                                <Icon glyph=icon::SQUARE />
                            </button>
                        }
                            .into_any()
                    } else {
                        view! {
                            <button
                                type="submit"
                                class="btn btn-primary btn-square"
                                aria-label=tr!("Send")
                                title=tr!("Send")
                                disabled=move || !can_send()
                            >
                                <Icon glyph=icon::SEND />
                            </button>
                        }
                            .into_any()
                    }
                }}
            </div>
            <Show when=too_long>
                <p class="mt-1 text-error" role="alert">
                    {move || tr!("Use at most 4,000 characters; this has {}.", length.get())}
                </p>
            </Show>
        </form>
    }
}
