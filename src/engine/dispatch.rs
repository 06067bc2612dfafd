//! One loop a notifier: claims what is due, sends under its rate, settles.
//!
//! Woken by the store and polling as a fallback. It subscribes before it
//! reads, so that a delivery planned in between is not slept through.

use std::sync::Arc;
use std::time::Duration;

use futures_util::StreamExt as _;
use futures_util::stream::FuturesUnordered;
use governor::{DefaultDirectRateLimiter, Quota, RateLimiter};
use jiff::Timestamp;
use tokio_util::sync::CancellationToken;

use super::pauses::Pauses;
use super::plan::{Plan, PlannedNotifier};
use super::shared::{Shared, later, seconds};
use crate::domain::{Alert, Receipt};
use crate::notify::SendError;
use crate::observe::Outcome;
use crate::store::{Claim, Settlement};

/// Sends under way at once to one receiver: one that hangs on an alert must not hold up the next.
const AT_ONCE: usize = 8;
/// Attempts before a delivery is given up, however old it is: a machine that slept through `give_up`
/// wakes before its network does.
const ATTEMPTS_LEAST: u32 = 5;
/// One attempt may take so long.
const ATTEMPT: Duration = Duration::from_secs(30);
/// A claim is nobody else's for so long; longer than an attempt and its wait for the rate.
const LEASE: Duration = Duration::from_mins(2);
/// Looks at least so often, for deliveries that other processes put back.
const POLL: Duration = Duration::from_secs(2);

/// One notifier's loop.
pub(super) struct Dispatcher {
    pub(super) planned: PlannedNotifier,
    pub(super) plan: Arc<Plan>,
    pub(super) shared: Shared,
    /// Stop claiming; finish what is under way.
    pub(super) cancel: CancellationToken,
    /// Give up what is under way: the grace is over.
    pub(super) abandon: CancellationToken,
}

impl Dispatcher {
    /// Runs until the token is cancelled and what is under way has ended.
    pub(super) async fn run(self) {
        let limiter = RateLimiter::direct(self.quota());
        let mut woken = self.shared.store.woken();
        let mut under_way = FuturesUnordered::new();
        while !self.cancel.is_cancelled() {
            woken.mark_unchanged();
            let free = AT_ONCE - under_way.len();
            let claims = if free == 0 { Vec::new() } else { self.claim(free).await };
            let idle = claims.is_empty();
            under_way.extend(claims.into_iter().map(|claim| self.deliver(claim, &limiter)));
            if !idle && under_way.len() < AT_ONCE {
                continue;
            }
            let nap = self.nap().await;
            tokio::select! {
                () = self.cancel.cancelled() => {}
                Some(()) = under_way.next(), if !under_way.is_empty() => {}
                _ = woken.changed(), if free > 0 => {}
                () = tokio::time::sleep(nap) => {}
            }
        }
        while under_way.next().await.is_some() {}
    }

    fn quota(&self) -> Quota {
        let rate = self.planned.notifier.rate();
        let one = rate.per / rate.calls.get();
        Quota::with_period(one.max(Duration::from_micros(1)))
            .map_or_else(|| Quota::per_second(rate.calls), |quota| quota.allow_burst(rate.calls))
    }

    async fn claim(&self, most: usize) -> Vec<Claim> {
        let folds = self.planned.notifier.folds_from();
        match self.shared.store.claim(&self.planned.name, self.shared.clock.now(), LEASE, most, folds).await {
            Ok(claims) => claims,
            Err(error) => {
                tracing::warn!(notifier = &*self.planned.name, %error, "cannot claim deliveries");
                Vec::new()
            }
        }
    }

    /// How long to sleep when nobody wakes us.
    async fn nap(&self) -> Duration {
        match self.shared.store.next_due(&self.planned.name).await {
            Ok(Some(due)) => {
                let wait = due.duration_since(self.shared.clock.now());
                Duration::try_from(wait).unwrap_or_default().clamp(Duration::from_millis(20), POLL)
            }
            Ok(None) | Err(_) => POLL,
        }
    }

    /// Sends one card and settles it.
    async fn deliver(&self, mut claim: Claim, limiter: &DefaultDirectRateLimiter) {
        let settlement = self.attempt(&mut claim, limiter).await;
        let now = self.shared.clock.now();
        self.count(&claim, &settlement, now);
        let mut failures = 0;
        // An attempt whose end cannot be written is made again under the same key when its lease ends.
        while let Err(error) = self.shared.store.settle(vec![(claim.clone(), settlement.clone())], now).await {
            failures += 1;
            tracing::warn!(notifier = &*self.planned.name, %error, "cannot settle a delivery");
            if self.abandon.is_cancelled() || failures > 5 {
                break;
            }
            tokio::time::sleep(Pauses::STORE.draw(failures, &mut fastrand::Rng::new())).await;
        }
    }

    async fn attempt(&self, claim: &mut Claim, limiter: &DefaultDirectRateLimiter) -> Settlement {
        if let Some(why) = self.shared.health.disabled(&self.planned.name) {
            return self.dead(format!("the notifier is disabled: {why}"));
        }
        // While it waits for the rate nothing has been sent: a shutdown gives it back at once.
        if self.cancel.run_until_cancelled(limiter.until_ready()).await.is_none() {
            return Settlement::Released;
        }
        claim.alert.sent_at(self.shared.clock.now());
        if let Alert::Mention(alert) = &mut claim.alert {
            alert.hearing.drop_shadows();
        }
        let send = tokio::time::timeout(ATTEMPT, self.planned.notifier.send(&claim.alert, &claim.key));
        let answer = match self.abandon.run_until_cancelled(send).await {
            None => return Settlement::Retry { due: self.shared.clock.now(), why: "stopped before the receiver answered".into() },
            Some(Err(_)) => Err(SendError::Retry { after: None, why: format!("no answer within {} s", ATTEMPT.as_secs()) }),
            Some(Ok(answer)) => answer,
        };
        self.judge(answer, claim).await
    }

