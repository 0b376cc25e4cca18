//! Connections to where knowledge lies.

use api_types::client;
use api_types::connections::{Connection, ConnectionCheck, ConnectionKind};
use api_types::tenancy::Role;
use leptos::prelude::*;
use leptos::task::spawn_local;

use super::connect::ConnectForm;
use crate::i18n::served;
use crate::session::use_session;
use crate::ui::button::{Button, IconButton};
use crate::ui::copy::CopyButton;
use crate::ui::dialog::{ConfirmDialog, Dialog};
use crate::ui::icon::{self, Icon};
use crate::ui::load::{load, loaded, rows};
use crate::ui::page::Section;

/// The section.
#[component]
pub fn Connections() -> impl IntoView {
    let session = use_session();
    let connections = load(client::connections::list);
    let notion_open = RwSignal::new(false);
    let google_open = RwSignal::new(false);
    let deleting = RwSignal::new(None::<Connection>);
    let asking = RwSignal::new(false);
    let name = move || {
        deleting
            .get()
            .map(|connection| connection.name)
            .unwrap_or_default()
    };
    let delete = async move || {
        let Some(connection) = deleting.get_untracked() else {
            return Ok(());
        };
        session.send(&client::connections::delete(connection.id)).await?;
        connections.reload();
        Ok(())
    };
    let ask = move |connection: Connection| {
        deleting.set(Some(connection));
        asking.set(true);
    };
    let add = view! {
        <div class="flex flex-wrap gap-2">
            <Button small=true icon=icon::PLUS needs=Role::Admin on_click=move || notion_open.set(true)>
                {tr!("Connect Notion")}
            </Button>
            <Button small=true icon=icon::PLUS needs=Role::Admin on_click=move || google_open.set(true)>
                {tr!("Connect Google Drive")}
            </Button>
        </div>
    };
    let list = move |found: RwSignal<Vec<Connection>>| {
        let all = move || {
            let rows = found.get().into_iter();
            rows.map(|connection| view! { <Row connection=connection ask=ask /> })
                .collect_view()
        };
        view! {
            <Show
                when=move || found.with(|found| !found.is_empty())
                fallback=|| {
                    view! {
                        <p class="muted">{tr!("None yet. Connect Notion or Google Drive to answer from what lies there.")}</p>
                    }
                }
            >
                <ul class="-my-3 divide-y divide-base-300" aria-label=tr!("Connections")>
                    {all}
                </ul>
            </Show>
        }
    };
    view! {
        <Section
            title=tr!("Connections")
            subtitle=tr!("Where knowledge lies. Tokens and keys are kept encrypted and are never shown again.")
            actions=add.into_any()
        >
            {loaded(connections, rows, list)}
        </Section>
        <Dialog open=notion_open title=tr!("Connect Notion")>
            <ConnectForm kind=ConnectionKind::Notion open=notion_open on_saved=move || connections.reload() />
        </Dialog>
        <Dialog open=google_open title=tr!("Connect Google Drive")>
            <ConnectForm kind=ConnectionKind::Google open=google_open on_saved=move || connections.reload() />
        </Dialog>
        <ConfirmDialog open=asking title=tr!("Delete this connection?") action=tr!("Delete connection") on_confirm=delete>
            <p>
                <strong>{name}</strong>
                {tr!(" goes with its token or key. What was taken over it into drafts can't be fetched again.")}
            </p>
        </ConfirmDialog>
    }
}

#[component]
fn Row(connection: Connection, ask: impl Fn(Connection) + Copy + Send + Sync + 'static) -> impl IntoView {
    let session = use_session();
    let busy = RwSignal::new(false);
    let result = RwSignal::new(None::<Result<ConnectionCheck, String>>);
    let id = connection.id;
    let check = move || {
        busy.set(true);
        result.set(None);
        spawn_local(async move {
            let checked = session.send(&client::connections::check(id)).await;
            result.set(Some(checked.map_err(|error| crate::i18n::explain(&error))));
            busy.set(false);
        });
    };
    let name = connection.name.clone();
    let token = match connection.kind {
        ConnectionKind::Notion => tr!("Notion · token …{}", connection.hint),
        ConnectionKind::Google => tr!("Google Drive · key …{}", connection.hint),
    };
    let account = connection.account.clone();
    view! {
        <li class="flex flex-wrap items-center gap-x-3 gap-y-2 py-3" data-testid="connection">
            <div class="min-w-0 grow basis-56">
                <p class="truncate font-medium" dir="auto">
                    {name.clone()}
                </p>
                <p class="muted text-xs">{token}</p>
                {account.map(|account| view! { <Account address=account /> })}
            </div>
            <div class="flex items-center">
                <Button small=true icon=icon::PLUG busy=busy on_click=check>
                    {tr!("Check")}
                </Button>
                <IconButton
                    icon=icon::TRASH_2
                    label=tr!("Delete {name}", name)
                    on_click=move || ask(connection.clone())
                />
            </div>
            <div class="basis-full empty:hidden" role="status">
                {move || result.get().map(|result| view! { <Outcome result=result /> })}
            </div>
        </li>
    }
}

/// The address that things are shared with.
#[component]
pub fn Account(address: String) -> impl IntoView {
    view! {
        <div class="mt-1 flex flex-wrap items-center gap-x-2 gap-y-1 text-xs">
            <span class="min-w-0 break-all">
                {tr!("Share files and folders with ")} <strong class="font-medium">{address.clone()}</strong>
            </span>
            <CopyButton text=address what=tr!("address") />
        </div>
    }
}

#[component]
fn Outcome(result: Result<ConnectionCheck, String>) -> impl IntoView {
    let (ok, words) = match result {
        Ok(check) => (check.ok, served(&check.message)),
        Err(error) => (false, error),
    };
    let glyph = if ok {
        icon::CIRCLE_CHECK
    } else {
        icon::TRIANGLE_ALERT
    };
    view! {
        <p class="flex items-start gap-2" class=("text-success", ok) class=("text-error", !ok)>
            <Icon glyph=glyph class="size-4 mt-0.5" />
            <span class="min-w-0">{words}</span>
        </p>
    }
}
