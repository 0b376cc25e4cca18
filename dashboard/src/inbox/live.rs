//! The WebSocket that says that there is something to read. It comes back by itself; then everything is read again.

use std::rc::Rc;
use std::time::Duration;

use api_types::client;
use api_types::inbox::{InboxCounts, InboxEvent, LiveHello};
use futures::future::{AbortHandle, abortable};
use futures::{SinkExt, StreamExt};
use gloo_net::websocket::Message;
use gloo_net::websocket::futures::WebSocket;
use gloo_timers::future::sleep;
use leptos::prelude::*;
use leptos::task::spawn_local;

use crate::session::{Session, use_session};

/// How long to wait before the first try to come back; doubled each time.
const FIRST_PAUSE: Duration = Duration::from_secs(1);
/// The longest wait.
const LONGEST_PAUSE: Duration = Duration::from_secs(30);

type Listener = Rc<dyn Fn(&InboxEvent)>;

/// What is told live in the workspace. A handle.
#[derive(Clone, Copy)]
pub struct Live {
    /// What is to be done.
    pub counts: RwSignal<InboxCounts>,
    /// Whether something that happens now would be told.
    pub is_connected: RwSignal<bool>,
    session: Session,
    listeners: StoredValue<Vec<(usize, Listener)>, LocalStorage>,
    next: StoredValue<usize>,
}

impl Live {
    /// Listens for as long as somebody is signed in, in the workspace that they are in.
    pub fn start() -> Self {
        let live = Self {
            counts: RwSignal::default(),
            is_connected: RwSignal::new(false),
            session: use_session(),
            listeners: StoredValue::new_local(Vec::new()),
            next: StoredValue::new(0),
        };
        let session = live.session;
        let place = Memo::new(move |_| session.identity().map(|it| (it.user.id, it.workspace.id)));
        Effect::new(move |before: Option<Option<AbortHandle>>| {
            if let Some(before) = before.flatten() {
                before.abort();
            }
            live.counts.set(InboxCounts::default());
            live.is_connected.set(false);
            place.get()?;
            let (listening, handle) = abortable(live.run());
            spawn_local(async move {
                // It is aborted when somebody signs out or goes to another workspace.
                let _ = listening.await;
            });
            Some(handle)
        });
        live.on(move |event| {
            if !matches!(event, InboxEvent::Typing { .. }) {
                live.count();
            }
        });
        live
    }

    /// Calls back with each event, for as long as the current owner lives.
    pub fn on(self, callback: impl Fn(&InboxEvent) + 'static) {
        let key = self.next.get_value();
        self.next.set_value(key + 1);
        self.listeners
            .update_value(|listeners| listeners.push((key, Rc::new(callback))));
        on_cleanup(move || {
            self.listeners
                .try_update_value(|listeners| listeners.retain(|(other, _)| *other != key));
        });
    }

    /// Reads anew what is to be done.
    pub fn count(self) {
        spawn_local(async move {
            // The next event brings the next try.
            if let Ok(counts) = self.session.send(&client::inbox::counts()).await {
                self.counts.try_set(counts);
            }
        });
    }

    async fn run(self) {
        let mut pause = FIRST_PAUSE;
        loop {
            if self.listen().await {
                pause = FIRST_PAUSE;
            }
            self.is_connected.set(false);
            sleep(pause).await;
            pause = (pause * 2).min(LONGEST_PAUSE);
        }
    }

    /// Listens until the socket ends. Answers whether it was let in.
    async fn listen(self) -> bool {
        // By this the token is a good one.
        let Ok(counts) = self.session.send(&client::inbox::counts()).await else {
            return false;
        };
        self.counts.try_set(counts);
        let (Some(token), Some(address)) = (self.session.token(), address()) else {
            return false;
        };
        let Ok(mut socket) = WebSocket::open(&address) else {
            return false;
        };
        let hello = serde_json::to_string(&LiveHello { token }).unwrap_or_default();
        if socket.send(Message::Text(hello)).await.is_err() {
            return false;
        }
        let mut is_let_in = false;
        while let Some(Ok(message)) = socket.next().await {
            let Message::Text(text) = message else { continue };
            // What a newer server says besides is not for us.
            let Ok(event) = serde_json::from_str::<InboxEvent>(&text) else {
                continue;
            };
            is_let_in = true;
            if event == InboxEvent::Ready {
                self.is_connected.try_set(true);
            }
            self.tell(&event);
        }
        is_let_in
    }

    fn tell(self, event: &InboxEvent) {
        let listeners = self.listeners.try_with_value(|listeners| {
            listeners
                .iter()
                .map(|(_, listener)| listener.clone())
                .collect::<Vec<_>>()
        });
        for listener in listeners.unwrap_or_default() {
            listener(event);
        }
    }
}

/// Where the socket is.
fn address() -> Option<String> {
    let origin = window().location().origin().ok()?;
    let rest = origin.strip_prefix("http")?;
    Some(format!("ws{rest}{}/inbox/live", client::BASE))
}
