//! The figures that matter most, each with how it changed.

use api_types::analytics::{Analytics, Cost, Totals};
use leptos::prelude::*;

use crate::i18n::decimal;
use crate::ui::format::thousands;

/// Whether more of it is better.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Better {
    More,
    Less,
    Neither,
}

/// One figure.
#[derive(Debug, Clone)]
struct Tile {
    name: &'static str,
    /// What it is, in one sentence.
    about: &'static str,
    now: Option<f64>,
    before: Option<f64>,
    better: Better,
    words: fn(f64) -> String,
}

/// All of them.
#[expect(clippy::needless_pass_by_value, reason = "components own what they are given")]
#[component]
pub fn Tiles(report: Analytics) -> impl IntoView {
    let costs = costs(&report.totals.costs);
    let tiles = tiles(&report.totals, &report.before);
    view! {
        <dl class="grid grid-cols-2 gap-3 md:grid-cols-3 xl:grid-cols-4" aria-label=tr!("Key figures")>
            {tiles.into_iter().map(|tile| view! { <TileView tile=tile /> }).collect_view()}
            {costs
                .map(|costs| {
                    view! {
                        <div class="panel p-3.5" title=tr!("Tokens at the prices that the providers have in Settings")>
                            <dt class="muted text-xs font-medium">{tr!("Cost")}</dt>
                            <dd class="mt-1 text-xl font-semibold">{costs}</dd>
                        </div>
                    }
                })}
        </dl>
    }
}

#[component]
fn TileView(tile: Tile) -> impl IntoView {
    let value = tile.now.map_or_else(|| "–".to_owned(), tile.words);
    let change = tile
        .now
        .zip(tile.before)
        .and_then(|(now, before)| change(now, before));
    let before = tile.before.map(|before| tr!("before: {}", (tile.words)(before)));
    let class = match (tile.better, tile.now.partial_cmp(&tile.before)) {
        (Better::More, Some(std::cmp::Ordering::Greater))
        | (Better::Less, Some(std::cmp::Ordering::Less)) => "text-success",
        (Better::More, Some(std::cmp::Ordering::Less))
        | (Better::Less, Some(std::cmp::Ordering::Greater)) => "text-error",
        _ => "muted",
    };
    let class = match change.as_deref() {
        Some(SAME) => "muted",
        _ => class,
    };
    view! {
        <div class="panel min-w-0 p-3.5" title=tile.about data-testid="tile">
            <dt class="muted text-xs font-medium">{tile.name}</dt>
            <dd class="mt-1">
                <span class="text-xl font-semibold">{value}</span>
                <span class="mt-0.5 flex flex-wrap gap-x-2 text-xs">
                    {change.map(|change| view! { <span class=format!("font-medium {class}")>{change}</span> })}
                    {before.map(|before| view! { <span class="muted">{before}</span> })}
                </span>
            </dd>
        </div>
    }
}

