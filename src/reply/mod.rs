//! Drafts the answer: thank-you, recovery, help, answer; never sends it.
//!
//! A draft states only what stands in the post or in the facts file, in the
//! post's language where there are templates, within the network's length. It
//! is pure: the facts arrive parsed, the variant is chosen by the post's id, so
//! that the same post always gets the same draft and ten posts do not get ten
//! equal ones.

mod facts;
mod kind;
mod length;
mod lint;
mod templates;

use std::collections::BTreeMap;

use minijinja::{Value, context};

pub use facts::{Facts, FactsError};
pub use length::{length, limit};

use crate::domain::{Draft, Hearing, Mention, Status, Watch, Why};
use kind::Kind;
use templates::Templates;

/// Who answers, and what the house may say.
#[derive(Debug, Clone, Copy)]
pub struct Voice<'a> {
    /// The watch from whose side the answer is written.
    pub watch: &'a Watch,
    /// What may be stated beside the post.
    pub facts: &'a Facts,
    /// The name below the answer: `Ann from Nomadesk`.
    pub sign_as: Option<&'a str>,
    /// The most the network takes; `None` asks [`limit`].
    pub limit: Option<usize>,
}

/// Begins and ends a fact's key inside a template's output: private-use characters that no post carries into it.
const OPEN: char = '\u{f0000}';
const CLOSE: char = '\u{f0001}';

/// Drafts an answer; `None` where a template would do harm (irony, noise).
pub fn draft(mention: &Mention, hearing: &Hearing, voice: &Voice<'_>) -> Option<Draft> {
    let kind = Kind::of(hearing)?;
    let templates = Templates::get();
    let (lang, names) = templates.variants(hearing.lang.as_deref(), kind);
    let words = words(mention, hearing, voice, lang);
    let most = voice.limit.or_else(|| limit(&mention.network));
    let first = usize::try_from(seed(mention) % names.len() as u64).unwrap_or_default();
    let mut best: Option<Draft> = None;
    for name in names.iter().cycle().skip(first).take(names.len()) {
        // A variant that wants to state what nobody knows is passed over.
        let Ok(raw) = templates.write(name, &words) else { continue };
        let candidate = finish(&raw, mention, hearing, voice, lang, most);
        let clean = candidate.lint.is_empty();
        if best.as_ref().is_none_or(|best| candidate.lint.len() < best.lint.len()) {
            best = Some(candidate);
        }
        if clean {
            break;
        }
    }
    best
}

/// What a template may say, and nothing else.
fn words(mention: &Mention, hearing: &Hearing, voice: &Voice<'_>, lang: &str) -> Value {
    let name = first_name(mention.author.name.as_deref().unwrap_or_default());
    let hello = match (lang, name) {
        ("de", Some(name)) => format!("Hallo {name},"),
        ("de", None) => "Hallo,".to_owned(),
        (_, Some(name)) => format!("Hi {name},"),
        (_, None) => "Hi,".to_owned(),
    };
    let switch = hearing.switch.as_ref();
    let why: Option<Why> = switch.and_then(|switch| switch.reason);
    // Only a rival's own name: "the words as they stand" are a stranger's.
    let rival = switch.and_then(|switch| switch.left.as_deref()).filter(|left| voice.watch.rivals.iter().any(|rival| rival.name == *left));
    let known = if hearing.asks { voice.facts.about(&mention.text) } else { None };
    context! {
        hello,
        name,
        brand => voice.watch.brand.name.as_str(),
        rival,
        why => why.map(Why::as_str),
        status => switch.map(|switch| switch.status.as_str()),
        done => switch.is_some_and(|switch| switch.status == Status::Done),
        known => known.map(|key| format!("{OPEN}{key}{CLOSE}")),
        facts => voice.facts.keys().map(|key| (key, format!("{OPEN}{key}{CLOSE}"))).collect::<BTreeMap<_, _>>(),
    }
}

/// Puts the facts in, signs, counts and lints.
fn finish(raw: &str, mention: &Mention, hearing: &Hearing, voice: &Voice<'_>, lang: &str, most: Option<usize>) -> Draft {
    let mut text = String::with_capacity(raw.len() + 64);
    let mut facts = Vec::new();
    for (index, word) in raw.split_whitespace().enumerate() {
        if index > 0 {
            text.push(' ');
        }
        let mut rest = word;
        while let Some((before, tail)) = rest.split_once(OPEN) {
            let (key, after) = tail.split_once(CLOSE).unwrap_or((tail, ""));
            text.push_str(before);
            text.push_str(voice.facts.get(key).unwrap_or_default());
            let stated = format!("facts.{key}");
            if !facts.contains(&stated) {
                facts.push(stated);
            }
            rest = after;
        }
        text.push_str(rest);
    }
    if let Some(sign) = voice.sign_as.map(str::trim).filter(|sign| !sign.is_empty()) {
        text.push('\n');
        text.push_str(sign);
    }
    let chars = length(&mention.network, &text);
    let mut lint = lint::lint(&text, mention, hearing, lang);
    if let Some(most) = most.filter(|&most| chars > most) {
        lint.insert(0, format!("too long: {chars} of {most} characters"));
    }
    Draft { text, chars, limit: most, facts, lint }
}

/// Takes a first name where the shown name plainly begins with one: letters only, and not a title or a whole sentence.
fn first_name(shown: &str) -> Option<&str> {
    let mut words = shown.split_whitespace();
    let first = words.next()?;
    let plain = first.chars().all(|c| c.is_alphabetic() || matches!(c, '-' | '\''));
    let chars = first.chars().count();
    let cased = first.chars().next().is_some_and(char::is_uppercase) && first.chars().skip(1).any(char::is_lowercase);
    let title = ["the", "dr", "prof", "mr", "mrs", "ms", "herr", "frau", "sir", "team", "der", "die", "das"]
        .contains(&first.to_lowercase().as_str());
    (plain && cased && !title && (2..=20).contains(&chars) && words.count() <= 2).then_some(first)
}

/// Chooses the variant: the same for the same post, on every machine and in every version (FNV-1a).
fn seed(mention: &Mention) -> u64 {
    let bytes = mention.native_id.bytes().chain(mention.network.as_str().bytes());
    let hash = bytes.fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3));
    // Neighbouring ids differ in the upper half only after folding.
    hash ^ (hash >> 32)
}

#[cfg(test)]
mod tests;
