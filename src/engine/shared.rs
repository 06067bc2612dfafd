//! What every task of the house holds.

use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;

use super::{Clock, Health};
use crate::domain::{AlertId, Health as HealthAlert, IdSource};
use crate::observe::Metrics;
use crate::store::{Batch, Store};

/// Store, clock, ids, metrics and health: one of each in a process.
#[derive(Clone)]
pub struct Shared {
    /// Everything durable.
    pub store: Arc<dyn Store>,
    /// The time.
    pub clock: Clock,
    /// Fresh ids.
    pub ids: Arc<IdSource>,
    /// The counters.
    pub metrics: Metrics,
    /// How each part is doing.
    pub health: Health,
}

impl std::fmt::Debug for Shared {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Shared").field("health", &self.health).finish_non_exhaustive()
    }
}

impl Shared {
    /// Puts everything together around a store.
    pub fn new(store: Arc<dyn Store>, clock: Clock) -> Self {
        Self { store, clock, ids: Arc::new(IdSource::new(fastrand::u64(..))), metrics: Metrics::new(), health: Health::default() }
    }

    /// Tells people about courtier itself, through these notifiers.
    pub(super) async fn raise(&self, about: &str, what: &str, hint: &str, to: Vec<String>) {
        if to.is_empty() {
            return;
        }
        let now = self.clock.now();
        let alert = HealthAlert {
            id: AlertId(self.ids.next(now.as_millisecond())),
            about: about.to_owned(),
            what: what.to_owned(),
            hint: hint.to_owned(),
            at: now,
            sent: None,
        };
        let batch = Batch { health: vec![(alert, to)], now: Some(now), ..Batch::default() };
        if let Err(error) = self.store.commit(batch.into()).await {
            tracing::error!(about, what, %error, "a health alert could not be stored");
        }
    }
}

/// Seconds between two moments, for metrics.
pub(super) fn seconds(from: Timestamp, to: Timestamp) -> f64 {
    to.duration_since(from).as_secs_f64()
}

/// Adds a pause to a moment; the far future when it does not fit.
pub(super) fn later(now: Timestamp, pause: Duration) -> Timestamp {
    jiff::SignedDuration::try_from(pause).ok().and_then(|pause| now.checked_add(pause).ok()).unwrap_or(Timestamp::MAX)
}
