//! The dashboard: a single-page app that builds bots and knowledge bases through the public API.

#[macro_use]
mod i18n;

mod account;
mod analytics;
mod app;
mod auth;
mod bots;
mod chat;
mod conversations;
mod drafts;
mod exports;
mod inbox;
mod kb;
mod leads;
mod live;
mod members;
mod pages;
mod retrieval;
mod session;
mod settings;
mod shell;
mod test_sets;
mod ui;

use leptos::prelude::*;

fn main() {
    console_error_panic_hook::set_once();
    // Leptos has no executor of its own before it is mounted.
    wasm_bindgen_futures::spawn_local(async {
        i18n::start().await;
        if let Some(boot) = document().get_element_by_id("boot") {
            boot.remove();
        }
        mount_to_body(app::App);
    });
}
