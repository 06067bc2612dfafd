//! The contract of [`Store`]: every test takes any store.

use std::sync::Arc;
use std::time::Duration;

use courtier::domain::{Alert, CaseState, Cursor, DeliveryState, Network, Receipt, Stance};
use courtier::store::{Batch, Claim, Options, OutboxFilter, Query, Settlement, Sqlite, Store};
use tempfile::TempDir;

use crate::posts::{alerting, at, batch, full_post, hearing, nth, post, quiet, simple, to};

const LEASE: Duration = Duration::from_mins(1);

/// A place where a store lives on after its handle is dropped.
pub(crate) struct House {
    dir: TempDir,
}

impl House {
    pub(crate) fn new() -> Self {
        Self { dir: TempDir::new().expect("a temporary directory") }
    }

    pub(crate) fn open(&self) -> Arc<dyn Store> {
        Arc::new(Sqlite::open(Options::new(self.dir.path().join("courtier.db"))).expect("opens"))
    }
}

async fn claim(store: &dyn Store, seconds: i64) -> Vec<Claim> {
    store.claim("care", at(seconds), LEASE, 100, None).await.expect("claims")
}

pub(crate) fn yes() -> Settlement {
    Settlement::Delivered(Receipt { remote_id: Some("1.2".to_owned()), note: "200".to_owned() })
}

#[tokio::test]
async fn a_mention_comes_back_as_it_was() {
    let house = House::new();
    let store = house.open();
    // Three of a kind, so that the third is stored in the short form.
    for n in 1..4 {
        let decided = alerting(n, full_post(n, &format!("kim{n}")), "dropbox", vec![to("care", at(n))]);
        store.commit(batch(vec![decided.clone()]).into()).await.expect("commits");
        let by_id = store.mention(&decided.mention_id.to_string()).await.expect("reads").expect("is there");
        let by_url = store.mention(decided.mention.url.as_deref().expect("has one")).await.expect("reads").expect("is there");
        assert_eq!(by_id.mention, decided.mention);
        assert_eq!(by_url.mention, decided.mention);
        assert_eq!(by_id.decided, decided.decided);
        assert_eq!(by_id.heard, vec![("dropbox".to_owned(), decided.hearing.clone(), decided.decision.reason, decided.decision.case)]);
        let claims = claim(&*store, n).await;
        let Alert::Mention(alert) = &claims[0].alert else { panic!("about a mention") };
        assert_eq!(alert.mention, decided.mention);
        assert_eq!(alert.hearing, decided.hearing);
        assert_eq!((alert.id, alert.case), (decided.alert.clone().expect("has one").0, decided.case.clone().expect("has one").id));
        assert_eq!((alert.watch_name.as_str(), alert.feed.as_str(), alert.history.mentions_before), ("DROPBOX", "bsky", 3));
        assert_eq!(alert.draft, decided.alert.expect("has one").1);
    }
}

#[tokio::test]
async fn a_page_that_comes_again_changes_nothing_but_the_cursor() {
    let house = House::new();
    let store = house.open();
    let mut page = batch(vec![simple(1), simple(2)]);
    page.cursors = vec![("bsky".to_owned(), Cursor("\"1\"".to_owned()))];
    let first = store.commit(page.clone().into()).await.expect("commits");
    assert_eq!((first.mentions, first.known, first.deliveries), (2, 0, 2));
    // The same posts under fresh ids, as intake makes them after a crash.
    for (decided, n) in page.decided.iter_mut().zip([11, 12]) {
        decided.mention_id.0 = nth(n);
        decided.alert.as_mut().expect("has one").0.0 = nth(n) + 2;
        decided.case.as_mut().expect("has one").id.0 = nth(n) + 1;
    }
    page.cursors[0].1 = Cursor("\"2\"".to_owned());
    let again = store.commit(page.into()).await.expect("commits");
    assert_eq!((again.mentions, again.known, again.deliveries), (0, 2, 0));
    assert_eq!(store.cursor("bsky").await.expect("reads"), Some(Cursor("\"2\"".to_owned())));
    assert_eq!(store.cases(false, 0).await.expect("reads").len(), 2);
    assert_eq!(store.outbox(&OutboxFilter::default()).await.expect("reads").len(), 2);
    assert_eq!(store.standing().await.expect("reads").mentions, 2);
}

