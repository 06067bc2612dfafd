//! Finds the parts of a post in somebody's JSON: by pointers, or by a preset.
//!
//! A pointer is RFC 6901 (`/post/body`); several are tried in order. A preset
//! knows where a service keeps its posts, which of its events are posts at all,
//! and which say that one is gone.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde_json::Value;
use sha2::{Digest as _, Sha256};

use crate::domain::{Mention, Network};
use crate::text::html;

/// The parts that a map may name.
pub(super) const PARTS: &[&str] = &[
    "id",
    "text",
    "html",
    "title",
    "url",
    "author",
    "name",
    "author_id",
    "author_url",
    "posted",
    "lang",
    "root",
    "parent",
    "parent_text",
    "network",
];

/// Whose JSON it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Preset {
    /// The map of the configuration, over names that many services use.
    Generic,
    /// A Discourse forum's own webhooks.
    Discourse,
    /// A repository's or organisation's webhooks.
    GitHub,
}

impl Preset {
    /// Reads the word of the configuration.
    pub(super) fn named(word: Option<&str>) -> Self {
        match word {
            Some("discourse") => Self::Discourse,
            Some("github") => Self::GitHub,
            _ => Self::Generic,
        }
    }

    /// Recognises saved JSON by its shape.
    fn guess(value: &Value) -> Self {
        if value.get("repository").is_some() && value.get("sender").is_some() {
            Self::GitHub
        } else if value.pointer("/post/topic_id").is_some() {
            Self::Discourse
        } else {
            Self::Generic
        }
    }

    const fn network(self) -> Network {
        match self {
            Self::Generic => Network::known("webhook"),
            Self::Discourse => Network::known("discourse"),
            Self::GitHub => Network::known("github"),
        }
    }

    /// Where each part stands, below the object that is the post.
    const fn pointers(self) -> &'static [(&'static str, &'static [&'static str])] {
        match self {
            Self::Generic => &[
                ("id", &["/id", "/guid", "/uuid"]),
                ("text", &["/text", "/body", "/content", "/message"]),
                ("html", &["/html", "/content_html"]),
                ("title", &["/title", "/subject"]),
                ("url", &["/url", "/link", "/permalink"]),
                ("author", &["/author/handle", "/author/username", "/author", "/username", "/user"]),
                ("name", &["/author/name", "/name"]),
                ("author_url", &["/author/url", "/author_url"]),
                ("posted", &["/posted", "/created_at", "/published", "/timestamp"]),
                ("lang", &["/lang", "/language"]),
            ],
            Self::Discourse => &[
                ("text", &["/raw"]),
                ("html", &["/cooked"]),
                ("author", &["/username"]),
                ("name", &["/name"]),
                ("author_id", &["/user_id"]),
                ("posted", &["/created_at"]),
            ],
            Self::GitHub => &[
                ("id", &["/node_id", "/html_url"]),
                ("text", &["/body"]),
                ("title", &["/title"]),
                ("url", &["/html_url"]),
                ("author", &["/user/login"]),
                ("author_id", &["/user/id"]),
                ("author_url", &["/user/html_url"]),
                ("posted", &["/submitted_at", "/created_at"]),
            ],
        }
    }

    /// The object that is the post: the most special one first.
    const fn roots(self) -> &'static [&'static str] {
        match self {
            Self::Generic => &[""],
            Self::Discourse => &["/post"],
            Self::GitHub => &["/comment", "/review", "/issue", "/discussion", "/pull_request"],
        }
    }
}

/// What one object says.
#[derive(Debug, PartialEq)]
pub(super) enum Said {
    /// Somebody wrote this.
    Post(Box<Mention>),
    /// The post of this id is gone.
    Deleted(String),
    /// A ping, a label, a closed issue: no words.
    Nothing,
}

/// Where the parts of a post stand.
#[derive(Debug, Clone)]
pub(super) struct Shape {
    preset: Preset,
    network: Network,
    /// Pointers of the configuration; they count from the top and win over the preset's.
    own: BTreeMap<String, Vec<String>>,
    /// `text` holds HTML.
    html: bool,
    /// The name of the feed: a forum's posts are known by it and their number.
    feed: String,
}

