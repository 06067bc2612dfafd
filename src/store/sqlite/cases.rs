//! Rows of cases.

use jiff::Timestamp;
use rusqlite::{Row, params};

use crate::domain::{Case, CaseId, CaseState, Dismissal, Matter, Network, Priority};

use super::super::{StoreError, StoredMention};
use super::authors::who;
use super::error::unreadable;
use super::mentions::{load, millis, moment};
use super::writer::Room;

const COLUMNS: &str = "id, watch, network, author, matter, state, priority, opened, touched, answer_by, taken_by, mentions, dismissed";

/// Writes a case after a mention. What a person did to it meanwhile stands: a state never goes back.
pub(super) fn write(room: &Room, case: &Case) -> Result<(), StoreError> {
    // Most are new.
    if insert(room, case)? {
        return Ok(());
    }
    let Some(stored) = get(room, case.id)? else { return Ok(()) };
    let state = if stored.state.may_become(case.state) { case.state } else { stored.state };
    room.conn
        .prepare_cached(
            "UPDATE cases SET state = ?2, priority = ?3, touched = ?4, answer_by = ?5, taken_by = ?6, mentions = ?7 WHERE id = ?1",
        )?
        .execute(params![
            case.id.0,
            state.as_str(),
            stored.priority.min(case.priority).as_str(),
            millis(stored.touched.max(case.touched)),
            earlier(stored.answer_by, case.answer_by).map(millis),
            stored.taken_by.as_ref().or(case.taken_by.as_ref()),
            // Two processes may each add one to the same number; then the rows count, not the guess.
            if case.mentions > stored.mentions { stored.mentions.saturating_add(1) } else { stored.mentions },
        ])?;
    Ok(())
}

fn earlier(a: Option<Timestamp>, b: Option<Timestamp>) -> Option<Timestamp> {
    match (a, b) {
        (Some(a), Some(b)) => Some(a.min(b)),
        (a, b) => a.or(b),
    }
}

/// Writes a case that is not known yet; says whether it did.
fn insert(room: &Room, case: &Case) -> Result<bool, StoreError> {
    let written = room
        .conn
        .prepare_cached(&format!(
            "INSERT OR IGNORE INTO cases ({COLUMNS}, who) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14)"
        ))?
        .execute(params![
            case.id.0,
            case.watch,
            case.network.as_str(),
            case.author,
            case.matter.as_str(),
            case.state.as_str(),
            case.priority.as_str(),
            millis(case.opened),
            millis(case.touched),
            case.answer_by.map(millis),
            case.taken_by,
            case.mentions,
            case.dismissed.map(Dismissal::as_str),
            who(case.network.as_str(), &case.author),
        ])?;
    Ok(written > 0)
}

/// Moves a case forward; leaves it alone (`false`) when it is there already, closed or unknown.
pub(super) fn advance(room: &Room, id: CaseId, next: CaseState, now: Timestamp) -> Result<bool, StoreError> {
    let may = get(room, id)?.is_some_and(|case| case.state.may_become(next));
    if may {
        room.conn.prepare_cached("UPDATE cases SET state = ?2, touched = max(touched, ?3) WHERE id = ?1")?.execute(params![
            id.0,
            next.as_str(),
            millis(now)
        ])?;
    }
    Ok(may)
}

/// Moves a case forward by hand.
pub(super) fn set(room: &Room, id: CaseId, next: CaseState, by: Option<&str>, now: Timestamp) -> Result<Option<Case>, StoreError> {
    // Whoever comes second to take a case does not become the one who has it.
    let moved = advance(room, id, next, now)?;
    if let Some(by) = by.filter(|_| moved) {
        room.conn.prepare_cached("UPDATE cases SET taken_by = ?2 WHERE id = ?1")?.execute(params![id.0, by])?;
    }
    get(room, id)
}

/// Dismisses a case by hand, or says of a dismissed one what it was dismissed as.
pub(super) fn dismiss(room: &Room, id: CaseId, why: Dismissal, now: Timestamp) -> Result<Option<Case>, StoreError> {
    advance(room, id, CaseState::Dismissed, now)?;
    room.conn.prepare_cached("UPDATE cases SET dismissed = ?2 WHERE id = ?1 AND state = ?3")?.execute(params![
        id.0,
        why.as_str(),
        CaseState::Dismissed.as_str()
    ])?;
    get(room, id)
}

