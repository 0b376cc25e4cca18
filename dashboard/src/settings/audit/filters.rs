//! Which entries are looked at. It stands in the address, so that it can be linked.

use api_types::audit::{AuditAction, AuditFilter};
use leptos::prelude::*;
use leptos_router::NavigateOptions;
use leptos_router::hooks::{use_navigate, use_query_map};

use crate::i18n::served;
use crate::ui::button::{Button, Submit};
use crate::ui::field::{SelectField, TextField};
use crate::ui::time::start_of_day;

/// The filter as the address has it; what is empty is not asked for.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Wanted {
    action: String,
    actor: String,
    object_id: String,
    /// The first day, such as `2026-11-21`.
    from: String,
    /// The last day.
    to: String,
}

impl Wanted {
    /// What the server is asked for. Days are those of the person's own time zone.
    pub fn filter(&self) -> AuditFilter {
        let text = |text: &String| Some(text.clone()).filter(|text| !text.is_empty());
        AuditFilter {
            action: text(&self.action),
            actor: text(&self.actor),
            object_id: self.object_id.parse().ok(),
            from: start_of_day(&self.from, 0),
            to: start_of_day(&self.to, 1),
        }
    }

    fn address(&self) -> String {
        let pairs = [
            ("action", &self.action),
            ("actor", &self.actor),
            ("object_id", &self.object_id),
            ("from", &self.from),
            ("to", &self.to),
        ];
        let query: Vec<String> = pairs
            .into_iter()
            .filter(|(_, value)| !value.is_empty())
            .map(|(name, value)| format!("{name}={}", String::from(js_sys::encode_uri_component(value))))
            .collect();
        if query.is_empty() {
            "/settings/audit".to_owned()
        } else {
            format!("/settings/audit?{}", query.join("&"))
        }
    }

    /// The address of what one person, key or kind of actor did.
    pub fn of_actor(actor: String) -> String {
        Self {
            actor,
            ..Self::default()
        }
        .address()
    }

    /// The address of what was done to one object.
    pub fn of_object(object_id: String) -> String {
        Self {
            object_id,
            ..Self::default()
        }
        .address()
    }
}

/// What the address asks for.
pub fn wanted() -> Memo<Wanted> {
    let query = use_query_map();
    Memo::new(move |_| {
        query.with(|query| {
            let text = |name| query.get(name).unwrap_or_default();
            Wanted {
                action: text("action"),
                actor: text("actor"),
                object_id: text("object_id"),
                from: text("from"),
                to: text("to"),
            }
        })
    })
}

/// The form above the list.
#[component]
pub fn Filters(wanted: Memo<Wanted>) -> impl IntoView {
    let [action, actor, object_id, from, to] = [(); 5].map(|()| RwSignal::new(String::new()));
    Effect::new(move |_| {
        let wanted = wanted.get();
        action.set(wanted.action);
        actor.set(wanted.actor);
        object_id.set(wanted.object_id);
        from.set(wanted.from);
        to.set(wanted.to);
    });
    let navigate = StoredValue::new_local(use_navigate());
    let go = move |wanted: &Wanted| {
        let address = wanted.address();
        navigate.with_value(|navigate| navigate(&address, NavigateOptions::default()));
    };
    let apply = move || {
        go(&Wanted {
            action: action.get_untracked(),
            actor: actor.get_untracked().trim().to_owned(),
            object_id: object_id.get_untracked().trim().to_owned(),
            from: from.get_untracked(),
            to: to.get_untracked(),
        });
    };
    let actions = std::iter::once((String::new(), tr!("Everything").to_owned()))
        .chain(AuditAction::ALL.iter().map(|action| {
            let words = capitalized(&served(action.words()));
            (action.as_str().to_owned(), words)
        }))
        .collect::<Vec<_>>();
    let actions = StoredValue::new(actions);
    view! {
        <form
            class="panel mb-4 grid grid-cols-2 items-start gap-3 p-4 lg:grid-cols-3"
            role="search"
            aria-label=tr!("Audit log")
            novalidate
            on:submit=move |event| {
                event.prevent_default();
                apply();
            }
        >
            <SelectField
                label=tr!("What was done")
                value=action
                options=Signal::derive(move || actions.get_value())
            />
            <TextField label=tr!("By whom") value=actor placeholder=tr!("Name or id") />
            <TextField label=tr!("To what") value=object_id placeholder=tr!("Id") />
            <TextField label=tr!("From") kind="date" value=from />
            <TextField label=tr!("To") kind="date" value=to />
            <div class="flex flex-wrap gap-2 self-end">
                <Submit busy=false>{tr!("Filter")}</Submit>
                <Show when=move || wanted.get() != Wanted::default()>
                    <Button on_click=move || go(&Wanted::default())>{tr!("Clear")}</Button>
                </Show>
            </div>
        </form>
    }
}

fn capitalized(words: &str) -> String {
    let mut letters = words.chars();
    letters
        .next()
        .map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}
