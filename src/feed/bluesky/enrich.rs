//! Asks the AppView for what the stream leaves out: handles, names, parents.
//!
//! For hits only, in one call for 25 posts, and best effort: a mention without
//! a profile is still a mention.

use std::collections::HashMap;
use std::time::Duration;

use jiff::Timestamp;
use serde::Deserialize;
use serde_json::value::RawValue;

use super::address::split;
use super::view::{Profile, words};
use super::xrpc::Xrpc;
use crate::domain::{Author, Mention};
use crate::feed::loose::Loose;

/// The AppView takes no more in one call (app.bsky.actor.getProfiles, November 2026).
const AT_ONCE: usize = 25;
/// A card must not wait for a profile.
const TIMEOUT: Duration = Duration::from_secs(3);

#[derive(Deserialize)]
struct Answer<'a> {
    #[serde(borrow, default)]
    profiles: Vec<&'a RawValue>,
    #[serde(borrow, default)]
    posts: Vec<&'a RawValue>,
    #[serde(borrow, default)]
    did: Loose<'a>,
}

/// Asks for up to 25 things; nothing when the AppView does not answer well.
async fn ask<T>(xrpc: &Xrpc, method: &str, query: &[(&str, &str)], take: impl FnOnce(Answer<'_>) -> T) -> Option<T> {
    // Nothing here depends on the time: a limit without a `Date` only costs us the profile.
    let response = xrpc.public(method, query, TIMEOUT, Timestamp::UNIX_EPOCH).await.ok()?;
    Some(take(serde_json::from_slice(&response.body).ok()?))
}

/// Gives the distinct values in the order of the mentions.
fn distinct<'m>(values: impl Iterator<Item = &'m str>) -> Vec<String> {
    let mut seen: Vec<String> = Vec::new();
    for value in values {
        if !seen.iter().any(|known| known == value) {
            seen.push(value.to_owned());
        }
    }
    seen
}

/// Fills in handle and name of authors that are only a DID so far.
pub(super) async fn profiles(xrpc: &Xrpc, mentions: &mut [Mention]) {
    let bare = |author: &Author| author.name.is_none() && author.native_id.is_some();
    let wanted =
        distinct(mentions.iter().filter(|mention| bare(&mention.author)).filter_map(|mention| mention.author.native_id.as_deref()));
    let mut known: HashMap<String, Author> = HashMap::new();
    for dids in wanted.chunks(AT_ONCE) {
        let query: Vec<_> = dids.iter().map(|did| ("actors", did.as_str())).collect();
        let found = ask(xrpc, "app.bsky.actor.getProfiles", &query, |answer| {
            let profiles = answer.profiles.iter().filter_map(|raw| serde_json::from_str::<Profile<'_>>(raw.get()).ok());
            profiles.map(|profile| (profile.did.0.clone().into_owned(), profile.author())).collect::<Vec<_>>()
        });
        // One refusal is enough: the AppView is gone or throttles us.
        let Some(found) = found.await else { break };
        known.extend(found);
    }
    for mention in mentions {
        if let Some(author) = mention.author.native_id.as_ref().and_then(|did| known.get(did)) {
            mention.author = author.clone();
        }
    }
}

/// Fills in the words of the posts that are answered.
pub(super) async fn parents(xrpc: &Xrpc, mentions: &mut [Mention]) {
    let open = mentions.iter().filter(|mention| mention.thread.parent_text.is_none());
    let wanted = distinct(open.filter_map(|mention| mention.thread.parent.as_deref()).filter(|address| split(address).is_some()));
    let mut known: HashMap<String, String> = HashMap::new();
    for addresses in wanted.chunks(AT_ONCE) {
        let query: Vec<_> = addresses.iter().map(|address| ("uris", address.as_str())).collect();
        let found = ask(xrpc, "app.bsky.feed.getPosts", &query, |answer| {
            answer.posts.iter().filter_map(|raw| Some((address_of(raw)?, words(raw)?))).collect::<Vec<_>>()
        });
        let Some(found) = found.await else { break };
        known.extend(found);
    }
    for mention in mentions.iter_mut().filter(|mention| mention.thread.parent_text.is_none()) {
        mention.thread.parent_text = mention.thread.parent.as_ref().and_then(|parent| known.get(parent)).cloned();
    }
}

fn address_of(raw: &RawValue) -> Option<String> {
    #[derive(Deserialize)]
    struct Addressed<'a> {
        #[serde(borrow, default)]
        uri: Loose<'a>,
    }
    serde_json::from_str::<Addressed<'_>>(raw.get()).ok()?.uri.some().map(str::to_owned)
}

/// Finds the DID behind a handle.
pub(super) async fn did_of(xrpc: &Xrpc, handle: &str) -> Option<String> {
    let take = |answer: Answer<'_>| answer.did.0.into_owned();
    let did = ask(xrpc, "com.atproto.identity.resolveHandle", &[("handle", handle)], take).await?;
    super::address::is_did(&did).then_some(did)
}
