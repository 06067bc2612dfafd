//! The one place that reads the clock.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use jiff::Timestamp;

/// Tells the time: the system's, or one that a test moves.
#[derive(Clone)]
pub struct Clock(Arc<dyn Fn() -> Timestamp + Send + Sync>);

impl fmt::Debug for Clock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Clock").field(&self.now()).finish()
    }
}

impl Clock {
    /// The system's clock.
    pub fn system() -> Self {
        #[expect(clippy::disallowed_methods, reason = "this is the one place that reads the clock")]
        Self(Arc::new(Timestamp::now))
    }

    /// A clock that stands where the returned handle puts it, in milliseconds since 1970.
    pub fn by_hand(start: Timestamp) -> (Self, Arc<AtomicI64>) {
        let hand = Arc::new(AtomicI64::new(start.as_millisecond()));
        let read = Arc::clone(&hand);
        let clock = Self(Arc::new(move || Timestamp::from_millisecond(read.load(Ordering::Relaxed)).unwrap_or_default()));
        (clock, hand)
    }

    /// Tells the time.
    pub fn now(&self) -> Timestamp {
        (self.0)()
    }
}
