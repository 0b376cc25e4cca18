//! The page.

use api_types::analytics::{Analytics, AnalyticsTable, DayFigures};
use api_types::client;
use leptos::prelude::*;
use leptos::task::spawn_local;
use leptos_router::hooks::use_location;
use uuid::Uuid;

use super::filters::{Filters, Wanted, shown, wanted};
use super::lists::Lists;
use super::tiles::{Tiles, number, percent};
use crate::session::use_session;
use crate::ui::button::{Button, ButtonLink};
use crate::ui::chart::{LineChart, Point};
use crate::ui::choice::Choice;
use crate::ui::download;
use crate::ui::empty::Empty;
use crate::ui::field::{SelectField, Text};
use crate::ui::icon;
use crate::ui::load::{blocks, load, loaded};
use crate::ui::page::{PageHead, Section};
use crate::ui::time::short_day;
use crate::ui::toast::use_toasts;

/// The page.
#[component]
pub fn AnalyticsPage() -> impl IntoView {
    view! {
        <PageHead
            title=tr!("Analytics")
            subtitle=tr!("What visitors asked, how well it was answered, and what it took, beside the period before.")
        >
            <Export wanted=shown(wanted(None)) />
        </PageHead>
        <Report />
    }
}

/// The figures and what can be chosen of them: those of one bot, or of the one that the address says.
#[component]
pub fn Report(
    /// The bot.
    #[prop(optional)]
    bot: Option<Uuid>,
) -> impl IntoView {
    let wanted = wanted(bot);
    let shown = shown(wanted);
    let report = load(move || client::analytics::report(&shown.get().query()));
    view! {
        <Filters wanted=wanted bot=bot />
        {loaded(
            report,
            blocks,
            move |report| move || view! { <Shown report=report.get() wanted=shown bot=bot /> },
        )}
        {bot
            .map(|_| {
                view! {
                    <div class="mt-5 flex justify-end">
                        <Export wanted=shown />
                    </div>
                }
            })}
    }
}

#[component]
fn Shown(report: Analytics, wanted: Memo<Wanted>, bot: Option<Uuid>) -> impl IntoView {
    if report.totals.figures.is_nothing() {
        let is_narrowed = wanted.get_untracked() != Wanted::of(bot);
        return view! { <Nothing is_narrowed=is_narrowed /> }.into_any();
    }
    let days = tr!("{} to {}", short_day(report.from), short_day(report.to));
    view! {
        <div class="flex flex-col gap-4">
            <p class="sr-only">{days}</p>
            <Tiles report=report.clone() />
            <Days days=report.days.clone() before=report.days_before.clone() />
            <Lists report=report />
        </div>
    }
    .into_any()
}

#[component]
fn Nothing(is_narrowed: bool) -> impl IntoView {
    let here = use_location().pathname.get_untracked();
    let (text, href, action) = if is_narrowed {
        (
            tr!(
                "Nothing happened in these days, on this bot and channel. Choose other days, or look at all bots."
            ),
            here,
            tr!("Show the last 30 days"),
        )
    } else {
        (
            tr!(
                "Once visitors talk to a bot, what they ask and how well it is answered is counted here. Put a bot on your \
             site to begin."
            ),
            "/bots".to_owned(),
            tr!("Go to the bots"),
        )
    };
    view! {
        <Empty icon=icon::CHART title=tr!("Nothing to count yet") text=text>
            <ButtonLink href=href icon=icon::BOT>
                {action}
            </ButtonLink>
        </Empty>
    }
}

/// What the chart shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Measure {
    Sessions,
    Messages,
    Resolution,
    Satisfaction,
    Tokens,
}

