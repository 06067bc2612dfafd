//! What a person should look at before a draft is sent.

use crate::domain::{Attribute, Hearing, Mention, Role};

/// What a draft must not say: it promises for somebody else.
const PROMISES: &[&str] = &[
    "we promise",
    "i promise",
    "guarantee",
    "we will fix",
    "we'll fix",
    "will be fixed",
    "refund you",
    "versprechen",
    "garantier",
    "wir werden",
];

/// Reads a finished draft beside its post.
pub(super) fn lint(text: &str, mention: &Mention, hearing: &Hearing, used: &str) -> Vec<String> {
    let mut remarks = Vec::new();
    let lower = text.to_lowercase();
    if let Some(gap) = placeholder(text) {
        remarks.push(format!("fill in {gap}"));
    }
    if let Some(lang) = hearing.lang.as_deref().filter(|&lang| lang != used) {
        remarks.push(format!("the post is in `{lang}`, the draft in `{used}`"));
    }
    if let Some(promise) = PROMISES.iter().find(|promise| lower.contains(*promise)) {
        remarks.push(format!("promises something: \"{promise}\""));
    }
    if let Some(word) = insult(&lower, mention, hearing) {
        remarks.push(format!("repeats the author's own \"{word}\""));
    }
    let doubts = [
        (Attribute::Ironic, "the post may be ironic"),
        (Attribute::Reported, "the author may speak of somebody else"),
        (Attribute::Hypothetical, "the author may only imagine it"),
    ];
    remarks
        .extend(doubts.iter().filter(|(attribute, _)| hearing.has(*attribute)).map(|(_, doubt)| format!("read the post first: {doubt}")));
    remarks
}

/// Finds what a template left for a person: `[...]`, or braces that were never filled.
fn placeholder(text: &str) -> Option<&str> {
    let (start, open) = text.char_indices().find(|&(_, c)| c == '[' || c == '{')?;
    let close = if open == '[' { ']' } else { '}' };
    let rest = text.get(start..)?;
    rest.get(..=rest.find(close)?)
}

/// Finds a strong word of the author's in the draft.
fn insult<'a>(draft: &str, mention: &'a Mention, hearing: &Hearing) -> Option<&'a str> {
    let strong = hearing.findings.iter().flat_map(|finding| &finding.evidence).filter(|evidence| evidence.role == Role::Emotion);
    strong
        .filter_map(|evidence| mention.text.get(evidence.start..evidence.end))
        .map(str::trim)
        .find(|word| word.chars().count() > 3 && draft.contains(&word.to_lowercase()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_gap_is_named() {
        assert_eq!(placeholder("Hi, [write the answer here] Bye"), Some("[write the answer here]"));
        assert_eq!(placeholder("Hi {{ name }}"), Some("{{ name }"));
        assert_eq!(placeholder("nothing open [ here"), None);
    }
}
