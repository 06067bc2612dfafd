//! Hears stored mentions again under another plan, and compares.
//!
//! `backtest` and the guard of a reload ask the same question: what would this
//! plan have made of what was heard? The answer takes the way a mention takes
//! when it is new: the same detector, the same triage, the same routes. Nothing
//! is written and nobody is told.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

use jiff::Timestamp;
use rustc_hash::{FxHashMap, FxHashSet};
use serde::Serialize;

use super::plan::Plan;
use crate::detect::{Heard, Outcome, Scratch};
use crate::domain::{Case, CaseId, CaseState, Hearing, IdSource, Matter, Mention, Primary, Priority, Reason};
use crate::store::{HeardThen, Walked};
use crate::triage::{Input, Ledger, Past, Verdict, decide, fingerprint};

/// How far back repeats and cases are remembered: as long as a case lives without a word.
pub const REMEMBERS_DAYS: i64 = 7;

/// What one plan makes of one mention for one watch.
#[derive(Debug, Clone, Serialize)]
pub struct Judgement {
    /// Key of the watch.
    pub watch: String,
    /// What is heard; `None` when the watch is not named.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hearing: Option<Hearing>,
    /// Why it is decided so; `None` when the plan has no such watch.
    pub reason: Option<Reason>,
    /// How soon it should be answered.
    pub priority: Option<Priority>,
    /// The phrase that excludes it, or the ambiguous term.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub detail: Option<String>,
    /// The notifiers it goes to, and when.
    pub told: Vec<(String, Option<Timestamp>)>,
}

impl Judgement {
    fn none(watch: &str, reason: Option<Reason>, detail: Option<String>) -> Self {
        Self { watch: watch.to_owned(), hearing: None, reason, priority: None, detail, told: Vec::new() }
    }

    /// The one word for it; noise when the watch is not named.
    pub fn primary(&self) -> Primary {
        self.hearing.as_ref().map_or(Primary::Noise, |hearing| hearing.primary)
    }

    /// Whether something is heard that is worth a case.
    pub fn speaks(&self) -> bool {
        self.hearing.as_ref().is_some_and(|hearing| hearing.primary != Primary::Noise || hearing.asks)
    }

    /// Whether a human gets a card of it.
    pub fn alerts(&self) -> bool {
        self.reason.is_some_and(Reason::alerts)
    }

    /// Whether a human finds it, on a card of its own or in the open case of its author.
    pub fn reaches(&self) -> bool {
        self.alerts() || self.reason == Some(Reason::CaseGrew)
    }

    /// Says in words why it is decided so.
    pub fn says(&self) -> String {
        let says = self.reason.map_or("the configuration has no such watch", Reason::says);
        self.detail.as_ref().map_or_else(|| says.to_owned(), |detail| format!("{says}: {detail}"))
    }
}

impl From<&HeardThen> for Judgement {
    fn from(then: &HeardThen) -> Self {
        Self {
            watch: then.watch.clone(),
            hearing: Some(then.hearing.clone()),
            reason: Some(then.reason),
            priority: Some(then.priority),
            detail: None,
            told: then.told.iter().map(|notifier| (notifier.clone(), None)).collect(),
        }
    }
}

/// Whether somebody who leaves reached a human before and does not any more.
///
/// A copy or a cross-post still reaches one: by the mention that it repeats.
pub fn hides_leaver(before: &Judgement, after: &Judgement) -> bool {
    let lost = matches!(
        after.reason,
        None | Some(
            Reason::NoSignal
                | Reason::NoRoute
                | Reason::OwnAccount
                | Reason::AnsweredByUs
                | Reason::NotNamed
                | Reason::Excluded
                | Reason::Ambiguous
        )
    );
    before.primary() == Primary::Leaving && before.reaches() && (after.primary() != Primary::Leaving || lost)
}

/// A plan that hears stored mentions.
pub struct Rehearing {
    plan: Arc<Plan>,
    /// The watches that each feed listens for, by index; none means all.
    listens: BTreeMap<String, Vec<usize>>,
    scratch: Scratch,
    ids: IdSource,
    /// The notifiers that put a burst on one card.
    folds: FxHashSet<String>,
    /// `None` takes every mention for the first of its author.
    memory: Option<Memory>,
}

