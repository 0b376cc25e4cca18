//! Which figures are looked at. It stands in the address, so that it can be linked.

use api_types::analytics::AnalyticsQuery;
use api_types::client;
use api_types::conversations::Channel;
use api_types::validate::Checker;
use chrono::{NaiveDate, TimeDelta};
use leptos::prelude::*;
use leptos_router::NavigateOptions;
use leptos_router::hooks::{use_location, use_navigate, use_query_map};
use uuid::Uuid;

use crate::ui::field::{SelectField, Text, TextField};
use crate::ui::form::Form;
use crate::ui::load::load;
use crate::ui::time::{time_zone, today};

/// The period that is shown first.
const DAYS: &str = "30";
/// Periods that end today, and one that is chosen by its days.
const PERIODS: [(&str, &str); 4] = [
    ("7", mark!("Last 7 days")),
    (DAYS, mark!("Last 30 days")),
    ("90", mark!("Last 90 days")),
    ("custom", mark!("Other days")),
];
const CHANNELS: [(Channel, &str); 3] = [
    (Channel::Web, mark!("Web")),
    (Channel::Api, "API"),
    (Channel::Openai, "OpenAI API"),
];

/// The name of a channel, as people read it.
pub fn channel_name(name: &str) -> &str {
    let known = CHANNELS.iter().find(|(channel, _)| channel.as_str() == name);
    known.map_or(name, |(_, words)| crate::i18n::text(words))
}

/// The choice as the address has it; what is empty is not asked for.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Wanted {
    /// How many days, or `custom`.
    period: String,
    from: String,
    to: String,
    bot_id: String,
    channel: String,
}

impl Wanted {
    fn period(&self) -> &str {
        if self.period.is_empty() {
            DAYS
        } else {
            &self.period
        }
    }

    /// Whether the last day is before the first.
    fn is_backwards(&self) -> bool {
        let day = |text: &str| text.parse::<NaiveDate>().ok();
        let days = day(&self.from).zip(day(&self.to));
        self.period() == "custom" && days.is_some_and(|(from, to)| from > to)
    }

    /// What the server is asked for: days of the person's own time zone.
    pub fn query(&self) -> AnalyticsQuery {
        let days = |text: &str| text.parse::<NaiveDate>().ok();
        let (from, to) = match self.period().parse::<i64>() {
            Ok(number) => (
                today().map(|to| to - TimeDelta::days(number.clamp(1, 366) - 1)),
                today(),
            ),
            Err(_) => (days(&self.from), days(&self.to)),
        };
        AnalyticsQuery {
            from,
            to,
            bot_id: self.bot_id.parse().ok(),
            channel: CHANNELS
                .iter()
                .map(|(channel, _)| *channel)
                .find(|channel| channel.as_str() == self.channel),
            tz: time_zone(),
        }
    }

    /// What is shown of a bot, or of all, as long as nothing else is chosen.
    pub fn of(bot: Option<Uuid>) -> Self {
        Self {
            bot_id: bot.map(|id| id.to_string()).unwrap_or_default(),
            ..Self::default()
        }
    }

    /// The page at `path` with this choice; whose page is about one bot does not say which in its query.
    fn address(&self, path: &str, bot: Option<Uuid>) -> String {
        let pairs = [
            ("period", &self.period),
            ("from", &self.from),
            ("to", &self.to),
            ("bot_id", &self.bot_id),
            ("channel", &self.channel),
        ];
        let is_said = |name: &str, value: &str| !value.is_empty() && (bot.is_none() || name != "bot_id");
        let pairs = pairs.into_iter().filter(|(name, value)| is_said(name, value));
        let query: Vec<String> = pairs
            .map(|(name, value)| format!("{name}={}", String::from(js_sys::encode_uri_component(value))))
            .collect();
        if query.is_empty() {
            path.to_owned()
        } else {
            format!("{path}?{}", query.join("&"))
        }
    }
}

