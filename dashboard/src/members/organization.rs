//! The organization: its name, people, workspaces and end.

use api_types::client;
use api_types::tenancy::{Organization, Role};
use leptos::prelude::*;

use super::closing::{CloseOrganization, ClosedOrganizations};
use super::level::Level;
use super::list::People;
use super::name::RenameOrganization;
use super::transfer::Transfer;
use super::workspaces::Workspaces;
use crate::ui::load::{load, loaded, rows};
use crate::ui::page::{PageHead, Section};

/// The page.
#[component]
pub fn OrganizationPage() -> impl IntoView {
    let organization = load(client::organization::get);
    let ready = move |found: RwSignal<Organization>| {
        let role = Memo::new(move |_| found.with(|found| found.role));
        let is_admin = Memo::new(move |_| role.get() >= Role::Admin);
        let name = move || found.with_untracked(|found| found.name.clone());
        view! {
            <Show when=move || is_admin.get()>
                <Section title=tr!("Name")>
                    <RenameOrganization name=name() />
                </Section>
            </Show>
            <People level=Level::Organization />
            <Workspaces
                workspaces=Signal::derive(move || found.with(|found| found.workspaces.clone()))
                is_owner=Signal::derive(move || role.get() == Role::Owner)
                on_changed=move || organization.reload()
            />
            <Show when=move || role.get() == Role::Owner>
                <Transfer on_done=move || organization.reload() />
                <CloseOrganization name=Signal::derive(move || found.with(|found| found.name.clone())) />
            </Show>
        }
    };
    view! {
        <PageHead
            title=tr!("Organization")
            subtitle=tr!("Its members may enter all of its workspaces, with the role they have here or a higher one there.")
            back=("/settings", tr!("Settings"))
        />
        <div class="flex max-w-3xl flex-col gap-5">
            {loaded(organization, rows, ready)} <ClosedOrganizations />
        </div>
    }
}
