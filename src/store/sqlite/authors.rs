//! Rows of authors, and how often each has named a watch.
//!
//! `met` is both: the way from a handle to its rows, and the counter. So a
//! mention touches one page at a random place, not two.

use rusqlite::params;

use crate::domain::Author;

use super::super::StoreError;
use super::error::unreadable;
use super::forms::{Form, What, shape};
use super::names::Parts;
use super::packed::{pack, unpack};
use super::spot::stable_hash;
use super::writer::Room;

/// Where an author stands: the hash of the handle, and the row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Place {
    pub(super) who: i64,
    pub(super) author: i64,
}

/// 32 bits of a hash of an author; short, as it stands in an index. Whoever looks up compares the handles.
pub(super) fn who(network: &str, handle: &str) -> i64 {
    let hash = stable_hash(handle.as_bytes()) ^ stable_hash(network.as_bytes()).rotate_left(32);
    i64::from(i32::from_be_bytes(hash.to_be_bytes().first_chunk().copied().unwrap_or_default()))
}

/// Gives the rows of an author: one per shown name, so mostly one.
pub(super) fn all(room: &Room, network: &str, handle: &str) -> Result<Vec<Place>, StoreError> {
    let who = who(network, handle);
    let mut places = Vec::new();
    for author in rows(room, who)? {
        if read(room, author)?.is_some_and(|(of, stored)| of == network && stored.handle == handle) {
            places.push(Place { who, author });
        }
    }
    Ok(places)
}

/// Lists the authors under one hash, each once.
fn rows(room: &Room, who: i64) -> Result<Vec<i64>, StoreError> {
    let mut met = room.conn.prepare_cached("SELECT author FROM met WHERE who = ?1 ORDER BY author")?;
    let mut authors = met.query_map([who], |row| row.get(0))?.collect::<Result<Vec<i64>, _>>()?;
    authors.dedup();
    Ok(authors)
}

/// Finds or writes the author's row.
pub(super) fn place(room: &Room, network: &str, author: &Author) -> Result<Place, StoreError> {
    let who = who(network, &author.handle);
    for row in rows(room, who)? {
        if read(room, row)?.is_some_and(|(of, stored)| of == network && stored == *author) {
            return Ok(Place { who, author: row });
        }
    }
    insert(room, network, author).map(|author| Place { who, author })
}

/// Writes a row. It never changes: whoever changes the shown name gets a second one.
fn insert(room: &Room, network: &str, author: &Author) -> Result<i64, StoreError> {
    let handle = author.handle.as_str();
    let account = author.native_id.as_deref();
    let parts = Parts::new("", "", handle, account.unwrap_or_default());
    let url = author.url.as_deref().map(|url| (url, shape(room, network, What::AuthorUrl, url, &parts)));
    let suffix = suffix(room, network, handle);
    let form = Form {
        network: network.into(),
        feed: None,
        native: suffix.map(Into::into),
        url: url.as_ref().and_then(|(_, shape)| shape.as_ref()).map(|(shape, _)| shape.clone()),
        lang: None,
    };
    let rest = url.map(|(url, shape)| shape.map_or(url, |(_, open)| open)).filter(|rest| !rest.is_empty());
    let local = suffix.and_then(|suffix| handle.strip_suffix(suffix)).unwrap_or(handle);
    room.conn.prepare_cached("INSERT INTO author (form, handle, name, account, url) VALUES (?1, ?2, ?3, ?4, ?5)")?.execute(params![
        form.id(room)?,
        local,
        author.name,
        account.map(pack),
        rest.map(pack)
    ])?;
    Ok(room.conn.last_insert_rowid())
}

/// Gives the end of a handle that many share: `.bsky.social`, `@mastodon.social`.
fn suffix<'a>(room: &Room, network: &str, handle: &'a str) -> Option<&'a str> {
    let at = handle.find('@').or_else(|| handle.find('.'))?;
    let suffix = handle.get(at..).filter(|suffix| !suffix.contains(' '))?;
    let key = format!("{network} {suffix}");
    room.names.borrow_mut().repeats(&key).then_some(suffix)
}

/// Reads a row: its network, and the author.
pub(super) fn read(room: &Room, id: i64) -> Result<Option<(String, Author)>, StoreError> {
    let mut statement = room.conn.prepare_cached("SELECT form, handle, name, account, url FROM author WHERE id = ?1")?;
    let mut rows = statement.query([id])?;
    let Some(row) = rows.next()? else { return Ok(None) };
    let form = Form::read(room, row.get(0)?)?;
    let mut handle: String = row.get(1)?;
    handle.push_str(form.native.as_deref().unwrap_or_default());
    let packed = |at: usize| -> Result<Option<String>, StoreError> {
        let bytes: Option<Vec<u8>> = row.get(at)?;
        bytes.map(|bytes| unpack(&bytes).ok_or_else(|| unreadable("the author", &id.to_string()))).transpose()
    };
    let native_id = packed(3)?;
    let open = packed(4)?;
    let parts = Parts::new("", "", &handle, native_id.as_deref().unwrap_or_default());
    let url = match &form.url {
        Some(shape) => Some(parts.open(open.as_deref().unwrap_or_default()).unfold(shape)),
        None => open,
    };
    Ok(Some((form.network.to_string(), Author { name: row.get(2)?, native_id, url, handle })))
}

/// Counts a mention of the watch by this author.
pub(super) fn meet(room: &Room, place: Place, watch: i64) -> Result<(), StoreError> {
    room.conn
        .prepare_cached(
            "INSERT INTO met (who, author, watch, mentions) VALUES (?1, ?2, ?3, 1)
             ON CONFLICT (who, author, watch) DO UPDATE SET mentions = mentions + 1",
        )?
        .execute([place.who, place.author, watch])?;
    Ok(())
}

/// Takes mentions of watches back; an author of whom nothing is left goes too.
pub(super) fn part(room: &Room, place: Place, watches: &[i64]) -> Result<(), StoreError> {
    let Place { who, author } = place;
    for &watch in watches {
        room.conn
            .prepare_cached("UPDATE met SET mentions = mentions - 1 WHERE who = ?1 AND author = ?2 AND watch = ?3")?
            .execute([who, author, watch])?;
    }
    room.conn.prepare_cached("DELETE FROM met WHERE who = ?1 AND author = ?2 AND mentions <= 0")?.execute([who, author])?;
    room.conn
        .prepare_cached("DELETE FROM author WHERE id = ?2 AND NOT EXISTS (SELECT 1 FROM met WHERE who = ?1 AND author = ?2)")?
        .execute([who, author])?;
    Ok(())
}

/// Mentions of a watch by an author, over all names the author has shown.
pub(super) fn mentions_before(room: &Room, network: &str, handle: &str, watch: i64) -> Result<u32, StoreError> {
    let mut met = room.conn.prepare_cached("SELECT author, mentions FROM met WHERE who = ?1 AND watch = ?2")?;
    let rows = met.query_map([who(network, handle), watch], |row| Ok((row.get(0)?, row.get(1)?)))?;
    let mut sum = 0_u32;
    for (author, mentions) in rows.collect::<Result<Vec<(i64, u32)>, _>>()? {
        if read(room, author)?.is_some_and(|(of, stored)| of == network && stored.handle == handle) {
            sum = sum.saturating_add(mentions);
        }
    }
    Ok(sum)
}
