//! Archives of a workspace or of a person: asked for, watched, downloaded, deleted.

use api_types::client::{self, Call};
use api_types::data::{Export, ExportStatus};
use api_types::live::Topic;
use leptos::prelude::*;
use leptos::task::spawn_local;
use uuid::Uuid;

use crate::i18n::served;
use crate::live::{follow_while, poll_while};
use crate::session::use_session;
use crate::ui::button::{Button, IconButton};
use crate::ui::download;
use crate::ui::format::bytes;
use crate::ui::icon;
use crate::ui::load::{load, loaded, rows};
use crate::ui::page::Section;
use crate::ui::time::{Ago, exact};
use crate::ui::toast::use_toasts;

/// Whose data it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Source {
    /// Of the workspace.
    Workspace,
    /// Of the person who is signed in.
    Person,
}

impl Source {
    fn list(self) -> Call<Vec<Export>> {
        match self {
            Self::Workspace => client::data::exports(),
            Self::Person => client::auth::exports(),
        }
    }

    fn start(self) -> Call<Export> {
        match self {
            Self::Workspace => client::data::start_export(),
            Self::Person => client::auth::start_export(),
        }
    }

    fn file(self, id: Uuid) -> Call<()> {
        match self {
            Self::Workspace => client::data::export_file(id),
            Self::Person => client::auth::export_file(id),
        }
    }

    fn delete(self, id: Uuid) -> Call<()> {
        match self {
            Self::Workspace => client::data::delete_export(id),
            Self::Person => client::auth::delete_export(id),
        }
    }

    const fn file_name(self) -> &'static str {
        match self {
            Self::Workspace => "workspace.zip",
            Self::Person => "my-data.zip",
        }
    }
}

#[expect(clippy::ptr_arg, reason = "that is what is loaded")]
fn is_any_under_way(all: &Vec<Export>) -> bool {
    all.iter().any(Export::is_under_way)
}

/// The section.
#[component]
pub fn Exports(
    /// Whose data it is.
    source: Source,
    /// The heading.
    title: &'static str,
    /// What is in the archive.
    subtitle: &'static str,
) -> impl IntoView {
    let session = use_session();
    let toasts = use_toasts();
    let exports = load(move || source.list());
    match source {
        Source::Workspace => follow_while(exports, |what, _| what == Topic::Export, is_any_under_way),
        // It belongs to no workspace.
        Source::Person => poll_while(exports, is_any_under_way),
    }
    let busy = RwSignal::new(false);
    let start = move || {
        busy.set(true);
        spawn_local(async move {
            if let Err(problem) = session.send(&source.start()).await {
                toasts.fail(&problem);
            }
            exports.reload();
            busy.try_set(false);
        });
    };
    let delete = move |id: Uuid| {
        spawn_local(async move {
            if let Err(problem) = session.send(&source.delete(id)).await {
                toasts.fail(&problem);
            }
            exports.reload();
        });
    };
    let save = move |id: Uuid| {
        spawn_local(async move {
            if let Err(problem) = download::save(session, &source.file(id), source.file_name()).await {
                toasts.fail(&problem);
            }
        });
    };
    let is_under_way = move || {
        exports
            .get()
            .is_some_and(|all| all.iter().any(Export::is_under_way))
    };
    let add = view! {
        <Button
            small=true
            icon=icon::DOWNLOAD
            busy=busy
            disabled=Signal::derive(is_under_way)
            on_click=start
        >
            {tr!("Make an archive")}
        </Button>
    };
    let list = move |found: RwSignal<Vec<Export>>| {
        view! {
            <Show
                when=move || found.with(|found| !found.is_empty())
                fallback=|| view! { <p class="muted">{tr!("None yet. An archive is made in the background and kept for 7 days.")}</p> }
            >
                <ul class="-my-3 divide-y divide-base-300" aria-label=tr!("Archives")>
                    {move || {
                        found
                            .get()
                            .into_iter()
                            .map(|export| view! { <Row export=export save=save delete=delete /> })
                            .collect_view()
                    }}
                </ul>
            </Show>
        }
    };
    view! {
        <Section title=title subtitle=subtitle actions=add.into_any()>
            {loaded(exports, rows, list)}
        </Section>
    }
}

#[component]
fn Row(
    export: Export,
    save: impl Fn(Uuid) + Copy + 'static,
    delete: impl Fn(Uuid) + Copy + 'static,
) -> impl IntoView {
    let id = export.id;
    let state = match export.status {
        ExportStatus::Queued => tr!("Waits for its turn").to_owned(),
        ExportStatus::Running => {
            let part = export.part.as_deref().unwrap_or("beginning");
            tr!(
                "Being made: {part}, {n} record so far"
                    | "Being made: {part}, {n} records so far" % export.records,
                part = served(part)
            )
        }
        ExportStatus::Done => {
            let size = export
                .size
                .and_then(|size| u64::try_from(size).ok())
                .unwrap_or_default();
            tr!("{}, kept until {}", bytes(size), exact(export.expires_at))
        }
        ExportStatus::Failed => {
            tr!("Could not be made. Try again; if that fails too, look at the server's log.").to_owned()
        }
    };
    let name = if export.is_under_way() {
        tr!("Stop making the archive")
    } else {
        tr!("Delete the archive")
    };
    let (done, total) = (export.parts_done, export.parts_total.max(1));
    view! {
        <li class="flex flex-wrap items-center gap-3 py-3" data-testid="export">
            <div class="min-w-0 grow basis-56">
                <p class="font-medium">{tr!("Archive of ")} <Ago at=export.created_at /></p>
                <p class="muted break-words text-xs" role="status">
                    {state}
                </p>
                {export
                    .is_under_way()
                    .then(|| {
                        view! {
                            <progress
                                class="progress progress-primary mt-1 w-full"
                                value=done
                                max=total
                                aria-label=tr!("Making the archive")
                            ></progress>
                        }
                    })}
            </div>
            {(export.status == ExportStatus::Done)
                .then(|| {
                    view! {
                        <Button small=true icon=icon::DOWNLOAD on_click=move || save(id)>
                            {tr!("Download")}
                        </Button>
                    }
                })}
            <IconButton icon=icon::TRASH_2 label=name on_click=move || delete(id) />
        </li>
    }
}
