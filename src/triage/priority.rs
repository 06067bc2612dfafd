//! How soon a human should answer: by signal and stance alone.
//!
//! A rule of the user's own may ask for more haste, never for less.

use crate::domain::{Attribute, Hearing, Primary, Priority, Signal};

/// Gives the priority. Who the author is, is not even an argument.
pub fn priority(hearing: &Hearing) -> Priority {
    heard(hearing).min(asked(hearing))
}

/// How soon a rule of the user's own wants it.
fn asked(hearing: &Hearing) -> Priority {
    let asks = |wanted: Attribute| {
        let live = hearing.findings.iter().filter(|finding| !finding.attributes.contains(&Attribute::Shadow));
        live.flat_map(|finding| &finding.attributes).any(|attribute| *attribute == wanted)
    };
    if asks(Attribute::Urgent) {
        Priority::Urgent
    } else if asks(Attribute::Today) {
        Priority::Today
    } else {
        Priority::Digest
    }
}

/// How soon what was heard wants it.
fn heard(hearing: &Hearing) -> Priority {
    let waits = hearing.hears(Signal::Chasing) || hearing.hears(Signal::Distrust);
    match hearing.primary {
        Primary::Leaving => Priority::Urgent,
        // Somebody who asks a second time, or says aloud that he does not trust us, is about to leave.
        Primary::Complaint | Primary::Question if waits => Priority::Urgent,
        Primary::Joining | Primary::Opportunity | Primary::Complaint | Primary::Question => Priority::Today,
        Primary::Praise | Primary::Noise if hearing.asks => Priority::Today,
        Primary::Praise | Primary::Noise => Priority::Digest,
    }
}
