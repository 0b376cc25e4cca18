//! Drafts in progress, above the list of what was made of others.

use api_types::client::Call;
use api_types::drafts::DraftSummary;
use leptos::prelude::*;
use uuid::Uuid;

use crate::session::use_session;
use crate::ui::button::{ButtonLink, IconButton};
use crate::ui::dialog::ConfirmDialog;
use crate::ui::icon::{self, Icon};
use crate::ui::load::Load;
use crate::ui::time::{Ago, exact};

/// The drafts of one kind, each to be continued or discarded; nothing while there is none.
#[component]
pub fn DraftList(
    /// The drafts.
    found: RwSignal<Vec<DraftSummary>>,
    /// Where they come from, asked again after one was discarded.
    drafts: Load<Vec<DraftSummary>>,
    /// The page of a draft, without its id.
    base: &'static str,
    /// What a draft without a name is called.
    untitled: &'static str,
    /// What a draft makes of something that exists, such as "edits Support".
    remark: impl Fn(&DraftSummary) -> Option<String> + Copy + Send + Sync + 'static,
    /// Discards one.
    delete: fn(Uuid) -> Call<()>,
    /// What goes with a draft and what stays, said before it is discarded.
    goes: &'static str,
) -> impl IntoView {
    let session = use_session();
    // Whoever only opened the builder has begun nothing that could be lost.
    let shown = Memo::new(move |_| {
        let mut drafts = found.get();
        drafts.retain(|draft| draft.from.is_none() || draft.version > 1);
        drafts
    });
    let discarding = RwSignal::new(None::<DraftSummary>);
    let asking = RwSignal::new(false);
    let title = move |draft: &DraftSummary| {
        let name = draft.name.trim();
        if name.is_empty() { untitled } else { name }.to_owned()
    };
    let name = move || discarding.with(|draft| draft.as_ref().map(title));
    let discard = async move || {
        let Some(draft) = discarding.get_untracked() else {
            return Ok(());
        };
        session.send(&delete(draft.id)).await?;
        drafts.reload();
        Ok(())
    };
    let row = move |draft: DraftSummary| {
        let name = title(&draft);
        let href = format!("{base}/{}", draft.id);
        let updated_at = draft.updated_at;
        let kept = tr!("Kept until {}", exact(draft.expires_at));
        let about = draft.clone();
        view! {
            <li class="flex items-center gap-3 px-4 py-2.5">
                <Icon glyph=icon::PENCIL class="size-4 muted" />
                <div class="min-w-0 grow">
                    <a href=href.clone() class="block truncate font-medium hover:underline" dir="auto">
                        {name.clone()}
                    </a>
                    <p class="muted truncate text-xs" title=kept>
                        {move || remark(&about).map(|remark| format!("{remark} · "))} {tr!("saved ")} <Ago at=updated_at />
                    </p>
                </div>
                <ButtonLink href=href small=true>
                    {tr!("Continue")}
                </ButtonLink>
                <IconButton
                    icon=icon::TRASH_2
                    label=tr!("Discard draft {name}", name)
                    on_click=move || {
                        discarding.set(Some(draft.clone()));
                        asking.set(true);
                    }
                />
            </li>
        }
    };
    view! {
        <Show when=move || shown.with(|shown| !shown.is_empty())>
            <section class="mb-6" aria-label=tr!("Drafts in progress")>
                <h2 class="mb-2 font-semibold">{tr!("Drafts in progress")}</h2>
                <ul class="panel divide-y divide-base-300">
                    {move || shown.get().into_iter().map(row).collect_view()}
                </ul>
            </section>
        </Show>
        <ConfirmDialog open=asking title=tr!("Discard this draft?") action=tr!("Discard draft") on_confirm=discard>
            <p>{tr!("The draft ")} <strong>{name}</strong> " " {goes}</p>
        </ConfirmDialog>
    }
}
