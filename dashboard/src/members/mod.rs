//! People: members, guests and invitations of a workspace or an organization, and the organization itself.

mod closing;
mod invitations;
mod invite;
mod join;
mod level;
mod list;
mod name;
mod organization;
mod transfer;
mod workspaces;

use api_types::client;
use leptos::prelude::*;

use crate::ui::button::ButtonLink;
use crate::ui::icon;
use crate::ui::load::load;
use crate::ui::page::PageHead;
pub use join::JoinPage;
use level::Level;
pub use level::title as role_name;
use list::People;
pub use name::RenameWorkspace;
pub use organization::OrganizationPage;

/// The way to the organization, for those who belong to it: guests may not see it.
#[component]
pub fn OrganizationLink() -> impl IntoView {
    let me = load(client::auth::me);
    let is_member = move || me.get().is_some_and(|me| me.organization_role.is_some());
    view! {
        <Show when=is_member>
            <ButtonLink small=true icon=icon::BUILDING href="/organization">
                {tr!("Organization")}
            </ButtonLink>
        </Show>
    }
}

/// Who may enter the workspace.
#[component]
pub fn MembersPage() -> impl IntoView {
    view! {
        <PageHead
            title=tr!("Members")
            subtitle=tr!("Who may enter this workspace. Members of the organization may enter each of its workspaces; guests only those they were invited to.")
            back=("/settings", tr!("Settings"))
        >
            <OrganizationLink />
        </PageHead>
        <div class="flex max-w-3xl flex-col gap-5">
            <People level=Level::Workspace />
        </div>
    }
}
