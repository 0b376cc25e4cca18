//! Saving while people type: paced, compare-and-set on the version, tried again until it works.

use std::sync::Arc;
use std::time::Duration;

use api_types::ErrorCode;
use api_types::client::ClientError;
use api_types::drafts::Draft;
use futures::lock::Mutex;
use leptos::ev;
use leptos::leptos_dom::helpers::{TimeoutHandle, set_timeout_with_handle};
use leptos::prelude::*;
use leptos::task::spawn_local;
use uuid::Uuid;

use super::DraftContent;
use super::pace::{Pace, retry_after};
use super::unsaved::{self, Unsaved};
use crate::session::{Session, use_session};
use crate::ui::time::now_ms;

/// How the draft on the page stands to the draft on the server.
#[derive(Debug, Clone, PartialEq)]
pub enum SaveState {
    /// The same, since this time (milliseconds since 1970).
    Saved(f64),
    /// Edited; a save will come.
    Edited,
    /// A save is under way.
    Saving,
    /// The save failed for now and is tried again.
    Retrying(ClientError),
    /// The server does not take this content; the next edit is tried again.
    Refused(ClientError),
    /// Somebody else saved another content.
    Conflict,
    /// The draft has expired or was deleted.
    Gone,
}

/// Somebody else's content and the version to save on top of.
#[derive(Clone)]
pub struct Theirs<C> {
    /// What they saved.
    pub content: C,
    /// Its version.
    pub version: i64,
}

/// A draft that saves itself. A handle: copies are the same draft.
pub struct Autosave<C: 'static> {
    id: Uuid,
    /// What the page shows and edits.
    pub content: RwSignal<C>,
    /// How it stands to the server.
    pub state: RwSignal<SaveState>,
    /// With [`SaveState::Conflict`]: the other content.
    pub theirs: RwSignal<Option<Theirs<C>>>,
    /// The content of `version`.
    base: StoredValue<C>,
    version: StoredValue<i64>,
    pace: StoredValue<Pace>,
    failures: StoredValue<u32>,
    timer: StoredValue<Option<TimeoutHandle>>,
    /// One save at a time.
    turn: StoredValue<Arc<Mutex<()>>>,
    session: Session,
}

impl<C> Clone for Autosave<C> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<C> Copy for Autosave<C> {}

/// Takes a draft as it was read and saves each edit from now on.
pub fn autosave<C: DraftContent>(draft: Draft<C::Wire>) -> Autosave<C> {
    let base = C::from_wire(draft.content);
    let saved_at = now_ms();
    let this = Autosave {
        id: draft.id,
        content: RwSignal::new(base.clone()),
        state: RwSignal::new(SaveState::Saved(saved_at)),
        theirs: RwSignal::new(None),
        base: StoredValue::new(base),
        version: StoredValue::new(draft.version),
        pace: StoredValue::new(Pace {
            first_edit: saved_at,
            last_edit: saved_at,
            last_save: 0.0,
        }),
        failures: StoredValue::new(0),
        timer: StoredValue::new(None),
        turn: StoredValue::new(Arc::default()),
        session: use_session(),
    };
    this.recover();
    this.watch();
    this
}

impl<C: DraftContent> Autosave<C> {
    /// Id of the draft.
    pub fn id(self) -> Uuid {
        self.id
    }

    /// Whether the page shows something that the server does not have.
    pub fn is_dirty(self) -> bool {
        self.content
            .with_untracked(|content| self.base.with_value(|base| content != base))
    }

    /// Takes note of a version that came about by another change to the same draft, such as an added source.
    pub fn adopt_version(self, version: i64) {
        // Answers may overtake each other; versions only grow.
        self.version.update_value(|known| *known = version.max(*known));
    }

