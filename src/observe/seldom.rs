//! What strangers cause often is told of seldom.
//!
//! A sender of nonsense must not fill the log: the first is told of at once,
//! then one a minute at most, with the count of all since.

use std::time::Duration;

use tokio::time::Instant;

/// The shortest time between two.
const EVERY: Duration = Duration::from_mins(1);

/// What happened and was not told of yet.
#[derive(Debug, Default)]
pub struct Seldom {
    count: u64,
    told: Option<Instant>,
}

impl Seldom {
    /// Adds some; gives how many to tell of now, at most once a minute.
    pub fn add(&mut self, count: u64, now: Instant) -> Option<u64> {
        self.count += count;
        if self.told.is_some_and(|told| now.duration_since(told) < EVERY) {
            return None;
        }
        self.told = Some(now);
        Some(std::mem::take(&mut self.count))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nonsense_is_told_of_once_a_minute_with_all_of_it_counted() {
        let mut seldom = Seldom::default();
        let start = Instant::now();
        let after = |seconds: u64| start + Duration::from_secs(seconds);
        assert_eq!(seldom.add(3, start), Some(3), "the first at once");
        assert_eq!((seldom.add(5, after(1)), seldom.add(7, after(59))), (None, None));
        assert_eq!(seldom.add(1, after(60)), Some(13));
        assert_eq!(seldom.add(1, after(61)), None);
    }
}
