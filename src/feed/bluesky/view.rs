//! Reads the AppView's answers: searches, author feeds, threads, notifications.
//!
//! All of them hold the same view of a post in different wrappings. Entries are
//! read one by one, so that a strange one costs itself and not the answer.

use jiff::Timestamp;
use serde::Deserialize;
use serde_json::value::RawValue;

use super::address::{POSTS, profile_url, split};
use super::record::{BLUESKY, Record, time};
use crate::domain::{Author, Kind, Mention};
use crate::feed::FeedError;
use crate::feed::answer::json_bytes;
use crate::feed::loose::Loose;

/// Levels of a thread that are read; each one is scanned again on the way in.
const LEVELS: usize = 64;

/// The outermost object of any answer with posts in it.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Answer<'a> {
    /// Where the next page begins; opaque.
    #[serde(borrow)]
    pub cursor: Loose<'a>,
    #[serde(borrow)]
    posts: Option<Vec<&'a RawValue>>,
    #[serde(borrow)]
    feed: Option<Vec<&'a RawValue>>,
    #[serde(borrow)]
    notifications: Option<Vec<&'a RawValue>>,
    #[serde(borrow)]
    records: Option<Vec<&'a RawValue>>,
    #[serde(borrow)]
    thread: Option<&'a RawValue>,
    #[serde(borrow)]
    uri: Loose<'a>,
}

/// What an answer gave.
#[derive(Debug, Default)]
pub(super) struct Viewed {
    /// The posts in the order of the answer.
    pub items: Vec<Item>,
    /// Entries that could not be read, with the first reason.
    pub unreadable: Option<(u64, String)>,
}

/// A post and where the answer's order puts it.
#[derive(Debug)]
pub(super) struct Item {
    /// The post.
    pub mention: Mention,
    /// When the AppView saw it (or the repost): what answers are sorted by.
    pub indexed: Option<Timestamp>,
    /// Whether the author pinned it: it then stands first, out of order.
    pub pinned: bool,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct View<'a> {
    #[serde(borrow)]
    uri: Loose<'a>,
    #[serde(borrow)]
    author: Profile<'a>,
    #[serde(borrow)]
    record: Option<&'a RawValue>,
    /// `getRecord` and `listRecords` call the record so, and name no author.
    #[serde(borrow)]
    value: Option<&'a RawValue>,
    #[serde(borrow)]
    indexed_at: Loose<'a>,
}

/// An account, as much of it as counts here: no followers, no badges.
#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(super) struct Profile<'a> {
    /// The account's id.
    #[serde(borrow)]
    pub did: Loose<'a>,
    /// Its present handle.
    #[serde(borrow)]
    pub handle: Loose<'a>,
    /// The name shown beside it.
    #[serde(borrow)]
    pub display_name: Loose<'a>,
}

impl Profile<'_> {
    /// Gives the author; the handle falls back to the DID where the handle is broken.
    pub(super) fn author(&self) -> Author {
        let handle = self.handle.some().filter(|handle| *handle != "handle.invalid").unwrap_or(&self.did.0);
        Author {
            handle: handle.to_owned(),
            name: self.display_name.some().map(str::to_owned),
            native_id: self.did.some().map(str::to_owned),
            url: self.did.some().map(profile_url),
        }
    }
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Entry<'a> {
    #[serde(borrow)]
    post: Option<&'a RawValue>,
    #[serde(borrow)]
    reply: Option<Around<'a>>,
    #[serde(borrow)]
    reason: Option<Why<'a>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Around<'a> {
    #[serde(borrow)]
    parent: Option<&'a RawValue>,
}

/// Why an entry stands in a feed: reposted by somebody, or pinned.
#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Why<'a> {
    #[serde(borrow, rename = "$type")]
    kind: Loose<'a>,
    #[serde(borrow)]
    uri: Loose<'a>,
    #[serde(borrow)]
    by: Profile<'a>,
    #[serde(borrow)]
    indexed_at: Loose<'a>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Thread<'a> {
    #[serde(borrow)]
    post: Option<&'a RawValue>,
    #[serde(borrow)]
    parent: Option<&'a RawValue>,
    #[serde(borrow)]
    replies: Option<Vec<&'a RawValue>>,
}

