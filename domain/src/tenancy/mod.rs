//! Organizations, workspaces and members, and the [`Scope`] that every tenant query needs.

mod scope;
mod workspaces;

pub use scope::{Actor, Origin, Scope};
pub use workspaces::{create_workspace, member_scope, workspace, workspaces_of};
pub(crate) use workspaces::{found_organization, visitor_scope};
