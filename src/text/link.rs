//! Addresses and handles in running text, also where people bend them.
//!
//! `example[.]com`, `hxxps://` and bare domains are addresses like any other.

/// Endings that make two words with a dot between them an address. Without a list, every
/// forgotten space after a full stop ("great.Thanks") would be one.
const ENDINGS: &[&str] = &[
    "com", "org", "net", "io", "co", "app", "dev", "me", "ai", "gg", "tv", "fm", "info", "biz", "edu", "gov", "eu", "uk", "us", "de", "fr",
    "es", "it", "nl", "be", "ch", "at", "pt", "br", "ca", "au", "nz", "in", "jp", "cn", "kr", "ru", "pl", "se", "no", "fi", "dk", "ie",
    "cz", "mx", "ar", "cl", "social", "online", "cloud", "site", "xyz", "shop", "blog", "tech", "world", "news", "page", "club", "ly",
    "to", "cc", "page", "link", "website", "space", "store",
];

/// The most bytes of a label: 63 characters of up to four bytes, and the one behind them.
const LABEL_BYTES: usize = 63 * 4 + 1;

/// Gives the length of the address at the start of a folded text, 0 when none begins here.
pub(crate) fn url_length(text: &str) -> usize {
    const SCHEMES: &[&str] = &["https://", "http://", "hxxps://", "hxxp://", "www."];
    // Most words end at a space: no address begins here.
    let label = |byte: &u8| byte.is_ascii_alphanumeric() || *byte == b'-' || !byte.is_ascii();
    let behind = text.as_bytes().iter().take(LABEL_BYTES).find(|byte| !label(byte));
    if !matches!(behind, Some(b'.' | b':' | b'[' | b'(')) {
        return 0;
    }
    if let Some(scheme) = SCHEMES.iter().find(|scheme| text.starts_with(**scheme)) {
        let body = text.get(scheme.len()..).unwrap_or_default();
        let length = path_length(body);
        return if length == 0 { 0 } else { scheme.len() + length };
    }
    let host = domain_length(text);
    if host == 0 {
        return 0;
    }
    let after = text.get(host..).unwrap_or_default();
    host + if after.starts_with(['/', '?', '#', ':']) && after.len() > 1 { path_length(after) } else { 0 }
}

/// Gives the length of the handle at the start of a folded text, which begins with `@` and a word.
///
/// A domain belongs to it (`@kim.bsky.social`), and so does the server of `@kim@server.example`.
pub(crate) fn handle_length(text: &str) -> usize {
    let name = text.get(1..).unwrap_or_default();
    let word = name.find(|c: char| !(c.is_alphanumeric() || c == '_')).unwrap_or(name.len());
    let name_length = word.max(domain_length(name));
    let after = name.get(name_length..).unwrap_or_default();
    let server = after.strip_prefix('@').map_or(0, domain_length);
    1 + name_length + if server > 0 { 1 + server } else { 0 }
}

/// Gives the length of the domain at the start of a text, 0 when there is none.
fn domain_length(text: &str) -> usize {
    let mut length = label_length(text);
    let mut whole = 0;
    while length > 0 && length < 256 {
        let after = text.get(length..).unwrap_or_default();
        let dot = ["[.]", "(.)", "."].iter().find(|dot| after.starts_with(**dot)).map_or(0, |dot| dot.len());
        let label = after.get(dot..).unwrap_or_default();
        let next = label_length(label);
        if dot == 0 || next == 0 {
            break;
        }
        length += dot + next;
        if ENDINGS.contains(&label.get(..next).unwrap_or_default()) {
            whole = length;
        }
    }
    whole
}

/// Gives the length of one label of a domain.
fn label_length(text: &str) -> usize {
    // Looks no farther than a label may reach, or a chain of hyphens would be read again from each of them.
    let far = text.char_indices().take(64).find(|(_, c)| !(c.is_alphanumeric() || *c == '-'));
    let end = far.map_or(text.len(), |(at, _)| at);
    if end > 63 || text.starts_with('-') || text.get(..end).is_some_and(|label| label.ends_with('-')) { 0 } else { end }
}

/// Gives the length of what follows a scheme or a host, without the punctuation of the sentence around it.
fn path_length(text: &str) -> usize {
    let end = text.find(|c: char| c.is_whitespace() || matches!(c, '<' | '>' | '"' | '|' | '\\' | '^')).unwrap_or(text.len());
    let path = text.get(..end).unwrap_or_default();
    let mut trimmed = path.trim_end_matches(['.', ',', ';', ':', '!', '?', '\'', '*', '_']);
    // A closing bracket belongs to the address only when it was opened in it.
    if trimmed.ends_with(')') && !trimmed.contains('(') {
        trimmed = trimmed.trim_end_matches(')').trim_end_matches(['.', ',', '!', '?']);
    }
    trimmed.trim_end_matches(']').len()
}

/// Whether a folded text begins with a domain of two labels or more.
pub(crate) fn is_domain(text: &str) -> bool {
    domain_length(text) > 0
}
