//! What the form calls the fields of the API and the values of its choices, for where they are told outside of it.

use api_types::translations::Language;

use super::content::label;
use super::{appearance, colors, lead_field, leads, proactive};

/// `Appearance · Title` for `content.appearance.title`, `Name` for `name`, `Leads · Field 2 · Label` for
/// `lead_form.fields[1].label`.
pub fn name_of(path: &str) -> String {
    let last = path.rsplit('.').next().unwrap_or(path);
    // A field that is newer than its name here is still told.
    let field = field_name(path).map_or_else(|| last.replace('_', " "), str::to_owned);
    let parts = [label(path).to_owned(), entry_name(path), field];
    let told: Vec<_> = parts.into_iter().filter(|part| !part.is_empty()).collect();
    told.join(" · ")
}

/// The label of a field; empty where the name of its section says it all.
pub fn field_name(path: &str) -> Option<&'static str> {
    let path = &*pattern(path);
    if let Some(color) = colors::label(path) {
        return Some(color);
    }
    Some(match path {
        "name"
        | "instructions"
        | "greeting"
        | "fallback_message"
        | "suggested_questions"
        | "suggested_questions[]"
        | "knowledge_base_ids"
        | "model.kind"
        | "access.allowed_domains[]"
        | "proactive" => "",
        "document_tags" => tr!("Only documents tagged"),
        "rerank.provider_id" => tr!("Rerank with"),
        "rerank.model" => tr!("Rerank model"),
        "model.provider_id" => tr!("Provider"),
        "model.model" => tr!("Model"),
        "model.temperature" => tr!("Temperature"),
        "max_passages" => tr!("Passages given to the model"),
        "response_cache" => tr!("Response cache"),
        "appearance.title" | "translations[].title" | "lead_form.title" => tr!("Title"),
        "appearance.placeholder" | "translations[].placeholder" => tr!("Text in the empty message box"),
        "appearance.theme" => tr!("Theme"),
        "appearance.position" => tr!("Position"),
        "appearance.size" => tr!("Size"),
        "appearance.icon" => tr!("Icon on the bubble"),
        "appearance.font" => tr!("Font"),
        "appearance.radius" => tr!("Roundness of corners"),
        "appearance.logo" => tr!("Logo"),
        "appearance.sound" => tr!("Sound"),
        "appearance.powered_by" => tr!("“Powered by Botwright”"),
        "language" => tr!("Language of the widget"),
        "translations" => tr!("Translations"),
        "translations[].language" => tr!("Language"),
        "translations[].greeting" => tr!("Greeting"),
        "translations[].suggested_questions" | "translations[].suggested_questions[]" => {
            tr!("Suggested questions")
        }
        "translations[].proactive" | "translations[].proactive[]" => tr!("Messages by itself"),
        "proactive[].message" => tr!("What it says"),
        "proactive[].page" => tr!("On pages"),
        "proactive[].trigger.when" => tr!("When"),
        "proactive[].trigger.seconds" => tr!("Seconds"),
        "proactive[].trigger.percent" => tr!("Percent of the page"),
        "access.allowed_domains" => tr!("Allowed domains"),
        "access.verified_only" => tr!("Verified visitors only"),
        "lead_form.enabled" => tr!("Ask for details"),
        "lead_form.timing.when" => tr!("When to ask"),
        "lead_form.timing.count" => tr!("Messages of the visitor before"),
        "lead_form.skippable" => tr!("May be skipped"),
        "lead_form.consent" => tr!("Consent"),
        "lead_form.consent_required" => tr!("Consent is required"),
        "lead_form.thanks" => tr!("Thanks"),
        "lead_form.fields" => tr!("Fields"),
        "lead_form.fields[].key" => tr!("Key"),
        "lead_form.fields[].label" => tr!("Label"),
        "lead_form.fields[].kind" => tr!("Asks for"),
        "lead_form.fields[].required" => tr!("Required"),
        "lead_form.fields[].options" | "lead_form.fields[].options[]" => tr!("Options"),
        "hand_off.enabled" => tr!("Visitors may ask for a person"),
        "hand_off.on_words" => tr!("By words, too"),
        "hand_off.message" => tr!("Message"),
        "hand_off.closed_message" => tr!("Message out of hours"),
        "uploads.enabled" => tr!("Visitors may send files"),
        "uploads.model_sees_pictures" => tr!("The model sees pictures"),
        "uploads.received_message" => tr!("Said of a file"),
        "tests.test_set_id" => tr!("Test set"),
        "tests.required" => tr!("Deploy only after a run that passed"),
        "tests.thresholds.pass_rate" => tr!("Cases that must pass, %"),
        "tests.thresholds.recall_at_5" => tr!("Passage found in five, %"),
        "tests.thresholds.unknown_precision" => tr!("“I don't know” rightly, %"),
        "tests.thresholds.unknown_recall" => tr!("“I don't know” when due, %"),
        "tests.thresholds.cited_right" => tr!("Right passage cited, %"),
        "tests.thresholds.answer_match" => tr!("Answer as expected, %"),
        _ => return None,
    })
}

