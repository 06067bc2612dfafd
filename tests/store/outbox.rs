//! How deliveries fold into cards, wait for their case, and change hands.

use std::time::Duration;

use courtier::domain::{Alert, AlertId, CaseState, Dismissal, Health, MentionAlert, Priority};
use courtier::store::{Batch, Claim, Decided, OutboxFilter, Settlement, Store};

use crate::contract::{House, yes};
use crate::posts::{alerting, at, batch, nth, post, simple, to};

const LEASE: Duration = Duration::from_mins(1);

async fn claim(store: &dyn Store, seconds: i64, folds_from: Option<usize>) -> Vec<Claim> {
    store.claim("care", at(seconds), LEASE, 100, folds_from).await.expect("claims")
}

fn mention(claim: &Claim) -> &MentionAlert {
    match &claim.alert {
        Alert::Mention(alert) => alert,
        Alert::Health(_) => panic!("about a mention"),
    }
}

/// An alert that waits under a key until `due`.
fn folding(n: i64, key: &str, due: i64) -> Decided {
    let mut planned = to("care", at(due));
    planned.fold = Some(key.to_owned());
    alerting(n, post(n, &format!("kim{n}")), "dropbox", vec![planned])
}

#[tokio::test]
async fn a_dismissed_case_keeps_the_word_it_was_dismissed_with() {
    let house = House::new();
    let store = house.open();
    let posts: Vec<_> = (1..4).map(simple).collect();
    store.commit(batch(posts.clone()).into()).await.expect("commits");
    let case = |n: usize| posts[n].case.as_ref().expect("has one").id;
    let shown = store.dismiss(case(0), Dismissal::NotUs, at(9)).await.expect("sets").expect("is there");
    assert_eq!((shown.state, shown.dismissed), (CaseState::Dismissed, Some(Dismissal::NotUs)));
    let shown = store.dismiss(case(0), Dismissal::Spam, at(10)).await.expect("sets").expect("is there");
    assert_eq!(shown.dismissed, Some(Dismissal::Spam), "another word for it");
    store.case_set(case(1), CaseState::Answered, None, at(9)).await.expect("sets");
    let shown = store.dismiss(case(1), Dismissal::NotUs, at(10)).await.expect("sets").expect("is there");
    assert_eq!((shown.state, shown.dismissed), (CaseState::Answered, None), "closed is closed");
    assert!(store.dismiss(courtier::domain::CaseId(7), Dismissal::NotUs, at(10)).await.expect("sets").is_none());
    let (read, _) = store.case(case(0)).await.expect("reads").expect("is there");
    assert_eq!(read.dismissed, Some(Dismissal::Spam));
}

#[tokio::test]
async fn what_waits_under_one_key_leaves_as_one_card_and_stays_it() {
    let house = House::new();
    let store = house.open();
    let mut second = folding(2, "a", 15);
    second.decision.priority = Priority::Today;
    store.commit(batch(vec![second, folding(3, "a", 20), folding(4, "b", 15)]).into()).await.expect("commits");
    assert!(claim(&*store, 14, None).await.is_empty());
    let cards = claim(&*store, 15, None).await;
    assert_eq!(cards.len(), 2);
    let card = cards.iter().find(|card| card.deliveries.len() == 2).expect("the two of one key");
    // The most urgent one leads, though it came later.
    assert_eq!(mention(card).mention.author.handle, "kim3");
    assert_eq!(mention(card).folded.len(), 1);
    assert!(mention(card).folded[0].headline.contains("kim2"), "{:?}", mention(card).folded);
    assert_eq!(mention(card).folded[0].text, "I am going to switch from Dropbox to Nomadesk");
    // Whoever comes under the same key now is late for this card.
    store.commit(batch(vec![folding(5, "a", 16)]).into()).await.expect("commits");
    drop(store);
    let store = house.open();
    let again = claim(&*store, 80, None).await;
    assert_eq!(again.len(), 3);
    let same = again.iter().find(|one| one.key == card.key).expect("the same card");
    assert_eq!((&same.deliveries, same.attempts), (&card.deliveries, 1));
    store.settle(again.into_iter().map(|claim| (claim, yes())).collect(), at(81)).await.expect("settles");
    assert!(claim(&*store, 9_999, None).await.is_empty());
}

#[tokio::test]
async fn a_delivery_that_waits_for_its_hour_is_not_late_before() {
    const MONDAY: i64 = 62 * 3_600;
    let house = House::new();
    let store = house.open();
    store.commit(batch(vec![folding(1, "digest", MONDAY)]).into()).await.expect("commits");
    let oldest = store.standing().await.expect("reads").outbox;
    assert_eq!(oldest, [("care".to_owned(), 1, 0, Some(at(MONDAY)))], "an alarm on its age would ring the whole weekend");
    let card = claim(&*store, MONDAY, None).await.remove(0);
    // A weekend is longer than most receivers are tried: the first failure would be the last.
    assert_eq!(card.created, at(MONDAY), "giving up counts from here");
}

#[tokio::test]
async fn a_burst_is_one_card_that_lists_all() {
    let house = House::new();
    let store = house.open();
    let mut all: Vec<_> = (1..=300).map(simple).collect();
    all.extend((301..=303).map(|n| alerting(n, post(n, "ann"), "nomadesk", vec![to("care", at(n))])));
    store.commit(batch(all).into()).await.expect("commits");
    let cards = claim(&*store, 400, Some(5)).await;
    let mut sizes: Vec<_> =
        cards.iter().map(|card| (mention(card).watch.as_str(), card.deliveries.len(), mention(card).folded.len())).collect();
    sizes.sort_unstable();
    assert_eq!(sizes, [("dropbox", 300, 299), ("nomadesk", 1, 0), ("nomadesk", 1, 0), ("nomadesk", 1, 0)]);
}

