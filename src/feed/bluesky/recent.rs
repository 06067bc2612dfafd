//! Remembers the last events handed on, to know them again after a rewind.
//!
//! Bounded: the oldest are forgotten first. What is forgotten here is still
//! recognised by the store; this only keeps a reconnect from handing on
//! everything of the rewound seconds twice.

use std::collections::{HashSet, VecDeque};
use std::hash::{BuildHasher as _, RandomState};

/// Events that are remembered: minutes of the whole network's posts, 200 kB.
const REMEMBERED: usize = 8192;

/// The last events, by the hash of their identity.
#[derive(Debug, Default)]
pub(super) struct Recent {
    hasher: RandomState,
    order: VecDeque<u64>,
    known: HashSet<u64>,
}

impl Recent {
    /// Notes an event; `false` when it is known already.
    pub(super) fn is_new(&mut self, did: &str, rkey: &str, rev: &str) -> bool {
        let event = self.hasher.hash_one((did, rkey, rev));
        if !self.known.insert(event) {
            return false;
        }
        self.order.push_back(event);
        if self.order.len() > REMEMBERED
            && let Some(oldest) = self.order.pop_front()
        {
            self.known.remove(&oldest);
        }
        true
    }

    /// Forgets everything: what was handed on did not arrive and must come again.
    pub(super) fn forget(&mut self) {
        self.order.clear();
        self.known.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_event_is_new_once_and_a_revision_is_another() {
        let mut recent = Recent::default();
        assert!(recent.is_new("did:plc:a", "1", "r1"));
        assert!(!recent.is_new("did:plc:a", "1", "r1"));
        assert!(recent.is_new("did:plc:a", "1", "r2"));
        recent.forget();
        assert!(recent.is_new("did:plc:a", "1", "r1"));
    }

    #[test]
    fn the_oldest_are_forgotten_first() {
        let mut recent = Recent::default();
        for key in 0..=REMEMBERED {
            assert!(recent.is_new("did:plc:a", &key.to_string(), "r"));
        }
        assert!(recent.known.len() <= REMEMBERED);
        assert!(recent.is_new("did:plc:a", "0", "r"), "the oldest");
        assert!(!recent.is_new("did:plc:a", &REMEMBERED.to_string(), "r"), "the newest");
    }
}