#[expect(clippy::cast_precision_loss, reason = "only a few digits are shown")]
fn tiles(now: &Totals, before: &Totals) -> Vec<Tile> {
    let count = |name, about, better, of: fn(&Totals) -> i64| Tile {
        name,
        about,
        now: Some(of(now) as f64),
        before: Some(of(before) as f64),
        better,
        words: number,
    };
    let rate = |name, about, of: fn(&Totals) -> Option<f64>| Tile {
        name,
        about,
        now: of(now),
        before: of(before),
        better: Better::More,
        words: percent,
    };
    let time = |name, about, of: fn(&Totals) -> Option<i64>| Tile {
        name,
        about,
        now: of(now).map(|ms| ms as f64),
        before: of(before).map(|ms| ms as f64),
        better: Better::Less,
        words: seconds,
    };
    let mut tiles = vec![
        count(
            tr!("Sessions"),
            tr!("Conversations that began"),
            Better::More,
            |all| all.figures.sessions,
        ),
        count(
            tr!("Messages"),
            tr!("Questions of visitors"),
            Better::More,
            |all| all.figures.messages(),
        ),
        rate(
            tr!("Resolution"),
            tr!("Sessions that were answered, without a gap or a thumbs-down"),
            |all| all.rates.resolution,
        ),
        rate(
            tr!("Deflection"),
            tr!("Sessions that were answered and needed no person"),
            |all| all.rates.deflection,
        ),
        rate(
            tr!("Answered"),
            tr!("Of the questions, those to which the bot knew an answer"),
            |all| all.rates.answer_rate,
        ),
        rate(tr!("Satisfaction"), tr!("Thumbs-up among all ratings"), |all| {
            all.rates.satisfaction
        }),
        count(
            tr!("Hand-offs"),
            tr!("Sessions handed to a person"),
            Better::Neither,
            |all| all.figures.hand_offs,
        ),
        count(
            tr!("Leads"),
            tr!("Leads that visitors left"),
            Better::More,
            |all| all.figures.leads,
        ),
        count(
            tr!("Errors"),
            tr!("Answers that broke off or did not come"),
            Better::Less,
            |all| all.figures.errors,
        ),
        time(
            tr!("First words"),
            tr!("Half of the answers began within this time"),
            |all| all.latency.first_token.map(|latency| latency.p50),
        ),
        time(
            tr!("Whole answer"),
            tr!("95 of 100 answers were whole within this time"),
            |all| all.latency.total.map(|latency| latency.p95),
        ),
        count(
            tr!("Tokens"),
            tr!("What models were given and wrote"),
            Better::Neither,
            |all| all.figures.tokens(),
        ),
    ];
    if now.rates.cache.or(before.rates.cache).is_some() {
        tiles.push(rate(
            tr!("Response cache"),
            tr!("Of the questions that were looked for in it, those answered without asking the model"),
            |all| all.rates.cache,
        ));
    }
    tiles
}

fn costs(costs: &[Cost]) -> Option<String> {
    let words: Vec<_> = costs.iter().map(money).collect();
    (!words.is_empty()).then(|| words.join(" + "))
}

/// An amount, with more digits where it is small.
pub fn money(cost: &Cost) -> String {
    let digits = if cost.amount < 1.0 { 4 } else { 2 };
    format!("{:.digits$} {}", cost.amount, cost.currency)
}

/// A count.
#[expect(clippy::cast_possible_truncation, reason = "it is a whole number")]
pub fn number(value: f64) -> String {
    let rounded = value.round();
    if (value - rounded).abs() < 1e-9 {
        thousands(rounded as i64)
    } else {
        decimal(value, 1)
    }
}

/// A share.
pub fn percent(share: f64) -> String {
    format!("{} %", decimal(share * 100.0, 0))
}

fn seconds(ms: f64) -> String {
    if ms < 1_000.0 {
        tr!("{} ms", decimal(ms, 0))
    } else {
        tr!("{} s", decimal(ms / 1_000.0, 1))
    }
}

/// A change too small to be told.
const SAME: &str = "±0 %";

/// By how much something changed; nothing where there was nothing before.
fn change(now: f64, before: f64) -> Option<String> {
    if before <= 0.0 {
        return None;
    }
    let percent = ((now - before) / before * 100.0).round();
    Some(if percent > 0.0 {
        format!("+{percent:.0} %")
    } else if percent < 0.0 {
        format!("−{:.0} %", -percent)
    } else {
        SAME.to_owned()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn changes_are_told_in_percent_of_what_was() {
        assert_eq!(change(15.0, 10.0).as_deref(), Some("+50 %"));
        assert_eq!(change(5.0, 10.0).as_deref(), Some("−50 %"));
        assert_eq!(change(10.0, 10.0).as_deref(), Some("±0 %"));
        assert_eq!(change(9.99, 10.0).as_deref(), Some("±0 %"));
        assert_eq!(change(10.0, 0.0), None);
    }

    #[test]
    fn numbers_are_short() {
        assert_eq!(
            [number(12_345.0), number(0.5), percent(0.756)],
            ["12,345", "0.5", "76 %"]
        );
        assert_eq!([seconds(240.0), seconds(2_400.0)], ["240 ms", "2.4 s"]);
        let cost = |amount| {
            money(&Cost {
                currency: "USD".into(),
                amount,
            })
        };
        assert_eq!([cost(0.001_23), cost(12.345)], ["0.0012 USD", "12.35 USD"]);
    }
}
