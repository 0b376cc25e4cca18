//! Which figures are looked at. It stands in the address, so that it can be linked.

use api_types::analytics::AnalyticsQuery;
use api_types::client;
use api_types::conversations::Channel;
use chrono::{NaiveDate, TimeDelta};
use leptos::prelude::*;
use leptos_router::NavigateOptions;
use leptos_router::hooks::{use_navigate, use_query_map};

use crate::ui::field::{SelectField, Text, TextField};
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

    fn address(&self) -> String {
        let pairs = [
            ("period", &self.period),
            ("from", &self.from),
            ("to", &self.to),
            ("bot_id", &self.bot_id),
            ("channel", &self.channel),
        ];
        let pairs = pairs.into_iter().filter(|(_, value)| !value.is_empty());
        let query: Vec<String> = pairs
            .map(|(name, value)| format!("{name}={}", String::from(js_sys::encode_uri_component(value))))
            .collect();
        if query.is_empty() {
            "/analytics".to_owned()
        } else {
            format!("/analytics?{}", query.join("&"))
        }
    }
}

/// What the address asks for.
pub fn wanted() -> Memo<Wanted> {
    let query = use_query_map();
    Memo::new(move |_| {
        query.with(|query| {
            let text = |name| query.get(name).unwrap_or_default();
            Wanted {
                period: text("period"),
                from: text("from"),
                to: text("to"),
                bot_id: text("bot_id"),
                channel: text("channel"),
            }
        })
    })
}

/// The fields above the figures.
#[component]
pub fn Filters(wanted: Memo<Wanted>) -> impl IntoView {
    let bots = load(client::bots::many);
    let navigate = StoredValue::new_local(use_navigate());
    let field = move |get: fn(&Wanted) -> String, set: fn(&mut Wanted, String)| {
        Text::new(
            move || wanted.with(get),
            move |value| {
                let mut changed = wanted.get_untracked();
                set(&mut changed, value);
                let address = changed.address();
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
                <TextField label=tr!("To") kind="date" value=to />
            </Show>
            <SelectField label=tr!("Bot") value=bot options=bot_options />
            <SelectField label=tr!("Channel") value=channel options=channels />
        </div>
    }
}
