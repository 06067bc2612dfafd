//! What a reload was asked for, and what became of it: notes in the store.
//!
//! A signal carries no words. `courtier reload` leaves a note before it sends
//! one, the house takes it away and leaves another with the outcome. A bare
//! SIGHUP (`systemctl reload`) leaves none and is treated alike, without `--yes`.

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use super::guard::Hidden;
use crate::domain::Watch;
use crate::store::{Store, StoreError};

/// The note that the house takes away.
const ASKED: &str = "reload.asked";
/// The note that it leaves.
const ENDED: &str = "reload.ended";
/// The note of what the running plan listens for.
const LISTENS: &str = "plan.watches";
/// A longer note is not worth its place: tens of thousands of terms change seldom.
const LONGEST: usize = 256 * 1024;
/// A note that nobody took for so long belongs to a signal that never came.
const FRESH: SignedDuration = SignedDuration::from_mins(2);

/// What somebody asked for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReloadAsked {
    /// Any name: the outcome carries it too.
    pub id: String,
    /// Reload even when that hides leavers.
    pub yes: bool,
    /// When it was asked.
    pub at: Timestamp,
}

/// What became of a reload.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReloadEnded {
    /// The name of what was asked, when somebody did.
    pub id: Option<String>,
    /// Whether the new plan runs.
    pub runs: bool,
    /// Why it does not, in words; empty when it does.
    pub says: String,
    /// The leavers that it hides, or would.
    pub hidden: Hidden,
    /// When it ended.
    pub at: Timestamp,
}

/// Notes what the running plan listens for: a file that is changed in place can then be compared with it.
pub(super) async fn note_watches(store: &dyn Store, watches: &[Watch]) {
    let note = serde_json::to_string(watches).ok().filter(|note| note.len() <= LONGEST);
    if let Err(error) = store.note_set(LISTENS, note.as_deref()).await {
        tracing::debug!(%error, "what the plan listens for could not be noted");
    }
}

/// Gives the watches of the plan that runs, or ran last; `None` when nobody noted them.
pub async fn noted_watches(store: &dyn Store) -> Result<Option<Vec<Watch>>, StoreError> {
    Ok(store.note(LISTENS).await?.and_then(|note| serde_json::from_str(&note).ok()))
}

impl ReloadAsked {
    /// Leaves the note for the next reload.
    pub async fn leave(&self, store: &dyn Store) -> Result<(), StoreError> {
        store.note_set(ASKED, serde_json::to_string(self).ok().as_deref()).await
    }

    /// Takes the note back: the signal could not be sent.
    pub async fn take_back(store: &dyn Store) -> Result<(), StoreError> {
        store.note_set(ASKED, None).await
    }

    /// Takes the note away; `None` when there is none, or only one that was left for another signal.
    pub(super) async fn take(store: &dyn Store, now: Timestamp) -> Option<Self> {
        let note = store.note(ASKED).await.ok()??;
        // A note that stays would let the next reload pass too.
        store.note_set(ASKED, None).await.ok()?;
        let asked: Self = serde_json::from_str(&note).ok()?;
        (now.duration_since(asked.at).abs() < FRESH).then_some(asked)
    }
}

impl ReloadEnded {
    /// Leaves the note for whoever asked.
    pub(super) async fn leave(&self, store: &dyn Store) {
        let note = serde_json::to_string(self).ok();
        if let Err(error) = store.note_set(ENDED, note.as_deref()).await {
            tracing::warn!(%error, "what became of the reload could not be noted");
        }
    }

    /// Reads what became of what was asked under this name; `None` while it is not known.
    pub async fn of(store: &dyn Store, id: &str) -> Result<Option<Self>, StoreError> {
        let note = store.note(ENDED).await?;
        let ended = note.and_then(|note| serde_json::from_str::<Self>(&note).ok());
        Ok(ended.filter(|ended| ended.id.as_deref() == Some(id)))
    }
}
