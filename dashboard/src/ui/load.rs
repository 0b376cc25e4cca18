//! Reading from the server: loading, ready, failed; and reading again without a flicker.

use std::rc::Rc;

use api_types::ErrorCode;
use api_types::client::{Answer, Call, ClientError, Request};
use leptos::prelude::*;
use leptos::task::spawn_local;
use serde::de::DeserializeOwned;

use super::button::Button;
use super::icon::{self, Icon};
use super::page;
use crate::session::use_session;
use crate::shell::WaysOn;

/// What a page may hold in a [`Load`].
pub trait Data: DeserializeOwned + Clone + PartialEq + Send + Sync + 'static {}

impl<T: DeserializeOwned + Clone + PartialEq + Send + Sync + 'static> Data for T {}

/// How far reading is. What is ready lies in a signal of its own, so that reading again changes the page
/// only where the data differs.
#[derive(Clone)]
enum State<T: 'static> {
    Loading,
    Failed(ClientError),
    Ready(ArcRwSignal<T>),
}

/// Data read from the server. A handle: copies are the same data.
pub struct Load<T: 'static> {
    state: RwSignal<State<T>>,
    /// The data on the page is old, because reading it again failed.
    stale: RwSignal<Option<ClientError>>,
    again: RwSignal<()>,
    /// Grows with each answer or error.
    pub settled: RwSignal<u32>,
}

impl<T> Clone for Load<T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T> Copy for Load<T> {}

/// Reads what `call` answers, and reads it anew whenever a signal that `call` uses changes.
pub fn load<T: Data>(call: impl Fn() -> Call<T> + 'static) -> Load<T> {
    let load = Load {
        state: RwSignal::new(State::Loading),
        stale: RwSignal::new(None),
        again: RwSignal::new(()),
        settled: RwSignal::new(0),
    };
    let request = move || {
        load.again.track();
        call().into_request()
    };
    let told = move |news| match news {
        News::Elsewhere => load.state.set(State::Loading),
        News::Settled(answer) => load.settle(answer.and_then(|answer| answer.read())),
    };
    follow(Box::new(request), Rc::new(told));
    load
}

/// What becomes of reading.
enum News {
    /// What is read lies at another address now.
    Elsewhere,
    /// The newest request came to an end.
    Settled(Result<Answer, ClientError>),
}

/// Sends what `request` makes, and anew whenever a signal that it uses changes. It knows nothing of the data, so that its code
/// is there once.
fn follow(request: Box<dyn Fn() -> Request>, tell: Rc<dyn Fn(News)>) {
    let session = use_session();
    // Answers of all but the newest request are dropped.
    let newest = StoredValue::new(0_u32);
    Effect::new(move |last: Option<String>| {
        let request = request();
        let url = request.url();
        if last.is_some_and(|last| last != url) {
            tell(News::Elsewhere);
        }
        let number = newest.get_value().wrapping_add(1);
        newest.set_value(number);
        let tell = tell.clone();
        spawn_local(async move {
            let answer = session.exchange(&request).await;
            if newest.try_get_value() == Some(number) {
                tell(News::Settled(answer));
            }
        });
        url
    });
}

impl<T: Data> Load<T> {
    fn settle(self, result: Result<T, ClientError>) {
        match (result, self.state.get_untracked()) {
            (Ok(data), _) => return self.set(data),
            (Err(error), State::Ready(_)) if error.code() != Some(ErrorCode::NotFound) => {
                self.stale.set(Some(error));
            }
            (Err(error), _) => self.state.set(State::Failed(error)),
        }
        self.count();
    }

    fn count(self) {
        self.settled.update(|count| *count = count.wrapping_add(1));
    }

    /// Replaces the data, with what the server answered to a change.
    pub fn set(self, data: T) {
        self.stale.set(None);
        match self.state.get_untracked() {
            State::Ready(slot) if slot.with_untracked(|old| *old == data) => {}
            State::Ready(slot) => slot.set(data),
            _ => self.state.set(State::Ready(ArcRwSignal::new(data))),
        }
        self.count();
    }

    /// Why there is no data. Reactive.
    pub fn error(self) -> Option<ClientError> {
        match self.state.get() {
            State::Failed(error) => Some(error),
            State::Loading | State::Ready(_) => None,
        }
    }

    /// Whether there is no such thing. Ids are never used again.
    pub fn is_gone(self) -> bool {
        matches!(
            self.state.try_get_untracked(),
            Some(State::Failed(error)) if is_nowhere(&error)
        )
    }

    /// Reads again; what is on the page stays until the answer is there.
    pub fn reload(self) {
        match self.state.try_get_untracked() {
            // The page was left.
            None => return,
            Some(State::Failed(_)) => self.state.set(State::Loading),
            Some(_) => {}
        }
        self.again.notify();
    }

