//! Server-sent events of an answer.

use api_types::chat::ChatEvent;
use eventsource_stream::Eventsource;
use futures::{Stream, StreamExt, future};
use gloo_net::http::Response;
use js_sys::Uint8Array;
use serde_json::Value;
use wasm_bindgen::JsCast;
use wasm_streams::ReadableStream;

/// The connection broke, or what came was no event of this contract.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct StreamError;

/// The events of a streamed answer, in order.
pub fn events(response: &Response) -> Option<impl Stream<Item = Result<ChatEvent, StreamError>>> {
    let body = ReadableStream::from_raw(response.body()?.unchecked_into());
    let bytes = body.into_stream().map(|piece| match piece {
        Ok(piece) => Ok(Uint8Array::new(&piece).to_vec()),
        Err(_) => Err(StreamError),
    });
    Some(bytes.eventsource().filter_map(|event| {
        future::ready(match event {
            Ok(event) => read(&event.event, &event.data),
            Err(_) => Some(Err(StreamError)),
        })
    }))
}

/// Reads one event; kinds that a newer server may add are skipped.
fn read(name: &str, data: &str) -> Option<Result<ChatEvent, StreamError>> {
    if !["start", "sources", "delta", "done", "error"].contains(&name) {
        return None;
    }
    let Ok(Value::Object(mut fields)) = serde_json::from_str(data) else {
        return Some(Err(StreamError));
    };
    fields.insert("event".to_owned(), name.into());
    Some(serde_json::from_value(fields.into()).map_err(|_| StreamError))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_name_of_an_event_says_what_its_data_is() {
        let expected = ChatEvent::Delta { text: "Hi".into() };
        assert_eq!(read("delta", r#"{"text":"Hi"}"#), Some(Ok(expected)));
        assert_eq!(read("delta", "no json"), Some(Err(StreamError)));
        assert_eq!(read("ping", "{}"), None);
    }
}
