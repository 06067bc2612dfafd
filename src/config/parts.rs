//! The parts of a file, in the order of the documentation: the list from which
//! the reader, the JSON Schema and `docs/configuration.md` come.

use super::{Field, feeds, hours, notifiers, routes, rules, settings, watches};

/// How a part stands in the file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shape {
    /// One table: `[hours]`.
    Table,
    /// A table of tables with names: `[watches.nomadesk]`.
    Named,
    /// A table of tables with names, each with a `type` that picks a kind: `[feeds.bsky]`.
    Kinds,
    /// A list of tables: `[[routes]]`.
    List,
}

/// One part of a file.
#[derive(Debug, Clone, Copy)]
pub struct Part {
    /// The key at the top.
    pub key: &'static str,
    /// How it stands in the file.
    pub shape: Shape,
    /// Its keys; for [`Shape::Kinds`] those that all kinds share.
    pub fields: &'static [Field],
    /// A few sentences for the docs and the schema.
    pub doc: &'static str,
    /// Commented TOML of one section, shown by `init` and the docs; empty where the kinds bring theirs.
    pub sample: &'static str,
}

impl Part {
    /// Writes the header of a section of this part: `[watches.nomadesk]`, `[hours]`, `[[routes]]`.
    pub fn header(&self, name: &str) -> String {
        match self.shape {
            Shape::Table => format!("[{}]", self.key),
            Shape::Named | Shape::Kinds => format!("[{}.{name}]", self.key),
            Shape::List => format!("[[{}]]", self.key),
        }
    }
}

/// The newest version of the format; files name the one they were written for.
pub const VERSION: u64 = 1;

/// Every part beside `version`.
pub const PARTS: &[Part] = &[
    watches::WATCHES,
    watches::RIVALS,
    feeds::FEEDS,
    notifiers::NOTIFIERS,
    routes::ROUTES,
    hours::HOURS,
    rules::RULES,
    settings::REPLY,
    settings::STORE,
    settings::PRIVACY,
    settings::NET,
    settings::LOG,
    settings::WEB,
];
