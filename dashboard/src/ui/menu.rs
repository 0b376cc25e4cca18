//! A button that opens a small panel below or above itself.

use leptos::ev;
use leptos::html;
use leptos::prelude::*;
use wasm_bindgen::JsCast;
use web_sys::Node;

/// A button and its panel. Escape, a click outside and leaving by keyboard close it.
#[component]
pub fn Menu(
    /// Whether it is open.
    open: RwSignal<bool>,
    /// What the button does, for screen readers; where what it shows does not say so.
    #[prop(optional, into)]
    label: Option<Signal<String>>,
    /// Classes of the button.
    #[prop(default = "btn btn-ghost")]
    class: &'static str,
    /// Whether the panel grows towards the start of the line.
    #[prop(optional)]
    end: bool,
    /// Whether the panel is above the button.
    #[prop(optional)]
    up: bool,
    /// What the button shows.
    button: ViewFn,
    /// What the panel holds.
    children: ChildrenFn,
) -> impl IntoView {
    let place = NodeRef::<html::Div>::new();
    let toggle = NodeRef::<html::Button>::new();
    let is_inside = move |node: Option<Node>| {
        place
            .get_untracked()
            .is_some_and(|place| place.contains(node.as_ref()))
    };
    let outside = window_event_listener(ev::pointerdown, move |event| {
        let target = event.target().and_then(|target| target.dyn_into().ok());
        if open.get_untracked() && !is_inside(target) {
            open.set(false);
        }
    });
    on_cleanup(move || outside.remove());

    let left = move |event: web_sys::FocusEvent| {
        let to = event
            .related_target()
            .and_then(|target| target.dyn_into::<Node>().ok());
        if to.is_some() && !is_inside(to) {
            open.set(false);
        }
    };
    let escape = move |event: web_sys::KeyboardEvent| {
        if event.key() == "Escape" && open.get_untracked() {
            event.stop_propagation();
            open.set(false);
            if let Some(toggle) = toggle.get_untracked() {
                // An element that can't take the focus leaves it where it is.
                let _ = toggle.focus();
            }
        }
    };
    let side = if end { "end-0" } else { "start-0" };
    let edge = if up { "bottom-full mb-1" } else { "top-full mt-1" };
    let children = StoredValue::new(children);

    view! {
        <div node_ref=place class="relative min-w-0" on:focusout=left on:keydown=escape>
            <button
                node_ref=toggle
                type="button"
                class=class
                aria-label=move || label.map(|label| label.get())
                aria-expanded=move || open.get().to_string()
                on:click=move |_| open.update(|open| *open = !*open)
            >
                {move || button.run()}
            </button>
            <Show when=move || open.get()>
                <div class=format!(
                    "overlay absolute {side} {edge} z-40 w-72 max-w-[calc(100vw-2rem)] p-1.5",
                )>{children.with_value(|children| children())}</div>
            </Show>
        </div>
    }
}

/// Classes of a line in a menu.
pub const ITEM: &str = "flex w-full min-w-0 items-center gap-2.5 rounded-field px-2.5 py-2 text-start hover:bg-base-200 cursor-pointer";
