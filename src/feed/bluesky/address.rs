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

/// Whether this is a decentralised id by its syntax (<https://atproto.com/specs/did>, November 2026).
pub(super) fn is_did(did: &str) -> bool {
    let allowed = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'_' | b':' | b'%' | b'-');
    did.len() <= DID_BYTES && did.strip_prefix("did:").is_some_and(|rest| !rest.is_empty() && rest.bytes().all(allowed))
}

/// Whether this is a record key by its syntax (<https://atproto.com/specs/record-key>, November 2026).
pub(super) fn is_rkey(rkey: &str) -> bool {
    let allowed = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'_' | b':' | b'~' | b'-');
    !rkey.is_empty() && rkey.len() <= 512 && rkey.bytes().all(allowed)
}

/// The page of an account.
pub(super) fn profile_url(did: &str) -> String {
    format!("https://bsky.app/profile/{did}")
}
