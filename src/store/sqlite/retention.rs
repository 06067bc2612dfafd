//! Forgets: deleted posts, authors who ask for it, what is older than agreed.
//!
//! What stays of a forgotten mention is a number: the key by which it is
//! recognised, so that a page that comes again does not bring it back, and the
//! counts of reports. Name, words, link, draft and evidence are gone.

use rusqlite::params;

use crate::domain::{Account, MentionId};

use super::super::{Forgotten, Purge, StoreError};
use super::authors::{self, Place, who};
use super::forms::Form;
use super::mentions::{decided_sql, load_heard, load_mention, millis, one};
use super::walk::SLACK_MS;
use super::words;
use super::writer::Room;

/// Redacts a mention wholly: words and author gone, deliveries that wait dropped.
pub(super) fn redact(room: &Room, id: i64) -> Result<u64, StoreError> {
    blank_text(room, id)?;
    blank_author(room, id)?;
    let dropped = room
        .conn
        .prepare_cached(
            "UPDATE delivery SET state = 'dropped'
             WHERE alert IN (SELECT id FROM alert WHERE mention = ?1) AND state IN ('pending', 'claimed', 'dead')",
        )?
        .execute([id])?;
    room.conn
        .prepare_cached(
            "UPDATE cases SET author = '', who = NULL WHERE id IN (SELECT case_id FROM heard WHERE mention = ?1) AND NOT EXISTS
             (SELECT 1 FROM heard h JOIN mention m ON m.id = h.mention WHERE h.case_id = cases.id AND m.author IS NOT NULL)",
        )?
        .execute([id])?;
    Ok(u64::try_from(dropped).unwrap_or_default())
}

/// Takes the words of a mention, and all that quotes them.
fn blank_text(room: &Room, id: i64) -> Result<(), StoreError> {
    if let Some((_, _, decided)) = load_mention(room, id)? {
        words::forget(room, id, decided)?;
    }
    room.conn.prepare_cached("UPDATE mention SET text = '', extra = NULL WHERE id = ?1")?.execute([id])?;
    room.conn.prepare_cached("UPDATE heard SET found = NULL WHERE mention = ?1")?.execute([id])?;
    room.conn.prepare_cached("UPDATE alert SET draft = NULL WHERE mention = ?1")?.execute([id])?;
    Ok(())
}

/// Takes the author of a mention and the links that name one; an author of whom nothing is left goes too.
fn blank_author(room: &Room, id: i64) -> Result<(), StoreError> {
    let Some(author) = one::<Option<i64>>(room, "SELECT author FROM mention WHERE id = ?1", [id])?.flatten() else { return Ok(()) };
    let Some((_, mention, _)) = load_mention(room, id)? else { return Ok(()) };
    let watches = load_heard(room, id, &mention)?.iter().map(|heard| room.name(&heard.watch)).collect::<Result<Vec<_>, _>>()?;
    let form =
        Form { native: None, url: None, ..Form::read(room, one(room, "SELECT form FROM mention WHERE id = ?1", [id])?.unwrap_or(0))? };
    room.conn
        .prepare_cached("UPDATE mention SET form = ?2, author = NULL, native = NULL, url = NULL WHERE id = ?1")?
        .execute([id, form.id(room)?])?;
    let place = Place { who: who(mention.network.as_str(), &mention.author.handle), author };
    authors::part(room, place, &watches)
}

/// Forgets everything of an author.
pub(super) fn forget(room: &Room, account: &Account) -> Result<Forgotten, StoreError> {
    room.busy.set(true);
    let mut done = Forgotten::default();
    let network = account.network.as_str();
    let cases = room
        .conn
        .prepare_cached("UPDATE cases SET author = '', who = NULL WHERE network = ?1 AND author = ?2")?
        .execute([network, account.handle.as_str()])?;
    done.cases = u64::try_from(cases).unwrap_or_default();
    for Place { author, .. } in authors::all(room, network, &account.handle)? {
        // Seldom asked for, so a look through the table is cheaper than an index for every insert.
        let mut statement = room.conn.prepare_cached("SELECT id FROM mention WHERE author = ?1")?;
        let ids = statement.query_map([author], |row| row.get(0))?.collect::<Result<Vec<i64>, _>>()?;
        for id in ids {
            done.deliveries += redact(room, id)?;
            done.texts += 1;
            done.authors += 1;
        }
    }
    Ok(done)
}

/// Blanks words and authors that are older than agreed, at most so many mentions; all counts 0 means done.
pub(super) fn purge(room: &Room, purge: &Purge) -> Result<Forgotten, StoreError> {
    room.busy.set(true);
    let mut done = Forgotten::default();
    if let Some(before) = purge.text_before {
        for id in older(room, "text", "text <> ''", millis(before), purge.most)? {
            blank_text(room, id)?;
            done.texts += 1;
        }
    }
    if let Some(before) = purge.author_before {
        for id in older(room, "author", "author IS NOT NULL", millis(before), purge.most)? {
            blank_author(room, id)?;
            done.authors += 1;
        }
        // A look through all cases: once, when the mentions are done.
        if done.authors == 0 {
            let mut blank = room.conn.prepare_cached("UPDATE cases SET author = '', who = NULL WHERE touched < ?1 AND author <> ''")?;
            done.cases = u64::try_from(blank.execute([millis(before)])?).unwrap_or_default();
        }
    }
    Ok(done)
}

/// Lists the oldest mentions that still have something, from where the last purge ended.
fn older(room: &Room, what: &str, has: &str, before: i64, most: usize) -> Result<Vec<i64>, StoreError> {
    let key = format!("purged.{what}");
    let from: i64 = one(room, "SELECT value FROM tally WHERE key = ?1", [&key])?.unwrap_or(0);
    // Ids rise with time: the look ends a day after the moment, not at the end of the table.
    let last = MentionId::first_of(before.saturating_add(SLACK_MS)).0;
    let sql = format!("SELECT id FROM mention WHERE id > ?1 AND id < ?4 AND {} < ?2 AND {has} ORDER BY id LIMIT ?3", decided_sql());
    let mut statement = room.conn.prepare_cached(&sql)?;
    let most = i64::try_from(most).unwrap_or(i64::MAX);
    let ids = statement.query_map(params![from, before, most, last], |row| row.get(0))?.collect::<Result<Vec<i64>, _>>()?;
    if let Some(last) = ids.last() {
        room.conn.prepare_cached("INSERT OR REPLACE INTO tally (key, value) VALUES (?1, ?2)")?.execute(params![key, last])?;
    }
    Ok(ids)
}
