//! Why somebody leaves, where the post says it.
//!
//! The lists `why.*` of the language hold the words. A reason counts in the
//! sentence of the phrase first, then anywhere; the nearest wins.

use crate::detect::{Found, Hit, Party, Reading};
use crate::domain::{Role, Why};

/// Every reason with its list.
const LISTS: &[(Why, &str)] = &[
    (Why::Price, "why.price"),
    (Why::Outage, "why.outage"),
    (Why::Support, "why.support"),
    (Why::Feature, "why.feature"),
    (Why::Trust, "why.trust"),
    (Why::Politics, "why.politics"),
    (Why::Quality, "why.quality"),
];

/// Adds the reason to a finding, with its words.
pub(super) fn add(reading: &Reading<'_>, hit: &Hit, found: &mut Found) {
    let Some(change) = found.change.as_mut().filter(|change| change.joined != Some(Party::Brand)) else { return };
    let middle = hit.tokens.start;
    let nearest = LISTS
        .iter()
        .flat_map(|(why, list)| reading.hits(list).iter().map(move |hit| (*why, hit)))
        .filter(|(_, reason)| reason.tokens.end <= hit.tokens.start || reason.tokens.start >= hit.tokens.end)
        .min_by_key(|(_, reason)| (!reading.same_sentence(reason.tokens.start, middle), reason.tokens.start.abs_diff(middle)));
    if let Some((why, words)) = nearest {
        change.reason = Some(why);
        found.finding.evidence.push(reading.evidence(&words.tokens, Role::Reason));
    }
}
