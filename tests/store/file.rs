//! What only a file can do: be full, foreign, newer, read-only, shared, old.

use std::fs;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Arc;

use courtier::domain::{Account, Network};
use courtier::store::{Options, OutboxFilter, Purge, Sqlite, Store, StoreError};
use tempfile::TempDir;

use crate::posts::{alerting, at, batch, full_post, nth, post, quiet, simple, to};

/// Names the file to a child process.
const CHILD: &str = "COURTIER_TEST_STORE";

/// A folder, and a file in it that is not there yet.
pub(crate) fn place() -> (TempDir, PathBuf) {
    let dir = TempDir::new().expect("a temporary directory");
    let path = dir.path().join("courtier.db");
    (dir, path)
}

fn refused(path: &Path) -> String {
    match Sqlite::open(Options::new(path)) {
        Err(StoreError::Unusable { why }) => why,
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn a_full_store_says_so_keeps_what_it_has_and_goes_on_when_there_is_room() {
    let (_dir, path) = place();
    let store = Sqlite::open(Options { max_bytes: Some(600_000), ..Options::new(&path) }).expect("opens");
    store.ping().await.expect("has room");
    let mut stored = 0;
    let mut n = 1;
    let error = loop {
        let page: Vec<_> = (n..n + 50).map(simple).collect();
        match store.commit(batch(page).into()).await {
            Ok(done) => stored += done.mentions,
            Err(error) => break error,
        }
        n += 50;
        assert!(n < 100_000, "never full");
    };
    assert!(matches!(error, StoreError::Full { .. }), "{error:?}");
    assert!(matches!(store.ping().await, Err(StoreError::Full { .. })));
    assert_eq!(store.standing().await.expect("reads").mentions, stored);
    assert_eq!(store.outbox(&OutboxFilter::default()).await.expect("reads").len(), usize::try_from(stored).expect("small"));
    store.limit(None).await.expect("sets");
    let page: Vec<_> = (n..n + 50).map(simple).collect();
    assert_eq!(store.commit(batch(page).into()).await.expect("commits").mentions, 50);
    store.ping().await.expect("has room again");
    drop(store);
    let conn = rusqlite::Connection::open(&path).expect("opens");
    let sound: String = conn.query_row("PRAGMA integrity_check", [], |row| row.get(0)).expect("checks");
    assert_eq!(sound, "ok");
}

#[test]
fn a_file_that_is_not_ours_is_left_alone() {
    let (_dir, path) = place();
    let text = "id,name\n1,kim\n".repeat(200);
    fs::write(&path, &text).expect("writes");
    assert!(refused(&path).contains("no SQLite database"), "{}", refused(&path));
    assert_eq!(fs::read_to_string(&path).expect("reads"), text);
    fs::remove_file(&path).expect("removes");
    let conn = rusqlite::Connection::open(&path).expect("opens");
    conn.execute_batch("CREATE TABLE theirs (id INTEGER)").expect("writes");
    drop(conn);
    let before = fs::read(&path).expect("reads");
    assert!(refused(&path).contains("belongs to another program"));
    assert_eq!(fs::read(&path).expect("reads"), before);
}

#[test]
fn a_newer_store_is_refused_and_an_empty_file_becomes_one() {
    let (dir, path) = place();
    fs::write(&path, []).expect("writes");
    drop(Sqlite::open(Options::new(&path)).expect("an empty file is a new store"));
    rusqlite::Connection::open(&path).expect("opens").execute_batch("PRAGMA user_version = 9999").expect("writes");
    assert!(refused(&path).contains("newer courtier"), "{}", refused(&path));
    let why = refused(dir.path());
    assert!(why.contains("is a directory"), "{why}");
}

#[test]
fn a_place_that_cannot_be_written_is_named() {
    let (dir, _) = place();
    let file = dir.path().join("file");
    fs::write(&file, []).expect("writes");
    let why = refused(&file.join("courtier.db"));
    assert!(why.contains("file") && why.contains("[store] path"), "{why}");
    let why = refused(Path::new("/proc/courtier/courtier.db"));
    assert!(why.contains("/proc/courtier"), "{why}");
}

#[tokio::test]
async fn a_directory_that_is_missing_is_made() {
    let (dir, _) = place();
    let path = dir.path().join("a/b/courtier.db");
    let store = Sqlite::open(Options::new(&path)).expect("opens");
    store.ping().await.expect("writes");
}

#[tokio::test]
async fn reading_only_needs_a_store_and_never_writes() {
    let (_dir, path) = place();
    let missing = Sqlite::open_read_only(Options::new(&path)).expect_err("there is none");
    assert!(missing.to_string().contains("there is no store"), "{missing}");
    assert!(!path.exists());
    let daemon = Sqlite::open(Options::new(&path)).expect("opens");
    daemon.commit(batch(vec![simple(1)]).into()).await.expect("commits");
    let beside = Sqlite::open_read_only(Options::new(&path)).expect("opens beside it");
    assert_eq!(beside.standing().await.expect("reads").mentions, 1);
    assert!(beside.commit(batch(vec![simple(2)]).into()).await.is_err());
    drop(daemon);
    drop(beside);
    let alone = Sqlite::open_read_only(Options::new(&path)).expect("opens alone");
    assert_eq!(alone.outbox(&OutboxFilter::default()).await.expect("reads").len(), 1);
}

#[test]
fn many_may_make_the_store_at_once() {
    for _ in 0..5 {
        let (_dir, path) = place();
        let opening: Vec<_> = (0..6)
            .map(|_| {
                let path = path.clone();
                std::thread::spawn(move || Sqlite::open(Options::new(path)).map(drop))
            })
            .collect();
        for one in opening {
            one.join().expect("no panic").expect("opens");
        }
    }
}

/// Says where to write, in the process that the test below starts and kills.
#[expect(clippy::disallowed_methods, reason = "a child process learns its file from the environment")]
pub(crate) fn child_path() -> Option<PathBuf> {
    std::env::var_os(CHILD).map(PathBuf::from)
}

/// Runs a test of these files in a process of its own.
pub(crate) fn child(test: &str, path: &Path) -> std::process::Child {
    Command::new(std::env::current_exe().expect("this test"))
        .args(["--exact", test, "--nocapture"])
        .env(CHILD, path)
        .stdout(Stdio::piped())
        .spawn()
        .expect("starts")
}

async fn write_until_killed(path: PathBuf) {
    let store = Sqlite::open(Options::new(path)).expect("opens");
    for n in 1..i64::MAX {
        store.commit(batch(vec![simple(n)]).into()).await.expect("commits");
        println!("\nwritten {n}");
    }
}

#[tokio::test]
async fn two_processes_write_and_a_killed_one_loses_nothing_it_was_told_is_written() {
    if let Some(path) = child_path() {
        return write_until_killed(path).await;
    }
    let (_dir, path) = place();
    let store = Sqlite::open(Options::new(&path)).expect("opens");
    let mut other = child("file::two_processes_write_and_a_killed_one_loses_nothing_it_was_told_is_written", &path);
    let lines = BufReader::new(other.stdout.take().expect("piped")).lines();
    let mut written = 0;
    for line in lines {
        let line = line.expect("reads");
        let Some(n) = line.strip_prefix("written ").and_then(|n| n.parse::<i64>().ok()) else { continue };
        written = n;
        // In turn with the other: both write the same file.
        store.commit(batch(vec![quiet(1_000_000 + n, post(1_000_000 + n, "ann"), "dropbox")]).into()).await.expect("commits beside it");
        if n == 40 {
            break;
        }
    }
    other.kill().expect("kills");
    other.wait().expect("ends");
    assert_eq!(written, 40);
    drop(store);
    let store = Sqlite::open(Options::new(&path)).expect("opens");
    for n in 1..=40 {
        assert!(store.mention(&simple(n).mention_id.to_string()).await.expect("reads").is_some(), "{n} is lost");
    }
    let mentions = store.standing().await.expect("reads").mentions;
    assert!(mentions >= 80, "{mentions}");
}

#[tokio::test]
async fn retention_and_forgetting() {
    let store = Sqlite::in_memory(Options::new("unused")).expect("opens");
    let mut page: Vec<_> = (1..=4).map(|n| alerting(n, full_post(n, "kim"), "dropbox", vec![to("care", at(n))])).collect();
    page.extend((5..=8).map(|n| simple(n * 86_400)));
    store.commit(batch(page.clone()).into()).await.expect("commits");
    let old = Purge { text_before: Some(at(6 * 86_400)), author_before: None, most: 3 };
    let mut texts = Vec::new();
    loop {
        let done = store.purge(old).await.expect("purges");
        texts.push(done.texts);
        if done.texts == 0 {
            break;
        }
    }
    assert_eq!(texts, [3, 2, 0]);
    let first = store.mention(&page[0].mention_id.to_string()).await.expect("reads").expect("is there");
    assert_eq!((first.mention.text.as_str(), first.mention.author.handle.as_str()), ("", "kim"));
    assert_eq!(first.mention.thread.parent_text, None);
    let account = Account { network: Network::known("bluesky"), handle: "kim".to_owned() };
    let done = store.forget(&account).await.expect("forgets");
    assert_eq!((done.texts, done.authors, done.cases, done.deliveries), (4, 4, 4, 4));
    let left = format!("{:?} {:?}", store.mentions(at(0), None, 100).await.expect("reads"), store.cases(false, 0).await.expect("reads"));
    assert!(!left.contains("kim\"") && !left.contains("did:plc:kim/"), "{left}");
    let done = store.purge(Purge { text_before: None, author_before: Some(at(9 * 86_400)), most: 100 }).await.expect("purges");
    assert_eq!(done.authors, 4);
    assert_eq!(store.commit(batch(page).into()).await.expect("commits").known, 8, "what was forgotten does not come back");
}

/// The store of every release opens in this one, with what was in it.
#[tokio::test]
async fn every_older_store_opens() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/state");
    let mut opened = 0;
    for file in fs::read_dir(folder).expect("lists") {
        let file = file.expect("reads").path();
        if file.extension().is_none_or(|extension| extension != "db") {
            continue;
        }
        let (_dir, path) = place();
        fs::copy(&file, &path).expect("copies");
        let store: Arc<dyn Store> = Arc::new(Sqlite::open(Options::new(&path)).expect("opens"));
        let mentions = store.mentions(at(0), None, 100).await.expect("reads");
        assert_eq!(
            mentions.iter().map(|stored| &stored.mention).collect::<Vec<_>>(),
            [&full_post(1, "kim1"), &full_post(2, "kim2"), &full_post(3, "kim3")]
        );
        assert_eq!(store.cases(true, 0).await.expect("reads").len(), 3);
        assert_eq!(store.outbox(&OutboxFilter::default()).await.expect("reads").len(), 3);
        assert!(store.cursor("bsky").await.expect("reads").is_some());
        store.commit(batch(vec![simple(9)]).into()).await.expect("commits");
        opened += 1;
    }
    assert!(opened > 0);
}

/// What the fixture of layout 1 does not hold: a short hearing, a forgotten post, fingerprints, folded cards.
#[tokio::test]
async fn rare_rows_of_layout_1_are_brought_over() {
    let (_dir, path) = place();
    let conn = rusqlite::Connection::open(&path).expect("opens");
    conn.execute_batch(include_str!("../../migrations/sqlite/0001_start.sql")).expect("makes layout 1");
    let (first, gone, ms, day) = (nth(1), nth(2), at(1).as_millisecond(), at(1).as_millisecond() / 86_400_000);
    conn.execute_batch(&format!(
        r#"PRAGMA application_id = {}; PRAGMA user_version = 1;
        INSERT INTO name (id, text) VALUES (1, 'bluesky'), (2, 'bsky'), (3, '["dropbox","no-signal","digest","noise",false,true]'),
            (4, 'at://' || char(2) || '/app.bsky.feed.post/' || char(4)), (5, 'dropbox');
        INSERT INTO author (id, who, network, handle, name, native_id, url) VALUES (1, 7, 1, 'kim', 'Kim', 'did:plc:kim', 'https://kim.example');
        INSERT INTO mention (id, network, author, feed, decided, seen, posted, native_shape, native, lang, plain, text, extra) VALUES
            ({first}, 1, 1, 2, {ms}, 5, 3000, 4, '3m5yvqkq00001', 'en', 3, 'words', '{{"r":"at://root","p":"","k":"review"}}'),
            ({gone}, 1, NULL, 2, {ms}, 0, NULL, NULL, NULL, NULL, 3, '', NULL);
        INSERT INTO author_watch (author, watch, mentions) VALUES (1, 5, 1);
        INSERT INTO words (day, fingerprint, mention) VALUES ({day}, 78, {first});
        INSERT INTO delivery (id, alert, notifier, rank, state, attempts, due, created, since, card) VALUES
            (11, 1, 'care', 0, 'dead', 1, 0, {ms}, {ms}, 11), (12, 2, 'care', 0, 'dead', 1, 0, {ms}, {ms}, 11);
        UPDATE tally SET value = 2 WHERE key = 'mentions';"#,
        0x434f_5552,
    ))
    .expect("writes");
    drop(conn);
    let store = Sqlite::open(Options::new(&path)).expect("opens and brings over");
    let stored = store.mentions(at(0), None, 9).await.expect("reads");
    assert_eq!(stored.len(), 2);
    let mention = &stored[0].mention;
    assert_eq!(mention.native_id, "at://did:plc:kim/app.bsky.feed.post/3m5yvqkq00001");
    assert_eq!((mention.author.name.as_deref(), mention.author.url.as_deref()), (Some("Kim"), Some("https://kim.example")));
    assert_eq!((mention.text.as_str(), mention.kind), ("words", courtier::domain::Kind::Review));
    assert_eq!(mention.thread.parent.as_deref(), Some("at://root"));
    assert_eq!(mention.posted.map(|posted| posted.as_millisecond()), Some(ms - 5 - 3000));
    for one in &stored {
        assert_eq!((one.feed.as_str(), one.decided.as_millisecond()), ("bsky", ms));
        assert_eq!((one.heard[0].0.as_str(), one.heard[0].2), ("dropbox", courtier::domain::Reason::NoSignal));
    }
    assert_eq!((stored[1].mention.text.as_str(), stored[1].mention.author.handle.as_str()), ("", ""));
    let again = post(1, "kim");
    let query = courtier::store::Query { mention: &again, watches: vec!["dropbox"], fingerprint: 78 };
    let memory = store.recall(&[query], at(2)).await.expect("recalls").remove(0);
    assert!(memory.known, "the same native id");
    assert_eq!(memory.same_words.map(|(id, _)| id), Some(stored[0].id));
    assert_eq!(memory.watches[0].mentions_before, 1);
    // Both deliveries of the card are put back by the name of either.
    assert_eq!(store.outbox_set(&[courtier::domain::DeliveryId(12)], true, at(3)).await.expect("sets"), 2);
}

/// A change of the layout needs a store of the new one: `UPDATE=1 cargo test --test store` makes it.
#[tokio::test]
#[expect(clippy::disallowed_methods, reason = "a person asks for the file with UPDATE=1")]
async fn the_newest_layout_has_its_fixture() {
    let version = |path: &Path| -> u32 {
        let conn = rusqlite::Connection::open(path).expect("opens");
        conn.query_row("PRAGMA user_version", [], |row| row.get(0)).expect("reads")
    };
    let (_dir, path) = place();
    let store = Sqlite::open(Options::new(&path)).expect("opens");
    for n in 1..=3 {
        let mut page = batch(vec![alerting(n, full_post(n, &format!("kim{n}")), "dropbox", vec![to("care", at(n))])]);
        page.cursors = vec![("bsky".to_owned(), courtier::domain::Cursor(format!("{n}")))];
        store.commit(page.into()).await.expect("commits");
    }
    drop(store);
    let newest = version(&path);
    let fixture = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("fixtures/state/{newest:04}.db"));
    if !fixture.exists() && std::env::var_os("UPDATE").is_some() {
        std::fs::copy(&path, &fixture).expect("copies");
    }
    assert!(fixture.exists(), "{} is missing: UPDATE=1 cargo test --test store", fixture.display());
    let copy = path.with_file_name("copy.db");
    std::fs::copy(&fixture, &copy).expect("copies");
    assert_eq!(version(&copy), newest);
}
