//! `[notifiers.*]`: how to reach people.

use std::collections::BTreeMap;
use std::time::Duration;

use super::feeds::no_such;
use super::parts::{Part, Shape};
use super::read::Reader;
use super::{Diagnostic, NOTIFIER_FIELDS, Section};

/// The part as lists.
pub(super) const NOTIFIERS: Part = Part {
    key: "notifiers",
    shape: Shape::Kinds,
    fields: NOTIFIER_FIELDS,
    doc: "How to reach people: one section per receiver, under a name of your choice that routes use. `type` picks the kind; `courtier notifiers` lists them with their keys.",
    sample: "",
};

/// How long a notifier tries unless its section says otherwise.
const GIVE_UP: Duration = Duration::from_hours(24);

/// One notifier of the file.
#[derive(Debug, Clone)]
pub struct NotifierSection {
    /// Its name: `care` of `[notifiers.care]`.
    pub name: String,
    /// The word after `type =`.
    pub kind: &'static str,
    /// Its keys, checked; what the kind's `build` reads.
    pub section: Section,
    /// The notifier that takes over when this one gives up.
    pub fallback: Option<String>,
    /// How long to try before an alert becomes a dead letter.
    pub give_up: Duration,
}

impl NotifierSection {
    /// Takes what all notifiers share out of a checked section.
    pub(super) fn new(kind: &'static str, section: Section) -> Self {
        Self {
            name: section.name().to_owned(),
            kind,
            fallback: section.text("fallback").map(str::to_owned),
            give_up: section.duration("give_up").unwrap_or(GIVE_UP),
            section,
        }
    }
}

/// Checks that fallbacks exist and that no chain of them comes back to where it began.
pub(super) fn check_fallbacks(notifiers: &[NotifierSection], names: &[String], reader: &mut Reader<'_>) {
    let next: BTreeMap<&str, &str> =
        notifiers.iter().filter_map(|notifier| Some((notifier.name.as_str(), notifier.fallback.as_deref()?))).collect();
    let mut told: Vec<&str> = Vec::new();
    for notifier in notifiers {
        let Some(fallback) = notifier.fallback.as_deref() else { continue };
        let span = notifier.section.span("fallback");
        if !names.iter().any(|name| name == fallback) {
            reader.error(no_such(span, "notifier", fallback, names));
            continue;
        }
        let mut chain = vec![notifier.name.as_str()];
        while let Some(after) = chain.last().and_then(|last| next.get(last)) {
            if *after == notifier.name {
                // One circle is one mistake, told at its first member.
                if !chain.iter().any(|member| told.contains(member)) {
                    let circle = format!("{} -> {}", chain.join(" -> "), notifier.name);
                    let message = format!("the fallback of `{}` leads back to it", notifier.name);
                    reader.error(Diagnostic::new(span, message).label(circle).hint("let the last notifier of the chain have no fallback"));
                }
                told.extend(&chain);
                break;
            }
            if chain.contains(after) {
                break;
            }
            chain.push(after);
        }
    }
}
