//! Where a feed of addresses continues: validators and what was seen, per address.
//!
//! Never a date: entries share seconds, are dated earlier than they appear, and
//! are edited. What counts is whether an entry was there before.

use std::collections::{BTreeMap, HashSet};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD_NO_PAD as BASE64;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::net::Validators;

/// Entries that are remembered at least, however short the document is.
const LEAST: usize = 1000;

/// The cursor of the feed: one mark per address, under the hash of the address (it may hold a token).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Position {
    /// The form of the cursor.
    #[serde(rename = "v")]
    version: u8,
    /// The marks.
    #[serde(rename = "at")]
    pub(super) marks: BTreeMap<String, Mark>,
}

/// The form written today.
const VERSION: u8 = 1;

impl Default for Position {
    /// Starts with nothing seen, in today's form.
    fn default() -> Self {
        Self { version: VERSION, marks: BTreeMap::new() }
    }
}

impl Position {
    /// Takes a position of a form that is known; another one is a first run.
    pub(super) fn known(self) -> Option<Self> {
        (self.version == VERSION).then_some(self)
    }
}

/// What one address gave last.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Mark {
    /// For "not modified".
    #[serde(default)]
    pub(super) validators: Validators,
    /// Hash of the last body: the same bytes need no reading.
    #[serde(default)]
    pub(super) body: u64,
    /// Entries of the last document.
    #[serde(default)]
    last: usize,
    /// Hashes of entries, the oldest first.
    #[serde(default, serialize_with = "pack", deserialize_with = "unpack")]
    seen: Vec<u64>,
}

impl Mark {
    /// Says which of these entries are new, and remembers all of them.
    ///
    /// The last two documents are always remembered whole: an entry that vanishes for one
    /// poll (a cache behind a balancer) and returns is not new.
    pub(super) fn take(&mut self, entries: &[u64]) -> Vec<bool> {
        let known: HashSet<u64> = self.seen.iter().copied().collect();
        let mut fresh = HashSet::new();
        let new = entries.iter().map(|entry| !known.contains(entry) && fresh.insert(*entry)).collect();
        let here: HashSet<u64> = entries.iter().copied().collect();
        self.seen.retain(|entry| !here.contains(entry));
        let mut placed = HashSet::new();
        // Documents begin with the newest.
        let mut ordered: Vec<u64> = entries.iter().copied().filter(|entry| placed.insert(*entry)).collect();
        ordered.reverse();
        self.seen.extend(ordered);
        let keep = LEAST.max(here.len() + self.last);
        self.seen.drain(..self.seen.len().saturating_sub(keep));
        self.last = here.len();
        new
    }

    /// Says whether any entry was ever seen here.
    pub(super) fn is_blank(&self) -> bool {
        self.seen.is_empty()
    }
}

fn pack<S: Serializer>(seen: &[u64], serializer: S) -> Result<S::Ok, S::Error> {
    let bytes: Vec<u8> = seen.iter().flat_map(|hash| hash.to_le_bytes()).collect();
    serializer.serialize_str(&BASE64.encode(bytes))
}

fn unpack<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<u64>, D::Error> {
    let text = String::deserialize(deserializer)?;
    let bytes = BASE64.decode(text).map_err(serde::de::Error::custom)?;
    Ok(bytes.as_chunks::<8>().0.iter().map(|&chunk| u64::from_le_bytes(chunk)).collect())
}

/// A hash of 64 bits that is the same in every version of the program.
pub(super) fn fingerprint(bytes: &[u8]) -> u64 {
    use sha2::{Digest as _, Sha256};
    let digest = Sha256::digest(bytes);
    digest.first_chunk::<8>().map_or(0, |first| u64::from_le_bytes(*first))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::Cursor;

    #[test]
    fn what_was_there_before_is_not_new_and_late_ones_are() {
        let mut mark = Mark::default();
        assert!(mark.is_blank());
        assert_eq!(mark.take(&[3, 2, 1]), [true, true, true]);
        assert_eq!(mark.take(&[4, 3, 9, 2, 1]), [true, false, true, false, false], "9 is dated earlier and seen late");
        assert_eq!(mark.take(&[4, 4, 5, 5]), [false, false, true, false], "twice in one document is once");
    }

    #[test]
    fn the_last_two_documents_are_remembered_whole_however_long() {
        let mut mark = Mark::default();
        let first: Vec<u64> = (0..3000).collect();
        mark.take(&first);
        mark.take(&[9999]);
        assert!(mark.take(&first).iter().all(|new| !new));
        let mut short = Mark::default();
        for entry in 0..2000 {
            short.take(&[entry]);
        }
        assert_eq!(short.seen.len(), LEAST);
        assert_eq!(short.take(&[1500]), [false]);
    }

    #[test]
    fn a_cursor_reads_back_and_shows_no_address() {
        let mut position = Position::default();
        let mut mark = Mark { body: 7, ..Mark::default() };
        mark.take(&[u64::MAX, 0, 5]);
        position.marks.insert("00ff".into(), mark);
        let cursor = Cursor::write(&position);
        assert_eq!(cursor.read::<Position>().and_then(Position::known), Some(position));
        assert_eq!(Cursor(r#"{"v":9,"at":{}}"#.into()).read::<Position>().and_then(Position::known), None);
    }
}
