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
    ("/settings", mark!("Workspace")),
    ("/settings/data", mark!("Data")),
    ("/settings/usage", mark!("Usage")),
    ("/settings/inbox", mark!("Inbox")),
];
/// Those of admins alone.
const ADMIN_TABS: &[Tab] = &[
    ("/settings/webhooks", mark!("Webhooks")),
    ("/settings/audit", mark!("Audit log")),
];

/// The pages of the settings that the person may see.
#[component]
fn SettingsTabs() -> impl IntoView {
    let mut tabs = TABS.to_vec();
    if use_session().may(Role::Admin) {
        tabs.extend(ADMIN_TABS);
    }
    view! { <TabLinks tabs=tabs.as_slice() label=tr!("Settings") /> }
}

/// The page.
#[component]
pub fn SettingsPage() -> impl IntoView {
    view! {
        <PageHead title=tr!("Settings") />
        <SettingsTabs />
        <div class="flex max-w-3xl flex-col gap-5">
            <WorkspaceFacts />
            <Providers />
            <Embedding />
            <Connections />
            {use_session().may(Role::Admin).then(|| view! { <ApiKeys /> })}
            <Section title=tr!("Appearance") subtitle=tr!("Of the dashboard, in this browser.")>
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
                {tr!("Members")}
            </ButtonLink>
            <ButtonLink small=true icon=icon::BUILDING href="/organization">
                {tr!("Organization")}
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
                            <dt class="muted">{tr!("Name")}</dt>
                            <dd dir="auto">{name}</dd>
                        }
                    })}
                <dt class="muted">{tr!("Organization")}</dt>
                <dd dir="auto">{organization}</dd>
                <dt class="muted">{tr!("You")}</dt>
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
            title=tr!("Workspace")
            subtitle=tr!("Bots, knowledge, conversations and keys belong to it.")
            actions=links.into_any()
        >
            {loaded(me, rows, facts)}
        </Section>
    }
}
