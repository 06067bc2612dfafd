//! Laws of triage: reach never matters, a case tells once, repeats stay quiet.

use super::*;
use crate::domain::{Author, Brand, Network, Primary, Priority, Stance, Status, Switch};
use proptest::prelude::*;

fn at(second: i64) -> Timestamp {
    Timestamp::from_second(1_795_300_000 + second).expect("in range")
}

fn hearing(primary: Primary) -> Hearing {
    let stance = match primary {
        Primary::Leaving => Some(Stance::Leaving),
        Primary::Joining => Some(Stance::Joining),
        _ => None,
    };
    let switch = stance.map(|stance| Switch { left: None, joined: None, status: Status::Intent, stance, reason: None });
    Hearing { primary, asks: primary == Primary::Question, lang: None, switch, findings: Vec::new() }
}

fn post(handle: &str, text: &str) -> Mention {
    let mut mention = Mention::new(Network::known("bluesky"), text, text, at(0));
    mention.author = Author { handle: handle.into(), ..Author::default() };
    mention
}

fn watch() -> Watch {
    Watch {
        id: "dropbox".into(),
        brand: Brand { name: "Dropbox".into(), terms: vec!["dropbox".into()] },
        own: vec![Account { network: Network::known("bluesky"), handle: "dropbox.com".into() }],
        ..Watch::default()
    }
}

fn routing() -> Routing {
    Routing { routes: Vec::new(), notifiers: vec!["care".into()] }
}

fn verdict(mention: &Mention, hearing: &Hearing, past: &Past, opens: Option<Timestamp>, routing: &Routing) -> Verdict {
    let watch = watch();
    let input = Input { mention, feed: "bsky", watch: &watch, hearing, past, now: at(5), opens };
    decide(&input, routing, &IdSource::new(1))
}

#[test]
fn a_leaver_is_urgent_at_once_even_at_night() {
    let verdict = verdict(&post("kim", "bye"), &hearing(Primary::Leaving), &Past::default(), Some(at(36_000)), &routing());
    assert_eq!(verdict.decision.reason, Reason::NewCase);
    assert_eq!(verdict.decision.priority, Priority::Urgent);
    assert_eq!(verdict.decision.answer_by, Some(at(900)));
    assert_eq!(verdict.decision.deliveries[0].due, at(5));
}

#[test]
fn what_can_wait_waits_for_the_desk_to_open() {
    let verdict = verdict(&post("kim", "how?"), &hearing(Primary::Question), &Past::default(), Some(at(36_000)), &routing());
    assert_eq!(verdict.decision.deliveries[0].due, at(36_000));
}

#[test]
fn the_second_post_of_a_case_is_recorded_unless_it_rose() {
    let first = verdict(&post("kim", "slow"), &hearing(Primary::Complaint), &Past::default(), None, &routing());
    let past = Past { cases: vec![first.case.clone().expect("opened")], mentions_before: 1, ..Past::default() };
    let again = verdict(&post("kim", "slow again"), &hearing(Primary::Complaint), &past, None, &routing());
    assert_eq!((again.decision.reason, again.decision.deliveries.len()), (Reason::CaseGrew, 0));
    let leaves = verdict(&post("kim", "that's it"), &hearing(Primary::Leaving), &past, None, &routing());
    assert_eq!((leaves.decision.reason, leaves.decision.deliveries.len()), (Reason::CaseRose, 1));
    assert_eq!(leaves.decision.case, first.decision.case);
}

#[test]
fn reposts_cross_posts_and_our_own_words_stay_quiet() {
    let mut repost = post("kim", "x");
    repost.kind = Kind::Repost;
    assert_eq!(verdict(&repost, &hearing(Primary::Leaving), &Past::default(), None, &routing()).decision.reason, Reason::Repost);
    let past = Past { same_words: Some((MentionId(1), "kim@social.example".into())), ..Past::default() };
    let cross = verdict(&post("kim.example.org", "x"), &hearing(Primary::Leaving), &past, None, &routing());
    assert_eq!((cross.decision.reason, cross.decision.repeats), (Reason::CrossPost, Some(MentionId(1))));
    let other = verdict(&post("lee", "nomadesk is down"), &hearing(Primary::Complaint), &past, None, &routing());
    assert_eq!(other.decision.reason, Reason::NewCase, "two people may say the same few words");
    let own = verdict(&post("Dropbox.com", "x"), &hearing(Primary::Leaving), &Past::default(), None, &routing());
    assert_eq!(own.decision.reason, Reason::OwnAccount);
    let past = Past { thread_cases: vec![CaseId(4)], ..Past::default() };
    let answer = verdict(&post("dropbox.com", "x"), &hearing(Primary::Noise), &past, None, &routing());
    assert_eq!((answer.decision.reason, answer.answered), (Reason::AnsweredByUs, vec![CaseId(4)]));
}

