//! Decides which posts of the firehose become mentions at all.
//!
//! Tens of posts arrive every second and almost none of them names us. The
//! sieve looks at the borrowed post, so that a mention with its dozen owned
//! strings is built for hits only. It lets pass whatever could count: the
//! words, the links behind them, and everything between us and our accounts.

use std::collections::HashMap;

use super::address::{is_did, split};
use super::event::Post;
use super::record::Extras;
use crate::domain::{Account, Mention};
use crate::feed::Names;

/// What passes.
#[derive(Clone, Default)]
pub(super) struct Sieve {
    names: Option<Names>,
    /// Our own accounts on this network: DID to handle.
    own: HashMap<String, String>,
}

impl Sieve {
    /// Starts with the accounts whose DID the configuration gives; handles must be resolved first.
    pub(super) fn new(names: Option<Names>, own: &[Account]) -> Self {
        let known = own.iter().filter(|account| is_did(&account.handle));
        Self { names, own: known.map(|account| (account.handle.clone(), account.handle.clone())).collect() }
    }

    /// Whether the DID of an own handle is known.
    pub(super) fn knows(&self, handle: &str) -> bool {
        self.own.values().any(|known| known == handle)
    }

    /// Adds an own account whose handle has been resolved.
    pub(super) fn own(&mut self, did: String, handle: String) {
        self.own.insert(did, handle);
    }

    /// Gives the extras of a post that passes; `None` for one that names nobody.
    pub(super) fn pass<'a>(&self, post: &Post<'a>) -> Option<Extras<'a>> {
        let Some(names) = &self.names else { return Some(post.record.extras()) };
        let spoken = names(&post.record.text) || self.own.contains_key(&*post.commit.did.0);
        if !spoken && !post.record.may_name(self.own.keys().map(String::as_str)) {
            return None;
        }
        let extras = post.record.extras();
        let passes = spoken
            || extras.title.some().is_some_and(|title| names(title))
            || extras.links.iter().any(|link| names(link))
            || self.addressed(&extras).next().is_some();
        passes.then_some(extras)
    }

    /// Our accounts that a post mentions, answers or quotes, by their handles.
    fn addressed<'s>(&'s self, extras: &'s Extras<'_>) -> impl Iterator<Item = &'s String> {
        let answered =
            [&extras.parent, &extras.root, &extras.quoted].into_iter().filter_map(|address| split(&address.0)).map(|(did, ..)| did);
        extras.mentioned.iter().map(|did| &**did).chain(answered).filter_map(|did| self.own.get(did))
    }

    /// Makes the mention of a post that passed, with our own handles where DIDs stand for them.
    pub(super) fn mention<'a>(&self, post: &Post<'a>, extras: Extras<'a>, seen: jiff::Timestamp) -> Mention {
        let mut addressed: Vec<String> = Vec::new();
        for handle in self.addressed(&extras) {
            if !addressed.contains(handle) {
                addressed.push(handle.clone());
            }
        }
        let commit = &post.commit;
        let mut mention = post.record.mention(&commit.did.0, &commit.rkey.0, extras, seen);
        mention.addressed = addressed;
        if let Some(handle) = self.own.get(&*commit.did.0) {
            mention.author.handle.clone_from(handle);
        }
        mention
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use jiff::Timestamp;

    use super::*;
    use crate::feed::bluesky::event::{Event, read};

    fn frame(record: &str) -> String {
        format!(
            r#"{{"did":"did:plc:kim","time_us":1795300000000002,"kind":"commit","commit":{{"rev":"1","operation":"create","collection":"app.bsky.feed.post","rkey":"3k","record":{record}}}}}"#
        )
    }

    fn hear(record: &str) -> Option<Mention> {
        let mut sieve = Sieve::new(Some(Arc::new(|text: &str| text.to_lowercase().contains("nomadesk"))), &[]);
        sieve.own("did:plc:us".into(), "nomadesk.example".into());
        let frame = frame(record);
        let Ok((_, Event::Post(post))) = read(&frame) else { panic!("a post") };
        let seen = Timestamp::from_second(1_795_300_000).expect("in range");
        sieve.pass(&post).map(|extras| sieve.mention(&post, extras, seen))
    }

    #[test]
    fn words_links_titles_and_our_own_accounts_pass_and_nothing_else() {
        assert!(hear(r#"{"text":"leaving Nomadesk"}"#).is_some());
        assert!(hear(r#"{"text":"nice weather"}"#).is_none());
        let link = hear(r#"{"text":"look","facets":[{"features":[{"uri":"https://nomadesk.com/x"}]}]}"#).expect("a link names us");
        assert_eq!(link.links, ["https://nomadesk.com/x"]);
        let card = r#"{"text":"look","embed":{"$type":"app.bsky.embed.external","external":{"uri":"https://e.org/1","title":"Nomadesk is down"}}}"#;
        assert_eq!(hear(card).expect("a card names us").text, "look\n\nNomadesk is down");
        let answer = r#"{"text":"thanks!","reply":{"root":{"uri":"at://did:plc:x/app.bsky.feed.post/1"},"parent":{"uri":"at://did:plc:us/app.bsky.feed.post/2"}}}"#;
        assert_eq!(hear(answer).expect("an answer to us").addressed, ["nomadesk.example"]);
        let hidden = r#"{"text":"hi","facets":[{"features":[{"\u0064id":"did:plc:\u0075s"}]}]}"#;
        assert_eq!(hear(hidden).expect("an escape hides nobody").addressed, ["nomadesk.example"]);
        let other = r#"{"text":"hi","facets":[{"features":[{"did":"did:plc:other"}]}]}"#;
        assert!(hear(other).is_none(), "somebody else is mentioned");
    }
}
