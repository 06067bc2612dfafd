//! Everything durable: mentions, cases, alerts, deliveries, cursors.
//!
//! Two promises carry the product. [`Store::commit`] writes mentions, findings,
//! cases, alerts, deliveries and cursors in one transaction: after a crash
//! either all of a page is there or none of it. [`Store::claim`] hands a
//! delivery to one dispatcher at a time, under a lease and always with the same
//! key, so that an attempt that died is made again and can be recognised.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use jiff::Timestamp;
use tokio::sync::watch;

use crate::domain::{
    Account, Alert, Case, CaseId, CaseState, Cursor, Decision, Delivery, DeliveryId, DeliveryState, Dismissal, Draft, Health, Hearing,
    Mention, MentionId, Network, Priority, Reason, Receipt,
};

mod sqlite;

pub use sqlite::{Durability, Options, Sqlite};

/// Why the store did not do it; each variant is what the engine does next.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum StoreError {
    /// No room, or the disk does not write: stop taking in, say so, try again.
    #[error("the store cannot write: {why}")]
    Full {
        /// What the system said.
        why: String,
    },
    /// Somebody else holds it too long: try again.
    #[error("the store is busy: {why}")]
    Busy {
        /// What the system said.
        why: String,
    },
    /// Damaged, of a newer version, not ours, not permitted: a person must look.
    #[error("{why}")]
    Unusable {
        /// What it is and what would help.
        why: String,
    },
}

/// What intake asks about a mention before it decides.
#[derive(Debug, Clone)]
pub struct Query<'a> {
    /// The mention.
    pub mention: &'a Mention,
    /// Keys of the watches it names.
    pub watches: Vec<&'a str>,
    /// Fingerprint of its words, for cross-posts and copies; 0 for none.
    pub fingerprint: u64,
}

/// What the store remembers of one mention.
#[derive(Debug, Clone, Default)]
pub struct Memory {
    /// (network, native id) is stored already.
    pub known: bool,
    /// The first stored mention of the last 7 days with the same fingerprint, and its author's handle.
    pub same_words: Option<(MentionId, String)>,
    /// For each watch asked about, in order.
    pub watches: Vec<WatchMemory>,
    /// Live cases whose thread this mention stands in (for answers by our own accounts).
    pub thread_cases: Vec<CaseId>,
}

/// What the store remembers of an author and a watch.
#[derive(Debug, Clone, Default)]
pub struct WatchMemory {
    /// Live cases of this author with this watch.
    pub cases: Vec<Case>,
    /// Mentions of the watch by this author before.
    pub mentions_before: u32,
}

/// One decided mention for one watch, ready to be written.
#[derive(Debug, Clone)]
pub struct Decided {
    /// Its name; the same mention heard for two watches has one id and two entries.
    pub mention_id: MentionId,
    /// The post.
    pub mention: Mention,
    /// Fingerprint of its words.
    pub fingerprint: u64,
    /// Name of the feed that brought it.
    pub feed: String,
    /// Key of the watch.
    pub watch: String,
    /// Name of its brand.
    pub watch_name: String,
    /// What was heard.
    pub hearing: Hearing,
    /// What it deserves.
    pub decision: Decision,
    /// The case after this mention: new or changed; `None` when it has none.
    pub case: Option<Case>,
    /// The alert to write with its deliveries; its id is fresh. `None` unless the decision alerts.
    pub alert: Option<(crate::domain::AlertId, Option<Draft>)>,
    /// Mentions of the watch by this author before.
    pub mentions_before: u32,
    /// When it was decided.
    pub decided: Timestamp,
}

/// Everything that becomes true together.
#[derive(Debug, Clone, Default)]
pub struct Batch {
    /// Decided mentions, oldest first.
    pub decided: Vec<Decided>,
    /// New cursors, by name of the feed.
    pub cursors: Vec<(String, Cursor)>,
    /// Cases whose state changes without a mention of their own (our own answer).
    pub case_states: Vec<(CaseId, CaseState)>,
    /// Health alerts with the notifiers they go to.
    pub health: Vec<(Health, Vec<String>)>,
    /// (network, native id or URL) of posts deleted at the source: text and author are blanked, waiting deliveries dropped.
    pub deleted: Vec<(Network, String)>,
    /// When this batch is written.
    pub now: Option<Timestamp>,
}

/// What a commit did.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Committed {
    /// Mentions that were new.
    pub mentions: u64,
    /// Mentions that were known already and left alone, with their alerts.
    pub known: u64,
    /// Deliveries planned.
    pub deliveries: u64,
}

