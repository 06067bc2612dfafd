//! Turns a status of the Mastodon API into a mention.
//!
//! Many servers speak this API and each leaves something out: everything but
//! the id, the account and the content is optional, ids are opaque, and one
//! ill-typed field never costs the status. Content is HTML; the links in it hide
//! parts of themselves in spans, which the reader keeps.

use jiff::Timestamp;
use serde::Deserialize;
use serde_json::value::RawValue;

use crate::domain::{Author, Kind, Mention, Network};
use crate::feed::loose::Loose;
use crate::text::html;

/// The network's name in configuration, JSON and metrics.
pub(super) const MASTODON: Network = Network::known("mastodon");

/// Handles and links of one status that are kept.
const KEPT: usize = 32;
/// Bytes of a URI or URL that is kept.
const URL_BYTES: usize = 2048;

/// A status as a server writes it.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Status<'a> {
    /// The server's own id; opaque, and of this server only.
    #[serde(borrow)]
    pub id: Loose<'a>,
    #[serde(borrow)]
    uri: Loose<'a>,
    #[serde(borrow)]
    url: Loose<'a>,
    #[serde(borrow)]
    created_at: Loose<'a>,
    #[serde(borrow)]
    in_reply_to_id: Loose<'a>,
    #[serde(borrow)]
    spoiler_text: Loose<'a>,
    #[serde(borrow)]
    content: Option<Loose<'a>>,
    #[serde(borrow)]
    language: Loose<'a>,
    #[serde(borrow)]
    visibility: Loose<'a>,
    #[serde(borrow)]
    account: Option<Account<'a>>,
    #[serde(borrow)]
    mentions: Option<&'a RawValue>,
    #[serde(borrow)]
    reblog: Option<Box<Status<'a>>>,
    #[serde(borrow)]
    quote: Option<&'a RawValue>,
}

/// An account, as much of it as counts here: no followers, no age.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Account<'a> {
    /// The server's own id of the account.
    #[serde(borrow)]
    pub id: Loose<'a>,
    #[serde(borrow)]
    acct: Loose<'a>,
    #[serde(borrow)]
    username: Loose<'a>,
    #[serde(borrow)]
    display_name: Loose<'a>,
    #[serde(borrow)]
    url: Loose<'a>,
    #[serde(borrow)]
    uri: Loose<'a>,
    /// The person asks machines not to index what he writes.
    noindex: Option<Loosely>,
}

/// A flag that may be missing or of another type.
#[derive(Debug, Deserialize)]
#[serde(untagged)]
enum Loosely {
    Flag(bool),
    Other(serde::de::IgnoredAny),
}

/// A quote: wrapped with a state (Mastodon 4.5) or the status itself (others).
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Quote<'a> {
    #[serde(borrow)]
    quoted_status: Option<Quoted<'a>>,
    #[serde(borrow)]
    url: Loose<'a>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Quoted<'a> {
    #[serde(borrow)]
    url: Loose<'a>,
    #[serde(borrow)]
    uri: Loose<'a>,
}

/// A server, as far as reading its statuses needs to know it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Home {
    /// Where its API is: `https://mastodon.example`; empty for saved answers.
    pub base: String,
    /// The domain that its people have in their handles; empty while unknown.
    pub domain: String,
}

impl Home {
    /// The address of a status of this server: its identity where it has no better one.
    pub(super) fn address(&self, id: &str) -> String {
        format!("{}/api/v1/statuses/{id}", self.base)
    }
}

