//! Connections to where knowledge lies.

use api_types::client;
use api_types::connections::{Connection, ConnectionCheck, ConnectionKind, CreateConnectionRequest};
use api_types::validate::Checker;
use leptos::prelude::*;
use leptos::task::spawn_local;

use crate::session::use_session;
use crate::ui::button::{Button, IconButton, Submit};
use crate::ui::dialog::{ConfirmDialog, Dialog};
use crate::ui::field::{PasswordField, TextField};
use crate::ui::form::{Form, FormBody};
use crate::ui::icon::{self, Icon};
use crate::ui::load::{load, loaded, rows};
use crate::ui::page::Section;

/// The section.
#[component]
pub fn Connections() -> impl IntoView {
    let session = use_session();
    let connections = load(client::connections::list);
    let form_open = RwSignal::new(false);
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
        <Button small=true icon=icon::PLUS on_click=move || form_open.set(true)>
            "Connect Notion"
        </Button>
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
                    view! { <p class="muted">"None yet. Connect Notion to answer from its pages and databases."</p> }
                }
            >
                <ul class="-my-3 divide-y divide-base-300" aria-label="Connections">
                    {all}
                </ul>
            </Show>
        }
    };
    view! {
        <Section
            title="Connections"
            subtitle="Where knowledge lies. Tokens are kept encrypted and are never shown again."
            actions=add.into_any()
        >
            {loaded(connections, rows, list)}
        </Section>
        <Dialog open=form_open title="Connect Notion">
            <ConnectForm open=form_open on_saved=move || connections.reload() />
        </Dialog>
        <ConfirmDialog open=asking title="Delete this connection?" action="Delete connection" on_confirm=delete>
            <p>
                <strong>{name}</strong>
                " goes with its token. What was taken over it into drafts can't be fetched again."
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
            result.set(Some(checked.map_err(|error| error.to_string())));
            busy.set(false);
        });
    };
    let name = connection.name.clone();
    let token = format!("Notion · token …{}", connection.hint);
    view! {
        <li class="flex flex-wrap items-center gap-x-3 gap-y-2 py-3" data-testid="connection">
            <div class="min-w-0 grow basis-56">
                <p class="truncate font-medium" dir="auto">
                    {name.clone()}
                </p>
                <p class="muted text-xs">{token}</p>
            </div>
            <div class="flex items-center">
                <Button small=true icon=icon::PLUG busy=busy on_click=check>
                    "Check"
                </Button>
                <IconButton
                    icon=icon::TRASH_2
                    label=format!("Delete {name}")
                    on_click=move || ask(connection.clone())
                />
            </div>
            <div class="basis-full empty:hidden" role="status">
                {move || result.get().map(|result| view! { <Outcome result=result /> })}
            </div>
        </li>
    }
}

#[component]
fn Outcome(result: Result<ConnectionCheck, String>) -> impl IntoView {
    let (ok, words) = match result {
        Ok(check) => (check.ok, check.message),
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

#[component]
fn ConnectForm(open: RwSignal<bool>, on_saved: impl Fn() + Copy + Send + Sync + 'static) -> impl IntoView {
    let session = use_session();
    let name = RwSignal::new("Notion".to_owned());
    let token = RwSignal::new(String::new());
    let busy = RwSignal::new(false);
    let error = RwSignal::new(None::<String>);
    let form = Form::new(move || {
        let mut check = Checker::default();
        name.with(|name| check.length("name", name, 1, 80));
        token.with(|token| check.length("credential", token, 1, 500));
        check.finish()
    });
    let submit = move || {
        if !form.submit() || busy.get_untracked() {
            return;
        }
        busy.set(true);
        error.set(None);
        let request = CreateConnectionRequest {
            kind: ConnectionKind::Notion,
            name: name.get_untracked().trim().to_owned(),
            credential: token.get_untracked().trim().to_owned(),
        };
        spawn_local(async move {
            let made = session.send(&client::connections::create(&request)).await;
            busy.try_set(false);
            match made {
                Ok(_) => {
                    open.set(false);
                    on_saved();
                }
                Err(problem) => {
                    error.try_set(form.refuse(&problem));
                }
            }
        });
    };
    view! {
        <FormBody error=error submit=submit>
            <p class="muted">
                "Make an internal integration at notion.so/my-integrations that may read content, and share the pages and databases that bots may answer from with it (⋯ → Connections)."
            </p>
            <TextField label="Name" value=name field=form.field("name") />
            <PasswordField
                label="Integration token"
                value=token
                field=form.field("credential")
                hint="Begins with ntn_ or secret_."
                autocomplete="off"
            />
            <div class="flex flex-wrap justify-end gap-2">
                <Button on_click=move || open.set(false)>"Cancel"</Button>
                <Submit busy=busy>"Connect"</Submit>
            </div>
        </FormBody>
    }
}
