//! Files to begin with, chosen or dropped.

use api_types::validate::{MAX_FILE_BYTES, MAX_SOURCES};
use leptos::html;
use leptos::prelude::*;
use web_sys::{DragEvent, File, FileList};

use crate::kb::ACCEPT;
use crate::ui::button::IconButton;
use crate::ui::form::bring_into_view;
use crate::ui::format::bytes;
use crate::ui::icon::{self, Icon};

/// A file, and why the server did not take it.
#[derive(Clone)]
struct Chosen {
    file: File,
    problem: Option<String>,
}

/// The files that are chosen. A handle.
#[derive(Clone, Copy)]
pub struct Files {
    list: RwSignal<Vec<Chosen>, LocalStorage>,
    refused: RwSignal<Option<String>>,
}

impl Files {
    /// None.
    pub fn new() -> Self {
        Self {
            list: RwSignal::new_local(Vec::new()),
            refused: RwSignal::new(None),
        }
    }

    /// Whether there is none. Reactive.
    pub fn is_empty(self) -> bool {
        self.list.with(Vec::is_empty)
    }

    /// All of them.
    pub fn all(self) -> Vec<File> {
        self.list
            .with_untracked(|list| list.iter().map(|chosen| chosen.file.clone()).collect())
    }

    /// Says at a file why it was not taken.
    pub fn refuse(self, at: usize, problem: String) {
        self.list.try_update(|list| {
            if let Some(chosen) = list.get_mut(at) {
                chosen.problem = Some(problem);
            }
        });
    }

    fn add(self, files: &FileList) {
        self.refused.set(None);
        for file in (0..files.length()).filter_map(|i| files.get(i)) {
            if file.size() > MAX_FILE_BYTES as f64 || file.size() == 0.0 {
                let most = bytes(MAX_FILE_BYTES as u64);
                let words = tr!(
                    "{} was left out: files have at most {most}, and something in them.",
                    file.name(),
                    most
                );
                self.refused.set(Some(words));
            } else if self.list.with_untracked(Vec::len) >= MAX_SOURCES {
                self.refused.set(Some(tr!(
                    "At most {most} files can be added at once.",
                    most = MAX_SOURCES
                )));
            } else {
                let chosen = Chosen { file, problem: None };
                self.list.update(|list| list.push(chosen));
            }
        }
    }

    fn remove(self, at: usize) {
        self.list.update(|list| {
            list.remove(at);
        });
    }
}

/// The place to drop them, and their names.
#[component]
pub fn FileField(files: Files) -> impl IntoView {
    let over = RwSignal::new(false);
    let input = NodeRef::<html::Input>::new();
    let picked = move |_| {
        let Some(input) = input.get_untracked() else {
            return;
        };
        if let Some(list) = input.files() {
            files.add(&list);
        }
        // So that the same file can be picked again after it was removed.
        input.set_value("");
    };
    let dropped = move |event: DragEvent| {
        event.prevent_default();
        over.set(false);
        if let Some(list) = event.data_transfer().and_then(|data| data.files()) {
            files.add(&list);
        }
    };
    let row = move |(at, chosen): (usize, Chosen)| {
        let name = chosen.file.name();
        let problem = chosen.problem.map(|problem| view! { <Problem text=problem /> });
        view! {
            <li class="flex flex-wrap items-center gap-x-2 py-1">
                <Icon glyph=icon::FILE_TEXT class="size-4 muted" />
                <span class="min-w-0 grow truncate" dir="auto">
                    {name.clone()}
                </span>
                <IconButton icon=icon::X label=tr!("Remove {name}", name) on_click=move || files.remove(at) />
                {problem}
            </li>
        }
    };
    view! {
        <div class="flex flex-col gap-1.5">
            <label
                class="flex cursor-pointer items-center gap-3 rounded-box border-2 border-dashed px-4 py-4 focus-within:border-primary"
                class=("border-primary", move || over.get())
                class=("bg-primary/8", move || over.get())
                class=("border-base-300", move || !over.get())
                on:dragover=move |event| {
                    event.prevent_default();
                    over.set(true);
                }
                on:dragleave=move |_| over.set(false)
                on:drop=dropped
            >
                <Icon glyph=icon::UPLOAD class="size-5 text-primary" />
                <span>
                    <span class="font-medium">{tr!("Drop files here, or choose them")}</span>
                    <span class="muted block text-sm">{tr!("PDF, Office, Markdown, HTML, text and more")}</span>
                </span>
                <input
                    node_ref=input
                    type="file"
                    multiple
                    accept=ACCEPT
                    class="sr-only"
                    aria-label=tr!("Choose files")
                    on:change=picked
                />
            </label>
            <p class="text-error empty:hidden" role="alert">
                {move || files.refused.get()}
            </p>
            <ul class="empty:hidden" aria-label=tr!("Files")>
                {move || files.list.get().into_iter().enumerate().map(row).collect_view()}
            </ul>
        </div>
    }
}

/// Why a file was not taken, below its name. The button that sends the files may be far from it.
#[component]
fn Problem(text: String) -> impl IntoView {
    let place = NodeRef::<html::P>::new();
    Effect::new(move |_| bring_into_view(place.get()));
    view! {
        <p node_ref=place class="basis-full scroll-my-24 ps-6 text-error" role="alert">
            {text}
        </p>
    }
}
