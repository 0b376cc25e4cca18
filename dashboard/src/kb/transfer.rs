//! Sending one file with a word on how far it is. `fetch` can't tell that; `XMLHttpRequest` can.

use api_types::client::{self, ClientError};
use futures::channel::oneshot;
use serde::de::DeserializeOwned;
use wasm_bindgen::JsCast;
use wasm_bindgen::closure::Closure;
use web_sys::{File, FormData, ProgressEvent, XmlHttpRequest};

/// Sends a file to `url` by `PUT` or `POST`. `on_progress` is given the part that is sent, 0 to 1.
pub async fn send_file<T: DeserializeOwned>(
    method: &str,
    url: &str,
    file: &File,
    token: Option<&str>,
    on_progress: impl Fn(f64) + 'static,
) -> Result<T, ClientError> {
    let request = prepare(method, url, token).ok_or(ClientError::Network)?;
    let form = FormData::new().map_err(|_| ClientError::Network)?;
    form.append_with_blob_and_filename("file", file, &file.name())
        .map_err(|_| ClientError::Network)?;

    let (sender, ended) = oneshot::channel();
    let end = Closure::once(move || {
        // The receiver is this very function.
        let _ = sender.send(());
    });
    request.set_onloadend(Some(end.as_ref().unchecked_ref()));
    let progress = Closure::<dyn Fn(ProgressEvent)>::new(move |event: ProgressEvent| {
        if event.length_computable() && event.total() > 0.0 {
            on_progress(event.loaded() / event.total());
        }
    });
    if let Ok(upload) = request.upload() {
        upload.set_onprogress(Some(progress.as_ref().unchecked_ref()));
    }
    request
        .send_with_opt_form_data(Some(&form))
        .map_err(|_| ClientError::Network)?;
    let _ = ended.await;
    read(&request)
}

fn prepare(method: &str, url: &str, token: Option<&str>) -> Option<XmlHttpRequest> {
    let request = XmlHttpRequest::new().ok()?;
    request.open(method, url).ok()?;
    if let Some(token) = token {
        request
            .set_request_header("Authorization", &format!("Bearer {token}"))
            .ok()?;
    }
    Some(request)
}

fn read<T: DeserializeOwned>(request: &XmlHttpRequest) -> Result<T, ClientError> {
    let status = request.status().unwrap_or_default();
    let text = request.response_text().ok().flatten().unwrap_or_default();
    match status {
        0 => Err(ClientError::Network),
        200..=299 => client::answer(status, &text),
        _ => Err(client::problem(status, &text)),
    }
}
