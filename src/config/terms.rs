//! Which words may name a brand: a term that matches every post helps nobody.

use std::ops::Range;

use super::read::Reader;
use super::{Diagnostic, Section};
use crate::domain::Brand;

/// The most characters of a term; longer ones are a paste that went wrong.
const LONGEST: usize = 200;

/// Words that stand in nearly every post of some language.
pub const STOP_WORDS: &[&str] = &[
    "a", "an", "and", "are", "as", "at", "be", "but", "by", "can", "do", "for", "from", "get", "go", "had", "has", "have", "he", "her",
    "him", "his", "how", "i", "if", "in", "is", "it", "its", "just", "me", "my", "no", "not", "of", "on", "or", "our", "out", "she", "so",
    "that", "the", "their", "them", "they", "this", "to", "up", "us", "was", "we", "were", "what", "when", "who", "will", "with", "you",
    "your", "der", "die", "das", "den", "dem", "ein", "eine", "und", "oder", "ist", "nicht", "ich", "sie", "wir", "mit", "von", "zu",
    "auf", "im", "le", "la", "les", "un", "une", "des", "du", "et", "ou", "est", "pas", "je", "il", "elle", "nous", "vous", "dans", "que",
    "qui", "el", "los", "las", "una", "y", "o", "es", "en", "de", "do", "da", "os", "e", "para", "por", "com", "het", "een", "niet", "ik",
    "van", "voor", "di", "che", "non", "per", "gli",
];

/// Folds a term roughly, to compare terms with each other.
fn folded(term: &str) -> String {
    term.trim().to_lowercase()
}

/// Says what is wrong with a term, with the end of the hint.
fn flaw(term: &str) -> Option<(&'static str, &'static str)> {
    let letters = term.chars().filter(|c| c.is_alphanumeric()).count();
    let bare = folded(term);
    let bare = bare.trim_matches(|c: char| !c.is_alphanumeric());
    let ambiguous = "it stands in too many posts; put it under `ambiguous` and give `context` words";
    let star = term.trim_end_matches('*');
    if term.chars().count() > LONGEST {
        Some(("is longer than 200 characters", "name the brand in a word or a phrase"))
    } else if term.chars().any(char::is_control) {
        Some(("holds a control character", "retype it"))
    } else if star.contains('*') || term.ends_with("**") {
        Some(("has a star inside", "a star stands at the end of a word: \"sync*\""))
    } else if term.ends_with('*') && letters < 3 {
        Some(("is too short to begin a word", "give at least three letters before the star"))
    } else if letters == 0 {
        Some(("is only punctuation", "give at least two letters or digits"))
    } else if letters == 1 {
        Some(("is a single letter", ambiguous))
    } else if STOP_WORDS.contains(&bare) && !term.starts_with(['@', '#']) {
        Some(("is a word that stands in every post", ambiguous))
    } else {
        None
    }
}

/// Checks the terms of a watch or a rival: there are some, each can name a brand, none stands twice.
pub(super) fn check_terms(section: &Section, reader: &mut Reader<'_>) {
    if section.has("terms")
        && section.texts("terms").is_empty()
        && reader.errors.iter().all(|error| !within(&error.span, &section.span("terms")))
    {
        reader.error(section.mistake("terms", "`terms` is empty", "name the brand in at least one word"));
    }
    let mut seen: Vec<String> = Vec::new();
    for (term, span) in section.spanned_texts("terms") {
        if let Some((what, hint)) = flaw(term) {
            reader.error(Diagnostic::new(span, format!("the term {term:?} {what}")).hint(hint));
        } else if seen.contains(&folded(term)) {
            reader.warn(Diagnostic::new(span, format!("the term {term:?} stands here twice")).hint("leave one out"));
        }
        seen.push(folded(term));
    }
}

/// Whether a place lies within another.
fn within(inner: &Range<usize>, outer: &Range<usize>) -> bool {
    outer.start <= inner.start && inner.end <= outer.end
}

