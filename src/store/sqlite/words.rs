//! Fingerprints of the last week: the first mention of a day with the same words.
//!
//! One number is the key: the day, then 43 bits of the fingerprint. Among the
//! posts of a week of a busy brand (a quarter of a million) two different ones
//! meet by chance once in thirty million.

use jiff::Timestamp;
use rusqlite::params;

use crate::domain::MentionId;

use super::super::StoreError;
use super::mentions::{load_mention, millis, one};
use super::writer::Room;

const DAY_MS: i64 = 24 * 60 * 60 * 1000;
/// How long the same words are recognised.
const WEEK_DAYS: i64 = 7;
/// The day that keys count from: 1 January 2020.
const FIRST_DAY: i64 = 18_262;
const FINGERPRINT_BITS: u32 = 43;

/// The day a moment lies in, counted from 1970.
fn day(at: i64) -> i64 {
    at.div_euclid(DAY_MS)
}

fn first_key(day: i64) -> i64 {
    (day - FIRST_DAY) << FINGERPRINT_BITS
}

fn key(day: i64, fingerprint: u64) -> i64 {
    first_key(day) | (fingerprint & ((1 << FINGERPRINT_BITS) - 1)).cast_signed()
}

/// The id that an entry of a day counts from, so that six bytes are enough for a mention.
fn noon(day: i64) -> i64 {
    MentionId::first_of(day * DAY_MS + DAY_MS / 2).0
}

/// Keeps the fingerprint of a mention for a week, under the first mention of the day that has it.
pub(super) fn remember(room: &Room, fingerprint: u64, mention: MentionId, decided: Timestamp) -> Result<(), StoreError> {
    if fingerprint == 0 {
        return Ok(());
    }
    let today = day(millis(decided));
    let mut keep = room.conn.prepare_cached("INSERT OR IGNORE INTO words (key, mention) VALUES (?1, ?2)")?;
    keep.execute([key(today, fingerprint), mention.0.wrapping_sub(noon(today))])?;
    Ok(())
}

/// Drops the fingerprints that are older than a week.
pub(super) fn drop_old(room: &Room, now: Timestamp) -> Result<(), StoreError> {
    // The table lies in the order of days: the oldest is its first row.
    let oldest: Option<i64> = one(room, "SELECT key FROM words ORDER BY key LIMIT 1", [])?;
    let limit = first_key(day(millis(now)) - WEEK_DAYS);
    if oldest.is_some_and(|oldest| oldest < limit) {
        room.conn.prepare_cached("DELETE FROM words WHERE key < ?1")?.execute([limit])?;
    }
    Ok(())
}

/// Forgets the fingerprint of a mention.
pub(super) fn forget(room: &Room, mention: i64, decided: Timestamp) -> Result<(), StoreError> {
    let today = day(millis(decided));
    room.conn.prepare_cached("DELETE FROM words WHERE key >= ?1 AND key < ?2 AND mention = ?3")?.execute(params![
        first_key(today),
        first_key(today + 1),
        mention.wrapping_sub(noon(today))
    ])?;
    Ok(())
}

/// Finds the first mention of the last seven days with the same words, and its author's handle.
pub(super) fn same(room: &Room, fingerprint: u64, now: Timestamp) -> Result<Option<(MentionId, String)>, StoreError> {
    if fingerprint == 0 {
        return Ok(None);
    }
    let today = day(millis(now));
    // A newer day is looked at too: clocks of two processes, or a test's, need not agree.
    for day in today - WEEK_DAYS..=today + 1 {
        let found: Option<i64> = one(room, "SELECT mention FROM words WHERE key = ?1", [key(day, fingerprint)])?;
        let Some(id) = found.map(|id| id.wrapping_add(noon(day))) else { continue };
        if let Some((_, mention, decided)) = load_mention(room, id)?
            && millis(decided) >= millis(now) - WEEK_DAYS * DAY_MS
        {
            return Ok(Some((MentionId(id), mention.author.handle)));
        }
    }
    Ok(None)
}
