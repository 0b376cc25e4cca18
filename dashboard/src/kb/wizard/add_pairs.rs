//! Questions with their answers as a source: written here, or from a CSV file.

use api_types::client;
use api_types::drafts::Draft;
use api_types::kb::{KnowledgeBaseContent, NewSource};
use api_types::validate::Checker;
use leptos::prelude::*;

use super::Wizard;
use super::adding::Adding;
use crate::kb::pairs::{CsvPicker, PairsEditor, Rows};
use crate::ui::button::Submit;
use crate::ui::field::TextField;
use crate::ui::form::{Form, FormBody};

/// The form.
#[component]
pub fn AddPairs(wizard: Wizard) -> impl IntoView {
    let adding = Adding::new(wizard);
    let title = RwSignal::new(String::new());
    let rows = Rows::new(Vec::new());
    let form = Form::new(move || {
        let mut check = Checker::default();
        title.with(|title| check.length("sources[0].title", title, 1, 200));
        check.finish()
    });
    let submit = move || {
        // Both, so that everything is said at once.
        let (is_named, is_written) = (form.submit(), rows.submit());
        if !is_named || !is_written {
            return;
        }
        let source = NewSource::Qa {
            title: title.get_untracked().trim().to_owned(),
            pairs: untrack(|| rows.pairs()),
        };
        adding.send(form, source, move || {
            title.set(String::new());
            rows.reset(Vec::new());
        });
    };
    let imported = Callback::new(move |draft: Draft<KnowledgeBaseContent>| wizard.take_sources(draft));
    view! {
        <div class="flex flex-col gap-5">
            <FormBody error=adding.error submit=submit>
                <TextField label=tr!("Title") value=title field=form.field("sources[0].title") />
                <PairsEditor rows=rows />
                <div>
                    <Submit busy=adding.busy>{tr!("Add questions")}</Submit>
                </div>
            </FormBody>
            <div class="flex flex-col gap-2 border-t border-base-300 pt-4">
                <p class="muted">
                    {tr!("Or take them from a spreadsheet: a CSV file with the columns ")}
                    <code>"question"</code> {tr!(" and ")} <code>"answer"</code> {tr!(", up to 2,000 rows.")}
                </p>
                <CsvPicker url=client::kb_drafts::import_pairs_url(wizard.draft.id()) on_sent=imported />
            </div>
        </div>
    }
}
