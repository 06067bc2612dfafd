//! The embedded store: one `SQLite` file in WAL mode.
//!
//! One thread writes, with group commit; readers have connections of their own
//! and never wait for it. Several processes may use the file at once: the
//! daemon, and every command beside it. `docs/state.md` has the layout.

use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use jiff::Timestamp;
use jiff::tz::TimeZone;
use tokio::sync::watch;

use crate::domain::{Account, Case, CaseId, CaseState, Cursor, Delivery, DeliveryId, Dismissal, IdSource, MentionId};

use super::{
    Batch, Claim, Committed, Decided, Forgotten, Memory, OutboxFilter, Purge, Query, Settlement, Standing, Store, StoreError,
    StoredMention, Walk, Walked,
};

mod authors;
mod brief;
mod cases;
mod checkpoint;
mod claim;
mod commit;
mod error;
mod faces;
mod forms;
mod mentions;
mod names;
mod open;
mod packed;
mod recall;
mod retention;
mod rewrite;
mod settle;
mod spot;
mod standing;
mod strangers;
mod upgrade;
mod walk;
mod words;
mod writer;

use checkpoint::Checkpoints;
pub use open::{Durability, Options};
use writer::{Room, Writer};

/// Connections for reading that are kept open; each may hold 4 MiB of pages.
const IDLE_READERS: usize = 4;

/// How headlines are shown.
#[derive(Debug)]
struct Showing {
    zone: TimeZone,
}

/// A store in one `SQLite` file.
#[derive(Debug)]
pub struct Sqlite {
    options: Options,
    showing: Arc<Showing>,
    ids: Arc<IdSource>,
    /// `None` when it was opened for reading only.
    writer: Option<Writer>,
    /// Idle connections for reading; `None` when the database lives in memory, where only the writer sees it.
    readers: Option<Arc<Mutex<Vec<Room>>>>,
}

impl Sqlite {
    /// Opens the file, makes it when it is missing, and brings an older one up to date.
    ///
    /// Blocks; a start does this once.
    pub fn open(options: Options) -> Result<Self, StoreError> {
        let writer = Writer::start(open::writer(&options)?, Some(Checkpoints::new(options.clone())))?;
        Ok(Self::new(options, Some(writer), true))
    }

    /// Opens an existing file for commands that must not write.
    pub fn open_read_only(options: Options) -> Result<Self, StoreError> {
        let first = Room::new(open::reader(&options)?);
        let store = Self::new(options, None, true);
        store.give_back(first);
        Ok(store)
    }

    /// Makes a store that lives in memory and leaves nothing behind; what its options say of a path is not used.
    pub fn in_memory(options: Options) -> Result<Self, StoreError> {
        let writer = Writer::start(open::memory(&options)?, None)?;
        Ok(Self::new(options, Some(writer), false))
    }

    fn new(options: Options, writer: Option<Writer>, readers: bool) -> Self {
        let showing = Arc::new(Showing { zone: options.zone.clone() });
        let ids = Arc::new(IdSource::new(fastrand::u64(..)));
        Self { options, showing, ids, writer, readers: readers.then(Arc::default) }
    }

    /// Gives the file.
    pub fn path(&self) -> &Path {
        &self.options.path
    }

    /// Sets the most bytes the file may take; `None` for as many as the disk has.
    pub async fn limit(&self, max_bytes: Option<u64>) -> Result<(), StoreError> {
        self.write(move |room| open::limit(&room.conn, max_bytes)).await
    }

    async fn write<T, F>(&self, work: F) -> Result<T, StoreError>
    where
        T: Send + 'static,
        F: FnOnce(&Room) -> Result<T, StoreError> + Send + 'static,
    {
        let writer =
            self.writer.as_ref().ok_or_else(|| StoreError::Unusable { why: "the store was opened for reading only".to_owned() })?;
        writer.run(work).await
    }

    async fn read<T, F>(&self, work: F) -> Result<T, StoreError>
    where
        T: Send + 'static,
        F: FnOnce(&Room) -> Result<T, StoreError> + Send + 'static,
    {
        let Some(readers) = &self.readers else { return self.write(work).await };
        let (readers, options) = (Arc::clone(readers), self.options.clone());
        let reading = tokio::task::spawn_blocking(move || {
            let idle = readers.lock().unwrap_or_else(PoisonError::into_inner).pop();
            let room = match idle {
                Some(room) => room,
                None => Room::new(open::reader(&options)?),
            };
            // One view of the file for all statements of one question.
            room.conn.execute_batch("BEGIN")?;
            let done = work(&room);
            room.conn.execute_batch("COMMIT")?;
            let mut idle = readers.lock().unwrap_or_else(PoisonError::into_inner);
            if idle.len() < IDLE_READERS {
                idle.push(room);
            }
            done
        });
        reading.await.map_err(|error| StoreError::Unusable { why: format!("reading the store ended early: {error}") })?
    }

    fn give_back(&self, room: Room) {
        if let Some(readers) = &self.readers {
            readers.lock().unwrap_or_else(PoisonError::into_inner).push(room);
        }
    }
}

#[async_trait]
impl Store for Sqlite {
    async fn cursor(&self, feed: &str) -> Result<Option<Cursor>, StoreError> {
        let feed = feed.to_owned();
        self.read(move |room| Ok(mentions::one(room, "SELECT value FROM cursor WHERE feed = ?1", [feed])?.map(Cursor))).await
    }

