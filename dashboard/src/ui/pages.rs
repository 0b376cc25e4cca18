//! Long lists, a page at a time.

use api_types::Page;
use api_types::client::{Call, ClientError};
use leptos::prelude::*;
use leptos::task::spawn_local;

use super::alert::ErrorAlert;
use super::button::Button;
use super::load::{Data, Load, load};
use crate::session::{Session, use_session};

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
    };
    Effect::new(move |_| {
        let first = pages.first.get();
        pages.more.set(Vec::new());
        pages.cursor.set(first.and_then(|page| page.next_cursor));
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
