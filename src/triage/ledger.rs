//! What a batch has decided so far, for its own later mentions.
//!
//! The store answers for everything committed; within one batch nothing is
//! committed yet, and ten posts of one author may stand in it.

use rustc_hash::{FxHashMap, FxHashSet};

use super::{Past, Verdict};
use crate::domain::{Case, CaseState, Mention, MentionId, Network};

/// An author's place in one watch.
type Desk = (String, Network, String);

/// Decisions of the batch under way.
#[derive(Debug, Default)]
pub struct Ledger {
    known: FxHashSet<(Network, String)>,
    words: FxHashMap<u64, (MentionId, String)>,
    cases: FxHashMap<Desk, Vec<Case>>,
    mentions: FxHashMap<Desk, u32>,
    closed: FxHashSet<i64>,
}

impl Ledger {
    /// Starts an empty one.
    pub fn new() -> Self {
        Self::default()
    }

    /// Whether this very post was decided in the batch already.
    pub fn knows(&self, mention: &Mention) -> bool {
        self.known.contains(&(mention.network.clone(), mention.native_id.clone()))
    }

    /// Lays what the batch decided over what the store remembers.
    pub fn merge(&self, mention: &Mention, watch: &str, fingerprint: u64, past: &mut Past) {
        past.known |= self.knows(mention);
        if past.same_words.is_none() && fingerprint != 0 {
            past.same_words = self.words.get(&fingerprint).cloned();
        }
        let desk = desk(mention, watch);
        past.mentions_before += self.mentions.get(&desk).copied().unwrap_or(0);
        for case in self.cases.get(&desk).into_iter().flatten() {
            past.cases.retain(|old| old.id != case.id);
            past.cases.push(case.clone());
        }
        past.cases.retain(|case| !self.closed.contains(&case.id.0));
    }

    /// Notes the verdicts of one mention, one for each watch it names.
    pub fn note(&mut self, mention: &Mention, id: MentionId, fingerprint: u64, verdicts: &[(&str, &Verdict)]) {
        self.known.insert((mention.network.clone(), mention.native_id.clone()));
        if fingerprint != 0 {
            self.words.entry(fingerprint).or_insert_with(|| (id, mention.author.handle.clone()));
        }
        for (watch, verdict) in verdicts {
            let desk = desk(mention, watch);
            *self.mentions.entry(desk.clone()).or_default() += 1;
            if let Some(case) = &verdict.case {
                let cases = self.cases.entry(desk).or_default();
                cases.retain(|old| old.id != case.id);
                if case.state != CaseState::Dismissed {
                    cases.push(case.clone());
                }
            }
            self.closed.extend(verdict.answered.iter().map(|case| case.0));
        }
    }
}

fn desk(mention: &Mention, watch: &str) -> Desk {
    (watch.to_owned(), mention.network.clone(), mention.author.handle.clone())
}