/// A card to send: one delivery, or several of one notifier folded into one.
#[derive(Debug, Clone)]
pub struct Claim {
    /// The stable key: the first delivery's name; a folded card keeps its key and its members over attempts.
    pub key: String,
    /// The deliveries it settles.
    pub deliveries: Vec<DeliveryId>,
    /// What to send.
    pub alert: Alert,
    /// Attempts made before this one.
    pub attempts: u32,
    /// When the first of them should have gone: give-up counts from here.
    pub created: Timestamp,
}

/// How an attempt ended.
#[derive(Debug, Clone)]
pub enum Settlement {
    /// The receiver said yes.
    Delivered(Receipt),
    /// Again at this moment.
    Retry {
        /// When.
        due: Timestamp,
        /// Why, without secrets.
        why: String,
    },
    /// Gave up. With a fallback a new delivery to that notifier is planned in the same transaction.
    Dead {
        /// Why, without secrets.
        why: String,
        /// Name of the notifier that takes over.
        fallback: Option<String>,
    },
    /// Not sent after all (shutdown): free again at once, not counted as an attempt.
    Released,
}

/// What `outbox list` asks for.
#[derive(Debug, Clone, Default)]
pub struct OutboxFilter {
    /// Only these states; empty for all but delivered.
    pub states: Vec<DeliveryState>,
    /// Only this notifier.
    pub notifier: Option<String>,
    /// At most so many; 0 for all.
    pub most: usize,
}

/// A stored mention as `cases show`, `explain` and `export` show it.
#[derive(Debug, Clone, serde::Serialize)]
pub struct StoredMention {
    /// Its name.
    pub id: MentionId,
    /// Name of the feed.
    pub feed: String,
    /// The post.
    pub mention: Mention,
    /// For each watch it names: key, what was heard, why it was decided so, its case.
    pub heard: Vec<(String, Hearing, Reason, Option<CaseId>)>,
    /// When it was decided.
    pub decided: Timestamp,
}

/// Which stored mentions to go over; ask again with `after` until a page comes back empty.
#[derive(Debug, Clone, Copy)]
pub struct Walk {
    /// Decided at this moment or later.
    pub since: Timestamp,
    /// Decided before this moment.
    pub until: Timestamp,
    /// The last one of the page before.
    pub after: Option<MentionId>,
    /// Backwards, for whoever looks at a bounded number of the latest.
    pub newest_first: bool,
    /// At most so many a page: what a reader holds in memory.
    pub most: usize,
}

/// A stored mention with all that was decided about it, as a walk gives it.
#[derive(Debug, Clone)]
pub struct Walked {
    /// Its name.
    pub id: MentionId,
    /// Name of the feed.
    pub feed: String,
    /// The post; its words are empty once they are forgotten.
    pub mention: Mention,
    /// For each watch it named.
    pub heard: Vec<HeardThen>,
    /// When it was decided.
    pub decided: Timestamp,
}

/// What was heard and decided for one watch at the time.
#[derive(Debug, Clone)]
pub struct HeardThen {
    /// Key of the watch.
    pub watch: String,
    /// What was heard.
    pub hearing: Hearing,
    /// Why it was decided so.
    pub reason: Reason,
    /// How soon it should be answered.
    pub priority: Priority,
    /// Its case as it stands today.
    pub case: Option<Case>,
    /// The notifiers its alert was planned for.
    pub told: Vec<String>,
}

/// Figures for `status`, `/readyz` and the metrics.
#[derive(Debug, Clone, Default, PartialEq, Eq, serde::Serialize)]
pub struct Standing {
    /// Stored mentions.
    pub mentions: u64,
    /// Cases by state.
    pub cases: Vec<(CaseState, u64)>,
    /// Per notifier: waiting, dead, and when the first of the waiting ones should have gone; a moment to come when all wait for theirs.
    pub outbox: Vec<(String, u64, u64, Option<Timestamp>)>,
    /// Per feed: when its cursor was last written.
    pub cursors: Vec<(String, Timestamp)>,
}

/// What is older than agreed.
#[derive(Debug, Clone, Copy)]
pub struct Purge {
    /// Words of mentions decided before this moment are blanked.
    pub text_before: Option<Timestamp>,
    /// Authors of mentions decided before this moment are blanked.
    pub author_before: Option<Timestamp>,
    /// At most so many mentions at once, so that others can write in between.
    pub most: usize,
}

/// How much was forgotten.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, serde::Serialize)]
pub struct Forgotten {
    /// Mentions whose words were blanked.
    pub texts: u64,
    /// Mentions whose author was blanked.
    pub authors: u64,
    /// Cases whose author was blanked.
    pub cases: u64,
    /// Deliveries that were dropped.
    pub deliveries: u64,
}

/// Everything durable. `now` is always an argument.
#[async_trait]
pub trait Store: Send + Sync {
    /// Gives a feed's cursor.
    async fn cursor(&self, feed: &str) -> Result<Option<Cursor>, StoreError>;

