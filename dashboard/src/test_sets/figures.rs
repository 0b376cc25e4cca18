//! The figures of a run, beside those of the run before.

use crate::i18n::decimal;
use api_types::test_sets::{Figures, TestRun};
use leptos::prelude::*;

/// A share as a percentage, never rounded up to what it falls short of.
pub fn percent(share: f64) -> String {
    let tenths = (share * 1000.0 + 1e-6).floor() / 10.0;
    format!("{} %", self::tenths(tenths))
}

/// A number with the digit after its point, if that says anything.
fn tenths(number: f64) -> String {
    decimal(number, u32::from(number.fract().abs() > 0.05))
}

/// A figure of a run.
struct Row {
    name: &'static str,
    what: &'static str,
    get: fn(&Figures) -> Option<f64>,
}

const ROWS: [Row; 9] = [
    Row {
        name: mark!("Cases passed"),
        what: mark!("Of all cases"),
        get: |f| f.pass_rate,
    },
    Row {
        name: mark!("Found first"),
        what: mark!("The first passage given to the model is the expected one"),
        get: |f| f.recall_at_1,
    },
    Row {
        name: mark!("Found in five"),
        what: mark!("One of the first five passages given to the model is the expected one"),
        get: |f| f.recall_at_5,
    },
    Row {
        name: mark!("Answered"),
        what: mark!("Of the cases with an answer: the bot gave one"),
        get: |f| f.answer_rate,
    },
    Row {
        name: mark!("“I don't know” rightly"),
        what: mark!("Of the times the bot said that it does not know: that was right"),
        get: |f| f.unknown_precision,
    },
    Row {
        name: mark!("“I don't know” when due"),
        what: mark!("Of the cases that can't be answered: the bot said so"),
        get: |f| f.unknown_recall,
    },
    Row {
        name: mark!("Right passage cited"),
        what: mark!("Of the answers that should cite a passage: they cite it"),
        get: |f| f.cited_right,
    },
    Row {
        name: mark!("Citations that are right"),
        what: mark!("Of all citations in those answers: the share that is the expected passage"),
        get: |f| f.citation_precision,
    },
    Row {
        name: mark!("Answer as expected"),
        what: mark!("Of the cases that expect words: the answer says them"),
        get: |f| f.answer_match,
    },
];

/// Figures as a table; what nothing was measured of is left out.
#[component]
pub fn FigureTable(
    /// What the run found.
    figures: Figures,
    /// The run before.
    previous: Option<TestRun>,
) -> impl IntoView {
    let before = previous.and_then(|run| run.figures);
    let row = move |row: &Row| {
        let now = (row.get)(&figures)?;
        let then = before.as_ref().and_then(row.get);
        Some(view! {
            <tr class="border-t border-base-300" title=crate::i18n::text(row.what)>
                <th scope="row" class="py-1.5 pe-3 text-start font-medium">
                    {crate::i18n::text(row.name)}
                </th>
                <td class="py-1.5 pe-3 text-end whitespace-nowrap">{percent(now)}</td>
                <td class="muted py-1.5 pe-3 text-end whitespace-nowrap">{then.map_or_else(|| "–".to_owned(), percent)}</td>
                <td class="py-1.5 text-end">{then.map(|then| view! { <Step by=now - then /> })}</td>
            </tr>
        })
    };
    let latency = figures.latency_ms.map(|now| {
        let then = before.and_then(|figures| figures.latency_ms);
        view! {
            <tr class="border-t border-base-300" title=tr!("Median time to a complete answer")>
                <th scope="row" class="py-1.5 pe-3 text-start font-medium">
                    {tr!("Time to answer")}
                </th>
                <td class="py-1.5 pe-3 text-end whitespace-nowrap">{seconds(now)}</td>
                <td class="muted py-1.5 pe-3 text-end whitespace-nowrap">{then.map_or_else(|| "–".to_owned(), seconds)}</td>
                <td></td>
            </tr>
        }
    });
    view! {
        <div class="overflow-x-auto">
            <table class="w-full" aria-label=tr!("Figures")>
                <thead>
                    <tr class="muted text-xs">
                        <th scope="col" class="pb-1.5 text-start font-medium">
                            {tr!("Figure")}
                        </th>
                        <th scope="col" class="pb-1.5 pe-3 text-end font-medium">
                            {tr!("This run")}
                        </th>
                        <th scope="col" class="pb-1.5 pe-3 text-end font-medium">
                            {tr!("Run before")}
                        </th>
                        <th scope="col" class="pb-1.5 text-end font-medium">
                            {tr!("Change")}
                        </th>
                    </tr>
                </thead>
                <tbody>{ROWS.iter().filter_map(row).collect_view()} {latency}</tbody>
            </table>
        </div>
    }
}

#[component]
fn Step(by: f64) -> impl IntoView {
    let points = (by * 1000.0).round() / 10.0;
    if points == 0.0 {
        return view! { <span class="muted">{tr!("same")}</span> }.into_any();
    }
    let class = if points > 0.0 {
        "text-success"
    } else {
        "text-error"
    };
    view! { <span class=class>{{
        let points = format!("{}{}", if points > 0.0 { "+" } else { "" }, tenths(points));
        tr!("{points} points", points)
    }}</span> }
    .into_any()
}

fn seconds(ms: u32) -> String {
    tr!("{} s", decimal(f64::from(ms) / 1000.0, 2))
}

#[cfg(test)]
mod tests {
    use super::percent;

    #[test]
    fn a_share_is_not_rounded_up() {
        let shown = [0.0, 0.8999, 0.9, 2.0 / 3.0, 1.0].map(percent);
        assert_eq!(shown, ["0 %", "89.9 %", "90 %", "66.6 %", "100 %"]);
    }
}