#[tokio::test]
async fn both_sides_of_a_switch_are_one_mention_and_two_alerts() {
    let house = House::new();
    let store = house.open();
    let left = alerting(1, post(1, "kim"), "dropbox", vec![to("care", at(1))]);
    let mut joined = alerting(2, post(1, "kim"), "nomadesk", vec![to("care", at(1))]);
    joined.mention_id = left.mention_id;
    joined.hearing = hearing(Stance::Joining);
    let done = store.commit(batch(vec![left.clone(), joined]).into()).await.expect("commits");
    assert_eq!((done.mentions, done.known, done.deliveries), (1, 0, 2));
    let stored = store.mention(&left.mention_id.to_string()).await.expect("reads").expect("is there");
    assert_eq!(stored.heard.len(), 2);
    let mut sides: Vec<_> = claim(&*store, 5)
        .await
        .into_iter()
        .map(|claim| match claim.alert {
            Alert::Mention(alert) => (alert.watch, alert.hearing.switch.expect("one").stance),
            Alert::Health(_) => panic!("about a mention"),
        })
        .collect();
    sides.sort();
    assert_eq!(sides, [("dropbox".to_owned(), Stance::Leaving), ("nomadesk".to_owned(), Stance::Joining)]);
}

#[tokio::test]
async fn what_is_remembered() {
    let house = House::new();
    let store = house.open();
    let first = simple(1);
    store.commit(batch(vec![first.clone(), quiet(2, post(2, "kim1"), "dropbox")]).into()).await.expect("commits");
    let mut answer = post(9, "help.dropbox");
    answer.thread.parent = Some(first.mention.native_id.clone());
    let mut by_url = post(10, "help.dropbox");
    by_url.thread.root = first.mention.url.clone();
    let again = post(3, "kim1");
    let ask = |mention, fingerprint| Query { mention, watches: vec!["dropbox", "nomadesk"], fingerprint };
    let queries = [ask(&first.mention, 0), ask(&again, first.fingerprint), ask(&answer, 1), ask(&by_url, 1)];
    let memory = store.recall(&queries, at(10)).await.expect("recalls");
    assert_eq!(memory.iter().map(|one| one.known).collect::<Vec<_>>(), [true, false, false, false]);
    assert_eq!(memory[1].same_words, Some((first.mention_id, "kim1".to_owned())));
    assert_eq!(memory[2].same_words, None);
    let case = first.case.expect("has one");
    assert_eq!(memory[1].watches[0].cases, [case.clone()]);
    assert_eq!((memory[1].watches[0].mentions_before, memory[1].watches[1].mentions_before), (2, 0));
    assert!(memory[1].watches[1].cases.is_empty());
    assert_eq!(memory[2].thread_cases, [case.id]);
    assert_eq!(memory[3].thread_cases, [case.id]);
    // Eight days later the words are new again; an answered case is no longer live.
    store
        .commit(Batch { case_states: vec![(case.id, CaseState::Answered)], now: Some(at(20)), ..Batch::default() }.into())
        .await
        .expect("commits");
    let later = store.recall(&queries, at(8 * 86_400)).await.expect("recalls");
    assert_eq!(later[1].same_words, None);
    assert!(later[1].watches[0].cases.is_empty() && later[2].thread_cases.is_empty());
}

#[tokio::test]
async fn two_claimers_never_share_a_delivery() {
    let house = House::new();
    let (one, two) = (house.open(), house.open());
    one.commit(batch((1..40).map(simple).collect()).into()).await.expect("commits");
    let mut keys = Vec::new();
    for _ in 0..8 {
        let (a, b) = tokio::join!(one.claim("care", at(50), LEASE, 3, None), two.claim("care", at(50), LEASE, 3, None));
        keys.extend(a.expect("claims").into_iter().chain(b.expect("claims")).map(|claim| claim.key));
    }
    assert_eq!(keys.len(), 39);
    keys.sort();
    keys.dedup();
    assert_eq!(keys.len(), 39);
}

