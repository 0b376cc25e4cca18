//! What a run found, case by case, beside the run before.

use api_types::chat::Source;
use api_types::client;
use api_types::test_sets::{CaseResult, Change, RunCase, RunStatus, TestRun, TestRunDetail};
use leptos::prelude::*;
use uuid::Uuid;

use super::cases::expectation_words;
use super::figures::FigureTable;
use super::list::run_line;
use crate::chat::{Answer, OpenPassage, PassageDialog};
use crate::i18n::{decimal, served};
use crate::ui::alert::Notice;
use crate::ui::field::{SelectField, Text};
use crate::ui::icon::{self, Icon};
use crate::ui::load::{load, loaded, rows};
use crate::ui::page::Section;
use crate::ui::time::exact;

/// The section: one run, chosen from all that are kept.
#[component]
pub fn Results(
    /// The set.
    set_id: Uuid,
    /// Its runs, newest first, at least one.
    runs: RwSignal<Vec<TestRun>>,
) -> impl IntoView {
    let picked = RwSignal::new(None::<Uuid>);
    // The picked one, else the newest that has ended; again when it ends.
    let shown = Memo::new(move |_| {
        runs.with(|runs| {
            let ended = runs.iter().find(|run| !run.status.is_active());
            let picked = runs.iter().find(|run| Some(run.id) == picked.get());
            picked.or(ended).map(|run| (run.id, run.status))
        })
    });
    let options = Memo::new(move |_| {
        let option = |run: &TestRun| {
            let version = match (run.target.bot_version, run.target.draft_id) {
                (Some(version), _) => tr!("version {version}", version),
                _ => tr!("draft").to_owned(),
            };
            let words = format!(
                "{} · {} {version} · {}",
                exact(run.created_at),
                run.target.name,
                run_line(run)
            );
            (run.id.to_string(), words)
        };
        runs.with(|runs| {
            let ended = runs.iter().filter(|run| !run.status.is_active());
            ended.map(option).collect::<Vec<_>>()
        })
    });
    let value = Text::new(
        move || shown.get().map(|(id, _)| id.to_string()).unwrap_or_default(),
        move |id| picked.set(id.parse().ok()),
    );
    view! {
        <Section title=tr!("Results")>
            <Show
                when=move || shown.get().is_some()
                fallback=|| view! { <p class="muted py-2">{tr!("No run has ended yet.")}</p> }
            >
                <SelectField label=tr!("Run") value=value options=options />
                {move || {
                    shown
                        .get()
                        .map(|(id, _)| {
                            let detail = load(move || client::test_sets::run(set_id, id));
                            loaded(
                                detail,
                                rows,
                                |detail| view! { <Detail detail=detail.get_untracked() /> },
                            )
                        })
                }}
            </Show>
        </Section>
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Filter {
    All,
    Failed,
    Regressed,
    Improved,
}

impl Filter {
    const ALL: [(Self, &'static str); 4] = [
        (Self::All, mark!("All")),
        (Self::Failed, mark!("cases" => "Failed")),
        (Self::Regressed, mark!("Regressed")),
        (Self::Improved, mark!("cases" => "Improved")),
    ];

    fn takes(self, case: &RunCase) -> bool {
        match self {
            Self::All => true,
            Self::Failed => case
                .result
                .as_ref()
                .is_some_and(|result| result.failure.is_some()),
            Self::Regressed => case.change == Some(Change::Regressed),
            Self::Improved => case.change == Some(Change::Improved),
        }
    }
}

#[component]
fn Detail(detail: TestRunDetail) -> impl IntoView {
    let TestRunDetail { run, previous, cases } = detail;
    let passage: OpenPassage = RwSignal::new(None);
    let filter = RwSignal::new(Filter::All);
    let cases = StoredValue::new(cases);
    let trouble = match run.status {
        RunStatus::Failed => run.error.as_deref().map(served),
        RunStatus::Cancelled => {
            Some(tr!("This run was stopped; what follows is of the cases that were asked.").to_owned())
        }
        _ => None,
    };
    let degraded = run.figures.map_or(0, |figures| figures.degraded);
    let button = move |(which, name): (Filter, &'static str)| {
        let number = cases.with_value(|cases| cases.iter().filter(|case| which.takes(case)).count());
        let chosen = move || filter.get() == which;
        view! {
            <button
                type="button"
                class="btn btn-sm join-item border-base-300"
                class=("bg-primary/15", chosen)
                class=("bg-base-100", move || !chosen())
                aria-pressed=move || chosen().to_string()
                on:click=move |_| filter.set(which)
            >
                {format!("{} {number}", crate::i18n::text(name))}
            </button>
        }
    };
    let shown = move || {
        let filter = filter.get();
        let mut shown = cases.get_value();
        shown.retain(|case| filter.takes(case));
        shown
    };
    view! {
        <div class="mt-3 flex flex-col gap-4">
            {trouble.map(|words| view! { <Notice>{words}</Notice> })}
            {(degraded > 0)
                .then(|| {
                    view! {
                        <Notice>
                            {tr!("{degraded} of the cases were answered while part of the search was away. Run the set again.", degraded)}
                        </Notice>
                    }
                })}
            {run.figures.map(|figures| view! { <FigureTable figures=figures previous=previous /> })}
            <div class="join flex-wrap" role="group" aria-label=tr!("Which cases")>
                {Filter::ALL.map(button).collect_view()}
            </div>
            <ul class="divide-y divide-base-300" aria-label=tr!("Results by case")>
                {move || shown().into_iter().map(|case| view! { <Case case=case passage=passage /> }).collect_view()}
            </ul>
        </div>
        <PassageDialog passage=passage />
    }
}

#[component]
fn Case(case: RunCase, passage: OpenPassage) -> impl IntoView {
    let failure = case.result.as_ref().and_then(|result| result.failure);
    let (glyph, color, verdict) = match (&case.result, failure) {
        (None, _) => (icon::CIRCLE_HELP, "size-4 mt-0.5 muted", tr!("not asked")),
        (Some(_), None) => (icon::CIRCLE_CHECK, "size-4 mt-0.5 text-success", tr!("passed")),
        (Some(_), Some(_)) => (icon::TRIANGLE_ALERT, "size-4 mt-0.5 text-error", tr!("failed")),
    };
    let change = match case.change {
        Some(Change::Improved) => Some((tr!("improved"), "text-success")),
        Some(Change::Regressed) => Some((tr!("regressed"), "text-error")),
        _ => None,
    };
    let expected = expectation_words(&case.expectation, None);
    let result = case.result;
    view! {
        <li data-testid="result">
            <details class="py-2.5">
                <summary class="flex cursor-pointer items-start gap-2">
                    <Icon glyph=glyph class=color />
                    <span class="sr-only">{verdict}</span>
                    <span class="min-w-0 grow">
                        <span class="font-medium" dir="auto">
                            {case.question}
                        </span>
                        {failure.map(|failure| view! { <span class="muted block">{served(failure.as_words())}</span> })}
                    </span>
                    {change.map(|(words, class)| view! { <span class=format!("text-xs font-medium {class}")>{words}</span> })}
                </summary>
                <div class="mt-2 flex flex-col gap-3 ps-6">
                    <p>
                        <span class="muted">{tr!("Expected: the bot ")}</span>
                        <span dir="auto">{expected}</span>
                    </p>
                    {result.map(|result| view! { <Said result=result passage=passage /> })}
                </div>
            </details>
        </li>
    }
}

/// What the bot said, and what it was given.
#[component]
fn Said(result: CaseResult, passage: OpenPassage) -> impl IntoView {
    let CaseResult {
        response,
        retrieved,
        cited,
        expected,
        missing,
        latency_ms,
        ..
    } = result;
    let cited_sources: Vec<Source> = retrieved
        .iter()
        .filter(|source| cited.contains(&source.n))
        .cloned()
        .collect();
    let given = retrieved.clone();
    let line = move |source: Source| {
        let marks = [
            expected.contains(&source.n).then_some(tr!("expected")),
            cited.contains(&source.n).then_some(tr!("cited")),
        ];
        let marks: Vec<_> = marks.into_iter().flatten().collect();
        let title = format!("{}. {}", source.n, source.title);
        view! {
            <li class="flex flex-wrap items-baseline gap-x-3">
                <button
                    type="button"
                    class="link-plain min-h-6 min-w-0 cursor-pointer text-start"
                    dir="auto"
                    on:click=move |_| passage.set(Some(source.clone()))
                >
                    {title}
                </button>
                <span class="muted text-xs">{marks.join(", ")}</span>
            </li>
        }
    };
    let nothing = given.is_empty();
    view! {
        <Answer text=response sources=retrieved cited=cited_sources open=passage />
        {(!missing.is_empty())
            .then(|| view! { <p class="text-error">{tr!("Not said: {}", missing.join("; "))}</p> })}
        <div>
            <p class="muted">
                {if nothing {
                    tr!("No passage was given to the model.").to_owned()
                } else {
                    tr!("Given to the model, best first ({} s to answer):", decimal(f64::from(latency_ms) / 1000.0, 2))
                }}
            </p>
            <ul class="mt-1 flex flex-col gap-0.5">{given.into_iter().map(line).collect_view()}</ul>
        </div>
    }
}
