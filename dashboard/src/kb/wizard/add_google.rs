//! Files and folders of Google Drive as a source.

use api_types::connections::{Connection, ConnectionKind, Remote, RemoteItem, RemoteKind};
use api_types::kb::NewSource;
use api_types::validate::Checker;
use leptos::prelude::*;
use uuid::Uuid;

use super::Wizard;
use super::add_website::{Toggle, lines};
use super::adding::Adding;
use super::connected::Connected;
use crate::settings::Account;
use crate::ui::button::Submit;
use crate::ui::choice::Choice;
use crate::ui::field::{NumberField, SelectField, Text, TextArea};
use crate::ui::form::{Form, FormBody};

/// Where the settings stand in the request.
const PREFIX: &str = "sources[0].remote";

/// What is taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Wanted {
    Links,
    Everything,
}

/// The form, or what is to be done first.
#[component]
pub fn AddGoogle(wizard: Wizard) -> impl IntoView {
    let form = move |connections: Vec<Connection>, first: Uuid| {
        view! { <Links wizard=wizard connections=connections first=first /> }.into_any()
    };
    view! {
        <Connected
            kind=ConnectionKind::Google
            first=tr!("Connect Google Drive in the settings first; then its files and folders can be added here.")
            action=tr!("Connect Google Drive")
            form=form
        />
    }
}

#[component]
fn Links(wizard: Wizard, connections: Vec<Connection>, first: Uuid) -> impl IntoView {
    let adding = Adding::new(wizard);
    let connection = RwSignal::new(first.to_string());
    let wanted = RwSignal::new(Wanted::Links);
    let links = RwSignal::new(String::new());
    let subpages = RwSignal::new(true);
    let max_pages = RwSignal::new(500_u16);
    let remote = move || Remote {
        connection_id: connection.get().parse().unwrap_or(first),
        items: items(wanted.get(), &links.get()),
        subpages: subpages.get(),
        max_pages: max_pages.get().into(),
    };
    let form = Form::new(move || {
        let mut check = Checker::default();
        remote().check(ConnectionKind::Google, &mut check, PREFIX);
        check.finish()
    });
    let submit = move || {
        if !form.submit() {
            return;
        }
        let source = NewSource::Google {
            remote: untrack(remote),
        };
        adding.send(form, source, move || links.set(String::new()));
    };
    let options: Vec<(String, String)> = connections
        .iter()
        .map(|connection| (connection.id.to_string(), connection.name.clone()))
        .collect();
    let account = move || {
        let chosen = connection.get();
        let mut connections = connections.iter();
        connections
            .find(|connection| connection.id.to_string() == chosen)
            .and_then(|connection| connection.account.clone())
            .map(|address| view! { <Account address=address /> })
    };
    let links_field = form.field(format!("{PREFIX}.items"));
    let most = Text::number(move || max_pages.get(), move |value| max_pages.set(value));
    view! {
        <FormBody error=adding.error submit=submit>
            <SelectField label=tr!("Connection") value=connection options=options />
            {account}
            <div class="flex flex-col gap-1.5">
                <p class="font-medium">{tr!("Take")}</p>
                <Choice
                    label=tr!("Take")
                    chosen=wanted
                    options=vec![
                        (Wanted::Links, tr!("Certain files and folders")),
                        (Wanted::Everything, tr!("Everything that is shared")),
                    ]
                />
            </div>
            <div class:hidden=move || wanted.get() != Wanted::Links>
                <TextArea
                    label=tr!("Links of files and folders")
                    value=links
                    field=links_field
                    hint=tr!("One a line, up to 100. In Google Drive: Share → Copy link. A folder is taken with all that lies in it.")
                    placeholder="https://drive.google.com/drive/folders/…"
                    rows=4
                />
            </div>
            <Toggle label=tr!("Take the folders within these folders, too") value=subpages />
            <NumberField
                label=tr!("Most files")
                value=most
                field=form.field(format!("{PREFIX}.max_pages"))
                hint=tr!("1 to 10,000.")
                min="1"
                max="10000"
            />
            <div>
                <Submit busy=adding.busy>{tr!("Fetch the files")}</Submit>
            </div>
        </FormBody>
    }
}

fn items(wanted: Wanted, links: &str) -> Vec<RemoteItem> {
    let item = |id: String, kind| RemoteItem {
        id,
        kind,
        title: String::new(),
    };
    match wanted {
        Wanted::Links => lines(links)
            .into_iter()
            .map(|link| item(link, RemoteKind::File))
            .collect(),
        Wanted::Everything => vec![item(String::new(), RemoteKind::Everything)],
    }
}
