//! The documents of the workspace, to choose one from.

use api_types::client;
use leptos::prelude::*;
use leptos::task::spawn_local;
use uuid::Uuid;

use crate::session::use_session;

/// Ids and titles of the documents in all knowledge bases, of each the first 500; empty until they are read. What can't be read is left out:
/// a case can be written without.
pub fn documents() -> RwSignal<Vec<(Uuid, String)>> {
    let session = use_session();
    let found = RwSignal::new(Vec::new());
    spawn_local(async move {
        let Ok(bases) = session.send(&client::kb::list()).await else {
            return;
        };
        for base in bases {
            let Ok(documents) = session.send(&client::kb::many_documents(base.id)).await else {
                continue;
            };
            let titles = documents
                .items
                .into_iter()
                .map(|document| (document.id, document.title));
            found.try_update(|found: &mut Vec<(Uuid, String)>| {
                found.extend(titles);
                found.sort_by_key(|(_, title)| title.to_lowercase());
            });
        }
    });
    found
}
