//! "Improve answer": the answer is written in place, into a knowledge base and, if wanted, into a test set.

use api_types::client;
use api_types::gaps::{GapGroup, ImproveAnswerRequest};
use api_types::kb::KnowledgeBase;
use api_types::test_sets::TestSet;
use api_types::validate::Checker;
use leptos::prelude::*;
use leptos::task::spawn_local;
use uuid::Uuid;

use crate::session::use_session;
use crate::ui::button::{Button, ButtonLink, Submit};
use crate::ui::dialog::Dialog;
use crate::ui::field::{SelectField, TextArea, TextField};
use crate::ui::form::{Form, FormBody};
use crate::ui::icon;
use crate::ui::load::{load, loaded, rows};
use crate::ui::toast::use_toasts;

/// Opens for a group of questions.
#[component]
pub fn ImproveDialog(
    /// The group.
    improving: RwSignal<Option<GapGroup>>,
    /// What is done then.
    on_improved: impl Fn() + Copy + Send + Sync + 'static,
) -> impl IntoView {
    let open = RwSignal::new(false);
    let typed = RwSignal::new(String::new());
    let unsaved = Signal::derive(move || typed.with(|typed| !typed.trim().is_empty()));
    Effect::new(move |_| {
        if improving.with(Option::is_some) {
            typed.set(String::new());
            open.set(true);
        }
    });
    Effect::new(move |_| {
        if !open.get() {
            improving.set(None);
        }
    });
    view! {
        <Dialog open=open title=tr!("Improve answer") wide=true unsaved=unsaved>
            {move || {
                improving
                    .get_untracked()
                    .map(|group| {
                        let group = StoredValue::new(group);
                        let bases = load(client::kb::list);
                        loaded(
                            bases,
                            rows,
                            move |bases| {
                                let bases = bases.get_untracked();
                                if bases.is_empty() {
                                    return view! { <NoBase /> }.into_any();
                                }
                                let group = group.get_value();
                                view! {
                                    <ImproveForm open=open group=group bases=bases answer=typed on_improved=on_improved />
                                }
                                    .into_any()
                            },
                        )
                    })
            }}
        </Dialog>
    }
}

#[component]
fn NoBase() -> impl IntoView {
    view! {
        <div class="flex flex-col items-start gap-3">
            <p>{tr!("There is no knowledge base yet that the answer could be written into. Make one, and let the bot use it.")}</p>
            <ButtonLink href="/knowledge" icon=icon::BOOK_OPEN>
                {tr!("Go to Knowledge")}
            </ButtonLink>
        </div>
    }
}

#[component]
fn ImproveForm(
    open: RwSignal<bool>,
    group: GapGroup,
    bases: Vec<KnowledgeBase>,
    answer: RwSignal<String>,
    on_improved: impl Fn() + Copy + Send + Sync + 'static,
) -> impl IntoView {
    let session = use_session();
    let toasts = use_toasts();
    let id = group.id;
    let question = RwSignal::new(group.question.split_whitespace().collect::<Vec<_>>().join(" "));
    // One that the bot uses, if there is one.
    let used = bases.iter().find(|base| base.used_by.contains(&group.bot_name));
    let base = used
        .or(bases.first())
        .map(|base| base.id.to_string())
        .unwrap_or_default();
    let base = RwSignal::new(base);
    let set = RwSignal::new(String::new());
    let busy = RwSignal::new(false);
    let error = RwSignal::new(None::<String>);
    let sets = load(client::test_sets::list);
    let set_options = Memo::new(move |_| {
        let found: Vec<TestSet> = sets.get().unwrap_or_default();
        std::iter::once((String::new(), tr!("None").to_owned()))
            .chain(found.into_iter().map(|set| (set.id.to_string(), set.name)))
            .collect::<Vec<_>>()
    });
    let is_used = {
        let used: Vec<(String, bool)> = bases
            .iter()
            .map(|base| (base.id.to_string(), base.used_by.contains(&group.bot_name)))
            .collect();
        let bot = group.bot_name.clone();
        Signal::derive(move || {
            let chosen = base.get();
            let is_used = used.iter().any(|(id, is_used)| *id == chosen && *is_used);
            if is_used {
                tr!("{bot} answers from it.", bot)
            } else {
                tr!("{bot} does not use it: add it to the bot, and deploy.", bot)
            }
        })
    };
    let options: Vec<_> = bases
        .into_iter()
        .map(|base| (base.id.to_string(), base.name))
        .collect();
    let request = move || ImproveAnswerRequest {
        question: question.get(),
        answer: answer.get(),
        knowledge_base_id: base.with(|id| id.parse().unwrap_or_else(|_| Uuid::nil())),
        test_set_id: set.with(|id| id.parse().ok()),
    };
    let form = Form::new(move || {
        let mut check = Checker::default();
        request().pair().check(&mut check, "");
        check.finish()
    });
    let submit = move || {
        if !form.submit() || busy.get_untracked() {
            return;
        }
        busy.set(true);
        error.set(None);
        let request = untrack(request);
        spawn_local(async move {
            let result = session.send(&client::gaps::improve(id, &request)).await;
            busy.set(false);
            match result {
                Ok(_) => {
                    answer.set(String::new());
                    open.set(false);
                    toasts.say(tr!("The answer was added. The bot knows it in a moment."));
                    on_improved();
                }
                Err(problem) => error.set(form.refuse(&problem)),
            }
        });
    };
    view! {
        <FormBody error=error submit=submit>
            <TextField label=tr!("Question") value=question field=form.field("question") />
            <TextArea
                label=tr!("Answer")
                value=answer
                field=form.field("answer")
                rows=6
                hint=tr!("Markdown. The bot answers from it, and cites it by its question.")
            />
            <SelectField
                label=tr!("Knowledge base")
                value=base
                options=options
                field=form.field("knowledge_base_id")
                hint=is_used
            />
            <SelectField
                label=tr!("Test set")
                value=set
                options=set_options
                field=form.field("test_set_id")
                hint=tr!("Adds a case that expects this answer, so that you notice when it is lost again.")
            />
            <div class="flex flex-wrap justify-end gap-2">
                <Button on_click=move || open.set(false)>{tr!("Cancel")}</Button>
                <Submit busy=busy>{tr!("Add the answer")}</Submit>
            </div>
        </FormBody>
    }
}
