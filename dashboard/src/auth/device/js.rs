//! Objects of the page that have no types.

use js_sys::{Array, Function, JSON, Promise, Reflect};
use leptos::prelude::window;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;

/// The object at this path below `window`.
pub fn find(path: &[&str]) -> Option<JsValue> {
    let mut object = JsValue::from(window());
    for name in path {
        object = get(&object, name)?;
    }
    (object.is_object() || object.is_function()).then_some(object)
}

/// A property that is there.
pub fn get(object: &JsValue, name: &str) -> Option<JsValue> {
    let value = Reflect::get(object, &name.into()).ok()?;
    (!value.is_undefined() && !value.is_null()).then_some(value)
}

/// A property that is text.
pub fn text(object: &JsValue, name: &str) -> Option<String> {
    get(object, name)?.as_string()
}

/// Calls a method, and waits for what it promises. The error is what people can be told.
pub async fn call(object: &JsValue, method: &str, arguments: &[JsValue]) -> Result<JsValue, String> {
    let called = call_now(object, method, arguments)?;
    let promise = Promise::resolve(&called);
    JsFuture::from(promise).await.map_err(|error| said(&error))
}

/// Calls a method that promises nothing.
pub fn call_now(object: &JsValue, method: &str, arguments: &[JsValue]) -> Result<JsValue, String> {
    let function = get(object, method).and_then(|method| method.dyn_into::<Function>().ok());
    let function =
        function.ok_or_else(|| tr!("This browser can't do that. Choose another way.").to_owned())?;
    let arguments: Array = arguments.iter().collect();
    function.apply(object, &arguments).map_err(|error| said(&error))
}

/// JSON as an object of the page.
pub fn object(json: &serde_json::Value) -> Result<JsValue, String> {
    JSON::parse(&json.to_string()).map_err(|error| said(&error))
}

/// An object of the page as JSON, by its `toJSON` where it has one.
pub fn json(object: &JsValue) -> Option<serde_json::Value> {
    let text = JSON::stringify(object).ok()?.as_string()?;
    serde_json::from_str(&text).ok()
}

/// What an error says of itself.
fn said(error: &JsValue) -> String {
    // The names that browsers and wallets have for "no, thank you".
    let is_refusal = text(error, "name").is_some_and(|name| name == "NotAllowedError")
        || get(error, "code").and_then(|code| code.as_f64()) == Some(4001.0);
    if is_refusal {
        return tr!("It was cancelled, or took too long. Nothing was changed.").to_owned();
    }
    let message = text(error, "message").or_else(|| error.as_string());
    message.unwrap_or_else(|| tr!("It did not work. Try again, or choose another way.").to_owned())
}
