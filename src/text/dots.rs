//! Writes bent dots straight: `example[.]com` is `example.com`.
//!
//! People bend addresses so that nobody clicks them. Folding takes the bend
//! out, so that terms, links and phrases all see the address that is meant.

/// The ways a dot is bent; between two letters or digits only.
const BENT: &[&str] = &["[.]", "(.)", "{.}", "[dot]", "(dot)", "{dot}"];

/// Finds the next bent dot of a folded text at or behind `from`: its first byte and the one behind it.
///
/// Almost no text has a bracket right behind a letter: that is looked for first.
pub(super) fn next(text: &str, from: usize) -> Option<(usize, usize)> {
    let bytes = text.as_bytes();
    let mut at = from;
    loop {
        at += memchr::memchr3(b'[', b'(', b'{', bytes.get(at..)?)?;
        let begins = at.checked_sub(1).and_then(|before| bytes.get(before)).is_some_and(|before| is_label(*before));
        if begins && let Some(length) = length(bytes.get(at..)?) {
            return Some((at, at + length));
        }
        at += 1;
    }
}

/// Gives the length of the bent dot that begins here and has a label behind it.
fn length(text: &[u8]) -> Option<usize> {
    let length = BENT.iter().find(|dot| text.starts_with(dot.as_bytes()))?.len();
    text.get(length).is_some_and(|after| is_label(*after)).then_some(length)
}

/// Whether a byte may belong to a label of a domain; bytes beyond ASCII are letters here.
fn is_label(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || !byte.is_ascii()
}