    /// Says what is remembered of each mention, in order.
    async fn recall(&self, queries: &[Query<'_>], now: Timestamp) -> Result<Vec<Memory>, StoreError>;

    /// Writes a batch in one transaction. A mention that is known by then is left alone with its alert
    /// (`Committed::known`), whatever `recall` said before. Shared, since whoever writes it counts it afterwards.
    async fn commit(&self, batch: Arc<Batch>) -> Result<Committed, StoreError>;

    /// Claims at most `most` due cards of one notifier for `lease`. With `folds_from` set, so many or more
    /// due deliveries of one watch become one card. Cards whose case was taken (`while_open`) are dropped.
    async fn claim(
        &self,
        notifier: &str,
        now: Timestamp,
        lease: Duration,
        most: usize,
        folds_from: Option<usize>,
    ) -> Result<Vec<Claim>, StoreError>;

    /// Ends attempts; all deliveries of a card end alike.
    async fn settle(&self, ended: Vec<(Claim, Settlement)>, now: Timestamp) -> Result<(), StoreError>;

    /// When the next pending delivery of this notifier is due; a lease that ends counts too.
    async fn next_due(&self, notifier: &str) -> Result<Option<Timestamp>, StoreError>;

    /// Lists deliveries, the oldest first.
    async fn outbox(&self, filter: &OutboxFilter) -> Result<Vec<Delivery>, StoreError>;

    /// Puts dead or waiting deliveries back to "due now" (`true`), or drops them (`false`). Gives how many it changed.
    async fn outbox_set(&self, ids: &[DeliveryId], retry: bool, now: Timestamp) -> Result<u64, StoreError>;

    /// Ends every lease now. Only for a start that knows to be the only dispatcher of this store: whoever held
    /// them is dead, and nobody should wait for the lease of a dead one. Gives how many there were.
    async fn reclaim(&self, now: Timestamp) -> Result<u64, StoreError>;

    /// Lists cases, the most urgent first; `live_only` leaves out answered and dismissed ones.
    async fn cases(&self, live_only: bool, most: usize) -> Result<Vec<Case>, StoreError>;

    /// Gives one case with its mentions, oldest first.
    async fn case(&self, id: CaseId) -> Result<Option<(Case, Vec<StoredMention>)>, StoreError>;

    /// Moves a case forward by hand and says who did it; gives the case as it is then, `None` when there is none.
    async fn case_set(&self, id: CaseId, state: CaseState, by: Option<&str>, now: Timestamp) -> Result<Option<Case>, StoreError>;

    /// Dismisses a case by hand and keeps what it was dismissed as; one that is dismissed already may be given another word.
    /// Gives the case as it is then, `None` when there is none.
    async fn dismiss(&self, id: CaseId, why: Dismissal, now: Timestamp) -> Result<Option<Case>, StoreError>;

    /// Finds a stored mention by id or URL.
    async fn mention(&self, id: &str) -> Result<Option<StoredMention>, StoreError>;

    /// Lists stored mentions decided since then, oldest first, in pages: pass the last id to go on.
    async fn mentions(&self, since: Timestamp, after: Option<MentionId>, most: usize) -> Result<Vec<StoredMention>, StoreError>;

    /// Goes over stored mentions by time, one page at a call. Reads beside the writer and holds nothing between two pages.
    async fn walk(&self, walk: &Walk) -> Result<Vec<Walked>, StoreError>;

    /// Replaces what was heard in stored mentions for one watch each, with the cases and alerts that come of it, in one transaction.
    /// A mention whose words are gone is left alone (`Committed::known`).
    async fn rewrite(&self, again: Vec<Decided>, now: Timestamp) -> Result<Committed, StoreError>;

    /// Gives the figures.
    async fn standing(&self) -> Result<Standing, StoreError>;

    /// Keeps a small named value (a notifier that is disabled, a session) or forgets it.
    async fn note_set(&self, key: &str, value: Option<&str>) -> Result<(), StoreError>;

    /// Reads a named value.
    async fn note(&self, key: &str) -> Result<Option<String>, StoreError>;

    /// Forgets an author: words, names, links and drafts; what waits to be sent about them is dropped.
    async fn forget(&self, account: &Account) -> Result<Forgotten, StoreError>;

    /// Blanks what is older than agreed, at most `most` mentions; ask again until it gives nothing.
    async fn purge(&self, purge: Purge) -> Result<Forgotten, StoreError>;

    /// Proves that it answers and can write; what the watchdog is fed by.
    async fn ping(&self) -> Result<(), StoreError>;

    /// Rises with each commit that made deliveries due, here or in another process. Subscribe, then claim, then wait for a change.
    fn woken(&self) -> watch::Receiver<u64>;
}
