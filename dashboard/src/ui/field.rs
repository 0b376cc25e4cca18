//! Form fields: label, control, and below it the hint or what is wrong.

use std::time::Duration;

use leptos::leptos_dom::helpers::{TimeoutHandle, set_timeout_with_handle};
use leptos::prelude::*;

use super::button::IconButton;
use super::form::FieldForm;
use super::icon;

/// How long nothing is typed before it is looked up.
const SETTLED: Duration = Duration::from_millis(250);

/// A text that a field shows and changes.
#[derive(Clone, Copy)]
pub struct Text {
    get: Signal<String>,
    set: Callback<String>,
}

impl Text {
    /// A text that lies somewhere inside another value.
    pub fn new(
        get: impl Fn() -> String + Send + Sync + 'static,
        set: impl Fn(String) + Send + Sync + 'static,
    ) -> Self {
        Self {
            get: Memo::new(move |_| get()).into(),
            set: Callback::new(set),
        }
    }
}

impl Text {
    /// A whole number. While the text is no number it stays as typed, and 0 stands in the value.
    pub fn number(
        get: impl Fn() -> u16 + Copy + Send + Sync + 'static,
        set: impl Fn(u16) + Send + Sync + 'static,
    ) -> Self {
        let text = RwSignal::new(untrack(get).to_string());
        let number = move || text.with_untracked(|text| text.trim().parse().unwrap_or(0));
        Effect::new(move |_| {
            let value = get();
            if number() != value {
                text.set(value.to_string());
            }
        });
        let set = move |typed: String| {
            text.set(typed);
            set(number());
        };
        Self {
            get: text.into(),
            set: Callback::new(set),
        }
    }
}

impl From<RwSignal<String>> for Text {
    fn from(signal: RwSignal<String>) -> Self {
        Self {
            get: signal.into(),
            set: Callback::new(move |text| signal.set(text)),
        }
    }
}

/// An id that no other element of the page has.
pub fn unique_id(stem: &str) -> String {
    use std::sync::atomic::{AtomicUsize, Ordering};
    static NEXT: AtomicUsize = AtomicUsize::new(0);
    format!("{stem}-{}", NEXT.fetch_add(1, Ordering::Relaxed))
}

/// Ids that tie a label, its control and its messages together.
#[derive(Clone, Copy)]
struct Ids {
    stem: StoredValue<String>,
}

impl Ids {
    fn new() -> Self {
        Self {
            stem: StoredValue::new(unique_id("field")),
        }
    }

    fn control(self) -> String {
        self.stem.get_value()
    }

    fn message(self) -> String {
        format!("{}-message", self.stem.get_value())
    }
}

/// Label above, message below.
#[component]
fn Frame(
    ids: Ids,
    label: Signal<String>,
    hint: Signal<String>,
    field: FieldForm,
    children: Children,
) -> impl IntoView {
    view! {
        <div class="flex min-w-0 flex-col gap-1.5" data-field=field.path()>
            <label for=ids.control() class="font-medium">
                {move || label.get()}
            </label>
            {children()}
            <p
                id=ids.message()
                class=move || if field.error().is_some() { "text-error" } else { "muted" }
                // The place is kept, so that nothing moves away under the pointer when an error appears.
                class=("min-h-5", field.is_checked())
                class=("empty:hidden", !field.is_checked())
            >
                {move || field.error().unwrap_or_else(|| hint.get())}
            </p>
        </div>
    }
}

/// One line of text.
#[component]
pub fn TextField(
    /// Its name.
    #[prop(into)]
    label: Signal<String>,
    /// Its text.
    #[prop(into)]
    value: Text,
    /// Its place in the form's checks.
    #[prop(optional)]
    field: FieldForm,
    /// A remark shown while nothing is wrong.
    #[prop(optional, into)]
    hint: Signal<String>,
    /// The `type` of the control.
    #[prop(default = "text")]
    kind: &'static str,
    /// What the browser may fill in.
    #[prop(default = "off")]
    autocomplete: &'static str,
    /// An example, shown while it is empty.
    #[prop(default = "")]
    placeholder: &'static str,
    /// Whether it takes the focus when it appears.
    #[prop(optional)]
    autofocus: bool,
) -> impl IntoView {
    let ids = Ids::new();
    view! {
        <Frame ids=ids label=label hint=hint field=field>
            <input
                id=ids.control()
                class="input w-full"
                class:input-error=move || field.error().is_some()
                type=kind
                dir="auto"
                autocomplete=autocomplete
                placeholder=placeholder
                autofocus=autofocus
                aria-describedby=ids.message()
                aria-invalid=move || field.error().is_some().to_string()
                prop:value=move || value.get.get()
                on:input=move |event| {
                    field.edited();
                    value.set.run(event_target_value(&event));
                }
                on:blur=move |_| field.left()
            />
        </Frame>
    }
}

/// Several lines of text.
#[component]
pub fn TextArea(
    /// Its name.
    #[prop(into)]
    label: Signal<String>,
    /// Its text.
    #[prop(into)]
    value: Text,
    /// Its place in the form's checks.
    #[prop(optional)]
    field: FieldForm,
    /// A remark shown while nothing is wrong.
    #[prop(optional, into)]
    hint: Signal<String>,
    /// Height in lines.
    #[prop(default = 3)]
    rows: u32,
    /// An example, shown while it is empty.
    #[prop(default = "")]
    placeholder: &'static str,
) -> impl IntoView {
    let ids = Ids::new();
    view! {
        <Frame ids=ids label=label hint=hint field=field>
            <textarea
                id=ids.control()
                class="textarea w-full leading-normal"
                class:textarea-error=move || field.error().is_some()
                dir="auto"
                rows=rows
                placeholder=placeholder
                aria-describedby=ids.message()
                aria-invalid=move || field.error().is_some().to_string()
                prop:value=move || value.get.get()
                on:input=move |event| {
                    field.edited();
                    value.set.run(event_target_value(&event));
                }
                on:blur=move |_| field.left()
            ></textarea>
        </Frame>
    }
}

