//! How long to wait before trying again: exponential with full jitter.
//!
//! Full jitter (a uniform draw from zero to the ceiling) spreads the attempts
//! of many waiting deliveries; an equal pause would send them all at once.

use std::time::Duration;

/// A ceiling that doubles from `first` to `most`.
#[derive(Debug, Clone, Copy)]
pub(super) struct Pauses {
    first: Duration,
    most: Duration,
    /// The shortest draw, as a part of the ceiling: a tenth is full jitter that is a pause at all.
    least: f64,
}

impl Pauses {
    /// Between attempts of a delivery.
    pub(super) const DELIVERY: Self = Self { first: Duration::from_secs(1), most: Duration::from_mins(10), least: 0.1 };
    /// After a service refused us: hammering makes it worse, so nobody draws a short pause.
    pub(super) const DENIED: Self = Self { first: Duration::from_mins(20), most: Duration::from_hours(6), least: 0.75 };
    /// While the store cannot write.
    pub(super) const STORE: Self = Self { first: Duration::from_millis(200), most: Duration::from_secs(5), least: 0.1 };

    /// After a feed could not be reached: soon at first, never rarer than its pace (or 5 minutes).
    pub(super) fn unreachable(pace: Duration) -> Self {
        Self { first: Duration::from_secs(2), most: pace.clamp(Duration::from_secs(30), Duration::from_mins(5)), least: 0.1 }
    }

    /// The ceiling after so many failures in a row (1 is the first).
    fn ceiling(self, failures: u32) -> Duration {
        self.first.saturating_mul(1_u32.checked_shl(failures.saturating_sub(1).min(20)).unwrap_or(u32::MAX)).min(self.most)
    }

    /// Draws a pause between the least and the ceiling.
    pub(super) fn draw(self, failures: u32, dice: &mut fastrand::Rng) -> Duration {
        self.ceiling(failures).mul_f64(dice.f64().mul_add(1.0 - self.least, self.least))
    }
}

/// Cuts a duration to what a person reads in a log: whole seconds from ten on, else whole milliseconds.
pub(super) fn readable(pause: Duration) -> Duration {
    if pause >= Duration::from_secs(10) {
        Duration::from_secs(pause.as_secs())
    } else {
        Duration::from_millis(u64::from(pause.subsec_millis()) + pause.as_secs() * 1_000)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_grow_to_their_ceiling_and_stay_there() {
        let mut dice = fastrand::Rng::with_seed(1);
        for failures in 1..200 {
            let pause = Pauses::DELIVERY.draw(failures, &mut dice);
            assert!(pause <= Pauses::DELIVERY.ceiling(failures), "{failures}: {pause:?}");
            assert!(pause <= Duration::from_mins(10) && pause >= Duration::from_millis(100));
        }
        // What docs/operating.md promises of refusals: from 15 minutes up to 6 hours.
        for failures in 1..50 {
            let pause = Pauses::DENIED.draw(failures, &mut dice);
            assert!(pause >= Duration::from_mins(15) && pause <= Duration::from_hours(6), "{failures}: {pause:?}");
        }
        assert_eq!(readable(Duration::from_nanos(818_184_634_933)), Duration::from_secs(818));
        assert_eq!(readable(Duration::from_nanos(1_339_328_156)), Duration::from_millis(1_339));
        assert_eq!(Pauses::DELIVERY.ceiling(1), Duration::from_secs(1));
        assert_eq!(Pauses::DELIVERY.ceiling(200), Duration::from_mins(10));
    }
}