impl Status<'_> {
    /// Whether everybody may read it. Private notes to our account are no mentions.
    pub(super) fn is_public(&self) -> bool {
        matches!(&*self.visibility.0, "" | "public" | "unlisted")
    }

    /// Whether the author asks machines to pass over him.
    pub(super) fn is_unindexed(&self) -> bool {
        self.account.as_ref().is_some_and(|account| matches!(account.noindex, Some(Loosely::Flag(true))))
    }

    /// The identity on every server: the URI, else this server's address of it.
    pub(super) fn identity(&self, home: &Home) -> String {
        self.uri.some().filter(|uri| uri.len() <= URL_BYTES).map_or_else(|| home.address(&self.id.0), str::to_owned)
    }

    /// Makes the mention, heard at `seen`; an error says what is missing.
    pub(super) fn mention(&self, home: &Home, seen: Timestamp) -> Result<Mention, String> {
        let account = self.account.as_ref().ok_or("a status without an account")?;
        if self.id.some().is_none() && self.uri.some().is_none() {
            return Err("a status without an id".into());
        }
        let words = self.reblog.as_deref().unwrap_or(self);
        let content = words.content.as_ref().ok_or("a status without content")?;
        let content = html::to_text(&content.0);
        let text = match words.spoiler_text.some() {
            Some(title) => format!("{title}\n\n{}", content.text),
            None => content.text,
        };
        let mut mention = Mention::new(MASTODON, self.identity(home), text.trim(), seen);
        if self.reblog.is_some() {
            mention.kind = Kind::Repost;
        }
        mention.url = words.url.some().or(words.uri.some()).filter(|url| is_web(url)).map(str::to_owned);
        mention.author = account.author(home);
        mention.lang = words.language.some().filter(|lang| lang.len() <= 35).map(str::to_owned);
        // The parent's URI is not in the answer; its address here is, and hits ask for it.
        mention.thread.parent = words.in_reply_to_id.some().filter(|_| !home.base.is_empty()).map(|id| home.address(id));
        mention.links = content.links.into_iter().filter(|link| is_web(link)).take(KEPT).collect();
        mention.links.extend(words.quoted());
        mention.addressed = words.addressed(home);
        mention.posted_at(self.created_at.0.parse().ok());
        Ok(mention)
    }

    /// The page of the status that is quoted.
    fn quoted(&self) -> Option<String> {
        let quote: Quote<'_> = serde_json::from_str(self.quote?.get()).ok()?;
        let quoted = quote.quoted_status.unwrap_or_default();
        [&quoted.url, &quoted.uri, &quote.url].into_iter().find_map(|url| url.some().filter(|url| is_web(url))).map(str::to_owned)
    }

    /// The accounts that are addressed, in full: the text shows them without their server.
    fn addressed(&self, home: &Home) -> Vec<String> {
        let Some(raw) = self.mentions else { return Vec::new() };
        let accounts: Vec<Account<'_>> = serde_json::from_str(raw.get()).unwrap_or_default();
        accounts.iter().map(|account| account.handle(home)).filter(|handle| !handle.is_empty()).take(KEPT).collect()
    }
}

impl Account<'_> {
    /// The handle with its server, which the API leaves out for the server's own people.
    pub(super) fn handle(&self, home: &Home) -> String {
        let acct = self.acct.some().or(self.username.some()).unwrap_or_default().trim_start_matches('@');
        if acct.is_empty() || acct.contains('@') {
            return acct.to_owned();
        }
        let host = url::Url::parse(&self.url.0).ok().and_then(|url| url.host_str().map(str::to_owned));
        match Some(home.domain.clone()).filter(|domain| !domain.is_empty()).or(host) {
            Some(domain) => format!("{acct}@{domain}"),
            None => acct.to_owned(),
        }
    }

    fn author(&self, home: &Home) -> Author {
        Author {
            handle: self.handle(home),
            name: self.display_name.some().map(str::to_owned),
            native_id: self.uri.some().or(self.url.some()).or(self.id.some()).map(str::to_owned),
            url: self.url.some().filter(|url| is_web(url)).map(str::to_owned),
        }
    }
}

