//! Addresses of the AT protocol: accounts, records and their public pages.
//!
//! What stands in a record was written by anybody: an id that is not of the
//! published syntax is no id here, so that none ever reaches a URL.

/// The longest DID there is, by its specification.
const DID_BYTES: usize = 2048;

/// Writes the address of a post: the network's own id.
pub(super) fn address(did: &str, rkey: &str) -> String {
    format!("at://{did}/{POSTS}/{rkey}")
}

/// The collection that posts stand in.
pub(super) const POSTS: &str = "app.bsky.feed.post";

/// Splits `at://DID/COLLECTION/RKEY`; `None` when it is anything else.
pub(super) fn split(address: &str) -> Option<(&str, &str, &str)> {
    let mut parts = address.strip_prefix("at://")?.split('/');
    let (did, collection, rkey) = (parts.next()?, parts.next()?, parts.next()?);
    (parts.next().is_none() && is_did(did) && is_rkey(collection) && is_rkey(rkey)).then_some((did, collection, rkey))
}

/// The page of a post, from its address.
pub(super) fn page_url(address: &str) -> Option<String> {
    let (did, collection, rkey) = split(address)?;
    (collection == POSTS).then(|| format!("https://bsky.app/profile/{did}/post/{rkey}"))
}

/// Which bytes an id may hold. Every post of the network is asked, so it is a table.
const fn allowed(marks: &[u8]) -> [bool; 256] {
    let mut table = [false; 256];
    let mut byte = 0_u8;
    while byte < 128 {
        table[byte as usize] = byte.is_ascii_alphanumeric();
        byte += 1;
    }
    let mut at = 0;
    while at < marks.len() {
        table[marks[at] as usize] = true;
        at += 1;
    }
    table
}

static IN_DID: [bool; 256] = allowed(b"._:%-");
static IN_RKEY: [bool; 256] = allowed(b"._:~-");

fn all_in(table: &[bool; 256], text: &str) -> bool {
    text.bytes().all(|byte| table.get(usize::from(byte)).copied().unwrap_or_default())
}

/// Whether this is a decentralised id by its syntax (<https://atproto.com/specs/did>, November 2026).
pub(super) fn is_did(did: &str) -> bool {
    did.len() <= DID_BYTES && did.strip_prefix("did:").is_some_and(|rest| !rest.is_empty() && all_in(&IN_DID, rest))
}

/// Whether this is a record key by its syntax (<https://atproto.com/specs/record-key>, November 2026).
pub(super) fn is_rkey(rkey: &str) -> bool {
    !rkey.is_empty() && rkey.len() <= 512 && all_in(&IN_RKEY, rkey)
}

/// The page of an account.
pub(super) fn profile_url(did: &str) -> String {
    format!("https://bsky.app/profile/{did}")
}
