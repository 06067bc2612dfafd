//! One table of the file, checked against its fields.
//!
//! The accessors never fail: a value that did not have the form its field asks
//! for was reported when the table was read, and the file is refused.

use std::collections::BTreeMap;
use std::ops::Range;
use std::time::Duration;

use super::{Diagnostic, Secret};

/// A checked section: every value has the form its field asks for.
#[derive(Debug, Clone, Default)]
pub struct Section {
    pub(super) name: String,
    pub(super) span: Range<usize>,
    pub(super) values: BTreeMap<&'static str, (Value, Range<usize>)>,
}

/// A value that has the form of its field.
#[derive(Debug, Clone)]
pub(super) enum Value {
    Text(String),
    Texts(Vec<String>, Vec<Range<usize>>),
    Duration(Duration),
    Secret(Secret),
    Flag(bool),
    Count(u64),
    Map(BTreeMap<String, String>),
    Table(Section),
    Tables(Vec<Section>),
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
            Some((Value::Texts(texts, _), _)) => texts,
            _ => &[],
        }
    }

    /// A list of texts, each with its place in the file.
    pub fn spanned_texts(&self, key: &str) -> impl Iterator<Item = (&str, Range<usize>)> {
        let (texts, spans): (&[_], &[_]) = match self.values.get(key) {
            Some((Value::Texts(texts, spans), _)) => (texts, spans),
            _ => (&[], &[]),
        };
        texts.iter().map(String::as_str).zip(spans.iter().cloned())
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

    /// Whether any value of the section is a secret.
    pub fn has_secrets(&self) -> bool {
        self.values.values().any(|(value, _)| matches!(value, Value::Secret(_)))
    }

    /// A flag; `None` when left out.
    pub fn flag(&self, key: &str) -> Option<bool> {
        match self.values.get(key) {
            Some((Value::Flag(flag), _)) => Some(*flag),
            _ => None,
        }
    }

    /// A whole number, or a size in bytes.
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

    /// A table with keys of its own.
    pub fn table(&self, key: &str) -> Option<&Section> {
        match self.values.get(key) {
            Some((Value::Table(table), _)) => Some(table),
            _ => None,
        }
    }

    /// A list of tables; empty when left out.
    pub fn tables(&self, key: &str) -> &[Section] {
        match self.values.get(key) {
            Some((Value::Tables(tables), _)) => tables,
            _ => &[],
        }
    }

    /// Whether the key is there.
    pub fn has(&self, key: &str) -> bool {
        self.values.contains_key(key)
    }

    /// Gives the place of a value, or of the section when the key is missing.
    pub fn span(&self, key: &str) -> Range<usize> {
        self.values.get(key).map_or_else(|| self.span.clone(), |(_, span)| span.clone())
    }

    /// A mistake about one key, pointing at its value (or at the section when the key is missing).
    pub fn mistake(&self, key: &str, message: impl Into<String>, hint: impl Into<String>) -> Diagnostic {
        Diagnostic::new(self.span(key), message).hint(hint)
    }
}
