//! The address that somebody typed to sign in, for the page on which they ask for a new password.

use leptos::prelude::*;

/// The address; nothing until it is kept. A handle, and gone with the tab.
#[derive(Clone, Copy, Default)]
pub struct TypedAddress(StoredValue<String>);

impl TypedAddress {
    /// Keeps it for the next page.
    pub fn keep(self, address: String) {
        self.0.set_value(address);
    }

    /// Hands it over, once.
    pub fn take(self) -> String {
        self.0.try_update_value(std::mem::take).unwrap_or_default()
    }
}
