//! The test set that says how well the bot answers, and whether it is deployed without.

use api_types::client;
use api_types::test_sets::{BotTests, TestSet, Thresholds};
use leptos::prelude::*;
use uuid::Uuid;

use super::Builder;
use crate::ui::button::ButtonLink;
use crate::ui::field::{NumberField, SelectField, Text};
use crate::ui::icon;
use crate::ui::load::{load, loaded};
use crate::ui::page::Section;
use crate::ui::toggle::Toggle;

/// The section.
#[component]
pub fn TestsSection(builder: Builder) -> impl IntoView {
    let sets = load(client::test_sets::list);
    let skeleton = || view! { <div class="skeleton h-14 w-full"></div> }.into_any();
    view! {
        <Section title=tr!("Tests") subtitle=tr!("A test set says how well the bot answers before visitors do.")>
            {loaded(sets, skeleton, move |sets| view! { <Choice builder=builder sets=sets /> })}
        </Section>
    }
}

#[component]
fn Choice(builder: Builder, sets: RwSignal<Vec<TestSet>>) -> impl IntoView {
    let tests = builder.part(|content| content.tests);
    let chosen = move || tests.get().map(|tests| tests.test_set_id);
    let options = Memo::new(move |_| {
        let mut options = vec![(String::new(), tr!("No test set").to_owned())];
        options.extend(sets.get().into_iter().map(|set| (set.id.to_string(), set.name)));
        if let Some(id) = chosen().map(|id| id.to_string())
            && !options.iter().any(|(known, _)| *known == id)
        {
            options.push((id, tr!("A test set that was deleted").to_owned()));
        }
        options
    });
    let value = Text::new(
        move || chosen().map(|id| id.to_string()).unwrap_or_default(),
        move |id| choose(builder, id.parse().ok()),
    );
    let nothing = move || sets.with(Vec::is_empty) && chosen().is_none();
    let address = move || {
        let draft = builder.draft.id();
        chosen()
            .map(|id| format!("/tests/{id}?draft={draft}"))
            .unwrap_or_default()
    };
    view! {
        <Show
            when=move || !nothing()
            fallback=|| {
                view! {
                    <div class="flex flex-wrap items-center gap-3">
                        <p class="muted min-w-0 grow">{tr!("There is no test set yet. This draft is kept while you make one.")}</p>
                        <ButtonLink href="/tests" icon=icon::PLUS small=true>
                            {tr!("Make a test set")}
                        </ButtonLink>
                    </div>
                }
            }
        >
            <div class="flex flex-col gap-4">
                <SelectField
                    label=tr!("Test set")
                    value=value
                    options=options
                    field=builder.field("tests.test_set_id")
                />
                <Show when=move || chosen().is_some()>
                    <Required builder=builder tests=tests />
                    <div>
                        <ButtonLink href=Signal::derive(address) icon=icon::LIST_CHECKS small=true>
                            {tr!("Open and run the test set")}
                        </ButtonLink>
                    </div>
                </Show>
            </div>
        </Show>
    }
}

fn choose(builder: Builder, id: Option<Uuid>) {
    builder.update(|content| {
        let before = content.tests;
        content.tests = id.map(|test_set_id| BotTests {
            test_set_id,
            required: before.is_some_and(|tests| tests.required),
            thresholds: before.map(|tests| tests.thresholds).unwrap_or_default(),
        });
    });
}

#[component]
fn Required(builder: Builder, tests: Memo<Option<BotTests>>) -> impl IntoView {
    let is_required = move || tests.get().is_some_and(|tests| tests.required);
    let set = move |required| change(builder, |tests| tests.required = required);
    view! {
        <Toggle
            label=tr!("Deploy only after a run that passed")
            hint=tr!("The run must be on exactly what is deployed. Whoever deploys anyway says why, and that is kept.")
            checked=is_required
            on_change=set
        />
        <Show when=is_required>
            <Limits builder=builder />
        </Show>
    }
}

fn change(builder: Builder, change: impl FnOnce(&mut BotTests)) {
    builder.update(|content| {
        if let Some(tests) = &mut content.tests {
            change(tests);
        }
    });
}

type Limit = fn(&mut Thresholds) -> &mut Option<u8>;

/// What a run has to reach.
#[component]
fn Limits(builder: Builder) -> impl IntoView {
    let pass_rate = Text::number(
        move || read(builder, |limits| Some(limits.pass_rate)).map_or(0, u16::from),
        move |number| {
            change(builder, |tests| tests.thresholds.pass_rate = small(number));
        },
    );
    let more: [(&'static str, &'static str, Limit); 5] = [
        (tr!("Passage found in five, %"), "recall_at_5", |limits| {
            &mut limits.recall_at_5
        }),
        (
            tr!("“I don't know” rightly, %"),
            "unknown_precision",
            |limits| &mut limits.unknown_precision,
        ),
        (tr!("“I don't know” when due, %"), "unknown_recall", |limits| {
            &mut limits.unknown_recall
        }),
        (tr!("Right passage cited, %"), "cited_right", |limits| {
            &mut limits.cited_right
        }),
        (tr!("Answer as expected, %"), "answer_match", |limits| {
            &mut limits.answer_match
        }),
    ];
    let limit = move |(label, name, limit): (&'static str, &'static str, Limit)| {
        let value = Text::new(
            move || {
                let number = read(builder, |limits| *limit(&mut limits.clone()));
                number.map(|number| number.to_string()).unwrap_or_default()
            },
            move |typed| {
                let number = typed.trim().parse().ok().map(small);
                change(builder, |tests| *limit(&mut tests.thresholds) = number);
            },
        );
        let field = builder.field(&format!("tests.thresholds.{name}"));
        view! { <NumberField label=label value=value min="0" max="100" field=field /> }
    };
    view! {
        <div class="sm:max-w-60">
            <NumberField
                label=tr!("Cases that must pass, %")
                value=pass_rate
                min="0"
                max="100"
                field=builder.field("tests.thresholds.pass_rate")
            />
        </div>
        <details>
            <summary class="link-plain w-fit cursor-pointer">{tr!("More to reach")}</summary>
            <p class="muted mt-1">{tr!("What is left empty is not looked at.")}</p>
            <div class="mt-2 grid gap-x-4 sm:grid-cols-2">{more.map(limit).collect_view()}</div>
        </details>
    }
}

fn read(builder: Builder, get: impl Fn(&Thresholds) -> Option<u8>) -> Option<u8> {
    builder
        .draft
        .content
        .with(|content| content.tests.as_ref().and_then(|tests| get(&tests.thresholds)))
}

/// What is no percentage is kept as one that the form's checks refuse.
fn small(number: u16) -> u8 {
    u8::try_from(number).unwrap_or(u8::MAX)
}
