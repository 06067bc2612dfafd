//! Hears distrust said aloud.

use super::rule::{Doc, ListRule};
use crate::domain::Signal;

/// The author does not trust the company.
pub(super) const DISTRUST: ListRule = ListRule {
    id: "distrust",
    signal: Signal::Distrust,
    doc: Doc {
        hears: "Somebody says that the company cannot be trusted: with files, with money, with its word.",
        why: "Distrust spreads faster than a fault: everybody who reads it wonders about his own files.",
        yes: &["I don't trust Nomadesk with my files", "They sell our data", "Lost all faith in @nomadesk"],
        no: &["I trust Nomadesk with all my files", "Would you trust it with photos?", "We use a trust as our legal form"],
    },
    lists: &["distrust.said"],
};
