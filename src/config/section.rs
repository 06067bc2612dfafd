//! One table of the file, checked against its fields.

use std::collections::BTreeMap;
use std::ops::Range;
use std::time::Duration;

use super::Secret;

/// One mistake: where and what would be right. Never holds a secret's value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Diagnostic {
    /// Bytes of the file it is about.
    pub span: Range<usize>,
    /// What is wrong, in one line.
    pub message: String,
    /// The few words under the caret.
    pub label: String,
    /// What would be right.
    pub hint: Option<String>,
}

/// A checked section: every value has the form its field asks for.
#[derive(Debug, Clone, Default)]
pub struct Section {
    name: String,
    span: Range<usize>,
    values: BTreeMap<&'static str, (Value, Range<usize>)>,
}

#[derive(Debug, Clone)]
enum Value {
    Text(String),
    Texts(Vec<String>),
    Duration(Duration),
    Secret(Secret),
    Flag(bool),
    Count(u64),
    Map(BTreeMap<String, String>),
}

impl Section {
    /// The section's own key: `bsky` of `[feeds.bsky]`.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// A text, a URL or a word of a list.
    pub fn text(&self, key: &str) -> Option<&str> {
        match self.values.get(key) {
            Some((Value::Text(text), _)) => Some(text),
            _ => None,
        }
    }

    /// A list of texts; empty when left out.
    pub fn texts(&self, key: &str) -> &[String] {
        match self.values.get(key) {
            Some((Value::Texts(texts), _)) => texts,
            _ => &[],
        }
    }

    /// A duration.
    pub fn duration(&self, key: &str) -> Option<Duration> {
        match self.values.get(key) {
            Some((Value::Duration(duration), _)) => Some(*duration),
            _ => None,
        }
    }

    /// A secret with its value.
    pub fn secret(&self, key: &str) -> Option<&Secret> {
        match self.values.get(key) {
            Some((Value::Secret(secret), _)) => Some(secret),
            _ => None,
        }
    }

    /// A flag; `None` when left out.
    pub fn flag(&self, key: &str) -> Option<bool> {
        match self.values.get(key) {
            Some((Value::Flag(flag), _)) => Some(*flag),
            _ => None,
        }
    }

    /// A whole number.
    pub fn count(&self, key: &str) -> Option<u64> {
        match self.values.get(key) {
            Some((Value::Count(count), _)) => Some(*count),
            _ => None,
        }
    }

    /// A table of strings.
    pub fn map(&self, key: &str) -> Option<&BTreeMap<String, String>> {
        match self.values.get(key) {
            Some((Value::Map(map), _)) => Some(map),
            _ => None,
        }
    }

    /// A mistake about one key, pointing at its value (or at the section when the key is missing).
    pub fn mistake(&self, key: &str, message: impl Into<String>, hint: impl Into<String>) -> Diagnostic {
        let span = self.values.get(key).map_or_else(|| self.span.clone(), |(_, span)| span.clone());
        Diagnostic { span, message: message.into(), label: String::new(), hint: Some(hint.into()) }
    }
}
