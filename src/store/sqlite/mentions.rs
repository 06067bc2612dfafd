//! Rows of mentions and of what was heard in them.

use jiff::Timestamp;
use rusqlite::{OptionalExtension, Row, params};
use serde::{Deserialize, Serialize};

use crate::domain::{Author, CaseId, Hearing, Mention, MentionId, Network, Primary, Priority, Reason};

use super::super::{Decided, StoreError, StoredMention};
use super::brief::{self, Extra};
use super::error::unreadable;
use super::names::Parts;
use super::spot::{neighbours, spot, stable_hash};
use super::writer::Room;

/// The most rows that are compared for one URL; an orderly key seldom has two.
const NEIGHBOURS: i64 = 32;

/// Milliseconds since 1970.
pub(super) fn millis(at: Timestamp) -> i64 {
    at.as_millisecond()
}

/// The moment of a number of milliseconds since 1970; the nearest there is for a damaged one.
pub(super) fn moment(millis: i64) -> Timestamp {
    Timestamp::from_millisecond(millis).unwrap_or(if millis < 0 { Timestamp::MIN } else { Timestamp::MAX })
}

/// 48 bits of a hash of an author; short, as it stands in an index.
pub(super) fn who(network: i64, handle: &str) -> i64 {
    let hash = stable_hash(handle.as_bytes()) ^ stable_hash(&network.to_le_bytes());
    (hash >> 16).cast_signed()
}

/// Gives the rows of an author: one per shown name, so mostly one.
pub(super) fn authors(room: &Room, network: &str, handle: &str) -> Result<Vec<i64>, StoreError> {
    let Some(network) = room.known_name(network)? else { return Ok(Vec::new()) };
    let mut found = room.conn.prepare_cached("SELECT id FROM author WHERE who = ?1 AND network = ?2 AND handle = ?3")?;
    let ids = found.query_map(params![who(network, handle), network, handle], |row| row.get(0))?;
    Ok(ids.collect::<Result<_, _>>()?)
}

/// Writes a mention that is not known yet; says whether its row also holds what was heard for its watch.
pub(super) fn insert(room: &Room, decided: &Decided) -> Result<bool, StoreError> {
    let mention = &decided.mention;
    let author = &mention.author;
    let (handle, account) = (author.handle.as_str(), author.native_id.as_deref().unwrap_or_default());
    let network = room.name(mention.network.as_str())?;
    let author_id = author_id(room, network, author)?;
    let parts = Parts::new("", &mention.native_id, handle, account);
    let native_shape = shape(room, &mention.native_id, &parts)?;
    let native = if native_shape.is_some() { super::spot::tail(&mention.native_id) } else { &mention.native_id };
    let parts = Parts::new(&mention.native_id, &mention.native_id, handle, account);
    let url_shape = mention.url.as_deref().map(|url| shape(room, url, &parts)).transpose()?.flatten();
    let url = mention.url.as_deref().filter(|_| url_shape.is_none());
    let plain = Plain::of(decided).map(|plain| room.name(&plain)).transpose()?;
    let at = millis(decided.decided);
    let seen = millis(mention.seen);
    room.conn
        .prepare_cached(
            "INSERT INTO mention (id, network, author, feed, decided, seen, posted, native_shape, native, url_shape, url, lang, plain, text, extra)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15)",
        )?
        .execute(params![
            decided.mention_id.0,
            network,
            author_id,
            room.name(&decided.feed)?,
            at,
            at - seen,
            mention.posted.map(|posted| seen - millis(posted)),
            native_shape,
            native,
            url_shape,
            url,
            mention.lang,
            plain,
            mention.text,
            Extra::write(mention),
        ])?;
    let key = spot(&mention.native_id);
    let mut place = room.conn.prepare_cached("INSERT OR IGNORE INTO spot (key, mention) VALUES (?1, ?2)")?;
    place.execute([key, decided.mention_id.0])?;
    if let Some(url) = &mention.url
        && !neighbours(url).is_some_and(|(first, last)| (first..=last).contains(&key))
    {
        place.execute([spot(url), decided.mention_id.0])?;
    }
    Ok(plain.is_some())
}

fn shape(room: &Room, text: &str, parts: &Parts<'_>) -> Result<Option<i64>, StoreError> {
    room.names.borrow_mut().shape(&room.conn, text, parts)
}

