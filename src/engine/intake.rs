//! The one writer: drops what is known, decides, commits, acknowledges.
//!
//! Mentions of all feeds pass here one batch at a time, so that two feeds that
//! bring the same post, or two posts of one author, never race. A batch that
//! cannot be written is kept in hand and tried again; meanwhile the channel
//! fills and the feeds wait.

use std::sync::Arc;

use jiff::Timestamp;
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use super::feeds::Parcel;
use super::pauses::Pauses;
use super::plan::{Plan, fit};
use super::shared::{Shared, seconds};
use crate::detect::{Heard, Outcome, counts};
use crate::domain::{AlertId, Attribute, Hearing, Mention, MentionId, Reason};
use crate::feed::Verdict as Answer;
use crate::store::{Batch, Decided, Memory, Query, StoreError};
use crate::triage::{Input, Ledger, Past, Verdict, decide, fingerprint};

/// Parcels that may wait for the writer; beyond that the feeds wait.
pub(super) const CHANNEL: usize = 64;
/// Mentions that share one transaction at most.
const BATCH: usize = 512;

/// The writer's task.
pub(super) struct Intake {
    pub(super) plan: Arc<Plan>,
    pub(super) shared: Shared,
    pub(super) parcels: mpsc::Receiver<Parcel>,
    /// Ends even a batch that cannot be written: the grace is over.
    pub(super) abandon: CancellationToken,
}

/// One mention with the watches that it names.
struct Candidate<'a> {
    feed: &'a str,
    mention: &'a Mention,
    fingerprint: u64,
    named: Vec<(usize, &'a Hearing)>,
}

impl Intake {
    /// Runs until every feed loop is gone and the channel is empty.
    pub(super) async fn run(mut self) {
        while let Some(first) = self.parcels.recv().await {
            let mut parcels = vec![first];
            let mut mentions = parcels.iter().map(|parcel| parcel.heard.len()).sum::<usize>();
            while mentions < BATCH {
                let Ok(next) = self.parcels.try_recv() else { break };
                mentions += next.heard.len();
                parcels.push(next);
            }
            let abandon = self.abandon.clone();
            if abandon.run_until_cancelled(self.take_in(parcels)).await.is_none() {
                tracing::warn!("left a batch unwritten; its posts are read again at the next start");
                return;
            }
        }
    }

    /// Decides and writes one batch, however long the store needs.
    async fn take_in(&self, parcels: Vec<Parcel>) {
        let mut failures = 0;
        loop {
            match self.attempt(&parcels).await {
                Ok(batch) => {
                    if self.shared.health.store(None) {
                        tracing::info!("the store writes again");
                    }
                    self.shared.metrics.store(true);
                    self.count(&batch.decided);
                    break;
                }
                Err(error) => {
                    failures += 1;
                    self.shared.metrics.store(false);
                    if self.shared.health.store(Some(error.to_string())) {
                        tracing::error!(%error, "nothing is taken in until the store writes again");
                    }
                    tokio::time::sleep(Pauses::STORE.draw(failures, &mut fastrand::Rng::new())).await;
                }
            }
        }
        for waiting in parcels.into_iter().flat_map(|parcel| parcel.waiting) {
            waiting.tell(Answer::Accepted);
        }
    }

    /// Decides and writes once; gives what was written.
    async fn attempt(&self, parcels: &[Parcel]) -> Result<Arc<Batch>, StoreError> {
        let now = self.shared.clock.now();
        let candidates: Vec<Candidate<'_>> = parcels.iter().flat_map(candidates).collect();
        let queries: Vec<Query<'_>> = candidates.iter().map(|candidate| self.query(candidate)).collect();
        let memories = if queries.is_empty() { Vec::new() } else { self.shared.store.recall(&queries, now).await? };
        let mut batch = Batch { now: Some(now), ..Batch::default() };
        let mut ledger = Ledger::new();
        for (candidate, memory) in candidates.iter().zip(memories) {
            self.decide(candidate, memory, now, &mut ledger, &mut batch);
        }
        for parcel in parcels {
            batch.deleted.extend(parcel.deleted.iter().map(|id| (parcel.network.clone(), id.clone())));
            if let Some(cursor) = &parcel.cursor {
                batch.cursors.retain(|(feed, _)| **feed != *parcel.feed);
                batch.cursors.push((parcel.feed.to_string(), cursor.clone()));
            }
        }
        let batch = Arc::new(batch);
        self.shared.store.commit(Arc::clone(&batch)).await?;
        Ok(batch)
    }