/// Reads an answer's bytes; `None` when it is of no shape that holds posts.
pub(super) fn answer(body: &[u8], seen: Timestamp) -> Result<Option<(Viewed, String)>, FeedError> {
    let answer: Answer<'_> = json_bytes(body)?;
    let mut viewed = Viewed::default();
    let known = answer.posts.is_some() || answer.feed.is_some() || answer.notifications.is_some() || answer.records.is_some();
    for raw in answer.posts.iter().chain(&answer.records).flatten() {
        viewed.add(view(raw, seen));
    }
    for raw in answer.feed.iter().flatten() {
        viewed.add(entry(raw, seen));
    }
    for raw in answer.notifications.iter().flatten() {
        // Likes, follows and reposts are notifications too: their records are no posts.
        match view(raw, seen) {
            Err(why) if why == NO_POST => {}
            other => viewed.add(other),
        }
    }
    if let Some(thread) = answer.thread {
        viewed.thread(thread, seen);
    } else if answer.uri.some().is_some() {
        let whole = std::str::from_utf8(body).map_err(|error| FeedError::Unreadable { why: error.to_string() })?;
        viewed.add(serde_json::from_str(whole).map_err(|error| error.to_string()).and_then(|raw| view(raw, seen)));
    } else if !known {
        return Ok(None);
    }
    Ok(Some((viewed, answer.cursor.0.into_owned())))
}

/// Said of a record that is something else: a like, a list.
const NO_POST: &str = "no post";

/// Reads one view of a post.
fn view(raw: &RawValue, seen: Timestamp) -> Result<Item, String> {
    let view: View<'_> = serde_json::from_str(raw.get()).map_err(|error| error.to_string())?;
    let (did, collection, rkey) = split(&view.uri.0).ok_or("a post without an address")?;
    if collection != POSTS {
        return Err(NO_POST.into());
    }
    let record = view.record.or(view.value).ok_or("a post without a record")?;
    let record = Record::read(record.get())?;
    let mut mention = record.mention(did, rkey, record.extras(), seen);
    if view.author.did.some().is_some() {
        mention.author = view.author.author();
    }
    let indexed = time(&view.indexed_at.0);
    if mention.posted.is_none() {
        mention.posted_at(indexed);
    }
    Ok(Item { mention, indexed, pinned: false })
}

/// Reads an entry of a feed: a post, who passed it on, what it answers.
fn entry(raw: &RawValue, seen: Timestamp) -> Result<Item, String> {
    let entry: Entry<'_> = serde_json::from_str(raw.get()).map_err(|error| error.to_string())?;
    let mut item = view(entry.post.ok_or("an entry without a post")?, seen)?;
    item.mention.thread.parent_text = entry.reply.and_then(|reply| words(reply.parent?));
    let Some(why) = entry.reason else { return Ok(item) };
    if why.kind.0.ends_with("#reasonPin") {
        item.pinned = true;
    } else if why.by.did.some().is_some() {
        let mention = &mut item.mention;
        mention.kind = Kind::Repost;
        mention.native_id = why.uri.some().map_or_else(|| format!("{}#by-{}", mention.native_id, why.by.did.0), str::to_owned);
        mention.author = why.by.author();
        item.indexed = time(&why.indexed_at.0).or(item.indexed);
        mention.posted_at(item.indexed);
    }
    Ok(item)
}

/// The words of a post's view; `None` when it is deleted, blocked or strange.
pub(super) fn words(raw: &RawValue) -> Option<String> {
    let view: View<'_> = serde_json::from_str(raw.get()).ok()?;
    let record = Record::read(view.record?.get()).ok()?;
    Some(Mention::new(BLUESKY, "", &record.text, Timestamp::UNIX_EPOCH).text)
}

impl Viewed {
    fn add(&mut self, read: Result<Item, String>) {
        match read {
            Ok(item) => self.items.push(item),
            Err(why) => self.unreadable.get_or_insert((0, why)).0 += 1,
        }
    }

    /// Reads a thread: the posts above, the post, the answers below.
    fn thread(&mut self, top: &RawValue, seen: Timestamp) {
        let mut waiting = vec![(top, None::<String>, 0_usize)];
        while let Some((raw, parent_text, level)) = waiting.pop() {
            let Ok(thread) = serde_json::from_str::<Thread<'_>>(raw.get()) else {
                self.add(Err("a strange thread".into()));
                continue;
            };
            // Deleted and blocked posts stand in a thread without a post.
            let Some(post) = thread.post else { continue };
            let above = thread.parent.and_then(|parent| serde_json::from_str::<Thread<'_>>(parent.get()).ok()?.post).and_then(words);
            self.add(view(post, seen).map(|mut item| {
                item.mention.thread.parent_text = parent_text.or(above);
                item
            }));
            if level < LEVELS {
                let said = words(post);
                waiting.extend(thread.replies.into_iter().flatten().map(|reply| (reply, said.clone(), level + 1)));
                waiting.extend(thread.parent.map(|parent| (parent, None, level + 1)));
            }
        }
    }
}
