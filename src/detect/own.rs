//! Rules of the user's own, asked after the built-in ones.
//!
//! They see what those heard (`signal:`, `left:`, `joined:`) and add findings
//! of their own. A rule is asked of posts that name its watch; one that says
//! `rival`, of posts that name only a rival as well. All of them are one
//! [`Set`]: a post is looked up once, however many rules there are.

use super::judge;
use crate::domain::{Attribute, Evidence, Finding, Hearing, Mention, Priority, Role, Signal, Watch};
use crate::query::{Found, Query, Set, Subject};
use crate::text::{Folded, Map};

/// A rule of the user's own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OwnRule {
    /// Its id; no built-in rule has it.
    pub id: String,
    /// What it hears.
    pub query: Query,
    /// What that means.
    pub signal: Signal,
    /// How soon a human should answer at the latest.
    pub priority: Option<Priority>,
    /// Whether it only records and counts.
    pub shadow: bool,
    /// Ids of the watches it is for; empty means all.
    pub watches: Vec<String>,
}

/// All rules of the user's own, compiled for the watches.
#[derive(Debug, Default)]
pub struct OwnRules {
    rules: Vec<Compiled>,
    set: Set,
    /// The names of the watches.
    brands: Vec<String>,
}

/// A rule with what is asked of it again and again.
#[derive(Debug)]
struct Compiled {
    rule: OwnRule,
    /// Its watches by index; empty means all.
    watches: Vec<usize>,
    says_rival: bool,
}

/// A post that is asked about.
#[derive(Debug, Clone, Copy)]
pub(super) struct Asked<'a> {
    pub(super) mention: &'a Mention,
    /// The watch it is asked for, by index.
    pub(super) watch: usize,
    /// Whether the watch is named, and no rival alone.
    pub(super) named: bool,
    /// Whether it is named by a link or an address, not by words.
    pub(super) about: bool,
}

impl OwnRules {
    /// Compiles rules for watches.
    pub fn new(rules: Vec<OwnRule>, watches: &[Watch]) -> Self {
        let set = Set::new(rules.iter().map(|rule| &rule.query), watches);
        let compiled = rules.into_iter().map(|rule| {
            let meant = watches.iter().enumerate().filter(|(_, watch)| rule.watches.contains(&watch.id));
            Compiled { watches: meant.map(|(index, _)| index).collect(), says_rival: rule.query.says_rival(), rule }
        });
        Self { rules: compiled.collect(), set, brands: watches.iter().map(|watch| watch.brand.name.clone()).collect() }
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.rules.is_empty()
    }

    /// The rules, in the order of the file.
    pub fn all(&self) -> impl Iterator<Item = &OwnRule> {
        self.rules.iter().map(|compiled| &compiled.rule)
    }

    /// Whether a rule is for a watch, both by their place in the file.
    pub(super) fn is_for(&self, rule: usize, watch: usize) -> bool {
        self.rules.get(rule).is_some_and(|compiled| compiled.watches.is_empty() || compiled.watches.contains(&watch))
    }

    /// Asks all rules of a text that was heard for one watch, and adds what they found.
    pub fn add(&self, hearing: &mut Hearing, mention: &Mention, watch: usize, about: bool) {
        if self.is_empty() {
            return;
        }
        let (mut folded, mut found) = (Folded::default(), Found::default());
        let map = folded.fold_mapped(&mention.text);
        self.find(&mention.text, &folded, &map, &mut found);
        self.hear(hearing, Asked { mention, watch, named: true, about }, &found);
    }

    /// Looks the text of a post up once for all rules and all watches.
    pub(super) fn find(&self, text: &str, folded: &Folded, map: &Map, found: &mut Found) {
        if !self.is_empty() {
            self.set.find(text, folded, map, found);
        }
    }