/// Reads one case.
pub(super) fn get(room: &Room, id: CaseId) -> Result<Option<Case>, StoreError> {
    let mut statement = room.conn.prepare_cached(&format!("SELECT {COLUMNS} FROM cases WHERE id = ?1"))?;
    let mut rows = statement.query([id.0])?;
    rows.next()?.map(read).transpose()
}

/// Reads one case with its mentions, the oldest first.
pub(super) fn with_mentions(room: &Room, id: CaseId) -> Result<Option<(Case, Vec<StoredMention>)>, StoreError> {
    let Some(case) = get(room, id)? else { return Ok(None) };
    let mut statement = room.conn.prepare_cached("SELECT DISTINCT mention FROM heard WHERE case_id = ?1 ORDER BY mention")?;
    let ids = statement.query_map([id.0], |row| row.get(0))?.collect::<Result<Vec<i64>, _>>()?;
    let mut mentions = Vec::with_capacity(ids.len());
    for mention in ids {
        mentions.extend(load(room, mention)?);
    }
    Ok(Some((case, mentions)))
}

/// Lists cases: the most urgent first, then whoever should be answered first.
pub(super) fn list(room: &Room, live_only: bool, most: usize) -> Result<Vec<Case>, StoreError> {
    let live = if live_only { "WHERE state IN ('open', 'taken', 'waiting')" } else { "" };
    let rank = "CASE priority WHEN 'urgent' THEN 0 WHEN 'today' THEN 1 ELSE 2 END";
    let sql = format!("SELECT {COLUMNS} FROM cases {live} ORDER BY {rank}, answer_by IS NULL, answer_by, opened, id LIMIT ?1");
    read_all(room, &sql, [if most == 0 { -1 } else { i64::try_from(most).unwrap_or(-1) }])
}

/// Lists the live cases of an author with a watch, the oldest first.
pub(super) fn live_of(room: &Room, network: &str, author: &str, watch: &str) -> Result<Vec<Case>, StoreError> {
    let sql = format!(
        "SELECT {COLUMNS} FROM cases WHERE state IN ('open', 'taken', 'waiting') AND who = ?4 AND author = ?1 AND watch = ?2
         AND network = ?3 ORDER BY id"
    );
    read_all(room, &sql, params![author, watch, network, who(network, author)])
}

/// Lists the live cases that hold a mention.
pub(super) fn live_with(room: &Room, mention: i64) -> Result<Vec<CaseId>, StoreError> {
    let mut statement = room.conn.prepare_cached(
        "SELECT c.id FROM heard h JOIN cases c ON c.id = h.case_id WHERE h.mention = ?1 AND c.state IN ('open', 'taken', 'waiting')",
    )?;
    let ids = statement.query_map([mention], |row| row.get(0).map(CaseId))?;
    Ok(ids.collect::<Result<_, _>>()?)
}

fn read_all(room: &Room, sql: &str, values: impl rusqlite::Params) -> Result<Vec<Case>, StoreError> {
    let mut statement = room.conn.prepare_cached(sql)?;
    let mut rows = statement.query(values)?;
    let mut cases = Vec::new();
    while let Some(row) = rows.next()? {
        cases.push(read(row)?);
    }
    Ok(cases)
}

fn read(row: &Row<'_>) -> Result<Case, StoreError> {
    let (matter, state, priority): (String, String, String) = (row.get(4)?, row.get(5)?, row.get(6)?);
    Ok(Case {
        id: CaseId(row.get(0)?),
        watch: row.get(1)?,
        network: Network::named(row.get::<_, String>(2)?),
        author: row.get(3)?,
        matter: Matter::parse(&matter).ok_or_else(|| unreadable("the matter", &matter))?,
        state: CaseState::parse(&state).ok_or_else(|| unreadable("the state", &state))?,
        priority: Priority::parse(&priority).ok_or_else(|| unreadable("the priority", &priority))?,
        opened: moment(row.get(7)?),
        touched: moment(row.get(8)?),
        answer_by: row.get::<_, Option<i64>>(9)?.map(moment),
        taken_by: row.get(10)?,
        mentions: row.get(11)?,
        dismissed: row.get::<_, Option<String>>(12)?.as_deref().and_then(Dismissal::parse),
    })
}
