//! What a draft changes of the version that is live, field by field.
//!
//! Contents are compared as the JSON that travels, so a field that is added to bots is compared without being listed
//! here.

use std::collections::HashMap;

use api_types::bots::ChatbotContent;
use leptos::prelude::*;
use serde_json::Value;

use super::content::label;

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
    let value = |content| serde_json::to_value(content).unwrap_or_default();
    let mut found = Vec::new();
    compare("", &value(before), &value(after), names, &mut found);
    found
}

fn compare(path: &str, before: &Value, after: &Value, names: &Names, found: &mut Vec<Change>) {
    if before == after {
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
                before: words(before, names),
                after: words(after, names),
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

/// `Appearance · title` for `appearance.title`, `Name` for `name`.
fn name_of(path: &str) -> String {
    let group = label(path);
    let last = path.rsplit('.').next().unwrap_or(path).replace('_', " ");
    if path.contains('.') || !group.eq_ignore_ascii_case(&last) && !is_whole(path) {
        format!("{group} · {last}")
    } else {
        group.to_owned()
    }
}

/// Whether the group's name says all about a field.
fn is_whole(path: &str) -> bool {
    matches!(
        path,
        "suggested_questions" | "fallback_message" | "knowledge_base_ids"
    )
}

fn words(value: &Value, names: &Names) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) if is_code(text) => text.replace('_', " "),
        Value::String(text) => names.get(text).unwrap_or(text).clone(),
        Value::Array(items) => {
            let items: Vec<_> = items.iter().map(|item| words(item, names)).collect();
            items.join("\n")
        }
        // What is off or empty says nothing about an entry of a list.
        Value::Object(parts) => {
            let said = parts
                .iter()
                .filter(|(_, part)| !matches!(part, Value::Null | Value::Bool(false)));
            let said = said.map(|(name, part)| match part {
                Value::Bool(_) => name.replace('_', " "),
                part => words(part, names),
            });
            let said: Vec<_> = said.filter(|said| !said.is_empty()).collect();
            said.join(" · ")
        }
        Value::Bool(on) => if *on { tr!("yes") } else { tr!("no") }.to_owned(),
        other => other.to_string(),
    }
}

/// Whether a text is one of several values with a name, such as `after_messages`.
fn is_code(text: &str) -> bool {
    text.contains('_') && text.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_')
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
    use super::*;
    use uuid::Uuid;

    #[test]
    fn entries_of_lists_are_told_without_their_inner_names() {
        let entry = serde_json::json!({ "key": "name", "kind": "text", "label": "Your name", "required": true, "hint": "" });
        assert_eq!(words(&entry, &Names::new()), "name · text · Your name · required");
        assert_eq!(words(&"after_messages".into(), &Names::new()), "after messages");
        assert_eq!(
            words(&"Snake_case is kept".into(), &Names::new()),
            "Snake_case is kept"
        );
    }

    #[test]
    fn every_field_that_differs_is_told_once_in_words() {
        let before = ChatbotContent::default();
        assert_eq!(changes(&before, &before, &Names::new()), []);
        let mut after = before.clone();
        after.name = "Help".into();
        after.appearance.title = "Ask us".into();
        after.knowledge_base_ids = vec![Uuid::nil()];
        after.access.verified_only = true;
        let names = Names::from([(Uuid::nil().to_string(), "Handbook".to_owned())]);
        let found: Vec<_> = changes(&before, &after, &names)
            .into_iter()
            .map(|change| (change.name, change.before, change.after))
            .collect();
        let change = |name: &str, before: &str, after: &str| (name.into(), before.into(), after.into());
        for expected in [
            change("Name", "", "Help"),
            change("Appearance · title", "", "Ask us"),
            change("Knowledge", "", "Handbook"),
            change("Access · verified only", "", "yes"),
        ] {
            assert!(found.contains(&expected), "{expected:?} in {found:?}");
        }
        assert_eq!(
            found
                .iter()
                .filter(|(name, ..)| name.starts_with("Appearance"))
                .count(),
            1
        );
    }
}
