//! The JSON Schema of a file, from the lists that the reader itself uses.
//!
//! Editors complete and check with it; what it cannot say (a rival that is not
//! there, a private address) is left to `check`.

use serde_json::{Map, Value, json};

use super::parts::{PARTS, Part, Shape, VERSION};
use super::{Field, Form, Kind, Kinds};

/// The name of a section, as the reader wants it.
const NAME: &str = "^[A-Za-z0-9._-]{1,64}$";
/// A whole URL without a user name.
const URL: &str = "^(https?|wss?)://[^@]+$";
/// A duration with a unit.
const DURATION: &str = "^([0-9]+(ms|s|min|m|h|d|w))+$";

impl Kinds {
    /// Writes the JSON Schema (draft 2020-12) of a configuration file.
    pub fn schema(&self) -> Value {
        let mut properties = Map::new();
        properties.insert("version".into(), json!({ "const": VERSION, "description": "The version of the format." }));
        for part in PARTS {
            let (schema, doc) = (self.part(part), part.doc);
            let mut schema = schema;
            schema["description"] = doc.into();
            properties.insert(part.key.into(), schema);
        }
        json!({
            "$schema": "https://json-schema.org/draft/2020-12/schema",
            "title": "courtier.toml",
            "type": "object",
            "required": ["version", "watches"],
            "additionalProperties": false,
            "properties": properties,
        })
    }

    /// Writes one part.
    fn part(&self, part: &Part) -> Value {
        let named = |section: Value| json!({ "type": "object", "propertyNames": { "pattern": NAME }, "additionalProperties": section });
        match part.shape {
            Shape::Table => table(part.fields.iter()),
            Shape::Named => named(table(part.fields.iter())),
            Shape::List => json!({ "type": "array", "items": table(part.fields.iter()) }),
            Shape::Kinds => named(one_of_kinds(if part.key == "feeds" { &self.feeds } else { &self.notifiers }, part.fields)),
        }
    }
}

/// Writes a section whose `type` picks its keys: one branch per kind gives clearer messages than `oneOf`.
fn one_of_kinds(kinds: &[Kind], common: &[Field]) -> Value {
    let branches: Vec<Value> = kinds
        .iter()
        .map(|kind| {
            // A kind's own field stands before a common one of the same key.
            let own = |key: &str| kind.fields.iter().any(|field| field.key == key);
            let mut then = table(kind.fields.iter().chain(common.iter().filter(|field| !own(field.key))));
            then["properties"]["type"] = json!({ "const": kind.name });
            json!({ "if": { "properties": { "type": { "const": kind.name } }, "required": ["type"] }, "then": then })
        })
        .collect();
    let list: Vec<String> = kinds.iter().map(|kind| format!("{}: {}", kind.name, kind.summary)).collect();
    json!({
        "type": "object",
        "required": ["type"],
        "properties": { "type": { "enum": kinds.iter().map(|kind| kind.name).collect::<Vec<_>>(), "description": list.join("; ") } },
        "allOf": branches,
    })
}

/// Writes a table with these keys and no others.
fn table<'a>(fields: impl Iterator<Item = &'a Field> + Clone) -> Value {
    let properties: Map<String, Value> = fields.clone().map(|field| (field.key.to_owned(), described(field))).collect();
    let required: Vec<&str> = fields.filter(|field| field.required).map(|field| field.key).collect();
    let mut schema = json!({ "type": "object", "additionalProperties": false, "properties": properties });
    if !required.is_empty() {
        schema["required"] = json!(required);
    }
    schema
}

/// Writes one key with its sentence.
fn described(field: &Field) -> Value {
    let mut schema = form(field.form);
    schema["description"] = field.doc.into();
    schema
}

/// Writes what a value must look like.
fn form(form: Form) -> Value {
    match form {
        Form::Text => json!({ "type": "string", "pattern": "\\S" }),
        Form::Texts => json!({ "anyOf": [
            { "type": "string", "pattern": "\\S" },
            { "type": "array", "items": { "type": "string", "pattern": "\\S" } },
        ] }),
        Form::Url => json!({ "type": "string", "pattern": URL }),
        Form::Urls => json!({ "anyOf": [
            { "type": "string", "pattern": URL },
            { "type": "array", "items": { "type": "string", "pattern": URL } },
        ] }),
        Form::Duration => json!({ "type": "string", "pattern": DURATION }),
        Form::DurationOr(words) => json!({ "anyOf": [{ "enum": words }, { "type": "string", "pattern": DURATION }] }),
        Form::Size => json!({ "type": "string", "pattern": "^[0-9]+ *(B|[kK]B|MB|GB|TB|KiB|MiB|GiB|TiB)$" }),
        Form::Secret => json!({ "type": "string", "pattern": "^(env:[A-Za-z_][A-Za-z0-9_]*|file:.+|cred:[A-Za-z0-9_-][A-Za-z0-9._-]*)$" }),
        Form::Flag => json!({ "type": "boolean" }),
        Form::Count(least, u64::MAX) => json!({ "type": "integer", "minimum": least }),
        Form::Count(least, most) => json!({ "type": "integer", "minimum": least, "maximum": most }),
        Form::OneOf(words) => json!({ "enum": words }),
        Form::Words(words) => json!({ "anyOf": [{ "enum": words }, { "type": "array", "items": { "enum": words } }] }),
        Form::Map => json!({ "type": "object", "additionalProperties": { "type": "string" } }),
        Form::Table(fields) => table(fields.iter()),
        Form::Tables(fields) => json!({ "type": "array", "items": table(fields.iter()) }),
    }
}
