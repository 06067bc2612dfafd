//! The log beside the file: bounded, and nothing lost while its pages are moved.

use std::fs;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use courtier::domain::{Account, MentionId, Network};
use courtier::store::{Durability, Options, Sqlite, Store, StoreError};
use tempfile::TempDir;

use crate::file::{child, child_path, place};
use crate::posts::{at, batch, nth, post, quiet};

/// Posts of one commit, and bytes of the text of each: half a megabyte, so that the log is soon long.
const POSTS: i64 = 10;
const BYTES: usize = 50_000;
/// The longest log, with the commit that came before it was seen to be so long.
const LONGEST: u64 = 64 * 1024 * 1024 + 4 * 1024 * 1024;
/// Commits that bring the log to the length at which the thread begins, and then some.
const ENOUGH: i64 = 60;

/// The n-th commit of long posts, under a name of its own.
fn long(n: i64, from: i64) -> courtier::store::Batch {
    let one = |n: i64| {
        let mut mention = post(n, &format!("kim{n}"));
        mention.text = format!("{n} ").repeat(BYTES / 8);
        quiet(n, mention, "dropbox")
    };
    batch((0..POSTS).map(|at| one(from + n * POSTS + at)).collect())
}

fn size(path: &Path, suffix: &str) -> u64 {
    fs::metadata(format!("{}{suffix}", path.display())).map_or(0, |meta| meta.len())
}

async fn is_there(store: &Sqlite, n: i64) -> bool {
    let stored = store.mention(&MentionId(nth(n)).to_string()).await.expect("reads");
    stored.is_some_and(|one| one.mention.text.starts_with(&format!("{n} ")))
}

fn sound(path: &Path) -> String {
    let conn = rusqlite::Connection::open(path).expect("opens");
    conn.query_row("PRAGMA integrity_check", [], |row| row.get(0)).expect("checks")
}

fn quick(path: &Path) -> Options {
    Options { durability: Durability::Process, ..Options::new(path) }
}

#[tokio::test]
async fn a_burst_keeps_the_log_within_bounds() {
    let (_dir, path) = place();
    let store = Sqlite::open(quick(&path)).expect("opens");
    let mut longest = 0;
    for n in 0..250 {
        store.commit(long(n, 1).into()).await.expect("commits");
        longest = longest.max(size(&path, "-wal"));
    }
    assert!(longest < LONGEST, "{longest}");
    // More than a hundred megabytes were written: most of them stand in the file, while it is open.
    assert!(size(&path, "") > 40 * 1024 * 1024, "{}", size(&path, ""));
    drop(store);
    assert_eq!(size(&path, "-wal"), 0, "who closes the file last leaves no log");
    assert_eq!(sound(&path), "ok");
}

async fn write_long_posts(path: PathBuf) {
    let store = Sqlite::open(Options::new(path)).expect("opens");
    let from = 1 + i64::try_from(store.standing().await.expect("reads").mentions).expect("small");
    for n in 0..i64::MAX {
        store.commit(long(n, from).into()).await.expect("commits");
        println!("\nwritten {}", from + n * POSTS);
    }
}

/// Killed again and again at the moment at which the file grows, which is while pages are moved.
#[tokio::test]
async fn a_kill_while_pages_are_moved_loses_nothing() {
    if let Some(path) = child_path() {
        return write_long_posts(path).await;
    }
    let (_dir, path) = place();
    drop(Sqlite::open(Options::new(&path)).expect("makes it"));
    let mut told = Vec::new();
    for round in 0..4 {
        let mut other = child("log::a_kill_while_pages_are_moved_loses_nothing", &path);
        let before = size(&path, "");
        let mut lines = BufReader::new(other.stdout.take().expect("piped")).lines();
        for line in &mut lines {
            told.extend(line.expect("reads").strip_prefix("written ").and_then(|n| n.parse::<i64>().ok()));
            if size(&path, "") > before {
                break;
            }
        }
        other.kill().expect("kills");
        other.wait().expect("ends");
        // What it told before it died was still to be read.
        told.extend(lines.filter_map(|line| line.ok()?.strip_prefix("written ")?.parse::<i64>().ok()));
        let store = Sqlite::open(Options::new(&path)).expect("opens after the kill");
        for first in &told {
            for n in *first..first + POSTS {
                assert!(is_there(&store, n).await, "{n} is lost after round {round}");
            }
        }
        drop(store);
        assert_eq!(sound(&path), "ok");
    }
    assert!(told.len() >= 4, "{told:?}");
}

