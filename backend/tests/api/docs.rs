//! The API document and its reference page.

use std::collections::HashSet;

use reqwest::{Method, StatusCode};
use serde_json::Value;

use crate::support::{TestApp, ok};

#[tokio::test]
async fn each_operation_has_a_name_of_its_own() {
    let app = TestApp::start().await;
    let document: Value = ok(app.request(Method::GET, "/api/v1/openapi.json")).await;
    let operations: Vec<&str> = document["paths"]
        .as_object()
        .unwrap()
        .values()
        .flat_map(|path| path.as_object().unwrap().values())
        .map(|operation| operation["operationId"].as_str().unwrap())
        .collect();
    assert!(operations.contains(&"chat_chat"), "{operations:?}");
    let distinct: HashSet<&str> = operations.iter().copied().collect();
    assert_eq!(distinct.len(), operations.len(), "{operations:?}");
}

#[tokio::test]
async fn the_reference_loads_nothing_from_elsewhere() {
    let app = TestApp::start().await;
    let response = app.request(Method::GET, "/docs/api").send().await.unwrap();
    assert_eq!(response.status(), StatusCode::OK);
    let page = response.text().await.unwrap();
    for attribute in ["src=\"http", "href=\"http", "src=\"//", "href=\"//"] {
        assert!(!page.contains(attribute), "{page}");
    }
}
