//! Members: who may enter a workspace, and who belongs to an organization.

mod account;
mod organization;
mod workspace;

pub(crate) use account::leave_everywhere;
pub use organization::{
    change as change_in_organization, list as list_of_organization, remove as remove_from_organization,
    transfer,
};
pub use workspace::{change, list, remove};

use api_types::ErrorCode;
use api_types::tenancy::{ChangeMemberRequest, Role};

use crate::{Error, Result};

/// Refuses to touch somebody whose role is above one's own, or to give a role that is.
fn check_rank(own: Role, theirs: Role, new: Option<Role>) -> Result<()> {
    if theirs > own {
        let detail = format!("Only an {} can change an {}.", theirs.as_str(), theirs.as_str());
        return Err(Error::refused(ErrorCode::Forbidden, detail));
    }
    check_grant(own, new.unwrap_or(theirs))
}

/// Refuses to give a role above one's own.
pub(super) fn check_grant(own: Role, new: Role) -> Result<()> {
    if new <= own {
        return Ok(());
    }
    let detail = format!(
        "You are {}, so you can't make anybody {}. Ask somebody who is.",
        own.as_str(),
        new.as_str()
    );
    Err(Error::refused(ErrorCode::Forbidden, detail))
}

/// Nobody locks themselves out by accident.
fn not_oneself(is_oneself: bool, request: &ChangeMemberRequest) -> Result<()> {
    if is_oneself && request.is_suspended == Some(true) {
        return Err(Error::refused(
            ErrorCode::Forbidden,
            "You can't suspend yourself. To go, leave.",
        ));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nobody_reaches_above_their_own_role() {
        use Role::{Admin, Editor, Owner, Viewer};
        for (own, theirs, new, is_allowed) in [
            (Owner, Owner, Some(Viewer), true),
            (Owner, Viewer, Some(Owner), true),
            (Admin, Admin, Some(Viewer), true),
            (Admin, Owner, Some(Viewer), false),
            (Admin, Owner, None, false),
            (Admin, Editor, Some(Owner), false),
            (Admin, Editor, Some(Admin), true),
            (Admin, Editor, None, true),
        ] {
            assert_eq!(
                check_rank(own, theirs, new).is_ok(),
                is_allowed,
                "{own:?} makes {theirs:?} {new:?}"
            );
        }
    }
}