/// Finds or writes the author's row.
fn author_id(room: &Room, network: i64, author: &Author) -> Result<i64, StoreError> {
    let who = who(network, &author.handle);
    let account = author.native_id.as_deref().unwrap_or_default();
    let parts = Parts::new("", "", &author.handle, account);
    let mut find =
        room.conn.prepare_cached("SELECT id, handle, name, native_id, url_shape, url FROM author WHERE who = ?1 AND network = ?2")?;
    let mut rows = find.query(params![who, network])?;
    while let Some(row) = rows.next()? {
        let stored = read_author(room, row, 1)?;
        if stored == *author {
            return Ok(row.get(0)?);
        }
    }
    let url_shape = author.url.as_deref().map(|url| shape(room, url, &parts)).transpose()?.flatten();
    let url = author.url.as_deref().filter(|_| url_shape.is_none());
    room.conn
        .prepare_cached("INSERT INTO author (who, network, handle, name, native_id, url_shape, url) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)")?
        .execute(params![who, network, author.handle, author.name, author.native_id, url_shape, url])?;
    Ok(room.conn.last_insert_rowid())
}

/// Reads handle, name, account and URL from the five columns that begin at `at`.
fn read_author(room: &Room, row: &Row<'_>, at: usize) -> Result<Author, StoreError> {
    let Some(handle) = row.get::<_, Option<String>>(at)? else { return Ok(Author::default()) };
    let native_id: Option<String> = row.get(at + 2)?;
    let url = match row.get::<_, Option<i64>>(at + 3)? {
        Some(shape) => Some(Parts::new("", "", &handle, native_id.as_deref().unwrap_or_default()).unfold(&room.word(shape)?)),
        None => row.get(at + 4)?,
    };
    Ok(Author { handle, name: row.get(at + 1)?, native_id, url })
}

/// Finds a stored mention by its identity. A forgotten one is known by its key alone, so that it does not come back.
pub(super) fn find(room: &Room, network: &str, native_id: &str) -> Result<Option<i64>, StoreError> {
    let key = spot(native_id);
    for id in keys(room, key, key)? {
        if let Some(stored) = identity(room, id)?
            && stored.network == network
            && stored.native.is_none_or(|native| native == native_id)
        {
            return Ok(Some(id));
        }
    }
    Ok(None)
}

/// Finds a stored mention by its URL.
pub(super) fn find_url(room: &Room, url: &str) -> Result<Option<i64>, StoreError> {
    let own = spot(url);
    let (first, last) = neighbours(url).unwrap_or((own, own));
    for id in keys(room, first, last)? {
        if identity(room, id)?.is_some_and(|stored| stored.url.as_deref() == Some(url)) {
            return Ok(Some(id));
        }
    }
    Ok(None)
}

fn keys(room: &Room, first: i64, last: i64) -> Result<Vec<i64>, StoreError> {
    let mut keys = room.conn.prepare_cached("SELECT mention FROM spot WHERE key BETWEEN ?1 AND ?2 LIMIT ?3")?;
    let ids = keys.query_map([first, last, NEIGHBOURS], |row| row.get(0))?;
    Ok(ids.collect::<Result<_, _>>()?)
}

struct Identity {
    network: String,
    native: Option<String>,
    url: Option<String>,
}

fn identity(room: &Room, id: i64) -> Result<Option<Identity>, StoreError> {
    Ok(load_mention(room, id)?.map(|(_, mention, _)| Identity {
        network: mention.network.as_str().to_owned(),
        native: Some(mention.native_id).filter(|native| !native.is_empty()),
        url: mention.url,
    }))
}

/// Reads a mention: its feed, itself, and when it was decided.
pub(super) fn load_mention(room: &Room, id: i64) -> Result<Option<(String, Mention, Timestamp)>, StoreError> {
    let mut statement = room.conn.prepare_cached(
        "SELECT m.network, m.feed, m.decided, m.seen, m.posted, m.native_shape, m.native, m.url_shape, m.url, m.lang, m.text, m.extra,
                a.handle, a.name, a.native_id, a.url_shape, a.url
         FROM mention m LEFT JOIN author a ON a.id = m.author WHERE m.id = ?1",
    )?;
    let mut rows = statement.query([id])?;
    let Some(row) = rows.next()? else { return Ok(None) };
    let network = Network::named(&*room.word(row.get(0)?)?);
    let feed = room.word(row.get(1)?)?.to_string();
    let decided: i64 = row.get(2)?;
    let seen = decided.saturating_sub(row.get(3)?);
    let author = read_author(room, row, 12)?;
    let (handle, account) = (author.handle.as_str(), author.native_id.as_deref().unwrap_or_default());
    let native: String = row.get::<_, Option<_>>(6)?.unwrap_or_default();
    let native_id = match row.get::<_, Option<i64>>(5)? {
        Some(shape) => Parts::new("", &native, handle, account).unfold(&room.word(shape)?),
        None => native,
    };
    let url = match row.get::<_, Option<i64>>(7)? {
        Some(shape) => Some(Parts::new(&native_id, &native_id, handle, account).unfold(&room.word(shape)?)),
        None => row.get(8)?,
    };
    let mut mention = Mention::new(network, native_id, "", moment(seen));
    mention.url = url;
    mention.author = author;
    mention.posted = row.get::<_, Option<i64>>(4)?.map(|before| moment(seen.saturating_sub(before)));
    mention.lang = row.get(9)?;
    mention.text = row.get(10)?;
    Extra::read(row.get_ref(11)?.as_str_or_null().map_err(|_| unreadable("a thread", "?"))?, &mut mention)?;
    Ok(Some((feed, mention, moment(decided))))
}

