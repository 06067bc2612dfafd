//! Moves pages from the log into the file, beside the thread that writes.
//!
//! A commit appends to the log; from time to time its pages go where they belong
//! and the log starts anew. A thread with a connection of its own does the large
//! part of that while commits go on. But the log starts anew only at a moment
//! when nothing in it is left to move, and under load there is none: so the
//! writer itself moves the little that came meanwhile, and it waits and moves all
//! of it before the log grows beyond bounds. A quiet house never comes that far.
//!
//! Nothing depends on it but the size of the log: what is committed stands in the
//! log or in the file at every moment, also for whoever opens them after SIGKILL.
//! Where no thread can be started, the writer does it all.

use std::sync::mpsc::{Receiver, SyncSender, TrySendError, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;

use rusqlite::Connection;

use super::super::StoreError;
use super::open::{self, Options};

/// Pages that wait in the log (16 MiB) before they are moved: a page that changed four times meanwhile is moved once.
const MANY: i64 = 4_000;
/// A log of so many pages (32 MiB) starts anew as soon as little is left to move.
const LONG: i64 = 8_000;
/// What is little: the writer moves it in some ten milliseconds.
const LITTLE: i64 = 1_000;
/// The longest log (64 MiB): at this length the writer moves all of it first.
const LONGEST: i64 = 16_000;

/// How far the log is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Log {
    /// Its pages.
    pages: i64,
    /// Those that are not in the file yet.
    waiting: i64,
}

/// What is to be done about a log.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Due {
    Nothing,
    /// Pages wait that the thread should move.
    Beside,
    /// The writer should move the rest, so that the log starts anew.
    Now,
}

impl Log {
    fn due(self) -> Due {
        let rest_is_little = self.pages >= LONG && self.waiting <= LITTLE;
        if self.waiting > 0 && (rest_is_little || self.pages >= LONGEST) {
            Due::Now
        } else if self.waiting >= MANY {
            Due::Beside
        } else {
            Due::Nothing
        }
    }

    /// Asks how far the log is, and first moves pages when `how` says so.
    fn ask(conn: &Connection, how: &str) -> rusqlite::Result<Self> {
        let read = |row: &rusqlite::Row<'_>| {
            let (pages, moved): (i64, i64) = (row.get(1)?, row.get(2)?);
            Ok(Self { pages, waiting: pages - moved })
        };
        conn.prepare_cached(&format!("PRAGMA main.wal_checkpoint({how})"))?.query_row([], read)
    }
}

/// The thread beside the writer; it starts when there is something to do for the first time.
#[derive(Debug)]
pub(super) struct Checkpoints {
    options: Options,
    thread: Option<(SyncSender<()>, JoinHandle<()>)>,
    /// Held by whoever moves pages: the writer waits for the thread, not the other way round.
    moving: Arc<Mutex<()>>,
}

impl Checkpoints {
    /// Gets ready for a file.
    pub(super) fn new(options: Options) -> Self {
        Self { options, thread: None, moving: Arc::default() }
    }

    /// Looks after the log; the writer calls it after a transaction, and says whether that stood.
    ///
    /// A failure in here is no failure of the commit before, which stands: the log grows, and a disk that takes nothing
    /// more refuses the next one. When it did, all is moved: then the log starts anew, and the next one needs no more room.
    pub(super) fn after_transaction(&mut self, conn: &Connection, stood: bool) {
        let done = Log::ask(conn, "NOOP").and_then(|log| match log.due() {
            _ if !stood && log.waiting > 0 => self.move_now(conn),
            Due::Nothing => Ok(()),
            Due::Beside => {
                self.ring();
                Ok(())
            }
            Due::Now => self.move_now(conn),
        });
        if let Err(error) = done {
            tracing::debug!(%error, "the log of the store was not moved");
        }
    }

    /// Moves all that waits, when the thread is done with what it is at.
    fn move_now(&self, conn: &Connection) -> rusqlite::Result<()> {
        let _moving = self.moving.lock().unwrap_or_else(PoisonError::into_inner);
        Log::ask(conn, "PASSIVE").map(drop)
    }

    /// Wakes the thread, unless it is at it.
    fn ring(&mut self) {
        if self.thread.is_none() {
            match self.start() {
                Ok(thread) => self.thread = Some(thread),
                Err(error) => return tracing::debug!(%error, "the writer moves the log of the store alone"),
            }
        }
        if let Some((bell, _)) = &self.thread
            && let Err(TrySendError::Disconnected(())) = bell.try_send(())
        {
            // It could not go on; the next time another one is tried.
            self.end();
        }
    }

    fn start(&self) -> Result<(SyncSender<()>, JoinHandle<()>), StoreError> {
        let conn = open::beside(&self.options)?;
        let (bell, rings) = sync_channel(1);
        let moving = Arc::clone(&self.moving);
        let thread = std::thread::Builder::new()
            .name("checkpoint".to_owned())
            .spawn(move || work(&conn, &rings, &moving))
            .map_err(|error| StoreError::Busy { why: format!("no thread to move the log with: {error}") })?;
        Ok((bell, thread))
    }

    /// Ends the thread, after what it is at.
    fn end(&mut self) {
        if let Some((bell, thread)) = self.thread.take() {
            drop(bell);
            if thread.join().is_err() {
                tracing::error!("the thread that moves the log of the store has panicked");
            }
        }
    }
}

impl Drop for Checkpoints {
    fn drop(&mut self) {
        self.end();
    }
}

fn work(conn: &Connection, rings: &Receiver<()>, moving: &Mutex<()>) {
    while rings.recv().is_ok() {
        let _moving = moving.lock().unwrap_or_else(PoisonError::into_inner);
        // Commits of the last moments may have been moved by the writer.
        let moved = Log::ask(conn, "NOOP").and_then(|log| match log.due() {
            Due::Nothing => Ok(log),
            Due::Beside | Due::Now => Log::ask(conn, "PASSIVE"),
        });
        if let Err(error) = moved {
            tracing::debug!(%error, "the log of the store was not moved");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_writer_moves_the_rest_and_never_lets_the_log_grow_beyond_bounds() {
        let due = |pages, waiting| Log { pages, waiting }.due();
        assert_eq!(due(0, 0), Due::Nothing);
        assert_eq!(due(MANY - 1, MANY - 1), Due::Nothing);
        assert_eq!(due(MANY, MANY), Due::Beside);
        assert_eq!(due(LONG, MANY), Due::Beside);
        assert_eq!(due(LONG, LITTLE + 1), Due::Nothing, "the thread goes on first");
        assert_eq!(due(LONG, LITTLE), Due::Now);
        assert_eq!(due(LONGEST, LONGEST), Due::Now);
        assert_eq!(due(LONGEST, 0), Due::Nothing, "it starts anew with the next commit");
        // A database without a log.
        assert_eq!(due(-1, 0), Due::Nothing);
    }

    #[test]
    fn the_thread_moves_what_waits() {
        let dir = tempfile::TempDir::new().expect("a temporary directory");
        let options = Options::new(dir.path().join("courtier.db"));
        let room = open::writer(&options).expect("opens");
        let mut checkpoints = Checkpoints::new(options);
        while Log::ask(&room.conn, "NOOP").expect("asks").waiting < MANY {
            room.conn.execute("INSERT INTO note (key, value) VALUES (random(), zeroblob(1000000))", []).expect("writes");
        }
        checkpoints.after_transaction(&room.conn, true);
        checkpoints.end();
        assert_eq!(Log::ask(&room.conn, "NOOP").expect("asks").waiting, 0);
    }
}