    /// Saves now, whatever the pace. When it returns `Ok`, what the page showed at the call is on the server.
    pub async fn save_now(self) -> Result<(), ClientError> {
        let turn = self.turn.get_value();
        let _turn = turn.lock().await;
        self.cancel_timer();
        while self.is_dirty() {
            let content = self.content.get_untracked();
            self.state.set(SaveState::Saving);
            self.pace.update_value(|pace| pace.last_save = now_ms());
            let call = content.save(self.id, self.version.get_value());
            match self.session.send(&call).await {
                Ok(draft) => {
                    self.saved(content, draft.version);
                    return Ok(());
                }
                Err(error) => match self.moved_on(&content, &error) {
                    Some(version) => self.adopt_version(version),
                    None => return Err(self.failed(error)),
                },
            }
        }
        self.state.set(SaveState::Saved(now_ms()));
        Ok(())
    }

    /// Overwrites the other content with the one on the page.
    pub fn keep_mine(self) {
        if let Some(theirs) = self.theirs.get_untracked() {
            self.base.set_value(theirs.content);
            self.adopt_version(theirs.version);
        }
        self.theirs.set(None);
        self.save_soon();
    }

    /// Shows the other content instead of the one on the page.
    pub fn take_theirs(self) {
        let Some(theirs) = self.theirs.get_untracked() else {
            return;
        };
        self.theirs.set(None);
        self.saved(theirs.content.clone(), theirs.version);
        self.content.set(theirs.content);
        self.state.set(SaveState::Saved(now_ms()));
    }

    /// Nothing more is saved: the draft was deployed or deleted.
    pub fn finish(self) {
        self.cancel_timer();
        self.base.set_value(self.content.get_untracked());
        unsaved::forget(self.id);
    }

    fn saved(self, content: C, version: i64) {
        self.base.set_value(content);
        self.adopt_version(version);
        self.failures.set_value(0);
        if self.is_dirty() {
            self.plan_save();
            return;
        }
        unsaved::forget(self.id);
        self.state.set(SaveState::Saved(now_ms()));
    }

    fn plan_save(self) {
        let now = now_ms();
        let was_planned = self.state.get_untracked() == SaveState::Edited;
        self.pace.update_value(|pace| {
            pace.last_edit = now;
            if !was_planned {
                pace.first_edit = now;
            }
        });
        self.state.set(SaveState::Edited);
        self.schedule(self.pace.get_value().due() - now);
    }

    /// After a conflict: the version to save on top of, if nobody changed what this page edits. That is so when
    /// the answer to an earlier save was lost, or when only another part of the draft was changed.
    fn moved_on(self, sent: &C, error: &ClientError) -> Option<i64> {
        let theirs = theirs::<C>(error)?;
        if theirs.content == *sent {
            self.base.set_value(theirs.content);
            return Some(theirs.version);
        }
        if self.base.with_value(|base| theirs.content == *base) {
            return Some(theirs.version);
        }
        self.theirs.set(Some(theirs));
        None
    }

    fn failed(self, error: ClientError) -> ClientError {
        let state = match error.code() {
            Some(ErrorCode::DraftConflict) => SaveState::Conflict,
            Some(ErrorCode::DraftNotFound | ErrorCode::NotFound) => SaveState::Gone,
            _ if error.is_transient() => {
                self.failures.update_value(|failures| *failures += 1);
                self.schedule(retry_after(self.failures.get_value()));
                SaveState::Retrying(error.clone())
            }
            _ => SaveState::Refused(error.clone()),
        };
        self.state.set(state);
        error
    }

    /// Brings back what was not saved when the page was left.
    fn recover(self) {
        let Some(kept) = unsaved::kept::<C>(self.id) else {
            return;
        };
        if self.base.with_value(|base| kept.content == *base) {
            unsaved::forget(self.id);
            return;
        }
        if kept.version != self.version.get_value() {
            let theirs = Theirs {
                content: self.base.get_value(),
                version: self.version.get_value(),
            };
            self.theirs.set(Some(theirs));
            self.state.set(SaveState::Conflict);
        }
        self.content.set(kept.content);
    }

