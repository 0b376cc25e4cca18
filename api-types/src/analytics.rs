//! Figures of what bots did: `/api/v1/analytics`. `docs/ANALYTICS.md` says what each of them is.

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::conversations::Channel;

/// Longest period, in days.
pub const MAX_DAYS: i64 = 400;
/// Days of the period when none is given.
pub const DEFAULT_DAYS: i64 = 30;

/// Which figures: `GET /analytics`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::IntoParams))]
#[cfg_attr(feature = "openapi", into_params(parameter_in = Query))]
pub struct AnalyticsQuery {
    /// The first day, such as `2026-11-01`; 30 days end with the last one when it is left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<NaiveDate>,
    /// The last day; today when it is left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub to: Option<NaiveDate>,
    /// Only this bot.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bot_id: Option<Uuid>,
    /// Only this channel.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub channel: Option<Channel>,
    /// The time zone whose days they are, such as `Europe/Berlin`; UTC when it is left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tz: Option<String>,
}

/// The table that `GET /analytics/export` makes a file of.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum AnalyticsTable {
    /// A row a day.
    #[default]
    Days,
    /// A row a bot.
    Bots,
    /// A row a channel.
    Channels,
    /// The most frequent questions.
    Questions,
    /// The pages on which most was asked.
    Pages,
    /// A row a language.
    Languages,
    /// A row a model.
    Models,
}

impl AnalyticsTable {
    /// The name in addresses and of files.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Days => "days",
            Self::Bots => "bots",
            Self::Channels => "channels",
            Self::Questions => "questions",
            Self::Pages => "pages",
            Self::Languages => "languages",
            Self::Models => "models",
        }
    }
}

/// What was counted.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Figures {
    /// Conversations that began.
    pub sessions: i64,
    /// Sessions in which the bot answered, and had neither a gap nor a thumbs-down.
    pub resolved: i64,
    /// Sessions in which the bot answered, and which were not handed to a person.
    pub deflected: i64,
    /// Sessions handed to a person.
    pub hand_offs: i64,
    /// Leads that were left.
    pub leads: i64,
    /// Questions that were answered.
    pub answered: i64,
    /// Questions to which the bot said that it does not know.
    pub gaps: i64,
    /// Questions whose answer broke off or did not come.
    pub errors: i64,
    /// Answers with a thumbs-up.
    pub ups: i64,
    /// Answers with a thumbs-down.
    pub downs: i64,
    /// Tokens that models were given.
    pub prompt_tokens: i64,
    /// Tokens that models wrote.
    pub completion_tokens: i64,
    /// Questions answered from the response cache.
    pub cache_hits: i64,
    /// Questions that were looked for in it in vain.
    pub cache_misses: i64,
}

impl Figures {
    /// Questions of visitors.
    pub const fn messages(&self) -> i64 {
        self.answered + self.gaps + self.errors
    }

    /// Tokens given and written.
    pub const fn tokens(&self) -> i64 {
        self.prompt_tokens + self.completion_tokens
    }

    /// Whether nothing happened.
    pub fn is_nothing(&self) -> bool {
        *self == Self::default()
    }

    /// Shares of these.
    pub fn rates(&self) -> Rates {
        Rates {
            resolution: share(self.resolved, self.sessions),
            deflection: share(self.deflected, self.sessions),
            answer_rate: share(self.answered, self.answered + self.gaps),
            satisfaction: share(self.ups, self.ups + self.downs),
            cache: share(self.cache_hits, self.cache_hits + self.cache_misses),
        }
    }
}

impl std::ops::AddAssign for Figures {
    fn add_assign(&mut self, more: Self) {
        self.sessions += more.sessions;
        self.resolved += more.resolved;
        self.deflected += more.deflected;
        self.hand_offs += more.hand_offs;
        self.leads += more.leads;
        self.answered += more.answered;
        self.gaps += more.gaps;
        self.errors += more.errors;
        self.ups += more.ups;
        self.downs += more.downs;
        self.prompt_tokens += more.prompt_tokens;
        self.completion_tokens += more.completion_tokens;
        self.cache_hits += more.cache_hits;
        self.cache_misses += more.cache_misses;
    }
}

#[expect(clippy::cast_precision_loss, reason = "a share has few digits")]
fn share(part: i64, whole: i64) -> Option<f64> {
    (whole > 0).then(|| part as f64 / whole as f64)
}

