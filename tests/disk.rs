//! A disk that is really full: the program says so, loses nothing and goes on when there is room.
//!
//! A small file system in memory is mounted for it; where that is not allowed, the test prints that it skips.

#![allow(
    clippy::pedantic,
    clippy::unwrap_used,
    clippy::print_stdout,
    clippy::print_stderr,
    clippy::disallowed_methods,
    clippy::string_slice,
    clippy::let_underscore_must_use,
    clippy::large_stack_arrays,
    clippy::type_complexity,
    clippy::async_yields_async,
    unreachable_pub,
    missing_docs,
    reason = "a test may stop at the first surprise, prints what it skips, and owns its tasks"
)]

use std::collections::BTreeSet;
use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use courtier::store::{Options, Sqlite, Store};
use jiff::Timestamp;

/// More than fits on the small disk, less than on the large one.
const POSTS: usize = 6_000;

/// A mounted disk; taken away with the test.
struct Disk(PathBuf);

impl Disk {
    fn mount(at: PathBuf) -> Option<Self> {
        std::fs::create_dir(&at).expect("a folder");
        let mounted = Command::new("mount").args(["-t", "tmpfs", "-o", "size=4m", "tmpfs"]).arg(&at).stderr(Stdio::null()).status();
        mounted.is_ok_and(|status| status.success()).then_some(Self(at))
    }

    fn make_room(&self) {
        let grown = Command::new("mount").args(["-o", "remount,size=128m"]).arg(&self.0).status().expect("mount");
        assert!(grown.success());
    }
}

impl Drop for Disk {
    fn drop(&mut self) {
        drop(Command::new("umount").args(["--lazy"]).arg(&self.0).status());
    }
}

struct Daemon(Child);

impl Drop for Daemon {
    fn drop(&mut self) {
        drop(self.0.kill());
        drop(self.0.wait());
    }
}

fn start(folder: &Path) -> Daemon {
    let log = std::fs::OpenOptions::new().create(true).append(true).open(folder.join("log")).expect("a log");
    let child = Command::new(env!("CARGO_BIN_EXE_courtier"))
        .args(["run", "--config", "courtier.toml"])
        .env_clear()
        .env("HOME", folder)
        .current_dir(folder)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(log)
        .spawn();
    Daemon(child.expect("the program starts"))
}

fn until(what: &str, folder: &Path, mut condition: impl FnMut() -> bool) {
    for _ in 0..2_400 {
        if condition() {
            return;
        }
        std::thread::sleep(Duration::from_millis(50));
    }
    let log = std::fs::read_to_string(folder.join("log")).unwrap_or_default();
    let end: Vec<&str> = log.lines().rev().take(20).collect();
    panic!("waited 120 s for: {what}; the log ends (newest first):\n{}", end.join("\n"));
}

fn ready(web: SocketAddr) -> Option<(bool, String)> {
    let mut socket = TcpStream::connect(web).ok()?;
    socket.write_all(b"GET /readyz HTTP/1.1\r\nhost: courtier\r\nconnection: close\r\n\r\n").ok()?;
    let mut answer = String::new();
    socket.read_to_string(&mut answer).ok()?;
    Some((answer.starts_with("HTTP/1.1 200"), answer))
}

fn sound(file: &Path) -> String {
    let conn = rusqlite::Connection::open_with_flags(file, rusqlite::OpenFlags::SQLITE_OPEN_READ_ONLY).expect("opens");
    conn.query_row("PRAGMA integrity_check", [], |row| row.get(0)).expect("checks")
}

#[tokio::test(flavor = "multi_thread")]
async fn a_full_disk_stops_intake_damages_nothing_and_is_recovered_from() {
    let folder = tempfile::tempdir().expect("a folder");
    let folder = folder.path();
    let Some(disk) = Disk::mount(folder.join("disk")) else {
        println!("skipped: this user may not mount a file system");
        return;
    };
    let web = TcpListener::bind(("127.0.0.1", 0)).expect("a port").local_addr().expect("an address");
    let text = format!(
        "version = 1\n[watches.nomadesk]\nterms = [\"nomadesk\"]\n[feeds.export]\ntype = \"file\"\npath = \"posts.ndjson\"\n\
         [notifiers.desk]\ntype = \"terminal\"\n[store]\npath = \"disk/courtier.db\"\n[web]\nlisten = \"{web}\"\n"
    );
    std::fs::write(folder.join("courtier.toml"), text).expect("writable");
    let daemon = start(folder);
    until("it is ready", folder, || ready(web).is_some_and(|(ready, _)| ready));
    let line =
        |n: usize| format!("{{\"id\": \"{n}\", \"author\": \"kim{n}\", \"text\": \"nomadesk in words of {n}: {}\"}}\n", "x".repeat(600));
    std::fs::write(folder.join("posts.ndjson"), (0..POSTS).map(line).collect::<String>()).expect("writable");

    until("it is no longer ready, and says why", folder, || {
        ready(web).is_some_and(|(ready, why)| !ready && why.contains("the store cannot write"))
    });
    let log = || std::fs::read_to_string(folder.join("log")).unwrap_or_default();
    assert!(log().contains("nothing is taken in until the store writes again"), "{}", log());
    let file = disk.0.join("courtier.db");
    assert_eq!(sound(&file), "ok");

    disk.make_room();
    until("it is ready again", folder, || ready(web).is_some_and(|(ready, _)| ready));
    assert!(log().contains("the store writes again"), "{}", log());
    let store = Sqlite::open_read_only(Options::new(&file)).expect("opens");
    let count = || tokio::task::block_in_place(|| tokio::runtime::Handle::current().block_on(store.standing())).expect("reads").mentions;
    until("everything is stored", folder, || count() >= POSTS as u64);
    drop(daemon);
    assert_eq!(sound(&file), "ok");
    let mut stored = Vec::new();
    let mut after = None;
    loop {
        let page = store.mentions(Timestamp::UNIX_EPOCH, after, 1_000).await.expect("reads");
        let Some(last) = page.last() else { break };
        after = Some(last.id);
        stored.extend(page.into_iter().map(|one| one.mention.native_id));
    }
    let distinct: BTreeSet<&String> = stored.iter().collect();
    assert_eq!((stored.len(), distinct.len()), (POSTS, POSTS), "every post once");
}
