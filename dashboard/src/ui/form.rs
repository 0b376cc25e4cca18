//! When a form says what is wrong: as a field is left, when the form is sent, and when the server objects.

use std::collections::HashSet;

use api_types::FieldError;
use api_types::client::ClientError;
use leptos::html;
use leptos::prelude::*;
use web_sys::{Element, ScrollIntoViewOptions, ScrollLogicalPosition};

use super::alert::ErrorAlert;
use crate::i18n::{explain, served};

/// The state of one form's checks. A handle: copies are the same form.
#[derive(Clone, Copy)]
pub struct Form {
    /// What the shared checks find in the form as it stands.
    found: Memo<Vec<FieldError>>,
    /// What the server found in the form as it was sent; goes away field by field as they are edited.
    refused: RwSignal<Vec<FieldError>>,
    /// Fields that say by themselves what is wrong with them.
    shown: StoredValue<HashSet<String>>,
    /// Fields that were typed into.
    edited: StoredValue<HashSet<String>>,
    /// Fields that were typed into and left.
    left: RwSignal<HashSet<String>>,
    sent: RwSignal<bool>,
}

impl Form {
    /// A form whose `check` is one of [`api_types::validate`]'s.
    pub fn new(check: impl Fn() -> Result<(), Vec<FieldError>> + Send + Sync + 'static) -> Self {
        Self {
            found: Memo::new(move |_| check().err().unwrap_or_default()),
            refused: RwSignal::default(),
            shown: StoredValue::default(),
            edited: StoredValue::default(),
            left: RwSignal::default(),
            sent: RwSignal::new(false),
        }
    }

    /// The field at this path of the request body.
    pub fn field(self, path: impl Into<String>) -> FieldForm {
        let path = path.into();
        self.shown.update_value(|shown| {
            shown.insert(path.clone());
        });
        FieldForm {
            form: Some((self, StoredValue::new(path))),
        }
    }

    /// Shows every problem. Returns whether there is none, so that the form may be sent.
    pub fn submit(self) -> bool {
        self.sent.set(true);
        self.refused.set(Vec::new());
        self.found.with_untracked(Vec::is_empty)
    }

    /// Shows what is wrong with some fields, as if they had been typed into and left. Returns whether nothing is.
    pub fn check(self, paths: &[&str]) -> bool {
        self.left
            .update(|left| left.extend(paths.iter().map(|path| (*path).to_owned())));
        self.found
            .with_untracked(|found| !found.iter().any(|error| paths.contains(&error.field.as_str())))
    }

    /// Takes in the server's objection. Returns what to say above the form: nothing when every problem is shown
    /// at its field.
    pub fn refuse(self, error: &ClientError) -> Option<String> {
        let ClientError::Problem(problem) = error else {
            return Some(explain(error));
        };
        self.refused.set(problem.errors.clone());
        self.sent.set(true);
        if problem.errors.is_empty() {
            return Some(explain(error));
        }
        let elsewhere = problem.errors.iter().filter(|error| !self.shows(&error.field));
        let messages: Vec<_> = elsewhere.map(|error| served(&error.message)).collect();
        (!messages.is_empty()).then(|| messages.join(" "))
    }

    fn shows(self, path: &str) -> bool {
        self.shown.with_value(|shown| shown.contains(path))
    }

    /// Everything that is wrong, once the form was sent. Reactive.
    pub fn problems(self) -> Vec<FieldError> {
        if !self.sent.get() {
            return Vec::new();
        }
        let mut problems = self.found.get();
        for problem in self.refused.get() {
            if !problems.iter().any(|known| known.field == problem.field) {
                problems.push(problem);
            }
        }
        problems
    }

    /// Begins anew: nothing was left or sent.
    pub fn reset(self) {
        self.refused.set(Vec::new());
        self.edited.update_value(HashSet::clear);
        self.left.update(HashSet::clear);
        self.sent.set(false);
    }
}

/// One field of a [`Form`], or of none.
#[derive(Clone, Copy, Default)]
pub struct FieldForm {
    form: Option<(Form, StoredValue<String>)>,
}

impl FieldForm {
    /// What is wrong with it, if it is time to say so. Reactive.
    pub fn error(self) -> Option<String> {
        let (form, path) = self.form?;
        let path = path.get_value();
        let message = |errors: &Vec<FieldError>| {
            errors
                .iter()
                .find(|error| error.field == path)
                .map(|error| served(&error.message))
        };
        if let Some(refused) = form.refused.with(message) {
            return Some(refused);
        }
        let due = form.sent.get() || form.left.with(|left| left.contains(&path));
        due.then(|| form.found.with(message)).flatten()
    }

    /// The person typed: what the server said of the old text is no longer true.
    pub fn edited(self) {
        let Some((form, path)) = self.form else { return };
        let path = path.get_value();
        form.edited.update_value(|edited| {
            edited.insert(path.clone());
        });
        if form
            .refused
            .with_untracked(|errors| errors.iter().any(|error| error.field == path))
        {
            form.refused
                .update(|errors| errors.retain(|error| error.field != path));
        }
    }

    /// The person went on to another field. A field that was only passed by is no reason to complain.
    pub fn left(self) {
        let Some((form, path)) = self.form else { return };
        // A field that goes from the page while it has the focus is left, too: the form may be gone by then.
        let Some(path) = path.try_get_value() else { return };
        let was_edited = form.edited.try_with_value(|edited| edited.contains(&path));
        if was_edited == Some(true) {
            form.left.try_update(|left| left.insert(path));
        }
    }

    /// Its path in the request body.
    pub fn path(self) -> Option<String> {
        self.form.map(|(_, path)| path.get_value())
    }

    /// Whether it is checked, so that something may be said below it.
    pub fn is_checked(self) -> bool {
        self.form.is_some()
    }
}

/// A form below what the server said of it as a whole. Enter sends it; the browser's own checks stay out of the way.
#[component]
pub fn FormBody(
    /// What is said above the fields.
    #[prop(into)]
    error: Signal<Option<String>>,
    /// Sends it.
    submit: impl Fn() + 'static,
    /// Fields and buttons.
    children: Children,
) -> impl IntoView {
    let place = NodeRef::<html::Div>::new();
    // Whoever pressed a button further down sees why nothing came of it.
    Effect::new(move |_| {
        if error.with(Option::is_some) {
            request_animation_frame(move || bring_into_view(place.get_untracked()));
        }
    });
    view! {
        <form
            class="flex flex-col gap-3"
            novalidate
            on:submit=move |event| {
                event.prevent_default();
                submit();
            }
        >
            // Not below the head of the page, which stays in sight.
            <div node_ref=place class="scroll-mt-20 empty:hidden">
                <ErrorAlert message=error />
            </div>
            {children()}
        </form>
    }
}

/// Scrolls as far as it takes to see an element, if it is there.
pub fn bring_into_view(element: Option<impl AsRef<Element>>) {
    if let Some(element) = element {
        let options = ScrollIntoViewOptions::new();
        options.set_block(ScrollLogicalPosition::Nearest);
        element
            .as_ref()
            .scroll_into_view_with_scroll_into_view_options(&options);
    }
}