impl std::fmt::Debug for Rehearing {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Rehearing").field("plan", &self.plan).finish_non_exhaustive()
    }
}

impl Rehearing {
    /// Takes every mention for the first of its author: for whoever looks at mentions one by one, in any order.
    pub fn alone(plan: Arc<Plan>) -> Self {
        let listens = plan.feeds.iter().map(|feed| (feed.name.to_string(), feed.watches.clone())).collect();
        Self { plan, listens, scratch: Scratch::default(), ids: IdSource::new(0), folds: FxHashSet::default(), memory: None }
    }

    /// Remembers repeats and cases as the store does: mentions must come oldest first.
    pub fn in_order(plan: Arc<Plan>) -> Self {
        Self { memory: Some(Memory::default()), ..Self::alone(plan) }
    }

    /// The plan that hears.
    pub fn plan(&self) -> &Plan {
        &self.plan
    }

    /// Says which watches a feed listens for that the plan was built without.
    pub fn listens(&mut self, feed: &str, watches: Vec<usize>) {
        self.listens.insert(feed.to_owned(), watches);
    }

    /// Says which notifiers put a burst on one card: the plan was built without them.
    pub fn folds(&mut self, notifiers: impl Iterator<Item = String>) {
        self.folds = notifiers.collect();
    }

    /// Whether a notifier puts a burst on one card.
    pub(super) fn does_fold(&self, notifier: &str) -> bool {
        self.folds.contains(notifier)
    }

    /// Whether the plan has a feed of this name.
    pub fn has_feed(&self, feed: &str) -> bool {
        self.listens.contains_key(feed)
    }

    /// The plan that hears, to keep.
    pub(super) fn shared_plan(&self) -> &Arc<Plan> {
        &self.plan
    }

    /// Judges a mention as the first of its author.
    pub(super) fn judge_alone(&mut self, walked: &Walked) -> Vec<Judgement> {
        self.memory = None;
        self.judge(walked)
    }

    /// Judges a mention for every watch that it names, or named then.
    pub fn judge(&mut self, walked: &Walked) -> Vec<Judgement> {
        let plan = Arc::clone(&self.plan);
        let watches = self.listens.get(&walked.feed).map_or(&[][..], Vec::as_slice);
        let mut heard = plan.hear(&walked.mention, watches, &mut self.scratch);
        if heard.is_empty() {
            heard = plan.own_words(&walked.mention);
        }
        let print = fingerprint(&walked.mention.text);
        let mut judged = Vec::new();
        let mut verdicts = Vec::new();
        for one in &heard {
            let Some(watch) = plan.watches.get(one.watch) else { continue };
            let hearing = match &one.outcome {
                Outcome::Named(hearing) => hearing,
                Outcome::Excluded { phrase } => {
                    judged.push(Judgement::none(&watch.id, Some(Reason::Excluded), Some(format!("{phrase:?}"))));
                    continue;
                }
                Outcome::Ambiguous { term } => {
                    judged.push(Judgement::none(&watch.id, Some(Reason::Ambiguous), Some(format!("{term:?}"))));
                    continue;
                }
            };
            let then = walked.heard.iter().find(|then| then.watch == watch.id);
            let past = self.memory.as_mut().map_or_else(Past::default, |memory| memory.past(walked, &watch.id, print, then));
            let now = walked.decided;
            let input = Input { mention: &walked.mention, feed: &walked.feed, watch, hearing, past: &past, now, opens: (plan.opens)(now) };
            let verdict = decide(&input, &plan.routing, &self.ids);
            let decision = &verdict.decision;
            judged.push(Judgement {
                watch: watch.id.clone(),
                hearing: Some(hearing.clone()),
                reason: Some(decision.reason),
                priority: Some(decision.priority),
                detail: None,
                told: decision.deliveries.iter().map(|planned| (planned.notifier.clone(), Some(planned.due))).collect(),
            });
            verdicts.push((&*watch.id, verdict));
        }
        if let Some(memory) = &mut self.memory {
            memory.note(walked, print, &verdicts);
        }
        self.silent(walked, &heard, &mut judged);
        judged
    }

