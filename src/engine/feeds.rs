//! One loop a feed: asks at its pace, drops what names nobody, hands over hits.
//!
//! The loop owns time, pauses and the cursor; the feed only translates. Posts
//! are matched here, beside other feeds, so that the single writer behind the
//! channel sees hits only.

use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use tokio::sync::mpsc;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use super::pauses::{Pauses, readable};
use super::plan::{Plan, PlannedFeed};
use super::shared::{Shared, seconds};
use super::silence::Ear;
use crate::detect::{Heard, Scratch};
use crate::domain::{Cursor, Mention, Network};
use crate::feed::{Ask, Caller, FeedError, Pace, Page};
use crate::observe::Seldom;

/// A live feed's cursor without a hit is written at most this often.
const CURSOR_EVERY: Duration = Duration::from_secs(2);
/// Calls for profiles and parents may delay a hit by so much and no more.
const ENRICH_WITHIN: Duration = Duration::from_secs(2);
/// A feed that fails for so long is worth a person's time.
const TELL_AFTER: f64 = 900.0;
/// A call that waits for posts is asked so often whether it waits for too long.
const LOOK: Duration = Duration::from_secs(15);
/// Mentions of one parcel: a page of thousands goes in parts, so that other feeds get their turn in between.
const PARCEL: usize = 64;

/// What a feed loop hands to intake: becomes true in one transaction.
#[derive(Debug)]
pub(super) struct Parcel {
    pub(super) feed: Arc<str>,
    pub(super) network: Network,
    pub(super) heard: Vec<(Mention, Vec<Heard>)>,
    pub(super) cursor: Option<Cursor>,
    pub(super) deleted: Vec<String>,
    pub(super) waiting: Vec<Caller>,
}

/// One feed's loop.
pub(super) struct FeedLoop {
    pub(super) planned: PlannedFeed,
    pub(super) plan: Arc<Plan>,
    pub(super) shared: Shared,
    pub(super) intake: mpsc::Sender<Parcel>,
    pub(super) cancel: CancellationToken,
}

/// What the loop remembers from call to call.
struct Walk {
    cursor: Option<Cursor>,
    /// A cursor that was not handed over yet because nothing was heard.
    held: Option<Cursor>,
    handed: Instant,
    failures: u32,
    told: bool,
    /// Posts that could not be read.
    passed_over: Seldom,
    ear: Ear,
    scratch: Scratch,
    dice: fastrand::Rng,
}

impl FeedLoop {
    /// Runs until the token is cancelled.
    pub(super) async fn run(self) {
        let cancel = self.cancel.clone();
        let Some(cursor) = cancel.run_until_cancelled(self.stored_cursor()).await else { return };
        let mut walk = Walk {
            cursor,
            held: None,
            handed: Instant::now(),
            failures: 0,
            told: false,
            passed_over: Seldom::default(),
            ear: self.stored_ear().await,
            scratch: Scratch::default(),
            dice: fastrand::Rng::new(),
        };
        loop {
            let Some(pause) = cancel.run_until_cancelled(self.step(&mut walk)).await else { break };
            if !pause.is_zero() && cancel.run_until_cancelled(tokio::time::sleep(pause)).await.is_none() {
                break;
            }
        }
        self.keep_ear(walk.ear.state()).await;
        if let Some(cursor) = walk.held.take() {
            // Best effort: an older cursor only means that a few posts are read again.
            drop(self.intake.try_send(self.parcel(Vec::new(), Some(cursor), Page::default())));
        }
    }

    /// Reads the cursor, waiting for a store that is busy.
    async fn stored_cursor(&self) -> Option<Cursor> {
        let mut failures = 0;
        loop {
            match self.shared.store.cursor(&self.planned.name).await {
                Ok(cursor) => return cursor,
                Err(error) => {
                    failures += 1;
                    tracing::warn!(feed = &*self.planned.name, %error, "cannot read the cursor");
                    tokio::time::sleep(Pauses::STORE.draw(failures, &mut fastrand::Rng::new())).await;
                }
            }
        }
    }

    /// Asks once and hands over; gives the pause before the next call.
    async fn step(&self, walk: &mut Walk) -> Duration {
        let ask = Ask { since: walk.cursor.as_ref(), now: self.shared.clock.now(), backfill: self.plan.backfill };
        match self.fetch(ask, &mut walk.ear).await {
            Ok(mut page) => {
                // A call may have waited for the host's budget: seen is when the answer was here, not when it was asked for.
                let here = self.shared.clock.now();
                for mention in &mut page.mentions {
                    mention.seen = mention.seen.max(here);
                }
                let pause = self.pause_after(&page);
                self.went_well(&page, walk);
                self.judge_silence(&mut walk.ear).await;
                self.hand_over(page, walk).await;
                pause
            }
            Err(error) => self.went_wrong(&error, walk).await,
        }
    }

