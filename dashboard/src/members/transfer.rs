//! Handing the organization on.

use api_types::client;
use api_types::tenancy::{Member, TransferOwnershipRequest};
use leptos::prelude::*;

use crate::session::use_session;
use crate::ui::button::Button;
use crate::ui::dialog::ConfirmDialog;
use crate::ui::field::SelectField;
use crate::ui::load::{load, loaded, rows};
use crate::ui::page::Section;
use crate::ui::toast::use_toasts;

/// The section, for owners.
#[component]
pub fn Transfer(on_done: impl Fn() + Copy + Send + Sync + 'static) -> impl IntoView {
    let session = use_session();
    let toasts = use_toasts();
    let members = load(client::organization::members);
    let chosen = RwSignal::new(String::new());
    let asking = RwSignal::new(false);
    let me = untrack(move || session.identity().map(|identity| identity.user.id));
    let others = move |found: RwSignal<Vec<Member>>| {
        let others = found.get().into_iter();
        others
            .filter(|member| Some(member.user_id) != me && !member.is_suspended)
            .map(|member| {
                let text = format!("{} ({})", member.name, member.email);
                (member.user_id.to_string(), text)
            })
            .collect::<Vec<_>>()
    };
    let transfer = async move || {
        let Ok(user_id) = chosen.get_untracked().parse() else {
            return Ok(());
        };
        let request = TransferOwnershipRequest { user_id };
        session.send(&client::organization::transfer(&request)).await?;
        toasts.say(tr!("Handed on. You are an admin now."));
        on_done();
        Ok(())
    };
    let form = move |found: RwSignal<Vec<Member>>| {
        let options = Signal::derive(move || {
            let mut options = vec![(String::new(), tr!("Choose a member…").to_owned())];
            options.extend(others(found));
            options
        });
        let has_others = Memo::new(move |_| options.with(Vec::len) > 1);
        view! {
            <Show
                when=move || has_others.get()
                fallback=|| view! { <p class="muted">{tr!("Invite somebody to the organization first.")}</p> }
            >
                <div class="flex flex-wrap items-end gap-3">
                    <div class="min-w-0 grow basis-52">
                        <SelectField label=tr!("New owner") value=chosen options=options />
                    </div>
                    <Button disabled=Signal::derive(move || chosen.with(String::is_empty)) on_click=move || asking.set(true)>
                        {tr!("Hand on…")}
                    </Button>
                </div>
            </Show>
        }
    };
    view! {
        <Section title=tr!("Ownership") subtitle=tr!("Make somebody else the owner and become an admin yourself.")>
            {loaded(members, rows, form)}
        </Section>
        <ConfirmDialog open=asking title=tr!("Hand the organization on?") action=tr!("Hand on") on_confirm=transfer>
            <p>{tr!("Only the new owner can give the ownership back to you.")}</p>
        </ConfirmDialog>
    }
}
