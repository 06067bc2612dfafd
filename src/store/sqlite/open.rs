//! Opens the file: whose it is, how old it is, and how safely it writes.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use jiff::tz::TimeZone;
use rusqlite::config::DbConfig;
use rusqlite::{Connection, ErrorCode, OpenFlags};

use super::super::StoreError;
use super::upgrade;
use super::writer::Room;

/// "COUR" at byte 68 of the file: says that the database is ours.
const APPLICATION: i32 = 0x434f_5552;

/// Brings rows over, where SQL alone cannot.
type Bring = fn(&Room) -> Result<(), StoreError>;

/// Every change of the layout, in order; none is edited once it is released.
const MIGRATIONS: &[(&str, Option<Bring>)] = &[
    (include_str!("../../../migrations/sqlite/0001_start.sql"), None),
    (include_str!("../../../migrations/sqlite/0002_small.sql"), Some(upgrade::to_small)),
    (include_str!("../../../migrations/sqlite/0003_dismissed.sql"), None),
    (LATELY, None),
];

/// The rows that `upgrade` brings over are written by today's code, which wants this table.
pub(super) const LATELY: &str = include_str!("../../../migrations/sqlite/0004_lately.sql");

/// When a commit is safe.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Durability {
    /// A commit waits for the disk: it survives the loss of power. Group commit shares the wait.
    #[default]
    Full,
    /// A commit survives the end of the process, also by SIGKILL; the loss of power may take back the last ones.
    Process,
}

/// How to open a store.
#[derive(Debug, Clone)]
pub struct Options {
    /// The file.
    pub path: PathBuf,
    /// The most bytes the file may take; beyond it the store says that it is full.
    pub max_bytes: Option<u64>,
    /// When a commit is safe.
    pub durability: Durability,
    /// The zone in which headlines of the outbox show times of day.
    pub zone: TimeZone,
    /// How long to wait for another process that writes.
    pub patience: Duration,
}

impl Options {
    /// Starts with the defaults: safe against the loss of power, as large as the disk, times in UTC.
    pub fn new(path: impl Into<PathBuf>) -> Self {
        Self { path: path.into(), max_bytes: None, durability: Durability::Full, zone: TimeZone::UTC, patience: Duration::from_secs(5) }
    }
}

/// Opens the file for writing, makes it and its directory when missing, and brings it to this version.
pub(super) fn writer(options: &Options) -> Result<Room, StoreError> {
    let path = &options.path;
    if let Some(parent) = path.parent().filter(|parent| !parent.as_os_str().is_empty()) {
        fs::create_dir_all(parent).map_err(|error| cannot("make the directory", parent, &error))?;
    }
    probe(path)?;
    let conn = Connection::open_with_flags(path, OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_CREATE | QUIET)
        .map_err(|error| at(path, error))?;
    // SQLite falls back to reading without a word.
    if conn.is_readonly(rusqlite::MAIN_DB)? {
        return Err(cannot("write", path, &io::ErrorKind::PermissionDenied.into()));
    }
    let room = Room::new(conn);
    prepare(&room, options).map_err(|error| named(path, error))?;
    Ok(room)
}

/// Opens a file that a writer has open already once more, for moving its log.
pub(super) fn beside(options: &Options) -> Result<Connection, StoreError> {
    let path = &options.path;
    let conn = Connection::open_with_flags(path, OpenFlags::SQLITE_OPEN_READ_WRITE | QUIET).map_err(|error| at(path, error))?;
    conn.busy_timeout(options.patience)?;
    read_settings(&conn)?;
    durability(&conn, options.durability)?;
    Ok(conn)
}

/// Opens a database that lives in memory and ends with its connection.
pub(super) fn memory(options: &Options) -> Result<Room, StoreError> {
    let room = Room::new(Connection::open_in_memory()?);
    prepare(&room, options)?;
    Ok(room)
}

/// Opens the file for reading only; it must exist and be of this version.
pub(super) fn reader(options: &Options) -> Result<Connection, StoreError> {
    let path = &options.path;
    if !path.exists() {
        return Err(StoreError::Unusable { why: format!("there is no store at {}: has `courtier run` been started yet?", path.display()) });
    }
    let conn = Connection::open_with_flags(path, OpenFlags::SQLITE_OPEN_READ_ONLY | QUIET).map_err(|error| at(path, error))?;
    let opened = (|| {
        conn.busy_timeout(options.patience)?;
        read_settings(&conn)?;
        match version(&conn)? {
            Some(version) if version == MIGRATIONS.len() => Ok(()),
            Some(_) => Err(StoreError::Unusable { why: "was made by an older courtier: run this version once to bring it up".to_owned() }),
            None => Err(StoreError::Unusable { why: "is empty: has `courtier run` been started yet?".to_owned() }),
        }
    })();
    opened.map_err(|error| named(path, error))?;
    Ok(conn)
}

/// Sets the most bytes; never less than the file has now.
pub(super) fn limit(conn: &Connection, max_bytes: Option<u64>) -> Result<(), StoreError> {
    let page: u64 = conn.query_row("PRAGMA page_size", [], |row| row.get(0))?;
    // SQLite's own highest: 2^32 - 2 pages.
    let pages = max_bytes.map_or(0xffff_fffe, |bytes| (bytes / page).max(1));
    conn.query_row(&format!("PRAGMA max_page_count = {pages}"), [], |_| Ok(()))?;
    Ok(())
}

const QUIET: OpenFlags = OpenFlags::SQLITE_OPEN_NO_MUTEX;

