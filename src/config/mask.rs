//! Masks what could be a secret in a text that is about to be shown.
//!
//! A snippet shows the whole line of a mistake, and the mistake may be a token
//! pasted where its reference belongs. Spans that the reader knows to be
//! secret are masked exactly; beyond them, and for files that do not even parse,
//! keys and values that look like secrets are masked line by line. Masking too
//! much costs a reader a glance; too little costs a token.

use std::ops::Range;

use super::{Form, SecretRef};

/// Parts of key names whose values are not shown.
const KEYS: &[&str] =
    &["token", "secret", "password", "passwd", "passphrase", "credential", "api_key", "apikey", "private_key", "authorization", "webhook"];

/// Beginnings of well known tokens, wherever they stand.
const TOKENS: &[&str] =
    &["xoxb-", "xoxp-", "xoxa-", "xapp-", "whsec_", "ghp_", "gho_", "github_pat_", "glpat-", "sk-", "sk_live_", "AKIA", "AIza", "eyJ"];

/// Paths of incoming hooks that are secrets themselves.
const HOOKS: &[&str] =
    &["hooks.slack.com/", "discord.com/api/webhooks/", "discordapp.com/api/webhooks/", "webhook.office.com/", "api.telegram.org/bot"];

/// Gives the text with `spans`, and all that looks like a secret, replaced by stars, byte for byte.
pub(super) fn mask(text: &str, spans: &[Range<usize>]) -> String {
    let mut hidden: Vec<Range<usize>> = spans.to_vec();
    let mut at = 0;
    for line in text.split_inclusive('\n') {
        hide_values(line, at, &mut hidden);
        hide_tokens(line, at, &mut hidden);
        at += line.len();
    }
    cover(text, &hidden)
}

/// Gives a text that is not even TOML with all replaced by stars that could be a secret.
///
/// A mistake may stand in the key itself, so only values of keys that are known to be harmless are
/// shown; everything else behind an equals sign, and every line without one, is not.
pub(super) fn mask_broken(text: &str) -> String {
    let mut hidden = Vec::new();
    let mut at = 0;
    for line in text.split_inclusive('\n') {
        let equals = line.find('=');
        let key: String =
            line.get(..equals.unwrap_or(0)).unwrap_or_default().chars().filter(|c| c.is_alphanumeric() || *c == '_').collect();
        let header = equals.is_none() && line.trim_start().starts_with('[');
        let small = line.to_ascii_lowercase();
        let from = if header {
            None
        } else if let Some(word) = KEYS.iter().filter_map(|part| small.find(part).map(|found| found + part.len())).min() {
            Some(word)
        } else if harmless(&key) && line.matches('=').count() == 1 {
            None
        } else {
            // Without an equals sign it may be the rest of a value that was broken in two.
            Some(equals.map_or(0, |equals| equals + 1))
        };
        if let Some(from) = from {
            let rest = line.get(from..).unwrap_or_default();
            let lead = rest.len() - rest.trim_start_matches([' ', '\t', '=']).len();
            if !is_reference(rest.trim_matches([' ', '\t', '=', '\n', '\r'])) {
                hidden.push(at + from + lead..at + line.trim_end().len());
            }
        }
        at += line.len();
    }
    mask(text, &hidden)
}

/// Whether a key of that name never holds a secret.
fn harmless(key: &str) -> bool {
    let known = super::PARTS.iter().flat_map(|part| part.fields);
    let mut harmless = known.filter(|field| !matches!(field.form, Form::Secret | Form::Url | Form::Urls)).map(|field| field.key);
    key == "type" || key == "version" || harmless.any(|known| known == key)
}

