//! The properties of a page, which are what a row of a database says.

use serde_json::Value;

use super::text;

/// The title of a page.
pub fn title(page: &Value) -> String {
    let mut properties = page["properties"].as_object().into_iter().flatten();
    let title = properties.find(|(_, property)| property["type"] == "title");
    title
        .map(|(_, property)| text::plain(&property["title"]))
        .unwrap_or_default()
}

/// Every other property that says something, one a line, by name.
pub fn properties(page: &Value) -> String {
    let properties = page["properties"].as_object().into_iter().flatten();
    let mut lines: Vec<String> = properties
        .filter_map(|(name, property)| {
            let value = value(property).filter(|value| !value.trim().is_empty())?;
            let value = value.split_whitespace().collect::<Vec<_>>().join(" ");
            Some(format!("- {}: {value}", name.trim()))
        })
        .collect();
    lines.sort();
    lines.join("\n")
}

/// What people read. Who changed a page, and when, is no part of what it says.
fn value(property: &Value) -> Option<String> {
    let kind = property["type"].as_str()?;
    let value = &property[kind];
    match kind {
        "rich_text" => Some(text::markdown(value)),
        "number" => number(value),
        "select" | "status" => name(value),
        "multi_select" | "people" | "files" => names(value),
        "date" => date(value),
        "checkbox" => Some(if value.as_bool()? { "Yes" } else { "No" }.to_owned()),
        "url" | "email" | "phone_number" | "created_time" => value.as_str().map(str::to_owned),
        "formula" | "rollup" => computed(value),
        "unique_id" => {
            let prefix = value["prefix"].as_str().map(|prefix| format!("{prefix}-"));
            Some(format!(
                "{}{}",
                prefix.unwrap_or_default(),
                number(&value["number"])?
            ))
        }
        _ => None,
    }
}

fn number(value: &Value) -> Option<String> {
    value.is_number().then(|| value.to_string())
}

fn name(value: &Value) -> Option<String> {
    value["name"].as_str().map(str::to_owned)
}

fn names(values: &Value) -> Option<String> {
    let names: Vec<String> = values.as_array()?.iter().filter_map(name).collect();
    Some(names.join(", "))
}

fn date(value: &Value) -> Option<String> {
    let start = value["start"].as_str()?;
    Some(match value["end"].as_str() {
        Some(end) => format!("{start} to {end}"),
        None => start.to_owned(),
    })
}

fn computed(result: &Value) -> Option<String> {
    let kind = result["type"].as_str()?;
    let value_of = &result[kind];
    match kind {
        "string" => value_of.as_str().map(str::to_owned),
        "number" => number(value_of),
        "boolean" => Some(if value_of.as_bool()? { "Yes" } else { "No" }.to_owned()),
        "date" => date(value_of),
        "array" => {
            let values: Vec<String> = value_of.as_array()?.iter().filter_map(entry).collect();
            Some(values.join(", "))
        }
        _ => None,
    }
}

/// An entry of a rollup; titles count there.
fn entry(property: &Value) -> Option<String> {
    if property["type"] == "title" {
        return Some(text::plain(&property["title"]));
    }
    // A rollup never holds another one.
    if property["type"] == "rollup" {
        return None;
    }
    value(property)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_row_says_what_its_properties_say() {
        let text = |words: &str| json!([{ "type": "text", "plain_text": words }]);
        let page = json!({ "properties": {
            "Name": { "type": "title", "title": text("Kettle\nK2") },
            "Notes": { "type": "rich_text", "rich_text": text("Two\nlines") },
            "Price": { "type": "number", "number": 49.5 },
            "Stock": { "type": "status", "status": { "name": "In stock" } },
            "Tags": { "type": "multi_select", "multi_select": [{ "name": "new" }, { "name": "tea" }] },
            "Sale": { "type": "date", "date": { "start": "2026-01-02", "end": "2026-01-09" } },
            "Fast": { "type": "checkbox", "checkbox": true },
            "Code": { "type": "unique_id", "unique_id": { "prefix": "K", "number": 7 } },
            "Sum": { "type": "formula", "formula": { "type": "number", "number": 3 } },
            "Parts": { "type": "rollup", "rollup": { "type": "array", "array": [
                { "type": "title", "title": text("Lid") }, { "type": "number", "number": 2 }] } },
            "Empty": { "type": "select", "select": null },
            "Blank": { "type": "rich_text", "rich_text": [] },
            "Edited": { "type": "last_edited_time", "last_edited_time": "2026-01-01T00:00:00Z" },
        }});
        assert_eq!(title(&page), "Kettle K2");
        assert_eq!(
            properties(&page),
            "- Code: K-7\n- Fast: Yes\n- Notes: Two lines\n- Parts: Lid, 2\n- Price: 49.5\n\
             - Sale: 2026-01-02 to 2026-01-09\n- Stock: In stock\n- Sum: 3\n- Tags: new, tea"
        );
    }
}