/// What was heard of one mention for one watch.
pub(super) struct Heard {
    pub(super) watch: String,
    pub(super) hearing: Hearing,
    pub(super) reason: Reason,
    pub(super) priority: Priority,
    pub(super) case: Option<CaseId>,
}

/// What was heard when it is nothing in particular: five words that so many mentions share that they are one name.
#[derive(Serialize, Deserialize)]
struct Plain(String, Reason, Priority, Primary, bool, PlainLang);

/// The language heard: mostly the one the network tagged the post with.
#[derive(Serialize, Deserialize)]
#[serde(untagged)]
enum PlainLang {
    Other(Option<String>),
    Tagged(bool),
}

impl Plain {
    fn of(decided: &Decided) -> Option<String> {
        let (hearing, decision) = (&decided.hearing, &decided.decision);
        let particular = hearing.switch.is_some()
            || !hearing.findings.is_empty()
            || decided.case.is_some()
            || decision.case.is_some()
            || decision.repeats.is_some()
            || decided.alert.is_some();
        if particular {
            return None;
        }
        let tagged = hearing.lang.is_some() && hearing.lang == decided.mention.lang;
        let lang = if tagged { PlainLang::Tagged(true) } else { PlainLang::Other(hearing.lang.clone()) };
        serde_json::to_string(&Self(decided.watch.clone(), decision.reason, decision.priority, hearing.primary, hearing.asks, lang)).ok()
    }

    fn read(text: &str, mention: &Mention) -> Result<Heard, StoreError> {
        let Self(watch, reason, priority, primary, asks, lang) =
            serde_json::from_str(text).map_err(|_| unreadable("what was heard as", text))?;
        let lang = match lang {
            PlainLang::Other(lang) => lang,
            PlainLang::Tagged(_) => mention.lang.clone(),
        };
        let hearing = Hearing { primary, asks, lang, switch: None, findings: Vec::new() };
        Ok(Heard { watch, hearing, reason, priority, case: None })
    }
}

/// Writes what was heard for one watch.
pub(super) fn insert_heard(room: &Room, decided: &Decided, watch: i64, case: Option<i64>) -> Result<(), StoreError> {
    let (hearing, decision) = (&decided.hearing, &decided.decision);
    room.conn
        .prepare_cached(
            "INSERT INTO heard (mention, watch, reason, priority, primary_word, asks, lang, case_id, repeats, found)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)",
        )?
        .execute(params![
            decided.mention_id.0,
            watch,
            room.name(decision.reason.as_str())?,
            room.name(decision.priority.as_str())?,
            room.name(hearing.primary.as_str())?,
            hearing.asks,
            hearing.lang,
            case,
            decision.repeats.map(|id| id.0),
            brief::write(hearing),
        ])?;
    Ok(())
}

const HEARD: &str = "SELECT watch, reason, priority, primary_word, asks, lang, case_id, found FROM heard WHERE mention = ?1";

/// Reads what was heard of a mention for each watch, with the words of its text.
pub(super) fn load_heard(room: &Room, id: i64, mention: &Mention) -> Result<Vec<Heard>, StoreError> {
    let mut heard = Vec::new();
    if let Some(plain) = one::<Option<i64>>(room, "SELECT plain FROM mention WHERE id = ?1", [id])?.flatten() {
        heard.push(Plain::read(&room.word(plain)?, mention)?);
    }
    let mut statement = room.conn.prepare_cached(HEARD)?;
    let mut rows = statement.query([id])?;
    while let Some(row) = rows.next()? {
        let (reason, priority, primary) = (room.word(row.get(1)?)?, room.word(row.get(2)?)?, room.word(row.get(3)?)?);
        let found: Option<String> = row.get(7)?;
        let (switch, findings) = brief::read(found.as_deref(), &mention.text)?;
        heard.push(Heard {
            watch: room.word(row.get(0)?)?.to_string(),
            hearing: Hearing {
                primary: Primary::parse(&primary).ok_or_else(|| unreadable("the signal", &primary))?,
                asks: row.get(4)?,
                lang: row.get(5)?,
                switch,
                findings,
            },
            reason: Reason::parse(&reason).ok_or_else(|| unreadable("the reason", &reason))?,
            priority: Priority::parse(&priority).ok_or_else(|| unreadable("the priority", &priority))?,
            case: row.get::<_, Option<i64>>(6)?.map(CaseId),
        });
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
    let key = spot(text);
    for id in keys(room, key, key)? {
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
    let mut statement = room.conn.prepare_cached("SELECT id FROM mention WHERE id > ?1 AND decided >= ?2 ORDER BY id LIMIT ?3")?;
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