/// Whether a person's browser may follow it.
fn is_web(url: &str) -> bool {
    (url.starts_with("https://") || url.starts_with("http://")) && url.len() <= URL_BYTES
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn seen() -> Timestamp {
        Timestamp::from_second(1_795_300_000).expect("in range")
    }

    fn home() -> Home {
        Home { base: "https://social.example".into(), domain: "social.example".into() }
    }

    fn hear(json: &str) -> Result<Mention, String> {
        serde_json::from_str::<Status<'_>>(json).map_err(|error| error.to_string())?.mention(&home(), seen())
    }

    const KIM: &str = r#""account":{"id":"7","username":"kim","acct":"kim","display_name":"Kim","url":"https://social.example/@kim","uri":"https://social.example/users/kim"}"#;

    #[test]
    fn html_becomes_words_and_whole_links() {
        let json = format!(
            r#"{{"id":"01HX","uri":"https://social.example/users/kim/statuses/1","url":null,"spoiler_text":"Rant","language":"de",{KIM},
            "created_at":"2026-11-21T22:00:00.000Z","in_reply_to_id":"01HW","mentions":[{{"id":"9","username":"help","acct":"help@nomadesk.example","url":"https://nomadesk.example/@help"}}],
            "content":"<p>Bye <a href=\"https://dropbox.example/a/very/long/path\"><span class=\"invisible\">https://</span><span class=\"ellipsis\">dropbox.example/a/very</span><span class=\"invisible\">/long/path</span></a></p>"}}"#
        );
        let mention = hear(&json).expect("a mention");
        assert_eq!(mention.text, "Rant\n\nBye https://dropbox.example/a/very/long/path");
        assert_eq!(mention.links, ["https://dropbox.example/a/very/long/path"]);
        assert_eq!(mention.url.as_deref(), Some("https://social.example/users/kim/statuses/1"), "url is null: the uri");
        assert_eq!(mention.author.handle, "kim@social.example");
        assert_eq!(mention.addressed, ["help@nomadesk.example"]);
        assert_eq!(mention.thread.parent.as_deref(), Some("https://social.example/api/v1/statuses/01HW"));
        assert_eq!(mention.lang.as_deref(), Some("de"));
    }

    #[test]
    fn the_same_status_on_two_servers_is_one() {
        let on = |server: &str, id: &str| {
            let home = Home { base: format!("https://{server}"), domain: server.into() };
            let json = format!(r#"{{"id":"{id}","uri":"https://social.example/1","content":"x",{KIM}}}"#);
            serde_json::from_str::<Status<'_>>(&json).expect("a status").identity(&home)
        };
        assert_eq!(on("a.example", "1"), on("b.example", "01J"));
        let bare = |id: &str| serde_json::from_str::<Status<'_>>(&format!(r#"{{"id":"{id}"}}"#)).expect("a status").identity(&home());
        assert_eq!(bare("5"), "https://social.example/api/v1/statuses/5");
    }

    #[test]
    fn a_boost_is_a_repost_of_the_words_inside() {
        let json = format!(
            r#"{{"id":"2","uri":"https://social.example/boost/2","content":"",{KIM},"reblog":{{"id":"1","uri":"https://o.example/1","url":"https://o.example/@ann/1","content":"<p>leaving</p>","account":{{"acct":"ann@o.example"}}}}}}"#
        );
        let mention = hear(&json).expect("a mention");
        assert_eq!((mention.kind, mention.text.as_str()), (Kind::Repost, "leaving"));
        assert_eq!(mention.url.as_deref(), Some("https://o.example/@ann/1"));
        assert_eq!(mention.author.handle, "kim@social.example");
    }

    #[test]
    fn strange_fields_cost_themselves_only() {
        let json = r#"{"id":"1","content":"x","account":{"acct":7,"username":"kim","noindex":"yes"},"mentions":{"a":1},"quote":3,"language":["en"],"created_at":12,"url":"javascript:alert(1)"}"#;
        let mention = hear(json).expect("a mention");
        assert_eq!((mention.author.handle.as_str(), mention.url, mention.lang), ("kim@social.example", None, None));
        assert!(hear(r#"{"id":"1","content":"x"}"#).is_err_and(|why| why.contains("account")));
        assert!(hear(r#"{"content":"x","account":{}}"#).is_err_and(|why| why.contains("id")));
        assert!(hear(r#"{"id":"1","account":{}}"#).is_err_and(|why| why.contains("content")));
    }

    #[test]
    fn quotes_of_both_forms_are_links() {
        let with = |quote: &str| hear(&format!(r#"{{"id":"1","content":"x",{KIM},"quote":{quote}}}"#)).expect("a mention").links;
        assert_eq!(with(r#"{"state":"accepted","quoted_status":{"url":"https://o.example/1"}}"#), ["https://o.example/1"]);
        assert_eq!(with(r#"{"id":"9","url":"https://o.example/9"}"#), ["https://o.example/9"]);
        assert!(with(r#"{"state":"pending","quoted_status":null}"#).is_empty());
    }

    proptest! {
        #[test]
        fn any_words_are_a_mention(content in any::<String>(), spoiler in any::<String>(), acct in any::<String>()) {
            let json = serde_json::json!({"id": "1", "content": content, "spoiler_text": spoiler, "account": {"acct": acct, "url": content}});
            prop_assert!(hear(&json.to_string()).is_ok());
        }
    }
}
