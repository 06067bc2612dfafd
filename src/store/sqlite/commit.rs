//! Writes a batch: mentions, findings, cases, alerts, deliveries, cursors.

use jiff::Timestamp;
use rusqlite::params;
use rustc_hash::{FxHashMap, FxHashSet};

use crate::domain::{CaseId, IdSource, Network, Planned, Priority};

use super::super::{Batch, Committed, Decided, StoreError};
use super::authors::{self, Place};
use super::cases;
use super::mentions::{Entry, find, insert, insert_heard, millis, one, plain};
use super::retention;
use super::words;
use super::writer::Room;

/// Writes everything of a batch inside the writer's transaction.
pub(super) fn commit(room: &Room, ids: &IdSource, batch: &Batch) -> Result<Committed, StoreError> {
    let mut done = Committed::default();
    let now = batch.now.or_else(|| batch.decided.last().map(|d| d.decided)).unwrap_or(Timestamp::UNIX_EPOCH);
    let mut fresh: FxHashMap<i64, Place> = FxHashMap::default();
    let mut known = FxHashSet::default();
    let mut heard = FxHashSet::default();
    for decided in &batch.decided {
        let id = decided.mention_id.0;
        if !heard.insert((id, decided.watch.as_str())) {
            continue;
        }
        if let Some(&place) = fresh.get(&id) {
            done.deliveries += hear(room, ids, decided, Some(place), false, now)?;
            continue;
        }
        if known.contains(&id) || find(room, decided.mention.network.as_str(), &decided.mention.native_id)?.is_some() {
            done.known += u64::from(known.insert(id));
            continue;
        }
        let sense = plain(room, decided)?;
        let entry = Entry { id, feed: &decided.feed, mention: &decided.mention, decided: decided.decided, sense };
        let place = insert(room, &entry)?;
        words::remember(room, decided.fingerprint, decided.mention_id, decided.decided)?;
        fresh.insert(id, place);
        done.deliveries += hear(room, ids, decided, Some(place), sense.is_some(), now)?;
    }
    done.mentions = u64::try_from(fresh.len()).unwrap_or_default();
    if done.mentions > 0 {
        room.busy.set(true);
        words::drop_old(room, now)?;
        let new = i64::try_from(fresh.len()).unwrap_or_default();
        count(room, "mentions", new)?;
        let mentions = one(room, "SELECT value FROM tally WHERE key = 'mentions'", [])?.unwrap_or(new);
        authors::merge_in_turn(room, mentions, new)?;
    }
    for (id, state) in &batch.case_states {
        cases::advance(room, *id, *state, now)?;
    }
    for (health, notifiers) in &batch.health {
        let written = room
            .conn
            .prepare_cached("INSERT OR IGNORE INTO alert (id, health) VALUES (?1, ?2)")?
            .execute(params![health.id.0, serde_json::to_string(health).unwrap_or_default()])?;
        for notifier in notifiers.iter().filter(|_| written > 0) {
            let planned = Planned { notifier: notifier.clone(), due: now, fold: None, while_open: false };
            plan(room, ids, health.id.0, &planned, None, 0, now)?;
            done.deliveries += 1;
        }
    }
    for (network, post) in &batch.deleted {
        delete(room, network, post)?;
    }
    for (feed, cursor) in &batch.cursors {
        room.conn.prepare_cached("INSERT OR REPLACE INTO cursor (feed, value, written) VALUES (?1, ?2, ?3)")?.execute(params![
            feed,
            cursor.0,
            millis(now)
        ])?;
    }
    if done.deliveries > 0 {
        room.wakes.set(true);
    }
    Ok(done)
}

/// Adds to a counter.
pub(super) fn count(room: &Room, key: &str, more: i64) -> Result<(), StoreError> {
    if more != 0 {
        room.conn.prepare_cached("UPDATE tally SET value = value + ?2 WHERE key = ?1")?.execute(params![key, more])?;
    }
    Ok(())
}

/// Writes one watch's side of a mention, unless its row has it; gives how many deliveries were planned.
///
/// `place` counts the mention for its author; `None` when it is counted already.
pub(super) fn hear(
    room: &Room,
    ids: &IdSource,
    decided: &Decided,
    place: Option<Place>,
    written: bool,
    now: Timestamp,
) -> Result<u64, StoreError> {
    let watch = room.name(&decided.watch)?;
    let case = decided.case.as_ref().map(|case| case.id).or(decided.decision.case);
    if !written {
        insert_heard(room, decided, case.map(|id| id.0))?;
    }
    if let Some(case) = &decided.case {
        cases::write(room, case)?;
    }
    if let Some(place) = place {
        authors::meet(room, place, watch)?;
    }
    let Some((alert, draft)) = &decided.alert else { return Ok(0) };
    // Without its keys; a struct is read from an array as well.
    let draft = draft.as_ref().and_then(|d| serde_json::to_string(&(&d.text, d.chars, d.limit, &d.facts, &d.lint)).ok());
    room.conn
        .prepare_cached(
            "INSERT INTO alert (id, mention, watch, watch_name, answer_by, mentions_before, draft) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
        )?
        .execute(params![
            alert.0,
            decided.mention_id.0,
            watch,
            room.name(&decided.watch_name)?,
            decided.decision.answer_by.map(millis),
            decided.mentions_before,
            draft,
        ])?;
    for planned in &decided.decision.deliveries {
        plan(room, ids, alert.0, planned, Some((watch, case)), rank(decided.decision.priority), now)?;
    }
    Ok(u64::try_from(decided.decision.deliveries.len()).unwrap_or_default())
}

/// The place in the queue: signal and stance alone.
fn rank(priority: Priority) -> i64 {
    match priority {
        Priority::Urgent => 0,
        Priority::Today => 1,
        Priority::Digest => 2,
    }
}

/// Plans one delivery.
pub(super) fn plan(
    room: &Room,
    ids: &IdSource,
    alert: i64,
    planned: &Planned,
    of: Option<(i64, Option<CaseId>)>,
    rank: i64,
    now: Timestamp,
) -> Result<i64, StoreError> {
    let id = next_id(room, ids, now)?;
    let case_open = of.and_then(|(_, case)| case).filter(|_| planned.while_open);
    room.conn
        .prepare_cached(
            "INSERT INTO delivery (id, alert, notifier, watch, rank, state, attempts, due, created, since, fold, case_open)
             VALUES (?1, ?2, ?3, ?4, ?5, 'pending', 0, ?6, ?7, max(?6, ?7), ?8, ?9)",
        )?
        .execute(params![
            id,
            alert,
            planned.notifier,
            of.map(|(watch, _)| watch),
            rank,
            millis(planned.due),
            millis(now),
            planned.fold,
            case_open.map(|id| id.0),
        ])?;
    Ok(id)
}

/// Gives a fresh id for a delivery, also when another process has just made some in the same millisecond.
pub(super) fn next_id(room: &Room, ids: &IdSource, now: Timestamp) -> Result<i64, StoreError> {
    let last = match room.last_delivery.get() {
        Some(last) => last,
        None => one::<Option<i64>>(room, "SELECT max(id) FROM delivery", [])?.flatten().unwrap_or(0),
    };
    let id = ids.next(millis(now)).max(last + 1);
    room.last_delivery.set(Some(id));
    Ok(id)
}

/// Redacts a post that its network deleted.
fn delete(room: &Room, network: &Network, post: &str) -> Result<(), StoreError> {
    let found = match find(room, network.as_str(), post)? {
        Some(id) => Some(id),
        None => super::mentions::find_url(room, post)?,
    };
    if let Some(id) = found {
        retention::redact(room, id)?;
    }
    Ok(())
}
