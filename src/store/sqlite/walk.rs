//! Goes over stored mentions by time, a page at a question.
//!
//! Ids rise with time, so a page is a look at the place in the table where its
//! span begins: a walk over the last week costs the same whether the store holds
//! a week or ten years. Each page is one view of the file; between two pages
//! nothing is held, and the writer never waits.

use crate::domain::MentionId;

use super::super::{HeardThen, StoreError, Walk, Walked};
use super::cases;
use super::mentions::{decided_sql, load_heard, load_mention, millis};
use super::writer::Room;

/// How far the time in an id may be from the moment of its decision: clocks step, and several processes share a store.
pub(super) const SLACK_MS: i64 = 24 * 60 * 60 * 1000;

/// Reads one page.
pub(super) fn page(room: &Room, walk: &Walk) -> Result<Vec<Walked>, StoreError> {
    let (since, until) = (millis(walk.since), millis(walk.until));
    let first = MentionId::first_of(since.saturating_sub(SLACK_MS)).0;
    let last = MentionId::first_of(until.saturating_add(SLACK_MS)).0;
    let after = walk.after.map(|id| id.0);
    let (first, last, order) = if walk.newest_first {
        (first, after.map_or(last, |after| last.min(after)), "DESC")
    } else {
        (after.map_or(first, |after| first.max(after.saturating_add(1))), last, "ASC")
    };
    let most = i64::try_from(walk.most).unwrap_or(i64::MAX);
    let decided = decided_sql();
    let sql =
        format!("SELECT id FROM mention WHERE id >= ?1 AND id < ?2 AND {decided} >= ?3 AND {decided} < ?4 ORDER BY id {order} LIMIT ?5");
    let mut statement = room.conn.prepare_cached(&sql)?;
    let ids = statement.query_map([first, last, since, until, most], |row| row.get(0))?.collect::<Result<Vec<i64>, _>>()?;
    let mut found = Vec::with_capacity(ids.len());
    for id in ids {
        found.extend(load(room, id)?);
    }
    Ok(found)
}

/// Reads one mention with what was heard, decided and sent for each watch.
fn load(room: &Room, id: i64) -> Result<Option<Walked>, StoreError> {
    let Some((feed, mention, decided)) = load_mention(room, id)? else { return Ok(None) };
    let mut heard = Vec::new();
    for one in load_heard(room, id, &mention)? {
        heard.push(HeardThen {
            told: if one.reason.alerts() { told(room, id, &one.watch)? } else { Vec::new() },
            case: one.case.map(|case| cases::get(room, case)).transpose()?.flatten(),
            watch: one.watch,
            hearing: one.hearing,
            reason: one.reason,
            priority: one.priority,
        });
    }
    Ok(Some(Walked { id: MentionId(id), feed, mention, heard, decided }))
}

/// Names the notifiers that the alert of a mention was planned for.
fn told(room: &Room, mention: i64, watch: &str) -> Result<Vec<String>, StoreError> {
    let Some(watch) = room.known_name(watch)? else { return Ok(Vec::new()) };
    let mut statement = room.conn.prepare_cached(
        "SELECT DISTINCT d.notifier FROM alert a JOIN delivery d ON d.alert = a.id WHERE a.mention = ?1 AND a.watch = ?2 ORDER BY d.id",
    )?;
    let names = statement.query_map([mention, watch], |row| row.get(0))?;
    Ok(names.collect::<Result<_, _>>()?)
}
