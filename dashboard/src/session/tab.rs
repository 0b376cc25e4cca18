//! What belongs to this tab alone: its workspace, and what it sends while it closes.

use api_types::client::Call;
use js_sys::Reflect;
use leptos::prelude::window;
use uuid::Uuid;
use wasm_bindgen::JsValue;
use web_sys::{Headers, RequestInit, Storage};

const WORKSPACE: &str = "botwright.workspace";
const INVITATION: &str = "botwright.invitation";
const PUT_AWAY: &str = "botwright.put-away.";

/// The page that links of invitations lead to.
pub const INVITE: &str = "/invite";

fn storage() -> Option<Storage> {
    window().session_storage().ok().flatten()
}

/// The workspace this tab works in, also after a reload.
pub fn workspace() -> Option<Uuid> {
    storage()?.get_item(WORKSPACE).ok().flatten()?.parse().ok()
}

/// Notes the workspace this tab works in.
pub fn remember_workspace(id: Uuid) {
    if let Some(storage) = storage() {
        // Without storage, a reload goes to the workspace of the refresh cookie.
        let _ = storage.set_item(WORKSPACE, &id.to_string());
    }
}

/// Forgets it, for the next person who signs in here.
pub fn forget_workspace() {
    if let Some(storage) = storage() {
        let _ = storage.remove_item(WORKSPACE);
    }
}

/// The token of the invitation that was opened in this tab and is not accepted yet.
pub fn invitation() -> Option<String> {
    storage()?.get_item(INVITATION).ok().flatten()
}

/// Keeps it while somebody signs in or up, also by way of another site: so it stands in no address.
pub fn keep_invitation(token: &str) {
    if let Some(storage) = storage() {
        // Without storage the link has to be opened again after signing in.
        let _ = storage.set_item(INVITATION, token);
    }
}

/// It was accepted, or is gone.
pub fn forget_invitation() {
    if let Some(storage) = storage() {
        let _ = storage.remove_item(INVITATION);
    }
}

/// Whether something was put away for as long as this tab is open.
pub fn is_put_away(what: &str) -> bool {
    storage()
        .and_then(|storage| storage.get_item(&format!("{PUT_AWAY}{what}")).ok().flatten())
        .is_some()
}

/// Puts it away.
pub fn put_away(what: &str) {
    if let Some(storage) = storage() {
        // Without storage it is back after a reload.
        let _ = storage.set_item(&format!("{PUT_AWAY}{what}"), "yes");
    }
}

/// Sends a PUT that outlives the page. Browsers carry up to 64 KiB so.
pub fn send_on_leave<T>(call: &Call<T>, token: Option<String>) {
    let (Ok(headers), Some(token)) = (Headers::new(), token) else {
        return;
    };
    let typed = headers.set("Content-Type", "application/json");
    let signed = headers.set("Authorization", &format!("Bearer {token}"));
    if typed.and(signed).is_err() {
        return;
    }
    let request = RequestInit::new();
    request.set_method("PUT");
    request.set_headers(&headers);
    if let Some(body) = call.request().body() {
        request.set_body(&JsValue::from_str(body));
    }
    // web-sys has no setter for `keepalive`.
    if Reflect::set(&request, &"keepalive".into(), &JsValue::TRUE).is_ok() {
        // Nobody is left to read the answer; what was sent is also kept in this browser until it is confirmed.
        drop(window().fetch_with_str_and_init(&call.url(), &request));
    }
}
