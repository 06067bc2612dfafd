//! When a feed that answers and brings nothing is deaf.
//!
//! Counted is listening time: calls that succeed one after the other, or a live
//! connection that stands. What a stop of the program or an outage of the service
//! took does not count. A post is a sign of life even when it names nobody.
//!
//! With `silence = "auto"` the limit is learned: twice the longest silence of the
//! last 14 days on which the feed spoke, at least ten minutes, and only after a
//! week of listening and eight silences between posts: nights and weekends are
//! part of what is expected. A silence that was called deaf counts as the limit
//! it broke: the limit doubles, and an outage of a day does not make the feed
//! forgiving for a fortnight.

use std::collections::VecDeque;
use std::time::Duration;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::config::Silence;

/// The shortest silence that a learned limit calls deaf.
const FLOOR: u64 = 10 * 60;
/// The learned limit is so many times the longest silence.
const FACTOR: u64 = 2;
/// Days on which the feed spoke that are remembered.
const DAYS: usize = 14;
/// Listening before a learned limit counts, in seconds.
const LEARNS: u64 = 7 * 24 * 60 * 60;
/// Silences before a learned limit counts.
const GAPS: u64 = 8;
/// The state is kept at least so often, in seconds.
const KEEP_EVERY: i64 = 10 * 60;
const DAY: i64 = 24 * 60 * 60;

/// What is kept in the store from run to run, all in seconds.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
struct Kept {
    /// Listening since the last post.
    quiet: u64,
    /// Listening altogether, no longer counted when it is enough.
    listened: u64,
    /// Silences that ended.
    gaps: u64,
    /// A day (counted from 1970) and its longest silence, the newest last.
    days: VecDeque<(i64, u64)>,
}

/// A silence that is longer than it should be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Deaf {
    pub(super) quiet: Duration,
    pub(super) limit: Duration,
}

impl std::fmt::Display for Deaf {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "silent for {}, expected something within {}", span(self.quiet), span(self.limit))
    }
}

/// A span in its largest unit that is at least two.
fn span(of: Duration) -> String {
    match of.as_secs() {
        seconds @ 0..120 => format!("{seconds} s"),
        seconds @ 120..7_200 => format!("{} min", seconds / 60),
        seconds @ 7_200..172_800 => format!("{} h", seconds / 3_600),
        seconds => format!("{} days", seconds / 86_400),
    }
}

/// Listens to one feed's silence.
#[derive(Debug)]
pub(super) struct Ear {
    rule: Silence,
    kept: Kept,
    /// Up to when listening is counted; `None` while the feed cannot be heard.
    counted: Option<Timestamp>,
    /// When the state was last handed out to be kept.
    handed: Option<Timestamp>,
}

impl Ear {
    /// Goes on from what an earlier run kept; what cannot be read is learned again.
    pub(super) fn new(rule: Silence, kept: Option<&str>) -> Self {
        let kept = kept.and_then(|kept| serde_json::from_str(kept).ok()).unwrap_or_default();
        Self { rule, kept, counted: None, handed: None }
    }

    /// The name of the note that keeps a feed's state.
    pub(super) fn note(feed: &str) -> String {
        format!("silence.{feed}")
    }

    /// Notes that the feed can be heard, up to this moment.
    pub(super) fn listen(&mut self, now: Timestamp) {
        if let Some(from) = self.counted {
            let more = u64::try_from(now.duration_since(from).as_secs()).unwrap_or(0);
            if more == 0 && now >= from {
                // Less than a second: it is counted with the next.
                return;
            }
            self.kept.quiet = self.kept.quiet.saturating_add(more);
            self.kept.listened = self.kept.listened.saturating_add(more).min(LEARNS);
        }
        self.counted = Some(now);
    }

    /// Notes that the feed cannot be heard: its silence means nothing.
    pub(super) fn lost(&mut self) {
        self.counted = None;
    }

    /// Notes a sign of life.
    pub(super) fn spoke(&mut self, now: Timestamp) {
        self.listen(now);
        let limit = self.limit().map_or(u64::MAX, |limit| limit.as_secs());
        let gap = std::mem::take(&mut self.kept.quiet).min(limit);
        self.kept.gaps = self.kept.gaps.saturating_add(1).min(GAPS);
        let today = now.as_second().div_euclid(DAY);
        match self.kept.days.back_mut().filter(|(day, _)| *day == today) {
            Some((_, longest)) => *longest = gap.max(*longest),
            None => self.kept.days.push_back((today, gap)),
        }
        while self.kept.days.len() > DAYS {
            self.kept.days.pop_front();
        }
    }

    /// How long it may be silent; `None` while nothing is expected of it.
    fn limit(&self) -> Option<Duration> {
        match self.rule {
            Silence::Off => None,
            Silence::After(limit) => Some(limit),
            Silence::Auto => {
                let learned = self.kept.listened >= LEARNS && self.kept.gaps >= GAPS;
                let longest = self.kept.days.iter().map(|(_, longest)| *longest).max().filter(|_| learned)?;
                Some(Duration::from_secs(longest.saturating_mul(FACTOR).max(FLOOR)))
            }
        }
    }

