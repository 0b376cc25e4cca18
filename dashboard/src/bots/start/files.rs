//! Files to begin with, chosen or dropped.

use api_types::validate::{MAX_FILE_BYTES, MAX_SOURCES};
use leptos::html;
use leptos::prelude::*;
use web_sys::{DragEvent, File, FileList};

use crate::kb::ACCEPT;
use crate::ui::button::IconButton;
use crate::ui::format::bytes;
use crate::ui::icon::{self, Icon};

/// The files that are chosen. A handle.
#[derive(Clone, Copy)]
pub struct Files {
    list: RwSignal<Vec<File>, LocalStorage>,
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
        self.list.get_untracked()
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
                self.list.update(|list| list.push(file));
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
    let row = move |(at, file): (usize, File)| {
        let name = file.name();
        view! {
            <li class="flex items-center gap-2 py-1">
                <Icon glyph=icon::FILE_TEXT class="size-4 muted" />
                <span class="min-w-0 grow truncate" dir="auto">
                    {name.clone()}
                </span>
                <IconButton icon=icon::X label=tr!("Remove {name}", name) on_click=move || files.remove(at) />
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
