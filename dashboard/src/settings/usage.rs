//! What is used of what the plan allows, and what the workspace used by day.

use api_types::client;
use api_types::usage::{Quota, QuotaUse, Usage, UsageDay};
use leptos::prelude::*;

use super::SettingsTabs;
use crate::ui::choice::Choice;
use crate::ui::format::{bytes, thousands};
use crate::ui::load::{load, loaded, rows};
use crate::ui::page::{PageHead, Section};
use crate::ui::time::short_day;

/// The page.
#[component]
pub fn UsagePage() -> impl IntoView {
    super::for_admins(|| view! { <Used /> })
}

#[component]
fn Used() -> impl IntoView {
    let usage = load(client::usage::get);
    let ready = |found: RwSignal<Usage>| {
        let usage = found.get_untracked();
        let plan = tr!(
            "Plan “{}”. Counted over all workspaces of the organization.",
            usage.plan
        );
        view! {
            <div class="flex max-w-3xl flex-col gap-5">
                <Section title=tr!("Of the plan") subtitle=plan>
                    <ul class="grid gap-x-8 gap-y-4 sm:grid-cols-2" aria-label=tr!("Quotas")>
                        {usage.quotas.into_iter().map(|quota| view! { <Bar quota=quota /> }).collect_view()}
                    </ul>
                </Section>
                <Days days=usage.days />
            </div>
        }
    };
    view! {
        <PageHead title=tr!("Settings") subtitle=tr!("What is used, and how much there may be.") />
        <SettingsTabs />
        {loaded(usage, rows, ready)}
    }
}

fn name(quota: Quota) -> &'static str {
    match quota {
        Quota::Bots => tr!("Bots"),
        Quota::KnowledgeBases => tr!("Knowledge bases"),
        Quota::Documents => tr!("Documents"),
        Quota::Pages => tr!("Pages this month"),
        Quota::Messages => tr!("Messages this month"),
        Quota::Members => tr!("Members"),
        Quota::Storage => tr!("Files"),
    }
}

/// A number of something, with its unit where it has one.
fn shown(quota: Quota, number: i64) -> String {
    match quota {
        Quota::Storage => bytes(number.unsigned_abs()),
        _ => thousands(number),
    }
}

#[component]
fn Bar(quota: QuotaUse) -> impl IntoView {
    let name = name(quota.quota);
    let used = shown(quota.quota, quota.used);
    let words = match quota.limit {
        Some(limit) => tr!("{used} of {}", shown(quota.quota, limit), used),
        None => tr!("{used}, no limit", used),
    };
    let is_full = quota.limit.is_some_and(|limit| quota.used >= limit);
    view! {
        <li data-testid="quota">
            <p class="flex flex-wrap justify-between gap-x-3">
                <span class="font-medium">{name}</span>
                <span class=if is_full { "font-medium text-error" } else { "muted" }>{words}</span>
            </p>
            {quota
                .limit
                .map(|limit| {
                    view! {
                        <progress
                            class=if is_full { "progress progress-error w-full" } else { "progress progress-primary w-full" }
                            value=quota.used.min(limit)
                            max=limit.max(1)
                            aria-label=name
                        ></progress>
                    }
                })}
        </li>
    }
}

/// What the chart shows.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Measure {
    Messages,
    Tokens,
    Pages,
    Passages,
}

impl Measure {
    const fn of(self, day: &UsageDay) -> i64 {
        match self {
            Self::Messages => day.messages,
            Self::Tokens => day.prompt_tokens + day.completion_tokens,
            Self::Pages => day.pages,
            Self::Passages => day.passages_embedded,
        }
    }

    /// A number of it, in words.
    fn count(self, number: i64) -> String {
        match self {
            Self::Messages => tr!("{n} message" | "{n} messages" % number),
            Self::Tokens => tr!("{n} token" | "{n} tokens" % number),
            Self::Pages => tr!("{n} page" | "{n} pages" % number),
            Self::Passages => tr!("{n} passage" | "{n} passages" % number),
        }
    }
}

#[component]
fn Days(days: Vec<UsageDay>) -> impl IntoView {
    let measure = RwSignal::new(Measure::Messages);
    let options = vec![
        (Measure::Messages, tr!("Messages")),
        (Measure::Tokens, tr!("Tokens")),
        (Measure::Pages, tr!("Pages")),
        (Measure::Passages, tr!("Passages embedded")),
    ];
    let days = StoredValue::new(days);
    let total = move || {
        let measure = measure.get();
        let sum = days.with_value(|days| days.iter().map(|day| measure.of(day)).sum::<i64>());
        tr!("{} in 30 days, by day (UTC)", measure.count(sum))
    };
    view! {
        <Section title=tr!("This workspace by day")>
            <Choice label=tr!("What is shown") chosen=measure options=options />
            <p class="muted mt-3">{total}</p>
            <div class="mt-2 flex h-40 items-end gap-px" role="list" aria-label=tr!("Usage by day")>
                {move || days.with_value(|days| chart(days, measure.get()))}
            </div>
        </Section>
    }
}

fn chart(days: &[UsageDay], measure: Measure) -> AnyView {
    let most = days.iter().map(|day| measure.of(day)).max().unwrap_or(0);
    let bar = |day: &UsageDay| {
        let number = measure.of(day);
        let words = format!("{}: {}", short_day(day.day), measure.count(number));
        let title = words.clone();
        view! {
            <div class="flex h-full min-w-0 flex-1 items-end" role="listitem" title=title>
                <div
                    class="w-full rounded-t-sm bg-primary/70"
                    style=format!("height: {}%", height(number, most))
                    aria-hidden="true"
                ></div>
                <span class="sr-only">{words}</span>
            </div>
        }
    };
    days.iter().map(bar).collect_view().into_any()
}

/// Height of a bar in percent; what is more than nothing can be seen.
fn height(number: i64, most: i64) -> i64 {
    if number == 0 || most == 0 {
        return 0;
    }
    (number * 100 / most).max(2)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bars_fit_and_can_be_seen() {
        assert_eq!(
            [
                height(0, 10),
                height(1, 1_000),
                height(5, 10),
                height(10, 10),
                height(0, 0)
            ],
            [0, 2, 50, 100, 0]
        );
    }

    #[test]
    fn sizes_have_units_and_counts_have_none() {
        assert_eq!(shown(Quota::Storage, 2_048), "2.0 KB");
        assert_eq!(
            (shown(Quota::Bots, 1), shown(Quota::Messages, 12_345)),
            ("1".to_owned(), "12,345".to_owned())
        );
    }
}
