//! Head, form and test chat of a draft.

use api_types::bots::{DeployRequest, Deployed};
use api_types::client::{self, ClientError};
use api_types::test_sets::{OverrideTests, TestsRequired};
use leptos::prelude::*;
use leptos::task::spawn_local;
use uuid::Uuid;

use super::Builder;
use super::access::AccessSection;
use super::appearance::AppearanceSection;
use super::confirm::{ChangeCount, Comparison, ConfirmDeploy};
use super::deploy::{Deployment, ProblemList};
use super::files::FilesSection;
use super::gate::{GateDialog, tests_required};
use super::hand_off::HandOffSection;
use super::instructions::InstructionsSection;
use super::knowledge::KnowledgeSection;
use super::leads::LeadsSection;
use super::model::ModelSection;
use super::parts::{Part, Parts, part_in_view};
use super::proactive::ProactiveSection;
use super::remake::use_remake;
use super::test_chat::TestChat;
use super::tests::TestsSection;
use super::translations::LanguagesSection;
use crate::bots::head::Sections;
use crate::bots::places::BUILD;
use crate::drafts::{ConflictDialog, GoneNotice, SaveStatus};
use crate::session::{Session, use_session};
use crate::ui::alert::ErrorAlert;
use crate::ui::button::{Button, Variant};
use crate::ui::icon::{self, Icon};
use crate::ui::page;
use crate::ui::params::asks_for;

/// The draft is gone: who reloads the page, or comes back to it, finds the bot's page with the same code to embed.
fn rest_at(bot: Uuid) {
    let address = format!("/bots/{bot}/deploy");
    if let Ok(history) = window().history() {
        // Refused only for an address elsewhere.
        let _ = history.replace_state_with_url(&wasm_bindgen::JsValue::NULL, "", Some(&address));
    }
}

/// Two columns; on a phone, two tabs.
#[component]
pub fn Editor(builder: Builder, from: Option<Uuid>) -> impl IntoView {
    let deployed = RwSignal::new(None::<Deployed>);
    move || match deployed.get() {
        Some(done) => {
            rest_at(done.bot_id);
            view! { <Deployment name=builder.draft.content.get_untracked().name deployed=done /> }.into_any()
        }
        None => view! { <Workbench builder=builder from=from deployed=deployed /> }.into_any(),
    }
}