/// Shares between 0 and 1; absent where there is nothing to have a share of.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Rates {
    /// Resolved of all sessions.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub resolution: Option<f64>,
    /// Deflected of all sessions.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub deflection: Option<f64>,
    /// Answered of the questions that were answered or are gaps.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub answer_rate: Option<f64>,
    /// Thumbs-up of all ratings.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub satisfaction: Option<f64>,
    /// Answered from the response cache of the questions that were looked for in it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cache: Option<f64>,
}

/// Milliseconds within which half, and 95 of 100, answers came.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Percentiles {
    /// Half of them.
    pub p50: i64,
    /// 95 of 100.
    pub p95: i64,
}

/// How long answers took, those that broke off left out.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Latency {
    /// From the question to the first words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub first_token: Option<Percentiles>,
    /// From the question to the last.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub total: Option<Percentiles>,
}

/// An amount of money.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Cost {
    /// Three letters, such as `USD`.
    pub currency: String,
    /// How much.
    pub amount: f64,
}

/// A whole period.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Totals {
    /// What was counted.
    #[serde(flatten)]
    pub figures: Figures,
    /// Shares of it.
    pub rates: Rates,
    /// How long answers took.
    pub latency: Latency,
    /// What the tokens cost, by currency, as far as prices are known.
    pub costs: Vec<Cost>,
}

/// One day of the time zone that was asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct DayFigures {
    /// The day.
    pub day: NaiveDate,
    /// What was counted.
    #[serde(flatten)]
    pub figures: Figures,
}

/// One bot.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct BotFigures {
    /// The bot.
    pub bot_id: Uuid,
    /// Its name.
    pub name: String,
    /// What was counted.
    #[serde(flatten)]
    pub figures: Figures,
}

/// One channel.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ChannelFigures {
    /// Its name.
    pub channel: String,
    /// What was counted.
    #[serde(flatten)]
    pub figures: Figures,
}

/// Questions that ask for the same.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct TopQuestion {
    /// The way it was asked last.
    pub question: String,
    /// How often it was asked.
    pub count: i64,
    /// How often the bot did not know.
    pub gaps: i64,
}

/// Questions on one page, or in one language.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Share {
    /// Origin and path, or an ISO 639-1 code; empty where the language can't be told.
    pub name: String,
    /// Questions.
    pub count: i64,
    /// How many of them the bot did not know.
    pub gaps: i64,
}

/// One model.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ModelFigures {
    /// As the provider calls it; `built-in` for the answerer that needs none.
    pub model: String,
    /// The provider, unless it was removed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub provider: Option<String>,
    /// Questions put to it.
    pub turns: i64,
    /// Tokens that it was given.
    pub prompt_tokens: i64,
    /// Tokens that it wrote.
    pub completion_tokens: i64,
    /// What they cost, where a price is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cost: Option<Cost>,
}

/// `GET /analytics`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Analytics {
    /// The first day.
    pub from: NaiveDate,
    /// The last day.
    pub to: NaiveDate,
    /// The period.
    pub totals: Totals,
    /// The same number of days before it.
    pub before: Totals,
    /// Every day of the period, the oldest first.
    pub days: Vec<DayFigures>,
    /// Every day of the period before.
    pub days_before: Vec<DayFigures>,
    /// Bots with something in the period, by sessions.
    pub bots: Vec<BotFigures>,
    /// Channels with something in the period, by sessions.
    pub channels: Vec<ChannelFigures>,
    /// The most frequent of the last 20,000 questions of the period.
    pub questions: Vec<TopQuestion>,
    /// The pages on which most was asked.
    pub pages: Vec<Share>,
    /// Languages of the questions.
    pub languages: Vec<Share>,
    /// Models that answered.
    pub models: Vec<ModelFigures>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_of_nothing_are_none() {
        assert_eq!(Figures::default().rates(), Rates::default());
        let figures = Figures {
            sessions: 4,
            resolved: 3,
            deflected: 4,
            answered: 9,
            gaps: 1,
            ups: 1,
            downs: 3,
            ..Figures::default()
        };
        let rates = figures.rates();
        assert_eq!(
            [
                rates.resolution,
                rates.deflection,
                rates.answer_rate,
                rates.satisfaction
            ],
            [Some(0.75), Some(1.0), Some(0.9), Some(0.25)]
        );
        assert_eq!(figures.messages(), 10);
    }
}
