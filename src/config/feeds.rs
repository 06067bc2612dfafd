//! `[feeds.*]`: where to listen.

use std::time::Duration;

use super::parts::{Part, Shape};
use super::read::Reader;
use super::value::nearest;
use super::{Diagnostic, FEED_FIELDS, Kind, Section};

/// The part as lists.
pub(super) const FEEDS: Part = Part {
    key: "feeds",
    shape: Shape::Kinds,
    fields: FEED_FIELDS,
    doc: "Where to listen: one section per feed, under a name of your choice. `type` picks the kind; `courtier feeds` lists them with their keys.",
    sample: "",
};

/// When a feed that hears nothing is called deaf.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Silence {
    /// Learned from how often the feed speaks.
    #[default]
    Auto,
    /// Never.
    Off,
    /// After this time.
    After(Duration),
}

/// One feed of the file.
#[derive(Debug, Clone)]
pub struct FeedSection {
    /// Its name: `bsky` of `[feeds.bsky]`.
    pub name: String,
    /// The word after `type =`.
    pub kind: &'static str,
    /// Its keys, checked; what the kind's `build` reads.
    pub section: Section,
    /// How often to ask; `None` leaves it to the kind.
    pub every: Option<Duration>,
    /// When to call it deaf.
    pub silence: Silence,
    /// Ids of the watches it listens for; empty means all.
    pub watches: Vec<String>,
}

impl FeedSection {
    /// Takes what all feeds share out of a checked section.
    pub(super) fn new(kind: &'static str, section: Section, watches: &[String], reader: &mut Reader<'_>) -> Self {
        references(&section, "watches", "watch", watches, reader);
        let silence = match (section.text("silence"), section.duration("silence")) {
            (Some("off"), _) => Silence::Off,
            (_, Some(after)) => Silence::After(after),
            _ => Silence::Auto,
        };
        Self {
            name: section.name().to_owned(),
            kind,
            every: section.duration("every"),
            silence,
            watches: section.texts("watches").to_vec(),
            section,
        }
    }
}

/// Notes every name in a list that names nothing in the file.
pub(super) fn references(section: &Section, key: &str, what: &str, known: &[String], reader: &mut Reader<'_>) {
    let unknown: Vec<_> = section.spanned_texts(key).filter(|(name, _)| !known.iter().any(|known| known == name)).collect();
    for (name, span) in unknown {
        reader.error(no_such(span, what, name, known));
    }
}

/// Lists the networks that the file's feeds, and feeds in general, bring posts of.
pub(super) fn networks(kinds: &[Kind], feeds: &[(&'static str, Section)]) -> Vec<String> {
    let named = feeds.iter().flat_map(|(_, section)| ["network", "preset"].into_iter().filter_map(|key| section.text(key)));
    kinds.iter().map(|kind| kind.name).chain(named).map(str::to_lowercase).collect()
}

/// Warns of a network that is hardly one: another that posts do come from is spelt nearly like it.
///
/// No more than a warning, and silent about networks that resemble none: a post may name its own.
pub(super) fn check_network(name: &str, span: std::ops::Range<usize>, networks: &[String], reader: &mut Reader<'_>) {
    if networks.iter().any(|known| *known == name.to_lowercase()) {
        return;
    }
    if let Some(near) = nearest(name, networks.iter().map(String::as_str)) {
        let odd = Diagnostic::new(span, format!("no feed brings posts of a network {name:?}"));
        reader.warn(odd.label("has no effect").hint(format!("did you mean \"{near}\"?")));
    }
}

/// Says that a name names nothing in the file, and which was probably meant.
pub(super) fn no_such(span: std::ops::Range<usize>, what: &str, name: &str, known: &[String]) -> Diagnostic {
    let hint = match nearest(name, known.iter().map(String::as_str)) {
        Some(near) => format!("did you mean \"{near}\"?"),
        None if known.is_empty() => format!("the file has no {what}; add one"),
        None => format!("the file has {}", known.iter().map(|name| format!("\"{name}\"")).collect::<Vec<_>>().join(", ")),
    };
    Diagnostic::new(span, format!("there is no {what} {name:?}")).label("named here").hint(hint)
}
