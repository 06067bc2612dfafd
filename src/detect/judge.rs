//! What the findings of one post add up to.

use super::reading::Reading;
use super::rule::{Found, Party};
use super::switch::{TURNED, verdict};
use crate::domain::{Attribute, Finding, Hearing, Primary, Signal, Stance, Switch};

/// Whether a finding counts: nothing it carries turns it, and no praise means its opposite.
pub fn counts(finding: &Finding) -> bool {
    let ironic = finding.signal == Signal::Praise && finding.attributes.contains(&Attribute::Ironic);
    !ironic && !TURNED.iter().any(|attribute| finding.attributes.contains(attribute))
}

/// Adds findings up.
pub(super) fn judge(reading: &Reading<'_>, mut found: Vec<Found>, lang: Option<String>) -> Hearing {
    found.sort_by(|a, b| b.finding.score.total_cmp(&a.finding.score));
    let (change, stance) = verdict(&found).map_or((None, None), |(change, stance)| (Some(change), Some(stance)));
    let score = |signal: &[Signal]| {
        let speaks =
            |found: &&Found| signal.contains(&found.finding.signal) && !found.has(Attribute::Negated) && !found.has(Attribute::Ironic);
        found.iter().filter(speaks).map(|found| found.finding.score).fold(0.0, f32::max)
    };
    let complaint = score(&[Signal::Complaint, Signal::Distrust, Signal::Chasing]);
    let praise = score(&[Signal::Praise]);
    let asks = score(&[Signal::Question]) > 0.0;
    let unhappy = found.iter().any(|found| found.has(Attribute::Unhappy) || found.has(Attribute::Failed));
    let primary = match stance {
        Some(Stance::Leaving) => Primary::Leaving,
        // Whoever came and is unhappy already gets help, no thanks.
        Some(Stance::Joining) if unhappy || complaint > 0.0 => Primary::Complaint,
        Some(Stance::Joining) => Primary::Joining,
        Some(Stance::Opportunity) => Primary::Opportunity,
        _ if complaint > 0.0 && complaint >= praise => Primary::Complaint,
        _ if praise > 0.0 => Primary::Praise,
        _ if asks => Primary::Question,
        _ => Primary::Noise,
    };
    let name = |party: &Option<Party>| party.as_ref().map(|party| reading.name(party).to_owned());
    let switch = change.zip(stance).map(|(change, stance)| Switch {
        left: name(&change.left),
        joined: name(&change.joined),
        status: change.status,
        stance,
        reason: change.reason,
    });
    Hearing { primary, asks, lang, switch, findings: found.into_iter().map(|found| found.finding).collect() }
}
