//! Our clock while a call lasts: the moment of asking and the time since.
//!
//! Feeds read no clock. A live one listens for seconds within one call, though,
//! and what it hears at the end must not seem older than it is: the runtime's
//! monotonic timer says how much time has passed.

use jiff::{SignedDuration, Timestamp};
use tokio::time::Instant;

/// A clock that starts with a call.
#[derive(Debug, Clone, Copy)]
pub(in crate::feed) struct Clock {
    asked: Timestamp,
    started: Instant,
}

impl Clock {
    /// Starts at the moment of asking.
    pub(in crate::feed) fn at(asked: Timestamp) -> Self {
        Self { asked, started: Instant::now() }
    }

    /// Gives the moment it is now.
    pub(in crate::feed) fn now(&self) -> Timestamp {
        let passed = SignedDuration::try_from(self.started.elapsed()).unwrap_or_default();
        self.asked.checked_add(passed).unwrap_or(self.asked)
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn time_passes_while_a_call_listens() {
        let asked = Timestamp::from_second(1_795_300_000).expect("in range");
        let clock = Clock::at(asked);
        tokio::time::advance(Duration::from_secs(4)).await;
        assert_eq!(clock.now().duration_since(asked), SignedDuration::from_secs(4));
    }
}
