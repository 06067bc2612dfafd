//! One item as Algolia and Firebase write it, and the mention it becomes.

use jiff::Timestamp;
use serde::Deserialize;
use serde_json::Value;

use crate::domain::{Author, Mention, Network};
use crate::feed::FeedError;
use crate::feed::answer::{json_bytes, start_of};
use crate::text::html;

/// The network.
pub(super) const HACKERNEWS: Network = Network::known("hackernews");

/// Where people read it.
const SITE: &str = "https://news.ycombinator.com";

/// An answer of Algolia's search. Everything but the hits may be missing.
#[derive(Debug, Deserialize)]
pub(super) struct Found {
    /// Newest first.
    pub(super) hits: Vec<Value>,
}

/// An item; the names of both services. Titles are null or `""` on comments.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Item {
    #[serde(rename = "objectID", alias = "id")]
    id: Value,
    #[serde(alias = "by")]
    author: Option<String>,
    title: Option<String>,
    url: Option<String>,
    story_text: Option<String>,
    comment_text: Option<String>,
    text: Option<String>,
    created_at_i: Option<i64>,
    time: Option<i64>,
    created_at: Option<String>,
    parent_id: Value,
    parent: Value,
    story_id: Value,
    story_title: Option<String>,
    deleted: bool,
    dead: bool,
}

/// A hit: its number, its second, and what was said.
#[derive(Debug)]
pub(super) struct Hit {
    /// The number of the item; they are dense and grow.
    pub(super) id: u64,
    /// Seconds since 1970 at which it was written, by the server's clock.
    pub(super) created: i64,
    pub(super) mention: Mention,
}

/// Reads hits; the ones that cannot be read are counted, with the first reason.
pub(super) fn hits(values: Vec<Value>, seen: Timestamp) -> (Vec<Hit>, Option<(u64, String)>) {
    let mut unreadable = None;
    let mut found = Vec::with_capacity(values.len());
    for value in values {
        match hit(value, seen) {
            Ok(hit) => found.extend(hit),
            Err(why) => unreadable = Some(unreadable.map_or((1, why), |(count, first)| (count + 1, first))),
        }
    }
    (found, unreadable)
}

/// Reads one item; `None` for one that is deleted or dead.
fn hit(value: Value, seen: Timestamp) -> Result<Option<Hit>, String> {
    let item: Item = serde_json::from_value(value).map_err(|error| format!("an item of an unknown form ({error})"))?;
    if item.deleted || item.dead {
        return Ok(None);
    }
    let number = |value: &Value| value.as_u64().or_else(|| value.as_str()?.parse().ok());
    let id = number(&item.id).ok_or("an item without a number")?;
    let written = item.created_at.as_deref().and_then(|text| text.parse::<Timestamp>().ok()).map(Timestamp::as_second);
    let created = item.created_at_i.or(item.time).or(written).ok_or_else(|| format!("item {id} without a date"))?;
    let words = [&item.story_text, &item.comment_text, &item.text].into_iter().flatten().find(|text| !text.trim().is_empty());
    let read = words.map(|text| html::to_text(text)).unwrap_or_default();
    let title = item.title.as_deref().map(html::unescape).unwrap_or_default();
    let title = title.trim();
    let text = match (title.is_empty(), read.text.is_empty()) {
        (false, false) => format!("{title}\n\n{}", read.text),
        (false, true) => title.to_owned(),
        (true, _) => read.text,
    };
    let mut mention = Mention::new(HACKERNEWS, id.to_string(), &text, seen);
    mention.url = Some(format!("{SITE}/item?id={id}"));
    let handle = item.author.unwrap_or_default();
    let url = (!handle.is_empty()).then(|| format!("{SITE}/user?id={handle}"));
    mention.author = Author { handle, name: None, native_id: None, url };
    mention.links = item.url.into_iter().filter(|url| !url.is_empty()).chain(read.links).collect();
    let parent = number(&item.parent_id).or(number(&item.parent));
    let story = number(&item.story_id).filter(|&story| story != id);
    // The story's title is what an answer to it is about: context for names that need one.
    mention.thread.parent_text = item.story_title.filter(|title| parent == story && !title.is_empty());
    mention.thread.root = story.map(|id| id.to_string());
    mention.thread.parent = parent.map(|id| id.to_string());
    mention.posted_at(Timestamp::from_second(created).ok());
    Ok(Some(Hit { id, created, mention }))
}

