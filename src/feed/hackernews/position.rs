//! Where the search continues: the newest second, and what was seen around it.
//!
//! The index lags and items arrive out of order, so that every search overlaps
//! the last one; the ids tell what is new.

use std::collections::HashSet;

use serde::{Deserialize, Serialize};

use super::hit::Hit;

/// The cursor.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Position {
    /// The form of the cursor.
    v: u8,
    /// The newest second heard; the server's clock.
    pub(super) newest: i64,
    /// Number and second of the items heard lately.
    seen: Vec<(u64, i64)>,
}

impl Position {
    /// Starts at a moment with nothing seen.
    pub(super) fn at(newest: i64) -> Self {
        Self { v: 1, newest, seen: Vec::new() }
    }

    /// Takes a position of a form that is known.
    pub(super) fn known(self) -> Option<Self> {
        (self.v == 1).then_some(self)
    }

    /// Keeps the hits that are new, in the order in which they were written, and remembers all of them
    /// as long as a search may bring them again: twice the overlap.
    pub(super) fn take(&mut self, hits: Vec<Hit>, overlap: i64) -> Vec<Hit> {
        let mut known: HashSet<u64> = self.seen.iter().map(|(id, _)| *id).collect();
        let mut new: Vec<Hit> = hits.into_iter().filter(|hit| known.insert(hit.id)).collect();
        new.sort_by_key(|hit| (hit.created, hit.id));
        self.newest = new.last().map_or(self.newest, |hit| hit.created.max(self.newest));
        self.seen.extend(new.iter().map(|hit| (hit.id, hit.created)));
        let oldest = self.newest - 2 * overlap;
        self.seen.retain(|(_, created)| *created >= oldest);
        new
    }
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;

    use super::*;
    use crate::domain::Mention;

    fn hit(id: u64, created: i64) -> Hit {
        let seen = Timestamp::from_second(1_795_300_000).expect("in range");
        Hit { id, created, mention: Mention::new(super::super::hit::HACKERNEWS, id.to_string(), "", seen) }
    }

    fn ids(hits: &[Hit]) -> Vec<u64> {
        hits.iter().map(|hit| hit.id).collect()
    }

    #[test]
    fn the_same_second_and_late_ones_are_both_heard_once() {
        let mut position = Position::at(1000);
        assert_eq!(ids(&position.take(vec![hit(2, 1005), hit(1, 1001)], 600)), [1, 2]);
        assert_eq!(ids(&position.take(vec![hit(4, 1005), hit(3, 1002), hit(2, 1005), hit(1, 1001)], 600)), [3, 4]);
        assert_eq!(position.newest, 1005);
        assert!(position.take(vec![hit(4, 1005)], 600).is_empty());
    }

    #[test]
    fn the_memory_ends_behind_what_can_come_again() {
        let mut position = Position::at(0);
        position.take((0..100).map(|id| hit(id, i64::try_from(id).expect("small") * 60)).collect(), 600);
        assert_eq!(position.seen.len(), 21);
    }
}
