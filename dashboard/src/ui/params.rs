//! Ids in addresses.

use leptos::prelude::*;
use leptos_router::hooks::use_params_map;
use uuid::Uuid;

use crate::shell::NotFound;

/// Makes a page for the `:id` of the address, and anew when it changes. What is no id leads nowhere.
pub fn with_id<V: IntoView + 'static>(page: impl Fn(Uuid) -> V + Send + 'static) -> impl IntoView {
    let params = use_params_map();
    let id = Memo::new(move |_| {
        params
            .with(|params| params.get("id"))
            .and_then(|id| id.parse().ok())
    });
    move || match id.get() {
        Some(id) => page(id).into_any(),
        None => view! { <NotFound /> }.into_any(),
    }
}
