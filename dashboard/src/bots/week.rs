//! A bot's figures of the last seven days, each with the way to what it counts.

use api_types::analytics::{Analytics, AnalyticsQuery};
use api_types::client;
use chrono::TimeDelta;
use leptos::prelude::*;
use uuid::Uuid;

use super::frame::ThisBot;
use crate::analytics::percent;
use crate::ui::format::thousands;
use crate::ui::load::{load, loaded};
use crate::ui::page::Section;
use crate::ui::time::{time_zone, today};

/// The section.
#[component]
pub fn Week(this: ThisBot) -> impl IntoView {
    let id = this.id;
    let report = load(move || client::analytics::report(&last_week(id)));
    let skeleton = || view! { <div class="skeleton h-20 w-full"></div> }.into_any();
    view! {
        <Section title=tr!("Last 7 days") subtitle=tr!("Beside the seven days before.")>
            {loaded(
                report,
                skeleton,
                move |report| move || report.with(|report| view! { <Tiles id=id report=report.clone() /> }),
            )}
        </Section>
    }
}

/// These days in the person's own time zone.
fn last_week(bot_id: Uuid) -> AnalyticsQuery {
    AnalyticsQuery {
        from: today().map(|today| today - TimeDelta::days(6)),
        to: today(),
        bot_id: Some(bot_id),
        channel: None,
        tz: time_zone(),
    }
}

#[component]
fn Tiles(id: Uuid, report: Analytics) -> impl IntoView {
    let (now, before) = (&report.totals.figures, &report.before.figures);
    let share = |share: Option<f64>| share.map_or_else(|| "–".to_owned(), percent);
    let monitor = |page: &str| format!("/bots/{id}/monitor/{page}");
    let tiles = [
        (
            tr!("Sessions"),
            thousands(now.sessions),
            thousands(before.sessions),
            monitor("conversations"),
        ),
        (
            tr!("Resolution"),
            share(now.rates().resolution),
            share(before.rates().resolution),
            monitor("analytics?period=7"),
        ),
        (
            tr!("Gaps"),
            thousands(now.gaps),
            thousands(before.gaps),
            monitor("gaps"),
        ),
        (
            tr!("Satisfaction"),
            share(now.rates().satisfaction),
            share(before.rates().satisfaction),
            monitor("analytics?period=7"),
        ),
        (
            tr!("Leads"),
            thousands(now.leads),
            thousands(before.leads),
            format!("/leads?bot_id={id}"),
        ),
    ];
    let tile = |(name, now, before, href): (&'static str, String, String, String)| {
        view! {
            <li class="relative min-w-0 rounded-box border border-base-300 p-3 hover:border-primary focus-within:border-primary">
                <a class="muted text-xs font-medium after:absolute after:inset-0 after:rounded-box" href=href>
                    {name}
                </a>
                <p class="mt-0.5 text-xl font-semibold">{now}</p>
                <p class="muted text-xs">{tr!("before: {}", before)}</p>
            </li>
        }
    };
    view! {
        <ul class="grid grid-cols-2 gap-3 sm:grid-cols-3 xl:grid-cols-5" aria-label=tr!("Figures of the last 7 days")>
            {tiles.map(tile).collect_view()}
        </ul>
    }
}
