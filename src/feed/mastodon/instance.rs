//! Asks a server what it lets us read, before we wait for answers in vain.
//!
//! Since Mastodon 4.5 a server can close its timelines one by one: a closed one
//! answers 200 with an empty list, which looks like a quiet day. Others want an
//! account. The answer about the instance says which is which
//! (docs.joinmastodon.org, entities/Instance, July 2026).

use std::time::Duration;

use jiff::Timestamp;
use serde::Deserialize;

use super::status::Home;
use super::timeline::Timeline;
use crate::feed::FeedError;
use crate::feed::answer::{good, json_bytes};
use crate::feed::loose::Loose;
use crate::net::{Client, Request, host_of};

/// Who may read a timeline.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) enum Access {
    /// Everybody, or nothing is said.
    #[default]
    Open,
    /// People with an account.
    Account,
    /// Nobody: it answers with an empty list.
    Closed,
}

/// What one server said about itself.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Instance {
    /// The server as its statuses need it.
    pub home: Home,
    /// Name and version of the software, as it says.
    pub version: String,
    /// Where the streaming API is, when it says so.
    pub streaming: Option<String>,
    live: Places,
    tags: Places,
}

/// Access to what the server's own people write and to what reaches it from others.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
struct Places {
    local: Access,
    remote: Access,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Answer<'a> {
    /// Version 2 of the API.
    #[serde(borrow)]
    domain: Loose<'a>,
    /// Version 1 of the API.
    #[serde(borrow)]
    uri: Loose<'a>,
    #[serde(borrow)]
    version: Loose<'a>,
    #[serde(borrow)]
    configuration: Configuration<'a>,
    #[serde(borrow)]
    urls: Urls<'a>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Configuration<'a> {
    #[serde(borrow)]
    urls: Urls<'a>,
    #[serde(borrow)]
    timelines_access: Timelines<'a>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Urls<'a> {
    #[serde(borrow)]
    streaming: Loose<'a>,
    #[serde(borrow)]
    streaming_api: Loose<'a>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Timelines<'a> {
    #[serde(borrow)]
    live_feeds: Feeds<'a>,
    #[serde(borrow)]
    hashtag_feeds: Feeds<'a>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Feeds<'a> {
    #[serde(borrow)]
    local: Loose<'a>,
    #[serde(borrow)]
    remote: Loose<'a>,
}

impl From<Feeds<'_>> for Places {
    fn from(feeds: Feeds<'_>) -> Self {
        let access = |word: &str| match word {
            "authenticated" => Access::Account,
            "disabled" => Access::Closed,
            _ => Access::Open,
        };
        Self { local: access(&feeds.local.0), remote: access(&feeds.remote.0) }
    }
}

impl Instance {
    /// Asks the server, in the newer form of the API first.
    pub(super) async fn ask(client: &Client, base: &str, now: Timestamp) -> Result<Self, FeedError> {
        let mut refused = None;
        for path in ["/api/v2/instance", "/api/v1/instance"] {
            let mut request = Request::get(format!("{base}{path}"));
            request.timeout = Duration::from_secs(10);
            let read = good(client.call(request).await?, now).and_then(|response| Self::read(&response.body, base));
            match read {
                Ok(instance) => return Ok(instance),
                // A server that only lets its people in refuses this as well: nothing is known then.
                Err(FeedError::Denied { why }) => refused = Some(FeedError::Denied { why }),
                Err(FeedError::Unreadable { why }) => refused = Some(FeedError::Unreadable { why }),
                Err(error) => return Err(error),
            }
        }
        match refused {
            Some(FeedError::Unreadable { why }) => {
                Err(FeedError::Unreadable { why: format!("no Mastodon API at {}: {why}", host_of(base)) })
            }
            _ => Ok(Self { home: Home { base: base.to_owned(), domain: host_of(base) }, ..Self::default() }),
        }
    }

    /// Reads the answer of either form.
    fn read(body: &[u8], base: &str) -> Result<Self, FeedError> {
        let answer: Answer<'_> = json_bytes(body)?;
        let domain = answer.domain.some().or(answer.uri.some()).unwrap_or_default();
        // Version 1 servers write the domain as a URL now and then.
        let domain = domain.split_once("://").map_or(domain, |(_, rest)| rest).trim_end_matches('/');
        if domain.is_empty() && answer.version.some().is_none() {
            return Err(FeedError::Unreadable { why: "an answer that describes no instance".into() });
        }
        let streaming = answer.configuration.urls.streaming.some().or(answer.urls.streaming_api.some());
        let access = answer.configuration.timelines_access;
        Ok(Self {
            home: Home { base: base.to_owned(), domain: domain.to_owned() },
            version: answer.version.0.chars().take(60).collect(),
            streaming: streaming.filter(|url| url.starts_with("wss://") || url.starts_with("ws://")).map(str::to_owned),
            live: access.live_feeds.into(),
            tags: access.hashtag_feeds.into(),
        })
    }

    /// Says why a timeline gives nothing, or not everything; `None` when it can be read.
    pub(super) fn obstacle(&self, timeline: &Timeline, account: bool) -> Option<String> {
        let readable = |access: Access| access == Access::Open || (access == Access::Account && account);
        let (local, remote) = match timeline {
            Timeline::Tag(_) => (Some(self.tags.local), Some(self.tags.remote)),
            Timeline::Public => (Some(self.live.local), Some(self.live.remote)),
            Timeline::Local => (Some(self.live.local), None),
            Timeline::Remote => (None, Some(self.live.remote)),
            Timeline::Mentions => return None,
        };
        let why = |access: Access| if access == Access::Closed { "closed" } else { "for people with an account" };
        let shut = |place: Option<Access>| place.filter(|access| !readable(*access)).map(why);
        match (shut(local), shut(remote)) {
            (None, None) => None,
            (Some(why), Some(_)) => Some(format!("{timeline} is {why} on {}", self.home.domain)),
            (Some(why), None) => Some(format!("{timeline} is {why} on {} for its own people's posts", self.home.domain)),
            (None, Some(why)) => Some(format!("{timeline} is {why} on {} for posts from elsewhere", self.home.domain)),
        }
    }

    /// Whether a timeline gives nothing at all.
    pub(super) fn is_shut(&self, timeline: &Timeline, account: bool) -> bool {
        let readable = |access: Access| access == Access::Open || (access == Access::Account && account);
        match timeline {
            Timeline::Tag(_) => !readable(self.tags.local) && !readable(self.tags.remote),
            Timeline::Public => !readable(self.live.local) && !readable(self.live.remote),
            Timeline::Local => !readable(self.live.local),
            Timeline::Remote => !readable(self.live.remote),
            Timeline::Mentions => !account,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(json: &str) -> Instance {
        Instance::read(json.as_bytes(), "https://social.example").expect("an instance")
    }

    #[test]
    fn closed_timelines_are_named_and_open_ones_are_not() {
        let instance = read(
            r#"{"domain":"social.example","version":"4.5.1","configuration":{"urls":{"streaming":"wss://stream.social.example"},
            "timelines_access":{"live_feeds":{"local":"disabled","remote":"authenticated"},"hashtag_feeds":{"local":"public","remote":"authenticated"}}}}"#,
        );
        let tag = Timeline::Tag("x".into());
        assert_eq!(instance.streaming.as_deref(), Some("wss://stream.social.example"));
        assert!(instance.is_shut(&Timeline::Public, false) && !instance.is_shut(&Timeline::Public, true));
        assert!(instance.is_shut(&Timeline::Local, true), "closed for everybody");
        assert_eq!(
            instance.obstacle(&tag, false).as_deref(),
            Some("the timeline of #x is for people with an account on social.example for posts from elsewhere")
        );
        assert_eq!(instance.obstacle(&tag, true), None);
        assert!(!instance.is_shut(&tag, false));
    }

    #[test]
    fn the_old_form_says_nothing_about_access() {
        let instance = read(r#"{"uri":"https://old.example/","version":"2.9.0","urls":{"streaming_api":"wss://old.example"}}"#);
        assert_eq!((instance.home.domain.as_str(), instance.streaming.as_deref()), ("old.example", Some("wss://old.example")));
        assert_eq!(instance.obstacle(&Timeline::Public, false), None);
        assert!(Instance::read(b"{}", "https://x.example").is_err());
        assert!(Instance::read(b"<html>", "https://x.example").is_err());
    }
}
