//! The workspaces of the organization.

use api_types::client;
use api_types::tenancy::OrganizationWorkspace;
use leptos::prelude::*;
use leptos::task::spawn_local;

use crate::session::use_session;
use crate::ui::button::{Button, IconButton};
use crate::ui::dialog::ConfirmDialog;
use crate::ui::icon;
use crate::ui::page::Section;
use crate::ui::time::{Ago, exact};
use crate::ui::toast::use_toasts;

/// The section; owners delete and restore here.
#[component]
pub fn Workspaces(
    #[prop(into)] workspaces: Signal<Vec<OrganizationWorkspace>>,
    #[prop(into)] is_owner: Signal<bool>,
    on_changed: impl Fn() + Copy + Send + Sync + 'static,
) -> impl IntoView {
    let session = use_session();
    let toasts = use_toasts();
    let closing = RwSignal::new(None::<OrganizationWorkspace>);
    let asking = RwSignal::new(false);
    let name = move || closing.get().map(|workspace| workspace.name).unwrap_or_default();
    let close = async move || {
        let Some(workspace) = closing.get_untracked() else {
            return Ok(());
        };
        session
            .send(&client::organization::close_workspace(workspace.id))
            .await?;
        if untrack(|| session.workspace_id()) == Some(workspace.id) {
            session.restore();
            return Ok(());
        }
        on_changed();
        Ok(())
    };
    let restore = move |id| {
        spawn_local(async move {
            match session.send(&client::organization::restore_workspace(id)).await {
                Ok(()) => toasts.say(tr!("The workspace is open again.")),
                Err(error) => toasts.fail(&error),
            }
            on_changed();
        });
    };
    let row = move |workspace: OrganizationWorkspace| {
        let shown = workspace.clone();
        let id = workspace.id;
        let label = tr!("Delete {}", workspace.name);
        let state = match workspace.deletes_at {
            Some(at) => view! {
                <span class="text-warning">{tr!("Deleted; gone for good on {}", exact(at))}</span>
            }
            .into_any(),
            None => view! { <span>{tr!("made ")} <Ago at=workspace.created_at /></span> }.into_any(),
        };
        let action = is_owner.get().then(|| match workspace.deletes_at {
            Some(_) => view! {
                <Button small=true on_click=move || restore(id)>{tr!("Restore")}</Button>
            }
            .into_any(),
            None => view! {
                <IconButton
                    icon=icon::TRASH_2
                    label=label
                    on_click=move || {
                        closing.set(Some(shown.clone()));
                        asking.set(true);
                    }
                />
            }
            .into_any(),
        });
        view! {
            <li class="flex items-center gap-3 py-3" data-testid="workspace">
                <div class="min-w-0 grow">
                    <p class="truncate font-medium" dir="auto">
                        {workspace.name}
                    </p>
                    <p class="muted text-xs">{state}</p>
                </div>
                {action}
            </li>
        }
    };
    view! {
        <Section title=tr!("Workspaces") subtitle=tr!("Each has its own bots, knowledge, conversations and keys.")>
            <ul class="-my-3 divide-y divide-base-300" aria-label=tr!("Workspaces")>
                {move || workspaces.get().into_iter().map(row).collect_view()}
            </ul>
        </Section>
        <ConfirmDialog open=asking title=tr!("Delete this workspace?") action=tr!("Delete workspace") on_confirm=close>
            <p>
                <strong dir="auto">{name}</strong>
                {tr!(" is closed at once: nobody can enter it, and its bots and keys stop working. For a week it can be restored here; then it is removed with everything in it.")}
            </p>
        </ConfirmDialog>
    }
}
