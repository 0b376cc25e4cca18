//! Long lists, a page at a time.

use api_types::Page;
use api_types::client::{Call, ClientError};
use leptos::prelude::*;
use leptos::task::spawn_local;

use super::alert::ErrorAlert;
use super::button::Button;
use super::load::{Data, Load, load};
use crate::session::{Session, use_session};

/// Pages that are read again when something changed; of a list that is longer only the first.
const MOST_AGAIN: usize = 10;

/// Makes the call for the page at a cursor.
type PageCall<T> = Box<dyn Fn(Option<String>) -> Call<Page<T>> + Send + Sync>;

/// A list whose first page is loaded, and the next ones when asked for. A handle.
pub struct Pages<T: 'static> {
    /// The first page.
    pub first: Load<Page<T>>,
    more: RwSignal<Vec<T>>,
    cursor: RwSignal<Option<String>>,
    call: StoredValue<PageCall<T>>,
    session: Session,
    busy: RwSignal<bool>,
    error: RwSignal<Option<ClientError>>,
    /// Pages that are shown.
    shown: StoredValue<usize>,
    /// What follows the first page that is about to be put in its place.
    rest: StoredValue<Option<(Vec<T>, Option<String>)>>,
    /// Grows with each look whether the list is still the same.
    looks: StoredValue<u32>,
}

impl<T> Clone for Pages<T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T> Copy for Pages<T> {}

/// Reads the first page of what `call` lists, and anew whenever a signal that `call` uses changes.
pub fn pages<T: Data>(
    call: impl Fn(Option<String>) -> Call<Page<T>> + Clone + Send + Sync + 'static,
) -> Pages<T> {
    let first_call = call.clone();
    let pages = Pages {
        first: load(move || first_call(None)),
        more: RwSignal::default(),
        cursor: RwSignal::default(),
        call: StoredValue::new(Box::new(call)),
        session: use_session(),
        busy: RwSignal::new(false),
        error: RwSignal::new(None),
        shown: StoredValue::new(1),
        rest: StoredValue::new(None),
        looks: StoredValue::new(0),
    };
    Effect::new(move |_| {
        let first = pages.first.get();
        let rest = pages.rest.try_update_value(Option::take).flatten();
        let (more, cursor) = rest.unwrap_or_else(|| {
            pages.shown.set_value(1);
            (Vec::new(), first.and_then(|page| page.next_cursor))
        });
        pages.more.set(more);
        pages.cursor.set(cursor);
    });
    pages
}

impl<T: Data> Pages<T> {
    /// Everything loaded so far. Reactive.
    pub fn items(self) -> Vec<T> {
        let mut items = self.first.get().map(|page| page.items).unwrap_or_default();
        items.extend(self.more.get());
        items
    }

    /// Reads again as much as is shown, and changes the page where it differs; nobody loses their place.
    pub fn refresh(self) {
        let Some(shown) = self.shown.try_get_value() else {
            return;
        };
        // So far down nobody looks at what comes in at the top.
        if shown == 1 || shown > MOST_AGAIN {
            self.first.reload();
            return;
        }
        let look = self.looks.get_value().wrapping_add(1);
        self.looks.set_value(look);
        spawn_local(async move {
            let (mut first, mut more, mut cursor) = (None, Vec::new(), None);
            for _ in 0..shown {
                let call = self.call.try_with_value(|call| call(cursor.clone()));
                // What can't be read now is read with the next event.
                let Some(Ok(page)) = (match call {
                    Some(call) => Some(self.session.send(&call).await),
                    None => None,
                }) else {
                    return;
                };
                cursor.clone_from(&page.next_cursor);
                match first {
                    None => first = Some(page),
                    Some(_) => more.extend(page.items),
                }
                if cursor.is_none() {
                    break;
                }
            }
            let Some(first) = first else { return };
            let is_same =
                self.shown.try_get_value() == Some(shown) && self.looks.try_get_value() == Some(look);
            if !is_same {
                return;
            }
            if untrack(|| self.first.get()).as_ref() == Some(&first) {
                self.more.set(more);
                self.cursor.set(cursor);
            } else {
                self.rest.set_value(Some((more, cursor)));
                self.first.set(first);
            }
        });
    }

    fn next(self) {
        let Some(cursor) = self.cursor.get_untracked() else {
            return;
        };
        let call = self.call.with_value(|call| call(Some(cursor.clone())));
        self.busy.set(true);
        self.error.set(None);
        spawn_local(async move {
            let result = self.session.send(&call).await;
            self.busy.set(false);
            // The list was loaded anew meanwhile: this page belongs to the old one.
            if self.cursor.try_get_untracked().flatten() != Some(cursor) {
                return;
            }
            match result {
                Ok(page) => {
                    self.shown.update_value(|shown| *shown += 1);
                    self.more.update(|more| more.extend(page.items));
                    self.cursor.set(page.next_cursor);
                }
                Err(error) => self.error.set(Some(error)),
            }
        });
    }
}

/// "Show more", while there is more.
pub fn show_more<T: Data>(pages: Pages<T>) -> impl IntoView {
    view! {
        <div class="mt-4 flex flex-col items-center gap-3">
            <ErrorAlert message=Signal::derive(move || pages.error.get().map(|error| crate::i18n::explain(&error))) />
            <Show when=move || pages.cursor.get().is_some()>
                <Button busy=pages.busy on_click=move || pages.next()>{tr!("Show more")}</Button>
            </Show>
        </div>
    }
}