    /// Asks the rules that may hold and adds what they found; says whether one of them fired.
    pub(super) fn hear(&self, hearing: &mut Hearing, asked: Asked<'_>, found: &Found) -> bool {
        let mut own = Vec::new();
        for index in found.awake().filter(|_| !self.is_empty()) {
            let Some(compiled) = self.rules.get(index).filter(|compiled| compiled.is_for(asked)) else { continue };
            let subject = Subject { mention: asked.mention, hearing: Some(hearing), watch: asked.watch, about: asked.about };
            if let Some(places) = self.set.holds(index, &subject, found) {
                own.push(compiled.rule.finding(&asked.mention.text, places));
            }
        }
        let fired = !own.is_empty();
        if fired {
            let brand = self.brands.get(asked.watch).filter(|_| asked.named);
            judge::join(hearing, own, brand.map(String::as_str));
        }
        fired
    }

    /// Says why a rule did not fire on a post that was heard for a watch.
    pub(super) fn why_not(&self, rule: usize, hearing: &Hearing, asked: Asked<'_>) -> Option<String> {
        let (mut folded, mut found) = (Folded::default(), Found::default());
        let map = folded.fold_mapped(&asked.mention.text);
        self.find(&asked.mention.text, &folded, &map, &mut found);
        let subject = Subject { mention: asked.mention, hearing: Some(hearing), watch: asked.watch, about: asked.about };
        self.set.why_not(rule, &subject, &found)
    }
}

impl Compiled {
    fn is_for(&self, asked: Asked<'_>) -> bool {
        (asked.named || self.says_rival) && (self.watches.is_empty() || self.watches.contains(&asked.watch))
    }
}

