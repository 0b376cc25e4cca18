//! What addresses say besides the page: ids and wishes.

use leptos::prelude::*;
use leptos_router::NavigateOptions;
use leptos_router::hooks::{use_location, use_navigate, use_params_map, use_query_map};
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

/// Whether the address asks for something to be done. It does so once, and not again when the page is loaded anew: the wish is
/// taken out of it.
pub fn asks_for(wish: &str) -> bool {
    let (query, path) = (use_query_map(), use_location().pathname);
    if query.with_untracked(|query| query.get(wish).is_none()) {
        return false;
    }
    let options = NavigateOptions {
        replace: true,
        scroll: false,
        ..NavigateOptions::default()
    };
    use_navigate()(&path.get_untracked(), options);
    true
}
