//! Every test set, with how its newest run went.

use api_types::client;
use api_types::live::Topic;
use api_types::tenancy::Role;
use api_types::test_sets::{RunStatus, SaveTestSetRequest, TestRun, TestSet};
use api_types::validate::Checker;
use leptos::prelude::*;
use leptos::task::spawn_local;
use leptos_router::NavigateOptions;
use leptos_router::hooks::use_navigate;
use uuid::Uuid;

use super::figures::percent;
use crate::live::follow_while;
use crate::session::use_session;
use crate::ui::button::{Button, Submit, Variant};
use crate::ui::dialog::Dialog;
use crate::ui::empty::Empty;
use crate::ui::field::{SearchBox, TextField};
use crate::ui::form::{Form, FormBody};
use crate::ui::icon;
use crate::ui::load::{Load, load, loaded, rows};
use crate::ui::page::PageHead;

/// All sets, read again while one is being run.
fn sets() -> Load<Vec<TestSet>> {
    let sets = load(client::test_sets::list);
    let is_any = |what, _| matches!(what, Topic::TestSet | Topic::TestRun);
    follow_while(sets, is_any, |sets: &Vec<TestSet>| {
        let mut runs = sets.iter().filter_map(|set| set.last_run.as_ref());
        runs.any(|run| run.status.is_active())
    });
    sets
}

/// The page.
#[component]
pub fn TestSetsPage() -> impl IntoView {
    let making = RwSignal::new(false);
    let sets = sets();
    view! {
        <PageHead
            title=tr!("Test sets")
            subtitle=tr!("Questions with the answers they should get. Run them on a draft or a bot to see how well it does.")
        >
            <Button variant=Variant::Primary icon=icon::PLUS needs=Role::Editor on_click=move || making.set(true)>
                {tr!("New test set")}
            </Button>
        </PageHead>
        {loaded(sets, rows, move |sets| view! { <List sets=sets making=making query=String::new() /> })}
        <Dialog open=making title=tr!("New test set")>
            <NewSet open=making query=String::new() />
        </Dialog>
    }
}

/// Those that have to do with one bot: the one it needs, and those that ran on it last; then the others.
#[component]
pub fn BotSets(
    /// The bot.
    bot: Uuid,
    /// The set that its live version names.
    required: Memo<Option<Uuid>>,
) -> impl IntoView {
    let making = RwSignal::new(false);
    let sets = sets();
    // What is opened from here is run on this bot.
    let query = format!("?bot={bot}");
    let is_own = move |set: &TestSet| {
        let ran_on = set.last_run.as_ref().and_then(|run| run.target.bot_id);
        required.get() == Some(set.id) || ran_on == Some(bot)
    };
    let named = query.clone();
    view! {
        <div class="mb-4 flex flex-wrap items-center justify-between gap-3">
            <p class="muted">{tr!("Sets are shared by all bots of the workspace. Open one to run it on this bot.")}</p>
            <Button icon=icon::PLUS needs=Role::Editor on_click=move || making.set(true)>
                {tr!("New test set")}
            </Button>
        </div>
        {loaded(
            sets,
            rows,
            move |found| {
                let sorted = RwSignal::new(Vec::new());
                Effect::new(move |_| {
                    let mut all = found.get();
                    all.sort_by_key(|set| !is_own(set));
                    sorted.set(all);
                });
                view! { <List sets=sorted making=making query=query.clone() /> }
            },
        )}
        <Dialog open=making title=tr!("New test set")>
            <NewSet open=making query=named.clone() />
        </Dialog>
    }
}

