//! The API document, and bodies that follow it.

use reqwest::Method;
use serde_json::{Map, Value, json};

/// As many kinds as a source may be of.
const MOST_VARIANTS: usize = 6;

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
    /// Names of what may stand behind the `?`.
    pub queries: Vec<String>,
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
                    queries: queries(operation),
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
        let sampler = Sampler {
            document: self,
            id,
            whole: None,
        };
        Some(sampler.sample("", operation.body.as_ref()?))
    }

    /// Bodies with everything that may be in them, one for each kind of what may be of several.
    pub fn whole_bodies(&self, operation: &Operation, id: &dyn Fn(&str) -> String) -> Vec<Value> {
        let Some(schema) = &operation.body else {
            return Vec::new();
        };
        let variants = (0..MOST_VARIANTS).map(|variant| {
            let sampler = Sampler {
                document: self,
                id,
                whole: Some(variant),
            };
            sampler.sample("", schema)
        });
        let mut bodies: Vec<Value> = Vec::new();
        for body in variants {
            if !bodies.contains(&body) {
                bodies.push(body);
            }
        }
        bodies
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
}

fn queries(operation: &Value) -> Vec<String> {
    let parameters = operation["parameters"].as_array().into_iter().flatten();
    parameters
        .filter(|parameter| parameter["in"] == "query")
        .map(|parameter| parameter["name"].as_str().unwrap().to_owned())
        .collect()
}

/// Makes values that follow a schema.
struct Sampler<'a> {
    document: &'a Document,
    id: &'a dyn Fn(&str) -> String,
    /// Everything, and which variant of what may be of several kinds; else only what has to be there.
    whole: Option<usize>,
}

impl Sampler<'_> {
    fn sample(&self, name: &str, schema: &Value) -> Value {
        let schema = self.document.resolve(schema);
        if let Some(variants) = schema["oneOf"].as_array() {
            let best = match self.whole {
                None => variants.iter().find(|variant| self.document.has_ids(variant)),
                Some(n) => {
                    let mut some = variants.iter().filter(|variant| variant["type"] != "null");
                    let count = some.clone().count().max(1);
                    some.nth(n % count)
                }
            };
            return self.sample(name, best.unwrap_or(&variants[0]));
        }
        if let Some(parts) = schema["allOf"].as_array() {
            let mut all = Map::new();
            for part in parts {
                if let Value::Object(part) = self.sample(name, part) {
                    all.extend(part);
                }
            }
            return Value::Object(all);
        }
        if let Some(first) = schema["enum"].as_array().and_then(|values| values.first()) {
            return first.clone();
        }
        if schema["format"] == "uuid" {
            return json!((self.id)(name));
        }
        match schema["type"].as_str().or_else(|| schema["type"][0].as_str()) {
            Some("object") => self.object(schema),
            Some("array") => json!([self.sample(name, &schema["items"])]),
            Some("string") if schema["format"] == "date-time" => json!("2100-01-01T00:00:00Z"),
            Some("string") if schema["format"] == "date" => json!("2100-01-01"),
            Some("string") if name.contains("url") => json!("https://example.com/"),
            Some("string") => json!("Text of 3 words"),
            Some("integer") => json!(7),
            Some("number") => json!(0.5),
            Some("boolean") => json!(true),
            _ => Value::Null,
        }
    }

    fn object(&self, schema: &Value) -> Value {
        let required = schema["required"].as_array().cloned().unwrap_or_default();
        let mut object = Map::new();
        for (name, property) in schema["properties"].as_object().into_iter().flatten() {
            if self.whole.is_some() || required.contains(&json!(name)) || self.document.has_ids(property) {
                object.insert(name.clone(), self.sample(name, property));
            }
        }
        // A run of tests is on one or the other.
        if object.contains_key("bot_id") {
            object.remove("draft_id");
        }
        Value::Object(object)
    }
}
