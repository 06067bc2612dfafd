//! What is remembered of a mention before it is decided.

use jiff::Timestamp;

use super::super::{Memory, Query, StoreError, WatchMemory};
use super::authors::mentions_before;
use super::cases;
use super::mentions::{find, find_url};
use super::words;
use super::writer::Room;

/// A query that owns its words, to cross over to the reading thread.
#[derive(Debug)]
pub(super) struct Asked {
    network: String,
    native_id: String,
    handle: String,
    fingerprint: u64,
    thread: Vec<String>,
    watches: Vec<String>,
}

impl From<&Query<'_>> for Asked {
    fn from(query: &Query<'_>) -> Self {
        let mention = query.mention;
        let mut thread: Vec<String> = mention.thread.root.iter().chain(&mention.thread.parent).cloned().collect();
        thread.dedup();
        Self {
            network: mention.network.as_str().to_owned(),
            native_id: mention.native_id.clone(),
            handle: mention.author.handle.clone(),
            fingerprint: query.fingerprint,
            thread,
            watches: query.watches.iter().map(|&watch| watch.to_owned()).collect(),
        }
    }
}

/// Says what is remembered of one mention.
pub(super) fn recall(room: &Room, asked: &Asked, now: Timestamp) -> Result<Memory, StoreError> {
    let mut memory = Memory {
        known: find(room, &asked.network, &asked.native_id)?.is_some(),
        same_words: words::same(room, asked.fingerprint, now)?,
        ..Memory::default()
    };
    for watch in &asked.watches {
        memory.watches.push(of_watch(room, asked, watch)?);
    }
    for post in &asked.thread {
        let found = match find(room, &asked.network, post)? {
            Some(id) => Some(id),
            None => find_url(room, post)?,
        };
        for case in found.map(|id| cases::live_with(room, id)).transpose()?.into_iter().flatten() {
            if !memory.thread_cases.contains(&case) {
                memory.thread_cases.push(case);
            }
        }
    }
    Ok(memory)
}

fn of_watch(room: &Room, asked: &Asked, watch: &str) -> Result<WatchMemory, StoreError> {
    // A network that hides its authors must not make one person of them all.
    let Some(id) = room.known_name(watch)?.filter(|_| !asked.handle.is_empty()) else { return Ok(WatchMemory::default()) };
    Ok(WatchMemory {
        cases: cases::live_of(room, &asked.network, &asked.handle, watch)?,
        mentions_before: mentions_before(room, &asked.network, &asked.handle, id)?,
    })
}
