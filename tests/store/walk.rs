//! A walk over stored mentions sees each once, in order, whatever the page.

use courtier::domain::{Account, Network, Reason};
use courtier::store::{Store, Walk, Walked};
use jiff::Timestamp;

use crate::contract::House;
use crate::posts::{alerting, at, batch, post, quiet, simple, to};

async fn all(store: &dyn Store, mut walk: Walk) -> Vec<Walked> {
    let mut found: Vec<Walked> = Vec::new();
    loop {
        let page = store.walk(&walk).await.expect("reads");
        assert!(page.len() <= walk.most);
        let Some(last) = page.last() else { return found };
        walk.after = Some(last.id);
        found.extend(page);
    }
}

#[tokio::test]
async fn a_walk_gives_each_mention_of_its_span_once_in_order() {
    let house = House::new();
    let store = house.open();
    let mut posts: Vec<_> = (1..30).map(simple).collect();
    posts.extend((30..40).map(|n| quiet(n, post(n, &format!("kim{n}")), "dropbox")));
    posts[4].decision.deliveries.push(to("lead", at(9)));
    store.commit(batch(posts.clone()).into()).await.expect("commits");
    for newest_first in [false, true] {
        for most in [1, 7, 500] {
            let walk = Walk { since: at(5), until: at(35), after: None, newest_first, most };
            let mut walked = all(&*store, walk).await;
            if newest_first {
                walked.reverse();
            }
            let seconds: Vec<_> = walked.iter().map(|one| one.decided).collect();
            assert_eq!(seconds, (5..35).map(at).collect::<Vec<_>>(), "newest first {newest_first}, pages of {most}");
            for (one, then) in walked.iter().zip(&posts[4..]) {
                assert_eq!((one.id, &one.mention, &*one.feed), (then.mention_id, &then.mention, "bsky"));
                let [heard] = &one.heard[..] else { panic!("heard for one watch") };
                assert_eq!((&*heard.watch, &heard.hearing), ("dropbox", &then.hearing));
                assert_eq!((heard.reason, heard.priority), (then.decision.reason, then.decision.priority));
                assert_eq!(heard.case, then.case);
                let planned: Vec<&str> = then.decision.deliveries.iter().map(|one| &*one.notifier).collect();
                assert_eq!(heard.told, planned);
            }
            assert_eq!(walked.iter().filter(|one| one.heard[0].reason == Reason::NoSignal).count(), 5);
        }
    }
}

#[tokio::test]
async fn the_ends_of_time_are_no_trap() {
    let house = House::new();
    let store = house.open();
    let walk = Walk { since: Timestamp::MIN, until: Timestamp::MAX, after: None, newest_first: false, most: 10 };
    assert!(all(&*store, walk).await.is_empty());
    store.commit(batch((1..4).map(simple).collect()).into()).await.expect("commits");
    assert_eq!(all(&*store, walk).await.len(), 3);
    assert_eq!(all(&*store, Walk { newest_first: true, ..walk }).await.len(), 3);
    assert!(all(&*store, Walk { until: at(1), ..walk }).await.is_empty(), "the end is not part of the span");
}

#[tokio::test]
async fn what_is_heard_again_replaces_what_was_heard_and_nothing_else() {
    let house = House::new();
    let store = house.open();
    let posts = [quiet(1, post(1, "kim"), "dropbox"), quiet(2, post(2, "ann"), "dropbox"), simple(3)];
    store.commit(batch(posts.to_vec()).into()).await.expect("commits");
    let mut other = posts[0].clone();
    other.watch = "nomadesk".to_owned();
    other.watch_name = "Nomadesk".to_owned();
    // Nothing in particular for one watch; then a leaver for it, with case and alert, and a new watch beside it.
    let mut again = alerting(1, post(1, "kim"), "dropbox", vec![to("care", at(9))]);
    again.case.as_mut().expect("has one").id.0 += 50_000;
    again.decision.case = again.case.as_ref().map(|case| case.id);
    again.alert.as_mut().expect("has one").0.0 += 50_000;
    let done = store.rewrite(vec![again.clone(), other], at(9)).await.expect("writes");
    assert_eq!((done.mentions, done.known, done.deliveries), (2, 0, 1));
    let read = store.mention(&posts[0].mention_id.to_string()).await.expect("reads").expect("is there");
    assert_eq!(read.mention, posts[0].mention);
    let mut heard = read.heard.clone();
    heard.sort_by(|a, b| a.0.cmp(&b.0));
    assert_eq!(heard[0], ("dropbox".to_owned(), again.hearing.clone(), Reason::NewCase, again.decision.case));
    assert_eq!((heard.len(), &*heard[1].0, heard[1].2), (2, "nomadesk", Reason::NoSignal));
    let untouched = store.mention(&posts[2].mention_id.to_string()).await.expect("reads").expect("is there");
    assert_eq!(untouched.heard[0].1, posts[2].hearing);
    assert_eq!(store.standing().await.expect("reads").mentions, 3, "nobody is counted twice");

    store.forget(&Account { network: Network::known("bluesky"), handle: "ann".to_owned() }).await.expect("forgets");
    let late = alerting(2, post(2, "ann"), "dropbox", vec![to("care", at(9))]);
    let done = store.rewrite(vec![late], at(10)).await.expect("writes");
    assert_eq!((done.mentions, done.known, done.deliveries), (0, 1, 0), "what is forgotten stays forgotten");
}
