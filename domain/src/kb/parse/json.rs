//! JSON and JSON Lines, as something to read: nested names become headings, lists of records become tables.

use std::collections::HashMap;
use std::fmt;

use serde::de::{Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};

use super::blocks::Blocks;
use super::{ParseError, ParsedDocument, decode, sheet, text};

/// Keys that name what an object is about, in any case.
const NAMES: [&str; 5] = ["title", "name", "label", "subject", "id"];

/// A value with its keys in the order of the file, which is the one its author chose.
enum Value {
    Scalar(String),
    List(Vec<Value>),
    Object(Object),
}

type Object = Vec<(String, Value)>;

pub(super) fn parse(bytes: &[u8]) -> Result<ParsedDocument, ParseError> {
    let decoded = decode::decode(bytes);
    let values: Result<Vec<Value>, _> = serde_json::Deserializer::from_str(&decoded).into_iter().collect();
    let values = match values {
        Ok(values) => values,
        Err(error) if error.to_string().starts_with("recursion limit") => return Err(ParseError::nested()),
        // With comments, or something else of this name.
        Err(_) => return Ok(text::parse_plain(bytes)),
    };
    let mut blocks = Blocks::default();
    let mut title = None;
    match values.as_slice() {
        [value] => {
            if let Value::Object(object) = value {
                title = name(object).map(str::to_owned);
            }
            add(&mut blocks, value, &[]);
        }
        lines => add_list(&mut blocks, lines, &[]),
    }
    Ok(ParsedDocument::single(title, blocks.finish()))
}

fn add(blocks: &mut Blocks, value: &Value, path: &[&str]) {
    match value {
        Value::Object(object) => add_object(blocks, object, path),
        Value::List(list) => add_list(blocks, list, path),
        Value::Scalar(text) => blocks.paragraph(text),
    }
}

/// What has no parts of its own first, a line each; then the rest under headings.
fn add_object(blocks: &mut Blocks, object: &Object, path: &[&str]) {
    let lines: Vec<String> = object
        .iter()
        .filter_map(|(key, value)| short(value).map(|text| format!("{key}: {text}")))
        .collect();
    blocks.paragraph(&lines.join("\n"));
    for (key, value) in object
        .iter()
        .filter(|(_, value)| short(value).is_none() && !is_hollow(value))
    {
        let below: Vec<&str> = path.iter().copied().chain([key.as_str()]).collect();
        blocks.heading(below.len(), &heading(&below));
        add(blocks, value, &below);
    }
}

fn add_list(blocks: &mut Blocks, list: &[Value], path: &[&str]) {
    if let Some(rows) = rows(list) {
        sheet::add(blocks, &rows, path.len() + 1);
        return;
    }
    for (value, number) in list.iter().zip(1..).filter(|(value, _)| !is_hollow(value)) {
        let Value::Object(object) = value else {
            add(blocks, value, path);
            continue;
        };
        let numbered = format!("{} {number}", path.last().unwrap_or(&"Entry"));
        let below: Vec<&str> = path
            .iter()
            .copied()
            .chain([name(object).unwrap_or(&numbered)])
            .collect();
        blocks.heading(below.len(), &heading(&below));
        add_object(blocks, object, &below);
    }
}

/// Markdown has six levels; deeper down, the heading says the way.
fn heading(path: &[&str]) -> String {
    let from = path.len().clamp(1, 6) - 1;
    path.get(from..).unwrap_or_default().join(" › ")
}

/// Records without parts, as a table with a column for every key.
fn rows(list: &[Value]) -> Option<Vec<Vec<String>>> {
    let mut columns: HashMap<&str, usize> = HashMap::new();
    let mut head: Vec<String> = Vec::new();
    for record in list {
        let Value::Object(record) = record else {
            return None;
        };
        for (key, value) in record {
            short(value)?;
            columns.entry(key).or_insert_with(|| {
                head.push(key.clone());
                head.len() - 1
            });
        }
    }
    if head.len() < 2 || head.len().saturating_mul(list.len()) > sheet::MAX_CELLS {
        return None;
    }
    let row = |record: &Value| {
        let mut row = vec![String::new(); head.len()];
        if let Value::Object(record) = record {
            for (key, value) in record {
                row[columns[key.as_str()]] = short(value).unwrap_or_default();
            }
        }
        row
    };
    let rows: Vec<Vec<String>> = list.iter().map(row).collect();
    Some(std::iter::once(head).chain(rows).collect())
}