    async fn recall(&self, queries: &[Query<'_>], now: Timestamp) -> Result<Vec<Memory>, StoreError> {
        let asked: Vec<_> = queries.iter().map(recall::Asked::from).collect();
        self.read(move |room| asked.iter().map(|asked| recall::recall(room, asked, now)).collect()).await
    }

    async fn commit(&self, batch: Arc<Batch>) -> Result<Committed, StoreError> {
        // The batch stays with the caller: taking its thousands of texts apart is not the writer's work.
        let (ids, here) = (Arc::clone(&self.ids), Arc::clone(&batch));
        let done = self.write(move |room| commit::commit(room, &ids, &here)).await;
        drop(batch);
        done
    }

    async fn claim(
        &self,
        notifier: &str,
        now: Timestamp,
        lease: Duration,
        most: usize,
        folds_from: Option<usize>,
    ) -> Result<Vec<Claim>, StoreError> {
        let asked = claim::Asked { notifier: notifier.to_owned(), now, lease, most, folds_from };
        let showing = Arc::clone(&self.showing);
        self.write(move |room| claim::claim(room, &asked, &showing)).await
    }

    async fn settle(&self, ended: Vec<(Claim, Settlement)>, now: Timestamp) -> Result<(), StoreError> {
        let ids = Arc::clone(&self.ids);
        self.write(move |room| ended.iter().try_for_each(|(claim, how)| settle::settle(room, &ids, claim, how, now))).await
    }

    async fn next_due(&self, notifier: &str) -> Result<Option<Timestamp>, StoreError> {
        let notifier = notifier.to_owned();
        self.read(move |room| claim::next_due(room, &notifier)).await
    }

    async fn outbox(&self, filter: &OutboxFilter) -> Result<Vec<Delivery>, StoreError> {
        let (filter, showing) = (filter.clone(), Arc::clone(&self.showing));
        self.read(move |room| settle::list(room, &filter, &showing)).await
    }

    async fn outbox_set(&self, ids: &[DeliveryId], retry: bool, now: Timestamp) -> Result<u64, StoreError> {
        let ids = ids.to_vec();
        self.write(move |room| settle::set(room, &ids, retry, now)).await
    }

    async fn reclaim(&self, now: Timestamp) -> Result<u64, StoreError> {
        self.write(move |room| settle::reclaim(room, now)).await
    }

    async fn cases(&self, live_only: bool, most: usize) -> Result<Vec<Case>, StoreError> {
        self.read(move |room| cases::list(room, live_only, most)).await
    }

    async fn case(&self, id: CaseId) -> Result<Option<(Case, Vec<StoredMention>)>, StoreError> {
        self.read(move |room| cases::with_mentions(room, id)).await
    }

    async fn case_set(&self, id: CaseId, state: CaseState, by: Option<&str>, now: Timestamp) -> Result<Option<Case>, StoreError> {
        let by = by.map(str::to_owned);
        self.write(move |room| cases::set(room, id, state, by.as_deref(), now)).await
    }

    async fn dismiss(&self, id: CaseId, why: Dismissal, now: Timestamp) -> Result<Option<Case>, StoreError> {
        self.write(move |room| cases::dismiss(room, id, why, now)).await
    }

    async fn mention(&self, id: &str) -> Result<Option<StoredMention>, StoreError> {
        let id = id.to_owned();
        self.read(move |room| mentions::look_up(room, &id)).await
    }

    async fn mentions(&self, since: Timestamp, after: Option<MentionId>, most: usize) -> Result<Vec<StoredMention>, StoreError> {
        self.read(move |room| mentions::list(room, mentions::millis(since), after.map_or(i64::MIN, |id| id.0), most)).await
    }

    async fn walk(&self, walk: &Walk) -> Result<Vec<Walked>, StoreError> {
        let walk = *walk;
        self.read(move |room| walk::page(room, &walk)).await
    }

    async fn rewrite(&self, again: Vec<Decided>, now: Timestamp) -> Result<Committed, StoreError> {
        let ids = Arc::clone(&self.ids);
        self.write(move |room| rewrite::rewrite(room, &ids, &again, now)).await
    }

    async fn standing(&self) -> Result<Standing, StoreError> {
        self.read(standing::standing).await
    }

    async fn note_set(&self, key: &str, value: Option<&str>) -> Result<(), StoreError> {
        let (key, value) = (key.to_owned(), value.map(str::to_owned));
        self.write(move |room| standing::note_set(room, &key, value.as_deref())).await
    }

    async fn note(&self, key: &str) -> Result<Option<String>, StoreError> {
        let key = key.to_owned();
        self.read(move |room| mentions::one(room, "SELECT value FROM note WHERE key = ?1", [key])).await
    }

    async fn forget(&self, account: &Account) -> Result<Forgotten, StoreError> {
        let account = account.clone();
        self.write(move |room| retention::forget(room, &account)).await
    }

    async fn purge(&self, purge: Purge) -> Result<Forgotten, StoreError> {
        self.write(move |room| retention::purge(room, &purge)).await
    }

    async fn ping(&self) -> Result<(), StoreError> {
        self.write(standing::ping).await
    }

    fn woken(&self) -> watch::Receiver<u64> {
        self.writer.as_ref().map_or_else(|| watch::channel(0).1, Writer::woken)
    }
}
