//! Addresses and handles in running text, also where people bend them.
//!
//! `hxxps://` and bare domains are addresses like any other; folding has made `example[.]com` straight.

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
    if !matches!(behind, Some(b'.' | b':')) {
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
        let dot = usize::from(after.starts_with('.'));
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

/// The longest address whose parameters are told apart; what stands farther behind its start is taken as it is.
const ADDRESS_BYTES: usize = 2048;

/// Whether a place of a folded text stands in a parameter of an address that only tracks readers:
/// `?utm_source=dropbox` names nobody.
pub(crate) fn is_tracking(text: &str, at: usize) -> bool {
    let from = text.floor_char_boundary(at.saturating_sub(ADDRESS_BYTES));
    let before = text.get(from..at).unwrap_or_default();
    let address = before.rsplit(char::is_whitespace).next().unwrap_or_default();
    let Some((_, parameters)) = address.split_once('?') else { return false };
    let parameter = parameters.rsplit('&').next().unwrap_or_default();
    let key = parameter.split_once('=').map_or(parameter, |(key, _)| key);
    key.starts_with("utm_") || TRACKING.contains(&key)
}

/// Parameters that say where a reader came from, beside `utm_*`.
const TRACKING: &[&str] = &[
    "ref",
    "ref_src",
    "ref_url",
    "referrer",
    "referer",
    "source",
    "src",
    "campaign",
    "cmpid",
    "cid",
    "fbclid",
    "gclid",
    "dclid",
    "gbraid",
    "wbraid",
    "msclkid",
    "twclid",
    "ttclid",
    "li_fat_id",
    "igshid",
    "igsh",
    "mc_cid",
    "mc_eid",
    "mkt_tok",
    "yclid",
    "_hsenc",
    "_hsmi",
    "hsctatracking",
    "vero_id",
    "wickedid",
    "oly_enc_id",
    "oly_anon_id",
    "rb_clickid",
    "s_cid",
    "si",
    "trk",
    "trkcampaign",
    "share",
];

/// Whether a folded text begins with a domain of two labels or more.
pub(crate) fn is_domain(text: &str) -> bool {
    domain_length(text) > 0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parameters_that_track_readers_are_told_from_others() {
        for (text, word, tracks) in [
            ("see https://a.example/x?utm_source=dropbox&y=1", "dropbox", true),
            ("https://a.example/?y=1&ref=dropbox", "dropbox", true),
            ("https://a.example/?fbclid=dropbox#nomadesk", "dropbox", true),
            ("https://a.example/dropbox?utm_source=x", "dropbox", false),
            ("https://a.example/?q=dropbox&utm_source=x", "dropbox", false),
            ("really? ref=dropbox", "dropbox", false),
            ("dropbox", "dropbox", false),
        ] {
            assert_eq!(is_tracking(text, text.find(word).unwrap()), tracks, "{text}");
        }
    }
}