#[component]
fn List(sets: RwSignal<Vec<TestSet>>, making: RwSignal<bool>, query: String) -> impl IntoView {
    let query = StoredValue::new(query);
    let words = RwSignal::new(String::new());
    let matching = move || {
        let words = words.get().to_lowercase();
        let mut found = sets.get();
        found.retain(|set| set.name.to_lowercase().contains(words.trim()));
        found
    };
    view! {
        <Show
            when=move || !sets.with(Vec::is_empty)
            fallback=move || {
                view! {
                    <Empty
                        icon=icon::LIST_CHECKS
                        title=tr!("No test set yet")
                        text=tr!("Write questions down, import them from a spreadsheet, or add what visitors asked from their conversations.")
                    >
                        <Button icon=icon::PLUS needs=Role::Editor on_click=move || making.set(true)>
                            {tr!("Make a test set")}
                        </Button>
                    </Empty>
                }
            }
        >
            <div class="mb-4">
                <SearchBox label=tr!("Search test sets") value=words />
            </div>
            <Show when=move || matching().is_empty()>
                <p class="muted py-6 text-center">{tr!("No test set has this name.")}</p>
            </Show>
            <ul class="grid gap-3 sm:grid-cols-2 xl:grid-cols-3" aria-label=tr!("Test sets")>
                {move || matching().into_iter().map(|set| view! { <Card set=set query=query.get_value() /> }).collect_view()}
            </ul>
        </Show>
    }
}

#[component]
fn Card(set: TestSet, query: String) -> impl IntoView {
    let last = match &set.last_run {
        Some(run) => format!("{} · {}", run.target.name, run_line(run)),
        None => tr!("not run yet").to_owned(),
    };
    view! {
        <li class="panel relative flex min-w-0 flex-col gap-2 p-4 hover:border-primary focus-within:border-primary">
            <a
                href=format!("/tests/{}{query}", set.id)
                class="truncate font-semibold after:absolute after:inset-0 after:rounded-box"
                title=set.name.clone()
                dir="auto"
            >
                {set.name.clone()}
            </a>
            <p class="muted flex flex-wrap gap-x-3">
                <span>{tr!("{n} case" | "{n} cases" % set.case_count)}</span>
                <span class="min-w-0 truncate" dir="auto">
                    {last}
                </span>
            </p>
        </li>
    }
}

/// How a run went, in a few words.
pub fn run_line(run: &TestRun) -> String {
    let passed = run.figures.map(|figures| {
        let share = figures.pass_rate.map(percent).unwrap_or_default();
        tr!("{} of {} passed ({share})", figures.passed, run.total, share)
    });
    match run.status {
        RunStatus::Queued => tr!("waiting").to_owned(),
        RunStatus::Running => tr!("{} of {} asked", run.done, run.total),
        RunStatus::Done => passed.unwrap_or_default(),
        RunStatus::Cancelled => tr!("stopped after {} of {}", run.done, run.total),
        RunStatus::Failed => tr!("broke off").to_owned(),
    }
}

#[component]
fn NewSet(open: RwSignal<bool>, query: String) -> impl IntoView {
    let query = StoredValue::new(query);
    let session = use_session();
    let navigate = StoredValue::new_local(use_navigate());
    let name = RwSignal::new(String::new());
    let busy = RwSignal::new(false);
    let error = RwSignal::new(None::<String>);
    let form = Form::new(move || {
        let mut check = Checker::default();
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
            let result = session.send(&client::test_sets::create(&request)).await;
            busy.set(false);
            match result {
                Ok(set) => {
                    open.set(false);
                    let address = format!("/tests/{}{}", set.id, query.get_value());
                    navigate.with_value(|navigate| navigate(&address, NavigateOptions::default()));
                }
                Err(problem) => error.set(form.refuse(&problem)),
            }
        });
    };
    view! {
        <FormBody error=error submit=submit>
            <TextField
                label=tr!("Name")
                value=name
                field=form.field("name")
                placeholder=tr!("Warranty questions")
                autofocus=true
            />
            <div class="flex flex-wrap justify-end gap-2">
                <Button on_click=move || open.set(false)>{tr!("Cancel")}</Button>
                <Submit busy=busy>{tr!("Make test set")}</Submit>
            </div>
        </FormBody>
    }
}
