//! The questions and answers of a knowledge base's source, to be changed.

use api_types::client;
use api_types::pairs::{AddedPairs, Pairs, SavePairsRequest};
use leptos::prelude::*;
use leptos::task::spawn_local;
use uuid::Uuid;

use super::{CsvPicker, PairsEditor, Rows, SaveOrClose};
use crate::session::use_session;
use crate::ui::alert::ErrorAlert;
use crate::ui::button::Button;
use crate::ui::dialog::Dialog;
use crate::ui::load::{Load, load, loaded, rows as skeleton};
use crate::ui::toast::use_toasts;

/// The dialog. What is typed goes only when its button says so.
#[component]
pub fn PairsDialog(
    /// Whether it is open.
    open: RwSignal<bool>,
    /// Its heading.
    title: String,
    /// The knowledge base.
    kb: Uuid,
    /// The source.
    source: Uuid,
    /// Called when pairs were changed.
    on_changed: impl Fn() + Copy + Send + Sync + 'static,
) -> impl IntoView {
    view! {
        <Dialog open=open title=title wide=true dismissible=false>
            <Body open=open kb=kb source=source on_changed=on_changed />
        </Dialog>
    }
}

#[component]
fn Body(
    open: RwSignal<bool>,
    kb: Uuid,
    source: Uuid,
    on_changed: impl Fn() + Copy + Send + Sync + 'static,
) -> impl IntoView {
    let pairs = load(move || client::kb_pairs::get(kb, source));
    let editing = move |found: RwSignal<Pairs>| {
        move || {
            let found = found.get();
            view! {
                <Editing found=found pairs=pairs open=open kb=kb source=source on_changed=on_changed />
            }
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
fn Editing(
    found: Pairs,
    pairs: Load<Pairs>,
    open: RwSignal<bool>,
    kb: Uuid,
    source: Uuid,
    on_changed: impl Fn() + Copy + Send + Sync + 'static,
) -> impl IntoView {
    let session = use_session();
    let toasts = use_toasts();
    let busy = RwSignal::new(false);
    let error = RwSignal::new(None::<String>);
    let version = found.version;
    let before = StoredValue::new(found.pairs.clone());
    let rows = Rows::new(found.pairs);
    let is_changed = Memo::new(move |_| before.with_value(|before| *before != rows.pairs()));
    let save = move || {
        if !rows.submit() {
            return;
        }
        busy.set(true);
        error.set(None);
        let request = SavePairsRequest {
            version,
            pairs: untrack(|| rows.pairs()),
        };
        spawn_local(async move {
            let saved = session.send(&client::kb_pairs::save(kb, source, &request)).await;
            busy.try_set(false);
            match saved {
                Ok(_) => {
                    toasts.say(tr!("The questions were saved."));
                    on_changed();
                    open.try_set(false);
                }
                Err(problem) => {
                    error.try_set(Some(crate::i18n::explain(&problem)));
                }
            }
        });
    };
    let imported = Callback::new(move |done: AddedPairs| {
        toasts.say(tr!(
            "{n} question added, {changed} changed." | "{n} questions added, {changed} changed." % done.added,
            changed = done.changed
        ));
        pairs.reload();
        on_changed();
    });
    view! {
        <div class="flex flex-col gap-4">
            <p class="muted">
                {tr!("Each question with its answer is one passage that bots quote. Answers may use Markdown.")}
            </p>
            <CsvPicker
                url=client::kb_pairs::import_url(kb, source)
                disabled=is_changed
                on_sent=imported
            />
            <PairsEditor rows=rows />
            <ErrorAlert message=error />
            <SaveOrClose open=open is_changed=is_changed busy=busy save=save />
        </div>
    }
}
