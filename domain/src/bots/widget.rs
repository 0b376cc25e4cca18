//! What the widget is told of a bot: the chat in its frame, and the bubble on the page around.

use std::collections::BTreeMap;

use api_types::bots::{ChatbotContent, Position, ProactiveRule, Size};
use api_types::chat::BotConfig;
use api_types::translations::{Language, Translation};
use serde::Serialize;

use super::LiveBot;

/// What the bubble on a page of somebody else needs: how it looks and what it says by itself.
#[derive(Debug, Serialize)]
pub struct Launcher<'a> {
    color: String,
    position: Position,
    size: Size,
    /// The lines of its picture.
    icon: &'static str,
    radius: u8,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    proactive: Vec<Said<'a>>,
}

/// What the bubble says by itself.
#[derive(Debug, Serialize)]
struct Said<'a> {
    #[serde(flatten)]
    rule: &'a ProactiveRule,
    /// The same in other languages, by their tags.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    words: BTreeMap<&'static str, &'a str>,
    /// The language that the bot's owner chose.
    #[serde(skip_serializing_if = "Option::is_none")]
    language: Option<&'static str>,
}

/// The bubble of a bot.
pub fn launcher(bot: &LiveBot) -> Launcher<'_> {
    let content = &bot.content;
    let ChatbotContent {
        appearance,
        proactive,
        ..
    } = content;
    Launcher {
        color: appearance.color.clone(),
        position: appearance.position,
        size: appearance.size,
        icon: appearance.icon.path(),
        radius: appearance.radius,
        proactive: proactive
            .iter()
            .enumerate()
            .map(|(at, rule)| said(content, at, rule))
            .collect(),
    }
}

fn said<'a>(content: &'a ChatbotContent, at: usize, rule: &'a ProactiveRule) -> Said<'a> {
    let words = content.translations.iter().filter_map(|words| {
        let said = words.proactive.get(at)?.trim();
        (!said.is_empty()).then_some((words.language.tag(), said))
    });
    Said {
        rule,
        words: words.collect(),
        language: content.language.map(Language::tag),
    }
}

/// The chat of a bot, for a visitor of this language; `is_asked` for when the page around chose it.
pub fn config(bot: &LiveBot, visitors: Option<Language>, is_asked: bool) -> BotConfig {
    let content = &bot.content;
    let language = content.language.filter(|_| !is_asked || visitors.is_none());
    let wanted = language.or(visitors);
    let none = Translation::default();
    let words = content
        .translations
        .iter()
        .find(|words| Some(words.language) == wanted)
        .unwrap_or(&none);
    let or = |own: &str, general: &str| if own.trim().is_empty() { general } else { own }.to_owned();
    let title = or(&content.appearance.title, &content.name);
    let questions = if words.suggested_questions.is_empty() {
        &content.suggested_questions
    } else {
        &words.suggested_questions
    };
    BotConfig {
        bot_id: bot.id,
        title: or(&words.title, &title),
        greeting: or(&words.greeting, &content.greeting),
        suggested_questions: questions.clone(),
        appearance: content.appearance.clone(),
        style: content.appearance.style(),
        language,
        placeholder: or(&words.placeholder, &content.appearance.placeholder),
        verified_only: content.access.verified_only,
        hands_off: content.hand_off.enabled,
        uploads: content.uploads.enabled,
        lead_form: Some(&content.lead_form).filter(|form| form.enabled).cloned(),
    }
}
