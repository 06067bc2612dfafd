//! Counts what differs between two plans, and keeps the newest of each kind.

use std::collections::{BTreeMap, VecDeque};

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use serde::Serialize;

use crate::config::Hours;
use crate::detect::counts;
use crate::domain::{Attribute, MentionId, Primary};
use crate::engine::{Judgement, hides_leaver};
use crate::store::Walked;

/// So many times as many hidden leavers are shown as others: they are why one looks.
const LEAVERS: usize = 2;

/// A number before and now.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub(super) struct Pair {
    /// By what was decided then, or by the other plan.
    pub(super) before: u64,
    /// By the plan of the file.
    pub(super) now: u64,
}

impl Pair {
    fn add(&mut self, before: bool, now: bool) {
        self.before += u64::from(before);
        self.now += u64::from(now);
    }

    /// Whether the two differ.
    pub(super) fn differs(self) -> bool {
        self.before != self.now
    }
}

/// One mention whose answer differs.
#[derive(Debug, Clone, Serialize)]
pub(super) struct Change {
    /// Its name.
    pub(super) id: MentionId,
    /// Key of the watch.
    pub(super) watch: String,
    /// When it was decided.
    pub(super) decided: Timestamp,
    /// The post.
    pub(super) mention: crate::domain::Mention,
    /// What was made of it.
    pub(super) before: Judgement,
    /// What is made of it now.
    pub(super) now: Judgement,
}

/// One kind of difference: all are counted, the newest kept.
#[derive(Debug, Clone, Default, Serialize)]
pub(super) struct Changes {
    /// How many.
    pub(super) count: u64,
    /// The newest, the newest first.
    pub(super) samples: VecDeque<Change>,
}

impl Changes {
    fn add(&mut self, change: Change, most: usize) {
        self.count += 1;
        self.samples.push_front(change);
        self.samples.truncate(most);
    }
}

/// Alerts of a notifier.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub(super) struct Rings {
    /// All of them.
    #[serde(flatten)]
    pub(super) all: Pair,
    /// Of the new ones: those that are sent while nobody is there.
    pub(super) by_night: u64,
}

/// Everything that is counted.
#[derive(Debug, Serialize)]
pub(super) struct Tally {
    /// Mentions of the span.
    pub(super) mentions: u64,
    /// Those whose words are forgotten: nobody can hear them again.
    pub(super) wordless: u64,
    /// Mentions of feeds that the file does not have, by name.
    pub(super) other_feeds: BTreeMap<String, u64>,
    /// Leavers that reached a human and would not any more.
    pub(super) hidden: Changes,
    /// Leaving, joining and opportunity in each other's place.
    pub(super) turned: Changes,
    /// Heard, and not any more.
    pub(super) lost: Changes,
    /// Not heard, and heard now.
    pub(super) new: Changes,
    /// Heard as something else.
    pub(super) other: Changes,
    /// Heard as before, and more or less urgent.
    pub(super) urgency: Changes,
    /// What rules in shadow mode hear, by rule.
    pub(super) shadows: BTreeMap<String, Changes>,
    /// Alerts of each day.
    pub(super) days: BTreeMap<Date, Pair>,
    /// Mentions by what is heard in them.
    pub(super) heard: BTreeMap<Primary, Pair>,
    /// Alerts by what is heard.
    pub(super) alerts: BTreeMap<Primary, Pair>,
    /// Alerts by notifier.
    pub(super) notifiers: BTreeMap<String, Rings>,
    /// Alerts that are decided while nobody is there.
    pub(super) by_night: Pair,
    /// Mentions by rule that speaks in them.
    pub(super) rules: BTreeMap<String, Pair>,
    #[serde(skip)]
    most: usize,
    #[serde(skip)]
    zone: TimeZone,
    #[serde(skip)]
    hours: Hours,
}

/// What is written.
#[derive(Debug, Serialize)]
pub(super) struct Report {
    /// The file that was tested.
    pub(super) file: String,
    /// The other file; `None` for what was decided then.
    pub(super) against: Option<String>,
    /// The span.
    pub(super) since: Timestamp,
    /// Its end.
    pub(super) until: Timestamp,
    /// What this cannot see.
    pub(super) limits: Vec<String>,
    /// What was counted.
    #[serde(flatten)]
    pub(super) tally: Tally,
}