    /// The data, once it is there. Reactive.
    pub fn get(self) -> Option<T> {
        match self.state.get() {
            State::Ready(slot) => Some(slot.get()),
            _ => None,
        }
    }
}

/// Shows `skeleton`, then what `ready` makes of the data, or what went wrong with a way to try again.
pub fn loaded<T, V>(
    load: Load<T>,
    skeleton: impl Fn() -> AnyView + Send + 'static,
    ready: impl Fn(RwSignal<T>) -> V + Send + 'static,
) -> impl IntoView
where
    T: Data,
    V: IntoView + 'static,
{
    let retry = Callback::new(move |()| load.reload());
    move || match load.state.get() {
        State::Loading => waiting(skeleton()),
        State::Failed(error) => failed(error, retry),
        State::Ready(slot) => fresh_or_not(load.stale, retry, ready(slot.into()).into_any()),
    }
}

/// A skeleton, told as what it is.
pub fn waiting(skeleton: AnyView) -> AnyView {
    view! { <div role="progressbar" aria-busy="true" aria-label=tr!("Loading")>{skeleton}</div> }.into_any()
}

fn failed(error: ClientError, retry: Callback<()>) -> AnyView {
    view! { <Failure error=error retry=move || retry.run(()) /> }.into_any()
}

fn fresh_or_not(stale: RwSignal<Option<ClientError>>, retry: Callback<()>, data: AnyView) -> AnyView {
    view! {
        <Stale error=stale retry=retry />
        {data}
    }
    .into_any()
}

fn is_nowhere(error: &ClientError) -> bool {
    matches!(
        error.code(),
        Some(ErrorCode::NotFound | ErrorCode::DraftNotFound | ErrorCode::MalformedRequest)
    )
}

/// Something could not be read at all.
#[expect(clippy::needless_pass_by_value, reason = "components own what they are given")]
#[component]
pub fn Failure(
    /// Why.
    error: ClientError,
    /// Tries again.
    retry: impl Fn() + Clone + Send + Sync + 'static,
) -> impl IntoView {
    let (title, text, can_retry) = match error.code() {
        _ if is_nowhere(&error) => (
            tr!("Not found"),
            tr!("It was deleted, or it belongs to another workspace.").to_owned(),
            false,
        ),
        Some(ErrorCode::Forbidden) => (tr!("Not allowed"), crate::i18n::explain(&error), false),
        _ => (
            tr!("This could not be loaded"),
            crate::i18n::explain(&error),
            true,
        ),
    };
    // Where nothing of a page could be read, this is its title.
    let is_title = document().query_selector("h1").ok().flatten().is_none();
    if is_title {
        page::title(move || title.to_owned());
    }
    let class = "text-base font-semibold";
    let heading = if is_title {
        view! { <h1 class=class>{title}</h1> }.into_any()
    } else {
        view! { <h2 class=class>{title}</h2> }.into_any()
    };
    view! {
        <div role="alert" class="panel flex flex-col items-center gap-3 px-6 py-12 text-center">
            <Icon glyph=icon::TRIANGLE_ALERT class="size-6 text-error" />
            {heading}
            <p class="muted max-w-md">{text}</p>
            {if can_retry {
                view! { <Button icon=icon::ROTATE_CCW on_click=retry>{tr!("Try again")}</Button> }.into_any()
            } else {
                view! { <div class="mt-1 flex flex-wrap justify-center gap-2"><WaysOn /></div> }.into_any()
            }}
        </div>
    }
}

#[component]
fn Stale(error: RwSignal<Option<ClientError>>, retry: Callback<()>) -> impl IntoView {
    move || {
        error.get().map(|error| {
            view! {
                <div
                    role="status"
                    class="mb-4 flex flex-wrap items-center gap-2 rounded-box border border-warning/50 bg-warning/10 px-3 py-2"
                >
                    <Icon glyph=icon::TRIANGLE_ALERT class="size-4 text-warning" />
                    <span class="min-w-0 grow">{tr!("What you see may be old. ")} {crate::i18n::explain(&error)}</span>
                    <Button small=true on_click=move || retry.run(())>{tr!("Try again")}</Button>
                </div>
            }
        })
    }
}

/// Grey rows in the place of a list.
pub fn rows() -> AnyView {
    let row = |_| view! { <div class="skeleton h-16 w-full"></div> };
    view! { <div class="flex flex-col gap-3">{(0..4).map(row).collect_view()}</div> }.into_any()
}

/// Grey blocks in the place of a page.
pub fn blocks() -> AnyView {
    view! {
        <div class="flex flex-col gap-4">
            <div class="skeleton h-8 w-60"></div>
            <div class="skeleton h-40 w-full"></div>
            <div class="skeleton h-64 w-full"></div>
        </div>
    }
    .into_any()
}