impl Shape {
    /// Joins a preset, the map of the configuration and the name of the network.
    pub(super) fn new(preset: Preset, map: Option<&BTreeMap<String, String>>, network: Option<&str>, html: bool) -> Self {
        let split = |pointers: &String| pointers.split_whitespace().map(str::to_owned).collect();
        let own = map.into_iter().flatten().map(|(part, pointers)| (part.clone(), split(pointers))).collect();
        Self { preset, network: network.map_or(preset.network(), Network::named), own, html, feed: String::new() }
    }

    /// Names the feed.
    pub(super) fn of_feed(mut self, name: &str) -> Self {
        name.clone_into(&mut self.feed);
        self
    }

    /// The network of posts that name none.
    pub(super) fn network(&self) -> Network {
        self.network.clone()
    }

    /// The shape of saved JSON.
    pub(super) fn guess(value: &Value) -> Self {
        Self::new(Preset::guess(value), None, None, false)
    }

    /// Reads one object; an error says which part is missing.
    pub(super) fn read(&self, value: &Value, headers: &[(String, String)], seen: Timestamp) -> Result<Said, String> {
        let Some(root) = self.preset.roots().iter().find_map(|root| value.pointer(root).filter(|found| found.is_object())) else {
            // GitHub's ping and Discourse's user events carry no post.
            return if self.preset == Preset::Generic { Err("no JSON object".into()) } else { Ok(Said::Nothing) };
        };
        let part = |name: &str| self.part(name, value, root);
        let id = self.id(value, root);
        match self.event(value, headers) {
            Event::Posted => {}
            Event::Deleted => return id.map(Said::Deleted).ok_or_else(|| "a deletion without an id".into()),
            Event::Other => return Ok(Said::Nothing),
        }
        let plain = part("text").map(|text| if self.html { html::to_text(&text) } else { html::HtmlText { text, links: Vec::new() } });
        let body = plain.or_else(|| part("html").map(|text| html::to_text(&text)));
        let text = match (part("title"), &body) {
            (Some(title), Some(body)) => format!("{title}\n\n{}", body.text),
            (Some(title), None) => title,
            (None, Some(body)) => body.text.clone(),
            (None, None) => return Err("no text: name its place in `map`".into()),
        };
        let network = part("network").and_then(|name| network(&name)).unwrap_or_else(|| self.network.clone());
        let id = id.or_else(|| part("url")).unwrap_or_else(|| digest(root));
        let mut mention = Mention::new(network, id, text.trim(), seen);
        mention.links = body.map(|body| body.links).unwrap_or_default();
        mention.url =
            part("url").or_else(|| self.address(root, headers)).filter(|url| url.starts_with("https://") || url.starts_with("http://"));
        part("author").unwrap_or_default().trim_start_matches('@').clone_into(&mut mention.author.handle);
        mention.author.name = part("name");
        mention.author.native_id = part("author_id");
        mention.author.url = part("author_url");
        mention.lang = part("lang");
        mention.posted_at(part("posted").and_then(|text| moment(&text)));
        mention.thread.root = part("root");
        mention.thread.parent = part("parent");
        mention.thread.parent_text = part("parent_text");
        if self.preset == Preset::GitHub
            && let Some(issue) = value.get("issue").or(value.get("discussion")).filter(|issue| !std::ptr::eq(*issue, root))
        {
            mention.thread.root = text_of(issue.get("node_id"));
            mention.thread.parent.clone_from(&mention.thread.root);
            mention.thread.parent_text = text_of(issue.get("title"));
        }
        Ok(Said::Post(Box::new(mention)))
    }

    /// Finds a part: by the configuration's pointers from the top, else by the preset's below the post.
    fn part(&self, name: &str, value: &Value, root: &Value) -> Option<String> {
        if let Some(own) = self.own.get(name) {
            return own.iter().find_map(|pointer| text_of(value.pointer(pointer)));
        }
        let (_, pointers) = self.preset.pointers().iter().find(|(known, _)| *known == name)?;
        pointers.iter().find_map(|pointer| text_of(root.pointer(pointer)))
    }

