//! What is asked most, where, in which language, and what answers.

use api_types::analytics::{Analytics, ModelFigures, Share};
use leptos::prelude::*;

use super::filters::channel_name;
use super::tiles::{money, percent};
use crate::ui::chart::{Bar, Bars};
use crate::ui::format::thousands;
use crate::ui::page::Section;

/// All of them, those that have nothing left out.
#[expect(clippy::needless_pass_by_value, reason = "components own what they are given")]
#[component]
pub fn Lists(report: Analytics) -> impl IntoView {
    let questions: Vec<Bar> = report
        .questions
        .iter()
        .map(|row| bar(row.question.clone(), row.count, row.gaps))
        .collect();
    let pages: Vec<Bar> = report
        .pages
        .iter()
        .map(|row| bar(row.name.clone(), row.count, row.gaps))
        .collect();
    let languages: Vec<Bar> = report.languages.iter().map(language).collect();
    let sessions = |name: String, figures: &api_types::analytics::Figures| Bar {
        name,
        value: figures.sessions,
        words: match figures.rates().resolution {
            Some(share) => tr!(
                "{n} session, {share} resolved" | "{n} sessions, {share} resolved" % figures.sessions,
                share = percent(share)
            ),
            None => tr!("{n} session" | "{n} sessions" % figures.sessions),
        },
    };
    let bots: Vec<Bar> = report
        .bots
        .iter()
        .map(|row| sessions(row.name.clone(), &row.figures))
        .collect();
    let channels: Vec<Bar> = report
        .channels
        .iter()
        .map(|row| sessions(channel_name(&row.channel).to_owned(), &row.figures))
        .collect();
    let models: Vec<Bar> = report.models.iter().map(model).collect();
    view! {
        <div class="grid items-start gap-4 lg:grid-cols-2">
            <List title=tr!("Top questions") subtitle=tr!("Those that ask for the same are counted together.") bars=questions />
            <List title=tr!("Top pages") subtitle=tr!("Where the widget was when it was asked.") bars=pages />
            <List title=tr!("Bots") subtitle="" bars=bots />
            <List title=tr!("Channels") subtitle="" bars=channels />
            <List title=tr!("Languages") subtitle=tr!("Of the questions, as far as they can be told.") bars=languages />
            <List
                title=tr!("Models")
                subtitle=tr!("Cost is shown where the provider has a price in Settings.")
                bars=models
            />
        </div>
    }
}

#[component]
fn List(title: &'static str, subtitle: &'static str, bars: Vec<Bar>) -> impl IntoView {
    (!bars.is_empty()).then(|| {
        view! {
            <Section title=title subtitle=subtitle>
                <Bars label=title bars=bars />
            </Section>
        }
    })
}

fn bar(name: String, number: i64, gaps: i64) -> Bar {
    let words = match gaps {
        0 => thousands(number),
        gaps => format!("{}, {}", thousands(number), tr!("{n} gap" | "{n} gaps" % gaps)),
    };
    Bar {
        name,
        value: number,
        words,
    }
}

fn language(row: &Share) -> Bar {
    bar(language_name(&row.name), row.count, row.gaps)
}

/// The language's name.
fn language_name(code: &str) -> String {
    if code.is_empty() {
        return tr!("Can't be told").to_owned();
    }
    let known = [
        ("ar", tr!("Arabic")),
        ("da", tr!("Danish")),
        ("de", tr!("German")),
        ("el", tr!("Greek")),
        ("en", tr!("English")),
        ("es", tr!("Spanish")),
        ("fi", tr!("Finnish")),
        ("fr", tr!("French")),
        ("he", tr!("Hebrew")),
        ("hi", tr!("Hindi")),
        ("hu", tr!("Hungarian")),
        ("it", tr!("Italian")),
        ("ja", tr!("Japanese")),
        ("ko", tr!("Korean")),
        ("nl", tr!("Dutch")),
        ("no", tr!("Norwegian")),
        ("pt", tr!("Portuguese")),
        ("ro", tr!("Romanian")),
        ("ru", tr!("Russian")),
        ("sv", tr!("Swedish")),
        ("th", tr!("Thai")),
        ("tr", tr!("Turkish")),
        ("zh", tr!("Chinese")),
    ];
    let name = known.iter().find(|(known, _)| *known == code);
    name.map_or_else(|| code.to_owned(), |(_, name)| (*name).to_owned())
}

fn model(row: &ModelFigures) -> Bar {
    let name = match &row.provider {
        Some(provider) => format!("{} · {provider}", row.model),
        None => row.model.clone(),
    };
    let tokens = row.prompt_tokens + row.completion_tokens;
    let mut words = tr!("{n} question" | "{n} questions" % row.turns);
    if tokens > 0 {
        words.push_str(&format!(", {}", tr!("{n} token" | "{n} tokens" % tokens)));
    }
    if let Some(cost) = &row.cost {
        words.push_str(&format!(", {}", money(cost)));
    }
    Bar {
        name,
        value: row.turns,
        words,
    }
}
