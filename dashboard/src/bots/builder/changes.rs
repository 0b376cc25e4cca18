//! What a draft changes of the version that is live, field by field.
//!
//! Contents are compared as the JSON that travels, so a field that is added to bots is compared without being listed
//! here; what it is called stands in [`super::labels`].

use std::collections::HashMap;

use api_types::bots::ChatbotContent;
use api_types::test_sets::Thresholds;
use leptos::prelude::*;
use serde_json::Value;

use super::labels::{field_name, name_of, option_name};

/// A field that differs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// What the field is called.
    pub name: String,
    /// What it held; empty for nothing.
    pub before: String,
    /// What it holds.
    pub after: String,
}

/// Names of what contents hold by id, such as knowledge bases.
pub type Names = HashMap<String, String>;

/// Everything that differs, in the order of the fields' names in the API.
pub fn changes(before: &ChatbotContent, after: &ChatbotContent, names: &Names) -> Vec<Change> {
    let mut found = Vec::new();
    compare("", &whole(before), &whole(after), names, &mut found);
    found
}

fn compare(path: &str, before: &Value, after: &Value, names: &Names, found: &mut Vec<Change>) {
    if before == after || is_nothing(before) && is_nothing(after) {
        return;
    }
    let empty = serde_json::Map::new();
    let (old, new) = match (before, after) {
        (Value::Object(old), Value::Object(new)) => (old, new),
        (Value::Object(old), Value::Null) => (old, &empty),
        (Value::Null, Value::Object(new)) => (&empty, new),
        _ => {
            found.push(Change {
                name: name_of(path),
                before: words(path, before, names),
                after: words(path, after, names),
            });
            return;
        }
    };
    let added = new.keys().filter(|key| !old.contains_key(*key));
    for key in old.keys().chain(added) {
        let path = if path.is_empty() {
            key.clone()
        } else {
            format!("{path}.{key}")
        };
        let part = |object: &serde_json::Map<String, Value>| object.get(key).cloned().unwrap_or_default();
        compare(&path, &part(old), &part(new), names, found);
    }
}

/// What the JSON leaves out because it is as usual, put back: what is missing on one side has a value all the same.
fn whole(content: &ChatbotContent) -> Value {
    let usual = ChatbotContent::default();
    let look = &usual.appearance;
    let mut usual = serde_json::json!({
        "appearance": {
            "size": look.size,
            "radius": look.radius,
            "font": look.font,
            "icon": look.icon,
            "powered_by": look.powered_by,
        },
        "lead_form": usual.lead_form,
        "hand_off": usual.hand_off,
        "uploads": usual.uploads,
        "tests": { "thresholds": Thresholds::default() },
    });
    put(&mut usual, serde_json::to_value(content).unwrap_or_default(), 2);
    usual
}

/// Puts values in the place of others, object by object to this depth: what lies deeper is one value.
fn put(place: &mut Value, value: Value, depth: u8) {
    match (place, value) {
        (Value::Object(place), Value::Object(parts)) if depth > 0 => {
            for (key, part) in parts {
                put(place.entry(key).or_insert(Value::Null), part, depth - 1);
            }
        }
        (place, value) => *place = value,
    }
}

/// Whether a value is as good as none.
fn is_nothing(value: &Value) -> bool {
    match value {
        Value::Null | Value::Bool(false) => true,
        Value::String(text) => text.is_empty(),
        Value::Array(items) => items.is_empty(),
        _ => false,
    }
}

fn words(path: &str, value: &Value, names: &Names) -> String {
    match value {
        Value::Null => option_name(path, "").unwrap_or_default().to_owned(),
        Value::String(text) => text_of(path, text, names),
        Value::Array(items) => {
            let path = format!("{path}[]");
            let items: Vec<_> = items.iter().map(|item| words(&path, item, names)).collect();
            items.join("\n")
        }
        // What is off or empty says nothing about an entry of a list.
        Value::Object(parts) => {
            let said = parts.iter().filter(|(_, part)| !is_nothing(part));
            let said = said.map(|(key, part)| {
                let path = format!("{path}.{key}");
                let name = field_name(&path).unwrap_or(key);
                match part {
                    Value::Bool(_) => name.to_owned(),
                    Value::Number(number) => format!("{name}: {number}"),
                    part => words(&path, part, names),
                }
            });
            let said: Vec<_> = said.collect();
            said.join(" · ")
        }
        Value::Bool(on) => if *on { tr!("yes") } else { tr!("no") }.to_owned(),
        Value::Number(number) => match number.as_f64() {
            Some(decimal) if number.is_f64() => crate::i18n::decimal(decimal, 1),
            _ => number.to_string(),
        },
    }
}