    fn id(&self, value: &Value, root: &Value) -> Option<String> {
        if self.preset == Preset::Discourse && !self.own.contains_key("id") {
            // Not the forum's address: that is a header, which no signature covers, and a request that is replayed
            // under another one would be another post.
            return Some(format!("{}/p/{}", self.feed, text_of(root.get("id"))?));
        }
        self.part("id", value, root)
    }

    /// The page of a Discourse post, which its webhooks leave to the reader to put together.
    fn address(&self, root: &Value, headers: &[(String, String)]) -> Option<String> {
        if self.preset != Preset::Discourse {
            return None;
        }
        let forum = header(headers, "x-discourse-instance")?.trim_end_matches('/');
        let part = |name| text_of(root.get(name));
        Some(format!("{forum}/t/{}/{}/{}", part("topic_slug")?, part("topic_id")?, part("post_number")?))
    }

    /// Sorts the event of a preset.
    fn event(&self, value: &Value, headers: &[(String, String)]) -> Event {
        let word = match self.preset {
            Preset::Generic => return Event::Posted,
            Preset::Discourse => header(headers, "x-discourse-event").unwrap_or("post_created"),
            Preset::GitHub => value.get("action").and_then(Value::as_str).unwrap_or_default(),
        };
        match word {
            "post_created" | "post_edited" | "post_recovered" | "created" | "opened" | "submitted" | "edited" => Event::Posted,
            "post_destroyed" | "deleted" => Event::Deleted,
            _ => Event::Other,
        }
    }
}

enum Event {
    Posted,
    Deleted,
    Other,
}

fn header<'h>(headers: &'h [(String, String)], name: &str) -> Option<&'h str> {
    headers.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
}

/// Gives a text or a number as text; nothing for everything else.
fn text_of(value: Option<&Value>) -> Option<String> {
    match value? {
        Value::String(text) if !text.trim().is_empty() => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    }
}

/// Reads a date in any common form: ISO, or seconds or milliseconds since 1970.
fn moment(text: &str) -> Option<Timestamp> {
    match text.parse::<i64>() {
        Ok(number) if number > 100_000_000_000 => Timestamp::from_millisecond(number).ok(),
        Ok(number) => Timestamp::from_second(number).ok(),
        Err(_) => text.parse().ok(),
    }
}

/// Takes a network's name from the outside: a word that can stand in metrics and configuration.
fn network(name: &str) -> Option<Network> {
    let word: String = name.trim().to_lowercase().chars().map(|c| if c == ' ' { '-' } else { c }).collect();
    let fits = (1..=32).contains(&word.len()) && word.chars().all(|c| c.is_ascii_alphanumeric() || c == '-' || c == '_');
    fits.then(|| Network::named(word))
}

