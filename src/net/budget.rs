//! Keeps the pace per host, and the pauses that a host asked for.
//!
//! Every paced call to a host shares one budget, whichever feed makes it. A
//! server that says "nothing left until T" closes the host until then: better a
//! feed that waits than one that is banned.

use std::collections::HashMap;
use std::num::NonZeroU32;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use governor::clock::Clock as _;
use governor::{DefaultDirectRateLimiter, Quota, RateLimiter};
use tokio::time::{Instant, sleep};

use super::{Limits, NetError};

/// Calls per second to one host in the long run.
const PER_SECOND: NonZeroU32 = NonZeroU32::new(2).expect("two is not zero");
/// Calls that may come at once.
const BURST: NonZeroU32 = NonZeroU32::new(10).expect("ten is not zero");
/// How long a call waits for its turn; beyond that the engine decides.
const PATIENCE: Duration = Duration::from_secs(5);
/// Hosts that are remembered; a configuration names a few dozen.
const HOSTS: usize = 4096;

/// The budgets of all hosts.
#[derive(Debug, Default)]
pub(super) struct Budgets(Mutex<HashMap<String, Arc<Budget>>>);

#[derive(Debug)]
struct Budget {
    /// `None` for this machine: nobody is bothered by calls to oneself.
    limiter: Option<DefaultDirectRateLimiter>,
    closed_until: Mutex<Option<Instant>>,
}

impl Budgets {
    fn of(&self, host: &str, loopback: bool) -> Arc<Budget> {
        let mut hosts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if hosts.len() >= HOSTS {
            hosts.clear();
        }
        let budget = hosts.entry(host.to_owned()).or_insert_with(|| {
            let limiter = (!loopback).then(|| RateLimiter::direct(Quota::per_second(PER_SECOND).allow_burst(BURST)));
            Arc::new(Budget { limiter, closed_until: Mutex::new(None) })
        });
        budget.clone()
    }

    /// Waits for a turn, or says how long it would take.
    pub(super) async fn turn(&self, host: &str, loopback: bool) -> Result<(), NetError> {
        let budget = self.of(host, loopback);
        loop {
            let wait = budget.wait();
            if wait.is_zero() {
                return Ok(());
            }
            if wait > PATIENCE {
                return Err(NetError::Throttled { after: wait });
            }
            sleep(wait).await;
        }
    }

    /// Closes the host for as long as its answer asks for.
    pub(super) fn learn(&self, host: &str, loopback: bool, status: u16, limits: &Limits) {
        let Some(pause) = limits.pause(status) else { return };
        let budget = self.of(host, loopback);
        let until = Instant::now() + pause;
        let mut closed = budget.closed_until.lock().unwrap_or_else(PoisonError::into_inner);
        *closed = Some(closed.map_or(until, |earlier| earlier.max(until)));
    }
}

impl Budget {
    /// Takes a turn and gives zero, or gives the time until one may be free.
    fn wait(&self) -> Duration {
        let closed = *self.closed_until.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(left) = closed.map(|until| until.saturating_duration_since(Instant::now()))
            && !left.is_zero()
        {
            return left;
        }
        match &self.limiter {
            Some(limiter) => match limiter.check() {
                Ok(()) => Duration::ZERO,
                // Never zero, so that "zero" always means "has a turn".
                Err(busy) => busy.wait_time_from(limiter.clock().now()).max(Duration::from_millis(1)),
            },
            None => Duration::ZERO,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn limits(pairs: &[(&str, &str)]) -> Limits {
        let headers: Vec<_> = pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        Limits::read(&headers, None)
    }

    #[tokio::test(start_paused = true)]
    async fn a_host_that_asks_for_a_pause_gets_it_and_its_neighbour_does_not_notice() {
        let budgets = Budgets::default();
        budgets.learn("a.example", false, 429, &limits(&[("retry-after", "60")]));
        let refused = budgets.turn("a.example", false).await;
        assert!(matches!(refused, Err(NetError::Throttled { after }) if after > Duration::from_secs(59)), "{refused:?}");
        assert_eq!(budgets.turn("b.example", false).await, Ok(()));
        tokio::time::advance(Duration::from_mins(1)).await;
        assert_eq!(budgets.turn("a.example", false).await, Ok(()));
    }

    #[tokio::test(start_paused = true)]
    async fn nothing_remaining_closes_the_host_until_the_reset_also_on_200() {
        let budgets = Budgets::default();
        budgets.learn("a.example", true, 200, &limits(&[("x-ratelimit-remaining", "0.0"), ("x-ratelimit-reset", "300")]));
        assert!(matches!(budgets.turn("a.example", true).await, Err(NetError::Throttled { .. })));
        budgets.learn("c.example", true, 200, &limits(&[("x-ratelimit-remaining", "7"), ("x-ratelimit-reset", "300")]));
        assert_eq!(budgets.turn("c.example", true).await, Ok(()));
    }

    #[tokio::test]
    async fn a_burst_passes_and_the_next_must_wait() {
        let budget = Budgets::default().of("a.example", false);
        for call in 0..BURST.get() {
            assert_eq!(budget.wait(), Duration::ZERO, "call {call}");
        }
        assert!(budget.wait() > Duration::ZERO);
    }
}