/// Checks that ambiguous terms have context words, and context words something to do.
pub(super) fn check_ambiguous(section: &Section, reader: &mut Reader<'_>) {
    for key in ["ambiguous", "context"] {
        for (word, span) in section.spanned_texts(key) {
            // A single letter or a stop word may be ambiguous: that is what the list is for.
            let flaw =
                flaw(word).filter(|(what, _)| !(key == "ambiguous" && (what.contains("single letter") || what.contains("every post"))));
            if let Some((what, hint)) = flaw {
                let hint = if hint.contains("`ambiguous`") { "it stands in nearly every post and would tell nothing apart" } else { hint };
                reader.error(Diagnostic::new(span, format!("the word {word:?} of `{key}` {what}")).hint(hint));
            }
        }
    }
    let plain: Vec<String> = section.texts("terms").iter().map(|term| folded(term)).collect();
    for (term, span) in section.spanned_texts("ambiguous") {
        if plain.contains(&folded(term)) {
            reader.error(
                Diagnostic::new(span, format!("{term:?} is a term and ambiguous"))
                    .hint("leave it out of `terms`: there it counts without a context word"),
            );
        }
    }
    if !section.texts("ambiguous").is_empty() && !section.has("context") {
        reader.error(section.mistake(
            "ambiguous",
            "`ambiguous` without `context` never counts",
            "add the words that tell the brand apart: `context = [\"cloud\", \"sync*\"]`",
        ));
    }
    if section.has("context") && !section.has("ambiguous") {
        reader.warn(section.mistake(
            "context",
            "`context` has no effect without `ambiguous`",
            "put the terms that need a context word under `ambiguous`",
        ));
    }
}

/// Checks that no exclude takes out every post that names the brand.
pub(super) fn check_excludes(section: &Section, reader: &mut Reader<'_>) {
    for (exclude, span) in section.spanned_texts("exclude") {
        let named = |key: &str| section.texts(key).iter().any(|term| folded(term) == folded(exclude));
        if named("terms") || named("ambiguous") {
            let message = format!("{exclude:?} is a term and excluded");
            reader.error(
                Diagnostic::new(span, message)
                    .label("no post could ever pass")
                    .hint("leave it out of one of the two lists, or exclude a longer phrase"),
            );
        } else if let Some((what, hint)) = flaw(exclude) {
            let hint = if hint.contains("`ambiguous`") { "it would take out nearly every post" } else { hint };
            reader.error(Diagnostic::new(span, format!("the exclude {exclude:?} {what}")).hint(hint));
        }
    }
}

/// Checks that a watch and its rival share no term: nobody could tell who is left.
pub(super) fn check_apart(section: &Section, own: &Brand, id: &str, rival: &Brand, span: Range<usize>, reader: &mut Reader<'_>) {
    let shared = section.spanned_texts("terms").find(|(term, _)| rival.terms.iter().any(|theirs| folded(theirs) == folded(term)));
    if let Some((term, at)) = shared {
        let message = format!("the term {term:?} names the watch and its rival `{id}`");
        reader.error(Diagnostic::new(at, message).hint("leave it out of one of the two: nobody could tell who is left"));
    } else if folded(&own.name) == folded(&rival.name) {
        reader.error(Diagnostic::new(span, format!("the rival `{id}` has the name of the watch")).hint("give one of the two another name"));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn terms_that_match_everything_are_refused() {
        for term in ["x", "@", "...", "the", "The", "und", "C++", "a*", "no*ma", "\u{7}bell", "🙂"] {
            assert!(flaw(term).is_some(), "{term:?}");
        }
        for term in ["nomadesk", "@nomadesk", "#o2", "nomad desk", "nomadesk.com", "3M", "sync*", "日本", "@the", "The Who"] {
            assert!(flaw(term).is_none(), "{term:?}");
        }
    }
}
