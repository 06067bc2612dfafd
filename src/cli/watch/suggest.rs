//! What a watch should say to keep right mentions and lose wrong ones.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use serde::Serialize;

use super::learn::{Count, Label, Lesson, Telling, pick};
use super::words::{Cutter, Words};
use crate::detect::{Detector, Outcome, Scratch};
use crate::domain::{CaseState, Dismissal, Mention, Watch};
use crate::store::HeardThen;

/// Of the mentions with a term, so many in a hundred must be wrong before the term is called ambiguous.
const AMBIGUOUS_PERCENT: u64 = 10;
/// Labelled mentions that are held to pick words by; the newest labels say the most.
const HELD: usize = 5_000;
/// So many handled mentions are enough to do without those nobody touched.
const ENOUGH: u64 = 10;

/// What people's deeds say of one stored mention for one watch; `None` when nobody did anything.
pub(super) fn label(heard: &HeardThen) -> Option<Label> {
    let case = heard.case.as_ref()?;
    match (case.state, case.dismissed) {
        (CaseState::Dismissed, Some(Dismissal::NotUs)) => Some(Label::Wrong),
        // Spam may be about us or not: it teaches nothing.
        (CaseState::Dismissed, Some(Dismissal::Spam)) => None,
        (CaseState::Open, _) => Some(Label::Presumed),
        _ => Some(Label::Right),
    }
}

/// Mentions that a change keeps and drops.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub(super) struct Effect {
    /// Right mentions that would not be heard any more.
    pub(super) right_lost: u64,
    /// Wrong mentions that would not be heard any more.
    pub(super) wrong_dropped: u64,
    /// Mentions nobody has judged that would not be heard any more.
    pub(super) others_dropped: u64,
}

/// One way to change the watch.
#[derive(Debug, Serialize)]
pub(super) struct Change {
    /// `exclude`, `context` or `both`.
    pub(super) name: &'static str,
    /// What it does.
    pub(super) effect: Effect,
    #[serde(skip)]
    watch: Watch,
    #[serde(skip)]
    detector: Detector,
}

/// Counts the words of a watch; the first of two passes.
#[derive(Debug)]
pub(super) struct Learner<'a> {
    watch: &'a Watch,
    cutter: Cutter,
    /// One watch a term: which terms stand in a post.
    terms: Detector,
    scratch: Scratch,
    /// What people handled, and what they called wrong.
    handled: Lesson,
    /// The same with what nobody touched.
    all: Lesson,
    /// Right and wrong mentions of each term.
    by_term: Vec<(u64, u64)>,
    held: std::collections::VecDeque<(Label, Words)>,
}

impl<'a> Learner<'a> {
    /// Begins with a watch.
    pub(super) fn new(watch: &'a Watch) -> Self {
        let alone = |term: &String| {
            let brand = crate::domain::Brand { name: term.clone(), terms: vec![term.clone()] };
            Watch { id: term.clone(), brand, ..Watch::default() }
        };
        let terms: Vec<Watch> = watch.brand.terms.iter().map(alone).collect();
        Self {
            watch,
            cutter: Cutter::new(watch),
            by_term: vec![(0, 0); terms.len()],
            terms: Detector::new(&terms),
            scratch: Scratch::default(),
            handled: Lesson::default(),
            all: Lesson::default(),
            held: std::collections::VecDeque::new(),
        }
    }

    /// Counts one labelled mention.
    pub(super) fn note(&mut self, mention: &Mention, label: Label) {
        for heard in self.terms.hear(mention, &mut self.scratch) {
            if let Some((right, wrong)) = self.by_term.get_mut(heard.watch) {
                *(if label == Label::Wrong { wrong } else { right }) += 1;
            }
        }
        self.held.push_back((label, self.cutter.cut(mention)));
        if self.held.len() > HELD {
            self.held.pop_front();
        }
        if label != Label::Presumed {
            self.handled.note(self.cutter.cut(mention), label);
        }
        self.all.note(self.cutter.cut(mention), label);
    }

    /// Picks what to change.
    pub(super) fn suggest(self, least: u64, most: usize) -> Suggestion {
        // What nobody touched may be wrong too: it counts only while too little was handled.
        let presumes = self.handled.seen.right < ENOUGH;
        let lesson = if presumes { &self.all } else { &self.handled };
        let wanted = |label: Label| label == Label::Right || (presumes && label == Label::Presumed);
        let known = |word: &Telling, list: &[String]| list.iter().any(|old| stands_for(old, &word.word));
        let mut right = lesson.for_right(least);
        right.retain(|word| !known(word, &self.watch.context));
        let mut wrong = lesson.for_wrong(least);
        wrong.retain(|word| !known(word, &self.watch.exclude));
        let context = self.picked(&right, most, |label| wanted(label).then_some(true).or((label == Label::Wrong).then_some(false)));
        // A phrase that is excluded takes right ones out as well: only words that stand in (nearly) none of them.
        let safe: Vec<Telling> = wrong.iter().filter(|word| word.count.right * 20 <= word.count.wrong).cloned().collect();
        let exclude = self.picked(&safe, most, |label| wanted(label).then_some(false).or((label == Label::Wrong).then_some(true)));
        let ambiguous = self.watch.brand.terms.iter().zip(&self.by_term).filter(|(term, (right, wrong))| {
            !term.starts_with(['@', '#']) && *wrong >= least && wrong * 100 >= (right + wrong) * AMBIGUOUS_PERCENT
        });
        let ambiguous: Vec<String> = ambiguous.map(|(term, _)| term.clone()).collect();
        let changes = changes(self.watch, &ambiguous, &context, &exclude);
        let today = Detector::new(std::slice::from_ref(self.watch));
        let seen = lesson.seen;
        Suggestion { seen, presumes, right, wrong, ambiguous, context, exclude, changes, today, scratch: self.scratch }
    }

