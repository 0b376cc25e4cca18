//! Where the person is signed in.

use api_types::auth::SessionInfo;
use api_types::client;
use leptos::prelude::*;

use crate::session::use_session;
use crate::ui::button::{Button, IconButton};
use crate::ui::dialog::ConfirmDialog;
use crate::ui::icon;
use crate::ui::load::{load, loaded, rows};
use crate::ui::page::Section;
use crate::ui::time::Ago;

/// The section.
#[component]
pub fn Sessions() -> impl IntoView {
    let session = use_session();
    let sessions = load(client::auth::sessions);
    let ending = RwSignal::new(None::<SessionInfo>);
    let asking = RwSignal::new(false);
    let asking_all = RwSignal::new(false);
    let device = move || ending.get().map(|ending| ending.device).unwrap_or_default();
    let end = async move || {
        let Some(ending) = ending.get_untracked() else {
            return Ok(());
        };
        session.send(&client::auth::end_session(ending.id)).await?;
        sessions.reload();
        Ok(())
    };
    let end_all = async move || {
        session.send(&client::auth::end_sessions()).await?;
        session.forget();
        Ok(())
    };
    let ask = move |chosen: SessionInfo| {
        ending.set(Some(chosen));
        asking.set(true);
    };
    let everywhere = view! {
        <Button small=true icon=icon::LOG_OUT on_click=move || asking_all.set(true)>
            {tr!("Sign out everywhere")}
        </Button>
    };
    view! {
        <Section
            title=tr!("Signed in on")
            subtitle=tr!("A device you don't know? End it, then change your password.")
            actions=everywhere.into_any()
        >
            {loaded(
                sessions,
                rows,
                move |found| {
                    view! {
                        <ul class="-my-3 divide-y divide-base-300" aria-label=tr!("Devices")>
                            {move || {
                                found
                                    .get()
                                    .into_iter()
                                    .map(|found| view! { <Row found=found ask=ask /> })
                                    .collect_view()
                            }}
                        </ul>
                    }
                },
            )}
        </Section>
        <ConfirmDialog open=asking title=tr!("End this session?") action=tr!("End session") on_confirm=end>
            <p><strong>{device}</strong> {tr!(" is signed out at once. What it has not saved there is lost.")}</p>
        </ConfirmDialog>
        <ConfirmDialog
            open=asking_all
            title=tr!("Sign out everywhere?")
            action=tr!("Sign out everywhere")
            on_confirm=end_all
        >
            <p>{tr!("Every device is signed out at once, this one too.")}</p>
        </ConfirmDialog>
    }
}

#[component]
fn Row(found: SessionInfo, ask: impl Fn(SessionInfo) + Copy + Send + Sync + 'static) -> impl IntoView {
    let label = tr!("End the session of {}", found.device);
    let (device, address) = (found.device.clone(), found.address.clone());
    let (created_at, last_used_at, is_current) = (found.created_at, found.last_used_at, found.is_current);
    view! {
        <li class="flex items-center gap-3 py-3" data-testid="session">
            <div class="min-w-0 grow">
                <p class="flex flex-wrap items-center gap-2 font-medium">
                    {device}
                    {is_current.then(|| view! { <span class="badge badge-sm badge-primary">{tr!("This device")}</span> })}
                </p>
                <p class="muted flex flex-wrap gap-x-3 text-xs">
                    <span class="wrap-anywhere">{address}</span>
                    <span>{tr!("signed in ")} <Ago at=created_at /></span>
                    <span>{tr!("last used ")} <Ago at=last_used_at /></span>
                </p>
            </div>
            {(!is_current)
                .then(|| {
                    view! { <IconButton icon=icon::LOG_OUT label=label on_click=move || ask(found.clone()) /> }
                })}
        </li>
    }
}
