//! Authors who came back lately, in memory: from what is shown of one to the row.
//!
//! Three in five mentions of a busy brand are by somebody who is in the table
//! already, at a random place of it. A look in here is one line of the
//! processor's cache; the tables would be asked at three random pages, and the
//! last of them read and unpacked. Whoever comes for the first time pushes nobody
//! out, because most of them never come again. It is never more than a copy: it is
//! emptied when another process wrote, when a row goes and on a rollback.

use std::hash::{BuildHasher as _, RandomState};

use crate::domain::Author;

/// Lines of the table; with [`WAYS`] places of 16 bytes each these are 4 MiB, under load only.
const LINES: usize = 65_536;
/// Places of a line: what the processor fetches at once.
const WAYS: usize = 4;

/// One author: a hash of everything shown, and the row; the hash 0 is an empty place.
#[derive(Debug, Clone, Copy, Default)]
struct Face {
    hash: u64,
    row: i64,
}

/// What is shown of an author, as one number.
///
/// 64 bits under a key that is made at random with each start: nobody can choose two names that meet, and two of
/// a million meet by chance once in thirty million runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Shown(u64);

/// The authors met again lately.
#[derive(Debug, Default)]
pub(super) struct Faces {
    key: RandomState,
    /// Empty until the first one gets in; then all of it.
    lines: Vec<[Face; WAYS]>,
}

impl Faces {
    /// Sums up what is shown of an author.
    pub(super) fn shown(&self, network: &str, author: &Author) -> Shown {
        let Author { handle, name, native_id, url } = author;
        Shown(self.key.hash_one((network, handle, name, native_id, url)).max(1))
    }

    /// Gives the row of an author; whoever is asked for stands first in the line from now on.
    pub(super) fn row(&mut self, Shown(hash): Shown) -> Option<i64> {
        let line = self.lines.get_mut(at(hash))?;
        let place = line.iter().position(|face| face.hash == hash)?;
        line.get_mut(..=place)?.rotate_right(1);
        line.first().map(|face| face.row)
    }

    /// Remembers the row of an author; who was not asked for longest in that line is forgotten.
    pub(super) fn remember(&mut self, Shown(hash): Shown, row: i64) {
        if self.lines.is_empty() {
            self.lines = vec![[Face::default(); WAYS]; LINES];
        }
        if let Some(line) = self.lines.get_mut(at(hash)) {
            line.rotate_right(1);
            if let Some(first) = line.first_mut() {
                *first = Face { hash, row };
            }
        }
    }

    /// Remembers somebody who came for the first time, where a place is free.
    pub(super) fn welcome(&mut self, Shown(hash): Shown, row: i64) {
        if self.lines.is_empty() {
            self.lines = vec![[Face::default(); WAYS]; LINES];
        }
        let free = self.lines.get_mut(at(hash)).and_then(|line| line.iter_mut().find(|face| face.hash == 0));
        if let Some(free) = free {
            *free = Face { hash, row };
        }
    }

    /// Forgets everybody, and gives the memory back.
    pub(super) fn clear(&mut self) {
        self.lines = Vec::new();
    }
}

/// The line of a hash.
fn at(hash: u64) -> usize {
    usize::try_from(hash).unwrap_or(usize::MAX) % LINES
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kim(name: &str) -> Author {
        Author { handle: "kim".into(), name: Some(name.into()), ..Author::default() }
    }

    #[test]
    fn whoever_shows_something_else_is_somebody_else() {
        let mut faces = Faces::default();
        let shown = faces.shown("bluesky", &kim("Kim"));
        assert_eq!(faces.row(shown), None);
        faces.remember(shown, 7);
        assert_eq!(faces.row(faces.shown("bluesky", &kim("Kim"))), Some(7));
        for other in
            [faces.shown("mastodon", &kim("Kim")), faces.shown("bluesky", &kim("Kim M.")), faces.shown("bluesky", &Author::default())]
        {
            assert_eq!(faces.row(other), None);
        }
        faces.clear();
        assert_eq!(faces.row(shown), None);
    }

    #[test]
    fn a_full_line_forgets_who_was_not_asked_for_longest() {
        let mut faces = Faces::default();
        let step = u64::try_from(LINES).expect("small");
        let of = |n: u64| Shown(n * step + 5);
        for n in 1..=4 {
            faces.remember(of(n), i64::try_from(n).expect("small"));
        }
        assert_eq!(faces.row(of(1)), Some(1));
        faces.remember(of(5), 5);
        assert_eq!([1, 2, 3, 4, 5].map(|n| faces.row(of(n))), [Some(1), None, Some(3), Some(4), Some(5)]);
        faces.welcome(of(6), 6);
        assert_eq!(faces.row(of(6)), None, "the first time pushes nobody out");
        faces.welcome(Shown(8), 8);
        assert_eq!(faces.row(Shown(8)), Some(8));
    }
}
