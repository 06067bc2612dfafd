//! What the demo says before and after: what was heard, and how fast.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::sync::{Arc, Mutex, PoisonError};

use async_trait::async_trait;
use jiff::Timestamp;
use tokio_util::sync::CancellationToken;

use crate::cli::{Failure, Format, Output};
use crate::domain::{Alert, Receipt};
use crate::engine::Clock;
use crate::notify::{Notifier, Rate, SendError};
use crate::store::Store;

/// Measures from the post's own date to the receiver's yes.
#[derive(Debug, Clone)]
pub(super) struct Stopwatch {
    clock: Clock,
    /// Cancelled when standard output is closed: nobody looks any more.
    nobody: CancellationToken,
    seconds: Arc<Mutex<Vec<f64>>>,
}

impl Stopwatch {
    pub(super) fn new(clock: Clock, nobody: CancellationToken) -> Self {
        Self { clock, nobody, seconds: Arc::default() }
    }

    /// Wraps a notifier; what it sends and answers stays the same.
    pub(super) fn around(&self, inner: Arc<dyn Notifier>) -> Watched {
        Watched { inner, stopwatch: self.clone() }
    }

    fn sorted(&self) -> Vec<f64> {
        let mut seconds = self.seconds.lock().unwrap_or_else(PoisonError::into_inner).clone();
        seconds.sort_by(f64::total_cmp);
        seconds
    }
}

/// A notifier whose deliveries are measured.
pub(super) struct Watched {
    inner: Arc<dyn Notifier>,
    stopwatch: Stopwatch,
}

#[async_trait]
impl Notifier for Watched {
    async fn send(&self, alert: &Alert, key: &str) -> Result<Receipt, SendError> {
        let answer = self.inner.send(alert, key).await;
        if matches!(answer, Err(SendError::Gone { .. })) {
            self.stopwatch.nobody.cancel();
        }
        let receipt = answer?;
        if let Alert::Mention(alert) = alert
            && let Some(posted) = alert.mention.posted
        {
            let taken = self.stopwatch.clock.now().duration_since(posted).as_secs_f64();
            self.stopwatch.seconds.lock().unwrap_or_else(PoisonError::into_inner).push(taken);
        }
        Ok(receipt)
    }

    async fn probe(&self, now: Timestamp) -> Result<String, SendError> {
        self.inner.probe(now).await
    }

    fn rate(&self) -> Rate {
        self.inner.rate()
    }

    fn folds_from(&self) -> Option<usize> {
        self.inner.folds_from()
    }
}

/// Says what is about to happen.
pub(super) fn opening(posts: usize, feeds: usize) -> Result<(), Failure> {
    Output::new(Format::Table)
        .text(&format!("A day of Nomadesk and Dropbox: {posts} posts on {feeds} loopback networks, heard by the real daemon.\n\n"))
}

/// Says what happened.
pub(super) async fn summary(store: &dyn Store, stopwatch: &Stopwatch, posts: usize, began: Timestamp) -> Result<(), Failure> {
    let cannot = |error| Failure::could_not("cannot read the demo's store").because(error);
    let stored = store.mentions(began, None, 1_000).await.map_err(cannot)?;
    let mut alerted: BTreeMap<&str, u64> = BTreeMap::new();
    let mut quiet: BTreeMap<&str, u64> = BTreeMap::new();
    for (_, hearing, reason, _) in stored.iter().flat_map(|mention| &mention.heard) {
        if reason.alerts() {
            *alerted.entry(hearing.primary.as_str()).or_default() += 1;
        } else {
            *quiet.entry(reason.as_str()).or_default() += 1;
        }
    }
    let seconds = stopwatch.sorted();
    let mut text = String::from("\n");
    let list = |counts: &BTreeMap<&str, u64>| counts.iter().map(|(what, count)| format!("{count} {what}")).collect::<Vec<_>>().join(", ");
    let alerts: u64 = alerted.values().sum();
    writeln!(text, "{posts} posts, {} named a watch, {alerts} alerts: {}.", stored.len(), list(&alerted)).ok();
    writeln!(text, "Recorded without an alert, each with its reason: {}.", list(&quiet)).ok();
    if let (Some(median), Some(longest)) = (seconds.get(seconds.len() / 2), seconds.last()) {
        writeln!(
            text,
            "From post to card: median {median:.2} s, longest {longest:.2} s ({} cards; the polled networks are asked once a second).",
            seconds.len()
        )
        .ok();
    }
    writeln!(text, "Nothing is left behind. Next: `courtier init` writes a configuration for your own brand.").ok();
    Output::new(Format::Table).text(&text)
}
