//! What the lists of feeds and notifiers hand in: this room knows none of them.

use super::{Field, Form};

/// A kind of feed or notifier as this room sees it.
#[derive(Debug, Clone, Copy)]
pub struct Kind {
    /// The word after `type =`.
    pub name: &'static str,
    /// One line for tables and the schema.
    pub summary: &'static str,
    /// The keys beside `type` and those that all feeds or all notifiers take.
    pub fields: &'static [Field],
}

/// Every kind that a file may name.
#[derive(Debug, Clone, Default)]
pub struct Kinds {
    /// For `[feeds.*]`.
    pub feeds: Vec<Kind>,
    /// For `[notifiers.*]`.
    pub notifiers: Vec<Kind>,
}

/// The key that picks a kind.
pub(super) const TYPE_FIELD: &[Field] = &[Field::required("type", Form::Text, "The kind.")];