#[component]
fn Workbench(builder: Builder, from: Option<Uuid>, deployed: RwSignal<Option<Deployed>>) -> impl IntoView {
    let session = use_session();
    let testing = RwSignal::new(false);
    let busy = RwSignal::new(false);
    let error = RwSignal::new(None::<String>);
    let remaking = RwSignal::new(false);
    let remake = use_remake(remaking);
    let remake = move || {
        let content = builder.draft.content.get_untracked();
        remake.run((from, content, Callback::new(move |()| builder.draft.finish())));
    };
    let name = builder.part(|content| content.name.trim().to_owned());
    let shown_name = move || {
        if name.with(String::is_empty) {
            tr!("Untitled bot").to_owned()
        } else {
            name.get()
        }
    };
    page::title(shown_name);

    let here = part_in_view();
    let comparison = Comparison::new(builder, from);
    let comparing = RwSignal::new(false);
    let blocked = RwSignal::new(None::<TestsRequired>);
    let deploy = move |override_tests: Option<OverrideTests>| {
        error.set(None);
        blocked.set(None);
        if !builder.form.submit() {
            testing.set(false);
            scroll_to_top();
            return;
        }
        busy.set(true);
        spawn_local(async move {
            let result = deploy(session, builder, override_tests).await;
            busy.set(false);
            match result {
                Ok(done) => {
                    builder.draft.finish();
                    deployed.set(Some(done));
                }
                Err(problem) if tests_required(&problem).is_some() => {
                    blocked.set(tests_required(&problem));
                    return;
                }
                Err(problem) => {
                    let words = builder.form.refuse(&problem);
                    // The list of problems says it all when there is one.
                    let unlisted = untrack(|| builder.form.problems().is_empty());
                    error.set(
                        words
                            .filter(|_| unlisted)
                            .map(|words| tr!("Not deployed. {words}", words)),
                    );
                    testing.set(false);
                }
            }
            scroll_to_top();
        });
    };

    // The bot's pages lead to here.
    if asks_for("deploy") {
        comparing.set(true);
    }

    // A new bot has nothing to be compared with.
    let ask = move || {
        if comparison.has_live_version() && builder.form.submit() {
            comparing.set(true);
        } else {
            deploy(None);
        }
    };

    view! {
        <header class="sticky top-14 z-20 -mx-4 -mt-6 mb-5 border-b border-base-300 bg-base-200 px-4 pt-3 sm:-mx-6 sm:px-6">
            <div class="mb-1 flex items-center gap-3">
            <a href="/bots" class="btn btn-ghost btn-square btn-sm" aria-label=tr!("Back to the bots") title=tr!("Bots")>
                <Icon glyph=icon::ARROW_LEFT class="size-4 rtl:rotate-180" />
            </a>
            <div class="min-w-0 grow">
                <h1 class="truncate text-lg font-semibold" dir="auto">
                    {shown_name}
                </h1>
                <SaveStatus draft=builder.draft />
                <ChangeCount comparison=comparison open=comparing />
            </div>
            <Button variant=Variant::Primary icon=icon::ROCKET busy=busy on_click=ask>
                {tr!("Deploy")}
            </Button>
            </div>
            {from.map(|bot| view! { <Sections id=bot open=BUILD /> })}
            <div class="hidden lg:block">
                <Parts here=here />
            </div>
        </header>
        <div class="-mt-3 mb-4 lg:hidden" class:hidden=move || testing.get()>
            <Parts here=here />
        </div>
        <GoneNotice draft=builder.draft busy=remaking on_remake=remake />
        <div class="mb-4 flex flex-col gap-3 empty:hidden">
            <ErrorAlert message=error />
            <ProblemList form=builder.form />
        </div>
        <SideSwitch testing=testing />
        <div class="grid items-start gap-5 lg:grid-cols-[minmax(0,1fr)_25rem]">
            <div class="min-w-0 flex-col gap-5 lg:flex" class=("flex", move || !testing.get()) class=("hidden", move || testing.get())>
                <Part id="instructions">
                    <InstructionsSection builder=builder />
                </Part>
                <Part id="knowledge">
                    <KnowledgeSection builder=builder />
                    <ModelSection builder=builder />
                </Part>
                <Part id="appearance">
                    <AppearanceSection builder=builder />
                    <LanguagesSection builder=builder />
                    <ProactiveSection builder=builder />
                </Part>
                <Part id="leads">
                    <LeadsSection builder=builder />
                    <HandOffSection builder=builder />
                    <FilesSection builder=builder />
                </Part>
                <Part id="access">
                    <AccessSection builder=builder />
                    <TestsSection builder=builder />
                </Part>
            </div>
            <div
                class="min-w-0 lg:sticky lg:top-[13rem] lg:block"
                class=("hidden", move || !testing.get())
            >
                <TestChat builder=builder />
            </div>
        </div>
        <ConfirmDeploy
            comparison=comparison
            open=comparing
            busy=busy
            deploy=Callback::new(move |()| deploy(None))
        />
        <GateDialog builder=builder blocked=blocked deploy=Callback::new(deploy) />
        <ConflictDialog draft=builder.draft />
    }
}

/// On a phone: the form or the test.
#[component]
fn SideSwitch(testing: RwSignal<bool>) -> impl IntoView {
    let tab = move |name: &'static str, is_test: bool| {
        let chosen = move || testing.get() == is_test;
        view! {
            <button
                type="button"
                role="tab"
                class="btn btn-sm join-item grow border-base-300"
                class=("bg-primary/15", chosen)
                class=("bg-base-100", move || !chosen())
                aria-selected=move || chosen().to_string()
                on:click=move |_| testing.set(is_test)
            >
                {name}
            </button>
        }
    };
    view! {
        <div class="join mb-4 flex lg:hidden" role="tablist" aria-label=tr!("Builder")>
            {tab(tr!("Build"), false)}
            {tab(tr!("Test"), true)}
        </div>
    }
}

async fn deploy(
    session: Session,
    builder: Builder,
    override_tests: Option<OverrideTests>,
) -> Result<Deployed, ClientError> {
    builder.draft.save_now().await?;
    let request = DeployRequest { override_tests };
    session
        .send(&client::bot_drafts::deploy(builder.draft.id(), &request))
        .await
}

fn scroll_to_top() {
    window().scroll_to_with_x_and_y(0.0, 0.0);
}
