//! The questions and answers of a source in the draft, to be changed.

use api_types::client;
use api_types::pairs::{Pair, SaveDraftPairsRequest};
use leptos::prelude::*;
use leptos::task::spawn_local;
use uuid::Uuid;

use super::Wizard;
use crate::kb::pairs::{PairsEditor, Rows, SaveOrClose};
use crate::session::use_session;
use crate::ui::alert::ErrorAlert;
use crate::ui::button::{Button, IconButton};
use crate::ui::dialog::Dialog;
use crate::ui::icon;
use crate::ui::load::{load, loaded, rows as skeleton};
use crate::ui::toast::use_toasts;

/// A button that opens them in a dialog.
#[component]
pub fn EditPairs(
    /// The draft.
    wizard: Wizard,
    /// The source; another one once they are saved.
    source: Uuid,
    /// What it is called.
    title: String,
) -> impl IntoView {
    let open = RwSignal::new(false);
    view! {
        <IconButton
            icon=icon::PENCIL
            label=tr!("Edit the questions of {title}", title)
            on_click=move || open.set(true)
        />
        <Dialog open=open title=title wide=true dismissible=false>
            <Body wizard=wizard source=source open=open />
        </Dialog>
    }
}

#[component]
fn Body(wizard: Wizard, source: Uuid, open: RwSignal<bool>) -> impl IntoView {
    let pairs = load(move || client::kb_drafts::pairs(wizard.draft.id(), source));
    let editing = move |found: RwSignal<Vec<Pair>>| {
        move || {
            let found = found.get();
            view! { <Editing wizard=wizard source=source found=found open=open /> }
        }
    };
    view! {
        {loaded(pairs, skeleton, editing)}
        <Show when=move || pairs.error().is_some()>
            <div class="mt-4 flex justify-end">
                <Button on_click=move || open.set(false)>{tr!("Close")}</Button>
            </div>
        </Show>
    }
}

#[component]
fn Editing(wizard: Wizard, source: Uuid, found: Vec<Pair>, open: RwSignal<bool>) -> impl IntoView {
    let session = use_session();
    let toasts = use_toasts();
    let busy = RwSignal::new(false);
    let error = RwSignal::new(None::<String>);
    let before = StoredValue::new(found.clone());
    let rows = Rows::new(found);
    let is_changed = Memo::new(move |_| before.with_value(|before| *before != rows.pairs()));
    let save = move || {
        if !rows.submit() {
            return;
        }
        busy.set(true);
        error.set(None);
        let request = SaveDraftPairsRequest {
            pairs: untrack(|| rows.pairs()),
        };
        let call = client::kb_drafts::save_pairs(wizard.draft.id(), source, &request);
        spawn_local(async move {
            let saved = session.send(&call).await;
            busy.try_set(false);
            match saved {
                Ok(draft) => {
                    toasts.say(tr!("The questions were saved."));
                    // The row goes with the source, and this with it.
                    open.try_set(false);
                    wizard.take_sources(draft);
                }
                Err(problem) => {
                    error.try_set(Some(crate::i18n::explain(&problem)));
                }
            }
        });
    };
    view! {
        <div class="flex flex-col gap-4">
            <PairsEditor rows=rows />
            <ErrorAlert message=error />
            <SaveOrClose open=open is_changed=is_changed busy=busy save=save />
        </div>
    }
}
