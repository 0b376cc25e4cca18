//! Passkeys: made and asked by the browser.

use serde_json::{Value, json};

use super::js;

/// Whether this browser has them, on this page.
pub fn is_supported() -> bool {
    let class = js::find(&["PublicKeyCredential"]);
    class.is_some_and(|class| js::get(&class, "parseCreationOptionsFromJSON").is_some())
}

/// Makes one. Answers what the server checks.
pub async fn create(options: &Value) -> Result<Value, String> {
    run("create", "parseCreationOptionsFromJSON", options).await
}

/// Asks for one. Answers what the server checks.
pub async fn get(options: &Value) -> Result<Value, String> {
    run("get", "parseRequestOptionsFromJSON", options).await
}

async fn run(method: &str, parse: &str, options: &Value) -> Result<Value, String> {
    let missing = || tr!("This browser has no passkeys. Choose another way.").to_owned();
    let class = js::find(&["PublicKeyCredential"]).ok_or_else(missing)?;
    let container = js::find(&["navigator", "credentials"]).ok_or_else(missing)?;
    let options = js::call_now(&class, parse, &[js::object(options)?])?;
    let asked = js::object(&json!({}))?;
    js_sys::Reflect::set(&asked, &"publicKey".into(), &options).map_err(|_| missing())?;
    let credential = js::call(&container, method, &[asked]).await?;
    js::json(&credential).ok_or_else(missing)
}
