//! What belongs to this tab alone: its workspace, and what it sends while it closes.

use api_types::client::Call;
use js_sys::Reflect;
use leptos::prelude::window;
use uuid::Uuid;
use wasm_bindgen::JsValue;
use web_sys::{Headers, RequestInit};

const WORKSPACE: &str = "botwright.workspace";

/// The workspace this tab works in, also after a reload.
pub fn workspace() -> Option<Uuid> {
    let storage = window().session_storage().ok().flatten()?;
    storage.get_item(WORKSPACE).ok().flatten()?.parse().ok()
}

/// Notes the workspace this tab works in.
pub fn remember_workspace(id: Uuid) {
    if let Ok(Some(storage)) = window().session_storage() {
        // Without storage, a reload goes to the workspace of the refresh cookie.
        let _ = storage.set_item(WORKSPACE, &id.to_string());
    }
}

/// Forgets it, for the next person who signs in here.
pub fn forget_workspace() {
    if let Ok(Some(storage)) = window().session_storage() {
        let _ = storage.remove_item(WORKSPACE);
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
    if let Some(body) = call.body() {
        request.set_body(&JsValue::from_str(body));
    }
    // web-sys has no setter for `keepalive`.
    if Reflect::set(&request, &"keepalive".into(), &JsValue::TRUE).is_ok() {
        // Nobody is left to read the answer; what was sent is also kept in this browser until it is confirmed.
        drop(window().fetch_with_str_and_init(&call.url(), &request));
    }
}