    /// Turns the receiver's answer into what happens next.
    async fn judge(&self, answer: Result<Receipt, SendError>, claim: &Claim) -> Settlement {
        let now = self.shared.clock.now();
        match answer {
            Ok(receipt) => Settlement::Delivered(receipt),
            Err(SendError::Retry { after, why }) => {
                let tried = Duration::try_from(now.duration_since(claim.created)).unwrap_or_default();
                if tried >= self.planned.give_up && claim.attempts + 1 >= ATTEMPTS_LEAST {
                    return self.dead(format!("gave up after {}: {why}", humane(tried)));
                }
                // Jitter on top of the receiver's own wish, so that all that wait do not come back at once.
                let jitter = Pauses::DELIVERY.draw(claim.attempts + 1, &mut fastrand::Rng::new());
                let pause = after.map_or(jitter, |after| after + jitter.min(Duration::from_secs(2)));
                Settlement::Retry { due: later(now, pause), why }
            }
            Err(SendError::Refused { why }) => self.dead(why),
            Err(SendError::Gone { why }) => {
                self.disable(&why).await;
                self.dead(why)
            }
        }
    }

    fn dead(&self, why: String) -> Settlement {
        Settlement::Dead { why, fallback: self.planned.fallback.clone() }
    }

    /// Stops sending there until the next start or reload, and tells the others.
    async fn disable(&self, why: &str) {
        let name = &*self.planned.name;
        if !self.shared.health.disable(name, why) {
            return;
        }
        tracing::error!(notifier = name, why, "is gone; disabled until the next start or reload");
        let others = self.plan.notifiers.iter().map(|one| one.name.to_string()).filter(|other| other != name).collect();
        let hint = format!("renew its address, then reload, and `courtier outbox retry --notifier {name}`");
        self.shared.raise(name, &format!("takes no more alerts: {why}"), &hint, others).await;
    }

    fn count(&self, claim: &Claim, settlement: &Settlement, now: Timestamp) {
        let name = &*self.planned.name;
        let metrics = &self.shared.metrics;
        match settlement {
            Settlement::Delivered(_) => {
                let decided = match &claim.alert {
                    Alert::Mention(alert) => alert.times.decided,
                    Alert::Health(health) => health.at,
                };
                // What waits for its hour (a digest, quiet hours) is not slow: it counts from when it was due.
                metrics.attempted(name, Outcome::Delivered, None, Some(seconds(decided.max(claim.created), now)));
                tracing::info!(notifier = name, key = claim.key, cards = claim.deliveries.len(), "delivered");
            }
            Settlement::Retry { due, why } => {
                metrics.attempted(name, Outcome::Retried, Some(&retry_reason(why)), None);
                tracing::warn!(notifier = name, key = claim.key, attempt = claim.attempts + 1, next = %due, why, "not delivered yet");
            }
            Settlement::Dead { why, fallback } => {
                metrics.attempted(name, Outcome::Dead, None, None);
                tracing::error!(notifier = name, key = claim.key, why, fallback = fallback.as_deref(), "dead letter");
            }
            Settlement::Released => {}
        }
    }
}

/// Sorts a retry into few words, so that the metric has few series: `http-503`, `time`, `connection`, `other`.
fn retry_reason(why: &str) -> String {
    // Only what was answered is a status: a port and an address have three digits too.
    let answered = why.split_once(" answered ").map(|(_, rest)| rest.split(|c: char| !c.is_ascii_digit()).next().unwrap_or_default());
    let status = answered.filter(|digits| digits.len() == 3 && digits.starts_with(['4', '5']));
    let lower = why.to_lowercase();
    match status {
        Some(status) => format!("http-{status}"),
        None if ["no answer", "answer within", "time"].iter().any(|word| lower.contains(word)) => "time".into(),
        None if ["connect", "reset", "closed", "unreachable", "no address"].iter().any(|word| lower.contains(word)) => "connection".into(),
        None => "other".into(),
    }
}

/// A duration as a person says it.
fn humane(duration: Duration) -> String {
    match duration.as_secs() {
        seconds @ 0..120 => format!("{seconds} s"),
        seconds @ 120..7_200 => format!("{} min", seconds / 60),
        seconds => format!("{} h", seconds / 3_600),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn retry_reasons_are_few() {
        assert_eq!(retry_reason("the webhook answered 503"), "http-503");
        assert_eq!(retry_reason("slack answered 429: rate_limited"), "http-429");
        assert_eq!(retry_reason("slack answered 200 without JSON"), "other");
        assert_eq!(retry_reason("no answer within 30 s"), "time");
        assert_eq!(retry_reason("the webhook: crm.example.org: no complete answer within 20 s"), "time");
        assert_eq!(retry_reason("the webhook: 10.0.0.1:443: cannot connect (Connection refused (os error 111))"), "connection");
        assert_eq!(retry_reason("slack: hooks.slack.com: no address (failed to lookup address information)"), "connection");
        assert_eq!(retry_reason("what"), "other");
    }
}
