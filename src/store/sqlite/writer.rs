//! The one thread that writes: what waits together becomes one transaction.
//!
//! A commit that waits for the disk costs a third of a millisecond to ten; a
//! group shares it. Each piece of work runs in a savepoint of its own, so that
//! one that fails takes nothing else with it, and hears its result only after
//! the commit of the group. Other processes may write the same file: the thread
//! notices and wakes those who wait for deliveries.

use std::cell::{Cell, RefCell};
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};
use std::sync::{Arc, OnceLock};
use std::thread::JoinHandle;
use std::time::Duration;

use rusqlite::Connection;
use tokio::sync::{Semaphore, oneshot, watch};

use super::super::StoreError;
use super::checkpoint::Checkpoints;
use super::faces::Faces;
use super::names::Names;
use super::strangers::Strangers;

/// Pieces of work that may wait; the next caller waits outside.
const WAITING: usize = 64;
/// How often an idle writer looks whether another process wrote.
const LOOK: Duration = Duration::from_millis(500);

/// Looks without much to do after which memory is given back: half a minute, and a little more beside pings and claims.
const IDLE_LOOKS: u32 = 60;

/// A connection with its cache.
#[derive(Debug)]
pub(super) struct Room {
    /// The connection.
    pub(super) conn: Connection,
    /// What it has read of the table `name`.
    pub(super) names: RefCell<Names>,
    /// Authors whom it need not look up again.
    pub(super) faces: RefCell<Faces>,
    /// Authors of whom it is known that they are new.
    pub(super) strangers: RefCell<Strangers>,
    /// The highest id of a delivery; `None` until it is looked up.
    pub(super) last_delivery: Cell<Option<i64>>,
    /// Whether the transaction made deliveries due.
    pub(super) wakes: Cell<bool>,
    /// Whether it did more than a ping or a claim since the last look.
    pub(super) busy: Cell<bool>,
    /// The last look at whether another process wrote.
    version: Cell<i64>,
}

impl Room {
    /// Wraps a connection.
    pub(super) fn new(conn: Connection) -> Self {
        Self {
            conn,
            names: RefCell::default(),
            faces: RefCell::default(),
            strangers: RefCell::default(),
            last_delivery: Cell::new(None),
            wakes: Cell::new(false),
            busy: Cell::new(false),
            version: Cell::new(0),
        }
    }

    /// Forgets what is known of the file beside it: a rollback may have taken some of it back.
    fn forget_all(&self) {
        self.names.borrow_mut().clear();
        self.faces.borrow_mut().clear();
        self.last_delivery.set(None);
    }

    /// Says whether another process wrote; then it may have made deliveries due, or taken an author out.
    fn others_wrote(&self) -> bool {
        let version = data_version(&self.conn);
        let wrote = self.version.replace(version) != version;
        if wrote {
            self.faces.borrow_mut().clear();
            self.strangers.borrow_mut().clear();
            self.last_delivery.set(None);
            self.wakes.set(true);
        }
        wrote
    }

    /// Gives memory back: the pages of a burst are of no use to a quiet house.
    fn rest(&self) {
        self.faces.borrow_mut().clear();
        self.strangers.borrow_mut().clear();
        if let Err(error) = self.conn.execute_batch("PRAGMA shrink_memory") {
            tracing::debug!(%error, "the store kept its memory");
        }
    }

    /// Gives the number of a word and makes one where there is none.
    pub(super) fn name(&self, text: &str) -> Result<i64, StoreError> {
        self.names.borrow_mut().id(&self.conn, text)
    }

    /// Gives the number of a word, when it has one.
    pub(super) fn known_name(&self, text: &str) -> Result<Option<i64>, StoreError> {
        self.names.borrow_mut().find(&self.conn, text)
    }

    /// Gives the word of a number.
    pub(super) fn word(&self, id: i64) -> Result<Arc<str>, StoreError> {
        self.names.borrow_mut().text(&self.conn, id)
    }
}

