//! What a reload was asked for, and what became of it: notes in the store.
//!
//! A signal carries no words. `courtier reload` leaves a note before it sends
//! one, the house takes it away and leaves another with the outcome. A bare
//! SIGHUP (`systemctl reload`) leaves none and is treated alike, without `--yes`.
//! Signals that arrive together are one signal, so one reload answers all who
//! asked: each note is a list.

use std::path::{Path, PathBuf};

use jiff::{SignedDuration, Timestamp};
use serde::de::DeserializeOwned;
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
/// The note of the file that the daemon was started with.
const FILE: &str = "plan.file";
/// A longer note is not worth its place: tens of thousands of terms change seldom.
const LONGEST: usize = 256 * 1024;
/// The outcomes that are kept: whoever asked looks for his own within a minute.
const KEPT: usize = 16;
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
    /// Why it does not, in words; when it does, what takes a restart all the same, most often nothing.
    pub says: String,
    /// The leavers that it hides, or would.
    pub hidden: Hidden,
    /// When it began, before the file was read.
    pub began: Timestamp,
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

/// Notes which file a daemon reads again on a reload; `None` when it was started without one.
pub async fn note_file(store: &dyn Store, file: Option<&Path>) -> Result<(), StoreError> {
    let file = file.map(|file| std::path::absolute(file).unwrap_or_else(|_| file.to_owned()));
    store.note_set(FILE, file.as_ref().map(|file| file.to_string_lossy()).as_deref()).await
}

/// Gives the file that the running daemon reads; `None` when nobody noted one.
pub async fn noted_file(store: &dyn Store) -> Result<Option<PathBuf>, StoreError> {
    Ok(store.note(FILE).await?.map(PathBuf::from))
}

impl ReloadAsked {
    /// Leaves the note for the next reload, beside those of others.
    pub async fn leave(&self, store: &dyn Store) -> Result<(), StoreError> {
        let mut all = list::<Self>(store, ASKED).await?;
        all.retain(|one| self.at.duration_since(one.at).abs() < FRESH);
        all.push(self.clone());
        keep(store, ASKED, &all).await
    }

    /// Takes the note back: the signal could not be sent.
    pub async fn take_back(&self, store: &dyn Store) -> Result<(), StoreError> {
        let mut all = list::<Self>(store, ASKED).await?;
        all.retain(|one| one.id != self.id);
        keep(store, ASKED, &all).await
    }

    /// Takes the notes away; none when there are none, or only some that were left for another signal.
    pub(super) async fn take(store: &dyn Store, now: Timestamp) -> Vec<Self> {
        let Ok(mut all) = list::<Self>(store, ASKED).await else { return Vec::new() };
        // A note that stays would let the next reload pass too.
        if all.is_empty() || store.note_set(ASKED, None).await.is_err() {
            return Vec::new();
        }
        all.retain(|asked| now.duration_since(asked.at).abs() < FRESH);
        all
    }
}

impl ReloadEnded {
    /// Leaves the note for all who asked.
    pub(super) async fn leave(&self, asked: Vec<ReloadAsked>, store: &dyn Store) {
        let mut all = list::<Self>(store, ENDED).await.unwrap_or_default();
        // One that nobody asked for is noted too: an asker whose note was overwritten by another's finds it.
        let ids = if asked.is_empty() { vec![None] } else { asked.into_iter().map(|one| Some(one.id)).collect() };
        all.extend(ids.into_iter().map(|id| Self { id, ..self.clone() }));
        all.drain(..all.len().saturating_sub(KEPT));
        if let Err(error) = keep(store, ENDED, &all).await {
            tracing::warn!(%error, "what became of the reload could not be noted");
        }
    }

    /// Reads what became of what was asked under this name and signalled then; `None` while it is not known.
    ///
    /// Two who ask in the same instant may overwrite each other's notes: any reload that began after the
    /// signal has read the same file.
    pub async fn of(store: &dyn Store, id: &str, signalled: Timestamp) -> Result<Option<Self>, StoreError> {
        let mut all = list::<Self>(store, ENDED).await?;
        let mine = all.iter().position(|ended| ended.id.as_deref() == Some(id));
        let found = mine.or_else(|| all.iter().position(|ended| ended.began >= signalled));
        Ok(found.map(|index| all.swap_remove(index)))
    }
}

/// Reads a note that is a list; one that cannot be read is none.
async fn list<T: DeserializeOwned>(store: &dyn Store, name: &str) -> Result<Vec<T>, StoreError> {
    Ok(store.note(name).await?.and_then(|note| serde_json::from_str(&note).ok()).unwrap_or_default())
}

/// Keeps a list as a note; an empty one is no note.
async fn keep<T: Serialize>(store: &dyn Store, name: &str, all: &[T]) -> Result<(), StoreError> {
    let note = (!all.is_empty()).then(|| serde_json::to_string(all).ok()).flatten();
    store.note_set(name, note.as_deref()).await
}