#[tokio::test]
async fn what_was_tried_alone_is_never_folded_later() {
    let house = House::new();
    let store = house.open();
    store.commit(batch(vec![simple(1)]).into()).await.expect("commits");
    let alone = claim(&*store, 1, Some(2)).await.remove(0);
    store.settle(vec![(alone.clone(), Settlement::Retry { due: at(5), why: "500".to_owned() })], at(2)).await.expect("settles");
    store.commit(batch(vec![simple(3), simple(4), simple(5)]).into()).await.expect("commits");
    let mut cards = claim(&*store, 10, Some(2)).await;
    cards.sort_by_key(|card| card.deliveries.len());
    assert_eq!(cards.iter().map(|card| card.deliveries.len()).collect::<Vec<_>>(), [1, 3]);
    assert_eq!(cards[0].key, alone.key);
}

#[tokio::test]
async fn an_escalation_is_dropped_once_somebody_has_the_case() {
    let house = House::new();
    let store = house.open();
    let escalating = |n| {
        let mut planned = to("care", at(n + 600));
        planned.while_open = true;
        alerting(n, post(n, &format!("kim{n}")), "dropbox", vec![planned])
    };
    let (taken, open) = (escalating(1), escalating(2));
    store.commit(batch(vec![taken.clone(), open.clone()]).into()).await.expect("commits");
    let case = taken.case.expect("has one").id;
    let shown = store.case_set(case, CaseState::Taken, Some("ann"), at(10)).await.expect("sets").expect("is there");
    assert_eq!((shown.state, shown.taken_by.as_deref()), (CaseState::Taken, Some("ann")));
    let cards = claim(&*store, 900, None).await;
    assert_eq!(cards.iter().map(|card| mention(card).mention_id).collect::<Vec<_>>(), [open.mention_id]);
    // Back it cannot go.
    let shown = store.case_set(case, CaseState::Open, None, at(11)).await.expect("sets").expect("is there");
    assert_eq!(shown.state, CaseState::Taken);
}

#[tokio::test]
async fn a_dead_card_is_handed_over_as_one() {
    let house = House::new();
    let store = house.open();
    store.commit(batch(vec![folding(1, "a", 1), folding(2, "a", 2), folding(3, "a", 3)]).into()).await.expect("commits");
    let card = claim(&*store, 5, None).await.remove(0);
    assert_eq!(card.deliveries.len(), 3);
    let dead = || Settlement::Dead { why: "410".to_owned(), fallback: Some("mail".to_owned()) };
    store.settle(vec![(card.clone(), dead())], at(6)).await.expect("settles");
    let mail = store.claim("mail", at(6), LEASE, 9, None).await.expect("claims");
    assert_eq!((mail.len(), mail[0].deliveries.len()), (1, 3));
    assert_ne!(mail[0].key, card.key);
    // One retried by hand brings the whole card, and its second death hands nothing over twice.
    assert_eq!(store.outbox_set(&card.deliveries[1..2], true, at(20)).await.expect("sets"), 3);
    let again = claim(&*store, 20, None).await.remove(0);
    assert_eq!((&again.key, again.deliveries.len()), (&card.key, 3));
    store.settle(vec![(again, dead())], at(21)).await.expect("settles");
    assert_eq!(store.outbox(&OutboxFilter { notifier: Some("mail".to_owned()), ..OutboxFilter::default() }).await.expect("reads").len(), 3);
    assert_eq!(store.outbox_set(&card.deliveries, false, at(30)).await.expect("sets"), 3);
    assert!(claim(&*store, 999, None).await.is_empty());
}

#[tokio::test]
async fn an_alert_about_courtier_itself_is_a_delivery_too() {
    let house = House::new();
    let store = house.open();
    let health = Health {
        id: AlertId(nth(1)),
        about: "bsky".to_owned(),
        what: "went silent".to_owned(),
        hint: "look at the credential".to_owned(),
        at: at(1),
        sent: None,
    };
    let told = Batch { health: vec![(health.clone(), vec!["care".to_owned(), "mail".to_owned()])], now: Some(at(1)), ..Batch::default() };
    assert_eq!(store.commit(told.clone().into()).await.expect("commits").deliveries, 2);
    assert_eq!(store.commit(told.into()).await.expect("commits").deliveries, 0, "the same alert again");
    let card = claim(&*store, 1, Some(2)).await.remove(0);
    assert_eq!(card.alert, Alert::Health(health));
}

#[tokio::test]
async fn the_most_urgent_leaves_first_whatever_waits_longer() {
    let house = House::new();
    let store = house.open();
    let mut old = simple(1);
    old.decision.priority = Priority::Digest;
    store.commit(batch(vec![old, simple(2)]).into()).await.expect("commits");
    let first = store.claim("care", at(9), LEASE, 1, None).await.expect("claims");
    assert_eq!(mention(&first[0]).mention.author.handle, "kim2");
    assert_eq!(store.next_due("care").await.expect("reads"), Some(at(1)));
}

#[tokio::test]
async fn whoever_waits_is_woken_by_this_and_by_another_process() {
    let house = House::new();
    let (here, there) = (house.open(), house.open());
    let mut woken = here.woken();
    woken.mark_unchanged();
    here.commit(batch(vec![simple(1)]).into()).await.expect("commits");
    woken.changed().await.expect("woken by our own commit");
    woken.mark_unchanged();
    there.commit(batch(vec![simple(2)]).into()).await.expect("commits");
    woken.changed().await.expect("woken by the other's");
}
