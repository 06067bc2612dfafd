//! Rows of mentions and of what was heard in them.

use std::sync::Arc;

use jiff::Timestamp;
use rusqlite::{OptionalExtension, params};

use crate::domain::{CaseId, Hearing, Mention, MentionId, Network, Priority, Reason};

use super::super::{Decided, StoreError, StoredMention};
use super::authors::{self, Place};
use super::brief;
use super::error::unreadable;
use super::forms::{Form, Sense, What, is_usual, shape};
use super::names::Parts;
use super::packed::{pack, unpack};
use super::spot::{spot, tail};
use super::writer::Room;

/// Milliseconds since 1970.
pub(super) fn millis(at: Timestamp) -> i64 {
    at.as_millisecond()
}

/// The moment of a number of milliseconds since 1970; the nearest there is for a damaged one.
pub(super) fn moment(millis: i64) -> Timestamp {
    Timestamp::from_millisecond(millis).unwrap_or(if millis < 0 { Timestamp::MIN } else { Timestamp::MAX })
}

/// SQL for the moment a row of `mention` was decided, in milliseconds since 1970: ids carry it, give or take.
pub(super) fn decided_sql() -> String {
    let zero = MentionId(0).millis();
    let MentionId(one) = MentionId::first_of(zero + 1);
    format!("(id / {one} + {zero} - ahead)")
}

/// A row to write.
pub(super) struct Entry<'a> {
    pub(super) id: i64,
    pub(super) feed: &'a str,
    pub(super) mention: &'a Mention,
    pub(super) decided: Timestamp,
    /// What was heard for its first watch, when that is nothing in particular.
    pub(super) sense: Option<i64>,
}

/// Writes a mention that is not known yet; gives its author's place.
pub(super) fn insert(room: &Room, entry: &Entry<'_>) -> Result<Place, StoreError> {
    let mention = entry.mention;
    let author = &mention.author;
    let network = mention.network.as_str();
    let place = authors::place(room, network, author)?;
    let (handle, account) = (author.handle.as_str(), author.native_id.as_deref().unwrap_or_default());
    let native_id = mention.native_id.as_str();
    let native = shape(room, network, What::Native, native_id, &Parts::new("", native_id, handle, account));
    let url =
        mention.url.as_deref().map(|url| (url, shape(room, network, What::Url, url, &Parts::new(native_id, native_id, handle, account))));
    let (url_form, url_rest) = match url {
        Some((_, Some((form, open)))) => (Some(form), Some(open).filter(|open| !open.is_empty())),
        Some((url, None)) => (None, Some(url)),
        None => (None, None),
    };
    let native_rest = match &native {
        Some((_, "")) => tail(native_id),
        Some((_, open)) => open,
        None => native_id,
    };
    let form = Form {
        network: network.into(),
        feed: Some(entry.feed.into()),
        native: native.as_ref().map(|(form, _)| Arc::clone(form)),
        url: url_form,
        lang: mention.lang.as_deref().filter(|lang| is_usual(lang)).map(Into::into),
    };
    let seen = millis(mention.seen);
    room.conn
        .prepare_cached(
            "INSERT INTO mention (id, form, author, ahead, seen, posted, native, url, sense, text, extra)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)",
        )?
        .execute(params![
            entry.id,
            form.id(room)?,
            place.author,
            MentionId(entry.id).millis() - millis(entry.decided),
            millis(entry.decided) - seen,
            mention.posted.map(|posted| seen - millis(posted)),
            pack(native_rest),
            url_rest.map(pack),
            entry.sense,
            mention.text,
            brief::write_extra(mention),
        ])?;
    let mut put = room.conn.prepare_cached("INSERT OR IGNORE INTO spot (key, mention) VALUES (?1, ?2)")?;
    let key = spot(native_id);
    put.execute([key, entry.id])?;
    if let Some(second) = mention.url.as_deref().map(spot).filter(|&second| second != key) {
        put.execute([second, entry.id])?;
    }
    Ok(place)
}