/// Whether there is nothing in it but names.
fn is_hollow(value: &Value) -> bool {
    match value {
        Value::Scalar(_) => false,
        Value::List(list) => list.iter().all(is_hollow),
        Value::Object(object) => object.iter().all(|(_, value)| is_hollow(value)),
    }
}

/// What fits behind a colon: a value, or a list of them.
fn short(value: &Value) -> Option<String> {
    match value {
        Value::Object(_) => None,
        Value::List(list) => {
            let items: Option<Vec<&str>> = list.iter().map(scalar).collect();
            items.map(|items| items.join(", "))
        }
        Value::Scalar(text) => Some(text.clone()),
    }
}

fn scalar(value: &Value) -> Option<&str> {
    match value {
        Value::Scalar(text) => Some(text),
        _ => None,
    }
}

fn name(object: &Object) -> Option<&str> {
    let named = |wanted: &&str| {
        let mut fields = object.iter().filter(|(key, _)| key.eq_ignore_ascii_case(wanted));
        fields
            .find_map(|(_, value)| scalar(value))
            .filter(|name| !name.trim().is_empty())
    };
    NAMES.iter().find_map(named)
}

impl<'de> Deserialize<'de> for Value {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(ValueVisitor)
    }
}

struct ValueVisitor;

impl<'de> Visitor<'de> for ValueVisitor {
    type Value = Value;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a JSON value")
    }

    fn visit_bool<E>(self, value: bool) -> Result<Value, E> {
        Ok(Value::Scalar(if value { "yes" } else { "no" }.to_owned()))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Value, E> {
        Ok(Value::Scalar(value.to_string()))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Value, E> {
        Ok(Value::Scalar(value.to_string()))
    }

    fn visit_f64<E>(self, value: f64) -> Result<Value, E> {
        Ok(Value::Scalar(value.to_string()))
    }

    fn visit_str<E>(self, value: &str) -> Result<Value, E> {
        Ok(Value::Scalar(value.to_owned()))
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Scalar(String::new()))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Value, A::Error> {
        let mut list = Vec::new();
        while let Some(item) = items.next_element()? {
            list.push(item);
        }
        Ok(Value::List(list))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut fields: A) -> Result<Value, A::Error> {
        let mut object = Vec::new();
        while let Some(field) = fields.next_entry()? {
            object.push(field);
        }
        Ok(Value::Object(object))
    }
}

#[cfg(test)]
mod tests {
    use super::parse;

    fn markdown(json: &str) -> String {
        parse(json.as_bytes()).expect("JSON").pages[0].markdown.clone()
    }

    #[test]
    fn nested_names_become_headings_and_records_a_table() {
        assert_eq!(
            markdown(
                r#"{"title":"Quay","open":true,"tags":["a","b"],"rules":{"speed":"3 knots"},
                "berths":[{"no":"B1","owner":"Ida"},{"no":"B2","free":false}]}"#
            ),
            "title: Quay\nopen: yes\ntags: a, b\n\n# rules\n\nspeed: 3 knots\n\n# berths\n\n\
             | no | owner | free |\n| --- | --- | --- |\n| B1 | Ida |  |\n| B2 |  | no |"
        );
    }

    #[test]
    fn lines_are_records_too_and_parts_keep_the_names_above() {
        assert_eq!(
            markdown("{\"a\":1,\"b\":\"x\"}\n{\"a\":2,\"b\":\"y\"}\n"),
            "| a | b |\n| --- | --- |\n| 1 | x |\n| 2 | y |"
        );
        assert_eq!(
            markdown(r#"{"shops":[{"name":"North","hours":{"mon":"9"}},{"hours":{"mon":"8"}}]}"#),
            "# shops\n\n## North\n\nname: North\n\n### hours\n\nmon: 9\n\n## shops 2\n\n### hours\n\nmon: 8"
        );
    }

    #[test]
    fn what_is_no_json_is_text() {
        assert_eq!(markdown("// comment\n{}").trim(), "// comment\n{}");
    }
}