    /// Asks, and watches the silence of a feed that waits for posts by itself.
    async fn fetch(&self, ask: Ask<'_>, ear: &mut Ear) -> Result<Page, FeedError> {
        let answer = self.planned.feed.fetch(ask);
        if self.planned.feed.pace() != Pace::Live {
            return answer.await;
        }
        tokio::pin!(answer);
        loop {
            if let Ok(answer) = tokio::time::timeout(LOOK, &mut answer).await {
                return answer;
            }
            ear.listen(self.shared.clock.now());
            self.judge_silence(ear).await;
        }
    }

    /// Reads what was learned of the feed's silence.
    async fn stored_ear(&self) -> Ear {
        let kept = self.shared.store.note(&Ear::note(&self.planned.name)).await.ok().flatten();
        Ear::new(self.planned.silence, kept.as_deref())
    }

    /// Keeps what was learned; a store that does not write has other worries, and it is learned again.
    async fn keep_ear(&self, state: Option<String>) {
        if let Some(state) = state
            && let Err(error) = self.shared.store.note_set(&Ear::note(&self.planned.name), Some(&state)).await
        {
            tracing::debug!(feed = &*self.planned.name, %error, "cannot keep what was learned of its silence");
        }
    }

    /// Says once that a feed is silent for too long, and once that it speaks again.
    async fn judge_silence(&self, ear: &mut Ear) {
        let name = &*self.planned.name;
        let deaf = ear.deaf();
        self.shared.metrics.silent(name, deaf.is_some());
        let says = deaf.map(|deaf| deaf.to_string());
        if self.shared.health.feed_silent(name, says.clone()) {
            if let Some(says) = says {
                tracing::warn!(feed = name, says, "answers and brings nothing");
                let to = self.plan.notifiers.iter().map(|notifier| notifier.name.to_string()).collect();
                let hint = format!("look at the source; `silence` in [feeds.{name}] sets another limit or switches this off");
                self.shared.raise(name, &format!("answers and brings nothing: {says}"), &hint, to).await;
            } else {
                tracing::info!(feed = name, "speaks again");
            }
        }
        self.keep_ear(ear.keep_now(self.shared.clock.now())).await;
    }

    fn pause_after(&self, page: &Page) -> Duration {
        match self.planned.feed.pace() {
            Pace::Live => Duration::ZERO,
            Pace::Every(_) if page.more => Duration::ZERO,
            Pace::Every(pace) => page.not_before.map_or(pace, |wish| pace.max(wish)),
        }
    }

    fn went_well(&self, page: &Page, walk: &mut Walk) {
        let name = &*self.planned.name;
        self.shared.metrics.fetched(name, "ok");
        let now = self.shared.clock.now();
        let spoke = page.passed > 0 || !page.mentions.is_empty() || !page.deleted.is_empty() || page.unreadable.is_some();
        if spoke {
            walk.ear.spoke(now);
        } else {
            walk.ear.listen(now);
        }
        if self.shared.health.feed_ok(name, spoke, now) {
            tracing::info!(feed = name, "hears again");
        }
        walk.failures = 0;
        walk.told = false;
        if let Some(gap) = &page.gap {
            tracing::warn!(feed = name, gap, "posts may be missing");
        }
        if self.shared.health.feed_missed(name, page.missed.clone()) {
            if let Some(missed) = &page.missed {
                tracing::warn!(feed = name, missed, "hears only a part");
            } else {
                tracing::info!(feed = name, "hears all of it again");
            }
        }
        if let Some((count, why)) = &page.unreadable
            && let Some(count) = walk.passed_over.add(*count, Instant::now())
        {
            tracing::warn!(feed = name, count, why, "posts were passed over");
        }
    }

    /// Keeps hits, fills them in, hears them and waits for a place in the channel.
    async fn hand_over(&self, mut page: Page, walk: &mut Walk) {
        let posts = page.mentions.len() as u64 + page.passed;
        let unreadable = page.unreadable.as_ref().map_or(0, |(count, _)| *count);
        let mentions = std::mem::take(&mut page.mentions);
        let heard = self.hear(mentions, &mut walk.scratch).await;
        self.shared.metrics.heard(&self.planned.name, posts, heard.len() as u64, unreadable);
        let cursor = page.cursor.take().or_else(|| walk.held.take());
        if let Some(cursor) = &cursor {
            walk.cursor = Some(cursor.clone());
        }
        let quiet = heard.is_empty() && page.waiting.is_empty() && page.deleted.is_empty();
        if quiet && self.planned.feed.pace() == Pace::Live && walk.handed.elapsed() < CURSOR_EVERY {
            walk.held = cursor;
            return;
        }
        if quiet && cursor.is_none() {
            return;
        }
        walk.handed = Instant::now();
        walk.held = None;
        let mut heard = heard.into_iter();
        while heard.len() > PARCEL {
            let part = self.parcel(heard.by_ref().take(PARCEL).collect(), None, Page::default());
            if self.intake.send(part).await.is_err() {
                return;
            }
        }
        // The cursor and whoever waits go with the last part: a page that was cut off is read again, and what is known is dropped.
        // A closed channel means that the house is going down; the cursor stays where it was.
        drop(self.intake.send(self.parcel(heard.collect(), cursor, page)).await);
    }

