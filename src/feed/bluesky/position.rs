//! Where the stream stands: the cursor, how far to rewind, and what is missing.
//!
//! A Jetstream cursor is a time in microseconds. The server clamps one that is
//! older than it keeps (36 hours) without a word, starts live for one in the
//! future, and reads a number below 10^15 as something else altogether; lines
//! step back by tens of milliseconds and hosts differ. So a resume rewinds, and
//! the first event that comes back tells whether anything was lost.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// Seconds to go back on a resume; more on another host, whose relay may lag.
const REWIND: i64 = 5_000_000;
const REWIND_ELSEWHERE: i64 = 20_000_000;
/// A network that writes tens of posts a second is not quiet for so long.
const QUIET: i64 = 30_000_000;
/// Times before this one (2001) are no microseconds since 1970, and servers read them as sequence numbers.
const EARLIEST: i64 = 1_000_000_000_000_000;
/// How far a server's clock may be ahead of ours.
const AHEAD: i64 = 600_000_000;

/// The cursor as the store keeps it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Position {
    /// Time of the newest event handed on, in microseconds since 1970.
    pub time_us: i64,
    /// The host it came from.
    pub host: String,
}

/// A stretch of time that the stream did not bring.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Missing {
    /// From here.
    pub from: Timestamp,
    /// Up to here.
    pub to: Timestamp,
}

/// How a connection starts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Start {
    /// From this cursor, which is what was kept, rewound.
    From(i64),
    /// With what comes next, because what was kept lies in the future.
    Ahead(Timestamp),
}

impl Position {
    /// Decides how to resume at `host`.
    pub(super) fn resume(&self, host: &str, now: Timestamp) -> Start {
        if self.time_us > now.as_microsecond() + AHEAD {
            return Start::Ahead(moment(self.time_us));
        }
        let rewind = if self.host == host { REWIND } else { REWIND_ELSEWHERE };
        Start::From((self.time_us - rewind).max(EARLIEST))
    }

    /// Compares the first event after a resume with where we stood.
    pub(super) fn missing(&self, first: i64) -> Option<Missing> {
        (first - self.time_us > QUIET).then(|| Missing { from: moment(self.time_us), to: moment(first) })
    }

    /// Moves on to an event's time, unless it is no time that an event can have.
    pub(super) fn advance(&mut self, time_us: i64, now: Timestamp) {
        if plausible(time_us, now) {
            self.time_us = self.time_us.max(time_us);
        }
    }
}

/// Whether an event can have this time: no sequence number, no far future.
pub(super) fn plausible(time_us: i64, now: Timestamp) -> bool {
    (EARLIEST..=now.as_microsecond() + AHEAD).contains(&time_us)
}

/// Gives the moment of a time in microseconds.
pub(super) fn moment(time_us: i64) -> Timestamp {
    Timestamp::from_microsecond(time_us).unwrap_or(Timestamp::UNIX_EPOCH)
}

impl std::fmt::Display for Missing {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "posts written between {:.0} and {:.0} may be missing", self.from, self.to)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const NOW: i64 = 1_795_300_000_000_000;

    fn at(time_us: i64) -> Position {
        Position { time_us, host: "a".into() }
    }

    #[test]
    fn a_resume_rewinds_and_more_so_elsewhere() {
        let now = moment(NOW);
        assert_eq!(at(NOW).resume("a", now), Start::From(NOW - REWIND));
        assert_eq!(at(NOW).resume("b", now), Start::From(NOW - REWIND_ELSEWHERE));
        assert_eq!(at(NOW * 2).resume("a", now), Start::Ahead(moment(NOW * 2)));
        assert_eq!(at(7).resume("a", now), Start::From(EARLIEST), "never a sequence number");
    }

    #[test]
    fn the_first_event_tells_what_is_missing() {
        assert_eq!(at(NOW).missing(NOW - REWIND), None, "the rewound seconds");
        assert_eq!(at(NOW).missing(NOW + QUIET), None);
        let clamped = at(NOW).missing(NOW + 3_600_000_000).expect("an hour");
        assert_eq!(clamped.to_string(), "posts written between 2026-11-21T22:26:40Z and 2026-11-21T23:26:40Z may be missing");
    }

    proptest! {
        #[test]
        fn no_event_sends_the_cursor_back_or_into_the_future(times in proptest::collection::vec(any::<i64>(), 0..20), near in -5_000_000_i64..5_000_000) {
            let mut position = at(NOW);
            for time in times.into_iter().chain([NOW + near]) {
                let before = position.time_us;
                position.advance(time, moment(NOW));
                prop_assert!(position.time_us >= before && position.time_us <= NOW + AHEAD);
            }
        }
    }
}