/// Finds a stored mention by its identity. A forgotten one is known by its key alone, so that it does not come back.
pub(super) fn find(room: &Room, network: &str, native_id: &str) -> Result<Option<i64>, StoreError> {
    for id in keys(room, spot(native_id))? {
        if let Some((_, stored, _)) = load_mention(room, id)?
            && stored.network.as_str() == network
            && (stored.native_id.is_empty() || stored.native_id == native_id)
        {
            return Ok(Some(id));
        }
    }
    Ok(None)
}

/// Finds a stored mention by its URL.
pub(super) fn find_url(room: &Room, url: &str) -> Result<Option<i64>, StoreError> {
    for id in keys(room, spot(url))? {
        if load_mention(room, id)?.is_some_and(|(_, stored, _)| stored.url.as_deref() == Some(url)) {
            return Ok(Some(id));
        }
    }
    Ok(None)
}

fn keys(room: &Room, key: i64) -> Result<Vec<i64>, StoreError> {
    let mut keys = room.conn.prepare_cached("SELECT mention FROM spot WHERE key = ?1")?;
    let ids = keys.query_map([key], |row| row.get(0))?;
    Ok(ids.collect::<Result<_, _>>()?)
}

/// Reads a mention: its feed, itself, and when it was decided.
pub(super) fn load_mention(room: &Room, id: i64) -> Result<Option<(String, Mention, Timestamp)>, StoreError> {
    let mut statement =
        room.conn.prepare_cached("SELECT form, author, ahead, seen, posted, native, url, text, extra FROM mention WHERE id = ?1")?;
    let mut rows = statement.query([id])?;
    let Some(row) = rows.next()? else { return Ok(None) };
    let form = Form::read(room, row.get(0)?)?;
    let decided = MentionId(id).millis().saturating_sub(row.get(2)?);
    let seen = decided.saturating_sub(row.get(3)?);
    let author = row.get::<_, Option<i64>>(1)?.map(|author| authors::read(room, author)).transpose()?.flatten();
    let author = author.map(|(_, author)| author).unwrap_or_default();
    let packed = |at: usize| -> Result<Option<String>, StoreError> {
        let bytes = row.get_ref(at)?.as_blob_or_null().map_err(|_| unreadable("the mention", &MentionId(id).to_string()))?;
        bytes.map(|bytes| unpack(bytes).ok_or_else(|| unreadable("the mention", &MentionId(id).to_string()))).transpose()
    };
    let (handle, account) = (author.handle.as_str(), author.native_id.as_deref().unwrap_or_default());
    let native = packed(5)?.unwrap_or_default();
    let native_id = match &form.native {
        Some(shape) => Parts::new("", &native, handle, account).open(&native).unfold(shape),
        None => native,
    };
    let open = packed(6)?;
    let url = match &form.url {
        Some(shape) => Some(Parts::new(&native_id, &native_id, handle, account).open(open.as_deref().unwrap_or_default()).unfold(shape)),
        None => open,
    };
    let mut mention = Mention::new(Network::named(&*form.network), native_id, "", moment(seen));
    mention.url = url;
    mention.author = author;
    mention.posted = row.get::<_, Option<i64>>(4)?.map(|before| moment(seen.saturating_sub(before)));
    mention.lang = form.lang.as_deref().map(str::to_owned);
    mention.text = row.get(7)?;
    let extra = row.get_ref(8)?.as_blob_or_null().map_err(|_| unreadable("the mention", &MentionId(id).to_string()))?;
    brief::read_extra(extra, &mut mention)?;
    Ok(Some((form.feed.as_deref().unwrap_or_default().to_owned(), mention, moment(decided))))
}

/// What was heard of one mention for one watch.
pub(super) struct Heard {
    pub(super) watch: String,
    pub(super) hearing: Hearing,
    pub(super) reason: Reason,
    pub(super) priority: Priority,
    pub(super) case: Option<CaseId>,
}

/// Gives what was heard for a watch as one number, when it is nothing in particular.
pub(super) fn plain(room: &Room, decided: &Decided) -> Result<Option<i64>, StoreError> {
    let (hearing, decision) = (&decided.hearing, &decided.decision);
    let particular = hearing.switch.is_some()
        || !hearing.findings.is_empty()
        || decided.case.is_some()
        || decision.case.is_some()
        || decision.repeats.is_some()
        || decided.alert.is_some();
    if particular {
        Ok(None)
    } else {
        Sense::of(&decided.watch, hearing, decision.reason, decision.priority, &decided.mention).id(room).map(Some)
    }
}

