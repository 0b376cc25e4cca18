//! Files on their way to the draft, one after the other.

use api_types::client;
use api_types::validate::{MAX_FILE_BYTES, MAX_SOURCES};
use leptos::ev;
use leptos::prelude::*;
use leptos::task::spawn_local;
use web_sys::{File, FileList};

use super::Wizard;
use crate::kb::transfer::send_file;
use crate::session::{Session, use_session};
use crate::ui::button::{Button, IconButton};
use crate::ui::format::bytes;
use crate::ui::icon::{self, Icon};

#[derive(Debug, Clone, PartialEq)]
enum State {
    Waiting,
    /// The part that is sent, 0 to 1.
    Sending(f64),
    Failed {
        message: String,
        can_retry: bool,
    },
}

#[derive(Clone)]
struct Upload {
    id: usize,
    file: StoredValue<File, LocalStorage>,
    name: String,
    size: u64,
    state: RwSignal<State>,
}

/// The files that are not in the draft yet. A handle.
#[derive(Clone, Copy)]
pub struct Uploads {
    list: RwSignal<Vec<Upload>>,
    next_id: StoredValue<usize>,
    is_running: StoredValue<bool>,
    session: Session,
    owner: StoredValue<Option<Owner>>,
}

impl Uploads {
    /// None yet.
    pub fn new() -> Self {
        Self {
            list: RwSignal::default(),
            next_id: StoredValue::new(0),
            is_running: StoredValue::new(false),
            session: use_session(),
            owner: StoredValue::new(Owner::current()),
        }
    }

    /// Whether files are still on their way. Reactive.
    pub fn are_under_way(self) -> bool {
        self.list.with(|list| {
            list.iter()
                .any(|upload| !matches!(upload.state.get(), State::Failed { .. }))
        })
    }

    /// Adds files and begins to send them.
    pub fn add(self, wizard: Wizard, files: &FileList) {
        let files: Vec<File> = (0..files.length()).filter_map(|i| files.get(i)).collect();
        let mut room = MAX_SOURCES
            .saturating_sub(wizard.sources.with_untracked(Vec::len) + self.list.with_untracked(Vec::len));
        for file in files {
            let upload = self.upload(file, room > 0);
            room = room.saturating_sub(1);
            self.list.update(|list| list.push(upload));
        }
        self.run(wizard);
    }

    fn upload(self, file: File, has_room: bool) -> Upload {
        let id = self.next_id.get_value();
        self.next_id.set_value(id + 1);
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "a size is a whole number of bytes"
        )]
        let size = file.size() as u64;
        let name = file.name();
        let state = match refusal(size, has_room) {
            Some(message) => State::Failed {
                message,
                can_retry: false,
            },
            None => State::Waiting,
        };
        let make = || (StoredValue::new_local(file), RwSignal::new(state));
        // Made for as long as the wizard is shown, not only for the event at hand.
        let (file, state) = match self.owner.get_value() {
            Some(owner) => owner.with(make),
            None => make(),
        };
        Upload {
            id,
            file,
            name,
            size,
            state,
        }
    }

    fn run(self, wizard: Wizard) {
        if self.is_running.get_value() {
            return;
        }
        self.is_running.set_value(true);
        spawn_local(async move {
            while let Some(upload) = self.next_waiting() {
                self.send(wizard, &upload).await;
            }
            self.is_running.try_set_value(false);
        });
    }

    fn next_waiting(self) -> Option<Upload> {
        let list = self.list.try_get_untracked()?;
        list.into_iter()
            .find(|upload| upload.state.get_untracked() == State::Waiting)
    }

    async fn send(self, wizard: Wizard, upload: &Upload) {
        let url = client::kb_drafts::sources_url(wizard.draft.id());
        let state = upload.state;
        let Some(file) = upload.file.try_get_value() else {
            return;
        };
        state.set(State::Sending(0.0));
        let result = self
            .session
            .authorized(async |token| {
                send_file("PUT", &url, &file, token.as_deref(), move |part| {
                    state.try_set(State::Sending(part));
                })
                .await
            })
            .await;
        match result {
            Ok(draft) => {
                wizard.take_sources(draft);
                self.dismiss(upload.id);
            }
            Err(error) => {
                let can_retry = error.is_transient();
                state.try_set(State::Failed {
                    message: crate::i18n::explain(&error),
                    can_retry,
                });
            }
        }
    }

    fn dismiss(self, id: usize) {
        self.list.try_update(|list| list.retain(|upload| upload.id != id));
    }
}

/// Why a file is not even sent.
fn refusal(size: u64, has_room: bool) -> Option<String> {
    if size == 0 {
        return Some(tr!("This file is empty. Choose one with text in it.").to_owned());
    }
    if size > MAX_FILE_BYTES as u64 {
        let most = bytes(MAX_FILE_BYTES as u64);
        return Some(tr!(
            "This file has {}; at most {most} can be read. Split it into parts.",
            bytes(size),
            most
        ));
    }
    (!has_room).then(|| {
        tr!(
            "A draft holds at most {most} sources. Add this one later.",
            most = MAX_SOURCES
        )
    })
}

/// The files that are on their way or could not be taken.
#[component]
pub fn UploadList(wizard: Wizard) -> impl IntoView {
    let uploads = wizard.uploads;
    let leaving = window_event_listener(ev::beforeunload, move |event| {
        if untrack(|| uploads.are_under_way()) {
            event.prevent_default();
        }
    });
    on_cleanup(move || leaving.remove());
    let row = move |upload: Upload| {
        let Upload {
            id,
            name,
            size,
            state,
            ..
        } = upload;
        let retry = move || {
            state.set(State::Waiting);
            uploads.run(wizard);
        };
        let progress = move || match state.get() {
            State::Waiting => view! { <span class="muted text-xs">{tr!("Waiting")}</span> }.into_any(),
            State::Sending(part) => view! {
                <progress
                    class="progress progress-primary w-24"
                    max="1"
                    prop:value=part.to_string()
                    aria-label=tr!("Sent")
                ></progress>
            }
            .into_any(),
            State::Failed { can_retry, .. } => view! {
                {can_retry
                    .then(|| {
                        view! {
                            <Button small=true icon=icon::ROTATE_CCW on_click=retry>
                                {tr!("Retry")}
                            </Button>
                        }
                    })}
                <IconButton icon=icon::X label=tr!("Dismiss") on_click=move || uploads.dismiss(id) />
            }
            .into_any(),
        };
        let problem = move || match state.get() {
            State::Failed { message, .. } => Some(message),
            State::Waiting | State::Sending(_) => None,
        };
        view! {
            <li class="flex flex-wrap items-center gap-x-3 gap-y-1 px-4 py-2.5" data-testid="upload">
                <Icon glyph=icon::UPLOAD class="size-5 muted" />
                <div class="min-w-0 grow basis-40">
                    <p class="truncate font-medium" dir="auto" title=name.clone()>
                        {name.clone()}
                    </p>
                    <p class="muted text-xs">{bytes(size)}</p>
                </div>
                <div class="flex items-center gap-1">{progress}</div>
                <p class="basis-full ps-8 text-error empty:hidden" role="alert">
                    {problem}
                </p>
            </li>
        }
    };
    view! { <For each=move || uploads.list.get() key=|upload| upload.id children=row /> }
}
