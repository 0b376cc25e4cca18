//! What the workspace keeps, archives of it, and receipts for what was deleted.

mod policy;
mod receipts;

use api_types::client;
use api_types::tenancy::Role;
use leptos::prelude::*;

use self::policy::Policy;
use self::receipts::Receipts;
use super::SettingsTabs;
use crate::exports::{Exports, Source};
use crate::session::use_session;
use crate::ui::load::{load, loaded, rows};
use crate::ui::page::PageHead;

/// The page.
#[component]
pub fn DataPage() -> impl IntoView {
    let policy = load(client::data::policy);
    view! {
        <PageHead title=tr!("Settings") subtitle=tr!("What this workspace keeps, for how long, and how to take it along.") />
        <SettingsTabs />
        <div class="flex max-w-3xl flex-col gap-5">
            {loaded(policy, rows, move |found| view! { <Policy policy=policy found=found.get_untracked() /> })}
            {use_session()
                .may(Role::Admin)
                .then(|| {
                    view! {
                        <Exports
                            source=Source::Workspace
                            title=tr!("Export")
                            subtitle=tr!("Everything in this workspace as a ZIP archive: bots, knowledge with its files, conversations, leads, tests and the audit log. No keys or passwords.")
                        />
                    }
                })}
            <Receipts />
        </div>
    }
}
