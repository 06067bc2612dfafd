//! What a mention deserves: repeats, cases, priority and routes.
//!
//! [`decide`] is a pure function of the mention, what was heard, what is
//! remembered and the moment. Nothing about the author's reach is among its
//! arguments, so nothing of it can lower a priority. Every answer carries a
//! named [`Reason`].

mod fingerprint;
mod ledger;
mod priority;
mod routes;
mod said;

use jiff::{SignedDuration, Timestamp};

use crate::domain::{
    Account, Case, CaseId, CaseState, Decision, Hearing, IdSource, Kind, Matter, Mention, MentionId, Priority, Reason, Watch,
};

pub use fingerprint::fingerprint;
pub use ledger::Ledger;
pub use priority::priority;
pub use routes::{Escalate, Fold, Route, Routing, When};
pub use said::Said;

/// A case without a word for this long is over; the author's next post opens a new one.
pub const CASE_IDLE: SignedDuration = SignedDuration::from_hours(7 * 24);
/// How soon somebody who leaves should hear from us, counted from the post.
const URGENT_WITHIN: SignedDuration = SignedDuration::from_mins(15);
/// How soon everybody else should.
const TODAY_WITHIN: SignedDuration = SignedDuration::from_hours(8);
/// Words that two people write alike only when one copies the other.
const COPIED_WORDS: usize = 12;

/// What is remembered of a mention and its author.
#[derive(Debug, Clone, Default)]
pub struct Past {
    /// (network, native id) is stored already.
    pub known: bool,
    /// A mention with the same words, and its author's handle.
    pub same_words: Option<(MentionId, String)>,
    /// Live cases of this author with this watch.
    pub cases: Vec<Case>,
    /// Live cases whose thread this mention stands in.
    pub thread_cases: Vec<CaseId>,
    /// Mentions of the watch by this author before.
    pub mentions_before: u32,
}

/// What [`decide`] looks at.
#[derive(Debug, Clone, Copy)]
pub struct Input<'a> {
    /// The post.
    pub mention: &'a Mention,
    /// Name of the feed that brought it.
    pub feed: &'a str,
    /// The watch it names.
    pub watch: &'a Watch,
    /// What was heard.
    pub hearing: &'a Hearing,
    /// What is remembered.
    pub past: &'a Past,
    /// The moment.
    pub now: Timestamp,
    /// When the desk opens next; `None` while it is staffed.
    pub opens: Option<Timestamp>,
}

/// A decision, and what becomes of cases.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verdict {
    /// What the mention deserves.
    pub decision: Decision,
    /// Its case after this mention.
    pub case: Option<Case>,
    /// Cases that our own answer closes.
    pub answered: Vec<CaseId>,
}

/// Decides. `ids` gives the id of a case that is opened.
pub fn decide(input: &Input<'_>, routing: &Routing, ids: &IdSource) -> Verdict {
    let priority = priority(input.hearing);
    let plain = |reason| Verdict {
        decision: Decision { reason, priority, case: None, repeats: None, answer_by: None, deliveries: Vec::new() },
        case: None,
        answered: Vec::new(),
    };
    if input.past.known {
        return plain(Reason::Known);
    }
    if is_own(&input.watch.own, input.mention) {
        let answered = input.past.thread_cases.clone();
        let reason = if answered.is_empty() { Reason::OwnAccount } else { Reason::AnsweredByUs };
        return Verdict { answered, ..plain(reason) };
    }
    if input.mention.kind == Kind::Repost {
        return repeat(plain(Reason::Repost), input);
    }
    if let Some(reason) = repeats_words(input) {
        return repeat(plain(reason), input);
    }
    if is_noise(input.hearing) {
        return plain(Reason::NoSignal);
    }
    let (case, reason) = case_after(input, priority, ids);
    let answer_by = answer_by(priority, input);
    let mut verdict = plain(reason);
    verdict.decision.case = Some(case.id);
    verdict.decision.answer_by = answer_by;
    if reason.alerts() {
        verdict.decision.deliveries = routing.plan(input, priority);
        if verdict.decision.deliveries.is_empty() {
            verdict.decision.reason = Reason::NoRoute;
        }
    }
    verdict.case = Some(Case { answer_by: case.answer_by.or(answer_by), ..case });
    verdict
}

/// Whether the mention says nothing that needs a human.
fn is_noise(hearing: &Hearing) -> bool {
    hearing.primary == crate::domain::Primary::Noise && !hearing.asks
}

/// Whether one of our own accounts wrote it.
pub fn is_own(own: &[Account], mention: &Mention) -> bool {
    let same = |one: &str, other: &str| one.trim_start_matches('@').eq_ignore_ascii_case(other.trim_start_matches('@'));
    own.iter().any(|account| {
        account.network == mention.network
            && (same(&account.handle, &mention.author.handle)
                || mention.author.native_id.as_deref().is_some_and(|native_id| same(&account.handle, native_id)))
    })
}

/// Points a repeat at what it repeats, so that it is counted there.
fn repeat(mut verdict: Verdict, input: &Input<'_>) -> Verdict {
    verdict.decision.repeats = input.past.same_words.as_ref().map(|(id, _)| *id);
    verdict
}

/// Says whether the same words were seen: by the same person anywhere, or by others in a text too
/// long to be written twice by chance.
fn repeats_words(input: &Input<'_>) -> Option<Reason> {
    let (_, author) = input.past.same_words.as_ref()?;
    // `kim.example.org` on Bluesky and `kim@social.example` on Mastodon are the same first name of a handle.
    let stem = |handle: &str| handle.trim_start_matches('@').split(['.', '@']).next().unwrap_or_default().to_lowercase();
    if stem(author) == stem(&input.mention.author.handle) {
        return Some(Reason::CrossPost);
    }
    (input.mention.text.split_whitespace().count() >= COPIED_WORDS).then_some(Reason::Copied)
}

/// Joins the author's live case of the same matter, or opens one.
fn case_after(input: &Input<'_>, priority: Priority, ids: &IdSource) -> (Case, Reason) {
    let matter = Matter::of(input.hearing.primary);
    let live = input
        .past
        .cases
        .iter()
        .find(|case| case.state.is_live() && case.matter == matter && input.now.duration_since(case.touched) < CASE_IDLE);
    let Some(case) = live else {
        let case = Case {
            id: CaseId(ids.next(input.now.as_millisecond())),
            watch: input.watch.id.clone(),
            network: input.mention.network.clone(),
            author: input.mention.author.handle.clone(),
            matter,
            state: CaseState::Open,
            priority,
            opened: input.now,
            touched: input.now,
            answer_by: None,
            taken_by: None,
            dismissed: None,
            mentions: 1,
        };
        return (case, Reason::NewCase);
    };
    // Lower is more urgent: `Urgent < Today < Digest`.
    let reason = if priority < case.priority { Reason::CaseRose } else { Reason::CaseGrew };
    let case = Case { priority: case.priority.min(priority), touched: input.now, mentions: case.mentions + 1, ..case.clone() };
    (case, reason)
}

/// Says by when a human should have answered: counted from the post, never in the past.
fn answer_by(priority: Priority, input: &Input<'_>) -> Option<Timestamp> {
    let within = match priority {
        Priority::Urgent => URGENT_WITHIN,
        Priority::Today => TODAY_WITHIN,
        Priority::Digest => return None,
    };
    let from_post = input.mention.when().checked_add(within).ok()?;
    if from_post > input.now { Some(from_post) } else { input.now.checked_add(within).ok() }
}

#[cfg(test)]
mod tests;