/// What is told to the one who waits, once the group has ended: `Some` when it all came to nothing.
type Told = Box<dyn FnOnce(Option<StoreError>) + Send>;
/// Work for the writer: does it in the room (or hears that there is none), says whether it stands, and how to tell.
type Job = Box<dyn FnOnce(Result<&Room, StoreError>) -> (bool, Told) + Send>;

/// The way to the writing thread.
#[derive(Debug)]
pub(super) struct Writer {
    jobs: Option<SyncSender<Job>>,
    free: Arc<Semaphore>,
    thread: OnceLock<JoinHandle<()>>,
    woken: watch::Sender<u64>,
}

impl Writer {
    /// Starts the thread; a database in memory has no log to look after.
    pub(super) fn start(room: Room, mut checkpoints: Option<Checkpoints>) -> Result<Self, StoreError> {
        let (jobs, queue) = sync_channel(WAITING);
        let woken = watch::Sender::new(0);
        let bell = woken.clone();
        let thread = std::thread::Builder::new()
            .name("store".to_owned())
            .spawn(move || {
                write(&room, checkpoints.as_mut(), &queue, &bell);
                // The writer closes the file last: that moves what is left of the log.
                drop(checkpoints);
            })
            .map_err(|error| StoreError::Busy { why: format!("no thread to write with: {error}") })?;
        Ok(Self { jobs: Some(jobs), free: Arc::new(Semaphore::new(WAITING)), thread: OnceLock::from(thread), woken })
    }

    /// Does a piece of work in a transaction; comes back after its commit.
    pub(super) async fn run<T, F>(&self, work: F) -> Result<T, StoreError>
    where
        T: Send + 'static,
        F: FnOnce(&Room) -> Result<T, StoreError> + Send + 'static,
    {
        // The permit makes sure that the channel is never full, so that sending never blocks the runtime.
        let permit = Arc::clone(&self.free).acquire_owned().await.map_err(|_| stopped())?;
        let (tell, told) = oneshot::channel();
        let job: Job = Box::new(move |room| {
            let done = room.and_then(work);
            let stands = done.is_ok();
            let finish: Told = Box::new(move |failure| {
                drop(permit);
                // Nobody waits any more when the caller was cancelled; the work stands all the same.
                drop(tell.send(match failure {
                    Some(error) if stands => Err(error),
                    _ => done,
                }));
            });
            (stands, finish)
        });
        self.jobs.as_ref().ok_or_else(stopped)?.try_send(job).map_err(|_| stopped())?;
        told.await.map_err(|_| stopped())?
    }

    /// Counts the commits that made deliveries due, here or in another process.
    pub(super) fn woken(&self) -> watch::Receiver<u64> {
        self.woken.subscribe()
    }
}

impl Drop for Writer {
    fn drop(&mut self) {
        drop(self.jobs.take());
        // What was handed over is still written: the file is closed when this returns.
        if let Some(thread) = self.thread.take()
            && thread.join().is_err()
        {
            tracing::error!("the thread that writes the store has panicked");
        }
    }
}

fn stopped() -> StoreError {
    StoreError::Unusable { why: "the thread that writes the store has ended".to_owned() }
}

fn write(room: &Room, mut checkpoints: Option<&mut Checkpoints>, queue: &Receiver<Job>, bell: &watch::Sender<u64>) {
    room.version.set(data_version(&room.conn));
    let mut idle = Idle::default();
    loop {
        match queue.recv_timeout(LOOK) {
            Ok(first) => {
                let group = std::iter::once(first).chain(queue.try_iter().take(WAITING - 1)).collect();
                let stood = transact(room, group);
                ring(room, bell);
                if let Some(checkpoints) = &mut checkpoints {
                    checkpoints.after_transaction(&room.conn, stood);
                }
            }
            Err(RecvTimeoutError::Timeout) => {
                room.others_wrote();
                ring(room, bell);
                if idle.look(room.busy.take()) {
                    room.rest();
                }
            }
            Err(RecvTimeoutError::Disconnected) => return,
        }
    }
}

