//! Where somebody is a member: in one workspace, or in the organization with all of its workspaces.

use api_types::client::{self, Call};
use api_types::tenancy::{
    ChangeMemberRequest, CreateInvitationRequest, CreatedInvitation, Invitation, Member, Role,
};
use uuid::Uuid;

/// Both have members and invitations; the routes differ.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Level {
    Workspace,
    Organization,
}

impl Level {
    /// One of two texts. Each is a whole sentence: a word put into one has another form in other languages.
    pub const fn pick(self, workspace: &'static str, organization: &'static str) -> &'static str {
        match self {
            Self::Workspace => workspace,
            Self::Organization => organization,
        }
    }

    pub fn members(self) -> Call<Vec<Member>> {
        match self {
            Self::Workspace => client::members::list(),
            Self::Organization => client::organization::members(),
        }
    }

    pub fn change(self, user_id: Uuid, request: &ChangeMemberRequest) -> Call<Member> {
        match self {
            Self::Workspace => client::members::change(user_id, request),
            Self::Organization => client::organization::change_member(user_id, request),
        }
    }

    pub fn remove(self, user_id: Uuid) -> Call<()> {
        match self {
            Self::Workspace => client::members::remove(user_id),
            Self::Organization => client::organization::remove_member(user_id),
        }
    }

    pub fn invitations(self) -> Call<Vec<Invitation>> {
        match self {
            Self::Workspace => client::members::invitations(),
            Self::Organization => client::organization::invitations(),
        }
    }

    pub fn invite(self, request: &CreateInvitationRequest) -> Call<CreatedInvitation> {
        match self {
            Self::Workspace => client::members::invite(request),
            Self::Organization => client::organization::invite(request),
        }
    }

    pub fn revoke(self, id: Uuid) -> Call<()> {
        match self {
            Self::Workspace => client::members::revoke(id),
            Self::Organization => client::organization::revoke(id),
        }
    }
}

/// Roles up to one's own, from least to most, with what they may do.
pub fn roles_up_to(own: Role) -> Vec<(String, String)> {
    [
        (Role::Viewer, tr!("Viewer: reads everything")),
        (Role::Editor, tr!("Editor: builds and deploys")),
        (Role::Admin, tr!("Admin: also providers, keys and members")),
        (Role::Owner, tr!("Owner: everything")),
    ]
    .into_iter()
    .filter(|(role, _)| *role <= own)
    .map(|(role, text)| (role.as_str().to_owned(), text.to_owned()))
    .collect()
}

/// A role as people read it.
pub fn title(role: Role) -> &'static str {
    match role {
        Role::Viewer => tr!("Viewer"),
        Role::Editor => tr!("Editor"),
        Role::Admin => tr!("Admin"),
        Role::Owner => tr!("Owner"),
    }
}
