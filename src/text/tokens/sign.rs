//! Emoticons, arrows and the other signs that people use as words.

/// Gives the one spelling of a sign.
pub(super) fn plain(sign: &str) -> &str {
    if sign.len() > 1 && sign.ends_with('>') { "→" } else { sign }
}

/// Gives the length of the emoticon that begins here, 0 when none does.
///
/// `before` is the character in front: `http://` and `8)` of a list are none.
pub(super) fn emoticon(text: &str, before: Option<char>) -> usize {
    const WHOLE: &[&str] = &["</3", "<3", "^^", "^_^", "-_-", "o_o", "t_t", ":'(", ":')", "¯\\_(ツ)_/¯", "(:", "):"];
    // Nothing that ends a sentence or a clause begins a face.
    if matches!(text.as_bytes().first(), Some(b'.' | b',' | b'!' | b'?' | b'"' | b'\'' | b'@' | b'#' | b'\n')) {
        return 0;
    }
    if let Some(whole) = WHOLE.iter().find(|whole| text.starts_with(**whole)) {
        return whole.len();
    }
    if before.is_some_and(|c| c.is_alphanumeric() || matches!(c, ':' | '/')) {
        return 0;
    }
    let bytes = text.as_bytes();
    let mut at = match bytes.first() {
        Some(b':' | b';' | b'=') => 1,
        _ => return 0,
    };
    if matches!(bytes.get(at), Some(b'-' | b'o' | b'^' | b'\'')) {
        at += 1;
    }
    if !matches!(bytes.get(at), Some(b')' | b'(' | b'd' | b'p' | b'/' | b'\\' | b'|' | b'o' | b'[' | b']' | b'*' | b'@' | b'$' | b's')) {
        return 0;
    }
    while bytes.get(at + 1) == bytes.get(at) && matches!(bytes.get(at), Some(b')' | b'(')) {
        at += 1;
    }
    // `:d` of `:done` is no laugh.
    let ends = bytes.get(at + 1).is_none_or(|next| !next.is_ascii_alphanumeric() && *next != b'/');
    if ends { at + 1 } else { 0 }
}

/// Gives the length of the arrow or other sign that begins here, 0 when none does.
pub(super) fn sign(text: &str) -> usize {
    let bytes = text.as_bytes();
    let dashes = bytes.iter().take(8).take_while(|byte| matches!(byte, b'-' | b'=')).count();
    if dashes > 0 {
        return if bytes.get(dashes) == Some(&b'>') { dashes + 1 } else { 0 };
    }
    match text.chars().next() {
        Some(arrow @ '→') => arrow.len_utf8(),
        Some('>') => bytes.iter().take_while(|byte| **byte == b'>').count(),
        Some('<' | '&' | '+' | '=' | '/') => 1,
        _ => 0,
    }
}