fn text_of(path: &str, text: &str, names: &Names) -> String {
    if let Some(name) = option_name(path, text) {
        return name.to_owned();
    }
    match (path, names.get(text)) {
        (_, Some(name)) => name.clone(),
        ("appearance.logo", None) if !text.is_empty() => tr!("An image").to_owned(),
        ("model.provider_id" | "rerank.provider_id", None) => tr!("A connection that was deleted").to_owned(),
        ("tests.test_set_id", None) => tr!("A test set that was deleted").to_owned(),
        (_, None) => text.to_owned(),
    }
}

/// The list of what differs.
#[component]
pub fn ChangeList(
    /// What differs.
    changes: Vec<Change>,
) -> impl IntoView {
    let text = |text: String, class: &'static str| {
        let is_empty = text.is_empty();
        view! {
            <div
                class=format!("max-h-40 min-w-0 overflow-y-auto rounded-field px-2.5 py-1.5 whitespace-pre-wrap wrap-anywhere {class}")
                dir="auto"
            >
                {if is_empty { "—".to_owned() } else { text }}
            </div>
        }
    };
    let row = move |change: Change| {
        view! {
            <li class="py-3" data-testid="change">
                <p class="mb-1.5 font-medium">{change.name}</p>
                <div class="grid gap-2 text-sm sm:grid-cols-2">
                    <div>
                        <span class="muted text-xs">{tr!("Live now")}</span>
                        {text(change.before, "bg-base-200")}
                    </div>
                    <div>
                        <span class="muted text-xs">{tr!("In the draft")}</span>
                        {text(change.after, "bg-primary/10")}
                    </div>
                </div>
            </li>
        }
    };
    view! {
        <ul class="divide-y divide-base-300" aria-label=tr!("Changes")>
            {changes.into_iter().map(row).collect_view()}
        </ul>
    }
}

#[cfg(test)]
mod tests {
    use api_types::bots::{ModelChoice, ProactiveRule, Size, Theme};
    use api_types::leads::{LeadField, LeadTiming};
    use api_types::retrieval::Rerank;
    use api_types::test_sets::BotTests;
    use api_types::translations::{Language, Translation};
    use uuid::Uuid;

    use super::*;

    fn told(before: &ChatbotContent, after: &ChatbotContent, names: &Names) -> Vec<(String, String, String)> {
        let found = changes(before, after, names).into_iter();
        found
            .map(|change| (change.name, change.before, change.after))
            .collect()
    }

    /// A bot about which everything is unusual.
    fn unusual() -> ChatbotContent {
        let mut content = ChatbotContent {
            name: "Help".into(),
            knowledge_base_ids: vec![Uuid::nil()],
            document_tags: vec!["faq".into()],
            rerank: Some(Rerank {
                provider_id: Uuid::from_u128(1),
                model: "fine".into(),
            }),
            model: ModelChoice::Provider {
                provider_id: Uuid::from_u128(1),
                model: "large".into(),
                temperature: Some(0.3),
            },
            max_passages: 3,
            response_cache: true,
            language: Some(Language::De),
            translations: vec![Translation::default()],
            proactive: vec![ProactiveRule::default()],
            tests: Some(BotTests {
                test_set_id: Uuid::from_u128(2),
                required: true,
                thresholds: Thresholds {
                    pass_rate: 80,
                    recall_at_5: Some(1),
                    unknown_precision: Some(1),
                    unknown_recall: Some(1),
                    cited_right: Some(1),
                    answer_match: Some(1),
                },
            }),
            ..ChatbotContent::default()
        };
        content.appearance.size = Size::Large;
        content.appearance.radius = 20;
        content.appearance.logo = "data:image/png;base64,AAAA".into();
        content.appearance.sound = true;
        content.appearance.powered_by = false;
        content.access.verified_only = true;
        content.lead_form.enabled = true;
        content.lead_form.timing = LeadTiming::AfterMessages { count: 3 };
        content.lead_form.fields = vec![LeadField {
            key: "name".into(),
            label: "Your name".into(),
            required: true,
            ..LeadField::default()
        }];
        content.hand_off.enabled = true;
        content.uploads.enabled = true;
        content
    }

