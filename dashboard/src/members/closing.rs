//! Deleting the organization, and restoring one that was deleted.

use api_types::client;
use api_types::tenancy::{CloseOrganizationRequest, ClosedOrganization};
use leptos::prelude::*;
use leptos::task::spawn_local;

use crate::session::use_session;
use crate::ui::button::{Button, Variant};
use crate::ui::dialog::ConfirmDialog;
use crate::ui::field::TextField;
use crate::ui::load::load;
use crate::ui::page::Section;
use crate::ui::time::exact;
use crate::ui::toast::use_toasts;

/// The section, for owners.
#[component]
pub fn CloseOrganization(#[prop(into)] name: Signal<String>) -> impl IntoView {
    let session = use_session();
    let asking = RwSignal::new(false);
    let typed = RwSignal::new(String::new());
    let close = async move || {
        let request = CloseOrganizationRequest {
            name: typed.get_untracked().trim().to_owned(),
        };
        session.send(&client::organization::close(&request)).await?;
        session.restore();
        Ok(())
    };
    view! {
        <Section title=tr!("Delete the organization") subtitle=tr!("With all of its workspaces, bots and knowledge.")>
            <Button variant=Variant::Danger on_click=move || asking.set(true)>
                {tr!("Delete the organization…")}
            </Button>
        </Section>
        <ConfirmDialog open=asking title=tr!("Delete the organization?") action=tr!("Delete organization") on_confirm=close>
            <p>
                {tr!("All its workspaces are closed at once: nobody can enter them, and their bots and keys stop working. For a week you can restore it; then everything is removed.")}
            </p>
            <TextField label=Signal::derive(move || tr!("Type “{}” to go on", name.get())) value=typed />
        </ConfirmDialog>
    }
}

/// Organizations of one's own that can still be restored. Nothing when there are none.
#[component]
pub fn ClosedOrganizations() -> impl IntoView {
    let session = use_session();
    let toasts = use_toasts();
    let closed = load(client::organization::closed);
    let restore = move |id| {
        spawn_local(async move {
            match session.send(&client::organization::restore(id)).await {
                Ok(()) => toasts.say(tr!("Restored. You find its workspaces in the menu at the top.")),
                Err(error) => toasts.fail(&error),
            }
            closed.reload();
        });
    };
    let row = move |organization: ClosedOrganization| {
        let id = organization.id;
        view! {
            <li class="flex items-center gap-3 py-3">
                <div class="min-w-0 grow">
                    <p class="truncate font-medium" dir="auto">
                        {organization.name}
                    </p>
                    <p class="muted text-xs">{tr!("Gone for good on {}", exact(organization.deletes_at))}</p>
                </div>
                <Button small=true on_click=move || restore(id)>
                    {tr!("Restore")}
                </Button>
            </li>
        }
    };
    let found = move || closed.get().unwrap_or_default();
    view! {
        <Show when=move || !found().is_empty()>
            <Section title=tr!("Deleted organizations")>
                <ul class="-my-3 divide-y divide-base-300">{move || found().into_iter().map(row).collect_view()}</ul>
            </Section>
        </Show>
    }
}