#[test]
fn the_first_route_wins_unless_it_goes_on() {
    let urgent = Route { when: When { priority: vec![Priority::Urgent], ..When::default() }, to: vec!["care".into()], ..Route::default() };
    let rest = Route { to: vec!["mail".into(), "care".into()], ..Route::default() };
    let mut routing = Routing { routes: vec![urgent, rest], notifiers: Vec::new() };
    let to = |routing: &Routing, primary| {
        let verdict = verdict(&post("kim", "x"), &hearing(primary), &Past::default(), None, routing);
        verdict.decision.deliveries.into_iter().map(|planned| planned.notifier).collect::<Vec<_>>()
    };
    assert_eq!(to(&routing, Primary::Leaving), ["care"]);
    assert_eq!(to(&routing, Primary::Question), ["mail", "care"]);
    routing.routes[0].go_on = true;
    assert_eq!(to(&routing, Primary::Leaving), ["care", "mail"], "each notifier once");
    routing.routes.truncate(1);
    let none = verdict(&post("kim", "x"), &hearing(Primary::Question), &Past::default(), None, &routing);
    assert_eq!(none.decision.reason, Reason::NoRoute);
}

#[test]
fn escalation_waits_and_only_speaks_while_open() {
    let route = Route {
        to: vec!["care".into()],
        escalate: vec![Escalate { after: SignedDuration::from_mins(10), to: vec!["lead".into()] }],
        off_hours: vec!["pager".into()],
        ..Route::default()
    };
    let routing = Routing { routes: vec![route], notifiers: Vec::new() };
    let day = verdict(&post("kim", "x"), &hearing(Primary::Leaving), &Past::default(), None, &routing).decision.deliveries;
    assert_eq!((day[0].notifier.as_str(), day[1].due, day[1].while_open), ("care", at(605), true));
    let night = verdict(&post("kim", "x"), &hearing(Primary::Leaving), &Past::default(), Some(at(9_999)), &routing).decision.deliveries;
    assert_eq!((night[0].notifier.as_str(), night[0].due), ("pager", at(5)));
}

#[test]
fn a_batch_knows_its_own_earlier_posts() {
    let (first, second) = (post("kim", "slow slow slow slow"), post("kim", "and again it is slow"));
    let mut ledger = Ledger::new();
    let opened = verdict(&first, &hearing(Primary::Complaint), &Past::default(), None, &routing());
    ledger.note(&first, MentionId(9), fingerprint(&first.text), &[("dropbox", &opened)]);
    let mut past = Past::default();
    ledger.merge(&second, "dropbox", fingerprint(&second.text), &mut past);
    assert_eq!((past.cases.len(), past.mentions_before, past.known), (1, 1, false));
    let mut past = Past::default();
    ledger.merge(&first, "dropbox", fingerprint(&first.text), &mut past);
    assert!(past.known && past.same_words.is_some());
}

proptest! {
    /// Badge, name, page, native id and language of the author change nothing: decisions are identical.
    /// Followers and the age of the account are not even part of a mention.
    #[test]
    fn reach_never_matters(name in ".{0,40}", url in ".{0,40}", lang in "[a-z]{2}", which in 0..Primary::ALL.len()) {
        let plain = post("kim", "the very same words in both posts");
        let mut grand = plain.clone();
        grand.author = Author { name: Some(name), url: Some(url), native_id: Some("did:plc:grand".into()), ..plain.author.clone() };
        grand.lang = Some(lang);
        let heard = hearing(Primary::ALL[which]);
        prop_assert_eq!(
            verdict(&plain, &heard, &Past::default(), None, &routing()),
            verdict(&grand, &heard, &Past::default(), None, &routing())
        );
    }
}

#[test]
fn a_rule_of_ones_own_may_ask_for_haste_and_never_for_less() {
    use crate::domain::{Attribute, Finding, Signal};
    let with = |primary, attributes: &[Attribute]| {
        let finding =
            Finding { rule: "mine".into(), signal: Signal::Praise, score: 1.0, evidence: Vec::new(), attributes: attributes.to_vec() };
        super::priority(&Hearing { findings: vec![finding], ..hearing(primary) })
    };
    assert_eq!(with(Primary::Praise, &[]), Priority::Digest);
    assert_eq!(with(Primary::Praise, &[Attribute::Today]), Priority::Today);
    assert_eq!(with(Primary::Praise, &[Attribute::Urgent]), Priority::Urgent);
    assert_eq!(with(Primary::Leaving, &[Attribute::Today]), Priority::Urgent);
    assert_eq!(with(Primary::Praise, &[Attribute::Shadow, Attribute::Urgent]), Priority::Digest);
}

#[test]
fn a_route_may_ask_for_words() {
    let said = |query: &str| Said::all(vec![crate::query::Query::parse(query).expect("a query")], &[watch()]).pop();
    let route =
        |query: &str, to: &str| Route { when: When { said: said(query), ..When::default() }, to: vec![to.into()], ..Route::default() };
    let routing = Routing {
        routes: vec![route("brand AND refund*", "billing"), route("signal:praise", "nobody"), route("lang:en OR brand", "care")],
        notifiers: Vec::new(),
    };
    let to = |text: &str| {
        let verdict = verdict(&post("kim", text), &hearing(Primary::Question), &Past::default(), None, &routing);
        verdict.decision.deliveries.first().map_or_else(String::new, |planned| planned.notifier.clone())
    };
    assert_eq!(to("Dropbox, how do I get refunded?"), "billing");
    assert_eq!(to("Dropbox, how do I get in?"), "care");
    assert_eq!(to("how do I get refunded?"), "", "the watch is not named in words, and nothing addresses it");
}