    fn parcel(&self, heard: Vec<(Mention, Vec<Heard>)>, cursor: Option<Cursor>, page: Page) -> Parcel {
        Parcel {
            feed: Arc::clone(&self.planned.name),
            network: self.planned.network.clone(),
            heard,
            cursor,
            deleted: page.deleted,
            waiting: page.waiting,
        }
    }

    async fn hear(&self, mentions: Vec<Mention>, scratch: &mut Scratch) -> Vec<(Mention, Vec<Heard>)> {
        let detector = &self.plan.detector;
        let (mut hits, mut heard) = (Vec::new(), Vec::new());
        for (index, mention) in mentions.into_iter().enumerate() {
            if index % PARCEL == PARCEL - 1 {
                tokio::task::yield_now().await;
            }
            // What is addressed or linked is looked at in full; the rest must name something.
            let worth = !mention.addressed.is_empty() || !mention.links.is_empty() || detector.names_any(&mention.text, scratch);
            let first = if worth { self.plan.hear(&mention, &self.planned.watches, scratch) } else { Vec::new() };
            if !first.is_empty() || self.plan.is_own(&mention) {
                heard.push(first);
                hits.push(mention);
            }
        }
        if hits.is_empty() {
            return Vec::new();
        }
        let before = hits.clone();
        if tokio::time::timeout(ENRICH_WITHIN, self.planned.feed.enrich(&mut hits)).await.is_err() {
            tracing::debug!(feed = &*self.planned.name, "profiles and parents took too long");
        }
        let told = hits.into_iter().zip(before).zip(heard);
        told.filter_map(|((mention, before), mut heard)| {
            // A parent or a profile may be what a watch or a rule waits for.
            if mention != before {
                heard = self.plan.hear(&mention, &self.planned.watches, scratch);
            }
            if heard.is_empty() {
                heard = self.plan.own_words(&mention);
            }
            (!heard.is_empty()).then_some((mention, heard))
        })
        .collect()
    }

    /// Notes a failure; gives the pause before the next call.
    async fn went_wrong(&self, error: &FeedError, walk: &mut Walk) -> Duration {
        let name = &*self.planned.name;
        walk.failures += 1;
        walk.ear.lost();
        let pace = match self.planned.feed.pace() {
            Pace::Live => Duration::from_mins(1),
            Pace::Every(pace) => pace,
        };
        let (outcome, pause) = match error {
            FeedError::Throttled { after, .. } => ("throttled", after.unwrap_or(pace).max(pace)),
            FeedError::Denied { .. } => ("denied", Pauses::DENIED.draw(walk.failures, &mut walk.dice)),
            FeedError::Unreachable { .. } => ("unreachable", Pauses::unreachable(pace).draw(walk.failures, &mut walk.dice)),
            FeedError::Unreadable { .. } => ("unreadable", pace),
        };
        let now = self.shared.clock.now();
        self.shared.metrics.fetched(name, outcome);
        if self.shared.health.feed_failed(name, &error.to_string(), now) {
            tracing::warn!(feed = name, %error, next = ?readable(pause), "does not hear");
        }
        self.tell_people(&error.to_string(), now, walk).await;
        pause
    }

    /// A feed that stays deaf becomes an alert, once.
    async fn tell_people(&self, why: &str, now: Timestamp, walk: &mut Walk) {
        let health = self.shared.health.feed(&self.planned.name);
        let deaf = health.since.is_some_and(|since| seconds(since, now) >= TELL_AFTER);
        if walk.told || !deaf {
            return;
        }
        walk.told = true;
        let to = self.plan.notifiers.iter().map(|notifier| notifier.name.to_string()).collect();
        let what = format!("has not heard anything for 15 minutes: {why}");
        let hint = format!("`courtier status` shows it; `courtier check --probe` asks {} once", self.planned.name);
        self.shared.raise(&self.planned.name, &what, &hint, to).await;
    }
}