/// Counts looks, to know when a burst is over. Pings and claims come every few seconds for ever and keep nothing awake.
#[derive(Debug, Default)]
struct Idle(u32);

impl Idle {
    /// Counts one more look; says whether it is time to give memory back, once after each time of work.
    fn look(&mut self, busy: bool) -> bool {
        self.0 = if busy { 0 } else { self.0.saturating_add(1) };
        self.0 == IDLE_LOOKS
    }
}

/// Wakes those who wait for deliveries, when some are due.
fn ring(room: &Room, bell: &watch::Sender<u64>) {
    if room.wakes.take() {
        bell.send_modify(|count| *count += 1);
    }
}

/// A number that changes when another connection has written.
fn data_version(conn: &Connection) -> i64 {
    conn.query_row("PRAGMA data_version", [], |row| row.get(0)).unwrap_or(-1)
}

/// Runs a group in one transaction and tells everybody how it ended; says whether it stands.
fn transact(room: &Room, group: Vec<Job>) -> bool {
    let mut failure = room.conn.execute_batch("BEGIN IMMEDIATE").err().map(StoreError::from);
    // From here to the commit nobody else writes.
    let others_wrote = room.others_wrote();
    let mut told = Vec::with_capacity(group.len());
    // A savepoint copies every page it touches: whoever is alone does without, and takes the whole transaction back instead.
    let alone = group.len() == 1;
    let mut undo = false;
    for job in group {
        let (_, tell) = match &failure {
            Some(error) => job(Err(error.clone())),
            None if alone => {
                let ran = job(Ok(room));
                undo = !ran.0;
                ran
            }
            None => match within_savepoint(room, job) {
                Ok(ran) => ran,
                Err((error, ran)) => {
                    failure = Some(error);
                    ran
                }
            },
        };
        told.push(tell);
    }
    if failure.is_none() && !undo {
        failure = room.conn.execute_batch("COMMIT").err().map(StoreError::from);
    }
    if failure.is_some() || undo {
        room.forget_all();
        room.wakes.set(others_wrote);
        if !room.conn.is_autocommit()
            && let Err(error) = room.conn.execute_batch("ROLLBACK")
        {
            tracing::warn!(%error, "the store could not roll back");
        }
    }
    let stood = failure.is_none() && !undo;
    for tell in told {
        tell(failure.clone());
    }
    stood
}

/// Runs one piece of work; an error means that the whole transaction is gone, as `SQLite` does on a full disk.
fn within_savepoint(room: &Room, job: Job) -> Result<(bool, Told), (StoreError, (bool, Told))> {
    if let Err(error) = room.conn.execute_batch("SAVEPOINT job") {
        let error = StoreError::from(error);
        return Err((error.clone(), job(Err(error))));
    }
    let ran = job(Ok(room));
    let ended = if ran.0 {
        room.conn.execute_batch("RELEASE job")
    } else {
        room.forget_all();
        if room.conn.is_autocommit() {
            let why = "the disk took no more in the middle of a transaction".to_owned();
            return Err((StoreError::Full { why }, ran));
        }
        room.conn.execute_batch("ROLLBACK TO job; RELEASE job")
    };
    match ended {
        Ok(()) => Ok(ran),
        Err(error) => Err((error.into(), ran)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn memory_is_given_back_once_after_each_time_of_work() {
        let mut idle = Idle::default();
        let mut rests = |looks: u32, busy: bool| (0..looks).filter(|_| idle.look(busy)).count();
        assert_eq!(rests(IDLE_LOOKS - 1, false), 0);
        assert_eq!(rests(1, true), 0, "work begins the count anew");
        assert_eq!(rests(IDLE_LOOKS - 1, false), 0);
        assert_eq!(rests(10_000, false), 1);
        assert_eq!((rests(5, true), rests(10_000, false)), (0, 1));
    }
}