impl Tally {
    /// Starts at nothing; keeps at most so many of each kind of difference.
    pub(super) fn new(hours: &Hours, most: usize) -> Self {
        Self {
            mentions: 0,
            wordless: 0,
            other_feeds: BTreeMap::new(),
            hidden: Changes::default(),
            turned: Changes::default(),
            lost: Changes::default(),
            new: Changes::default(),
            other: Changes::default(),
            urgency: Changes::default(),
            shadows: BTreeMap::new(),
            days: BTreeMap::new(),
            heard: BTreeMap::new(),
            alerts: BTreeMap::new(),
            notifiers: BTreeMap::new(),
            by_night: Pair::default(),
            rules: BTreeMap::new(),
            most,
            zone: hours.zone.clone(),
            hours: hours.clone(),
        }
    }

    /// Whether somebody who leaves would be hidden.
    pub(super) fn hides(&self) -> bool {
        self.hidden.count > 0
    }

    /// Counts one mention.
    pub(super) fn note(&mut self, walked: &Walked, before: &[Judgement], now: &[Judgement], feed_is_known: bool) {
        self.mentions += 1;
        if !feed_is_known {
            *self.other_feeds.entry(walked.feed.clone()).or_default() += 1;
        }
        if walked.mention.text.is_empty() {
            self.wordless += 1;
            return;
        }
        let silent = |watch: &str| Judgement {
            watch: watch.to_owned(),
            hearing: None,
            reason: None,
            priority: None,
            detail: None,
            told: Vec::new(),
        };
        for new in now {
            let old = before.iter().find(|old| old.watch == new.watch).cloned().unwrap_or_else(|| silent(&new.watch));
            self.compare(walked, &old, new);
        }
        for old in before.iter().filter(|old| !now.iter().any(|new| new.watch == old.watch)) {
            self.compare(walked, old, &silent(&old.watch));
        }
    }

    fn compare(&mut self, walked: &Walked, before: &Judgement, now: &Judgement) {
        self.figures(walked, before, now);
        let most = self.most;
        let change = || Change {
            id: walked.id,
            watch: now.watch.clone(),
            decided: walked.decided,
            mention: walked.mention.clone(),
            before: before.clone(),
            now: now.clone(),
        };
        let findings = now.hearing.iter().flat_map(|hearing| &hearing.findings);
        for finding in findings.filter(|finding| finding.attributes.contains(&Attribute::Shadow)) {
            self.shadows.entry(finding.rule.clone()).or_default().add(change(), most);
        }
        let (kind, most) = if hides_leaver(before, now) {
            (&mut self.hidden, most.saturating_mul(LEAVERS))
        } else if before.speaks() && !now.speaks() {
            (&mut self.lost, most)
        } else if !before.speaks() && now.speaks() {
            (&mut self.new, most)
        } else if before.primary() == now.primary() {
            if before.priority == now.priority || !before.speaks() {
                return;
            }
            (&mut self.urgency, most)
        } else if moves(before.primary()) && moves(now.primary()) {
            (&mut self.turned, most)
        } else {
            (&mut self.other, most)
        };
        kind.add(change(), most);
    }

    fn figures(&mut self, walked: &Walked, before: &Judgement, now: &Judgement) {
        let alerts = (before.alerts(), now.alerts());
        let day = walked.decided.to_zoned(self.zone.clone()).date();
        // A day without an alert stands in the picture too.
        self.days.entry(day).or_default().add(alerts.0, alerts.1);
        for (judgement, is_now) in [(before, false), (now, true)] {
            if judgement.hearing.is_some() {
                self.heard.entry(judgement.primary()).or_default().add(!is_now, is_now);
            }
            if judgement.alerts() {
                self.alerts.entry(judgement.primary()).or_default().add(!is_now, is_now);
            }
            for (notifier, due) in &judgement.told {
                let rings = self.notifiers.entry(notifier.clone()).or_default();
                rings.all.add(!is_now, is_now);
                rings.by_night += u64::from(is_now && due.is_some_and(|due| !self.hours.is_staffed(due)));
            }
            let findings = judgement.hearing.iter().flat_map(|hearing| &hearing.findings);
            let mut rules: Vec<&str> = findings.filter(|finding| counts(finding)).map(|finding| &*finding.rule).collect();
            rules.sort_unstable();
            rules.dedup();
            for rule in rules {
                self.rules.entry(rule.to_owned()).or_default().add(!is_now, is_now);
            }
        }
        if !self.hours.is_staffed(walked.decided) {
            self.by_night.add(alerts.0, alerts.1);
        }
    }
}

/// Whether somebody goes from one to another.
fn moves(primary: Primary) -> bool {
    matches!(primary, Primary::Leaving | Primary::Joining | Primary::Opportunity)
}