/// Hides the value of a key whose name says that it is secret, unless it is a reference.
fn hide_values(line: &str, at: usize, hidden: &mut Vec<Range<usize>>) {
    let mut from = 0;
    while let Some(equals) = line.get(from..).and_then(|rest| rest.find('=')).map(|found| from + found) {
        let key = line.get(..equals).unwrap_or_default().trim_end().trim_end_matches(['"', '\'']);
        let key_start = key.rfind(|c: char| !(c.is_alphanumeric() || "-_.".contains(c))).map_or(0, |before| before + 1);
        let key = key.get(key_start..).unwrap_or_default().to_lowercase().replace('-', "_");
        from = equals + 1;
        if KEYS.iter().any(|part| key.contains(part)) {
            let value = line.get(from..).unwrap_or_default();
            let lead = value.len() - value.trim_start().len();
            let start = from + lead;
            let value = value.trim();
            if !is_reference(value) {
                hidden.push(at + start..at + start + value.len());
                return;
            }
        }
    }
}

/// Whether a value begins with a quoted reference (or is none of a string's business).
fn is_reference(value: &str) -> bool {
    if value.starts_with("true") || value.starts_with("false") {
        return true;
    }
    let Some(quote) = value.chars().next().filter(|c| matches!(c, '"' | '\'')) else { return false };
    let inner = value.get(1..).and_then(|rest| rest.split(quote).next()).unwrap_or_default();
    SecretRef::parse(inner).is_some()
}

/// Hides well known tokens and the paths of incoming hooks.
fn hide_tokens(line: &str, at: usize, hidden: &mut Vec<Range<usize>>) {
    let ends = |c: char| c.is_whitespace() || matches!(c, '"' | '\'' | ',' | ']' | '}' | '`');
    for (list, keep_head) in [(TOKENS, false), (HOOKS, true)] {
        for head in list {
            for (found, _) in line.match_indices(head) {
                let boundary = line.get(..found).and_then(|before| before.chars().next_back()).is_none_or(|c| !c.is_ascii_alphanumeric());
                let rest = line.get(found..).unwrap_or_default();
                let length = rest.find(ends).unwrap_or(rest.len());
                // Short words such as "sk-learn" are no tokens.
                if boundary && length >= head.len() + 8 {
                    let start = if keep_head { found + head.len() } else { found };
                    hidden.push(at + start..at + found + length);
                }
            }
        }
    }
}

/// Replaces the bytes of the spans by stars; line breaks stay, so that positions do.
fn cover(text: &str, spans: &[Range<usize>]) -> String {
    let mut spans: Vec<_> = spans.iter().filter(|span| span.start < span.end).collect();
    spans.sort_by_key(|span| span.start);
    let mut covered = String::with_capacity(text.len());
    let mut next = 0;
    let mut end = 0;
    for (at, c) in text.char_indices() {
        while let Some(span) = spans.get(next).filter(|span| span.start < at + c.len_utf8()) {
            end = end.max(span.end);
            next += 1;
        }
        if at < end && c != '\n' && c != '\r' {
            covered.extend(std::iter::repeat_n('*', c.len_utf8()));
        } else {
            covered.push(c);
        }
    }
    covered
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn inline_secrets_are_masked_even_where_nothing_parses() {
        for line in [
            "token = \"hunter2hunter2\"",
            "token = \"hunter2hunter2",
            "bot-token='hunter2hunter2' # mine",
            "x = { type = \"slack\", token = \"hunter2hunter2\" }",
            "url = \"https://hooks.slack.com/services/hunter2hunter2\"",
            "tok = \"xoxb-hunter2hunter2\"",
            "\"password\" = 'hunter2hunter2'",
            "notifiers.care.token = \"hunter2hunter2\"",
        ] {
            let masked = mask(line, &[]);
            assert!(!masked.contains("hunter2"), "{masked}");
            assert_eq!(masked.len(), line.len());
        }
    }

    #[test]
    fn references_and_ordinary_values_stay() {
        for line in [
            "token = \"cred:slack-bot\"",
            "credential = 'env:REDDIT' # note",
            "terms = [\"task-list\", \"sk-learn\"]",
            "name = \"Nomadesk\"",
        ] {
            assert_eq!(mask(line, &[]), line);
        }
    }

    #[test]
    fn spans_cover_characters_whole_and_keep_lines() {
        assert_eq!(mask("a é\nb", std::slice::from_ref(&(3..5))), "a **\nb");
        assert_eq!(mask("ab\ncd", std::slice::from_ref(&(1..4))), "a*\n*d");
    }
}