#[tokio::test]
async fn a_dead_dispatcher_leaves_its_card_to_the_next_under_the_same_key() {
    let house = House::new();
    let store = house.open();
    store.commit(batch(vec![simple(1)]).into()).await.expect("commits");
    let first = claim(&*store, 1).await.remove(0);
    drop(store);
    let store = house.open();
    assert!(claim(&*store, 60).await.is_empty(), "the lease has not ended");
    assert_eq!(store.next_due("care").await.expect("reads"), Some(at(61)));
    let second = claim(&*store, 61).await.remove(0);
    assert_eq!((second.key.as_str(), &second.deliveries, first.attempts, second.attempts), (first.key.as_str(), &first.deliveries, 0, 1));
    // The first one was only slow: what it says later does not take the card from the second ...
    store.settle(vec![(first.clone(), Settlement::Released)], at(62)).await.expect("settles");
    assert!(claim(&*store, 62).await.is_empty());
    // ... except that it was delivered.
    store.settle(vec![(first, yes())], at(63)).await.expect("settles");
    store.settle(vec![(second, Settlement::Retry { due: at(64), why: "500".to_owned() })], at(64)).await.expect("settles");
    assert!(claim(&*store, 10_000).await.is_empty());
    assert_eq!(store.next_due("care").await.expect("reads"), None);
}

#[tokio::test]
async fn settling() {
    let house = House::new();
    let store = house.open();
    store.commit(batch((1..=4).map(simple).collect()).into()).await.expect("commits");
    let claims = claim(&*store, 10).await;
    let why = "500".to_owned();
    let ends = [
        yes(),
        Settlement::Retry { due: at(100), why: why.clone() },
        Settlement::Dead { why, fallback: Some("mail".to_owned()) },
        Settlement::Released,
    ];
    let keys: Vec<_> = claims.iter().map(|claim| claim.key.clone()).collect();
    store.settle(claims.into_iter().zip(ends).collect(), at(20)).await.expect("settles");
    let released = claim(&*store, 20).await;
    assert_eq!(released.iter().map(|claim| (&claim.key, claim.attempts)).collect::<Vec<_>>(), [(&keys[3], 0)]);
    let retried = claim(&*store, 100).await;
    assert!(retried.iter().any(|claim| claim.key == keys[1] && claim.attempts == 1 && claim.created == at(4)));
    let mail = store.claim("mail", at(20), LEASE, 9, None).await.expect("claims");
    assert_eq!(mail.len(), 1);
    assert!(!keys.contains(&mail[0].key));
    let dead = store.outbox(&OutboxFilter { states: vec![DeliveryState::Dead], ..OutboxFilter::default() }).await.expect("reads");
    assert_eq!((dead[0].id.to_string(), dead[0].last_error.as_deref()), (keys[2].clone(), Some("500")));
    assert!(dead[0].headline.contains("kim3"), "{}", dead[0].headline);
    // By hand: again, and giving up counts from now.
    assert_eq!(store.outbox_set(&[dead[0].id], true, at(500)).await.expect("sets"), 1);
    let again = store.claim("care", at(500), LEASE, 9, None).await.expect("claims");
    assert!(again.iter().any(|claim| claim.key == keys[2] && claim.created == at(500)));
}

#[tokio::test]
async fn a_deleted_post_is_gone_and_does_not_come_back() {
    let house = House::new();
    let store = house.open();
    for n in 1..4 {
        store.commit(batch(vec![simple(n)]).into()).await.expect("commits");
    }
    let third = simple(3);
    let gone = Batch { deleted: vec![(Network::known("bluesky"), third.mention.native_id.clone())], now: Some(at(5)), ..Batch::default() };
    store.commit(gone.into()).await.expect("commits");
    let stored = store.mention(&third.mention_id.to_string()).await.expect("reads").expect("is there");
    let shown = format!("{stored:?}");
    assert!(!shown.contains("kim3") && !shown.contains("switch from"), "{shown}");
    assert_eq!(claim(&*store, 9).await.len(), 2);
    assert_eq!(store.commit(batch(vec![third.clone()]).into()).await.expect("commits").known, 1);
    assert!(store.recall(&[Query { mention: &third.mention, watches: vec![], fingerprint: 0 }], at(9)).await.expect("recalls")[0].known);
    assert!(store.cases(false, 0).await.expect("reads").iter().all(|case| case.author != "kim3"));
}
