//! Rows of authors, and how often each has named a watch.
//!
//! `met` is both: the way from a handle to its rows, and the counter. So a
//! mention looks at one page at a random place, not two, and writes none: what
//! is new gathers in `met_lately`, which is small, and is merged in the order of
//! keys once there is enough of it. A question is asked of both tables.

use rusqlite::params;

use crate::domain::Author;

use super::super::StoreError;
use super::error::unreadable;
use super::forms::{Form, What, shape};
use super::mentions::one;
use super::names::Parts;
use super::packed::{pack, unpack};
use super::spot::stable_hash;
use super::writer::Room;

/// New rows that are gathered before they are merged: so many that a page of `met` takes several, few enough for a short pause.
pub(super) const GATHERED: usize = 32_768;

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
    let mut authors = rows_of(room, LATELY, who)?;
    authors.extend(rows_of(room, MERGED, who)?);
    authors.sort_unstable();
    authors.dedup();
    Ok(authors)
}

const LATELY: &str = "SELECT author FROM met_lately WHERE who = ?1";
const MERGED: &str = "SELECT author FROM met WHERE who = ?1";

fn rows_of(room: &Room, sql: &str, who: i64) -> Result<Vec<i64>, StoreError> {
    let mut met = room.conn.prepare_cached(sql)?;
    Ok(met.query_map([who], |row| row.get(0))?.collect::<Result<_, _>>()?)
}

/// Finds or writes the author's row.
pub(super) fn place(room: &Room, network: &str, author: &Author) -> Result<Place, StoreError> {
    let who = who(network, &author.handle);
    // Whoever was met lately is found without a look at the large table.
    for sql in [LATELY, MERGED] {
        let mut rows = rows_of(room, sql, who)?;
        rows.dedup();
        for row in rows {
            if read(room, row)?.is_some_and(|(of, stored)| of == network && stored == *author) {
                return Ok(Place { who, author: row });
            }
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
            "INSERT INTO met_lately (who, author, watch, mentions) VALUES (?1, ?2, ?3, 1)
             ON CONFLICT (who, author, watch) DO UPDATE SET mentions = mentions + 1",
        )?
        .execute([place.who, place.author, watch])?;
    room.lately.set(room.lately.get().map(|rows| rows + 1));
    Ok(())
}

/// Merges what was gathered, once there are `most` rows; part of the transaction that gathered it.
pub(super) fn merge_if_many(room: &Room, most: usize) -> Result<(), StoreError> {
    let gathered = match room.lately.get() {
        Some(gathered) => gathered,
        // After a start, or a rollback. Rows of other processes are not counted, but merged with ours.
        None => usize::try_from(one::<i64>(room, "SELECT count(*) FROM met_lately", [])?.unwrap_or(0)).unwrap_or(usize::MAX),
    };
    room.lately.set(Some(gathered));
    if gathered >= most {
        merge(room, "", [])?;
        room.lately.set(Some(0));
    }
    Ok(())
}

/// Adds gathered rows to those merged before, in the order of keys, and takes them out of the small table.
fn merge(room: &Room, of: &str, values: impl rusqlite::Params + Copy) -> Result<(), StoreError> {
    room.conn
        .prepare_cached(&format!(
            "INSERT INTO met SELECT who, author, watch, mentions FROM met_lately WHERE true {of} ORDER BY who, author, watch
             ON CONFLICT (who, author, watch) DO UPDATE SET mentions = mentions + excluded.mentions"
        ))?
        .execute(values)?;
    // Without a condition all pages go at once.
    let of = of.strip_prefix("AND").map(|of| format!(" WHERE {of}")).unwrap_or_default();
    room.conn.prepare_cached(&format!("DELETE FROM met_lately{of}"))?.execute(values)?;
    Ok(())
}

/// Takes mentions of watches back; an author of whom nothing is left goes too.
pub(super) fn part(room: &Room, place: Place, watches: &[i64]) -> Result<(), StoreError> {
    let Place { who, author } = place;
    merge(room, "AND who = ?1 AND author = ?2", [who, author])?;
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
    let mut met = room.conn.prepare_cached(
        "SELECT author, mentions FROM met WHERE who = ?1 AND watch = ?2
         UNION ALL SELECT author, mentions FROM met_lately WHERE who = ?1 AND watch = ?2",
    )?;
    let rows = met.query_map([who(network, handle), watch], |row| Ok((row.get(0)?, row.get(1)?)))?;
    let mut sum = 0_u32;
    for (author, mentions) in rows.collect::<Result<Vec<(i64, u32)>, _>>()? {
        if read(room, author)?.is_some_and(|(of, stored)| of == network && stored.handle == handle) {
            sum = sum.saturating_add(mentions);
        }
    }
    Ok(sum)
}

#[cfg(test)]
mod tests {
    use super::super::open::{Options, memory};
    use super::*;

    fn count(room: &Room, table: &str) -> i64 {
        one(room, &format!("SELECT count(*) FROM {table}"), []).expect("reads").expect("a row")
    }

    fn kim() -> Author {
        Author { handle: "kim.bsky.social".into(), name: Some("Kim".into()), ..Author::default() }
    }

    fn before(room: &Room) -> [u32; 2] {
        [1, 2].map(|watch| mentions_before(room, "bluesky", "kim.bsky.social", watch).expect("reads"))
    }

    #[test]
    fn a_merge_changes_no_answer() {
        let room = memory(&Options::new("")).expect("opens");
        let place = place(&room, "bluesky", &kim()).expect("places");
        for watch in [1, 1, 2] {
            meet(&room, place, watch).expect("meets");
            merge_if_many(&room, usize::MAX).expect("looks");
        }
        assert_eq!((before(&room), count(&room, "met")), ([2, 1], 0), "only gathered");
        merge_if_many(&room, 2).expect("merges");
        assert_eq!((before(&room), count(&room, "met"), count(&room, "met_lately")), ([2, 1], 2, 0));
        assert_eq!(super::place(&room, "bluesky", &kim()).expect("places"), place, "nobody is written twice");
        meet(&room, place, 1).expect("meets");
        assert_eq!(all(&room, "bluesky", "kim.bsky.social").expect("lists"), [place], "in both tables, once");
        assert_eq!(before(&room), [3, 1], "half of it merged");
        merge_if_many(&room, 1).expect("merges");
        assert_eq!((before(&room), count(&room, "met")), ([3, 1], 2));
    }

    #[test]
    fn who_leaves_is_gone_from_both_tables() {
        let room = memory(&Options::new("")).expect("opens");
        let place = place(&room, "bluesky", &kim()).expect("places");
        meet(&room, place, 1).expect("meets");
        merge_if_many(&room, 1).expect("merges");
        meet(&room, place, 1).expect("meets");
        part(&room, place, &[1]).expect("parts");
        assert_eq!(before(&room), [1, 0]);
        part(&room, place, &[1]).expect("parts");
        assert_eq!([count(&room, "met"), count(&room, "met_lately"), count(&room, "author")], [0; 3]);
    }

    #[test]
    fn a_start_counts_what_the_last_one_gathered() {
        let room = memory(&Options::new("")).expect("opens");
        let place = place(&room, "bluesky", &kim()).expect("places");
        for watch in 1..=3 {
            meet(&room, place, watch).expect("meets");
        }
        // As after a start or a rollback: nothing is known of the table.
        room.lately.set(None);
        merge_if_many(&room, 3).expect("merges");
        assert_eq!(count(&room, "met_lately"), 0);
    }
}
