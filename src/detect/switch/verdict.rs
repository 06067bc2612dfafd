//! One verdict from all readings of a post: who leaves whom, how far it is.
//!
//! A finding counts when nothing turned it. The fullest one leads; the others
//! fill in what it leaves open and say how far things have come. What turned a
//! finding stays in it, so that `explain` can show it.

use crate::detect::{Change, Found, Party};
use crate::domain::{Attribute, Role, Stance, Status};

/// A finding with one of these makes no switch.
pub(in crate::detect) const TURNED: &[Attribute] = &[
    Attribute::Negated,
    Attribute::Past,
    Attribute::Hypothetical,
    Attribute::Reported,
    Attribute::Advice,
    Attribute::InsideBrand,
    Attribute::Failed,
];

/// A finding that counts.
struct Counted<'f> {
    found: &'f Found,
    change: &'f Change,
    /// First byte.
    start: usize,
}

impl Counted<'_> {
    fn said(&self, role: Role) -> bool {
        self.found.finding.evidence.iter().any(|evidence| evidence.role == role)
    }

    fn names_both(&self) -> bool {
        self.said(Role::Left) && self.said(Role::Joined)
    }

    /// Orders leaders: the one that names both, then the one that names somebody, then the last.
    fn rank(&self) -> (bool, bool, usize) {
        (self.said(Role::Joined) && self.change.joined.is_some(), self.said(Role::Left), self.start)
    }
}

/// Gives the change and its stance.
pub(in crate::detect) fn verdict(found: &[Found]) -> Option<(Change, Stance)> {
    let start = |found: &Found| found.finding.evidence.first().map_or(0, |evidence| evidence.start);
    let mut counted: Vec<Counted<'_>> = found
        .iter()
        .filter(|found| !TURNED.iter().any(|attribute| found.has(*attribute)))
        .filter_map(|one| one.change.as_ref().map(|change| Counted { found: one, change, start: start(one) }))
        .collect();
    counted.sort_by_key(|one| one.start);
    let us = Some(Party::Brand);
    // A bare "I am happy I switched" beside "I switched to Dropbox" is about Dropbox.
    let gone = counted.iter().any(|one| one.change.left == us && matches!(one.change.joined, Some(Party::Rival(_))));
    let joins = counted.iter().rev().find(|one| one.change.joined == us && (one.said(Role::Joined) || !gone));
    // A bare "I am leaving" beside "I join you" leaves somebody else; behind "I came and it does not work" it leaves us.
    let bare = |one: &Counted<'_>| joins.is_none_or(|join| join.start < one.start && join.found.has(Attribute::Unhappy));
    let leaves = counted.iter().rev().find(|one| one.change.left == us && one.change.joined != us && (one.said(Role::Left) || bare(one)));
    let loyal = found.iter().any(is_loyal);
    let (main, leaving) = match (leaves, joins) {
        // "I switched to Dropbox and then back": of two that begin together the one that names both says more.
        (Some(leave), Some(join)) if leave.start > join.start || leave.start == join.start && leave.names_both() => (leave, true),
        (_, Some(join)) => (join, false),
        (Some(_), None) if loyal => return None,
        (Some(_), None) => (counted.iter().filter(|one| one.change.left == us).max_by_key(|one| one.rank())?, true),
        (None, None) => {
            let fullest = counted.iter().max_by_key(|one| one.rank())?;
            // "I moved to Dropbox and nothing works, I need a new one": whoever was joined is left in the end.
            let again = |one: &Counted<'_>| one.change.left.is_some() && one.change.left == fullest.change.joined;
            let gone_again = |one: &&Counted<'_>| one.start > fullest.start && one.change.status != Status::Done && again(one);
            (counted.iter().rev().find(gone_again).unwrap_or(fullest), false)
        }
    };
    let mut change = main.change.clone();
    for other in &counted {
        let agrees = if leaving { other.change.left == us } else { other.change.joined == change.joined };
        if agrees || other.change.left == change.left {
            if change.joined.is_none() && other.change.joined != change.left {
                change.joined.clone_from(&other.change.joined);
            }
            if change.left.is_none() && other.change.left != change.joined {
                change.left.clone_from(&other.change.left);
            }
            change.reason = change.reason.or(other.change.reason);
            change.status = further(change.status, other.change.status);
        }
    }
    let stance = match (&change.left, &change.joined) {
        (Some(Party::Brand), _) => Stance::Leaving,
        (_, Some(Party::Brand)) => Stance::Joining,
        (Some(Party::Rival(_)), None) => Stance::Opportunity,
        _ => Stance::Market,
    };
    Some((change, stance))
}

/// "I will never leave you": who says so does not leave, whatever else he says.
fn is_loyal(found: &Found) -> bool {
    let said = found.finding.evidence.iter().any(|evidence| evidence.role == Role::Left);
    let left = found.change.as_ref().is_some_and(|change| change.left == Some(Party::Brand));
    found.finding.rule == "switch.leave" && said && left && found.has(Attribute::Negated)
}

/// Of two stages the one that tells more.
fn further(one: Status, other: Status) -> Status {
    let rank = |status: Status| match status {
        Status::Considering => 0,
        Status::Intent => 1,
        Status::Threat => 2,
        Status::Done => 3,
    };
    if rank(other) > rank(one) { other } else { one }
}
