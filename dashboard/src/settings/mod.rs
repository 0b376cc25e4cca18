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

use crate::members::{OrganizationLink, RenameWorkspace, role_name};
use crate::session::use_session;
use crate::ui::button::ButtonLink;
use crate::ui::empty::Empty;
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

/// The pages, each with the role that it asks for.
const TABS: [(Tab, Role); 6] = [
    (("/settings", mark!("Workspace")), Role::Viewer),
    (("/settings/data", mark!("Data")), Role::Viewer),
    (("/settings/usage", mark!("Usage")), Role::Admin),
    (("/settings/inbox", mark!("Inbox")), Role::Viewer),
    (("/settings/webhooks", mark!("Webhooks")), Role::Admin),
    (("/settings/audit", mark!("Audit log")), Role::Admin),
];

/// The pages of the settings that the person may see.
#[component]
fn SettingsTabs() -> impl IntoView {
    let session = use_session();
    let tabs = TABS.into_iter().filter(|(_, needs)| session.may(*needs));
    let tabs: Vec<Tab> = tabs.map(|(tab, _)| tab).collect();
    view! { <TabLinks tabs=tabs.as_slice() label=tr!("Settings") /> }
}

/// A page of the settings that only admins see. Others came by an address: the server is not even asked.
fn for_admins<V: IntoView + 'static>(page: impl FnOnce() -> V) -> AnyView {
    if use_session().may(Role::Admin) {
        return page().into_any();
    }
    view! {
        <PageHead title=tr!("Settings") back=("/settings", tr!("Settings")) />
        <Empty
            icon=icon::KEY_ROUND
            title=tr!("Not allowed")
            text=tr!("Only admins of the workspace see this page. One of them can change your role, under Members.")
        />
    }
    .into_any()
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
            <OrganizationLink />
        </div>
    };
    let facts = move |me: RwSignal<Me>| {
        let (role, account) = me.with_untracked(|me| {
            let account = format!("{} · {} · {}", me.user.name, me.user.email, role_name(me.role));
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