/// A password that can be shown.
#[component]
pub fn PasswordField(
    /// Its name.
    #[prop(into)]
    label: Signal<String>,
    /// Its text.
    #[prop(into)]
    value: Text,
    /// Its place in the form's checks.
    #[prop(optional)]
    field: FieldForm,
    /// A remark shown while nothing is wrong.
    #[prop(optional, into)]
    hint: Signal<String>,
    /// `current-password`, `new-password` or `off`.
    autocomplete: &'static str,
) -> impl IntoView {
    let ids = Ids::new();
    let shown = RwSignal::new(false);
    let toggle_icon = move || if shown.get() { icon::EYE_OFF } else { icon::EYE };
    let toggle_label = move || {
        if shown.get() {
            tr!("Hide").to_owned()
        } else {
            tr!("Show").to_owned()
        }
    };
    view! {
        <Frame ids=ids label=label hint=hint field=field>
            <div class="input w-full pe-1" class:input-error=move || field.error().is_some()>
                <input
                    id=ids.control()
                    class="grow"
                    type=move || if shown.get() { "text" } else { "password" }
                    autocomplete=autocomplete
                    spellcheck="false"
                    aria-describedby=ids.message()
                    aria-invalid=move || field.error().is_some().to_string()
                    prop:value=move || value.get.get()
                    on:input=move |event| {
                        field.edited();
                        value.set.run(event_target_value(&event));
                    }
                    on:blur=move |_| field.left()
                />
                <IconButton
                    icon=Signal::derive(toggle_icon)
                    label=Signal::derive(toggle_label)
                    on_click=move || shown.update(|shown| *shown = !*shown)
                />
            </div>
        </Frame>
    }
}

/// A number with steps.
#[component]
pub fn NumberField(
    /// Its name.
    #[prop(into)]
    label: Signal<String>,
    /// Its text, which may be no number while it is being typed.
    #[prop(into)]
    value: Text,
    /// Its place in the form's checks.
    #[prop(optional)]
    field: FieldForm,
    /// A remark shown while nothing is wrong.
    #[prop(optional, into)]
    hint: Signal<String>,
    /// Smallest value.
    min: &'static str,
    /// Largest value.
    max: &'static str,
    /// Distance of two values.
    #[prop(default = "1")]
    step: &'static str,
) -> impl IntoView {
    let ids = Ids::new();
    view! {
        <Frame ids=ids label=label hint=hint field=field>
            <input
                id=ids.control()
                class="input w-full"
                class:input-error=move || field.error().is_some()
                type="number"
                min=min
                max=max
                step=step
                aria-describedby=ids.message()
                aria-invalid=move || field.error().is_some().to_string()
                prop:value=move || value.get.get()
                on:input=move |event| {
                    field.edited();
                    value.set.run(event_target_value(&event));
                }
                on:blur=move |_| field.left()
            />
        </Frame>
    }
}

/// One of several values.
#[component]
pub fn SelectField(
    /// Its name.
    #[prop(into)]
    label: Signal<String>,
    /// The chosen value.
    #[prop(into)]
    value: Text,
    /// Values and their names.
    #[prop(into)]
    options: Signal<Vec<(String, String)>>,
    /// Its place in the form's checks.
    #[prop(optional)]
    field: FieldForm,
    /// A remark shown while nothing is wrong.
    #[prop(optional, into)]
    hint: Signal<String>,
) -> impl IntoView {
    let ids = Ids::new();
    let option = move |(name, text): (String, String)| {
        let chosen = name.clone();
        view! {
            <option value=name selected=move || value.get.get() == chosen>
                {text}
            </option>
        }
    };
    view! {
        <Frame ids=ids label=label hint=hint field=field>
            <select
                id=ids.control()
                class="select w-full"
                class:select-error=move || field.error().is_some()
                aria-describedby=ids.message()
                on:change=move |event| {
                    field.edited();
                    value.set.run(event_target_value(&event));
                }
                on:blur=move |_| field.left()
            >
                {move || options.get().into_iter().map(option).collect_view()}
            </select>
        </Frame>
    }
}

/// A search box above a list.
#[component]
pub fn SearchBox(
    /// What is searched.
    label: &'static str,
    /// The words.
    value: RwSignal<String>,
) -> impl IntoView {
    view! {
        <label class="input w-full sm:max-w-64">
            <icon::Icon glyph=icon::SEARCH class="size-4 muted" />
            <input
                type="search"
                class="grow"
                dir="auto"
                aria-label=label
                placeholder=label
                prop:value=move || value.get()
                on:input=move |event| value.set(event_target_value(&event))
            />
        </label>
    }
}

/// What was typed, once nothing was for a moment: for what is looked up at the server.
pub fn settled(words: RwSignal<String>) -> RwSignal<String> {
    let settled = RwSignal::new(words.get_untracked());
    let timer = StoredValue::new(None::<TimeoutHandle>);
    let stop = move || {
        if let Some(timer) = timer.try_update_value(Option::take).flatten() {
            timer.clear();
        }
    };
    Effect::new(move |_| {
        let now = words.get();
        stop();
        if now != settled.get_untracked() {
            let wait = set_timeout_with_handle(move || settled.set(now), SETTLED).ok();
            timer.set_value(wait);
        }
    });
    on_cleanup(stop);
    settled
}
