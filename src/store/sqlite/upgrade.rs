//! Brings the rows of older layouts over, where SQL alone cannot.

use rusqlite::{Row, params};
use serde::Deserialize;

use crate::domain::{
    Attribute, Author, Evidence, Finding, Hearing, Kind, Mention, MentionId, Network, Primary, Priority, Reason, Role, Signal, Stance,
    Status, Switch, Thread, Why,
};

use super::super::StoreError;
use super::authors::{self, meet, who};
use super::brief;
use super::error::unreadable;
use super::forms::{Form, Sense};
use super::mentions::{Entry, insert, millis, moment};
use super::names::Parts;
use super::words;
use super::writer::Room;

/// What layout 1 wrote of a switch and of a finding.
type OldSwitch = (Option<String>, Option<String>, Status, Stance, Option<Why>);
type OldFinding = (String, Signal, f32, Vec<(usize, usize, Role)>, Vec<Attribute>);

/// What layout 1 wrote of the rare parts of a mention.
#[derive(Default, Deserialize)]
#[serde(default)]
struct OldExtra {
    r: Option<String>,
    p: Option<String>,
    t: Option<String>,
    l: Vec<String>,
    a: Vec<String>,
    k: Kind,
}

/// Layout 1 to 2: mentions, authors, what was heard, the words of the last week, the live cases.
pub(super) fn to_small(room: &Room) -> Result<(), StoreError> {
    room.conn.execute_batch(super::open::LATELY)?;
    for id in numbers(room, "SELECT id FROM old_mention ORDER BY id")? {
        bring_mention(room, id)?;
    }
    authors::merge_all(room)?;
    let mut fingerprints = room.conn.prepare("SELECT fingerprint, mention, day FROM old_words")?;
    let mut rows = fingerprints.query([])?;
    while let Some(row) = rows.next()? {
        let (fingerprint, day): (i64, i64) = (row.get(0)?, row.get(2)?);
        words::remember(room, fingerprint.cast_unsigned(), MentionId(row.get(1)?), moment(day * 24 * 60 * 60 * 1000))?;
    }
    drop(rows);
    for id in numbers(room, "SELECT id FROM cases WHERE author <> ''")? {
        let of = |row: &Row<'_>| Ok((row.get::<_, String>(0)?, row.get::<_, String>(1)?));
        let (network, author) = room.conn.prepare_cached("SELECT network, author FROM cases WHERE id = ?1")?.query_row([id], of)?;
        room.conn.prepare_cached("UPDATE cases SET who = ?2 WHERE id = ?1")?.execute([id, who(&network, &author)])?;
    }
    // Old statements must be gone before their tables.
    room.conn.flush_prepared_statement_cache();
    Ok(room.conn.execute_batch("DROP TABLE old_mention; DROP TABLE old_author; DROP TABLE old_heard; DROP TABLE old_words")?)
}

fn numbers(room: &Room, sql: &str) -> Result<Vec<i64>, StoreError> {
    let mut statement = room.conn.prepare(sql)?;
    Ok(statement.query_map([], |row| row.get(0))?.collect::<Result<_, _>>()?)
}

fn bring_mention(room: &Room, id: i64) -> Result<(), StoreError> {
    let mut statement = room.conn.prepare_cached(
        "SELECT m.network, m.feed, m.decided, m.seen, m.posted, m.native_shape, m.native, m.url_shape, m.url, m.lang, m.text, m.extra,
                m.plain, a.handle, a.name, a.native_id, a.url_shape, a.url
         FROM old_mention m LEFT JOIN old_author a ON a.id = m.author WHERE m.id = ?1",
    )?;
    let mut rows = statement.query([id])?;
    let Some(row) = rows.next()? else { return Ok(()) };
    let mention = old_mention(room, row)?;
    let feed = room.word(row.get(1)?)?;
    let decided = moment(row.get(2)?);
    // The words for it are the same in both layouts.
    let sense: Option<i64> = row.get(12)?;
    let mut watches = bring_heard(room, id, &mention)?;
    if let Some(sense) = sense {
        watches.push(Sense::read(room, sense)?.0);
    }
    if mention.native_id.is_empty() {
        return bring_forgotten(room, id, &feed, &mention, millis(decided), sense);
    }
    let place = insert(room, &Entry { id, feed: &feed, mention: &mention, decided, sense })?;
    watches.iter().try_for_each(|watch| meet(room, place, room.name(watch)?))
}

/// Keeps the place of a forgotten mention. Its key was a hash of what is gone, so it cannot be made anew.
fn bring_forgotten(room: &Room, id: i64, feed: &str, mention: &Mention, decided: i64, sense: Option<i64>) -> Result<(), StoreError> {
    let form = Form { network: mention.network.as_str().into(), feed: Some(feed.into()), native: None, url: None, lang: None };
    room.conn
        .prepare_cached("INSERT INTO mention (id, form, ahead, seen, sense, text) VALUES (?1, ?2, ?3, ?4, ?5, '')")?
        .execute(params![id, form.id(room)?, MentionId(id).millis() - decided, decided - millis(mention.seen), sense])?;
    Ok(())
}

