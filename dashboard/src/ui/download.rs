//! Files that the server makes, handed to the browser as downloads.

use api_types::client::{Call, ClientError};
use js_sys::{Array, Uint8Array};
use leptos::prelude::*;
use wasm_bindgen::JsCast;
use web_sys::{AbortController, Blob, HtmlElement, Url};

use crate::session::Session;

/// Tells spreadsheets that a text is UTF-8.
const MARK: &[u8] = "\u{feff}".as_bytes();

/// Fetches the file that `call` answers with, and has it saved under `name`.
pub async fn save(session: Session, call: &Call<()>, name: &str) -> Result<(), ClientError> {
    let abort = AbortController::new().map_err(|_| ClientError::Network)?;
    let response = session.open(call, &abort.signal()).await?;
    let bytes = response.binary().await.map_err(|_| ClientError::Network)?;
    let mark = if name.ends_with(".csv") { MARK } else { &[] };
    offer(&[mark, &bytes], name).ok_or(ClientError::Network)
}

fn offer(parts: &[&[u8]], name: &str) -> Option<()> {
    let parts: Array = parts.iter().map(|part| Uint8Array::from(*part)).collect();
    let blob = Blob::new_with_u8_array_sequence(&parts).ok()?;
    let address = Url::create_object_url_with_blob(&blob).ok()?;
    let link: HtmlElement = document().create_element("a").ok()?.dyn_into().ok()?;
    link.set_attribute("href", &address).ok()?;
    link.set_attribute("download", name).ok()?;
    link.click();
    // The browser has taken what it needs by then.
    set_timeout(
        move || {
            let _ = Url::revoke_object_url(&address);
        },
        std::time::Duration::from_secs(60),
    );
    Some(())
}