/// Settings of every connection.
fn read_settings(conn: &Connection) -> Result<(), StoreError> {
    conn.set_prepared_statement_cache_capacity(128);
    // Plans that do not look at values: else a kept statement is planned anew with each value that a partial index might serve.
    conn.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)?;
    conn.execute_batch("PRAGMA cache_size = -4096; PRAGMA temp_store = memory; PRAGMA trusted_schema = off")?;
    Ok(())
}

/// Pages the writer keeps in memory under load.
const WRITER_CACHE_KIB: usize = 16_384;

/// Says when a commit is safe, and that `checkpoint` moves the log.
fn durability(conn: &Connection, durability: Durability) -> Result<(), StoreError> {
    conn.execute_batch(match durability {
        Durability::Full => "PRAGMA synchronous = full",
        Durability::Process => "PRAGMA synchronous = normal",
    })?;
    // The answer is a row.
    Ok(conn.query_row("PRAGMA wal_autocheckpoint = 0", [], |_| Ok(()))?)
}

fn prepare(room: &Room, options: &Options) -> Result<(), StoreError> {
    let conn = &room.conn;
    conn.busy_timeout(options.patience)?;
    read_settings(conn)?;
    // Whose the file is comes first: a foreign one is left untouched, its journal mode too.
    let before = version(conn)?;
    let mode = with_log(conn, options.patience)?;
    tracing::debug!(mode, "store opened");
    durability(conn, options.durability)?;
    // What is left of a burst is cut at 64 MiB.
    conn.execute_batch(&format!("PRAGMA cache_size = -{WRITER_CACHE_KIB}; PRAGMA journal_size_limit = 67108864"))?;
    if before != Some(MIGRATIONS.len()) {
        migrate(room)?;
    }
    limit(conn, options.max_bytes)
}

/// Between two attempts to turn a file into one with a log.
const PAUSE: Duration = Duration::from_millis(10);

/// Turns the file into one with a log, and gives its mode. Of two that open a new file at once `SQLite` refuses one
/// without waiting, since each reads it while it wants to be alone: so the waiting is done here.
fn with_log(conn: &Connection, patience: Duration) -> Result<String, StoreError> {
    conn.busy_timeout(Duration::ZERO)?;
    let mut attempts = patience.as_millis() / PAUSE.as_millis();
    let mode = loop {
        match conn.query_row("PRAGMA journal_mode = wal", [], |row| row.get(0)) {
            Err(error) if attempts > 0 && error.sqlite_error_code() == Some(ErrorCode::DatabaseBusy) => {
                attempts -= 1;
                std::thread::sleep(PAUSE);
            }
            done => break done?,
        }
    };
    conn.busy_timeout(patience)?;
    Ok(mode)
}

/// Brings the layout up, all steps or none. Another process may do the same: the first one wins, the other finds it done.
fn migrate(room: &Room) -> Result<(), StoreError> {
    let conn = &room.conn;
    conn.execute_batch("BEGIN IMMEDIATE")?;
    let done = (|| {
        let done = version(conn)?.unwrap_or(0);
        for (sql, bring) in MIGRATIONS.iter().skip(done) {
            conn.execute_batch(sql)?;
            bring.map_or(Ok(()), |bring| bring(room))?;
        }
        conn.execute_batch(&format!("PRAGMA application_id = {APPLICATION}; PRAGMA user_version = {}; COMMIT", MIGRATIONS.len()))?;
        Ok(())
    })();
    if done.is_err() && !conn.is_autocommit() {
        conn.execute_batch("ROLLBACK")?;
    }
    done
}

/// Says which version a database is of: `None` for a new one; an error for one that is not ours, or newer.
fn version(conn: &Connection) -> Result<Option<usize>, StoreError> {
    let application: i32 = conn.query_row("PRAGMA application_id", [], |row| row.get(0))?;
    let version: usize = conn.query_row("PRAGMA user_version", [], |row| row.get(0))?;
    let tables: usize = conn.query_row("SELECT count(*) FROM sqlite_master", [], |row| row.get(0))?;
    match (application, version, tables) {
        (0, 0, 0) => Ok(None),
        (APPLICATION, version, _) if version <= MIGRATIONS.len() => Ok(Some(version)),
        (APPLICATION, version, _) => Err(StoreError::Unusable {
            why: format!(
                "was made by a newer courtier (layout {version}, this one knows {}): use that version, or another file",
                MIGRATIONS.len()
            ),
        }),
        _ => Err(StoreError::Unusable { why: "belongs to another program: name another file in `[store] path`".to_owned() }),
    }
}

/// Says in plain words why the file cannot be written, where `SQLite` only says "unable to open".
fn probe(path: &Path) -> Result<(), StoreError> {
    if path.is_dir() {
        return Err(StoreError::Unusable { why: format!("{} is a directory: `[store] path` names a file", path.display()) });
    }
    // WAL keeps two more files beside the first. The file itself is never opened here: closing it again would take the locks
    // that SQLite may hold on it elsewhere in this process.
    let folder = path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let beside = folder.join(format!(".courtier-{:016x}", fastrand::u64(..)));
    fs::write(&beside, []).and_then(|()| fs::remove_file(&beside)).map_err(|error| cannot("write in", folder, &error))
}

fn cannot(what: &str, path: &Path, error: &io::Error) -> StoreError {
    let why = format!("cannot {what} {}: {error}", path.display());
    match error.kind() {
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => StoreError::Full { why },
        _ => StoreError::Unusable { why: format!("{why}; `[store] path` may name another place") },
    }
}

fn at(path: &Path, error: rusqlite::Error) -> StoreError {
    named(path, error.into())
}

/// Puts the file's name before an error.
fn named(path: &Path, error: StoreError) -> StoreError {
    match error {
        StoreError::Unusable { why } => StoreError::Unusable { why: format!("{}: {why}", path.display()) },
        other => other,
    }
}
