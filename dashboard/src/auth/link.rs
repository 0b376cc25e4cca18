//! Links of mails: what they prove stands behind the `#`, which browsers send to nobody.

use leptos::prelude::window;

/// What stands behind the `#` of this page's address.
pub fn token() -> String {
    let hash = window().location().hash().unwrap_or_default();
    hash.trim_start_matches('#').to_owned()
}