    fn query<'a>(&'a self, candidate: &Candidate<'a>) -> Query<'a> {
        Query {
            mention: candidate.mention,
            watches: candidate.named.iter().filter_map(|(watch, _)| Some(&*self.plan.watches.get(*watch)?.id)).collect(),
            fingerprint: candidate.fingerprint,
        }
    }

    fn decide(&self, candidate: &Candidate<'_>, memory: Memory, now: Timestamp, ledger: &mut Ledger, batch: &mut Batch) {
        if memory.known || ledger.knows(candidate.mention) {
            return;
        }
        let id = MentionId(self.shared.ids.next(now.as_millisecond()));
        let opens = (self.plan.opens)(now);
        let mut verdicts: Vec<(usize, Verdict)> = Vec::new();
        for ((index, hearing), remembered) in candidate.named.iter().zip(memory.watches) {
            let Some(watch) = self.plan.watches.get(*index) else { continue };
            let mut past = Past {
                known: false,
                same_words: memory.same_words.clone(),
                cases: remembered.cases,
                thread_cases: memory.thread_cases.clone(),
                mentions_before: remembered.mentions_before,
            };
            ledger.merge(candidate.mention, &watch.id, candidate.fingerprint, &mut past);
            let input = Input { mention: candidate.mention, feed: candidate.feed, watch, hearing, past: &past, now, opens };
            let mut verdict = decide(&input, &self.plan.routing, &self.shared.ids);
            let folds = |name: &str| self.plan.notifiers.iter().any(|one| *one.name == *name && one.notifier.folds_from().is_some());
            fit(&mut verdict.decision, now, folds);
            batch.case_states.extend(verdict.answered.iter().map(|case| (*case, crate::domain::CaseState::Answered)));
            let alert = verdict.decision.reason.alerts().then(|| {
                let draft = (self.plan.drafter)(candidate.mention, hearing, watch, id);
                (AlertId(self.shared.ids.next(now.as_millisecond())), draft)
            });
            batch.decided.push(Decided {
                mention_id: id,
                mention: candidate.mention.clone(),
                fingerprint: candidate.fingerprint,
                feed: candidate.feed.to_owned(),
                watch: watch.id.clone(),
                watch_name: watch.brand.name.clone(),
                hearing: (*hearing).clone(),
                decision: verdict.decision.clone(),
                case: verdict.case.clone(),
                alert,
                mentions_before: past.mentions_before,
                decided: now,
            });
            verdicts.push((*index, verdict));
        }
        let noted: Vec<(&str, &Verdict)> =
            verdicts.iter().filter_map(|(index, verdict)| Some((&*self.plan.watches.get(*index)?.id, verdict))).collect();
        ledger.note(candidate.mention, id, candidate.fingerprint, &noted);
    }

    fn count(&self, decided: &[Decided]) {
        let now = self.shared.clock.now();
        for one in decided {
            let posted = one.mention.posted.map(|posted| seconds(posted, one.mention.seen));
            let reason = one.decision.reason;
            self.shared.metrics.decided(&one.feed, &one.watch, reason.as_str(), posted, seconds(one.mention.seen, now));
            for finding in &one.hearing.findings {
                let outcome = match counts(finding) {
                    true => "counted",
                    false if finding.attributes.contains(&Attribute::Shadow) => "shadow",
                    false => "lowered",
                };
                self.shared.metrics.found(&finding.rule, outcome);
            }
            if reason == Reason::NewCase || reason == Reason::CaseRose {
                tracing::info!(mention = %one.mention_id, watch = one.watch, primary = %one.hearing.primary, priority = %one.decision.priority, %reason, "alerts");
            }
        }
    }
}

/// Gives the mentions of a parcel that name a watch for certain.
fn candidates(parcel: &Parcel) -> impl Iterator<Item = Candidate<'_>> {
    parcel.heard.iter().filter_map(|(mention, heard)| {
        let named: Vec<(usize, &Hearing)> = heard.iter().filter_map(named).collect();
        (!named.is_empty()).then(|| Candidate { feed: &parcel.feed, mention, fingerprint: fingerprint(&mention.text), named })
    })
}

fn named(heard: &Heard) -> Option<(usize, &Hearing)> {
    match &heard.outcome {
        Outcome::Named(hearing) => Some((heard.watch, hearing)),
        Outcome::Excluded { .. } | Outcome::Ambiguous { .. } => None,
    }
}