/// Writes what was heard for one watch.
pub(super) fn insert_heard(room: &Room, decided: &Decided, case: Option<i64>) -> Result<(), StoreError> {
    let sense =
        Sense::of(&decided.watch, &decided.hearing, decided.decision.reason, decided.decision.priority, &decided.mention).id(room)?;
    room.conn.prepare_cached("INSERT INTO heard (mention, sense, case_id, repeats, found) VALUES (?1, ?2, ?3, ?4, ?5)")?.execute(
        params![decided.mention_id.0, sense, case, decided.decision.repeats.map(|id| id.0), brief::write(room, &decided.hearing)?,],
    )?;
    Ok(())
}

/// Reads what was heard of a mention for each watch, with the words of its text.
pub(super) fn load_heard(room: &Room, id: i64, mention: &Mention) -> Result<Vec<Heard>, StoreError> {
    let mut heard = Vec::new();
    let mut add = |sense: i64, found: Option<&[u8]>, case: Option<i64>| -> Result<(), StoreError> {
        let sense = Sense::read(room, sense)?;
        let mut hearing = sense.hearing(mention);
        (hearing.switch, hearing.findings) = brief::read(room, found, &mention.text)?;
        heard.push(Heard { watch: sense.0, hearing, reason: sense.1, priority: sense.2, case: case.map(CaseId) });
        Ok(())
    };
    if let Some(sense) = one::<Option<i64>>(room, "SELECT sense FROM mention WHERE id = ?1", [id])?.flatten() {
        add(sense, None, None)?;
    }
    let mut statement = room.conn.prepare_cached("SELECT sense, found, case_id FROM heard WHERE mention = ?1")?;
    let mut rows = statement.query([id])?;
    while let Some(row) = rows.next()? {
        let found = row.get_ref(1)?.as_blob_or_null().map_err(|_| unreadable("a finding", "?"))?;
        add(row.get(0)?, found, row.get(2)?)?;
    }
    Ok(heard)
}

/// Reads a mention with all that was heard in it.
pub(super) fn load(room: &Room, id: i64) -> Result<Option<StoredMention>, StoreError> {
    let Some((feed, mention, decided)) = load_mention(room, id)? else { return Ok(None) };
    let heard = load_heard(room, id, &mention)?;
    let heard = heard.into_iter().map(|h| (h.watch, h.hearing, h.reason, h.case)).collect();
    Ok(Some(StoredMention { id: MentionId(id), feed, mention, heard, decided }))
}

/// Finds a stored mention by its name, its URL or, failing both, its native id.
pub(super) fn look_up(room: &Room, text: &str) -> Result<Option<StoredMention>, StoreError> {
    if let Ok(id) = text.parse::<MentionId>() {
        return load(room, id.0);
    }
    if let Some(id) = find_url(room, text)? {
        return load(room, id);
    }
    for id in keys(room, spot(text))? {
        if let Some(stored) = load(room, id)?
            && stored.mention.native_id == text
        {
            return Ok(Some(stored));
        }
    }
    Ok(None)
}

/// Lists mentions decided since then, the oldest first.
pub(super) fn list(room: &Room, since: i64, after: i64, most: usize) -> Result<Vec<StoredMention>, StoreError> {
    let sql = format!("SELECT id FROM mention WHERE id > ?1 AND {} >= ?2 ORDER BY id LIMIT ?3", decided_sql());
    let mut statement = room.conn.prepare_cached(&sql)?;
    let most = i64::try_from(most).unwrap_or(i64::MAX);
    let ids = statement.query_map([after, since, most], |row| row.get(0))?.collect::<Result<Vec<i64>, _>>()?;
    let mut found = Vec::with_capacity(ids.len());
    for id in ids {
        found.extend(load(room, id)?);
    }
    Ok(found)
}

/// Reads the first row of a statement, if there is one.
pub(super) fn one<T: rusqlite::types::FromSql>(room: &Room, sql: &str, values: impl rusqlite::Params) -> Result<Option<T>, StoreError> {
    Ok(room.conn.prepare_cached(sql)?.query_row(values, |row| row.get(0)).optional()?)
}
