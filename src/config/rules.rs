//! `[[rules]]`: rules of one's own, with their tests beside them.
//!
//! The match language belongs to `query`; this room hands the text on with its
//! place, so that a mistake in it can be shown under its own caret.

use std::ops::Range;

use super::feeds::references;
use super::parts::{Part, Shape};
use super::read::Reader;
use super::{Diagnostic, Field, Form, Section};
use crate::domain::{Priority, Signal};

/// What a test expects.
const EXPECT_FIELDS: &[Field] = &[Field::required("fires", Form::Flag, "Whether the rule must fire on the text.")];

/// The keys of a test.
const TEST_FIELDS: &[Field] = &[
    Field::required("text", Form::Text, "A post, as somebody would write it."),
    Field::required("expect", Form::Table(EXPECT_FIELDS), "What the rule must do with it."),
];

/// The keys of a rule.
const RULE_FIELDS: &[Field] = &[
    Field::required("id", Form::Text, "Its name: small letters, digits and dashes; shown in every alert it causes."),
    Field::required("match", Form::Text, "What it hears, in the match language."),
    Field::required("signal", Form::OneOf(&["switch", "complaint", "question", "praise", "distrust", "chasing"]), "What a match means."),
    Field::optional("priority", Form::OneOf(&["urgent", "today", "digest"]), "How soon a human should answer; default by the signal."),
    Field::optional("mode", Form::OneOf(&["live", "shadow"]), "`shadow` records and counts and alerts nobody; default `live`."),
    Field::optional("watches", Form::Texts, "Only these watches; default all."),
    Field::optional("test", Form::Tables(TEST_FIELDS), "Posts that it must, and must not, hear; run by `check` and before every reload."),
];

/// The part as lists.
pub(super) const RULES: Part = Part {
    key: "rules",
    shape: Shape::List,
    fields: RULE_FIELDS,
    doc: "Rules of your own. The built-in rules need no entry. What `match` may say, and what becomes of a finding: `docs/match-language.md`.",
    sample: r#"[[rules]]                                       # built-in rules need no entry
id       = "sync-trouble"
match    = '''brand AND ((sync* NEAR/4 (fail* OR broken OR stuck)) OR "lost my files")'''
signal   = "complaint"
priority = "urgent"
mode     = "shadow"                             # record and count only; then "live"
  [[rules.test]]
  text   = "Nomadesk sync is broken again"
  expect = { fires = true }
"#,
};

/// A text of the match language and where it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MatchText {
    /// The words.
    pub text: String,
    /// Where the value stands, quotes and all.
    pub span: Range<usize>,
    /// Where its first byte stands, when the file holds the text as it is (without escapes).
    pub verbatim: Option<usize>,
}

impl MatchText {
    /// Takes the words of a value that stands there in the file.
    pub(super) fn new(file: &str, words: &str, span: Range<usize>) -> Self {
        Self { text: words.to_owned(), verbatim: verbatim(file, &span, words), span }
    }

    /// Gives the place in the file of a part of the text: exact where the text stands verbatim.
    pub fn place(&self, part: Range<usize>) -> Range<usize> {
        self.verbatim.map_or_else(|| self.span.clone(), |start| start + part.start..start + part.end)
    }
}

/// One test of a rule.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RuleTest {
    /// A post.
    pub text: String,
    /// Whether the rule must fire.
    pub fires: bool,
    /// Where the test stands.
    pub span: Range<usize>,
}

/// One rule of the file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RuleSection {
    /// Its name.
    pub id: String,
    /// Where its name stands.
    pub span: Range<usize>,
    /// What it hears.
    pub matches: MatchText,
    /// What a match means.
    pub signal: Signal,
    /// How soon; `None` leaves it to the signal.
    pub priority: Option<Priority>,
    /// Whether it only records and counts.
    pub shadow: bool,
    /// Ids of the watches it is for; empty means all.
    pub watches: Vec<String>,
    /// Its tests.
    pub tests: Vec<RuleTest>,
}

/// Reads the rules in the order of the file.
pub(super) fn read(text: &str, sections: &[Section], watches: &[String], reader: &mut Reader<'_>) -> Vec<RuleSection> {
    let mut rules: Vec<RuleSection> = Vec::new();
    let mut ids = std::collections::BTreeSet::new();
    for section in sections {
        references(section, "watches", "watch", watches, reader);
        let Some(id) = section.text("id") else { continue };
        let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || "-_.".contains(c);
        if !id.chars().all(plain) || id.len() > 64 {
            reader.error(section.mistake(
                "id",
                format!("{id:?} cannot be the name of a rule"),
                "use small letters, digits and dashes: \"sync-trouble\"",
            ));
        }
        if !ids.insert(id) {
            reader.error(section.mistake("id", format!("two rules have the id {id:?}"), "give one of them another id"));
        }
        let Some(words) = section.text("match") else { continue };
        let Some(signal) = section.text("signal").and_then(Signal::parse) else { continue };
        let span = section.span("match");
        let tests = section.tables("test").iter().filter_map(|test| {
            let fires = test.table("expect")?.flag("fires")?;
            Some(RuleTest { text: test.text("text")?.to_owned(), fires, span: test.span("text") })
        });
        let tests: Vec<_> = tests.collect();
        if tests.is_empty() && section.tables("test").is_empty() {
            let bare = Diagnostic::new(section.span("id"), format!("the rule {id:?} has no test"));
            reader.warn(bare.hint("add `[[rules.test]]` with a post that it must hear, and one that it must not"));
        }
        rules.push(RuleSection {
            id: id.to_owned(),
            span: section.span("id"),
            matches: MatchText::new(text, words, span),
            signal,
            priority: section.text("priority").and_then(Priority::parse),
            shadow: section.text("mode") == Some("shadow"),
            watches: section.texts("watches").to_vec(),
            tests,
        });
    }
    rules
}

/// Finds where a value's own text begins behind its quotes, when it stands there without escapes.
fn verbatim(text: &str, span: &Range<usize>, words: &str) -> Option<usize> {
    let raw = text.get(span.clone())?;
    let open = ["\"\"\"\r\n", "'''\r\n", "\"\"\"\n", "'''\n", "\"\"\"", "'''", "\"", "'"].into_iter().find(|open| raw.starts_with(open))?;
    raw.get(open.len()..)?.starts_with(words).then_some(span.start + open.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_words_of_a_match_are_found_behind_every_quote() {
        for raw in ["\"a AND b\"", "'a AND b'", "'''a AND b'''", "\"\"\"\na AND b\"\"\""] {
            let file = format!("match = {raw}\n");
            let at = verbatim(&file, &(8..8 + raw.len()), "a AND b").unwrap();
            assert!(file.get(at..).unwrap().starts_with("a AND b"), "{raw}");
        }
        assert_eq!(verbatim(r#"match = "a\u0041""#, &(8..17), "aA"), None);
    }
}
