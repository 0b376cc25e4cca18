//! Before a draft goes live in the place of another version: what will be different.

use api_types::bots::Bot;
use api_types::client;
use leptos::prelude::*;
use uuid::Uuid;

use super::Builder;
use super::changes::{Change, ChangeList, Names, changes};
use crate::ui::button::{Button, Variant};
use crate::ui::dialog::Dialog;
use crate::ui::icon;
use crate::ui::load::{Load, load};

/// The draft beside the version that is live. A handle.
#[derive(Clone, Copy)]
pub struct Comparison {
    live: Option<Load<Bot>>,
    changes: Memo<Vec<Change>>,
}

impl Comparison {
    /// With the live version of the bot that the draft edits, if it edits one.
    pub fn new(builder: Builder, from: Option<Uuid>) -> Self {
        let live = from.map(|id| load(move || client::bots::get(id)));
        let names = live.is_some().then(names);
        let changes = Memo::new(move |_| {
            let Some(bot) = live.and_then(Load::get) else {
                return Vec::new();
            };
            let draft = builder.draft.content;
            let names = names.map(|names| names.get()).unwrap_or_default();
            draft.with(|draft| changes(&bot.content, draft, &names))
        });
        Self { live, changes }
    }

    /// Whether there is a version that visitors talk to now.
    pub fn has_live_version(self) -> bool {
        self.live.is_some()
    }

    /// What differs. Reactive.
    pub fn changes(self) -> Vec<Change> {
        self.changes.get()
    }

    /// Whether the draft is known to be the same as the version that is live. Reactive.
    fn is_same(self) -> bool {
        self.version().is_some() && self.changes.with(Vec::is_empty)
    }

    fn version(self) -> Option<i32> {
        Some(self.live?.get()?.summary.live_version)
    }
}

/// What the contents of a bot hold by id.
fn names() -> Memo<Names> {
    let bases = load(client::kb::list);
    let providers = load(client::providers::list);
    let sets = load(client::test_sets::list);
    Memo::new(move |_| {
        let bases = bases.get().unwrap_or_default().into_iter();
        let providers = providers.get().unwrap_or_default().into_iter();
        let sets = sets.get().unwrap_or_default().into_iter();
        bases
            .map(|base| (base.id, base.name))
            .chain(providers.map(|provider| (provider.id, provider.name)))
            .chain(sets.map(|set| (set.id, set.name)))
            .map(|(id, name)| (id.to_string(), name))
            .collect()
    })
}

/// `3 changes`, which opens the dialog. Nothing for a new bot.
#[component]
pub fn ChangeCount(comparison: Comparison, open: RwSignal<bool>) -> impl IntoView {
    let words = move || {
        let number = i64::try_from(comparison.changes.with(Vec::len)).unwrap_or(i64::MAX);
        tr!("{n} change" | "{n} changes" % number)
    };
    view! {
        <Show when=move || comparison.version().is_some()>
            <span class="muted">" · "</span>
            <button
                type="button"
                class="link-plain"
                data-testid="change-count"
                on:click=move |_| open.set(true)
            >
                {words}
            </button>
        </Show>
    }
}

/// The dialog.
#[component]
pub fn ConfirmDeploy(
    /// What differs.
    comparison: Comparison,
    /// Whether it is open.
    open: RwSignal<bool>,
    /// Whether it is being deployed.
    busy: RwSignal<bool>,
    /// Deploys.
    deploy: Callback<()>,
) -> impl IntoView {
    let title = move || match comparison.version() {
        Some(version) => tr!("Changes since version {version}", version),
        None => tr!("Changes").to_owned(),
    };
    let is_same = move || comparison.is_same();
    view! {
        <Dialog open=open title=Signal::derive(title) wide=true>
            <div class="flex flex-col gap-4">
                <Show
                    when=is_same
                    fallback=move || {
                        view! {
                            <p class="muted">
                                {tr!("Visitors get this as soon as it is deployed. The version that is live now is kept.")}
                            </p>
                            {move || view! { <ChangeList changes=comparison.changes() /> }}
                        }
                    }
                >
                    <p>{tr!("The draft is the same as the version that is live.")}</p>
                </Show>
                <div class="flex flex-wrap justify-end gap-2">
                    <Button on_click=move || open.set(false)>{tr!("Go on editing")}</Button>
                    <Button
                        variant=Variant::Primary
                        icon=icon::ROCKET
                        busy=busy
                        disabled=Signal::derive(is_same)
                        on_click=move || {
                            open.set(false);
                            deploy.run(());
                        }
                    >
                        {tr!("Deploy changes")}
                    </Button>
                </div>
            </div>
        </Dialog>
    }
}
