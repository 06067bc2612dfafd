//! Ends attempts, and what a person does to the outbox by hand.

use jiff::Timestamp;
use rusqlite::params;

use crate::domain::{AlertId, Delivery, DeliveryId, DeliveryState, IdSource, Receipt};

use super::super::{Claim, OutboxFilter, Settlement, StoreError};
use super::Showing;
use super::claim::load_alert;
use super::commit::next_id;
use super::error::unreadable;
use super::mentions::{millis, moment, one};
use super::writer::Room;

/// Ends one attempt. One whose lease had ended, and that somebody else has claimed since, changes
/// nothing unless it was delivered: that is a fact.
pub(super) fn settle(room: &Room, ids: &IdSource, claim: &Claim, how: &Settlement, now: Timestamp) -> Result<(), StoreError> {
    let mut heir = None;
    for &DeliveryId(id) in &claim.deliveries {
        match how {
            Settlement::Delivered(receipt) => delivered(room, id, receipt)?,
            Settlement::Retry { due, why } => {
                let set = "state = 'pending', due = ?3, error = ?4";
                end(room, set, params![id, claim.attempts, millis(*due), why])?;
            }
            Settlement::Released => {
                let set = "state = 'pending', due = ?3, attempts = attempts - 1";
                end(room, set, params![id, claim.attempts, millis(now)])?;
            }
            Settlement::Dead { why, fallback } => {
                let ended = end(room, "state = 'dead', error = ?3", params![id, claim.attempts, why])?;
                if let Some(fallback) = fallback.as_ref().filter(|_| ended) {
                    heir = hand_over(room, ids, id, fallback, heir, now)?.or(heir);
                }
            }
        }
    }
    Ok(())
}

/// Keeps the receipt: whoever holds the lease now, the receiver has it.
fn delivered(room: &Room, id: i64, receipt: &Receipt) -> Result<(), StoreError> {
    room.conn
        .prepare_cached("UPDATE delivery SET state = 'delivered', receipt = ?2, error = NULL WHERE id = ?1 AND state <> 'delivered'")?
        .execute(params![id, serde_json::to_string(&(&receipt.remote_id, &receipt.note)).unwrap_or_default()])?;
    Ok(())
}

/// Changes a delivery (`?1`) that is still claimed for the attempt that began after `?2` others.
fn end(room: &Room, set: &str, values: impl rusqlite::Params) -> Result<bool, StoreError> {
    room.wakes.set(true);
    let sql = format!("UPDATE delivery SET {set} WHERE id = ?1 AND state = 'claimed' AND attempts = ?2 + 1");
    Ok(room.conn.prepare_cached(&sql)?.execute(values)? > 0)
}

/// Plans the same alert for the notifier that takes over, unless it has it. What was one card stays one: `heir` is its first delivery.
fn hand_over(room: &Room, ids: &IdSource, dead: i64, notifier: &str, heir: Option<i64>, now: Timestamp) -> Result<Option<i64>, StoreError> {
    let exists = "SELECT 1 FROM delivery WHERE alert = (SELECT alert FROM delivery WHERE id = ?1) AND notifier = ?2";
    if one::<i64>(room, exists, params![dead, notifier])?.is_some() {
        return Ok(None);
    }
    let id = next_id(room, ids, now)?;
    room.conn
        .prepare_cached(
            "INSERT INTO delivery (id, alert, notifier, watch, rank, state, attempts, due, created, since, case_open, card)
             SELECT ?1, alert, ?2, watch, rank, 'pending', 0, ?3, ?3, ?3, case_open, ?4 FROM delivery WHERE id = ?5",
        )?
        .execute(params![id, notifier, millis(now), heir.unwrap_or(0), dead])?;
    room.wakes.set(true);
    Ok(Some(heir.unwrap_or(id)))
}

/// Puts deliveries back to "due now", or drops them. A card is retried whole: its key stands for all of it.
pub(super) fn set(room: &Room, ids: &[DeliveryId], retry: bool, now: Timestamp) -> Result<u64, StoreError> {
    let mut changed = 0;
    for id in ids {
        changed += if retry {
            room.wakes.set(true);
            let card: Option<i64> = one(room, "SELECT iif(card = 0, id, card) FROM delivery WHERE id = ?1", [id.0])?.flatten();
            room.conn
                .prepare_cached(
                    "UPDATE delivery SET state = 'pending', due = ?2, since = CASE state WHEN 'dead' THEN ?2 ELSE since END
                     WHERE state IN ('pending', 'dead') AND (id = ?1 OR id = ?3 OR (card > 0 AND card = ?3))",
                )?
                .execute(params![id.0, millis(now), card])?
        } else {
            room.conn
                .prepare_cached("UPDATE delivery SET state = 'dropped' WHERE id = ?1 AND state IN ('pending', 'dead')")?
                .execute([id.0])?
        };
    }
    Ok(u64::try_from(changed).unwrap_or_default())
}

/// Ends every lease now: their holder is known to be dead.
pub(super) fn reclaim(room: &Room, now: Timestamp) -> Result<u64, StoreError> {
    let sql = "UPDATE delivery SET due = ?1 WHERE state = 'claimed' AND due > ?1";
    let freed = room.conn.prepare_cached(sql)?.execute([millis(now)])?;
    room.wakes.set(true);
    Ok(u64::try_from(freed).unwrap_or_default())
}

/// Lists deliveries, the oldest first.
pub(super) fn list(room: &Room, filter: &OutboxFilter, showing: &Showing) -> Result<Vec<Delivery>, StoreError> {
    let states = if filter.states.is_empty() {
        "state <> 'delivered'".to_owned()
    } else {
        let words: Vec<_> = filter.states.iter().map(|state| format!("'{state}'")).collect();
        format!("state IN ({})", words.join(", "))
    };
    let sql = format!(
        "SELECT id, alert, notifier, state, attempts, due, created, error FROM delivery
         WHERE {states} AND (?1 IS NULL OR notifier = ?1) ORDER BY id LIMIT ?2"
    );
    let most = if filter.most == 0 { -1 } else { i64::try_from(filter.most).unwrap_or(-1) };
    let mut statement = room.conn.prepare_cached(&sql)?;
    let mut rows = statement.query(params![filter.notifier, most])?;
    let mut found = Vec::new();
    while let Some(row) = rows.next()? {
        let alert: i64 = row.get(1)?;
        let state: String = row.get(3)?;
        found.push(Delivery {
            id: DeliveryId(row.get(0)?),
            alert: AlertId(alert),
            notifier: row.get(2)?,
            state: DeliveryState::parse(&state).ok_or_else(|| unreadable("the state", &state))?,
            attempts: row.get(4)?,
            due: moment(row.get(5)?),
            created: moment(row.get(6)?),
            last_error: row.get(7)?,
            headline: load_alert(room, alert)?.map(|alert| alert.headline(&showing.zone)).unwrap_or_default(),
        });
    }
    Ok(found)
}
