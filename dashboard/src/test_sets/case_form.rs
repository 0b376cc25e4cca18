//! Writing a case down, or changing one.

use api_types::client;
use api_types::test_sets::{Expectation, ExpectedPassage, SaveTestCaseRequest, TestCase};
use leptos::prelude::*;
use leptos::task::spawn_local;
use uuid::Uuid;

use crate::session::use_session;
use crate::ui::button::{Button, Submit};
use crate::ui::field::{SelectField, TextArea};
use crate::ui::form::{Form, FormBody};

/// What is typed. A handle.
#[derive(Clone, Copy)]
struct Typed {
    question: RwSignal<String>,
    answerable: RwSignal<bool>,
    answer: RwSignal<String>,
    text: RwSignal<String>,
    document: RwSignal<String>,
    case: StoredValue<Option<TestCase>>,
}

impl Typed {
    fn new(case: Option<TestCase>) -> Self {
        let mut typed = (true, String::new(), String::new(), String::new());
        match case.as_ref().map(|case| &case.expectation) {
            Some(Expectation::Unanswerable) => typed.0 = false,
            Some(Expectation::Answered { passage, answer }) => {
                typed.1 = answer.clone().unwrap_or_default();
                if let Some(passage) = passage {
                    typed.2.clone_from(&passage.text);
                    typed.3 = passage.document_id.map(|id| id.to_string()).unwrap_or_default();
                }
            }
            None => {}
        }
        let question = case.as_ref().map(|case| case.question.clone());
        Self {
            question: RwSignal::new(question.unwrap_or_default()),
            answerable: RwSignal::new(typed.0),
            answer: RwSignal::new(typed.1),
            text: RwSignal::new(typed.2),
            document: RwSignal::new(typed.3),
            case: StoredValue::new(case),
        }
    }

    /// What is sent. Reactive.
    fn request(self) -> SaveTestCaseRequest {
        let filled = |text: String| Some(text).filter(|text| !text.trim().is_empty());
        let (text, document_id) = (self.text.get(), self.document.get().parse::<Uuid>().ok());
        let passage = (document_id.is_some() || !text.trim().is_empty())
            .then_some(ExpectedPassage { document_id, text });
        let answer = filled(self.answer.get());
        SaveTestCaseRequest {
            question: self.question.get(),
            history: self
                .case
                .with_value(|case| case.as_ref().map(|case| case.history.clone()))
                .unwrap_or_default(),
            expectation: if self.answerable.get() {
                Expectation::Answered { passage, answer }
            } else {
                Expectation::Unanswerable
            },
        }
    }
}

/// The form, in place.
#[component]
pub fn CaseForm(
    /// The set.
    set_id: Uuid,
    /// The case to change; a new one when none.
    case: Option<TestCase>,
    /// Documents to choose from.
    documents: RwSignal<Vec<(Uuid, String)>>,
    /// Called when it is saved.
    on_saved: impl Fn() + Copy + Send + Sync + 'static,
    /// Called when it is left as it was.
    on_cancel: impl Fn() + Copy + Send + Sync + 'static,
) -> impl IntoView {
    let session = use_session();
    let id = case.as_ref().map(|case| case.id);
    let turns = case.as_ref().map_or(0, |case| case.history.len());
    let gone = case.as_ref().and_then(|case| match &case.expectation {
        Expectation::Answered {
            passage: Some(passage),
            ..
        } if case.document_title.is_none() => passage.document_id,
        _ => None,
    });
    let typed = Typed::new(case);
    let busy = RwSignal::new(false);
    let error = RwSignal::new(None::<String>);
    let form = Form::new(move || typed.request().check());
    let submit = move || {
        if !form.submit() || busy.get_untracked() {
            return;
        }
        busy.set(true);
        error.set(None);
        let request = untrack(|| typed.request());
        spawn_local(async move {
            let call = match id {
                Some(id) => client::test_sets::change_case(set_id, id, &request),
                None => client::test_sets::add_case(set_id, &request),
            };
            let result = session.send(&call).await;
            busy.set(false);
            match result {
                Ok(_) => on_saved(),
                Err(problem) => error.set(form.refuse(&problem)),
            }
        });
    };
    let options = move || {
        let mut options = vec![(String::new(), tr!("Any document").to_owned())];
        options.extend(
            documents
                .get()
                .into_iter()
                .map(|(id, title)| (id.to_string(), title)),
        );
        options.extend(gone.map(|id| (id.to_string(), tr!("A document that was deleted").to_owned())));
        options
    };
    let choice = move |name: &'static str, answerable: bool| {
        view! {
            <label class="flex cursor-pointer items-center gap-2">
                <input
                    type="radio"
                    name=format!("expectation-{}", id.unwrap_or_default())
                    class="radio radio-primary radio-sm"
                    prop:checked=move || typed.answerable.get() == answerable
                    on:change=move |_| typed.answerable.set(answerable)
                />
                {name}
            </label>
        }
    };
    view! {
        <FormBody error=error submit=submit>
            <TextArea label=tr!("Question") value=typed.question field=form.field("question") rows=2 />
            {(turns > 0)
                .then(|| {
                    let words = tr!(
                        "Asked after {n} turn of a conversation, which are kept."
                            | "Asked after {n} turns of a conversation, which are kept." % turns
                    );
                    view! { <p class="muted">{words}</p> }
                })}
            <fieldset class="flex flex-wrap gap-x-6 gap-y-2" aria-label=tr!("What is right")>
                {choice(tr!("The bot answers it"), true)}
                {choice(tr!("The bot says that it does not know"), false)}
            </fieldset>
            <Show when=move || typed.answerable.get()>
                <TextArea
                    label=tr!("The answer says")
                    value=typed.answer
                    field=form.field("expectation.answer")
                    hint=tr!("One fact a line, each in a few words: 37 months. Leave it empty if any words will do.")
                    rows=2
                />
                <TextArea
                    label=tr!("It rests on the passage")
                    value=typed.text
                    field=form.field("expectation.passage.text")
                    hint=tr!("Words of the document that the answer must cite. Leave it empty if any source will do.")
                    rows=2
                />
                <SelectField
                    label=tr!("In the document")
                    value=typed.document
                    options=Memo::new(move |_| options())
                    field=form.field("expectation.passage.document_id")
                />
            </Show>
            <div class="flex flex-wrap justify-end gap-2">
                <Button on_click=on_cancel>{tr!("Cancel")}</Button>
                <Submit busy=busy>{if id.is_some() { tr!("Save case") } else { tr!("Add case") }}</Submit>
            </div>
        </FormBody>
    }
}