/// The name of a chosen value, by its key in the API; that of no choice where `key` is empty.
pub fn option_name(path: &str, key: &str) -> Option<&'static str> {
    let path = &*pattern(path);
    Some(match (path, key) {
        ("model.kind", "extractive") => tr!("Built-in answerer"),
        ("model.kind", "provider") => tr!("A model of your provider"),
        ("model.temperature", "") => tr!("the provider's default"),
        ("rerank.provider_id", "") => tr!("None"),
        ("tests.test_set_id", "") => tr!("No test set"),
        ("language", "") => tr!("The visitor's own"),
        ("language" | "translations[].language", tag) => Language::from_tag(tag)?.name(),
        ("lead_form.fields[].kind", key) => lead_field::kind_name(key)?,
        ("lead_form.timing.when", key) => leads::timing_name(key)?,
        ("proactive[].trigger.when", key) => proactive::trigger_name(key)?,
        (path, key) => appearance::option_name(path, key)?,
    })
}

/// Which entry of a list a path goes through, as the form numbers them.
fn entry_name(path: &str) -> String {
    let Some((list, number)) = path.split_once('[') else {
        return String::new();
    };
    let number = number.split(']').next().and_then(|number| number.parse().ok());
    let Some(number) = number.map(|number: usize| number + 1) else {
        return String::new();
    };
    match list.strip_prefix("content.").unwrap_or(list) {
        "suggested_questions" => format!("{} {number}", tr!("Question")),
        "access.allowed_domains" => format!("{} {number}", tr!("Domain")),
        "lead_form.fields" => tr!("Field {number}", number),
        "proactive" => tr!("Message {number}", number),
        _ => number.to_string(),
    }
}

/// A path with the numbers of its entries left out: `lead_form.fields[].label`.
fn pattern(path: &str) -> String {
    let path = path.strip_prefix("content.").unwrap_or(path);
    let mut parts = path.split('[');
    let mut pattern = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let rest = part.find(']').and_then(|end| part.get(end..));
        pattern.push('[');
        pattern.push_str(rest.unwrap_or(part));
    }
    pattern
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_and_their_entries_have_the_names_of_the_form() {
        let names = [
            ("content.name", "Name"),
            ("model.kind", "Model"),
            ("content.appearance.radius", "Appearance · Roundness of corners"),
            (
                "content.suggested_questions[1]",
                "Suggested questions · Question 2",
            ),
            ("content.lead_form.fields[0].label", "Leads · Field 1 · Label"),
            ("content.access.allowed_domains[2]", "Access · Domain 3"),
            ("something.quite_new", "Draft · quite new"),
        ];
        for (path, name) in names {
            assert_eq!(name_of(path), name);
        }
    }

    #[test]
    fn choices_have_the_names_of_the_form() {
        let names = [
            ("appearance.theme", "auto", "As the visitor's system says"),
            ("model.kind", "provider", "A model of your provider"),
            ("translations[0].language", "de", "Deutsch"),
            ("lead_form.fields[3].kind", "select", "Choice"),
            ("lead_form.timing.when", "before_chat", "Before the first message"),
            (
                "proactive[0].trigger.when",
                "exit",
                "When the pointer leaves the page",
            ),
        ];
        for (path, key, name) in names {
            assert_eq!(option_name(path, key), Some(name), "{path} {key}");
        }
        assert_eq!(option_name("greeting", "auto"), None);
    }
}
