//! One line of NDJSON as a mention: our documented input form.
//!
//! The least is `{"text": "..."}`. What `courtier feeds read` prints is read as
//! well, so that the one feeds the other.

use jiff::Timestamp;
use serde::Deserialize;
use serde_json::Value;
use sha2::{Digest as _, Sha256};

use crate::domain::{Author, Kind, Mention, Network, Thread};

/// A line; everything but the text may be missing, unknown keys are passed over.
#[derive(Debug, Deserialize)]
struct Line {
    text: String,
    #[serde(default)]
    title: Option<String>,
    #[serde(default, alias = "native_id")]
    id: Value,
    #[serde(default)]
    url: Option<String>,
    #[serde(default)]
    author: Option<Writer>,
    #[serde(default)]
    name: Option<String>,
    #[serde(default)]
    network: Option<String>,
    #[serde(default)]
    posted: Value,
    #[serde(default)]
    lang: Option<String>,
    #[serde(default)]
    kind: Option<Kind>,
    #[serde(default)]
    parent: Option<String>,
    #[serde(default)]
    parent_text: Option<String>,
    #[serde(default)]
    thread: Option<Thread>,
    #[serde(default)]
    links: Vec<String>,
    #[serde(default)]
    addressed: Vec<String>,
}

/// A handle, or everything about the author.
#[derive(Debug, Deserialize)]
#[serde(untagged)]
enum Writer {
    Handle(String),
    Whole(Author),
}

/// Reads a line; `network` counts where the line names none. The error says what is wrong with it.
pub(super) fn read(line: &[u8], network: &Network, seen: Timestamp) -> Result<Mention, String> {
    let found: Line = serde_json::from_slice(line).map_err(|error| wrong(&error))?;
    let network = found.network.filter(|name| !name.is_empty()).map_or_else(|| network.clone(), Network::named);
    let id = match found.id {
        Value::String(id) if !id.is_empty() => id,
        Value::Number(id) => id.to_string(),
        // The same line again is the same post, also when the file is read anew.
        _ => Sha256::digest(line.trim_ascii()).iter().take(8).map(|byte| format!("{byte:02x}")).collect(),
    };
    let text = match found.title.filter(|title| !title.trim().is_empty()) {
        Some(title) => format!("{}\n\n{}", title.trim(), found.text),
        None => found.text,
    };
    let mut mention = Mention::new(network, id, text.trim_end(), seen);
    mention.url = found.url;
    mention.author = match found.author {
        Some(Writer::Whole(author)) => author,
        Some(Writer::Handle(handle)) => Author { handle: handle.trim_start_matches('@').to_owned(), ..Author::default() },
        None => Author::default(),
    };
    mention.author.name = found.name.or(mention.author.name.take());
    mention.lang = found.lang;
    mention.kind = found.kind.unwrap_or_default();
    mention.thread = found.thread.unwrap_or_default();
    mention.thread.parent = found.parent.or(mention.thread.parent.take());
    mention.thread.parent_text = found.parent_text.or(mention.thread.parent_text.take());
    mention.links = found.links;
    mention.addressed = found.addressed.into_iter().map(|handle| handle.trim_start_matches('@').to_owned()).collect();
    mention.posted_at(posted(&found.posted));
    Ok(mention)
}

/// RFC 3339, or seconds since 1970.
fn posted(value: &Value) -> Option<Timestamp> {
    match value {
        Value::String(text) => text.parse().ok(),
        Value::Number(seconds) => seconds.as_i64().and_then(|seconds| Timestamp::from_second(seconds).ok()),
        _ => None,
    }
}

/// The message without the place: each line is a document of its own, and its number is said elsewhere.
fn wrong(error: &serde_json::Error) -> String {
    let text = error.to_string();
    text.split_once(" at line 1 column").map_or(text.clone(), |(what, column)| format!("{what}, column{column}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    const FILE: Network = Network::known("file");

    fn now() -> Timestamp {
        Timestamp::from_second(1_795_300_000).expect("in range")
    }

    #[test]
    fn the_least_is_a_text_and_the_same_line_is_the_same_post() {
        let one = read(br#"{"text":"bye Dropbox"}"#, &FILE, now()).expect("a post");
        assert_eq!((one.network.as_str(), one.text.as_str(), one.native_id.len()), ("file", "bye Dropbox", 16));
        assert_eq!(read(b"{\"text\":\"bye Dropbox\"}\r\n", &FILE, now()).expect("a post").native_id, one.native_id);
    }

    #[test]
    fn everything_has_its_place() {
        let line = br#"{"id":7,"network":"forum","title":"Hm","text":"bye","author":"@kim","name":"Kim","posted":1795290000,"lang":"en","parent_text":"Why?","kind":"review","extra":1}"#;
        let one = read(line, &FILE, now()).expect("a post");
        assert_eq!((one.native_id.as_str(), one.network.as_str(), one.text.as_str()), ("7", "forum", "Hm\n\nbye"));
        assert_eq!((one.author.handle.as_str(), one.author.name.as_deref()), ("kim", Some("Kim")));
        assert_eq!((one.posted.map(Timestamp::as_second), one.kind), (Some(1_795_290_000), Kind::Review));
        assert_eq!(one.thread.parent_text.as_deref(), Some("Why?"));
    }

    #[test]
    fn what_feeds_read_prints_is_read_back() {
        let line = br#"{"id":"x","text":"bye","author":{"handle":"kim","native_id":"did:plc:1"},"posted":"2026-11-21T22:31:05Z"}"#;
        let one = read(line, &FILE, now()).expect("a post");
        let again = read(serde_json::to_string(&one).expect("JSON").as_bytes(), &FILE, now()).expect("a post");
        assert_eq!(again, one);
    }

    #[test]
    fn a_bad_line_is_named() {
        for (line, word) in [
            ("{", "EOF"),
            ("[]", "invalid"),
            ("{\"id\":1}", "missing field `text`"),
            ("nope", "expected"),
            ("{\"text\":\"\u{0}\"}", "control character"),
        ] {
            let why = read(line.as_bytes(), &FILE, now()).expect_err(line);
            assert!(why.contains(word), "{line}: {why}");
        }
        assert!(read(b"{\"text\":\"\xff\"}", &FILE, now()).is_err());
    }
}
