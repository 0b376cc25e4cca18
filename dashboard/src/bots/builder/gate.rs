//! A deploy that the bot's tests keep back: why, running them, and deploying anyway.

use api_types::client::{self, ClientError};
use api_types::test_sets::{OverrideTests, StartRunRequest, TestRun, TestsRequired};
use api_types::validate::Checker;
use api_types::{ErrorCode, Problem};
use leptos::prelude::*;
use leptos::task::spawn_local;

use super::Builder;
use crate::i18n::served;
use crate::live::follow_while;
use crate::session::use_session;
use crate::test_sets::{Progress, concerns_runs, run_line};
use crate::ui::alert::ErrorAlert;
use crate::ui::button::{Button, Variant};
use crate::ui::dialog::Dialog;
use crate::ui::field::TextArea;
use crate::ui::form::Form;
use crate::ui::icon;
use crate::ui::load::load;

/// Why the tests keep a deploy back, if that is what the server said.
pub fn tests_required(error: &ClientError) -> Option<TestsRequired> {
    let ClientError::Problem(problem) = error else {
        return None;
    };
    let Problem { code, current, .. } = &**problem;
    (*code == ErrorCode::TestsRequired)
        .then(|| serde_json::from_value(current.clone()?).ok())
        .flatten()
}

/// The dialog; open while `blocked` says why.
#[component]
pub fn GateDialog(
    /// The draft.
    builder: Builder,
    /// Why.
    blocked: RwSignal<Option<TestsRequired>>,
    /// Deploys again, perhaps in spite of the tests.
    deploy: Callback<Option<OverrideTests>>,
) -> impl IntoView {
    let open = RwSignal::new(false);
    Effect::new(move |_| open.set(blocked.with(Option::is_some)));
    Effect::new(move |_| {
        if !open.get() && blocked.with_untracked(Option::is_some) {
            blocked.set(None);
        }
    });
    view! {
        <Dialog open=open title=tr!("Tests have to pass first")>
            {move || {
                blocked.get().map(|why| view! { <Gate builder=builder why=why deploy=deploy /> })
            }}
        </Dialog>
    }
}

#[component]
fn Gate(builder: Builder, why: TestsRequired, deploy: Callback<Option<OverrideTests>>) -> impl IntoView {
    let session = use_session();
    let set_id = why.test_set_id;
    let started = RwSignal::new(None::<uuid::Uuid>);
    let error = RwSignal::new(None::<String>);
    let busy = RwSignal::new(false);
    let insisting = RwSignal::new(false);
    let runs = load(move || client::test_sets::runs(set_id));
    follow_while(
        runs,
        move |what, id| concerns_runs(set_id, runs, what, id),
        |runs: &Vec<TestRun>| runs.iter().any(|run| run.status.is_active()),
    );
    let active = Memo::new(move |_| runs.get()?.into_iter().find(|run| run.status.is_active()));
    let ended = move || {
        let id = started.get()?;
        let run = runs.get()?.into_iter().find(|run| run.id == id)?;
        (!run.status.is_active()).then(|| tr!("The run has ended: {}.", run_line(&run)))
    };
    let run = move || {
        busy.set(true);
        error.set(None);
        let request = StartRunRequest {
            draft_id: Some(builder.draft.id()),
            bot_id: None,
        };
        spawn_local(async move {
            let result = session.send(&client::test_sets::start(set_id, &request)).await;
            busy.set(false);
            match result {
                Ok(run) => {
                    started.set(Some(run.id));
                    runs.reload();
                }
                Err(problem) => error.set(Some(crate::i18n::explain(&problem))),
            }
        });
    };
    let name = why.test_set_name.clone();
    let last = why
        .run
        .as_ref()
        .map(|run| tr!("Newest run on this content: {}.", run_line(run)));
    let line = |words: String| view! { <li>{served(&words)}</li> };
    view! {
        <div class="flex flex-col gap-4">
            <div>
                <p>
                    {tr!("The bot is deployed only after ")}
                    <a class="link-plain font-medium" href=format!("/tests/{set_id}?draft={}", builder.draft.id()) dir="auto">
                        {name}
                    </a> {tr!(" has passed on exactly this content. The draft is saved.")}
                </p>
                <p class="muted mt-1 empty:hidden">{last}</p>
                <ul class="mt-2 list-disc ps-5">{why.shortfalls.into_iter().map(line).collect_view()}</ul>
            </div>
            <ErrorAlert message=error />
            <p role="status" class="font-medium empty:hidden">
                {ended}
            </p>
            <Show
                when=move || active.with(Option::is_none)
                fallback=move || {
                    view! { <Progress run=active.into() changed=Callback::new(move |()| runs.reload()) /> }
                }
            >
                <div class="flex flex-wrap justify-end gap-2">
                    <Button variant=Variant::Quiet on_click=move || insisting.set(true)>
                        {tr!("Deploy anyway…")}
                    </Button>
                    <Show
                        when=move || ended().is_some()
                        fallback=move || {
                            view! {
                                <Button variant=Variant::Primary icon=icon::PLAY busy=busy on_click=run>
                                    {tr!("Run tests")}
                                </Button>
                            }
                        }
                    >
                        <Button variant=Variant::Primary icon=icon::ROCKET on_click=move || deploy.run(None)>
                            {tr!("Deploy now")}
                        </Button>
                    </Show>
                </div>
            </Show>
            <Show when=move || insisting.get()>
                <Insist deploy=deploy />
            </Show>
        </div>
    }
}

/// Deploying in spite of the tests, for a reason.
#[component]
fn Insist(deploy: Callback<Option<OverrideTests>>) -> impl IntoView {
    let reason = RwSignal::new(String::new());
    let form = Form::new(move || {
        let mut check = Checker::default();
        reason.with(|reason| check.length("override_tests.reason", reason, 10, 500));
        check.finish()
    });
    let insist = move || {
        if form.submit() {
            let reason = reason.get_untracked();
            deploy.run(Some(OverrideTests { reason }));
        }
    };
    view! {
        <div class="rounded-box border border-base-300 p-3">
            <TextArea
                label=tr!("Why is it deployed anyway?")
                value=reason
                field=form.field("override_tests.reason")
                hint=tr!("Kept in the audit log with your name.")
            />
            <div class="mt-2 flex justify-end">
                <Button variant=Variant::Danger on_click=insist>
                    {tr!("Deploy anyway")}
                </Button>
            </div>
        </div>
    }
}