/// Names a post that has no id by its content: the same bytes are the same post.
fn digest(root: &Value) -> String {
    let sum = Sha256::digest(root.to_string());
    sum.iter().take(16).fold(String::from("sha256:"), |text, byte| format!("{text}{byte:02x}"))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    fn seen() -> Timestamp {
        Timestamp::from_second(1_795_300_000).expect("in range")
    }

    fn hear(shape: &Shape, value: &Value, headers: &[(&str, &str)]) -> Mention {
        let headers: Vec<_> = headers.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        match shape.read(value, &headers, seen()) {
            Ok(Said::Post(mention)) => *mention,
            other => panic!("a post, not {other:?}"),
        }
    }

    #[test]
    fn a_map_names_places_and_the_first_that_is_there_counts() {
        let map = BTreeMap::from([
            ("text".to_owned(), "/data/comment /data/body".to_owned()),
            ("id".to_owned(), "/data/nr".to_owned()),
            ("network".to_owned(), "/data/source".to_owned()),
        ]);
        let shape = Shape::new(Preset::Generic, Some(&map), None, true);
        let heard = hear(&shape, &json!({"data": {"nr": 7, "body": "<p>bye <b>Dropbox</b></p>", "source": "Hacker News"}}), &[]);
        assert_eq!((heard.native_id.as_str(), heard.text.as_str(), heard.network.as_str()), ("7", "bye Dropbox", "hacker-news"));
        assert!(shape.read(&json!({"text": "not there"}), &[], seen()).is_err_and(|why| why.contains("no text")));
    }

    #[test]
    fn a_post_without_an_id_is_known_by_its_content() {
        let shape = Shape::new(Preset::Generic, None, Some("forum"), false);
        let id = |text: &str| hear(&shape, &json!({"text": text}), &[]).native_id;
        assert_eq!(id("a"), id("a"));
        assert_ne!(id("a"), id("b"));
    }

    #[test]
    fn a_forum_post_finds_its_page() {
        let shape = Shape::new(Preset::Discourse, None, None, false).of_feed("forum");
        let post = json!({"post": {"id": 12, "username": "kim", "raw": "Sync is broken", "cooked": "<p>x</p>", "topic_id": 3, "topic_slug": "sync", "post_number": 2}});
        let headers = [("x-discourse-instance", "https://forum.example"), ("x-discourse-event", "post_created")];
        let heard = hear(&shape, &post, &headers);
        assert_eq!(heard.url.as_deref(), Some("https://forum.example/t/sync/3/2"));
        assert_eq!((heard.native_id.as_str(), heard.author.handle.as_str()), ("forum/p/12", "kim"));
        let gone = [
            ("x-discourse-instance".to_owned(), "https://forum.example".to_owned()),
            ("x-discourse-event".to_owned(), "post_destroyed".to_owned()),
        ];
        assert_eq!(shape.read(&post, &gone, seen()), Ok(Said::Deleted("forum/p/12".into())));
        // The signature covers the body alone: under another header it is the same post still.
        let elsewhere = [("x-discourse-instance", "https://elsewhere.example"), ("x-discourse-event", "post_created")];
        assert_eq!(hear(&shape, &post, &elsewhere).native_id, "forum/p/12");
    }

    #[test]
    fn a_comment_is_its_own_author_s_even_when_he_is_gone() {
        let shape = Shape::new(Preset::GitHub, None, None, false);
        let event = json!({"action": "created", "repository": {}, "sender": {},
            "issue": {"node_id": "I_1", "title": "Crash", "body": "b", "user": {"login": "ann"}, "html_url": "https://github.example/i/1"},
            "comment": {"node_id": "C_1", "body": "same here", "user": null, "html_url": "https://github.example/i/1#c"}});
        let heard = hear(&shape, &event, &[]);
        assert_eq!((heard.text.as_str(), heard.author.handle.as_str()), ("same here", ""));
        assert_eq!((heard.thread.root.as_deref(), heard.thread.parent_text.as_deref()), (Some("I_1"), Some("Crash")));
        assert_eq!(shape.read(&json!({"zen": "Keep it logically awesome."}), &[], seen()), Ok(Said::Nothing));
        assert_eq!(shape.read(&json!({"action": "labeled", "issue": {"node_id": "I_1", "title": "x"}}), &[], seen()), Ok(Said::Nothing));
    }

    proptest! {
        #[test]
        fn any_strings_in_any_place_are_read(text in any::<String>(), url in any::<String>(), date in any::<String>(), number in any::<f64>()) {
            let value = json!({"text": text, "raw": text, "body": text, "url": url, "posted": date, "id": number, "author": {"handle": text}, "network": url});
            for preset in [Preset::Generic, Preset::Discourse, Preset::GitHub] {
                let shape = Shape::new(preset, None, None, true);
                let wrapped = json!({"post": value, "issue": value, "action": "opened", "text": text, "posted": date});
                prop_assert!(shape.read(&wrapped, &[], seen()).is_ok() || text.trim().is_empty());
            }
        }
    }
}
