//! `/connections`

use super::{Call, Page, Uuid, query};
use crate::connections::{Connection, ConnectionCheck, CreateConnectionRequest, RemoteItem};

/// Connections of the workspace.
pub fn list() -> Call<Vec<Connection>> {
    Call::get("/connections")
}

/// Connects a service.
pub fn create(request: &CreateConnectionRequest) -> Call<Connection> {
    Call::post("/connections").json(request)
}

/// Forgets a connection and its credential.
pub fn delete(id: Uuid) -> Call<()> {
    Call::delete(format!("/connections/{id}"))
}

/// Tries the credential.
pub fn check(id: Uuid) -> Call<ConnectionCheck> {
    Call::post(format!("/connections/{id}/check"))
}

/// What a connection shows, by words of its titles.
pub fn items(id: Uuid, words: &str, cursor: Option<String>) -> Call<Page<RemoteItem>> {
    let query = query(&[("query", Some(words.to_owned())), ("cursor", cursor)]);
    Call::get(format!("/connections/{id}/items{query}"))
}