    fn watch(self) {
        Effect::new(move |first: Option<()>| {
            self.content.track();
            let recovered = first.is_none() && self.is_dirty();
            if first.is_some() || recovered {
                self.edited();
            }
        });
        let online = window_event_listener(ev::online, move |_| self.save_soon());
        let hidden = window_event_listener(ev::visibilitychange, move |_| {
            if document().hidden() {
                self.save_soon();
            }
        });
        let leaving = window_event_listener(ev::pagehide, move |_| self.page_is_left());
        let before = window_event_listener(ev::beforeunload, move |event| {
            let stuck = matches!(
                self.state.get_untracked(),
                SaveState::Retrying(_) | SaveState::Refused(_) | SaveState::Conflict | SaveState::Gone
            );
            if stuck && self.is_dirty() {
                event.prevent_default();
            }
        });
        on_cleanup(move || {
            for listener in [online, hidden, leaving, before] {
                listener.remove();
            }
            self.cancel_timer();
            self.component_is_left();
        });
    }

    fn edited(self) {
        if !self.is_dirty() {
            // Back to what is saved.
            if !matches!(self.state.get_untracked(), SaveState::Conflict | SaveState::Gone) {
                self.cancel_timer();
                self.state.set(SaveState::Saved(now_ms()));
            }
            return;
        }
        match self.state.get_untracked() {
            // These wait for the person, the retry or the answer.
            SaveState::Conflict | SaveState::Gone | SaveState::Retrying(_) | SaveState::Saving => {}
            SaveState::Saved(_) | SaveState::Edited | SaveState::Refused(_) => self.plan_save(),
        }
    }

    fn schedule(self, wait_ms: f64) {
        self.cancel_timer();
        let wait = Duration::from_secs_f64(wait_ms.max(0.0) / 1000.0);
        // A browser without timers does not exist; the next edit would schedule anew.
        let timer = set_timeout_with_handle(move || self.save_soon(), wait).ok();
        self.timer.set_value(timer);
    }

    fn cancel_timer(self) {
        if let Some(timer) = self.timer.try_update_value(Option::take).flatten() {
            timer.clear();
        }
    }

    /// Saves, unless the person has to decide something first. What comes of it shows in `state`.
    pub fn save_soon(self) {
        if matches!(self.state.try_get_untracked(), None | Some(SaveState::Gone)) || self.theirs_is_open() {
            return;
        }
        spawn_local(async move {
            let _ = self.save_now().await;
        });
    }

    fn theirs_is_open(self) -> bool {
        self.theirs.with_untracked(Option::is_some)
    }

    fn keep_copy(self) {
        let unsaved = Unsaved {
            version: self.version.get_value(),
            content: self.content.get_untracked(),
        };
        unsaved::keep(self.id, &unsaved);
    }

    /// The tab closes or goes elsewhere: only a request that outlives the page can still save.
    fn page_is_left(self) {
        if !self.is_dirty() {
            return;
        }
        self.keep_copy();
        if !self.theirs_is_open() {
            let call = self
                .content
                .with_untracked(|content| content.save(self.id, self.version.get_value()));
            self.session.send_on_leave(&call);
        }
    }

    /// Another page of the dashboard is shown: the session outlives this one and saves.
    fn component_is_left(self) {
        let signed_out = self.session.is_signed_out();
        if signed_out || !self.is_dirty() {
            return;
        }
        self.keep_copy();
        if self.theirs_is_open() || self.state.get_untracked() == SaveState::Gone {
            return;
        }
        let (id, session) = (self.id, self.session);
        let call = self
            .content
            .with_untracked(|content| content.save(id, self.version.get_value()));
        spawn_local(async move {
            // The copy stays when this fails, and is offered when the draft is opened again.
            if session.send(&call).await.is_ok() {
                unsaved::forget(id);
            }
        });
    }
}

fn theirs<C: DraftContent>(error: &ClientError) -> Option<Theirs<C>> {
    let ClientError::Problem(problem) = error else {
        return None;
    };
    if problem.code != ErrorCode::DraftConflict {
        return None;
    }
    let draft: Draft<C::Wire> = serde_json::from_value(problem.current.clone()?).ok()?;
    Some(Theirs {
        content: C::from_wire(draft.content),
        version: draft.version,
    })
}
