//! Rows of authors, and how often each has named a watch.
//!
//! `met` is both: the way from a handle to its rows, and the counter. So a
//! mention looks at one page at a random place, not two, and writes none: what
//! is new gathers in `met_lately`, which is small, and is merged in the order of
//! keys, a slice of them at a time. A question is asked of both tables, unless
//! what the writer holds in memory answers it (`faces`, `strangers`).

use rusqlite::params;

use crate::domain::Author;

use super::super::StoreError;
use super::error::unreadable;
use super::forms::{Form, What, shape};
use super::names::Parts;
use super::packed::{pack, unpack};
use super::spot::stable_hash;
use super::strangers::{SLICES, bounds};
use super::writer::Room;

/// Mentions after which the next slice of `met_lately` is merged. When its turn comes again, each page of `met` takes
/// several rows at once: at a million authors these are 31 pages and some thousand rows, a pause of a millisecond or two.
const SLICE_MENTIONS: i64 = 256;

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
    let shown = room.faces.borrow().shown(network, author);
    if let Some(row) = room.faces.borrow_mut().row(shown) {
        return Ok(Place { who, author: row });
    }
    // Whoever was met lately is found without a look at the large table.
    let tables: &[&str] = if room.strangers.borrow().is_stranger(who) { &[] } else { &[LATELY, MERGED] };
    for sql in tables {
        let mut rows = rows_of(room, sql, who)?;
        rows.dedup();
        for row in rows {
            if read(room, row)?.is_some_and(|(of, stored)| of == network && stored == *author) {
                room.faces.borrow_mut().remember(shown, row);
                return Ok(Place { who, author: row });
            }
        }
    }
    let row = insert(room, network, author)?;
    room.faces.borrow_mut().welcome(shown, row);
    Ok(Place { who, author: row })
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
    room.strangers.borrow_mut().met(place.who);
    Ok(())
}

/// Merges the slices whose turn has come, now that there are `mentions`, of which `new` came with this transaction.
pub(super) fn merge_in_turn(room: &Room, mentions: i64, new: i64) -> Result<(), StoreError> {
    for turn in (mentions - new) / SLICE_MENTIONS..mentions / SLICE_MENTIONS {
        let slice = usize::try_from(turn).unwrap_or_default() % SLICES;
        merge(room, "AND who >= ?1 AND who < ?2", bounds(slice))?;
        if room.strangers.borrow().wants(slice) {
            let mut all = room.conn.prepare_cached("SELECT DISTINCT who FROM met WHERE who >= ?1 AND who < ?2")?;
            let all = all.query_map(bounds(slice), |row| row.get(0))?.collect::<Result<Vec<i64>, _>>()?;
            room.strangers.borrow_mut().learn(slice, &all);
        }
    }
    Ok(())
}

/// Merges all that was gathered, as after many rows at once.
pub(super) fn merge_all(room: &Room) -> Result<(), StoreError> {
    merge(room, "", [])
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
    room.faces.borrow_mut().clear();
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
    use super::super::mentions::one;
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

    /// As many mentions as bring each slice its turn once.
    const ROUND: i64 = SLICE_MENTIONS * 128;

    #[test]
    fn a_merge_changes_no_answer() {
        let room = memory(&Options::new("")).expect("opens");
        let place = place(&room, "bluesky", &kim()).expect("places");
        for watch in [1, 1, 2] {
            meet(&room, place, watch).expect("meets");
        }
        merge_in_turn(&room, SLICE_MENTIONS - 1, 3).expect("looks");
        assert_eq!((before(&room), count(&room, "met")), ([2, 1], 0), "only gathered");
        merge_in_turn(&room, ROUND, ROUND).expect("merges");
        assert_eq!((before(&room), count(&room, "met"), count(&room, "met_lately")), ([2, 1], 2, 0));
        assert_eq!(super::place(&room, "bluesky", &kim()).expect("places"), place, "nobody is written twice");
        meet(&room, place, 1).expect("meets");
        assert_eq!(all(&room, "bluesky", "kim.bsky.social").expect("lists"), [place], "in both tables, once");
        assert_eq!(before(&room), [3, 1], "half of it merged");
        merge_all(&room).expect("merges");
        assert_eq!((before(&room), count(&room, "met")), ([3, 1], 2));
    }

    #[test]
    fn every_slice_has_its_turn() {
        let room = memory(&Options::new("")).expect("opens");
        for n in 0..2_000 {
            let author = Author { handle: format!("kim{n}"), ..Author::default() };
            let place = place(&room, "bluesky", &author).expect("places");
            meet(&room, place, 1).expect("meets");
        }
        let mut left = count(&room, "met_lately");
        for turn in 1..=128 {
            // In steps that do not fit the turns.
            merge_in_turn(&room, turn * SLICE_MENTIONS - 500, 700).expect("looks");
            merge_in_turn(&room, turn * SLICE_MENTIONS - 500 + 324, 324).expect("looks");
            let now = count(&room, "met_lately");
            assert!(left - now < 60, "{turn}: a slice is a small part");
            left = now;
        }
        merge_in_turn(&room, 128 * SLICE_MENTIONS, 176).expect("merges the last");
        assert_eq!((count(&room, "met_lately"), count(&room, "met")), (0, 2_000));
    }

    /// What is in memory must say the same as the tables: with everybody known, with nobody, and after a rollback.
    #[test]
    fn an_author_is_written_once_whatever_is_remembered() {
        let room = memory(&Options::new("")).expect("opens");
        let author = |n: i64| Author { handle: format!("kim{n}"), name: Some("Kim".into()), ..Author::default() };
        let come = |n: i64| {
            let place = place(&room, "bluesky", &author(n)).expect("places");
            meet(&room, place, 1).expect("meets");
            place
        };
        let first: Vec<Place> = (0..500).map(come).collect();
        merge_in_turn(&room, ROUND, ROUND).expect("merges");
        assert!((0..SLICES).all(|slice| !room.strangers.borrow().wants(slice)), "every slice was looked through");
        assert_eq!((0..500).map(come).collect::<Vec<_>>(), first, "from memory");
        room.faces.borrow_mut().clear();
        assert_eq!((0..500).map(come).collect::<Vec<_>>(), first, "by the filters and the tables");
        room.strangers.borrow_mut().clear();
        room.faces.borrow_mut().clear();
        assert_eq!((0..500).map(come).collect::<Vec<_>>(), first, "by the tables alone");
        let renamed = Author { name: Some("K.".into()), ..author(7) };
        assert_ne!(place(&room, "bluesky", &renamed).expect("places").author, first[7].author, "a new name is a new row");
        assert_eq!(count(&room, "author"), 501);
    }

    #[test]
    fn who_leaves_is_gone_from_both_tables() {
        let room = memory(&Options::new("")).expect("opens");
        let place = place(&room, "bluesky", &kim()).expect("places");
        meet(&room, place, 1).expect("meets");
        merge_all(&room).expect("merges");
        meet(&room, place, 1).expect("meets");
        part(&room, place, &[1]).expect("parts");
        assert_eq!(before(&room), [1, 0]);
        part(&room, place, &[1]).expect("parts");
        assert_eq!([count(&room, "met"), count(&room, "met_lately"), count(&room, "author")], [0; 3]);
        let again = super::place(&room, "bluesky", &kim()).expect("places");
        assert!(read(&room, again.author).expect("reads").is_some(), "the row that went is not remembered");
    }
}
