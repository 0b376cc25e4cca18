//! The cases of a set: read, add, change, delete.

use api_types::client;
use api_types::test_sets::{Expectation, MAX_CASES, SaveTestCaseRequest, TestCase};
use leptos::prelude::*;
use leptos::task::spawn_local;
use uuid::Uuid;

use super::case_form::CaseForm;
use super::documents::documents;
use crate::session::{Session, use_session};
use crate::ui::button::{Button, IconButton};
use crate::ui::field::SearchBox;
use crate::ui::icon;
use crate::ui::load::{load, loaded, rows};
use crate::ui::page::Section;
use crate::ui::toast::{Toasts, use_toasts};

/// What the rows of the table share. A handle.
#[derive(Clone, Copy)]
struct Table {
    set_id: Uuid,
    documents: RwSignal<Vec<(Uuid, String)>>,
    editing: RwSignal<Option<Uuid>>,
    /// Shown at once to be gone, until the list says so.
    gone: RwSignal<Vec<Uuid>>,
    changed: Callback<()>,
}

/// The section.
#[component]
pub fn Cases(
    /// The set.
    set_id: Uuid,
    /// Read again when this changes.
    version: RwSignal<u32>,
    /// Called when a case was added, changed or deleted.
    changed: Callback<()>,
) -> impl IntoView {
    let cases = load(move || {
        version.track();
        client::test_sets::cases(set_id)
    });
    let adding = RwSignal::new(false);
    let table = Table {
        set_id,
        documents: documents(),
        editing: RwSignal::new(None),
        gone: RwSignal::new(Vec::new()),
        changed,
    };
    let saved = move || {
        adding.set(false);
        changed.run(());
    };
    let is_full = move || cases.get().is_some_and(|cases| cases.len() >= MAX_CASES);
    let actions = view! {
        <Button small=true icon=icon::PLUS disabled=Signal::derive(is_full) on_click=move || adding.set(true)>
            {tr!("Add a case")}
        </Button>
    };
    view! {
        <Section title=tr!("Cases") actions=actions.into_any()>
            <Show when=move || adding.get()>
                <div class="mb-4 rounded-box border border-primary p-3">
                    <CaseForm
                        set_id=set_id
                        case=None
                        documents=table.documents
                        on_saved=saved
                        on_cancel=move || adding.set(false)
                    />
                </div>
            </Show>
            {loaded(cases, rows, move |found| view! { <List table=table found=found /> })}
        </Section>
    }
}

#[component]
fn List(table: Table, found: RwSignal<Vec<TestCase>>) -> impl IntoView {
    let words = RwSignal::new(String::new());
    let matching = move || {
        let words = words.get().to_lowercase();
        let mut cases = found.get();
        cases.retain(|case| case.question.to_lowercase().contains(words.trim()));
        table
            .gone
            .with(|gone| cases.retain(|case| !gone.contains(&case.id)));
        cases
    };
    view! {
        <Show
            when=move || !found.with(Vec::is_empty)
            fallback=|| {
                view! {
                    <p class="muted py-4 text-center">
                        {tr!("No case yet. Add one here, import a CSV file, or add a visitor's question from its conversation.")}
                    </p>
                }
            }
        >
            <div class="mb-3">
                <SearchBox label=tr!("Search cases") value=words />
            </div>
            <ul class="divide-y divide-base-300" aria-label=tr!("Cases")>
                <For
                    each=matching
                    key=|case| (case.id, case.updated_at)
                    children=move |case| view! { <Row table=table case=case /> }
                />
            </ul>
        </Show>
    }
}

/// What is expected, in one line.
pub fn expectation_words(expectation: &Expectation, document: Option<&str>) -> String {
    let Expectation::Answered { passage, answer } = expectation else {
        return tr!("says that it does not know").to_owned();
    };
    let mut parts = Vec::new();
    if let Some(answer) = answer {
        parts.push(tr!("says “{}”", answer.lines().collect::<Vec<_>>().join("; ")));
    }
    if let Some(passage) = passage {
        let place = match (document, passage.document_id) {
            (Some(title), _) => tr!(" of {title}", title),
            (None, Some(_)) => tr!(" of a chosen document").to_owned(),
            (None, None) => String::new(),
        };
        parts.push(match passage.text.trim() {
            "" => tr!("cites a passage{place}", place),
            text => tr!("cites “{}”{place}", shortened(text), place),
        });
    }
    if parts.is_empty() {
        return tr!("answers").to_owned();
    }
    parts.join(", ")
}

