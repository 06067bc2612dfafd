//! What the findings of one post add up to.

use super::aside;
use super::reading::Reading;
use super::rule::{Found, Party};
use super::switch::{TURNED, verdict};
use super::whose::{Whose, drop_their_reasons, mark_unhappy};
use crate::domain::{Attribute, Finding, Hearing, Primary, Signal, Stance, Status, Switch};

/// Whether a finding counts: nothing it carries turns it, no praise means its opposite, no trouble is the rival's, and its rule
/// is no shadow.
pub fn counts(finding: &Finding) -> bool {
    let ironic = finding.signal == Signal::Praise && finding.attributes.contains(&Attribute::Ironic);
    let aside = [Attribute::Shadow, Attribute::AboutRival].iter().any(|attribute| finding.attributes.contains(attribute));
    !ironic && !aside && !TURNED.iter().any(|attribute| finding.attributes.contains(attribute))
}

/// Adds findings up.
pub(super) fn judge(reading: &Reading<'_>, mut found: Vec<Found>, lang: Option<String>) -> Hearing {
    let whose = Whose::new(reading, &found, &Party::Brand);
    mark_unhappy(reading, whose.as_ref(), &mut found);
    if let Some(whose) = &whose {
        whose.mark_theirs(&mut found);
    }
    aside::mark(reading, &mut found);
    drop_their_reasons(reading, &mut found);
    found.sort_by(|a, b| b.finding.score.total_cmp(&a.finding.score));
    let (change, stance) = verdict(&found).map_or((None, None), |(change, stance)| (Some(change), Some(stance)));
    let name = |party: &Option<Party>| party.as_ref().map(|party| reading.name(party).to_owned());
    let switch = change.zip(stance).map(|(change, stance)| Switch {
        left: name(&change.left),
        joined: name(&change.joined),
        status: change.status,
        stance,
        reason: change.reason,
    });
    let findings: Vec<Finding> = found.into_iter().map(|found| found.finding).collect();
    let (primary, asks) = add_up(&findings, stance);
    Hearing { primary, asks, lang, switch, findings }
}

/// Adds what rules of the user's own found to what was heard before. `brand` is the name of the watch
/// where it is named: a switch of which nobody knows the direction leaves it; else it leaves a rival.
pub(super) fn join(hearing: &mut Hearing, own: Vec<Finding>, brand: Option<&str>) {
    // What was heard in a post that names only a rival speaks of that rival: it is no complaint about us.
    if brand.is_none() && hearing.primary != Primary::Opportunity {
        hearing.findings.clear();
        hearing.switch = None;
    }
    let switches = own.iter().any(|finding| finding.signal == Signal::Switch && counts(finding));
    if switches && hearing.switch.is_none() {
        let stance = if brand.is_some() { Stance::Leaving } else { Stance::Opportunity };
        let left = brand.map(ToOwned::to_owned);
        hearing.switch = Some(Switch { left, joined: None, status: Status::Considering, stance, reason: None });
    }
    // The user's own words go first; what nobody is to see, last.
    let (shadows, mut findings): (Vec<Finding>, Vec<Finding>) =
        own.into_iter().partition(|finding| finding.attributes.contains(&Attribute::Shadow));
    findings.append(&mut hearing.findings);
    findings.extend(shadows);
    hearing.findings = findings;
    (hearing.primary, hearing.asks) = add_up(&hearing.findings, hearing.switch.as_ref().map(|switch| switch.stance));
}

/// The one word for findings, and whether they ask something.
fn add_up(findings: &[Finding], stance: Option<Stance>) -> (Primary, bool) {
    let score = |signal: &[Signal]| {
        let silent = [Attribute::Negated, Attribute::Ironic, Attribute::AboutRival, Attribute::Shadow];
        let speaks =
            |finding: &&Finding| signal.contains(&finding.signal) && !finding.attributes.iter().any(|attribute| silent.contains(attribute));
        findings.iter().filter(speaks).map(|finding| finding.score).fold(0.0, f32::max)
    };
    let complaint = score(&[Signal::Complaint, Signal::Distrust, Signal::Chasing]);
    let praise = score(&[Signal::Praise]);
    let asks = score(&[Signal::Question]) > 0.0;
    let sad = |attribute: &Attribute| matches!(attribute, Attribute::Unhappy | Attribute::Failed);
    let unhappy = findings.iter().any(|finding| finding.attributes.iter().any(sad));
    let failed = findings.iter().any(|finding| finding.attributes.contains(&Attribute::Failed));
    let primary = match stance {
        Some(Stance::Leaving) => Primary::Leaving,
        // Whoever came and is unhappy already gets help, no thanks.
        Some(Stance::Joining) if unhappy || complaint > 0.0 => Primary::Complaint,
        Some(Stance::Joining) => Primary::Joining,
        Some(Stance::Opportunity) => Primary::Opportunity,
        // Whoever wanted to come and could not is lost unless somebody helps.
        _ if failed => Primary::Complaint,
        _ if complaint > 0.0 && complaint >= praise => Primary::Complaint,
        _ if praise > 0.0 => Primary::Praise,
        _ if asks => Primary::Question,
        _ => Primary::Noise,
    };
    (primary, asks)
}
