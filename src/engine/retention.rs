//! Forgets what is older than agreed: words and authors, each at its own age.
//!
//! Once at the start and then at a quiet pace. One step takes a few milliseconds
//! of the writer and then lets everybody else write, so that a store of years
//! whose retention was set today is worked off beside the running house.

use std::time::Duration;

use tokio_util::sync::CancellationToken;

use super::shared::Shared;
use crate::store::{Forgotten, Purge, StoreError};

/// Mentions of one step.
const STEP: usize = 100;
/// What others have of the writer between two steps.
const BETWEEN: Duration = Duration::from_millis(50);
/// Looks for more so often.
const EVERY: Duration = Duration::from_mins(10);

/// How long what strangers wrote is kept; `None` is for ever.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Keep {
    /// Words, drafts and evidence.
    pub text: Option<Duration>,
    /// Names, handles and links.
    pub author: Option<Duration>,
}

/// The task of one plan.
pub(super) struct Retention {
    pub(super) keep: Keep,
    pub(super) shared: Shared,
    pub(super) cancel: CancellationToken,
}

impl Retention {
    /// Runs until the token is cancelled; ends at once where everything is kept.
    pub(super) async fn run(self) {
        if self.keep == Keep::default() {
            return;
        }
        let cancel = self.cancel.clone();
        let forever = async {
            loop {
                self.round().await;
                tokio::time::sleep(EVERY).await;
            }
        };
        // Each step is a transaction of its own: it may end between any two.
        cancel.run_until_cancelled(forever).await;
    }

    /// Forgets all that is too old now, and says how much it was.
    async fn round(&self) {
        let mut all = Forgotten::default();
        let ended = loop {
            match self.step().await {
                Ok(done) if done == Forgotten::default() => break Ok(()),
                Ok(done) => {
                    all.texts += done.texts;
                    all.authors += done.authors;
                    all.cases += done.cases;
                    self.shared.metrics.forgotten(done.texts, done.authors);
                }
                Err(error) => break Err(error),
            }
            tokio::time::sleep(BETWEEN).await;
        };
        if all != Forgotten::default() {
            tracing::info!(texts = all.texts, authors = all.authors, cases = all.cases, "forgot what is older than agreed");
        }
        if let Err(error) = ended {
            tracing::warn!(%error, again = ?EVERY, "could not forget what is older than agreed");
        }
    }

    async fn step(&self) -> Result<Forgotten, StoreError> {
        let now = self.shared.clock.now();
        // An age that reaches back before time began keeps everything.
        let before = |keep: Option<Duration>| keep.and_then(|keep| now.checked_sub(keep).ok());
        let purge = Purge { text_before: before(self.keep.text), author_before: before(self.keep.author), most: STEP };
        self.shared.store.purge(purge).await
    }
}
