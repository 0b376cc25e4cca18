//! Switching between workspaces, and making one.

use api_types::client;
use api_types::tenancy::{SaveNameRequest, Workspace};
use api_types::validate::Checker;
use leptos::prelude::*;
use leptos::task::spawn_local;
use leptos_router::NavigateOptions;
use leptos_router::hooks::use_navigate;
use uuid::Uuid;

use crate::session::use_session;
use crate::ui::button::{Button, Submit};
use crate::ui::dialog::Dialog;
use crate::ui::field::TextField;
use crate::ui::form::{Form, FormBody};
use crate::ui::icon::{self, Icon};
use crate::ui::load::{load, loaded};
use crate::ui::menu::{ITEM, Menu};
use crate::ui::toast::use_toasts;

/// The current workspace, and the way to the others.
#[component]
pub fn WorkspaceMenu() -> impl IntoView {
    let session = use_session();
    let open = RwSignal::new(false);
    let creating = RwSignal::new(false);
    let switch_to = use_switch();
    let name = move || {
        session
            .identity()
            .map(|identity| identity.workspace.name)
            .unwrap_or_default()
    };
    let button = move || {
        view! {
            <span class="min-w-0 truncate" dir="auto">
                {name}
            </span>
            <Icon glyph=icon::CHEVRON_DOWN />
        }
    };
    view! {
        <Menu
            open=open
            label=Signal::derive(move || tr!("Workspace: {}", name()))
            class="btn btn-ghost max-w-full flex-nowrap px-2.5 font-medium"
            button=button.into()
        >
            <WorkspaceList on_choose=move |id| {
                open.set(false);
                switch_to.run(id);
            } />
            <div class="mt-1.5 border-t border-base-300 pt-1.5">
                <button
                    type="button"
                    class=ITEM
                    on:click=move |_| {
                        open.set(false);
                        creating.set(true);
                    }
                >
                    <Icon glyph=icon::PLUS />
                    {tr!("New workspace")}
                </button>
                <a class=ITEM href="/members" on:click=move |_| open.set(false)>
                    <Icon glyph=icon::USERS />
                    {tr!("Members")}
                </a>
                <a class=ITEM href="/organization" on:click=move |_| open.set(false)>
                    <Icon glyph=icon::BUILDING />
                    {tr!("Organization")}
                </a>
            </div>
        </Menu>
        <CreateDialog open=creating on_created=move |id| switch_to.run(id) />
    }
}

/// Leaves the page first, so that it saves into the workspace it belongs to.
fn use_switch() -> Callback<Uuid> {
    let session = use_session();
    let toasts = use_toasts();
    let navigate = StoredValue::new_local(use_navigate());
    Callback::new(move |id| {
        navigate.with_value(|navigate| navigate("/bots", NavigateOptions::default()));
        spawn_local(async move {
            match session.switch(id).await {
                Ok(()) => {}
                Err(error) => toasts.fail(&tr!(
                    "You are still in the same workspace. {error}",
                    error = crate::i18n::explain(&error)
                )),
            }
        });
    })
}

#[component]
fn WorkspaceList(on_choose: impl Fn(Uuid) + Copy + Send + Sync + 'static) -> impl IntoView {
    let session = use_session();
    let me = load(client::auth::me);
    let item = move |workspace: Workspace| {
        let id = workspace.id;
        let current = move || session.workspace_id() == Some(id);
        view! {
            <button
                type="button"
                class=ITEM
                aria-current=move || current().then_some("true")
                on:click=move |_| on_choose(id)
            >
                <span class="min-w-0 grow">
                    <span class="block truncate font-medium" dir="auto">
                        {workspace.name}
                    </span>
                    <span class="muted block truncate text-xs" dir="auto">
                        {workspace.organization_name}
                    </span>
                </span>
                <Show when=current>
                    <Icon glyph=icon::CHECK class="size-4 text-primary" />
                </Show>
            </button>
        }
    };
    let skeleton = || view! { <div class="skeleton m-1 h-10"></div> }.into_any();
    loaded(me, skeleton, move |me| {
        view! {
            <div class="max-h-80 overflow-y-auto">
                {move || me.get().workspaces.into_iter().map(item).collect_view()}
            </div>
        }
    })
}

#[component]
fn CreateDialog(
    open: RwSignal<bool>,
    on_created: impl Fn(Uuid) + Copy + Send + Sync + 'static,
) -> impl IntoView {
    let session = use_session();
    let name = RwSignal::new(String::new());
    let busy = RwSignal::new(false);
    let error = RwSignal::new(None::<String>);
    let form = Form::new(move || {
        let mut check = Checker::default();
        check.length("name", &name.get(), 1, 80);
        check.finish()
    });
    let submit = move || {
        if !form.submit() {
            return;
        }
        busy.set(true);
        spawn_local(async move {
            let request = SaveNameRequest {
                name: name.get_untracked().trim().to_owned(),
            };
            let result = session.send(&client::workspaces::create(&request)).await;
            busy.set(false);
            match result {
                Ok(workspace) => {
                    open.set(false);
                    name.set(String::new());
                    form.reset();
                    on_created(workspace.id);
                }
                Err(problem) => error.set(form.refuse(&problem)),
            }
        });
    };
    view! {
        <Dialog open=open title=tr!("New workspace")>
            <p class="muted mb-3">
                {tr!("A workspace has its own bots, knowledge, conversations and keys. Nothing is shared with the others.")}
            </p>
            <FormBody error=error submit=submit>
                <TextField label=tr!("Name") value=name field=form.field("name") autofocus=true />
                <div class="flex flex-wrap justify-end gap-2">
                    <Button on_click=move || open.set(false)>{tr!("Cancel")}</Button>
                    <Submit busy=busy>{tr!("Create workspace")}</Submit>
                </div>
            </FormBody>
        </Dialog>
    }
}