/// Two processes, each with a thread that moves pages, on one file.
#[tokio::test]
async fn two_processes_move_pages_of_one_file() {
    const MINE: i64 = 50_000;
    if let Some(path) = child_path() {
        let store = Sqlite::open(quick(&path)).expect("opens");
        for n in 0..ENOUGH {
            store.commit(long(n, 1).into()).await.expect("commits beside the other");
        }
        println!("\nwritten all");
        return;
    }
    let (_dir, path) = place();
    let store = Sqlite::open(quick(&path)).expect("opens");
    let mut other = child("log::two_processes_move_pages_of_one_file", &path);
    for n in 0..ENOUGH {
        store.commit(long(n, MINE).into()).await.expect("commits beside the other");
        assert!(size(&path, "-wal") < LONGEST, "{n}");
    }
    let lines: Vec<String> = BufReader::new(other.stdout.take().expect("piped")).lines().map_while(Result::ok).collect();
    assert!(lines.contains(&"written all".to_owned()), "{lines:?}");
    assert!(other.wait().expect("ends").success());
    for n in (1..=ENOUGH * POSTS).chain(MINE..MINE + ENOUGH * POSTS) {
        assert!(is_there(&store, n).await, "{n} is lost");
    }
    drop(store);
    assert_eq!(sound(&path), "ok");
}

/// An author whom another process took out is written anew, whatever this one remembers.
#[tokio::test]
async fn an_author_forgotten_by_another_process_is_not_remembered() {
    let (_dir, path) = place();
    let store = Sqlite::open(Options::new(&path)).expect("opens");
    for n in 1..=3 {
        store.commit(batch(vec![quiet(n, post(n, "kim"), "dropbox")]).into()).await.expect("commits");
    }
    let beside = Sqlite::open(Options::new(&path)).expect("opens beside it");
    let account = Account { network: Network::known("bluesky"), handle: "kim".to_owned() };
    assert_eq!(beside.forget(&account).await.expect("forgets").authors, 3);
    beside.commit(batch(vec![quiet(4, post(4, "ann"), "dropbox")]).into()).await.expect("commits: may take the row that is free now");
    store.commit(batch(vec![quiet(5, post(5, "kim"), "dropbox")]).into()).await.expect("commits");
    for (n, handle) in [(4, "ann"), (5, "kim")] {
        let stored = store.mention(&MentionId(nth(n)).to_string()).await.expect("reads").expect("is there");
        assert_eq!(stored.mention.author.handle, handle);
    }
}

/// A small file system in memory; taken away with the test.
struct Disk(PathBuf);

impl Disk {
    fn mount(at: PathBuf) -> Option<Self> {
        fs::create_dir(&at).expect("a folder");
        let mounted = Command::new("mount").args(["-t", "tmpfs", "-o", "size=40m", "tmpfs"]).arg(&at).stderr(Stdio::null()).status();
        mounted.is_ok_and(|status| status.success()).then_some(Self(at))
    }

    fn make_room(&self) {
        let grown = Command::new("mount").args(["-o", "remount,size=400m"]).arg(&self.0).status().expect("mount");
        assert!(grown.success());
    }
}

impl Drop for Disk {
    fn drop(&mut self) {
        drop(Command::new("umount").args(["--lazy"]).arg(&self.0).status());
    }
}

/// A disk that is full while the log is long: nothing told is lost, the file takes what room the log gives back, and it goes on.
#[tokio::test]
async fn a_disk_that_fills_while_pages_are_moved_loses_nothing() {
    let dir = TempDir::new().expect("a temporary directory");
    let Some(disk) = Disk::mount(dir.path().join("disk")) else {
        println!("skipped: this user may not mount a file system");
        return;
    };
    let path = disk.0.join("courtier.db");
    let store = Sqlite::open(quick(&path)).expect("opens");
    let mut told = Vec::new();
    let mut refused = 0;
    let mut n = 0;
    // Also what comes after the first refusal is tried, as intake does: the log may have started anew.
    while refused < 20 {
        match store.commit(long(n, 1).into()).await {
            Ok(_) => told.push(n),
            Err(StoreError::Full { .. }) => refused += 1,
            Err(other) => panic!("{other}"),
        }
        n += 1;
        assert!(n < 1_000, "never full");
    }
    assert!(size(&path, "") > 4 * 1024 * 1024, "pages were moved: {}", size(&path, ""));
    disk.make_room();
    for n in n..n + ENOUGH {
        store.commit(long(n, 1).into()).await.expect("commits: there is room");
        told.push(n);
    }
    for n in told.into_iter().flat_map(|n| n * POSTS + 1..=(n + 1) * POSTS) {
        assert!(is_there(&store, n).await, "{n} is lost");
    }
    assert_eq!(store.mentions(at(0), None, 1).await.expect("reads").len(), 1);
    drop(store);
    assert_eq!(sound(&path), "ok");
}
