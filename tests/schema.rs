//! `courtier schema` says the same as the reader, as far as a schema can.
//!
//! The check is a small one of our own for the words that the schema uses; it
//! panics at any other, so that a new word is never passed over in silence.

#![allow(
    clippy::pedantic,
    clippy::unwrap_used,
    clippy::print_stdout,
    clippy::print_stderr,
    clippy::disallowed_methods,
    clippy::string_slice,
    clippy::let_underscore_must_use,
    clippy::large_stack_arrays,
    clippy::type_complexity,
    clippy::async_yields_async,
    unreachable_pub,
    missing_docs,
    reason = "a test may stop at the first surprise, prints what it skips, and owns its tasks"
)]

use std::path::{Path, PathBuf};

use courtier::engine;
use serde_json::{Value, json};

/// Says what is wrong with a value, as paths.
fn mistakes(schema: &Value, value: &Value, at: &str) -> Vec<String> {
    let mut found = Vec::new();
    let rules = schema.as_object().expect("a schema is an object");
    for (word, rule) in rules {
        let wrong = match word.as_str() {
            "$schema" | "title" | "description" | "then" => false,
            "type" => !fits_type(rule.as_str().expect("one type"), value),
            "const" => rule != value,
            "enum" => !rule.as_array().expect("a list").contains(value),
            "pattern" => value.as_str().is_some_and(|text| !fits(rule, text)),
            "minimum" => value.as_u64() < rule.as_u64(),
            "maximum" => value.as_u64() > rule.as_u64(),
            "required" => {
                let missing = |key: &Value| value.get(key.as_str().expect("a key")).is_none();
                value.is_object() && rule.as_array().expect("a list").iter().any(missing)
            }
            "properties" => {
                for (key, inner) in rule.as_object().expect("an object") {
                    if let Some(value) = value.get(key) {
                        found.extend(mistakes(inner, value, &format!("{at}.{key}")));
                    }
                }
                false
            }
            "propertyNames" => value.as_object().is_some_and(|table| table.keys().any(|key| !fits(&rule["pattern"], key))),
            "additionalProperties" => {
                let known = |key: &String| rules.get("properties").is_some_and(|known| known.get(key).is_some());
                for (key, value) in value.as_object().into_iter().flatten().filter(|(key, _)| !known(key)) {
                    if rule == &json!(false) {
                        found.push(format!("{at}.{key} is unknown"));
                    } else {
                        found.extend(mistakes(rule, value, &format!("{at}.{key}")));
                    }
                }
                false
            }
            "items" => {
                for (index, value) in value.as_array().into_iter().flatten().enumerate() {
                    found.extend(mistakes(rule, value, &format!("{at}[{index}]")));
                }
                false
            }
            "anyOf" => rule.as_array().expect("a list").iter().all(|one| !mistakes(one, value, at).is_empty()),
            "allOf" => {
                for one in rule.as_array().expect("a list") {
                    found.extend(mistakes(one, value, at));
                }
                false
            }
            "if" => {
                if mistakes(rule, value, at).is_empty() {
                    found.extend(mistakes(&rules["then"], value, at));
                }
                false
            }
            other => panic!("this test does not know the word `{other}`"),
        };
        if wrong {
            found.push(format!("{at}: {word}"));
        }
    }
    found
}

fn fits_type(name: &str, value: &Value) -> bool {
    match name {
        "object" => value.is_object(),
        "array" => value.is_array(),
        "string" => value.is_string(),
        "integer" => value.is_i64() || value.is_u64(),
        "boolean" => value.is_boolean(),
        other => panic!("this test does not know the type `{other}`"),
    }
}

fn fits(pattern: &Value, text: &str) -> bool {
    regex::Regex::new(pattern.as_str().expect("a pattern")).expect("it compiles").is_match(text)
}

/// Reads TOML as JSON; `None` when it is not even TOML.
fn as_json(text: &str) -> Option<Value> {
    serde_json::to_value(toml::from_str::<toml::Value>(text).ok()?).ok()
}

fn fixture(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/config").join(name)
}

#[test]
fn the_parts_without_kinds_agree_with_the_reader() {
    let schema = engine::kinds().schema();
    for name in ["ok/whole.toml", "ok/smallest.toml", "ok/inline.toml", "ok/shadow-rule.toml", "warned/networks.toml"] {
        let mut value = as_json(&std::fs::read_to_string(fixture(name)).unwrap()).unwrap();
        // The fixtures name stand-ins for kinds; kinds have a test of their own below.
        for part in ["feeds", "notifiers"] {
            value.as_object_mut().unwrap().remove(part);
        }
        assert_eq!(mistakes(&schema, &value, "file"), Vec::<String>::new(), "{name}");
    }
    // A key that is gone is read and warned of; an editor marks it.
    let value = as_json(&std::fs::read_to_string(fixture("warned/retired-keys.toml")).unwrap()).unwrap();
    assert_eq!(mistakes(&schema, &value, "file").len(), 1, "{:?}", mistakes(&schema, &value, "file"));
}

#[test]
fn every_sample_of_a_kind_fits() {
    let schema = engine::kinds().schema();
    let samples = courtier::feed::FEEDS.iter().map(|kind| kind.sample).chain(courtier::notify::NOTIFIERS.iter().map(|kind| kind.sample));
    for sample in samples {
        let file = format!("version = 1\n[watches.nomadesk]\nterms = [\"nomadesk\"]\n{sample}");
        let value = as_json(&file).unwrap_or_else(|| panic!("not TOML:\n{file}"));
        assert_eq!(mistakes(&schema, &value, "file"), Vec::<String>::new(), "{sample}");
    }
}

#[test]
fn what_the_reader_refuses_for_its_shape_the_schema_refuses() {
    let schema = engine::kinds().schema();
    for name in [
        "unknown-part",
        "unknown-keys",
        "unknown-type",
        "wrong-types",
        "missing-keys",
        "durations",
        "version-missing",
        "version-newer",
        "version-odd",
        "section-names",
        "shapes",
        "inline-secret",
        "rules",
        "web-address",
        "net",
    ] {
        let text = std::fs::read_to_string(fixture(&format!("bad/{name}.toml"))).unwrap();
        let value = as_json(&text).unwrap_or_else(|| panic!("{name} is not TOML"));
        assert!(!mistakes(&schema, &value, "file").is_empty(), "{name} was accepted");
    }
}

#[test]
fn unknown_keys_are_found_one_by_one() {
    let schema = engine::kinds().schema();
    let file = "version = 1\n[watches.a]\nterms = [\"aa\"]\ntrems = 1\n[[routes]]\nto = [\"x\"]\nwhen = { prioritty = \"urgent\" }\n[web]\nlissten = 1\n";
    let found = mistakes(&schema, &as_json(file).unwrap(), "file");
    assert_eq!(found.iter().filter(|one| one.ends_with("is unknown")).count(), 3, "{found:?}");
}
