//! Reads saved answers: timelines, notifications, searches, threads, frames.

use jiff::Timestamp;
use serde::Deserialize;
use serde_json::value::RawValue;

use super::status::{Home, Status};
use super::stream::Stream;
use super::timeline::{Statuses, statuses};
use crate::domain::Mention;
use crate::feed::FeedError;
use crate::feed::answer::{json_bytes, start_of};
use crate::feed::loose::Loose;

/// The objects that hold statuses.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Answer<'a> {
    /// A search.
    #[serde(borrow)]
    statuses: Option<Vec<&'a RawValue>>,
    /// A thread.
    #[serde(borrow)]
    ancestors: Option<Vec<&'a RawValue>>,
    #[serde(borrow)]
    descendants: Option<Vec<&'a RawValue>>,
    /// A notification.
    #[serde(borrow)]
    status: Option<&'a RawValue>,
    /// A status.
    #[serde(borrow)]
    content: Option<&'a RawValue>,
    #[serde(borrow)]
    error: Loose<'a>,
}

/// Gives the mentions of saved bytes; an error names what they are instead.
pub(super) fn read(bytes: &[u8], now: Timestamp) -> Result<Vec<Mention>, FeedError> {
    // Saved answers do not say whose they are: handles take their domain from the account's page.
    let home = Home::default();
    if bytes.trim_ascii_start().first() == Some(&b'[') {
        return checked(statuses(bytes, &home, now, false)?);
    }
    if let Some(mentions) = frames(bytes, &home, now) {
        return Ok(mentions);
    }
    let answer: Answer<'_> = json_bytes(bytes)?;
    let mut read = Statuses::default();
    if answer.statuses.is_some() || answer.ancestors.is_some() || answer.descendants.is_some() {
        for raw in answer.ancestors.iter().chain(&answer.statuses).chain(&answer.descendants).flatten() {
            read.count += 1;
            read.add(raw, &home, now, false);
        }
    } else if answer.status.is_some() || answer.content.is_some() {
        read.count = 1;
        read.add(json_bytes(bytes)?, &home, now, false);
    } else if let Some(error) = answer.error.some() {
        return Err(FeedError::Denied { why: format!("the server says: {}", start_of(error.as_bytes())) });
    } else {
        return Err(FeedError::Unreadable { why: format!("JSON without statuses: {}", start_of(bytes)) });
    }
    checked(read)
}

fn checked(read: Statuses) -> Result<Vec<Mention>, FeedError> {
    match read.unreadable {
        Some((count, why)) if read.mentions.is_empty() => {
            Err(FeedError::Unreadable { why: format!("none of {count} entries could be read: {why}") })
        }
        _ => Ok(read.mentions),
    }
}

/// Reads saved frames of the stream, a line each; `None` when the first line is none.
fn frames(bytes: &[u8], home: &Home, now: Timestamp) -> Option<Vec<Mention>> {
    #[derive(Deserialize)]
    struct Frame {
        #[expect(dead_code, reason = "its presence is what is asked for")]
        event: String,
    }
    let mut lines = bytes.split(|byte| *byte == b'\n').map(<[u8]>::trim_ascii).filter(|line| !line.is_empty()).peekable();
    serde_json::from_slice::<Frame>(lines.peek()?).ok()?;
    let mut stream = Stream::default();
    for line in lines.filter_map(|line| std::str::from_utf8(line).ok()) {
        stream.take_in(line, home, now);
    }
    Some(stream.page.mentions)
}

/// Reads one status.
pub(super) fn one(body: &[u8], home: &Home, seen: Timestamp) -> Option<Mention> {
    let status: Status<'_> = serde_json::from_slice(body).ok()?;
    status.is_public().then(|| status.mention(home, seen).ok())?
}
