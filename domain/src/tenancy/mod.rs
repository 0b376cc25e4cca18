//! Organizations, workspaces, members and invitations, and the [`Scope`] that every tenant query needs.
//!
//! A role in an organization holds in each of its workspaces; a role in a workspace holds there alone, so that a client
//! of an agency can be a guest in one of them. The higher of the two counts. Nobody gives a role above their own, nor
//! changes somebody whose role is above theirs. An organization always has an owner.

mod closing;
pub mod invitations;
pub mod members;
mod memberships;
mod organizations;
mod purge;
mod scope;
mod workspaces;

pub(crate) use closing::close_for_good;
pub use closing::{
    close_organization, close_workspace, closed_organizations, restore_organization, restore_workspace,
};
pub use memberships::{Memberships, member_scope};
pub use organizations::{OrganizationScope, organization, rename_organization};
pub use purge::purge_due;
pub(crate) use purge::purge_organization;
pub use scope::{Actor, Origin, Scope};
pub use workspaces::{create_workspace, rename_workspace, workspace, workspaces_of};
pub(crate) use workspaces::{entrances, found_organization, home_workspace, visitor_scope};