    /// Picks words by the mentions that are held; `wants` says whether one is wanted, `None` leaves it out.
    fn picked(&self, candidates: &[Telling], most: usize, wants: impl Fn(Label) -> Option<bool>) -> Vec<String> {
        let holds = |words: &Words| -> BTreeSet<usize> {
            let stands = |word: &str| words.single.contains(word) || words.pairs.contains(word);
            candidates.iter().enumerate().filter(|(_, candidate)| stands(&candidate.word)).map(|(at, _)| at).collect()
        };
        let posts: Vec<(bool, BTreeSet<usize>)> =
            self.held.iter().filter_map(|(label, words)| Some((wants(*label)?, holds(words)))).collect();
        pick(candidates, &posts, most).into_iter().filter_map(|at| Some(candidates.get(at)?.word.clone())).collect()
    }
}

/// Whether a word of the file stands for this one: `sync*` for `syncing`.
fn stands_for(old: &str, word: &str) -> bool {
    let old = crate::text::folded(old);
    old.strip_suffix('*').map_or(old == word, |start| word.starts_with(start))
}

/// What comes out for one watch.
#[derive(Debug, Serialize)]
pub(super) struct Suggestion {
    /// Mentions that were learned from.
    pub(super) seen: Count,
    /// Whether what nobody touched counts as right, because too little was handled.
    pub(super) presumes: bool,
    /// Words of right mentions.
    pub(super) right: Vec<Telling>,
    /// Words and pairs of wrong mentions.
    pub(super) wrong: Vec<Telling>,
    /// Terms that bring wrong mentions and should count only with a context word.
    pub(super) ambiguous: Vec<String>,
    /// Context words to add.
    pub(super) context: Vec<String>,
    /// Phrases to exclude.
    pub(super) exclude: Vec<String>,
    /// What each way to change the watch would do.
    pub(super) changes: Vec<Change>,
    /// The watch as it is: what it does not name is lost already.
    #[serde(skip)]
    today: Detector,
    #[serde(skip)]
    scratch: Scratch,
}

/// Whether the watch is named for certain.
fn names(detector: &Detector, mention: &Mention, scratch: &mut Scratch) -> bool {
    detector.hear(mention, scratch).iter().any(|one| matches!(one.outcome, Outcome::Named(_)))
}

impl Suggestion {
    /// Measures one mention against every change; the second of two passes.
    pub(super) fn measure(&mut self, mention: &Mention, label: Option<Label>) {
        if !names(&self.today, mention, &mut self.scratch) {
            return;
        }
        for change in &mut self.changes {
            if names(&change.detector, mention, &mut self.scratch) {
                continue;
            }
            let effect = &mut change.effect;
            *(match label {
                Some(Label::Right) => &mut effect.right_lost,
                Some(Label::Presumed) if self.presumes => &mut effect.right_lost,
                Some(Label::Wrong) => &mut effect.wrong_dropped,
                Some(Label::Presumed) | None => &mut effect.others_dropped,
            }) += 1;
        }
    }

    /// The change to recommend: most wrong ones gone for the fewest right ones, a right one being worth ten.
    pub(super) fn best(&self) -> Option<&Change> {
        let worth = |change: &&Change| change.effect.wrong_dropped.saturating_sub(change.effect.right_lost.saturating_mul(10));
        // The first of equals is the smallest change.
        self.changes.iter().rev().max_by_key(worth).filter(|change| worth(change) > 0)
    }
}

/// The ways to change a watch with what was found.
fn changes(watch: &Watch, ambiguous: &[String], context: &[String], exclude: &[String]) -> Vec<Change> {
    let mut ways = Vec::new();
    let mut add = |name, watch: Watch| {
        let detector = Detector::new(std::slice::from_ref(&watch));
        ways.push(Change { name, effect: Effect::default(), watch, detector });
    };
    let excluding = |watch: &Watch| Watch { exclude: [&watch.exclude[..], exclude].concat(), ..watch.clone() };
    let narrowed = (!ambiguous.is_empty() && !context.is_empty()).then(|| with_context(watch, ambiguous, context));
    if !exclude.is_empty() {
        add("exclude", excluding(watch));
    }
    if let Some(narrowed) = &narrowed {
        add("context", narrowed.clone());
        if !exclude.is_empty() {
            add("both", excluding(narrowed));
        }
    }
    ways
}

/// Moves terms to `ambiguous` and adds the context words.
fn with_context(watch: &Watch, ambiguous: &[String], context: &[String]) -> Watch {
    let mut changed = watch.clone();
    changed.brand.terms.retain(|term| !ambiguous.contains(term));
    if changed.brand.terms.is_empty() {
        // A watch needs one certain term: the handle of the name.
        changed.brand.terms.extend(ambiguous.first().map(|term| format!("@{}", term.replace(' ', ""))));
    }
    changed.ambiguous.extend_from_slice(ambiguous);
    changed.context.extend_from_slice(context);
    changed
}

impl Change {
    /// The lines of the file that change.
    pub(super) fn snippet(&self, old: &Watch) -> String {
        let new = &self.watch;
        let list = |words: &[String]| toml::Value::from(words.to_vec()).to_string();
        let mut text = format!("[watches.{}]\n", old.id);
        for (key, old, new) in [
            ("terms", &old.brand.terms, &new.brand.terms),
            ("ambiguous", &old.ambiguous, &new.ambiguous),
            ("context", &old.context, &new.context),
            ("exclude", &old.exclude, &new.exclude),
        ] {
            if old != new {
                writeln!(text, "{key:<9} = {}", list(new)).ok();
            }
        }
        text
    }
}
