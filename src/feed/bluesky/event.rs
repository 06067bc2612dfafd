//! Decodes one frame of Jetstream: reject first, then borrow.
//!
//! Most of what the network does is likes and follows. A frame without the
//! closing quote of `app.bsky.feed.post"` cannot be a post (a like's subject
//! goes on with `/`), and finding that out on the raw bytes costs a sixth of
//! decoding. A post is walked once (`fields.rs`): what matching needs is
//! borrowed, the rest is read for hits only. The wire is Jetstream v1,
//! `/subscribe`, read in the recordings and in the source of
//! bluesky-social/jetstream, November 2026.

use std::sync::LazyLock;

use memchr::memmem::Finder;
use serde::Deserialize;

use super::address::{is_did, is_rkey};
use super::fields::Fields;
use super::record::Record;
use crate::feed::loose::Loose;

static POST: LazyLock<Finder<'static>> = LazyLock::new(|| Finder::new(br#"app.bsky.feed.post""#));
static TIME: LazyLock<Finder<'static>> = LazyLock::new(|| Finder::new(br#""time_us":"#));
static ERROR: LazyLock<Finder<'static>> = LazyLock::new(|| Finder::new(br#""error""#));

/// What one frame says.
#[derive(Debug)]
pub(super) enum Event<'a> {
    /// Somebody wrote or changed a post.
    Post(Box<Post<'a>>),
    /// Somebody deleted a post.
    Deleted(Commit<'a>),
    /// A like, a follow, an account event: of no interest beyond its time.
    Other,
    /// The server says why it is about to close.
    Failed(String),
}

/// Which record was touched, by whom and in which revision.
#[derive(Debug)]
pub(super) struct Commit<'a> {
    /// The account.
    pub did: Loose<'a>,
    /// The revision of the account's repository: with the key, the identity of the event.
    pub rev: Loose<'a>,
    /// The key of the record in its collection.
    pub rkey: Loose<'a>,
}

/// A post that was written or changed.
#[derive(Debug)]
pub(super) struct Post<'a> {
    /// Which one.
    pub commit: Commit<'a>,
    /// What it says now.
    pub(super) record: Record<'a>,
}

/// What a frame says of a commit, whatever the collection.
#[derive(Default)]
struct Wire<'a> {
    rev: Loose<'a>,
    operation: Loose<'a>,
    collection: Loose<'a>,
    rkey: Loose<'a>,
    record: Option<Record<'a>>,
}

impl<'a> Wire<'a> {
    fn walk(fields: &mut Fields<'a>) -> Result<Self, String> {
        let mut wire = Self::default();
        fields.object(|fields, key| {
            match key {
                "rev" => wire.rev = fields.loose()?,
                "operation" => wire.operation = fields.loose()?,
                "collection" => wire.collection = fields.loose()?,
                "rkey" => wire.rkey = fields.loose()?,
                "record" if fields.is_object()? => wire.record = Some(Record::walk(fields)?),
                "record" => {}
                _ => drop(fields.value()?),
            }
            Ok(())
        })?;
        Ok(wire)
    }
}

/// An error frame: `{"error": ..., "message": ...}`, alone or as the payload of a v2 frame.
#[derive(Deserialize)]
struct Failure<'a> {
    #[serde(borrow, default)]
    error: Loose<'a>,
    #[serde(borrow, default)]
    message: Loose<'a>,
    #[serde(borrow, default)]
    payload: Option<Box<Failure<'a>>>,
}

/// Reads one frame: its time in microseconds since 1970 (0 when it has none) and what it says.
///
/// An error names what is wrong; the frame is then passed over and the socket kept, because one
/// account can publish a record that no parser accepts (deep nesting, a number for the text).
pub(super) fn read(frame: &str) -> Result<(i64, Event<'_>), String> {
    if POST.find(frame.as_bytes()).is_none() {
        return reject(frame);
    }
    let mut fields = Fields::new(frame);
    let (mut did, mut time_us, mut commit) = (Loose::default(), 0, None);
    fields.object(|fields, key| {
        match key {
            "did" => did = fields.loose()?,
            "time_us" => time_us = fields.value()?.parse().map_err(|_| "a time that is no number")?,
            "commit" if fields.is_object()? => commit = Some(Wire::walk(fields)?),
            "commit" => {}
            _ => drop(fields.value()?),
        }
        Ok(())
    })?;
    fields.end()?;
    let Some(Wire { rev, operation, collection, rkey, record }) = commit else { return Ok((time_us, Event::Other)) };
    if collection.0 != super::address::POSTS {
        return Ok((time_us, Event::Other));
    }
    if !is_did(&did.0) || !is_rkey(&rkey.0) {
        return Err("a post without a valid account or key".into());
    }
    let commit = Commit { did, rev, rkey };
    match (&*operation.0, record) {
        ("create" | "update", Some(record)) => Ok((time_us, Event::Post(Box::new(Post { commit, record })))),
        ("create" | "update", None) => Err("a post without a record".into()),
        ("delete", _) => Ok((time_us, Event::Deleted(commit))),
        _ => Ok((time_us, Event::Other)),
    }
}

