//! Invitations that are open.

use api_types::tenancy::Invitation;
use leptos::prelude::*;
use leptos::task::spawn_local;

use super::level::{Level, title};
use crate::session::use_session;
use crate::ui::button::IconButton;
use crate::ui::icon;
use crate::ui::load::{load, loaded, rows};
use crate::ui::page::Section;
use crate::ui::time::{Ago, exact};
use crate::ui::toast::use_toasts;

/// The section, for admins.
#[component]
pub fn Invitations(
    level: Level,
    /// Changes with each new invitation.
    invited: RwSignal<u32>,
) -> impl IntoView {
    let session = use_session();
    let toasts = use_toasts();
    let invitations = load(move || {
        invited.track();
        level.invitations()
    });
    let revoke = move |id| {
        spawn_local(async move {
            match session.send(&level.revoke(id)).await {
                Ok(()) => toasts.say(tr!("The invitation is taken back; its link no longer works.")),
                Err(error) => toasts.fail(&error),
            }
            invitations.reload();
        });
    };
    let row = move |invitation: Invitation| {
        let whom = invitation
            .email
            .unwrap_or_else(|| tr!("Whoever has the link").to_owned());
        let label = tr!("Take back the invitation for {whom}", whom);
        let id = invitation.id;
        view! {
            <li class="flex items-center gap-3 py-3" data-testid="invitation">
                <div class="min-w-0 grow">
                    <p class="truncate font-medium">{whom}</p>
                    <p class="muted flex flex-wrap gap-x-3 text-xs">
                        <span>{title(invitation.role)}</span>
                        <span>
                            {tr!("made ")} <Ago at=invitation.created_at />
                            {invitation.invited_by.map(|name| tr!(" by {name}", name))}
                        </span>
                        <span>{tr!("open until {}", exact(invitation.expires_at))}</span>
                    </p>
                </div>
                <IconButton icon=icon::TRASH_2 label=label on_click=move || revoke(id) />
            </li>
        }
    };
    let list = move |found: RwSignal<Vec<Invitation>>| {
        view! {
            <Show
                when=move || found.with(|found| !found.is_empty())
                fallback=|| view! { <p class="muted">{tr!("None is open. A link that was used is gone from here.")}</p> }
            >
                <ul class="-my-3 divide-y divide-base-300" aria-label=tr!("Open invitations")>
                    {move || found.get().into_iter().map(row).collect_view()}
                </ul>
            </Show>
        }
    };
    view! { <Section title=tr!("Open invitations")>{loaded(invitations, rows, list)}</Section> }
}
