//! Adding what a visitor asked to a test set, one that is there or a new one.

use api_types::client::{self, ClientError};
use api_types::tenancy::Role;
use api_types::test_sets::{
    CaseFromConversationRequest, Expectation, SaveTestCaseRequest, SaveTestSetRequest, TestSet,
};
use leptos::prelude::*;
use leptos::task::spawn_local;
use uuid::Uuid;

use crate::session::{Session, use_session};
use crate::ui::button::{Button, Submit, Variant};
use crate::ui::dialog::Dialog;
use crate::ui::field::{SelectField, TextField};
use crate::ui::form::{Form, FormBody};
use crate::ui::icon;
use crate::ui::load::{load, loaded, rows};
use crate::ui::toast::use_toasts;

/// What becomes a case.
#[derive(Debug, Clone)]
pub enum Asked {
    /// A message of a conversation, with what came before and how it was answered.
    Message(CaseFromConversationRequest),
    /// A question that the bot had no answer to.
    Gap(String),
}

/// A button that asks for the set and adds the question to it.
#[component]
pub fn AddToTestSet(
    /// The question.
    asked: Asked,
) -> impl IntoView {
    let open = RwSignal::new(false);
    let asked = StoredValue::new(asked);
    view! {
        <Button
            variant=Variant::Quiet
            small=true
            icon=icon::LIST_CHECKS
            needs=Role::Editor
            on_click=move || open.set(true)
        >
            {tr!("Add to test set")}
        </Button>
        <Dialog open=open title=tr!("Add to a test set")>
            {move || {
                let sets = load(client::test_sets::list);
                loaded(
                    sets,
                    rows,
                    move |sets| view! { <Pick open=open sets=sets.get_untracked() asked=asked.get_value() /> },
                )
            }}
        </Dialog>
    }
}

#[component]
fn Pick(open: RwSignal<bool>, sets: Vec<TestSet>, asked: Asked) -> impl IntoView {
    let session = use_session();
    let toasts = use_toasts();
    // The one that was worked on last.
    let newest = sets.iter().max_by_key(|set| set.updated_at);
    let chosen = RwSignal::new(newest.map(|set| set.id.to_string()).unwrap_or_default());
    let name = RwSignal::new(String::new());
    let busy = RwSignal::new(false);
    let error = RwSignal::new(None::<String>);
    let is_new = move || chosen.with(String::is_empty);
    let form = Form::new(move || {
        let mut check = api_types::validate::Checker::default();
        if is_new() {
            name.with(|name| check.length("name", name, 1, 80));
        }
        check.finish()
    });
    let mut options: Vec<_> = sets
        .into_iter()
        .map(|set| (set.id.to_string(), set.name))
        .collect();
    let has_sets = !options.is_empty();
    options.push((String::new(), tr!("A new test set").to_owned()));
    let remark = match &asked {
        Asked::Message(_) => {
            tr!(
                "The question is kept with what was said before it. What was answered is taken to be right; change the case \
             if it was not."
            )
        }
        Asked::Gap(_) => {
            tr!("It is added as a question that can't be answered. Change the case once the bot should know.")
        }
    };
    let asked = StoredValue::new(asked);
    let submit = move || {
        if !form.submit() || busy.get_untracked() {
            return;
        }
        busy.set(true);
        error.set(None);
        let set = chosen.get_untracked().parse().ok();
        let (name, asked) = (name.get_untracked(), asked.get_value());
        spawn_local(async move {
            let result = add(session, set, name, asked).await;
            busy.set(false);
            match result {
                Ok(set) => {
                    open.set(false);
                    toasts.say(tr!("Added to {}.", set.name));
                }
                Err(problem) => error.set(form.refuse(&problem)),
            }
        });
    };
    view! {
        <FormBody error=error submit=submit>
            <p class="muted">{remark}</p>
            {has_sets.then(|| view! { <SelectField label=tr!("Test set") value=chosen options=options /> })}
            <Show when=is_new>
                <TextField label=tr!("Name of the new test set") value=name field=form.field("name") />
            </Show>
            <div class="flex flex-wrap justify-end gap-2">
                <Button on_click=move || open.set(false)>{tr!("Cancel")}</Button>
                <Submit busy=busy>{tr!("Add")}</Submit>
            </div>
        </FormBody>
    }
}

async fn add(
    session: Session,
    set: Option<Uuid>,
    name: String,
    asked: Asked,
) -> Result<TestSet, ClientError> {
    let set = match set {
        Some(id) => session.send(&client::test_sets::get(id)).await?,
        None => {
            session
                .send(&client::test_sets::create(&SaveTestSetRequest { name }))
                .await?
        }
    };
    let call = match asked {
        Asked::Message(request) => client::test_sets::add_from_conversation(set.id, &request),
        Asked::Gap(question) => {
            let case = SaveTestCaseRequest {
                question,
                history: Vec::new(),
                expectation: Expectation::Unanswerable,
            };
            client::test_sets::add_case(set.id, &case)
        }
    };
    session.send(&call).await?;
    Ok(set)
}
