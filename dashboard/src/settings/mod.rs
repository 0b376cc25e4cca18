//! Settings of the workspace and of this browser.

mod api_keys;
mod audit;
mod connect;
mod connections;
mod data;
mod embedding;
mod embedding_form;
mod inbox;
mod prices;
mod provider_form;
mod providers;
mod usage;
mod webhooks;

use api_types::auth::Me;
use api_types::client;
use api_types::tenancy::Role;
use leptos::prelude::*;

use crate::members::RenameWorkspace;
use crate::session::use_session;
use crate::ui::button::ButtonLink;
use crate::ui::icon;
use crate::ui::load::{load, loaded, rows};
use crate::ui::page::{PageHead, Section};
use crate::ui::tabs::{Tab, TabLinks};
use crate::ui::theme::ThemeSwitch;
use api_keys::ApiKeys;
pub use audit::AuditPage;
pub use connections::Account;
use connections::Connections;
pub use data::DataPage;
use embedding::Embedding;
pub use inbox::InboxSettingsPage;
use providers::Providers;
pub use usage::UsagePage;
pub use webhooks::WebhooksPage;

const TABS: &[Tab] = &[
    ("/settings", "Workspace"),
    ("/settings/data", "Data"),
    ("/settings/usage", "Usage"),
    ("/settings/inbox", "Inbox"),
    ("/settings/webhooks", "Webhooks"),
    ("/settings/audit", "Audit log"),
];

/// The page.
#[component]
pub fn SettingsPage() -> impl IntoView {
    view! {
        <PageHead title="Settings" />
        <TabLinks tabs=TABS label="Settings" />
        <div class="flex max-w-3xl flex-col gap-5">
            <WorkspaceFacts />
            <Providers />
            <Embedding />
            <Connections />
            <ApiKeys />
            <Section title="Appearance" subtitle="Of the dashboard, in this browser.">
                <ThemeSwitch />
            </Section>
        </div>
    }
}

#[component]
fn WorkspaceFacts() -> impl IntoView {
    let session = use_session();
    let me = load(client::auth::me);
    let organization = move || {
        session
            .identity()
            .map(|identity| identity.workspace.organization_name)
    };
    let links = view! {
        <div class="flex flex-wrap gap-2">
            <ButtonLink small=true icon=icon::USERS href="/members">
                "Members"
            </ButtonLink>
            <ButtonLink small=true icon=icon::BUILDING href="/organization">
                "Organization"
            </ButtonLink>
        </div>
    };
    let facts = move |me: RwSignal<Me>| {
        let (role, account) = me.with_untracked(|me| {
            let account = format!("{} · {} · {}", me.user.name, me.user.email, me.role.as_str());
            (me.role, account)
        });
        let name = move || session.identity().map(|identity| identity.workspace.name);
        view! {
            <dl class="grid grid-cols-[auto_minmax(0,1fr)] gap-x-6 gap-y-2">
                {(role < Role::Admin)
                    .then(|| {
                        view! {
                            <dt class="muted">"Name"</dt>
                            <dd dir="auto">{name}</dd>
                        }
                    })}
                <dt class="muted">"Organization"</dt>
                <dd dir="auto">{organization}</dd>
                <dt class="muted">"You"</dt>
                <dd dir="auto">{account}</dd>
            </dl>
            {(role >= Role::Admin)
                .then(|| {
                    view! {
                        <div class="mt-4">
                            <RenameWorkspace />
                        </div>
                    }
                })}
        }
    };
    view! {
        <Section
            title="Workspace"
            subtitle="Bots, knowledge, conversations and keys belong to it."
            actions=links.into_any()
        >
            {loaded(me, rows, facts)}
        </Section>
    }
}
