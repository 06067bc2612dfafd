//! What was seen to go wrong in other monitors and must not here, over the real engine and store.

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

mod house;

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use courtier::config::Silence;
use courtier::domain::{Alert, DeliveryState, Mention};
use courtier::engine::{Clock, Keep};
use courtier::feed::{FeedError, Page};
use courtier::notify::SendError;
use courtier::store::{Options, OutboxFilter, Sqlite, Store};
use house::{Recording, Scripted, Settings, leaver, start, start_with, takes, until, words};

const FAST: Duration = Duration::from_millis(20);

#[tokio::test(flavor = "multi_thread")]
async fn one_broken_feed_stops_alone_and_health_says_so_within_one_pace() {
    let good = Scripted::new(FAST);
    let bad = Scripted::broken(FAST, FeedError::Unreadable { why: "HTML where a feed was expected".into() });
    let care = Arc::new(Recording::new(|_, _| takes()));
    let running = start(vec![("good", Arc::clone(&good)), ("bad", Arc::clone(&bad))], vec![("care", Arc::clone(&care), None)]);
    until("the bad feed was asked", || bad.calls() >= 1).await;
    until("health names it", || running.shared.health.feed("bad").ok == Some(false)).await;
    let standing = running.shared.health.standing();
    assert_eq!(standing.status, "degraded");
    assert!(standing.feeds["bad"].why.as_deref().is_some_and(|why| why.contains("HTML")), "{standing:?}");
    let calls = good.calls();
    good.say(vec![leaver(1)], "1");
    until("the good feed's post is delivered", || care.taken().len() == 1).await;
    assert!(good.calls() > calls);
    assert_eq!(running.shared.health.feed("good").ok, Some(true));
    running.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_feed_that_hears_only_a_part_is_not_well() {
    let feed = Scripted::new(FAST);
    let running = start(vec![("list", Arc::clone(&feed))], vec![("care", Arc::new(Recording::new(|_, _| takes())), None)]);
    // For some hundred calls, so that somebody who looks sees it.
    for _ in 0..100 {
        feed.say_page(Page { missed: Some("1 of 3 addresses: denied: blog.example.org answered 410".into()), ..Page::default() });
    }
    let standing = || running.shared.health.standing();
    until("health names the part, and that the rest is heard", || {
        let list = running.shared.health.feed("list");
        list.missed.as_deref().is_some_and(|why| why.contains("410")) && list.ok == Some(true) && standing().status == "degraded"
    })
    .await;
    until("and that it is over", || standing().status == "ok").await;
    running.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dead_receiver_is_nobody_elses_trouble_and_keeps_its_key() {
    let feed = Scripted::new(FAST);
    let dead = Arc::new(Recording::new(|_, before| {
        if before < 2 { Err(SendError::Retry { after: None, why: "connection refused".into() }) } else { takes() }
    }));
    let well = Arc::new(Recording::new(|_, _| takes()));
    let running = start(vec![("feed", Arc::clone(&feed))], vec![("dead", Arc::clone(&dead), None), ("well", Arc::clone(&well), None)]);
    feed.say((0..3).map(leaver).collect(), "3");
    until("the dead one came back", || dead.taken().len() == 3).await;
    assert_eq!(well.attempts().len(), 3, "the neighbour heard each once");
    let mut keys: Vec<String> = dead.attempts().into_iter().map(|(key, ..)| key).collect();
    assert_eq!(keys.len(), 9, "three attempts for each of three alerts");
    keys.sort();
    keys.dedup();
    assert_eq!(keys.len(), 3, "every attempt of a delivery carries the same key");
    running.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_machine_that_slept_through_give_up_tries_again_before_it_gives_up() {
    let (clock, hand) = Clock::by_hand(Clock::system().now());
    let sleeper = Arc::clone(&hand);
    let feed = Scripted::new(FAST);
    let care = Arc::new(Recording::new(move |_, before| match before {
        // The receiver is down, the lid is closed for a weekend; on waking the network is not up yet.
        0 => {
            sleeper.fetch_add(48 * 3_600_000, Ordering::Relaxed);
            Err(SendError::Retry { after: None, why: "connection refused".into() })
        }
        1 => Err(SendError::Retry { after: None, why: "no address".into() }),
        _ => takes(),
    }));
    let store: Arc<dyn Store> = Arc::new(Sqlite::in_memory(Options::new("unused")).expect("a store"));
    let settings = Settings { clock, ..Settings::default() };
    let running = start_with(settings, store, vec![("feed", Arc::clone(&feed))], vec![("care", Arc::clone(&care), None)]);
    feed.say(vec![leaver(1)], "1");
    until("it is delivered all the same", || {
        hand.fetch_add(1_000, Ordering::Relaxed);
        care.taken().len() == 1
    })
    .await;
    running.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refused_alert_becomes_a_dead_letter_and_the_next_passes() {
    let feed = Scripted::new(FAST);
    let care = Arc::new(Recording::new(|alert, _| {
        if words(alert).ends_with("number 0") { Err(SendError::Refused { why: "400 invalid_blocks".into() }) } else { takes() }
    }));
    let mail = Arc::new(Recording::new(|_, _| takes()));
    // Only `care` is routed to; `mail` is its fallback.
    let running =
        start(vec![("feed", Arc::clone(&feed))], vec![("care", Arc::clone(&care), Some("mail")), ("mail", Arc::clone(&mail), None)]);
    feed.say(vec![leaver(0), leaver(1)], "2");
    until("the second passed", || care.taken().len() == 1).await;
    let dead = OutboxFilter { states: vec![DeliveryState::Dead], ..OutboxFilter::default() };
    let store = Arc::clone(&running.shared.store);
    until("the first is dead", || {
        let listed = tokio::task::block_in_place(|| tokio::runtime::Handle::current().block_on(store.outbox(&dead)));
        listed.is_ok_and(|list| list.len() == 1 && list[0].last_error.as_deref().is_some_and(|why| why.contains("invalid_blocks")))
    })
    .await;
    until("mail has both", || mail.taken().len() == 2).await;
    running.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_slow_receiver_delays_nobody() {
    let feed = Scripted::new(FAST);
    let slow = Arc::new(Recording::new(|_, _| takes()).slow(Duration::from_secs(3)));
    let quick = Arc::new(Recording::new(|_, _| takes()));
    let running = start(vec![("feed", Arc::clone(&feed))], vec![("slow", Arc::clone(&slow), None), ("quick", Arc::clone(&quick), None)]);
    feed.say((0..20).map(leaver).collect(), "20");
    until("the quick one has all", || quick.taken().len() == 20).await;
    assert!(slow.taken().len() < 20, "the slow one is still at it");
    running.stop.cancel();
    running.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_burst_is_one_card_that_counts_and_lists_all() {
    let feed = Scripted::new(FAST);
    // The first call is held up, so that the rest of the burst waits together.
    let care = Arc::new(Recording::new(|_, _| takes()).folding(5).slow(Duration::from_millis(200)));
    let running = start(vec![("feed", Arc::clone(&feed))], vec![("care", Arc::clone(&care), None)]);
    feed.say((0..60).map(leaver).collect(), "60");
    let count = |attempts: &[(String, Alert, bool)]| {
        let lines = |alert: &Alert| match alert {
            Alert::Mention(alert) => 1 + alert.folded.len(),
            Alert::Health(_) => 0,
        };
        attempts.iter().map(|(_, alert, _)| lines(alert)).sum::<usize>()
    };
    until("all 60 are on cards", || count(&care.attempts()) == 60).await;
    assert!(care.attempts().len() < 12, "{} cards for 60 alerts", care.attempts().len());
    running.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_receiver_that_is_gone_is_disabled_and_people_are_told() {
    let feed = Scripted::new(FAST);
    let gone = Arc::new(Recording::new(|_, _| Err(SendError::Gone { why: "410 Gone".into() })));
    let mail = Arc::new(Recording::new(|_, _| takes()));
    let running = start(vec![("feed", Arc::clone(&feed))], vec![("care", Arc::clone(&gone), None), ("mail", Arc::clone(&mail), None)]);
    feed.say(vec![leaver(0)], "1");
    until("the health alert is out", || mail.taken().iter().any(|text| text.contains("care") && text.contains("410"))).await;
    feed.say(vec![leaver(1)], "2");
    until("the second alert reached the other", || mail.taken().len() == 3).await;
    assert_eq!(gone.attempts().len(), 1, "nothing more is sent to it");
    assert_eq!(running.shared.health.standing().status, "degraded");
    running.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_same_post_from_two_feeds_is_one_alert() {
    let (one, other) = (Scripted::new(FAST), Scripted::new(FAST));
    let care = Arc::new(Recording::new(|_, _| takes()));
    let running = start(vec![("one", Arc::clone(&one)), ("other", Arc::clone(&other))], vec![("care", Arc::clone(&care), None)]);
    one.say(vec![leaver(0), leaver(1)], "1");
    other.say(vec![leaver(0), leaver(2)], "1");
    one.say(vec![leaver(0)], "2");
    until("three alerts", || care.taken().len() == 3).await;
    until("everything was asked again", || one.calls() > 5 && other.calls() > 5).await;
    assert_eq!(care.attempts().len(), 3);
    running.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_feed_that_answers_and_brings_nothing_is_deaf_and_said_so_once() {
    let (clock, hand) = Clock::by_hand(Clock::system().now());
    let pass = |minutes: i64| hand.fetch_add(minutes * 60_000, Ordering::Relaxed);
    let feed = Scripted::new(FAST);
    let care = Arc::new(Recording::new(|_, _| takes()));
    let store: Arc<dyn Store> = Arc::new(Sqlite::in_memory(Options::new("unused")).expect("a store"));
    let settings = Settings { clock, silence: Silence::After(Duration::from_hours(6)), ..Settings::default() };
    let running = start_with(settings, store, vec![("feed", Arc::clone(&feed))], vec![("care", Arc::clone(&care), None)]);
    let health = |of: &house::Running| of.shared.health.feed("feed");
    until("it was asked", || health(&running).ok == Some(true)).await;
    pass(5 * 60);
    let calls = feed.calls();
    until("it was asked again", || feed.calls() > calls + 1).await;
    assert_eq!(running.shared.health.standing().status, "ok", "five hours are fewer than six");
    pass(90);
    until("health says so", || health(&running).silent.is_some_and(|says| says == "silent for 6 h, expected something within 6 h")).await;
    assert_eq!((health(&running).ok, running.shared.health.standing().status), (Some(true), "degraded"));
    until("a person is told", || care.taken().iter().any(|text| text.starts_with("feed answers and brings nothing"))).await;
    feed.say(vec![leaver(1)], "1");
    until("its next post is delivered", || care.taken().len() == 2).await;
    assert_eq!(running.shared.health.standing().status, "ok");
    running.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_older_than_agreed_is_forgotten_while_the_house_runs() {
    let (clock, hand) = Clock::by_hand(Clock::system().now());
    let store: Arc<dyn Store> = Arc::new(Sqlite::in_memory(Options::new("unused")).expect("a store"));
    let keep = Keep { text: Some(Duration::from_hours(24 * 90)), author: Some(Duration::from_hours(24 * 365)) };
    let run = |settings: Settings, feed: Arc<Scripted>| {
        let care = Arc::new(Recording::new(|_, _| takes()));
        (start_with(settings, Arc::clone(&store), vec![("feed", feed)], vec![("care", Arc::clone(&care), None)]), care)
    };
    let stored = || {
        let all = store.mentions(jiff::Timestamp::UNIX_EPOCH, None, 1_000);
        let all = tokio::task::block_in_place(|| tokio::runtime::Handle::current().block_on(all)).expect("reads");
        let count = |has: fn(&Mention) -> bool| all.iter().filter(|stored| has(&stored.mention)).count();
        (all.len(), count(|mention| !mention.text.is_empty()), count(|mention| !mention.author.handle.is_empty()))
    };
    let feed = Scripted::new(FAST);
    // More than one step takes, so that it must go on by itself.
    feed.say((0..250).map(leaver).collect(), "1");
    let (running, care) = run(Settings { clock: clock.clone(), keep, ..Settings::default() }, Arc::clone(&feed));
    until("all are delivered", || care.taken().len() == 250).await;
    assert_eq!(stored(), (250, 250, 250));
    running.end().await;
    for (days, left) in [(89, (251, 251, 251)), (2, (252, 2, 252)), (300, (253, 1, 3))] {
        hand.fetch_add(days * 24 * 3_600_000, Ordering::Relaxed);
        let feed = Scripted::new(FAST);
        let (running, _) = run(Settings { clock: clock.clone(), keep, ..Settings::default() }, Arc::clone(&feed));
        let mut fresh = leaver(1_000 + left.0);
        fresh.seen = clock.now();
        feed.say(vec![fresh], &format!("{days}"));
        until(&format!("{left:?} after {days} more days"), || stored() == left).await;
        let counted = running.shared.metrics.render();
        assert_eq!(counted.contains("courtier_forgotten_total{what=\"text\"} 250"), days == 2, "{counted}");
        running.end().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_post_is_seen_when_the_answer_is_here_and_not_when_it_was_asked_for() {
    let feed = Scripted::new(FAST);
    let care = Arc::new(Recording::new(|_, _| takes()));
    let running = start(vec![("feed", Arc::clone(&feed))], vec![("care", Arc::clone(&care), None)]);
    // The store keeps whole milliseconds: an answer within this one is stamped with its beginning.
    let began = jiff::Timestamp::from_millisecond(Clock::system().now().as_millisecond()).unwrap();
    let mut post = leaver(1);
    // As a feed stamps it that has waited ten minutes for its turn at a throttled host.
    post.seen = began.checked_sub(jiff::SignedDuration::from_mins(10)).unwrap();
    feed.say(vec![post], "1");
    until("it is delivered", || care.taken().len() == 1).await;
    let (_, alert, _) = care.attempts().remove(0);
    let Alert::Mention(alert) = alert else { panic!("a mention") };
    assert!(alert.mention.seen >= began, "{}", alert.mention.seen);
    running.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_of_many_is_stored_in_parts_and_its_cursor_moves_with_the_last() {
    const POSTS: usize = 1_500;
    let big = Scripted::new(FAST);
    let care = Arc::new(Recording::new(|_, _| takes()));
    big.say((0..POSTS).map(leaver).collect(), "end");
    let running = start(vec![("big", Arc::clone(&big))], vec![("care", Arc::clone(&care), None)]);
    let store = Arc::clone(&running.shared.store);
    let (mut in_parts, mut stored) = (false, 0);
    for _ in 0..3_000 {
        // In this order: a cursor is never ahead of its mentions.
        let cursor = store.cursor("big").await.expect("a cursor");
        stored = store.standing().await.expect("a standing").mentions;
        in_parts |= (1..POSTS as u64).contains(&stored);
        assert!(cursor.is_none() || stored == POSTS as u64, "the cursor moved with {stored} stored");
        if cursor.is_some() {
            break;
        }
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    assert_eq!(stored, POSTS as u64);
    assert!(in_parts, "one transaction for all of it would keep every other feed waiting");
    running.end().await;
}
