//! Running a set: on what, how far it is, and stopping it.

use api_types::client;
use api_types::live::Topic;
use api_types::test_sets::{RunStatus, StartRunRequest, TestRun};
use leptos::prelude::*;
use leptos::task::spawn_local;
use uuid::Uuid;

use crate::session::use_session;
use crate::ui::alert::ErrorAlert;
use crate::ui::button::{Button, Variant};
use crate::ui::field::{SelectField, Text};
use crate::ui::icon;
use crate::ui::load::{Load, load};
use crate::ui::page::Section;

/// Whether what changed is the set, or one of its runs.
pub fn concerns_runs(set_id: Uuid, runs: Load<Vec<TestRun>>, what: Topic, id: Uuid) -> bool {
    match what {
        Topic::TestSet => id == set_id,
        Topic::TestRun => untrack(|| runs.get()).is_some_and(|runs| runs.iter().any(|run| run.id == id)),
        _ => false,
    }
}

/// Chooses a bot or draft and starts a run; shows the one that is under way.
#[component]
pub fn RunSection(
    /// The set.
    set_id: Uuid,
    /// The run that is under way, if one is.
    #[prop(into)]
    active: Signal<Option<TestRun>>,
    /// The draft or bot to offer first, as in `draft:<id>`.
    wanted: Option<String>,
    /// Called when a run was started or stopped.
    changed: Callback<()>,
) -> impl IntoView {
    let session = use_session();
    let busy = RwSignal::new(false);
    let error = RwSignal::new(None::<String>);
    let chosen = RwSignal::new(wanted);
    let bots = load(client::bots::many);
    let drafts = load(client::bot_drafts::list);
    let options = Memo::new(move |_| {
        let mut options = Vec::new();
        let named = |name: String| {
            if name.is_empty() {
                tr!("Untitled bot").to_owned()
            } else {
                name
            }
        };
        for bot in bots.get().map(|page| page.items).unwrap_or_default() {
            options.push((format!("bot:{}", bot.id), tr!("{} · live", bot.name)));
        }
        for draft in drafts.get().unwrap_or_default() {
            options.push((
                format!("draft:{}", draft.id),
                tr!("{} · draft", named(draft.name)),
            ));
        }
        options
    });
    // The first of the list until another is chosen.
    let target = move || {
        let options = options.get();
        let known = |id: &String| options.iter().any(|(option, _)| option == id);
        chosen
            .get()
            .filter(known)
            .or_else(|| options.first().map(|(id, _)| id.clone()))
    };
    let value = Text::new(
        move || target().unwrap_or_default(),
        move |id| chosen.set(Some(id)),
    );
    let start = move || {
        let Some(request) = untrack(target).and_then(|target| request(&target)) else {
            return;
        };
        busy.set(true);
        error.set(None);
        spawn_local(async move {
            let result = session.send(&client::test_sets::start(set_id, &request)).await;
            busy.set(false);
            match result {
                Ok(_) => changed.run(()),
                Err(problem) => error.set(Some(crate::i18n::explain(&problem))),
            }
        });
    };
    let nothing = move || bots.get().is_some() && drafts.get().is_some() && options.with(Vec::is_empty);
    view! {
        <Section title=tr!("Run") subtitle=tr!("Asks every question and says how well each was answered. Visitors notice nothing.")>
            <div class="flex flex-col gap-3">
                <ErrorAlert message=error />
                <Show
                    when=move || active.with(Option::is_none)
                    fallback=move || view! { <Progress run=active changed=changed /> }
                >
                    <Show
                        when=move || !nothing()
                        fallback=|| view! { <p class="muted">{tr!("There is no bot and no draft of one yet to run it on.")}</p> }
                    >
                        <SelectField label=tr!("bot of a run" => "On") value=value options=options />
                        <div>
                            <Button variant=Variant::Primary icon=icon::PLAY busy=busy on_click=start>
                                {tr!("Run tests")}
                            </Button>
                        </div>
                    </Show>
                </Show>
            </div>
        </Section>
    }
}

fn request(target: &str) -> Option<StartRunRequest> {
    let (kind, id) = target.split_once(':')?;
    let id: Uuid = id.parse().ok()?;
    let mut request = StartRunRequest::default();
    if kind == "bot" {
        request.bot_id = Some(id);
    } else {
        request.draft_id = Some(id);
    }
    Some(request)
}

/// How far a run is, with a way to stop it.
#[component]
pub fn Progress(
    /// The run; nothing is shown without one.
    run: Signal<Option<TestRun>>,
    /// Called when it was stopped.
    changed: Callback<()>,
) -> impl IntoView {
    let session = use_session();
    let error = RwSignal::new(None::<String>);
    let words = move || {
        let run = run.get()?;
        Some(match run.status {
            RunStatus::Queued => tr!("{}: waiting for a worker", run.target.name),
            _ => tr!("{}: {} of {} asked", run.target.name, run.done, run.total),
        })
    };
    let stop = move || {
        let Some(run) = run.get_untracked() else { return };
        spawn_local(async move {
            let stopped = session
                .send(&client::test_sets::cancel(run.test_set_id, run.id))
                .await;
            match stopped {
                Ok(_) => changed.run(()),
                Err(problem) => error.set(Some(crate::i18n::explain(&problem))),
            }
        });
    };
    view! {
        <ErrorAlert message=error />
        <progress
            class="progress progress-primary w-full"
            aria-label=tr!("Questions asked")
            prop:value=move || run.get().map_or(0, |run| run.done).to_string()
            max=move || run.get().map_or(1, |run| run.total).to_string()
        ></progress>
        <div class="flex flex-wrap items-center justify-between gap-2">
            <p role="status" dir="auto">
                {words}
            </p>
            <Button small=true icon=icon::SQUARE on_click=stop>
                {tr!("Stop")}
            </Button>
        </div>
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_choice_becomes_a_request() {
        let id = Uuid::from_u128(7);
        assert_eq!(request(&format!("bot:{id}")).unwrap().bot_id, Some(id));
        assert_eq!(request(&format!("draft:{id}")).unwrap().draft_id, Some(id));
        assert!(request("").is_none());
    }
}
