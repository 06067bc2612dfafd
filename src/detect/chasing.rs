//! Hears that the author wrote before and still waits.

use super::rule::{Doc, ListRule};
use crate::domain::Signal;

/// The author still waits for an answer.
pub(super) const CHASING: ListRule = ListRule {
    id: "chasing",
    signal: Signal::Chasing,
    doc: Doc {
        hears: "The author asked before and still waits: \"still no answer\", \"second time I ask\", \"emailed you two weeks ago\", \"any update on my \
                ticket\".",
        why: "Whoever asks twice has been let down once already; the third post is about that and not about the matter.",
        yes: &["Still no reply from @nomadesk", "This is the third time I ask", "any update on my refund?"],
        no: &["Thanks for the quick reply", "First time I ask for help here", "Any update planned for the iPad?"],
    },
    lists: &["chasing.said"],
};