/// What the address asks for, of this bot if there is one.
pub fn wanted(bot: Option<Uuid>) -> Memo<Wanted> {
    let query = use_query_map();
    Memo::new(move |_| {
        query.with(|query| {
            let text = |name| query.get(name).unwrap_or_default();
            Wanted {
                period: text("period"),
                from: text("from"),
                to: text("to"),
                bot_id: bot.map_or_else(|| text("bot_id"), |id| id.to_string()),
                channel: text("channel"),
            }
        })
    })
}

/// What is shown: while the days stand the wrong way round, what was before.
pub fn shown(wanted: Memo<Wanted>) -> Memo<Wanted> {
    Memo::new(move |before: Option<&Wanted>| {
        let wanted = wanted.get();
        if !wanted.is_backwards() {
            return wanted;
        }
        before.cloned().unwrap_or_else(|| Wanted {
            period: String::new(),
            ..wanted
        })
    })
}

/// The fields above the figures.
#[component]
pub fn Filters(
    /// What is chosen.
    wanted: Memo<Wanted>,
    /// The bot that the page is about: no other can be chosen then.
    bot: Option<Uuid>,
) -> impl IntoView {
    let fixed = bot;
    let path = use_location().pathname;
    let bots = load(client::bots::many);
    let navigate = StoredValue::new_local(use_navigate());
    let field = move |get: fn(&Wanted) -> String, set: fn(&mut Wanted, String)| {
        Text::new(
            move || wanted.with(get),
            move |value| {
                let mut changed = wanted.get_untracked();
                set(&mut changed, value);
                let address = changed.address(&path.get_untracked(), fixed);
                navigate.with_value(|navigate| navigate(&address, NavigateOptions::default()));
            },
        )
    };
    let period = field(
        |wanted| wanted.period().to_owned(),
        |wanted, period| {
            if period == "custom" {
                // The days that are shown, to begin with.
                let shown = wanted.query();
                wanted.from = shown.from.map(|day| day.to_string()).unwrap_or_default();
                wanted.to = shown.to.map(|day| day.to_string()).unwrap_or_default();
            }
            wanted.period = period;
        },
    );
    let from = field(|wanted| wanted.from.clone(), |wanted, from| wanted.from = from);
    let to = field(|wanted| wanted.to.clone(), |wanted, to| wanted.to = to);
    let bot = field(|wanted| wanted.bot_id.clone(), |wanted, bot| wanted.bot_id = bot);
    let channel = field(
        |wanted| wanted.channel.clone(),
        |wanted, channel| wanted.channel = channel,
    );
    let form = Form::new(move || {
        let mut check = Checker::default();
        let words = tr!("Choose a day that is not before the first.");
        check.require(wanted.with(|wanted| !wanted.is_backwards()), "to", words);
        check.finish()
    });
    // Each choice counts at once, so whatever is wrong is said at once.
    form.submit();
    let all = |words: &str| (String::new(), words.to_owned());
    let named = |(value, words): (&str, &str)| (value.to_owned(), words.to_owned());
    let bot_options = Memo::new(move |_| {
        let found = bots.get().map(|page| page.items).unwrap_or_default();
        std::iter::once((String::new(), tr!("All bots").to_owned()))
            .chain(found.into_iter().map(|bot| (bot.id.to_string(), bot.name)))
            .collect::<Vec<_>>()
    });
    let channels: Vec<_> = std::iter::once(all(tr!("All channels")))
        .chain(CHANNELS.map(|(channel, words)| named((channel.as_str(), crate::i18n::text(words)))))
        .collect();
    view! {
        <div class="mb-5 grid grid-cols-2 gap-3 lg:max-w-4xl lg:grid-cols-4" role="search" aria-label=tr!("Figures")>
            <div class="col-span-2 sm:col-span-1">
                <SelectField label=tr!("Period") value=period options=PERIODS.map(|(key, words)| named((key, crate::i18n::text(words)))).to_vec() />
            </div>
            <Show when=move || wanted.with(|wanted| wanted.period() == "custom")>
                <TextField label=tr!("From") kind="date" value=from />
                <TextField label=tr!("To") kind="date" value=to field=form.field("to") />
            </Show>
            {fixed
                .is_none()
                .then(|| view! { <SelectField label=tr!("Bot") value=bot options=bot_options /> })}
            <SelectField label=tr!("Channel") value=channel options=channels />
        </div>
    }
}