/// Reads a saved answer: a search, an item with or without its tree, or a list of items.
pub(super) fn read(bytes: &[u8], now: Timestamp) -> Result<Vec<Mention>, FeedError> {
    let value: Value = json_bytes(bytes)?;
    let is_item = |value: &Value| (value.get("objectID").is_some() || value.get("id").is_some_and(Value::is_number)) && value.is_object();
    let values = match value {
        Value::Object(mut object) if object.get("hits").is_some_and(Value::is_array) => match object.remove("hits") {
            Some(Value::Array(hits)) => hits,
            _ => Vec::new(),
        },
        Value::Array(items) if items.iter().all(is_item) => items,
        value if is_item(&value) => tree(value),
        _ => return Err(FeedError::Unreadable { why: format!("no search and no item of Hacker News: {}", start_of(bytes)) }),
    };
    let count = values.len();
    match hits(values, now) {
        (found, Some((wrong, why))) if found.is_empty() && wrong == count as u64 => Err(FeedError::Unreadable { why }),
        (found, _) => Ok(found.into_iter().map(|hit| hit.mention).collect()),
    }
}

/// Flattens `/items/ID` with its children, parents first.
fn tree(item: Value) -> Vec<Value> {
    let mut flat = Vec::new();
    let mut waiting = vec![item];
    while let Some(mut item) = waiting.pop() {
        if let Some(Value::Array(children)) = item.get_mut("children").map(Value::take) {
            waiting.extend(children.into_iter().rev());
        }
        flat.push(item);
    }
    flat
}

#[cfg(test)]
mod tests {
    use super::*;

    fn one(text: &str) -> Mention {
        let now = Timestamp::from_second(1_795_300_000).expect("in range");
        read(text.as_bytes(), now).expect("an item").remove(0)
    }

    #[test]
    fn a_comment_keeps_its_place_and_loses_its_markup() {
        let mention = one(r#"{"hits":[{"objectID":"42","author":"kim","created_at_i":1795299000,"title":null,"story_id":7,"parent_id":7,
            "story_title":"Ask HN: Where do you keep files?","comment_text":"I&#x27;m leaving Dropbox.<p>See <a href=\"https:&#x2F;&#x2F;nomadesk.com\">this</a>"}]}"#);
        assert_eq!(mention.text, "I'm leaving Dropbox.\n\nSee this");
        assert_eq!((mention.native_id.as_str(), mention.url.as_deref()), ("42", Some("https://news.ycombinator.com/item?id=42")));
        assert_eq!((mention.thread.root.as_deref(), mention.thread.parent.as_deref()), (Some("7"), Some("7")));
        assert_eq!(mention.thread.parent_text.as_deref(), Some("Ask HN: Where do you keep files?"));
        assert_eq!(mention.links, ["https://nomadesk.com"]);
    }

    #[test]
    fn a_story_has_title_text_and_link() {
        let story = one(
            r#"{"id":8863,"by":"dhouston","time":1175714200,"type":"story","title":"My YC app: Dropbox &amp; you","url":"http://www.getdropbox.com/"}"#,
        );
        assert_eq!((story.text.as_str(), story.author.handle.as_str()), ("My YC app: Dropbox & you", "dhouston"));
        assert_eq!(story.links, ["http://www.getdropbox.com/"]);
        assert_eq!(story.posted.map(Timestamp::as_second), Some(1_175_714_200));
    }

    #[test]
    fn a_tree_is_flattened_and_the_dead_are_left_out() {
        let now = Timestamp::from_second(1_795_300_000).expect("in range");
        let text = r#"{"id":1,"created_at_i":5,"author":"a","title":"T","children":[{"id":2,"created_at_i":6,"author":"b","text":"x","parent_id":1,"story_id":1,"children":[]},
            {"id":3,"created_at_i":7,"deleted":true}]}"#;
        let ids: Vec<_> = read(text.as_bytes(), now).expect("a tree").into_iter().map(|mention| mention.native_id).collect();
        assert_eq!(ids, ["1", "2"]);
    }

    #[test]
    fn what_is_no_item_is_named() {
        let now = Timestamp::from_second(1_795_300_000).expect("in range");
        for text in [
            "9130260",
            "null",
            r#"{"id":"jl","about":"x"}"#,
            r#"{"message":"hitsPerPage is too large"}"#,
            r#"[{"a":1}]"#,
            r#"{"hits":[{"objectID":"x"}]}"#,
        ] {
            assert!(matches!(read(text.as_bytes(), now), Err(FeedError::Unreadable { .. })), "{text}");
        }
        assert_eq!(read(br#"{"hits":[]}"#, now), Ok(Vec::new()));
    }
}