    /// Every leaf below a value, with its path.
    fn leaves(path: &str, value: &Value, found: &mut Vec<String>) {
        match value {
            Value::Object(parts) => {
                for (key, part) in parts {
                    let path = if path.is_empty() {
                        key.clone()
                    } else {
                        format!("{path}.{key}")
                    };
                    leaves(&path, part, found);
                }
            }
            Value::Array(items) => {
                found.push(path.to_owned());
                for item in items {
                    leaves(&format!("{path}[]"), item, found);
                }
            }
            _ => found.push(path.to_owned()),
        }
    }

    #[test]
    fn every_field_has_a_name() {
        let mut found = Vec::new();
        leaves("", &whole(&unusual()), &mut found);
        found.retain(|path| field_name(path).is_none());
        // Entries of lists that are told by the name of their list alone.
        found.retain(|path| !matches!(&**path, "knowledge_base_ids[]" | "document_tags[]"));
        assert!(found.is_empty(), "{found:?}");
    }

    #[test]
    fn what_is_as_usual_differs_in_nothing() {
        let names = Names::new();
        let usual = ChatbotContent::default();
        assert_eq!(changes(&usual, &usual, &names), []);
        let mut after = usual.clone();
        after.access.allowed_domains = vec!["shop.example".into()];
        after.tests = Some(BotTests {
            test_set_id: Uuid::from_u128(2),
            required: false,
            thresholds: Thresholds::default(),
        });
        let change = |name: &str, before: &str, after: &str| (name.into(), before.into(), after.into());
        assert_eq!(
            told(&usual, &after, &names),
            [
                change("Access · Allowed domains", "", "shop.example"),
                change("Tests · Test set", "No test set", "A test set that was deleted"),
            ]
        );
    }

    #[test]
    fn every_field_that_differs_is_told_in_the_words_of_the_form() {
        let names = Names::from([
            (Uuid::nil().to_string(), "Handbook".to_owned()),
            (Uuid::from_u128(1).to_string(), "Our server".to_owned()),
        ]);
        let mut before = ChatbotContent::default();
        before.appearance.theme = Theme::Dark;
        let found = told(&before, &unusual(), &names);
        let change = |name: &str, before: &str, after: &str| (name.into(), before.into(), after.into());
        for expected in [
            change("Name", "", "Help"),
            change("Knowledge", "", "Handbook"),
            change("Knowledge · Rerank with", "None", "Our server"),
            change("Model", "Built-in answerer", "A model of your provider"),
            change("Model · Provider", "", "Our server"),
            change("Model · Temperature", "the provider's default", "0.3"),
            change("Appearance · Theme", "Dark", "As the visitor's system says"),
            change("Appearance · Size", "Medium", "Large"),
            change("Appearance · Roundness of corners", "12", "20"),
            change("Appearance · Logo", "", "An image"),
            change("Appearance · “Powered by Botwright”", "yes", "no"),
            change(
                "Languages · Language of the widget",
                "The visitor's own",
                "Deutsch",
            ),
            change(
                "Messages by itself",
                "",
                "Seconds: 15 · After some time on the page",
            ),
            change("Leads · Messages of the visitor before", "2", "3"),
            change("Access · Verified visitors only", "no", "yes"),
        ] {
            assert!(found.contains(&expected), "{expected:?} in {found:?}");
        }
        let fields = found.iter().find(|(name, ..)| name == "Leads · Fields").unwrap();
        assert_eq!(fields.2, "name · One line · Your name · Required");
    }
}
