//! Links of mails and invitations: what they prove stands behind the `#`, which browsers send to nobody.

use leptos::prelude::{WithUntracked, window};
use leptos_router::hooks::use_location;

use crate::session::tab;

/// What stands behind the `#` of this page's address.
pub fn token() -> String {
    let hash = window().location().hash().unwrap_or_default();
    hash.trim_start_matches('#').to_owned()
}

/// The invitation that a new person comes with: the one of this tab, if its page sent them here.
pub fn invitation() -> Option<String> {
    let next = use_location().query.with_untracked(|query| query.get("next"));
    next.filter(|next| next == tab::INVITE)
        .and_then(|_| tab::invitation())
}
