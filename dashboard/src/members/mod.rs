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

use leptos::prelude::*;

use crate::ui::button::ButtonLink;
use crate::ui::page::PageHead;
pub use join::JoinPage;
use level::Level;
use list::People;
pub use name::RenameWorkspace;
pub use organization::OrganizationPage;

/// Who may enter the workspace.
#[component]
pub fn MembersPage() -> impl IntoView {
    view! {
        <PageHead
            title=tr!("Members")
            subtitle=tr!("Who may enter this workspace. Members of the organization may enter each of its workspaces; guests only those they were invited to.")
            back=("/settings", tr!("Settings"))
        >
            <ButtonLink href="/organization">{tr!("Organization")}</ButtonLink>
        </PageHead>
        <div class="flex max-w-3xl flex-col gap-5">
            <People level=Level::Workspace />
        </div>
    }
}
