//! Laws that hold whatever happens in whatever order, crashes included.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use courtier::domain::{DeliveryId, DeliveryState, Receipt};
use courtier::store::{Claim, OutboxFilter, Settlement};
use proptest::prelude::*;

use crate::contract::House;
use crate::posts::{alerting, at, batch, post, to};

#[derive(Debug, Clone)]
enum Step {
    Commit { posts: i64, fold: Option<u8> },
    Again,
    Claim { most: usize, folds_from: Option<usize> },
    Settle { which: usize, how: u8 },
    Crash,
    Wait(i64),
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        3 => (1..4_i64, proptest::option::of(0..2_u8)).prop_map(|(posts, fold)| Step::Commit { posts, fold }),
        1 => Just(Step::Again),
        4 => (1..5_usize, proptest::option::of(2..4_usize)).prop_map(|(most, folds_from)| Step::Claim { most, folds_from }),
        4 => (0..8_usize, 0..5_u8).prop_map(|(which, how)| Step::Settle { which, how }),
        1 => Just(Step::Crash),
        2 => (1..90_i64).prop_map(Step::Wait),
    ]
}

/// What must be true of everything claimed so far.
#[derive(Default)]
struct Seen {
    planned: u64,
    keys: BTreeMap<DeliveryId, String>,
    members: BTreeMap<String, BTreeSet<DeliveryId>>,
    delivered: BTreeSet<DeliveryId>,
    /// Who holds a delivery: attempts before, and the end of the lease.
    leased: BTreeMap<DeliveryId, (u32, i64)>,
}

impl Seen {
    fn claimed(&mut self, claim: &Claim, now: i64) {
        let members: BTreeSet<_> = claim.deliveries.iter().copied().collect();
        assert_eq!(members.len(), claim.deliveries.len(), "one delivery twice on a card");
        for &delivery in &members {
            assert!(!self.delivered.contains(&delivery), "{delivery} was delivered and is claimed again");
            assert!(self.leased.get(&delivery).is_none_or(|&(_, until)| until <= now), "{delivery} is held by two");
            let key = self.keys.entry(delivery).or_insert_with(|| claim.key.clone());
            assert_eq!(*key, claim.key, "{delivery} has changed its key");
            self.leased.insert(delivery, (claim.attempts, now + 30));
        }
        let first = self.members.entry(claim.key.clone()).or_insert_with(|| members.clone());
        assert_eq!(*first, members, "the card {} has changed its members", claim.key);
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, ..ProptestConfig::default() })]

    #[test]
    fn no_order_of_events_loses_doubles_or_renames_a_delivery(steps in proptest::collection::vec(step(), 1..40)) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
        runtime.block_on(run(steps));
    }
}

async fn run(steps: Vec<Step>) {
    let house = House::new();
    let mut store = house.open();
    let (mut now, mut n) = (0, 0);
    let mut seen = Seen::default();
    let mut held: Vec<Claim> = Vec::new();
    let mut last = batch(Vec::new());
    for step in steps {
        match step {
            Step::Commit { posts, fold } => {
                let fold = fold.map(|key| key.to_string());
                let decided = (n + 1..=n + posts).map(|n| {
                    let mut planned = to("care", at(now + n % 5));
                    planned.fold.clone_from(&fold);
                    alerting(
                        n,
                        post(n, &format!("kim{}", n % 3)),
                        ["dropbox", "nomadesk"][usize::try_from(n % 2).expect("small")],
                        vec![planned],
                    )
                });
                last = batch(decided.collect());
                n += posts;
                seen.planned += store.commit(last.clone().into()).await.expect("commits").deliveries;
            }
            Step::Again => assert_eq!(store.commit(last.clone().into()).await.expect("commits").deliveries, 0),
            Step::Claim { most, folds_from } => {
                let claims = store.claim("care", at(now), Duration::from_secs(30), most, folds_from).await.expect("claims");
                assert!(claims.len() <= most);
                claims.iter().for_each(|claim| seen.claimed(claim, now));
                held.extend(claims);
            }
            Step::Settle { which, how } if !held.is_empty() => {
                let claim = held.swap_remove(which % held.len());
                let how = match how {
                    0 | 1 => Settlement::Delivered(Receipt::default()),
                    2 => Settlement::Retry { due: at(now + 7), why: "500".to_owned() },
                    3 => Settlement::Dead { why: "410".to_owned(), fallback: None },
                    _ => Settlement::Released,
                };
                for &delivery in &claim.deliveries {
                    if matches!(how, Settlement::Delivered(_)) {
                        seen.delivered.insert(delivery);
                    }
                    if seen.leased.get(&delivery).is_some_and(|&(attempts, _)| attempts == claim.attempts) {
                        seen.leased.remove(&delivery);
                    }
                }
                store.settle(vec![(claim, how)], at(now)).await.expect("settles");
            }
            Step::Settle { .. } => {}
            Step::Crash => {
                drop(store);
                held.clear();
                store = house.open();
            }
            Step::Wait(seconds) => now += seconds,
        }
    }
    let all = OutboxFilter { states: DeliveryState::ALL.to_vec(), ..OutboxFilter::default() };
    let deliveries = store.outbox(&all).await.expect("reads");
    assert_eq!(u64::try_from(deliveries.len()).expect("small"), seen.planned, "every alert has its delivery");
    for delivery in &deliveries {
        assert_eq!(delivery.state == DeliveryState::Delivered, seen.delivered.contains(&delivery.id), "{delivery:?}");
        assert_ne!(delivery.state, DeliveryState::Dropped, "{delivery:?}");
    }
    // Once everybody has time, all that waits leaves.
    let claims = store.claim("care", at(now + 1_000), Duration::from_secs(30), 10_000, None).await.expect("claims");
    claims.iter().for_each(|claim| seen.claimed(claim, now + 1_000));
    let claimed: usize = claims.iter().map(|claim| claim.deliveries.len()).sum();
    let dead = deliveries.iter().filter(|delivery| delivery.state == DeliveryState::Dead).count();
    assert_eq!(claimed + dead + seen.delivered.len(), deliveries.len());
}
