//! Fingerprints of the last week: the first mention of a day with the same words.
//!
//! One number is the key: the day, then 43 bits of the fingerprint. Among the
//! posts of a week of a busy brand (a quarter of a million) two different ones
//! meet by chance once in thirty million.

use std::sync::LazyLock;

use jiff::Timestamp;
use rusqlite::{params, params_from_iter};

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

/// How many days ago a fingerprint is looked for, the oldest first. Tomorrow too: clocks of two processes, or a test's, need not agree.
const DAYS_ASKED: [i64; 9] = [7, 6, 5, 4, 3, 2, 1, 0, -1];

/// One statement for all days: for most mentions nine of them would be nine times in vain.
static ASK_DAYS: LazyLock<String> = LazyLock::new(|| {
    let one_day = |at: usize| format!("SELECT key, mention FROM words WHERE key = ?{at}");
    (1..=DAYS_ASKED.len()).map(one_day).collect::<Vec<_>>().join(" UNION ALL ")
});

/// Finds the first mention of the last seven days with the same words, and its author's handle.
pub(super) fn same(room: &Room, fingerprint: u64, now: Timestamp) -> Result<Option<(MentionId, String)>, StoreError> {
    if fingerprint == 0 {
        return Ok(None);
    }
    let today = day(millis(now));
    let days = DAYS_ASKED.map(|ago| today - ago);
    let mut asked = room.conn.prepare_cached(&ASK_DAYS)?;
    let rows = asked.query_map(params_from_iter(days.map(|day| key(day, fingerprint))), |row| Ok((row.get(0)?, row.get(1)?)))?;
    let mut found = rows.collect::<Result<Vec<(i64, i64)>, _>>()?;
    found.sort_unstable();
    for (key, id) in found {
        let id = id.wrapping_add(noon(FIRST_DAY + (key >> FINGERPRINT_BITS)));
        if let Some((_, mention, decided)) = load_mention(room, id)?
            && millis(decided) >= millis(now) - WEEK_DAYS * DAY_MS
        {
            return Ok(Some((MentionId(id), mention.author.handle)));
        }
    }
    Ok(None)
}
