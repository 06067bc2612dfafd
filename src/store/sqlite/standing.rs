//! Figures, named values and the proof that the store can write.

use rusqlite::params;

use crate::domain::CaseState;

use super::super::{Standing, StoreError};
use super::mentions::{moment, one};
use super::writer::Room;

/// Room that must be free for a ping to succeed, in bytes: about a page of a busy feed.
const PING_BYTES: i64 = 64 * 1024;

/// Gives the figures.
pub(super) fn standing(room: &Room) -> Result<Standing, StoreError> {
    let mut standing =
        Standing { mentions: one(room, "SELECT value FROM tally WHERE key = 'mentions'", [])?.unwrap_or(0), ..Standing::default() };
    let mut statement = room.conn.prepare_cached("SELECT state, count(*) FROM cases GROUP BY state ORDER BY state")?;
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        if let Some(state) = CaseState::parse(row.get_ref(0)?.as_str().unwrap_or_default()) {
            standing.cases.push((state, row.get(1)?));
        }
    }
    standing.cases.sort_unstable();
    let mut statement = room.conn.prepare_cached(
        "SELECT notifier, sum(waiting), sum(dead), min(oldest) FROM (
             SELECT notifier, count(*) AS waiting, 0 AS dead, min(since) AS oldest FROM delivery
                 WHERE state IN ('pending', 'claimed') GROUP BY notifier
             UNION ALL SELECT notifier, 0, count(*), NULL FROM delivery WHERE state = 'dead' GROUP BY notifier)
         GROUP BY notifier ORDER BY notifier",
    )?;
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        standing.outbox.push((row.get(0)?, row.get(1)?, row.get(2)?, row.get::<_, Option<i64>>(3)?.map(moment)));
    }
    let mut statement = room.conn.prepare_cached("SELECT feed, written FROM cursor ORDER BY feed")?;
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        standing.cursors.push((row.get(0)?, moment(row.get(1)?)));
    }
    Ok(standing)
}

/// Keeps a named value, or forgets it.
pub(super) fn note_set(room: &Room, key: &str, value: Option<&str>) -> Result<(), StoreError> {
    match value {
        Some(value) => room.conn.prepare_cached("INSERT OR REPLACE INTO note (key, value) VALUES (?1, ?2)")?.execute([key, value])?,
        None => room.conn.prepare_cached("DELETE FROM note WHERE key = ?1")?.execute([key])?,
    };
    Ok(())
}

/// Proves that there is room for more, and that the disk takes a commit.
pub(super) fn ping(room: &Room) -> Result<(), StoreError> {
    room.conn.execute_batch("SAVEPOINT ping")?;
    let grown = room.conn.prepare_cached("INSERT INTO note (key, value) VALUES ('ping', zeroblob(?1))")?.execute(params![PING_BYTES]);
    if !room.conn.is_autocommit() {
        room.conn.execute_batch("ROLLBACK TO ping; RELEASE ping")?;
    }
    grown?;
    room.conn.prepare_cached("UPDATE tally SET value = value + 1 WHERE key = 'pings'")?.execute([])?;
    Ok(())
}
