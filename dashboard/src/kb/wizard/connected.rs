//! What all sources over connections begin with.

use api_types::client;
use api_types::connections::{Connection, ConnectionKind};
use leptos::prelude::*;
use uuid::Uuid;

use crate::ui::button::ButtonLink;
use crate::ui::icon;
use crate::ui::load::{load, loaded, rows};

/// The form over the connections of a kind, or what is to be done first.
#[component]
pub fn Connected(
    /// Which connections will do.
    kind: ConnectionKind,
    /// What is to be done first.
    first: &'static str,
    /// The name of that.
    action: &'static str,
    /// The form, given the connections and the id of the first.
    form: impl Fn(Vec<Connection>, Uuid) -> AnyView + Copy + Send + Sync + 'static,
) -> impl IntoView {
    let connections = load(client::connections::list);
    loaded(connections, rows, move |found| {
        move || {
            let mut found = found.get();
            found.retain(|connection| connection.kind == kind);
            match found.first().map(|connection| connection.id) {
                Some(first) => form(found, first),
                None => view! {
                    <div class="flex flex-col items-start gap-3">
                        <p class="muted">{first}</p>
                        <ButtonLink href="/settings" icon=icon::PLUG>
                            {action}
                        </ButtonLink>
                    </div>
                }
                .into_any(),
            }
        }
    })
}