fn shortened(text: &str) -> String {
    const MOST: usize = 120;
    if text.chars().count() <= MOST {
        return text.to_owned();
    }
    let mut short: String = text.chars().take(MOST).collect();
    short.push('…');
    short
}

/// Adds a case anew that was just deleted.
fn restore(session: Session, toasts: Toasts, table: Table, case: TestCase) {
    let request = SaveTestCaseRequest {
        question: case.question,
        history: case.history,
        expectation: case.expectation,
    };
    spawn_local(async move {
        match session
            .send(&client::test_sets::add_case(table.set_id, &request))
            .await
        {
            Ok(_) => {
                toasts.say(tr!("Undone."));
                table.changed.try_run(());
            }
            Err(problem) => toasts.fail(&problem),
        }
    });
}

#[component]
fn Row(table: Table, case: TestCase) -> impl IntoView {
    let id = case.id;
    let case = StoredValue::new(case);
    let is_editing = Memo::new(move |_| table.editing.get() == Some(id));
    let saved = move || {
        table.editing.set(None);
        table.changed.run(());
    };
    let (session, toasts) = (use_session(), use_toasts());
    let delete = move || {
        table.gone.update(|gone| gone.push(id));
        let (set_id, case) = (table.set_id, case.get_value());
        spawn_local(async move {
            match session.send(&client::test_sets::delete_case(set_id, id)).await {
                Ok(()) => {
                    let undo = move || restore(session, toasts, table, case.clone());
                    toasts.offer_undo(tr!("Case deleted. Runs that asked it stay as they are."), undo);
                }
                Err(problem) => {
                    table.gone.try_update(|gone| gone.retain(|other| *other != id));
                    toasts.fail(&problem);
                }
            }
            table.changed.try_run(());
        });
    };
    let expected =
        case.with_value(|case| expectation_words(&case.expectation, case.document_title.as_deref()));
    let turns = case.with_value(|case| case.history.len());
    let plain = move || {
        view! {
            <div class="flex items-start gap-3 py-2.5">
                <div class="min-w-0 grow">
                    <p class="font-medium" dir="auto">
                        {case.with_value(|case| case.question.clone())}
                    </p>
                    <p class="muted" dir="auto">
                        {(turns > 0).then_some(tr!("After earlier turns; "))}
                        {expected.clone()}
                    </p>
                </div>
                <div class="flex shrink-0 gap-1">
                    <IconButton icon=icon::PENCIL label=tr!("Change case") on_click=move || table.editing.set(Some(id)) />
                    <IconButton icon=icon::TRASH_2 label=tr!("Delete case") on_click=delete />
                </div>
            </div>
        }
    };
    view! {
        <li data-testid="case">
            <Show when=move || is_editing.get() fallback=plain>
                <div class="my-2 rounded-box border border-primary p-3">
                    <CaseForm
                        set_id=table.set_id
                        case=Some(case.get_value())
                        documents=table.documents
                        on_saved=saved
                        on_cancel=move || table.editing.set(None)
                    />
                </div>
            </Show>
        </li>
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use api_types::test_sets::ExpectedPassage;

    #[test]
    fn what_is_expected_is_said_in_one_line() {
        let passage = ExpectedPassage {
            document_id: None,
            text: "37 months".into(),
        };
        let all = Expectation::Answered {
            passage: Some(passage),
            answer: Some("37 months\nthe lid".into()),
        };
        assert_eq!(
            expectation_words(&all, Some("Guide")),
            "says “37 months; the lid”, cites “37 months” of Guide"
        );
        let none = Expectation::Answered {
            passage: None,
            answer: None,
        };
        assert_eq!(expectation_words(&none, None), "answers");
        assert_eq!(
            expectation_words(&Expectation::Unanswerable, None),
            "says that it does not know"
        );
    }
}
