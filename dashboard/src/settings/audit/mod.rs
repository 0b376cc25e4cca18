//! Who did what: the workspace's audit log.

mod entry;
mod filters;

use api_types::audit::{AuditEntry, AuditFormat};
use api_types::client;
use api_types::tenancy::Role;
use leptos::prelude::*;
use leptos::task::spawn_local;

use self::entry::Entry;
use self::filters::{Filters, Wanted, wanted};
use super::SettingsTabs;
use crate::session::use_session;
use crate::ui::button::{Button, ButtonLink};
use crate::ui::download;
use crate::ui::empty::Empty;
use crate::ui::icon;
use crate::ui::load::{loaded, rows};
use crate::ui::page::PageHead;
use crate::ui::pages::{Pages, pages, show_more};
use crate::ui::toast::use_toasts;

/// The page.
#[component]
pub fn AuditPage() -> impl IntoView {
    super::for_admins(|| view! { <Log /> })
}

#[component]
fn Log() -> impl IntoView {
    let wanted = wanted();
    let entries = pages(move |cursor| client::audit::list(&wanted.get().filter(), cursor));
    view! {
        <PageHead
            title=tr!("Settings")
            subtitle=tr!("Who did what in this workspace, and from where. Nobody can change or delete an entry.")
        >
            <Export wanted=wanted format=AuditFormat::Csv name=tr!("Export CSV") />
            <Export wanted=wanted format=AuditFormat::Jsonl name=tr!("Export JSON") />
        </PageHead>
        <SettingsTabs />
        <Filters wanted=wanted />
        {loaded(
            entries.first,
            rows,
            move |_| view! { <List entries=entries wanted=wanted /> },
        )}
    }
}

#[component]
fn List(entries: Pages<AuditEntry>, wanted: Memo<Wanted>) -> impl IntoView {
    view! {
        <Show
            when=move || !entries.items().is_empty()
            fallback=move || view! { <Nothing is_narrowed=wanted.get() != Wanted::default() /> }
        >
            <ul class="panel divide-y divide-base-300" aria-label=tr!("Audit log")>
                <For
                    each=move || entries.items()
                    key=|entry| entry.id
                    children=|entry| view! { <Entry entry=entry /> }
                />
            </ul>
        </Show>
        {show_more(entries)}
    }
}

#[component]
fn Nothing(is_narrowed: bool) -> impl IntoView {
    if is_narrowed {
        view! {
            <Empty icon=icon::HISTORY title=tr!("No such entry") text=tr!("Nothing in the log is what you look for.")>
                <ButtonLink href="/settings/audit">{tr!("Show all")}</ButtonLink>
            </Empty>
        }
        .into_any()
    } else {
        let text = tr!("From now on, what people, keys and jobs change here is listed.");
        view! { <Empty icon=icon::HISTORY title=tr!("Nothing yet") text=text /> }.into_any()
    }
}

/// Saves the entries that are looked at as a file.
#[component]
fn Export(wanted: Memo<Wanted>, format: AuditFormat, name: &'static str) -> impl IntoView {
    let session = use_session();
    let toasts = use_toasts();
    let busy = RwSignal::new(false);
    let save = move || {
        let call = client::audit::export(&wanted.get_untracked().filter(), format);
        busy.set(true);
        spawn_local(async move {
            let file = format!("audit-log.{}", format.as_str());
            if let Err(problem) = download::save(session, &call, &file).await {
                toasts.fail(&problem);
            }
            busy.try_set(false);
        });
    };
    view! {
        <Button icon=icon::DOWNLOAD busy=busy needs=Role::Admin on_click=save>
            {name}
        </Button>
    }
}
