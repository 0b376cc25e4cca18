//! One test set: its cases, running it, and what runs found.

use api_types::client;
use api_types::test_sets::{SaveTestSetRequest, TestRun, TestSet};
use leptos::prelude::*;
use leptos::task::spawn_local;
use leptos_router::NavigateOptions;
use leptos_router::hooks::{use_navigate, use_query_map};
use uuid::Uuid;

use super::cases::Cases;
use super::import::{ImportDialog, export};
use super::results::Results;
use super::run::RunSection;
use super::run::concerns_runs;
use crate::live::follow_while;
use crate::session::use_session;
use crate::ui::button::{Button, Submit};
use crate::ui::dialog::{ConfirmDialog, Dialog};
use crate::ui::field::TextField;
use crate::ui::form::{Form, FormBody};
use crate::ui::icon;
use crate::ui::load::{Load, blocks, load, loaded, rows};
use crate::ui::page::{PageHead, Section};
use crate::ui::params::with_id;
use crate::ui::toast::use_toasts;

/// The page.
#[component]
pub fn TestSetPage() -> impl IntoView {
    with_id(|id| {
        let set = load(move || client::test_sets::get(id));
        loaded(
            set,
            blocks,
            move |found| view! { <Overview id=id set=set found=found /> },
        )
    })
}

#[component]
fn Overview(id: Uuid, set: Load<TestSet>, found: RwSignal<TestSet>) -> impl IntoView {
    let query = use_query_map();
    let wanted = query.with_untracked(|query| {
        let named = |kind: &str| Some(format!("{kind}:{}", query.get(kind)?));
        named("draft").or_else(|| named("bot"))
    });
    let runs = load(move || client::test_sets::runs(id));
    follow_while(
        runs,
        move |what, changed| concerns_runs(id, runs, what, changed),
        |runs: &Vec<TestRun>| runs.iter().any(|run| run.status.is_active()),
    );
    let active = move || runs.get()?.into_iter().find(|run| run.status.is_active());
    let importing = RwSignal::new(false);
    let version = RwSignal::new(0_u32);
    let cases_changed = move || {
        version.update(|version| *version = version.wrapping_add(1));
        set.reload();
    };
    let session = use_session();
    let toasts = use_toasts();
    let save = move || {
        let name = found.with_untracked(|set| set.name.clone());
        spawn_local(async move {
            if let Err(problem) = export(session, id, &name).await {
                toasts.fail(&problem);
            }
        });
    };
    let name = Memo::new(move |_| found.with(|set| set.name.clone()));
    let cases = move || found.with(|set| tr!("{n} case" | "{n} cases" % set.case_count));
    view! {
        <PageHead title=name subtitle=Signal::derive(cases) back=("/tests", tr!("Test sets"))>
            <Button icon=icon::UPLOAD on_click=move || importing.set(true)>
                {tr!("Import")}
            </Button>
            <Button icon=icon::DOWNLOAD on_click=save>
                {tr!("Export")}
            </Button>
        </PageHead>
        <div class="grid items-start gap-5 lg:grid-cols-[minmax(0,1fr)_22rem]">
            <div class="flex min-w-0 flex-col gap-5">
                {loaded(
                    runs,
                    rows,
                    move |found| {
                        let has_runs = Memo::new(move |_| found.with(|runs| !runs.is_empty()));
                        view! {
                            <Show when=move || has_runs.get()>
                                <Results set_id=id runs=found />
                            </Show>
                        }
                    },
                )}
                <Cases set_id=id version=version changed=Callback::new(move |()| cases_changed()) />
            </div>
            <div class="flex min-w-0 flex-col gap-5">
                <RunSection
                    set_id=id
                    active=Memo::new(move |_| active())
                    wanted=wanted
                    changed=Callback::new(move |()| runs.reload())
                />
                <Manage id=id set=set found=found />
            </div>
        </div>
        <ImportDialog open=importing set_id=id on_imported=cases_changed />
    }
}

#[component]
fn Manage(id: Uuid, set: Load<TestSet>, found: RwSignal<TestSet>) -> impl IntoView {
    let session = use_session();
    let toasts = use_toasts();
    let navigate = StoredValue::new_local(use_navigate());
    let renaming = RwSignal::new(false);
    let asking = RwSignal::new(false);
    let name = move || found.with(|set| set.name.clone());
    let holds = move || found.with(|set| tr!("{n} case" | "{n} cases" % set.case_count));
    let delete = async move || {
        let name = untrack(name);
        session.send(&client::test_sets::delete(id)).await?;
        toasts.say(tr!("{name} was deleted.", name));
        navigate.with_value(|navigate| navigate("/tests", NavigateOptions::default()));
        Ok(())
    };
    view! {
        <Section title=tr!("Manage")>
            <div class="flex flex-wrap gap-2">
                <Button icon=icon::PENCIL on_click=move || renaming.set(true)>
                    {tr!("Rename")}
                </Button>
                <Button icon=icon::TRASH_2 on_click=move || asking.set(true)>
                    {tr!("Delete test set")}
                </Button>
            </div>
        </Section>
        <Dialog open=renaming title=tr!("Rename the test set")>
            <Rename id=id set=set name=untrack(name) open=renaming />
        </Dialog>
        <ConfirmDialog
            open=asking
            title=Signal::derive(move || tr!("Delete {}?", name()))
            action=tr!("Delete test set")
            on_confirm=delete
        >
            <p>{tr!("This can't be undone. ")} {holds} {tr!(" and all runs go with it.")}</p>
        </ConfirmDialog>
    }
}

#[component]
fn Rename(id: Uuid, set: Load<TestSet>, name: String, open: RwSignal<bool>) -> impl IntoView {
    let session = use_session();
    let name = RwSignal::new(name);
    let busy = RwSignal::new(false);
    let error = RwSignal::new(None::<String>);
    let form = Form::new(move || {
        let mut check = api_types::validate::Checker::default();
        name.with(|name| check.length("name", name, 1, 80));
        check.finish()
    });
    let submit = move || {
        if !form.submit() || busy.get_untracked() {
            return;
        }
        busy.set(true);
        error.set(None);
        let request = SaveTestSetRequest {
            name: name.get_untracked(),
        };
        spawn_local(async move {
            let result = session.send(&client::test_sets::rename(id, &request)).await;
            busy.set(false);
            match result {
                Ok(renamed) => {
                    open.set(false);
                    set.set(renamed);
                }
                Err(problem) => error.set(form.refuse(&problem)),
            }
        });
    };
    view! {
        <FormBody error=error submit=submit>
            <TextField label=tr!("Name") value=name field=form.field("name") autofocus=true />
            <div class="flex flex-wrap justify-end gap-2">
                <Button on_click=move || open.set(false)>{tr!("Cancel")}</Button>
                <Submit busy=busy>{tr!("Rename")}</Submit>
            </div>
        </FormBody>
    }
}