/// Takes the time of a frame that is no post, and tells garbage and errors from the rest.
#[cold]
fn garbage(frame: &str) -> Result<(i64, Event<'_>), String> {
    if ERROR.find(frame.as_bytes()).is_some()
        && let Ok(outer) = serde_json::from_str::<Failure<'_>>(frame)
    {
        let failure = outer.payload.map_or((outer.error, outer.message), |inner| (inner.error, inner.message));
        if let (Some(error), message) = (failure.0.some(), &failure.1.0) {
            let said: String = error.chars().chain(": ".chars()).chain(message.chars()).take(200).collect();
            return Ok((0, Event::Failed(said)));
        }
    }
    let first: String = frame.trim_start().chars().take(40).collect();
    Err(format!("no event but `{}`", first.escape_debug()))
}

fn reject(frame: &str) -> Result<(i64, Event<'_>), String> {
    let bytes = frame.as_bytes();
    let Some(at) = TIME.find(bytes) else { return garbage(frame) };
    let digits = bytes.iter().skip(at + TIME.needle().len()).skip_while(|byte| **byte == b' ').take_while(|byte| byte.is_ascii_digit());
    let time = digits.take(18).fold(0_i64, |time, digit| time * 10 + i64::from(digit - b'0'));
    Ok((time, Event::Other))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const LIKE: &str = r#"{"did":"did:plc:a","time_us":1795300000000001,"kind":"commit","commit":{"rev":"1","operation":"create","collection":"app.bsky.feed.like","rkey":"2","record":{"$type":"app.bsky.feed.like","subject":{"uri":"at://did:plc:b/app.bsky.feed.post/3"}}}}"#;

    fn post(record: &str) -> String {
        format!(
            r#"{{"did":"did:plc:a","time_us":1795300000000002,"kind":"commit","commit":{{"rev":"1","operation":"create","collection":"app.bsky.feed.post","rkey":"2","record":{record},"cid":"c"}}}}"#
        )
    }

    #[test]
    fn a_like_of_a_post_is_no_post_and_still_moves_the_clock() {
        assert!(matches!(read(LIKE), Ok((1_795_300_000_000_001, Event::Other))));
    }

    #[test]
    fn words_without_escapes_are_borrowed() {
        let frame = post(r#"{"text":"bye Dropbox","langs":"en","embed":7,"createdAt":["x"]}"#);
        let Ok((1_795_300_000_000_002, Event::Post(post))) = read(&frame) else { panic!("a post") };
        assert!(matches!(&post.record.text, std::borrow::Cow::Borrowed("bye Dropbox")));
    }

    #[test]
    fn what_no_parser_accepts_is_an_error_of_its_own() {
        assert!(read(&post(r#"{"text":7}"#)).is_err());
        assert!(read(&post("null")).is_err_and(|why| why.contains("without a record")));
        let stranger = post(r#"{"text":"x"}"#).replace("did:plc:a", "did:plc:a/../..");
        assert!(read(&stranger).is_err_and(|why| why.contains("valid account")));
    }

    #[test]
    fn depth_beyond_any_parser_costs_the_part_and_not_the_post() {
        let (open, shut) = ("[".repeat(100_000), "]".repeat(100_000));
        for part in ["createdAt", "embed", "facets", "reply", "langs", "unknown"] {
            let frame = post(&format!(r#"{{"text":"x","{part}":{open}{shut}}}"#));
            let Ok((_, Event::Post(post))) = read(&frame) else { panic!("{part}: a post") };
            assert!(post.record.extras().links.is_empty(), "{part}");
        }
    }

    #[test]
    fn error_frames_of_both_wires_say_their_name() {
        let told = |frame| match read(frame) {
            Ok((_, Event::Failed(why))) => why,
            other => panic!("{other:?}"),
        };
        assert_eq!(told(r#"{"error":"ConsumerTooSlow","message":"catch up"}"#), "ConsumerTooSlow: catch up");
        assert_eq!(told(r#"{"$type":"error","payload":{"error":"CursorTooOld"}}"#), "CursorTooOld: ");
    }

    #[test]
    fn a_page_of_html_is_garbage() {
        let why = read("<!DOCTYPE html><html>").err();
        assert_eq!(why.as_deref(), Some("no event but `<!DOCTYPE html><html>`"));
    }

    proptest! {
        #[test]
        fn any_text_is_an_event_or_an_error(text in any::<String>(), at in 0_usize..300) {
            drop(read(&text));
            let frame = post(r#"{"text":"é 🎉","facets":[{"features":[{"uri":"https://e.org"}]}]}"#);
            let cut = frame.get(..frame.floor_char_boundary(at)).unwrap_or_default();
            drop(read(cut));
            let mixed = format!("{cut}{text}");
            drop(read(&mixed));
        }
    }
}