    /// Adds the watches that were named then and are not now.
    fn silent(&self, walked: &Walked, heard: &[Heard], judged: &mut Vec<Judgement>) {
        for then in walked.heard.iter().filter(|then| !heard.iter().any(|one| self.is(one, &then.watch))) {
            let known = self.plan.watches.iter().any(|watch| watch.id == then.watch);
            judged.push(Judgement::none(&then.watch, known.then_some(Reason::NotNamed), None));
        }
    }

    fn is(&self, heard: &Heard, watch: &str) -> bool {
        self.plan.watches.get(heard.watch).is_some_and(|of| of.id == watch)
    }
}

/// What the walk has decided so far, a day in each ledger: bounded, however long the walk.
#[derive(Default)]
struct Memory {
    days: VecDeque<Day>,
    /// When the first mention was decided: cases that are older were opened by mentions that nobody hears again.
    begin: Option<Timestamp>,
}

/// One day of it.
struct Day {
    number: i64,
    ledger: Ledger,
    /// The case that a post belongs to, by native id and URL: our own answer closes it.
    threads: FxHashMap<String, CaseId>,
    /// Cases that people had closed by then.
    over: FxHashSet<CaseId>,
}

impl Memory {
    fn past(&mut self, walked: &Walked, watch: &str, print: u64, then: Option<&HeardThen>) -> Past {
        self.open(walked.decided);
        let begin = *self.begin.get_or_insert(walked.decided);
        let mut past = Past::default();
        for day in &self.days {
            day.ledger.merge(&walked.mention, watch, print, &mut past);
        }
        // A forgotten post has no id of its own and would be known by that.
        past.known = false;
        // What people did to cases meanwhile stands: a case that was new then had none before it that was alive.
        if let Some(then) = then.filter(|then| then.reason == Reason::NewCase) {
            let matter = Matter::of(then.hearing.primary);
            if let Some(day) = self.days.back_mut() {
                day.over.extend(past.cases.iter().filter(|case| case.matter == matter).map(|case| case.id));
            }
        }
        past.cases.retain(|case| !self.days.iter().any(|day| day.over.contains(&case.id)));
        // A case from before the walk is taken as it was: alive, and at least as urgent as what was only added to it.
        if let Some((then, case)) = then.and_then(|then| Some((then, then.case.as_ref()?))).filter(|(_, case)| case.opened < begin)
            && then.reason == Reason::CaseGrew
        {
            let known = past.cases.iter_mut().find(|known| known.matter == case.matter);
            match known {
                Some(known) => known.priority = known.priority.min(then.priority),
                None => past.cases.push(Case { state: CaseState::Open, priority: then.priority, touched: walked.decided, ..case.clone() }),
            }
        }
        past.thread_cases = self.thread(&walked.mention);
        past
    }

    fn thread(&self, mention: &Mention) -> Vec<CaseId> {
        let mut cases: Vec<CaseId> = Vec::new();
        for post in mention.thread.root.iter().chain(&mention.thread.parent) {
            cases.extend(self.days.iter().filter_map(|day| day.threads.get(post)));
        }
        cases.sort_unstable();
        cases.dedup();
        cases
    }

    fn note(&mut self, walked: &Walked, print: u64, verdicts: &[(&str, Verdict)]) {
        self.open(walked.decided);
        let Some(day) = self.days.back_mut() else { return };
        let mention = &walked.mention;
        for case in verdicts.iter().filter_map(|(_, verdict)| verdict.case.as_ref()) {
            for name in std::iter::once(&mention.native_id).chain(&mention.url).filter(|name| !name.is_empty()) {
                day.threads.insert(name.clone(), case.id);
            }
        }
        let borrowed: Vec<(&str, &Verdict)> = verdicts.iter().map(|(watch, verdict)| (*watch, verdict)).collect();
        day.ledger.note(mention, walked.id, print, &borrowed);
    }

    /// Begins a day when it comes and forgets what is older than a week.
    fn open(&mut self, moment: Timestamp) {
        let number = moment.as_second().div_euclid(24 * 60 * 60);
        if self.days.back().is_none_or(|day| day.number < number) {
            self.days.push_back(Day { number, ledger: Ledger::new(), threads: FxHashMap::default(), over: FxHashSet::default() });
        }
        while self.days.front().is_some_and(|day| day.number < number - REMEMBERS_DAYS) {
            self.days.pop_front();
        }
    }
}
