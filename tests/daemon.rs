//! The real program: killed at random moments, with bad receivers, with a full disk.

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

mod network;

use std::collections::BTreeSet;
use std::path::Path;
use std::time::Duration;

use axum::http::StatusCode;
use axum::response::IntoResponse as _;
use courtier::domain::DeliveryState;
use courtier::store::{Options, OutboxFilter, Sqlite, Store};
use jiff::Timestamp;
use network::{Daemon, Mood, World, well};

const MENTIONS: usize = 2_000;
const KILLS: usize = 200;

fn store(folder: &Path) -> Sqlite {
    Sqlite::open_read_only(Options::new(folder.join("courtier.db"))).expect("the store opens after any kill")
}

/// Numbers of the stored mentions, in order, doubles included.
async fn stored(store: &Sqlite) -> Vec<usize> {
    let mut numbers = Vec::new();
    let mut after = None;
    loop {
        let page = store.mentions(Timestamp::UNIX_EPOCH, after, 500).await.expect("readable");
        let Some(last) = page.last() else { break };
        after = Some(last.id);
        numbers.extend(page.iter().map(|one| one.mention.native_id.rsplit("3m").next().unwrap().parse::<usize>().unwrap()));
    }
    numbers
}

async fn until(what: &str, seconds: u64, folder: &Path, mut condition: impl AsyncFnMut() -> bool) {
    for _ in 0..seconds * 20 {
        if condition().await {
            return;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    let log = std::fs::read_to_string(folder.join("log")).unwrap_or_default();
    let end: Vec<&str> = log.lines().rev().take(30).collect();
    panic!("waited {seconds} s for: {what}; the log ends (newest first):\n{}", end.join("\n"));
}

/// No cursor is ahead of its mentions: everything up to it is stored.
async fn assert_cursor_behind(world: &World, store: &Sqlite) {
    let Some(cursor) = store.cursor("bsky").await.expect("readable") else { return };
    let position: serde_json::Value = cursor.read().expect("the feed's own form");
    let time_us = position["time_us"].as_i64().expect("microseconds");
    let have: BTreeSet<usize> = stored(store).await.into_iter().collect();
    for number in 1..world.released() {
        let at = world.start_us + i64::try_from(number).unwrap() * 1_000;
        assert!(at > time_us || have.contains(&number), "the cursor is at {time_us} and event {number} of {at} is missing");
    }
}

async fn delivered(store: &Sqlite) -> bool {
    let open = OutboxFilter { states: vec![DeliveryState::Pending, DeliveryState::Claimed], ..OutboxFilter::default() };
    store.outbox(&open).await.expect("readable").is_empty()
}

#[tokio::test(flavor = "multi_thread")]
async fn kill_nine_loses_nothing_and_doubles_nothing() {
    let folder = tempfile::tempdir().expect("a folder");
    let world = World::open(well).await;
    let configuration = world.configuration(folder.path(), "[web]\nenabled = false");
    // Live feeds begin at the start of the program: the first cursor is where the story begins.
    let daemon = Daemon::start(&configuration);
    until("the first cursor", 20, folder.path(), async || match Sqlite::open_read_only(Options::new(folder.path().join("courtier.db"))) {
        Ok(store) => store.cursor("bsky").await.is_ok_and(|cursor| cursor.is_some()),
        Err(_) => false,
    })
    .await;
    daemon.kill();

    let mut dice = fastrand::Rng::with_seed(20_261_121);
    for round in 1..=KILLS {
        let daemon = Daemon::start(&configuration);
        world.release((MENTIONS * round / KILLS).max(1) + 1);
        tokio::time::sleep(Duration::from_millis(dice.u64(5..120))).await;
        daemon.kill();
        if round % 20 == 0 {
            assert_cursor_behind(&world, &store(folder.path())).await;
        }
    }
    world.release(MENTIONS + 1);
    let daemon = Daemon::start(&configuration);
    until("everything is stored", 60, folder.path(), async || stored(&store(folder.path())).await.len() >= MENTIONS).await;
    // Leases of killed attempts end after two minutes; `outbox retry` puts them back at once, as a person would.
    let store = store(folder.path());
    until("everything is delivered", 240, folder.path(), async || delivered(&store).await).await;
    daemon.kill();

    let numbers = stored(&store).await;
    let distinct: BTreeSet<usize> = numbers.iter().copied().filter(|number| *number > 0).collect();
    assert_eq!(distinct.len(), MENTIONS, "every mention is there");
    assert_eq!(numbers.iter().filter(|number| **number > 0).count(), MENTIONS, "and none twice");
    assert_cursor_behind(&world, &store).await;
    let dead = OutboxFilter { states: vec![DeliveryState::Dead], ..OutboxFilter::default() };
    assert_eq!(store.outbox(&dead).await.expect("readable").len(), 0, "no dead letters");
    let keys = world.keys();
    assert!(keys.len() >= MENTIONS, "{} alerts arrived at the webhook", keys.len());
    for (alert, keys) in keys {
        let distinct: BTreeSet<&String> = keys.iter().collect();
        assert_eq!(distinct.len(), 1, "{alert} came under several keys: {keys:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_receiver_with_every_bad_mood_gets_everything_once_it_is_well() {
    let folder = tempfile::tempdir().expect("a folder");
    // Every mood in turn for a while, then well: with 40 alerts each is met several times.
    let world = World::open(|call| match call {
        60.. => well(call),
        _ => match call % 6 {
            0 => Mood::Answer(StatusCode::INTERNAL_SERVER_ERROR.into_response()),
            1 => Mood::Answer((StatusCode::TOO_MANY_REQUESTS, [("retry-after", "1")]).into_response()),
            2 => Mood::Answer((StatusCode::SERVICE_UNAVAILABLE, "<html>busy</html>").into_response()),
            3 => Mood::Cut,
            4 if call < 6 => Mood::Hang,
            _ => well(call),
        },
    })
    .await;
    let configuration = world.configuration(folder.path(), "[web]\nenabled = false");
    let mut daemon = Daemon::start(&configuration);
    let open = || Sqlite::open_read_only(Options::new(folder.path().join("courtier.db")));
    until("the first cursor", 20, folder.path(), async || match open() {
        Ok(store) => store.cursor("bsky").await.is_ok_and(|cursor| cursor.is_some()),
        Err(_) => false,
    })
    .await;
    world.release(41);
    let store = open().expect("opens");
    until("all 40 arrived", 90, folder.path(), async || world.keys().len() >= 40 && delivered(&store).await).await;
    assert!(world.keys().values().all(|keys| keys.len() == 1), "a receiver that said yes is not asked again");
    assert!(!world.slack.lock().unwrap().is_empty(), "the healthy neighbour heard");
    daemon.signal("TERM");
    assert_eq!(daemon.ended(Duration::from_secs(25)).await, Some(0), "drains and ends");
    let log = std::fs::read_to_string(folder.path().join("log")).unwrap_or_default();
    assert!(log.contains("stopped"), "{log}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_full_store_stops_intake_says_so_and_recovers() {
    let folder = tempfile::tempdir().expect("a folder");
    let world = World::open(well).await;
    let web = std::net::TcpListener::bind(("127.0.0.1", 0)).expect("a port").local_addr().expect("an address");
    let tight = format!("max_size = \"400KB\"\n[web]\nlisten = \"{web}\"");
    let configuration = world.configuration(folder.path(), &tight);
    let daemon = Daemon::start(&configuration);
    let ready = async || reqwest_get(&format!("http://{web}/readyz")).await;
    until("it is ready", 20, folder.path(), async || ready().await.is_some_and(|(status, _)| status == 200)).await;
    world.release(MENTIONS + 1);
    until("it is not ready any more", 60, folder.path(), async || {
        ready().await.is_some_and(|(status, why)| status == 503 && why.contains("cannot write"))
    })
    .await;
    let log = std::fs::read_to_string(folder.path().join("log")).unwrap_or_default();
    assert!(log.contains("nothing is taken in until the store writes again"), "{log}");
    assert_cursor_behind(&world, &store(folder.path())).await;
    daemon.kill();

    // Room again: everything that was held back is taken in.
    let configuration = world.configuration(folder.path(), &format!("max_size = \"100MB\"\n[web]\nlisten = \"{web}\""));
    let _daemon = Daemon::start(&configuration);
    until("everything is stored", 60, folder.path(), async || stored(&store(folder.path())).await.len() >= MENTIONS).await;
    until("it is ready again", 20, folder.path(), async || ready().await.is_some_and(|(status, _)| status == 200)).await;
}

/// A plain HTTP GET over a socket; status and body.
async fn reqwest_get(url: &str) -> Option<(u16, String)> {
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
    let rest = url.strip_prefix("http://")?;
    let (host, path) = rest.split_once('/')?;
    let mut socket = tokio::net::TcpStream::connect(host).await.ok()?;
    socket.write_all(format!("GET /{path} HTTP/1.1\r\nhost: {host}\r\nconnection: close\r\n\r\n").as_bytes()).await.ok()?;
    let mut answer = String::new();
    socket.read_to_string(&mut answer).await.ok()?;
    let status = answer.split(' ').nth(1)?.parse().ok()?;
    Some((status, answer.split_once("\r\n\r\n")?.1.to_owned()))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bad_reload_keeps_the_old_plan_and_a_good_one_replaces_it() {
    let folder = tempfile::tempdir().expect("a folder");
    let world = World::open(well).await;
    let configuration = world.configuration(folder.path(), "[web]\nenabled = false");
    let daemon = Daemon::start(&configuration);
    let good = std::fs::read_to_string(&configuration).expect("readable");
    let log = || std::fs::read_to_string(folder.path().join("log")).unwrap_or_default();
    until("the first cursor", 20, folder.path(), async || match Sqlite::open_read_only(Options::new(folder.path().join("courtier.db"))) {
        Ok(store) => store.cursor("bsky").await.is_ok_and(|cursor| cursor.is_some()),
        Err(_) => false,
    })
    .await;
    std::fs::write(&configuration, good.replace("terms = [\"nomadesk\"]", "tersm = [\"nomadesk\"]")).expect("writable");
    daemon.signal("HUP");
    until("the mistake is in the log", 10, folder.path(), async || log().contains("the old one goes on")).await;
    world.release(4);
    until("the old plan hears", 20, folder.path(), async || world.keys().len() >= 3).await;
    std::fs::write(&configuration, good).expect("writable");
    daemon.signal("HUP");
    until("it reloads", 10, folder.path(), async || log().contains("reloading")).await;
    world.release(8);
    until("the new plan hears", 20, folder.path(), async || world.keys().len() >= 7).await;
}