    /// Says whether it is silent for too long.
    pub(super) fn deaf(&self) -> Option<Deaf> {
        let limit = self.limit()?;
        let quiet = Duration::from_secs(self.kept.quiet);
        (quiet > limit).then_some(Deaf { quiet, limit })
    }

    /// Gives the state when it is time to keep it.
    pub(super) fn keep_now(&mut self, now: Timestamp) -> Option<String> {
        let due = self.handed.is_none_or(|handed| now.duration_since(handed).as_secs().abs() >= KEEP_EVERY);
        if self.rule == Silence::Off || !due {
            return None;
        }
        self.handed = Some(now);
        self.state()
    }

    /// Gives the state, for the end of a run.
    pub(super) fn state(&self) -> Option<String> {
        (self.rule != Silence::Off).then(|| serde_json::to_string(&self.kept).ok()).flatten()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn at(minutes: i64) -> Timestamp {
        Timestamp::from_second(1_795_300_000 + minutes * 60).expect("in range")
    }

    /// An ear that has heard a post every `every` minutes for eight days.
    fn used_to(every: i64) -> (Ear, i64) {
        let mut ear = Ear::new(Silence::Auto, None);
        ear.listen(at(0));
        let mut now = 0;
        while now < 8 * 24 * 60 {
            now += every;
            ear.spoke(at(now));
        }
        (ear, now)
    }

    #[test]
    fn a_duration_counts_listening_time_only() {
        let mut ear = Ear::new(Silence::After(Duration::from_hours(1)), None);
        ear.listen(at(0));
        ear.listen(at(50));
        ear.lost();
        // The service was away for a day, or the program was.
        let mut ear = Ear::new(ear.rule, ear.state().as_deref());
        ear.listen(at(1_490));
        ear.listen(at(1_499));
        assert_eq!(ear.deaf(), None);
        ear.listen(at(1_502));
        let deaf = ear.deaf().expect("62 minutes");
        assert_eq!(deaf.to_string(), "silent for 62 min, expected something within 60 min");
        ear.spoke(at(1_503));
        assert_eq!(ear.deaf(), None);
    }

    #[test]
    fn a_learned_limit_is_twice_the_longest_silence_and_survives_a_restart() {
        let (ear, now) = used_to(20);
        let mut ear = Ear::new(Silence::Auto, ear.state().as_deref());
        ear.listen(at(now));
        ear.listen(at(now + 40));
        assert_eq!(ear.deaf(), None);
        ear.listen(at(now + 41));
        assert_eq!(ear.deaf().map(|deaf| deaf.limit), Some(Duration::from_mins(40)));
        // That long a silence is expected from now on, and no longer one.
        ear.listen(at(now + 1_000));
        ear.spoke(at(now + 1_001));
        ear.listen(at(now + 1_082));
        assert_eq!(ear.deaf().map(|deaf| deaf.limit), Some(Duration::from_mins(80)));
    }

    #[test]
    fn a_busy_feed_has_ten_minutes_and_a_new_one_all_the_time() {
        let (mut ear, now) = used_to(1);
        ear.listen(at(now + 11));
        assert_eq!(ear.deaf().map(|deaf| deaf.limit), Some(Duration::from_mins(10)));
        let mut new = Ear::new(Silence::Auto, Some("of another version"));
        (0..20).for_each(|minute| new.spoke(at(minute)));
        new.listen(at(20 * 60));
        assert_eq!(new.deaf(), None, "not a week of listening yet");
        let mut off = Ear::new(Silence::Off, None);
        off.listen(at(0));
        off.listen(at(1_000_000));
        assert_eq!((off.deaf(), off.state()), (None, None));
    }

    #[test]
    fn nights_are_expected() {
        let mut ear = Ear::new(Silence::Auto, None);
        for day in 0..20 {
            // A post every five minutes from eight to eight.
            for minute in (8 * 60..20 * 60).step_by(5) {
                let now = at(day * 24 * 60 + minute);
                ear.listen(now);
                assert_eq!(ear.deaf(), None, "on day {day}");
                ear.spoke(now);
            }
        }
        assert_eq!(ear.kept.days.len(), DAYS);
        ear.listen(at(20 * 24 * 60 + 21 * 60));
        assert!(ear.deaf().is_some(), "a whole day without a word is no night");
    }

    proptest! {
        #[test]
        fn a_clock_that_jumps_is_no_panic_and_no_silence_backwards(jumps in proptest::collection::vec(-1_000_i64..1_000, 1..40)) {
            let mut ear = Ear::new(Silence::After(Duration::from_hours(100_000)), None);
            let mut now = 0;
            for jump in jumps {
                now += jump;
                ear.listen(at(now));
                prop_assert_eq!(ear.deaf(), None);
            }
        }
    }
}
