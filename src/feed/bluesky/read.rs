//! Reads saved answers: events of the stream a line each, or any answer with posts.

use jiff::Timestamp;

use super::event::{self, Event};
use super::sieve::Sieve;
use super::view;
use crate::domain::Mention;
use crate::feed::answer::start_of;
use crate::feed::{FeedError, Names};

/// Gives the mentions of saved bytes; an error names what they are instead.
pub(super) fn read(bytes: &[u8], now: Timestamp) -> Result<Vec<Mention>, FeedError> {
    if let Some(mentions) = events(bytes, now) {
        return Ok(mentions);
    }
    let Some((viewed, _)) = view::answer(bytes, now)? else {
        return Err(FeedError::Unreadable { why: format!("JSON without posts: {}", start_of(bytes)) });
    };
    match viewed.unreadable {
        Some((count, why)) if viewed.items.is_empty() => {
            Err(FeedError::Unreadable { why: format!("none of {count} entries could be read: {why}") })
        }
        _ => Ok(viewed.items.into_iter().map(|item| item.mention).collect()),
    }
}

/// Reads the lines of Bluesky's stream without the stream: saved events, replays, measurements.
pub struct Firehose(Sieve);

impl Firehose {
    /// Starts with what says whether a text names anything; without it every post passes.
    pub fn new(names: Option<Names>) -> Self {
        Self(Sieve::new(names, &[]))
    }

    /// Reads one event: a mention, or `None` for what is no post or names nothing.
    ///
    /// # Errors
    ///
    /// Says what is wrong with a line that is no event, or with a post that cannot be read.
    pub fn read(&self, event: &str, now: Timestamp) -> Result<Option<Mention>, String> {
        let Event::Post(post) = event::read(event)?.1 else { return Ok(None) };
        Ok(self.0.pass(&post).map(|extras| self.0.mention(&post, extras, now)))
    }
}

impl std::fmt::Debug for Firehose {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Firehose").finish_non_exhaustive()
    }
}

/// Reads lines of the stream; `None` when the first line is no event.
fn events(bytes: &[u8], now: Timestamp) -> Option<Vec<Mention>> {
    let lines: Vec<&[u8]> = bytes.split(|byte| *byte == b'\n').map(<[u8]>::trim_ascii).filter(|line| !line.is_empty()).collect();
    let first = std::str::from_utf8(lines.first()?).ok()?;
    if !first.starts_with('{') || !matches!(event::read(first), Ok((1.., _))) {
        return None;
    }
    let firehose = Firehose::new(None);
    let read = |line: &&[u8]| firehose.read(std::str::from_utf8(line).ok()?, now).ok()?;
    Some(lines.iter().filter_map(read).collect())
}
