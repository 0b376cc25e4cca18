//! A line over the days, above that of the period before.

use leptos::prelude::*;

use super::scale::{ceiling, path, place, whole_ceiling};

/// One day.
#[derive(Debug, Clone, PartialEq)]
pub struct Point {
    /// Its name.
    pub name: String,
    /// Its number.
    pub value: f64,
    /// The number of the same day of the period before.
    pub before: Option<f64>,
}

/// The chart. On hover each day tells its numbers; below it they stand in a table that can be opened.
#[component]
pub fn LineChart(
    /// What is shown.
    #[prop(into)]
    label: String,
    /// The days, the oldest first.
    points: Vec<Point>,
    /// A number as people read it.
    format: fn(f64) -> String,
    /// Whether the numbers are whole; so are those at the axis then.
    is_count: bool,
) -> impl IntoView {
    let numbers = points.iter().flat_map(|point| [Some(point.value), point.before]);
    let most = numbers.flatten().fold(0.0, f64::max);
    let top = if is_count {
        whole_ceiling(most)
    } else {
        ceiling(most)
    };
    let now: Vec<f64> = points.iter().map(|point| point.value).collect();
    let before: Vec<f64> = points.iter().map_while(|point| point.before).collect();
    let line = path(&now, top);
    let area = match points.len() {
        0 => String::new(),
        count => format!(
            "{line}L{:.2} 100L{:.2} 100Z",
            place(count - 1, count),
            place(0, count)
        ),
    };
    let names = ends(&points);
    let words = points.first().zip(points.last()).map(|(first, last)| {
        let most = now.iter().copied().fold(0.0, f64::max);
        tr!(
            "{label} from {} to {}: at most {} a day",
            first.name,
            last.name,
            format(most),
            label
        )
    });
    let half = place(0, points.len());
    let columns = points.iter().enumerate().map(|(i, point)| {
        let left = place(i, points.len()) - half;
        view! {
            <rect class="chart-day" x=left.to_string() y="0" width=(half * 2.0).to_string() height="100">
                <title>{words_of(point, format)}</title>
            </rect>
        }
    });
    let columns = columns.collect_view();
    view! {
        <figure class="min-w-0">
            <div class="flex gap-2">
                <div class="muted flex h-44 w-12 shrink-0 flex-col justify-between text-end text-xs" aria-hidden="true">
                    <span>{format(top)}</span>
                    <span>{format(top / 2.0)}</span>
                    <span>"0"</span>
                </div>
                <svg
                    class="chart h-44 min-w-0 grow"
                    viewBox="0 0 100 100"
                    preserveAspectRatio="none"
                    role="img"
                    aria-label=words.unwrap_or_default()
                >
                    <path class="chart-grid" d="M0 0H100M0 50H100M0 100H100" />
                    <path class="chart-area" d=area />
                    <path class="chart-before" d=path(&before, top) />
                    <path class="chart-line" d=line />
                    {columns}
                </svg>
            </div>
            <div class="muted mt-1 flex justify-between ps-14 text-xs" aria-hidden="true">
                {names.into_iter().map(|name| view! { <span>{name}</span> }).collect_view()}
            </div>
            <Legend has_before=!before.is_empty() />
            <Table label=label points=points format=format />
        </figure>
    }
}

/// The names of the first, the middle and the last day.
fn ends(points: &[Point]) -> Vec<String> {
    let mut places = vec![0, points.len() / 2, points.len().saturating_sub(1)];
    places.dedup();
    let name = |place: usize| points.get(place).map(|point| point.name.clone());
    places.into_iter().filter_map(name).collect()
}

fn words_of(point: &Point, format: fn(f64) -> String) -> String {
    let now = format!("{}: {}", point.name, format(point.value));
    match point.before {
        Some(before) => tr!("{now} (before: {})", format(before), now),
        None => now,
    }
}

#[component]
fn Legend(has_before: bool) -> impl IntoView {
    view! {
        <p class="muted mt-2 flex flex-wrap gap-x-4 gap-y-1 text-xs" aria-hidden="true">
            <span class="flex items-center gap-1.5">
                <svg class="chart h-2 w-5" viewBox="0 0 20 8">
                    <path class="chart-line" d="M0 4H20" />
                </svg>
                {tr!("This period")}
            </span>
            {has_before
                .then(|| {
                    view! {
                        <span class="flex items-center gap-1.5">
                            <svg class="chart h-2 w-5" viewBox="0 0 20 8">
                                <path class="chart-before" d="M0 4H20" />
                            </svg>
                            {tr!("The period before")}
                        </span>
                    }
                })}
        </p>
    }
}

#[component]
fn Table(label: String, points: Vec<Point>, format: fn(f64) -> String) -> impl IntoView {
    let row = |point: Point| {
        view! {
            <tr>
                <th scope="row" class="py-1 pe-4 text-start font-normal">
                    {point.name}
                </th>
                <td class="py-1 pe-4 text-end">{format(point.value)}</td>
                <td class="py-1 text-end">{point.before.map(format)}</td>
            </tr>
        }
    };
    view! {
        <details class="mt-2">
            <summary class="muted cursor-pointer text-xs">{tr!("Show as a table")}</summary>
            <div class="mt-2 max-h-64 overflow-y-auto">
                <table class="w-full max-w-sm text-xs">
                    <caption class="sr-only">{label}</caption>
                    <thead>
                        <tr class="muted">
                            <th scope="col" class="pe-4 text-start font-medium">
                                {tr!("Day")}
                            </th>
                            <th scope="col" class="pe-4 text-end font-medium">
                                {tr!("Number")}
                            </th>
                            <th scope="col" class="text-end font-medium">
                                {tr!("Before")}
                            </th>
                        </tr>
                    </thead>
                    <tbody>{points.into_iter().map(row).collect_view()}</tbody>
                </table>
            </div>
        </details>
    }
}
