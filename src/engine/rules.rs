//! The user's own rules: from the file to the detector, their tests run first.
//!
//! A rule whose query is wrong, or that does with a test what it must not, is
//! a mistake of the file like any other: `check` shows it with its place, and
//! a reload keeps the old plan.

use std::sync::Arc;

use jiff::Timestamp;

use crate::config::{Config, Diagnostic, MatchText, RuleSection, RuleTest};
use crate::detect::{self, Detector, OwnRule, Scratch};
use crate::domain::{Mention, Network};
use crate::query::Query;

/// Reads the rules of a configuration; their tests are not run.
pub fn own_rules(config: &Config) -> Result<Vec<OwnRule>, Vec<Diagnostic>> {
    let mut mistakes = Vec::new();
    let own = config.rules.iter().filter_map(|section| rule(section, &mut mistakes)).collect();
    if mistakes.is_empty() { Ok(own) } else { Err(mistakes) }
}

/// Builds the detector of a configuration for commands that hear a few posts.
pub fn detector(config: &Config) -> Result<Detector, Vec<Diagnostic>> {
    own_rules(config).map(|own| Detector::with_rules(&config.watches, own))
}

/// Builds the detector and tries every rule that can be read on its tests.
pub(super) fn checked(config: &Config, mistakes: &mut Vec<Diagnostic>) -> Arc<Detector> {
    let (detector, read) = built(config, mistakes);
    mistakes.extend(failures(&detector, &read));
    Arc::new(detector)
}

/// Tries every rule that can be read on its tests, for commands that tell of a failure and go on.
pub fn failed_tests(config: &Config) -> Vec<Diagnostic> {
    let (detector, read) = built(config, &mut Vec::new());
    failures(&detector, &read)
}

/// Builds the detector of the rules that can be read; gives these too, in its order.
fn built<'a>(config: &'a Config, mistakes: &mut Vec<Diagnostic>) -> (Detector, Vec<&'a RuleSection>) {
    let read = config.rules.iter().filter_map(|section| Some((rule(section, mistakes)?, section)));
    let (own, read): (Vec<_>, Vec<_>) = read.unzip();
    (Detector::with_rules(&config.watches, own), read)
}

fn failures(detector: &Detector, read: &[&RuleSection]) -> Vec<Diagnostic> {
    let mut scratch = Scratch::default();
    let tests = read.iter().enumerate().flat_map(|(index, section)| section.tests.iter().map(move |test| (index, *section, test)));
    tests.filter_map(|(index, section, test)| failed(index, section, test, detector, &mut scratch)).collect()
}

/// Reads a query of the file, or notes what is wrong with it.
pub(super) fn query(matches: &MatchText, mistakes: &mut Vec<Diagnostic>) -> Option<Query> {
    match Query::parse(&matches.text) {
        Ok(query) => Some(query),
        Err(mistake) => {
            let place = matches.place(mistake.at);
            mistakes.push(Diagnostic::new(place, mistake.what).label(format!("expected {}", mistake.expected)).hint(mistake.hint));
            None
        }
    }
}

/// Makes a rule of its section.
fn rule(section: &RuleSection, mistakes: &mut Vec<Diagnostic>) -> Option<OwnRule> {
    if detect::rule(&section.id).is_some() {
        let taken = Diagnostic::new(section.span.clone(), format!("a built-in rule has the id {:?}", section.id));
        mistakes.push(taken.label("taken").hint(format!("give it another: {:?}", format!("my-{}", section.id))));
    }
    Some(OwnRule {
        id: section.id.clone(),
        query: query(&section.matches, mistakes)?,
        signal: section.signal,
        priority: section.priority,
        shadow: section.shadow,
        watches: section.watches.clone(),
    })
}

/// Tries one test; says what is wrong when the rule does not do with it what it must.
fn failed(index: usize, section: &RuleSection, test: &RuleTest, detector: &Detector, scratch: &mut Scratch) -> Option<Diagnostic> {
    let mention = Mention::new(Network::known("text"), "test", &test.text, Timestamp::UNIX_EPOCH);
    let id = &section.id;
    match (detector.try_rule(index, &mention, scratch), test.fires) {
        (Ok(words), false) => {
            let words = words.iter().map(|word| format!("\"{word}\"")).collect::<Vec<_>>().join(", ");
            let on = if words.is_empty() { "by its fields alone".to_owned() } else { format!("on {words}") };
            let mistake = Diagnostic::new(test.span.clone(), format!("the rule {id:?} fires on a post that it must not hear"));
            Some(mistake.label("expected not to fire").hint(format!("it fires {on}")))
        }
        (Err(why), true) => {
            let mistake = Diagnostic::new(test.span.clone(), format!("the rule {id:?} does not fire on a post that it must hear"));
            Some(mistake.label("expected to fire").hint(why))
        }
        _ => None,
    }
}
