//! The one stream of the workspace: a WebSocket that says that there is something to read. It comes back by itself; then
//! everything is read again.

mod follow;

use std::rc::Rc;
use std::time::Duration;

use api_types::client;
use api_types::live::{LiveEvent, LiveHello, Topic, closed};
use futures::future::{AbortHandle, abortable};
use futures::{SinkExt, StreamExt};
use gloo_net::websocket::futures::WebSocket;
use gloo_net::websocket::{Message, WebSocketError};
use gloo_timers::future::sleep;
use leptos::prelude::*;
use leptos::task::spawn_local;
use uuid::Uuid;

pub use follow::{follow, follow_pages, follow_pages_while, follow_while, poll_while};

use crate::session::{Session, use_session};

/// How long to wait before the first try to come back; doubled each time.
const FIRST_PAUSE: Duration = Duration::from_secs(1);
/// The longest wait.
const LONGEST_PAUSE: Duration = Duration::from_secs(30);

type Listener = Rc<dyn Fn(&LiveEvent)>;

/// What is told live in the workspace. A handle.
#[derive(Clone, Copy)]
pub struct Live {
    /// Whether something that happens now would be told.
    pub is_connected: RwSignal<bool>,
    session: Session,
    listeners: StoredValue<Vec<(usize, Listener)>, LocalStorage>,
    next: StoredValue<usize>,
}

/// How a socket ended.
enum Ended {
    /// It was never let in.
    Outside,
    /// It was, and then broke off or was closed.
    Inside,
    /// The server has enough of this person's sockets.
    TooMany,
}

impl Live {
    /// Listens for as long as somebody is signed in, in the workspace that they are in.
    pub fn start() -> Self {
        let live = Self {
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
            live.is_connected.set(false);
            place.get()?;
            let (listening, handle) = abortable(live.run());
            spawn_local(async move {
                // It is aborted when somebody signs out or goes to another workspace.
                let _ = listening.await;
            });
            Some(handle)
        });
        live
    }

    /// Calls back with each event, for as long as the current owner lives.
    pub fn on(self, callback: impl Fn(&LiveEvent) + 'static) {
        let key = self.next.get_value();
        self.next.set_value(key + 1);
        self.listeners
            .update_value(|listeners| listeners.push((key, Rc::new(callback))));
        on_cleanup(move || {
            self.listeners
                .try_update_value(|listeners| listeners.retain(|(other, _)| *other != key));
        });
    }

    /// Calls back when something that is asked for changed, or may have.
    pub fn on_change(self, concerns: impl Fn(Topic, Uuid) -> bool + 'static, callback: impl Fn() + 'static) {
        self.on(move |event| match event {
            LiveEvent::Ready => callback(),
            LiveEvent::Changed { what, id } if concerns(*what, *id) => callback(),
            // Lists say how much of it is unread.
            LiveEvent::Read { conversation_id, .. } if concerns(Topic::Conversation, *conversation_id) => {
                callback();
            }
            _ => {}
        });
    }

    async fn run(self) {
        let mut pause = FIRST_PAUSE;
        loop {
            match self.listen().await {
                Ended::Inside => pause = FIRST_PAUSE,
                Ended::TooMany => pause = LONGEST_PAUSE,
                Ended::Outside => {}
            }
            self.is_connected.set(false);
            sleep(spread(pause)).await;
            pause = (pause * 2).min(LONGEST_PAUSE);
        }
    }

    /// Listens until the socket ends.
    async fn listen(self) -> Ended {
        // By this the token is a good one.
        if self.session.send(&client::auth::me()).await.is_err() {
            return Ended::Outside;
        }
        let (Some(token), Some(address)) = (self.session.token(), address()) else {
            return Ended::Outside;
        };
        let Ok(mut socket) = WebSocket::open(&address) else {
            return Ended::Outside;
        };
        let hello = serde_json::to_string(&LiveHello { token }).unwrap_or_default();
        if socket.send(Message::Text(hello)).await.is_err() {
            return Ended::Outside;
        }
        let mut ended = Ended::Outside;
        loop {
            match socket.next().await {
                Some(Ok(Message::Text(text))) => {
                    // What a newer server says besides is not for us.
                    if let Ok(event) = serde_json::from_str::<LiveEvent>(&text) {
                        ended = Ended::Inside;
                        self.tell(&event);
                    }
                }
                Some(Ok(Message::Bytes(_))) => {}
                Some(Err(WebSocketError::ConnectionClose(close))) if close.code == closed::TOO_MANY => {
                    return Ended::TooMany;
                }
                Some(Err(_)) | None => return ended,
            }
        }
    }

    fn tell(self, event: &LiveEvent) {
        match event {
            LiveEvent::Ready => {
                self.is_connected.try_set(true);
            }
            LiveEvent::Away => {
                self.is_connected.try_set(false);
            }
            _ => {}
        }
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

/// A pause, longer or shorter by up to a half: not all tabs come back at the same time after the server was restarted.
fn spread(pause: Duration) -> Duration {
    pause.mul_f64(0.5 + js_sys::Math::random())
}

/// Where the socket is.
fn address() -> Option<String> {
    let origin = window().location().origin().ok()?;
    let rest = origin.strip_prefix("http")?;
    Some(format!("ws{rest}{}/live", client::BASE))
}
