//! The parts of the form: each has an address on the page, and the one in view is marked.

use leptos::ev;
use leptos::prelude::*;
use leptos_router::hooks::use_location;

use crate::ui::tabs::{Tab, TabRow};

/// Where each part is on the page, and its English name.
const PARTS: [Tab; 5] = [
    ("instructions", mark!("Instructions")),
    ("knowledge", mark!("Knowledge")),
    ("appearance", mark!("Appearance")),
    ("leads", mark!("Lead form")),
    ("access", mark!("Access and tests")),
];

/// Pixels from the top of the window at which a part begins to be read: the head and some air. Below `scroll-mt-52`, where a
/// part comes to rest.
const READ_FROM: f64 = 232.0;

/// What the form is about, part by part.
#[component]
pub fn Parts(
    /// The part in view.
    here: RwSignal<&'static str>,
) -> impl IntoView {
    let path = use_location().pathname;
    let links = PARTS.into_iter().map(|(id, name)| {
        let address = format!("{}#{id}", path.get_untracked());
        let is_here = move || here.get() == id;
        (address, crate::i18n::text(name), Signal::derive(is_here))
    });
    view! { <TabRow links=links.collect() label=tr!("Build") /> }
}

/// Several sections of the form.
#[component]
pub fn Part(
    /// Its place in the address.
    id: &'static str,
    /// The sections.
    children: Children,
) -> impl IntoView {
    view! {
        <div id=id class="flex scroll-mt-52 flex-col gap-5">
            {children()}
        </div>
    }
}

/// The part that is read: what the address asks for, then whatever is scrolled to.
pub fn part_in_view() -> RwSignal<&'static str> {
    let hash = use_location().hash;
    let asked_for = Memo::new(move |_| hash.with(|hash| known(hash.trim_start_matches('#'))));
    let [(first, _), ..] = PARTS;
    let here = RwSignal::new(first);
    Effect::new(move |before: Option<()>| {
        let Some(part) = asked_for.get() else { return };
        here.set(part);
        // The browser came to the address before there was a form.
        if before.is_none() {
            request_animation_frame(move || show(part));
        }
    });
    let follow = move |_| {
        let (Some(now), Some(before)) = (in_view(asked_for.get_untracked()), here.try_get_untracked()) else {
            return;
        };
        if now != before {
            here.set(now);
        }
    };
    let scrolled = window_event_listener(ev::scroll, follow);
    on_cleanup(move || scrolled.remove());
    here
}

/// Scrolls to a part.
pub fn show(part: &str) {
    if let Some(part) = document().get_element_by_id(part) {
        part.scroll_into_view();
    }
}

/// The part that holds the field at a path of the API.
pub fn part_of(path: &str) -> &'static str {
    let path = path.strip_prefix("content.").unwrap_or(path);
    let end = path.find(['[', '.']).unwrap_or(path.len());
    match &path[..end] {
        "knowledge_base_ids" | "document_tags" | "rerank" | "model" | "max_passages" | "response_cache" => {
            "knowledge"
        }
        "appearance" | "language" | "translations" | "proactive" => "appearance",
        "lead_form" | "hand_off" | "uploads" => "leads",
        "access" | "tests" => "access",
        _ => "instructions",
    }
}

fn known(id: &str) -> Option<&'static str> {
    PARTS.iter().map(|(known, _)| *known).find(|known| *known == id)
}

/// The last part that has come up to the head. At the end of the page, where the last ones can't, the one that was asked for, if
/// it is in sight.
fn in_view(asked_for: Option<&'static str>) -> Option<&'static str> {
    let top = |id: &str| {
        let part = document().get_element_by_id(id)?;
        Some(part.get_bounding_client_rect().top())
    };
    let height = window().inner_height().ok()?.as_f64()?;
    let page = f64::from(document().document_element()?.scroll_height());
    let is_at_end = window().scroll_y().ok()? + height >= page - 2.0;
    if is_at_end
        && let Some(part) = asked_for.filter(|id| top(id).is_some_and(|top| top > 0.0 && top < height))
    {
        return Some(part);
    }
    let ids = PARTS.iter().map(|(id, _)| *id);
    let mut reached = ids.filter(|id| top(id).is_some_and(|top| top <= READ_FROM));
    let last = if is_at_end { known("access") } else { None };
    last.or_else(|| reached.next_back()).or(known("instructions"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_field_lies_in_a_part_that_there_is() {
        for (path, part) in [
            ("content.name", "instructions"),
            ("content.suggested_questions[1]", "instructions"),
            ("content.model.temperature", "knowledge"),
            ("content.appearance.radius", "appearance"),
            ("content.lead_form.fields[0].label", "leads"),
            ("content.tests.test_set_id", "access"),
        ] {
            assert_eq!(part_of(path), part);
            assert_eq!(known(part), Some(part));
        }
    }
}