impl OwnRule {
    /// Writes down what it heard. The user is sure of it.
    fn finding(&self, text: &str, places: Vec<std::ops::Range<usize>>) -> Finding {
        let quote = |place: std::ops::Range<usize>| {
            let words = text.get(place.clone()).unwrap_or_default().to_owned();
            Evidence { start: place.start, end: place.end, text: words, role: Role::Cue }
        };
        let haste = match self.priority {
            Some(Priority::Urgent) => Some(Attribute::Urgent),
            Some(Priority::Today) => Some(Attribute::Today),
            // Less haste than the signal deserves is no wish that can be granted.
            Some(Priority::Digest) | None => None,
        };
        Finding {
            rule: self.id.clone(),
            signal: self.signal,
            score: 1.0,
            evidence: places.into_iter().map(quote).collect(),
            attributes: self.shadow.then_some(Attribute::Shadow).into_iter().chain(haste).collect(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::detect::{Detector, Outcome, Scratch};
    use crate::domain::{Brand, Network, Primary, Stance};

    fn rule(id: &str, query: &str, signal: Signal) -> OwnRule {
        let query = Query::parse(query).expect("a query");
        OwnRule { id: id.into(), query, signal, priority: None, shadow: false, watches: Vec::new() }
    }

    fn watch(id: &str, rival: &str) -> Watch {
        let brand = |name: &str| Brand { name: name.into(), terms: vec![name.to_lowercase()] };
        Watch { id: id.to_lowercase(), brand: brand(id), rivals: vec![brand(rival)], ..Watch::default() }
    }

    /// What two competitors, each the other's rival, hear: for each watch its hearing.
    fn hear(rules: Vec<OwnRule>, text: &str) -> Vec<(usize, Hearing)> {
        let watches = [watch("Nomadesk", "Dropbox"), watch("Dropbox", "Nomadesk")];
        let mention = Mention::new(Network::known("rss"), "1", text, jiff::Timestamp::UNIX_EPOCH);
        let heard = Detector::with_rules(&watches, rules).hear(&mention, &mut Scratch::default());
        let named =
            |heard: crate::detect::Heard| if let Outcome::Named(hearing) = heard.outcome { Some((heard.watch, hearing)) } else { None };
        heard.into_iter().filter_map(named).collect()
    }

    fn rules_of(hearing: &Hearing) -> Vec<&str> {
        hearing.findings.iter().map(|finding| finding.rule.as_str()).collect()
    }

    #[test]
    fn macros_are_those_of_each_watch_and_a_rival_alone_is_enough_for_a_rule_that_says_so() {
        let heard = hear(vec![rule("slow", "brand BEFORE/2 slow", Signal::Complaint)], "Dropbox is slow");
        assert_eq!(heard.iter().map(|(watch, hearing)| (*watch, rules_of(hearing)[0])).collect::<Vec<_>>(), [(1, "slow")]);
        let heard = hear(vec![rule("slow", "rival BEFORE/2 slow", Signal::Praise), rule("all", "slow", Signal::Praise)], "Dropbox is slow");
        let found: Vec<_> = heard.iter().map(|(watch, hearing)| (*watch, rules_of(hearing))).collect();
        assert_eq!(found[0], (0, vec!["slow"]), "`all` says nothing of rivals, and the complaint is none about us");
        assert!(found[1].1.contains(&"all") && !found[1].1.contains(&"slow"));
    }

    #[test]
    fn a_shadow_over_a_rivals_trouble_alerts_nobody() {
        let shadow = OwnRule { shadow: true, ..rule("slow", "rival AND slow", Signal::Complaint) };
        let (watch, hearing) = hear(vec![shadow], "Dropbox is broken and slow, terrible").remove(0);
        assert_eq!((watch, hearing.primary, rules_of(&hearing)), (0, Primary::Noise, vec!["slow"]));
    }

    #[test]
    fn a_rule_is_for_its_watches_and_sees_what_was_heard_before() {
        let only = OwnRule { watches: vec!["dropbox".into()], ..rule("only", "left:brand AND joined:rival", Signal::Complaint) };
        let text = "I am switching from Dropbox to Nomadesk";
        let heard = hear(vec![only, rule("gain", "joined:brand", Signal::Praise), rule("sees-own", "signal:praise", Signal::Praise)], text);
        assert_eq!(heard[0].1.findings.iter().filter(|finding| finding.score >= 1.0).count(), 1);
        assert_eq!((rules_of(&heard[0].1)[0], heard[0].1.primary), ("gain", Primary::Joining));
        assert_eq!((rules_of(&heard[1].1)[0], heard[1].1.primary), ("only", Primary::Leaving));
    }

    #[test]
    fn findings_count_by_their_signal_and_shadows_do_not() {
        let text = "Nomadesk repainted the bridge";
        let primary = |signal, shadow| {
            let heard = hear(vec![OwnRule { shadow, ..rule("mine", "brand NEAR/3 bridge", signal) }], text);
            let (_, hearing) = heard.into_iter().next().expect("named");
            assert_eq!(rules_of(&hearing), ["mine"]);
            (hearing.primary, hearing.asks, hearing.switch.map(|switch| switch.stance))
        };
        assert_eq!(primary(Signal::Complaint, false), (Primary::Complaint, false, None));
        assert_eq!(primary(Signal::Distrust, false), (Primary::Complaint, false, None));
        assert_eq!(primary(Signal::Question, false), (Primary::Question, true, None));
        assert_eq!(primary(Signal::Praise, false), (Primary::Praise, false, None));
        assert_eq!(primary(Signal::Switch, false), (Primary::Leaving, false, Some(Stance::Leaving)));
        for signal in Signal::ALL {
            assert_eq!(primary(*signal, true), (Primary::Noise, false, None), "{signal} in shadow mode");
        }
    }

    #[test]
    fn evidence_quotes_the_text_and_shadows_are_dropped_for_people() {
        let text = "é «Nomadesk» ＢＲＩＤＧＥ";
        let shadow = OwnRule { shadow: true, ..rule("shadow", "bridge", Signal::Praise) };
        let (_, mut hearing) = hear(vec![rule("live", "brand AND bridge", Signal::Praise), shadow], text).remove(0);
        assert_eq!(rules_of(&hearing), ["live", "shadow"]);
        for evidence in hearing.findings.iter().flat_map(|finding| &finding.evidence) {
            assert_eq!(text.get(evidence.start..evidence.end), Some(&*evidence.text));
        }
        hearing.drop_shadows();
        assert_eq!(rules_of(&hearing), ["live"]);
    }
}