fn old_mention(room: &Room, row: &Row<'_>) -> Result<Mention, StoreError> {
    let shape = |at: usize| -> Result<_, StoreError> { row.get::<_, Option<i64>>(at)?.map(|id| room.word(id)).transpose() };
    let handle: String = row.get::<_, Option<_>>(13)?.unwrap_or_default();
    let native_id: Option<String> = row.get(15)?;
    let account = native_id.clone().unwrap_or_default();
    let author_url = match shape(16)? {
        Some(shape) => Some(Parts::new("", "", &handle, &account).unfold(&shape)),
        None => row.get(17)?,
    };
    let native: String = row.get::<_, Option<_>>(6)?.unwrap_or_default();
    let post = match shape(5)? {
        Some(shape) => Parts::new("", &native, &handle, &account).unfold(&shape),
        None => native,
    };
    let url = match shape(7)? {
        Some(shape) => Some(Parts::new(&post, &post, &handle, &account).unfold(&shape)),
        None => row.get(8)?,
    };
    let seen = row.get::<_, i64>(2)?.saturating_sub(row.get(3)?);
    let mut mention = Mention::new(Network::named(&*room.word(row.get(0)?)?), post, "", moment(seen));
    mention.url = url;
    mention.author = Author { handle, name: row.get(14)?, native_id, url: author_url };
    mention.posted = row.get::<_, Option<i64>>(4)?.map(|before| moment(seen.saturating_sub(before)));
    mention.lang = row.get(9)?;
    mention.text = row.get(10)?;
    if let Some(extra) = row.get::<_, Option<String>>(11)? {
        let extra: OldExtra = serde_json::from_str(&extra).map_err(|_| unreadable("a thread", &extra))?;
        let parent = extra.p.map(|parent| if parent.is_empty() { extra.r.clone().unwrap_or_default() } else { parent });
        mention.thread = Thread { root: extra.r, parent, parent_text: extra.t };
        (mention.links, mention.addressed, mention.kind) = (extra.l, extra.a, extra.k);
    }
    Ok(mention)
}

/// Brings over what was heard, and gives the watches.
fn bring_heard(room: &Room, id: i64, mention: &Mention) -> Result<Vec<String>, StoreError> {
    let mut statement = room.conn.prepare_cached(
        "SELECT watch, reason, priority, primary_word, asks, lang, case_id, repeats, found FROM old_heard WHERE mention = ?1",
    )?;
    let mut rows = statement.query([id])?;
    let mut watches = Vec::new();
    while let Some(row) = rows.next()? {
        let watch = room.word(row.get(0)?)?.to_string();
        let (reason, priority, primary) = (room.word(row.get(1)?)?, room.word(row.get(2)?)?, room.word(row.get(3)?)?);
        let found: Option<String> = row.get(8)?;
        let (switch, findings) = old_found(found.as_deref(), &mention.text)?;
        let hearing = Hearing {
            primary: Primary::parse(&primary).ok_or_else(|| unreadable("the signal", &primary))?,
            asks: row.get(4)?,
            lang: row.get(5)?,
            switch,
            findings,
        };
        let reason = Reason::parse(&reason).ok_or_else(|| unreadable("the reason", &reason))?;
        let priority = Priority::parse(&priority).ok_or_else(|| unreadable("the priority", &priority))?;
        let sense = Sense::of(&watch, &hearing, reason, priority, mention).id(room)?;
        room.conn
            .prepare_cached("INSERT INTO heard (mention, sense, case_id, repeats, found) VALUES (?1, ?2, ?3, ?4, ?5)")?
            .execute(params![id, sense, row.get::<_, Option<i64>>(6)?, row.get::<_, Option<i64>>(7)?, brief::write(room, &hearing)?])?;
        watches.push(watch);
    }
    Ok(watches)
}

fn old_found(found: Option<&str>, text: &str) -> Result<(Option<Switch>, Vec<Finding>), StoreError> {
    let Some(found) = found else { return Ok((None, Vec::new())) };
    let (switch, findings): (Option<OldSwitch>, Vec<OldFinding>) =
        serde_json::from_str(found).map_err(|_| unreadable("a finding", found))?;
    let switch = switch.map(|(left, joined, status, stance, reason)| Switch { left, joined, status, stance, reason });
    let evidence = |(start, end, role)| Evidence { start, end, text: text.get(start..end).unwrap_or_default().to_owned(), role };
    let finding = |(rule, signal, score, marks, attributes): OldFinding| Finding {
        rule,
        signal,
        score,
        evidence: marks.into_iter().map(evidence).collect(),
        attributes,
    };
    Ok((switch, findings.into_iter().map(finding).collect()))
}
