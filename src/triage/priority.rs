//! How soon a human should answer: by signal and stance alone.

use crate::domain::{Hearing, Primary, Priority, Signal};

/// Gives the priority. Who the author is, is not even an argument.
pub fn priority(hearing: &Hearing) -> Priority {
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
