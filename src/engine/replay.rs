//! Puts stored mentions through another plan and says what is to be written.
//!
//! Findings change; decisions that people have seen do not. A mention that has
//! a case keeps it. One that had none, because nothing was heard in it, may
//! open one now: then it goes the whole way, with the cases of today, as if it
//! had just been heard.

use std::sync::Arc;

use jiff::Timestamp;

use super::plan::{Plan, fit};
use super::rehear::{Judgement, Rehearing};
use crate::domain::{AlertId, Decision, Hearing, IdSource, Reason};
use crate::store::{Decided, HeardThen, Query, Store, StoreError, Walked};
use crate::triage::{Input, Ledger, Past, decide, fingerprint};

/// One mention that is heard differently for one watch.
#[derive(Debug, Clone)]
pub struct Replayed {
    /// What was made of it.
    pub before: Judgement,
    /// What is to be written.
    pub decided: Decided,
}

/// A plan that stored mentions go through.
#[derive(Debug)]
pub struct Replay {
    hears: Rehearing,
    ids: IdSource,
    ledger: Ledger,
    alerts: bool,
}

impl Replay {
    /// Prepares; with `alerts`, what is newly heard opens cases and alerts, else only findings change.
    pub fn new(hears: Rehearing, ids: IdSource, alerts: bool) -> Self {
        Self { hears, ids, ledger: Ledger::new(), alerts }
    }

    /// Hears a mention again; gives what differs, watch by watch.
    pub async fn hear(&mut self, store: &dyn Store, walked: &Walked, now: Timestamp) -> Result<Vec<Replayed>, StoreError> {
        let mut replayed = Vec::new();
        for after in self.hears.judge_alone(walked) {
            let Some(hearing) = &after.hearing else { continue };
            let then = walked.heard.iter().find(|then| then.watch == after.watch);
            // A copy, a repost or our own post is what it is, whatever is heard in it.
            let settled = |then: &HeardThen| {
                !matches!(then.reason, Reason::NoSignal | Reason::NoRoute | Reason::NewCase | Reason::CaseRose | Reason::CaseGrew)
            };
            let missed = self.alerts && after.speaks() && then.is_none_or(|then| then.case.is_none());
            if then.is_some_and(|then| settled(then) || (!missed && same(&then.hearing, hearing))) {
                continue;
            }
            let decided = if missed {
                self.decide(store, walked, &after, hearing, now).await?
            } else {
                keep(self.hears.plan(), walked, then, &after, hearing)
            };
            let silent = Judgement { hearing: None, reason: Some(Reason::NotNamed), told: Vec::new(), ..after.clone() };
            replayed.extend(decided.map(|decided| Replayed { before: then.map_or(silent, Judgement::from), decided }));
        }
        Ok(replayed)
    }

    /// Decides as for a post that is heard now.
    async fn decide(
        &mut self,
        store: &dyn Store,
        walked: &Walked,
        after: &Judgement,
        hearing: &Hearing,
        now: Timestamp,
    ) -> Result<Option<Decided>, StoreError> {
        let plan = Arc::clone(self.hears.shared_plan());
        let Some(watch) = plan.watches.iter().find(|watch| watch.id == after.watch) else { return Ok(None) };
        let mention = &walked.mention;
        let print = fingerprint(&mention.text);
        let query = Query { mention, watches: vec![&watch.id], fingerprint: print };
        let Some(memory) = store.recall(&[query], now).await?.into_iter().next() else { return Ok(None) };
        let remembered = memory.watches.into_iter().next().unwrap_or_default();
        let mut past = Past {
            known: false,
            // It is remembered itself by now; only an earlier one is the original.
            same_words: memory.same_words.filter(|(id, _)| *id < walked.id),
            cases: remembered.cases,
            thread_cases: Vec::new(),
            // This one is counted already, where the watch was named then.
            mentions_before: remembered.mentions_before.saturating_sub(u32::from(walked.heard.iter().any(|then| then.watch == watch.id))),
        };
        self.ledger.merge(mention, &watch.id, 0, &mut past);
        past.known = false;
        let input = Input { mention, feed: &walked.feed, watch, hearing, past: &past, now, opens: (plan.opens)(now) };
        let mut verdict = decide(&input, &plan.routing, &self.ids);
        fit(&mut verdict.decision, now, |notifier| self.hears.does_fold(notifier));
        self.ledger.note(mention, walked.id, 0, &[(&watch.id, &verdict)]);
        let alert = verdict.decision.reason.alerts().then(|| {
            let draft = (plan.drafter)(mention, hearing, watch, walked.id);
            (AlertId(self.ids.next(now.as_millisecond())), draft)
        });
        Ok(Some(Decided {
            mention_id: walked.id,
            mention: mention.clone(),
            fingerprint: print,
            feed: walked.feed.clone(),
            watch: watch.id.clone(),
            watch_name: watch.brand.name.clone(),
            hearing: hearing.clone(),
            decision: verdict.decision,
            case: verdict.case,
            alert,
            mentions_before: past.mentions_before,
            decided: walked.decided,
        }))
    }
}

/// Writes new findings beside the old decision. A watch that was not named then has none: nobody was told.
fn keep(plan: &Plan, walked: &Walked, then: Option<&HeardThen>, after: &Judgement, hearing: &Hearing) -> Option<Decided> {
    let watch = plan.watches.iter().find(|watch| watch.id == after.watch)?;
    let decision = Decision {
        reason: then.map_or(Reason::NoSignal, |then| then.reason),
        priority: after.priority?,
        case: then.and_then(|then| Some(then.case.as_ref()?.id)),
        repeats: None,
        answer_by: None,
        deliveries: Vec::new(),
    };
    Some(Decided {
        mention_id: walked.id,
        mention: walked.mention.clone(),
        fingerprint: fingerprint(&walked.mention.text),
        feed: walked.feed.clone(),
        watch: watch.id.clone(),
        watch_name: watch.brand.name.clone(),
        hearing: hearing.clone(),
        decision,
        case: None,
        alert: None,
        mentions_before: 0,
        decided: walked.decided,
    })
}

/// Whether two hearings say the same by the same words; scores may differ by a rounding.
fn same(one: &Hearing, other: &Hearing) -> bool {
    let findings = |hearing: &Hearing| -> Vec<_> {
        let found = hearing.findings.iter().map(|finding| {
            let evidence: Vec<_> = finding.evidence.iter().map(|evidence| (evidence.start, evidence.end, evidence.role)).collect();
            (finding.rule.clone(), evidence, finding.attributes.clone())
        });
        found.collect()
    };
    (one.primary, one.asks, &one.switch) == (other.primary, other.asks, &other.switch) && findings(one) == findings(other)
}
