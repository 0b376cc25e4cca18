//! The API document, and bodies that follow it.

use reqwest::Method;
use serde_json::{Map, Value, json};

/// `docs/openapi.json`.
pub struct Document(Value);

/// One route.
pub struct Operation {
    pub method: Method,
    pub path: String,
    /// Whether the document says that it needs a token.
    pub is_secured: bool,
    /// Whether it takes a file and nothing else.
    pub is_upload: bool,
    body: Option<Value>,
}

impl Operation {
    /// As `GET /api/v1/bots/{bot_id}`.
    pub fn name(&self) -> String {
        format!("{} {}", self.method, self.path)
    }

    pub fn is_read(&self) -> bool {
        self.method == Method::GET
    }

    /// Names of what stands in braces.
    pub fn parameters(&self) -> Vec<String> {
        let parts = self.path.split('{').skip(1);
        parts
            .map(|part| part.split('}').next().unwrap().to_owned())
            .collect()
    }

    /// The path with values for what stands in braces.
    pub fn filled(&self, value: &dyn Fn(&str) -> String) -> String {
        let mut path = self.path.clone();
        for name in self.parameters() {
            path = path.replace(&format!("{{{name}}}"), &value(&name));
        }
        path
    }
}

impl Document {
    pub fn read() -> Self {
        Self(serde_json::from_str(include_str!("../../../../docs/openapi.json")).unwrap())
    }

    pub fn operations(&self) -> impl Iterator<Item = Operation> {
        let paths = self.0["paths"].as_object().unwrap();
        paths.iter().flat_map(|(path, item)| {
            let operations = item.as_object().unwrap().iter();
            operations.map(move |(method, operation)| {
                let content = &operation["requestBody"]["content"];
                let json = content.get("application/json");
                Operation {
                    method: method.to_uppercase().parse().unwrap(),
                    path: path.clone(),
                    is_secured: operation.get("security").is_some(),
                    is_upload: json.is_none() && content.is_object(),
                    body: content
                        .as_object()
                        .map(|_| json.map_or_else(|| json!({}), |json| json["schema"].clone())),
                }
            })
        })
    }

    /// A body with all that is required, and every id; `None` where there is none.
    pub fn body(&self, operation: &Operation, id: &dyn Fn(&str) -> String) -> Option<Value> {
        Some(self.sample("", operation.body.as_ref()?, id))
    }

    /// Whether a body names something by its id.
    pub fn body_has_ids(&self, operation: &Operation) -> bool {
        operation.body.as_ref().is_some_and(|schema| self.has_ids(schema))
    }

    fn resolve<'a>(&'a self, schema: &'a Value) -> &'a Value {
        match schema["$ref"].as_str() {
            Some(name) => self.0.pointer(name.trim_start_matches('#')).unwrap(),
            None => schema,
        }
    }

    fn has_ids(&self, schema: &Value) -> bool {
        let schema = self.resolve(schema);
        if schema["format"] == "uuid" {
            return true;
        }
        let parts = ["oneOf", "allOf"]
            .into_iter()
            .filter_map(|key| schema[key].as_array());
        let properties = schema["properties"].as_object().into_iter().flat_map(Map::values);
        let mut all = parts.flatten().chain(properties).chain(schema.get("items"));
        all.any(|part| self.has_ids(part))
    }

    fn sample(&self, name: &str, schema: &Value, id: &dyn Fn(&str) -> String) -> Value {
        let schema = self.resolve(schema);
        if let Some(variants) = schema["oneOf"].as_array() {
            let best = variants.iter().find(|variant| self.has_ids(variant));
            return self.sample(name, best.unwrap_or(&variants[0]), id);
        }
        if let Some(parts) = schema["allOf"].as_array() {
            let mut all = Map::new();
            for part in parts {
                if let Value::Object(part) = self.sample(name, part, id) {
                    all.extend(part);
                }
            }
            return Value::Object(all);
        }
        if let Some(first) = schema["enum"].as_array().and_then(|values| values.first()) {
            return first.clone();
        }
        if schema["format"] == "uuid" {
            return json!(id(name));
        }
        match schema["type"].as_str().or_else(|| schema["type"][0].as_str()) {
            Some("object") => self.object(schema, id),
            Some("array") => json!([self.sample(name, &schema["items"], id)]),
            Some("string") if schema["format"] == "date-time" => json!("2100-01-01T00:00:00Z"),
            Some("string") if name.contains("url") => json!("https://example.com/"),
            Some("string") => json!("Text of 3 words"),
            Some("integer") => json!(7),
            Some("number") => json!(0.5),
            Some("boolean") => json!(true),
            _ => Value::Null,
        }
    }

    fn object(&self, schema: &Value, id: &dyn Fn(&str) -> String) -> Value {
        let required = schema["required"].as_array().cloned().unwrap_or_default();
        let mut object = Map::new();
        for (name, property) in schema["properties"].as_object().into_iter().flatten() {
            if required.contains(&json!(name)) || self.has_ids(property) {
                object.insert(name.clone(), self.sample(name, property, id));
            }
        }
        // A run of tests is on one or the other.
        if object.contains_key("bot_id") {
            object.remove("draft_id");
        }
        Value::Object(object)
    }
}