impl Measure {
    #[expect(clippy::cast_precision_loss, reason = "a chart has few digits")]
    fn of(self, day: &DayFigures) -> f64 {
        let figures = &day.figures;
        match self {
            Self::Sessions => figures.sessions as f64,
            Self::Messages => figures.messages() as f64,
            Self::Resolution => figures.rates().resolution.unwrap_or_default(),
            Self::Satisfaction => figures.rates().satisfaction.unwrap_or_default(),
            Self::Tokens => figures.tokens() as f64,
        }
    }

    /// Whether there is no half of one.
    const fn is_count(self) -> bool {
        matches!(self, Self::Sessions | Self::Messages | Self::Tokens)
    }

    const fn format(self) -> fn(f64) -> String {
        if self.is_count() { number } else { percent }
    }

    fn name(self) -> &'static str {
        match self {
            Self::Sessions => tr!("Sessions"),
            Self::Messages => tr!("Messages"),
            Self::Resolution => tr!("Resolution"),
            Self::Satisfaction => tr!("Satisfaction"),
            Self::Tokens => tr!("Tokens"),
        }
    }
}

#[component]
fn Days(days: Vec<DayFigures>, before: Vec<DayFigures>) -> impl IntoView {
    let measure = RwSignal::new(Measure::Sessions);
    let options = [
        Measure::Sessions,
        Measure::Messages,
        Measure::Resolution,
        Measure::Satisfaction,
        Measure::Tokens,
    ];
    let options = options.map(|measure| (measure, measure.name())).to_vec();
    let days = StoredValue::new((days, before));
    let chart = move || {
        let measure = measure.get();
        let points = days.with_value(|(days, before)| {
            let point = |(i, day): (usize, &DayFigures)| Point {
                name: short_day(day.day),
                value: measure.of(day),
                before: before.get(i).map(|day| measure.of(day)),
            };
            days.iter().enumerate().map(point).collect::<Vec<_>>()
        });
        view! {
            <LineChart
                label=measure.name()
                points=points
                format=measure.format()
                is_count=measure.is_count()
            />
        }
    };
    view! {
        <Section title=tr!("By day")>
            <div class="mb-4">
                <Choice label=tr!("What is shown") chosen=measure options=options />
            </div>
            {chart}
        </Section>
    }
}

const TABLES: [(AnalyticsTable, &str); 7] = [
    (AnalyticsTable::Days, mark!("Days")),
    (AnalyticsTable::Bots, mark!("Bots")),
    (AnalyticsTable::Channels, mark!("Channels")),
    (AnalyticsTable::Questions, mark!("Top questions")),
    (AnalyticsTable::Pages, mark!("Top pages")),
    (AnalyticsTable::Languages, mark!("Languages")),
    (AnalyticsTable::Models, mark!("Models")),
];

/// Saves a table of the figures that are looked at.
#[component]
fn Export(wanted: Memo<Wanted>) -> impl IntoView {
    let session = use_session();
    let toasts = use_toasts();
    let busy = RwSignal::new(false);
    let table = RwSignal::new(AnalyticsTable::Days);
    let value = Text::new(
        move || table.get().as_str().to_owned(),
        move |name| {
            let known = TABLES.iter().find(|(table, _)| table.as_str() == name);
            table.set(known.map(|(table, _)| *table).unwrap_or_default());
        },
    );
    let options: Vec<_> = TABLES
        .iter()
        .map(|(table, name)| (table.as_str().to_owned(), crate::i18n::text(name).to_owned()))
        .collect();
    let save = move || {
        let table = table.get_untracked();
        let call = client::analytics::export(&wanted.get_untracked().query(), table);
        busy.set(true);
        spawn_local(async move {
            let file = format!("analytics-{}.csv", table.as_str());
            if let Err(problem) = download::save(session, &call, &file).await {
                toasts.fail(&problem);
            }
            busy.try_set(false);
        });
    };
    view! {
        <div class="flex items-end gap-2">
            <SelectField label=tr!("Table") value=value options=options />
            <Button icon=icon::DOWNLOAD busy=busy on_click=save>
                {tr!("Export CSV")}
            </Button>
        </div>
    }
}
