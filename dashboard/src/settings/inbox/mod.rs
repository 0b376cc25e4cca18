//! Settings of the inbox: who is told, when people answer, and answers that are written once.

mod canned;
mod hours;

use api_types::client;
use api_types::inbox::InboxNotifications;
use api_types::tenancy::Role;
use leptos::prelude::*;
use leptos::task::spawn_local;

use super::SettingsTabs;
use crate::session::use_session;
use crate::ui::load::{load, loaded, rows};
use crate::ui::page::{PageHead, Section};
use crate::ui::toast::use_toasts;
use crate::ui::toggle::Toggle;
use canned::CannedReplies;
use hours::Hours;

/// The page.
#[component]
pub fn InboxSettingsPage() -> impl IntoView {
    let session = use_session();
    view! {
        <PageHead title=tr!("Settings") />
        <SettingsTabs />
        <div class="flex max-w-3xl flex-col gap-5">
            <Notifications />
            <Hours may_change=session.may(Role::Admin) />
            <CannedReplies may_change=session.may(Role::Editor) />
        </div>
    }
}

#[component]
fn Notifications() -> impl IntoView {
    let session = use_session();
    let toasts = use_toasts();
    let notifications = load(client::inbox::notifications);
    let set = move |by_mail| {
        spawn_local(async move {
            let wanted = InboxNotifications { by_mail };
            match session.send(&client::inbox::save_notifications(&wanted)).await {
                Ok(saved) => {
                    notifications.set(saved);
                    toasts.say(tr!("Saved."));
                }
                Err(error) => {
                    toasts.fail(&error);
                    notifications.reload();
                }
            }
        });
    };
    view! {
        <Section title=tr!("Notifications") subtitle=tr!("For you, in this workspace. Servers are told by webhooks.")>
            {loaded(
                notifications,
                rows,
                move |found| {
                    view! {
                        <Toggle
                            label=tr!("Mail when a visitor waits")
                            hint=tr!("At most one mail in two minutes, however many wait.")
                            checked=Signal::derive(move || found.get().by_mail)
                            on_change=set
                        />
                    }
                },
            )}
        </Section>
    }
}
