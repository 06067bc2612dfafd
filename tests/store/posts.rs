//! Decided mentions to write, with everything in them that a store must keep.

use courtier::domain::{
    AlertId, Attribute, Author, Case, CaseId, CaseState, Decision, Draft, Evidence, Finding, Hearing, Kind, Matter, Mention, MentionId,
    Network, Planned, Primary, Priority, Reason, Role, Signal, Stance, Status, Switch, Thread,
};
use courtier::store::{Batch, Decided};
use jiff::Timestamp;

/// The beginning of the tests' time.
pub(crate) const START: i64 = 1_795_300_000_000;

/// A moment, in seconds after the beginning.
pub(crate) fn at(seconds: i64) -> Timestamp {
    Timestamp::from_millisecond(START + seconds * 1000).expect("in range")
}

/// The id of the n-th thing; rises with n as the real ones do.
pub(crate) fn nth(n: i64) -> i64 {
    ((START - 1_577_836_800_000 + n) << 21) | 5
}

/// A Bluesky post by `handle`.
pub(crate) fn post(n: i64, handle: &str) -> Mention {
    let native = format!("at://did:plc:{handle}/app.bsky.feed.post/3m5yvqkq{n:05}");
    let mut mention = Mention::new(Network::known("bluesky"), native, "I am going to switch from Dropbox to Nomadesk", at(n));
    mention.url = Some(format!("https://bsky.app/profile/{handle}/post/3m5yvqkq{n:05}"));
    mention.author = Author {
        handle: handle.to_owned(),
        name: Some(format!("The {handle}")),
        native_id: Some(format!("did:plc:{handle}")),
        url: Some(format!("https://bsky.app/profile/{handle}")),
    };
    mention.lang = Some("en".to_owned());
    mention.posted_at(Some(at(n - 3)));
    mention
}

/// A post with every field filled.
pub(crate) fn full_post(n: i64, handle: &str) -> Mention {
    let mut mention = post(n, handle);
    mention.thread = Thread {
        root: Some("at://did:plc:root/app.bsky.feed.post/3aaaaaaaaaaaa".to_owned()),
        parent: Some("at://did:plc:other/app.bsky.feed.post/3aaaaaaaaaaab".to_owned()),
        parent_text: Some("which cloud do you use?".to_owned()),
    };
    mention.kind = Kind::Review;
    mention.links = vec!["https://example.org/?a=1|b".to_owned()];
    mention.addressed = vec!["nomadesk.com".to_owned()];
    mention
}

/// What is heard in the founding sentence.
pub(crate) fn hearing(stance: Stance) -> Hearing {
    let mark = |start, end, text: &str, role| Evidence { start, end, text: text.to_owned(), role };
    Hearing {
        primary: if stance == Stance::Leaving { Primary::Leaving } else { Primary::Joining },
        asks: true,
        lang: Some("en".to_owned()),
        switch: Some(Switch {
            left: Some("Dropbox".to_owned()),
            joined: Some("Nomadesk".to_owned()),
            status: Status::Intent,
            stance,
            reason: None,
        }),
        findings: vec![Finding {
            rule: "switch.from-to".to_owned(),
            signal: Signal::Switch,
            score: 0.97,
            evidence: vec![mark(14, 20, "switch", Role::Cue), mark(26, 33, "Dropbox", Role::Left), mark(37, 45, "Nomadesk", Role::Joined)],
            attributes: vec![Attribute::Conditional],
        }],
    }
}

/// A planned delivery that is due at once.
pub(crate) fn to(notifier: &str, due: Timestamp) -> Planned {
    Planned { notifier: notifier.to_owned(), due, fold: None, while_open: false }
}

/// A new case of a mention's author.
pub(crate) fn case(n: i64, mention: &Mention, watch: &str) -> Case {
    Case {
        id: CaseId(nth(n) + 1),
        watch: watch.to_owned(),
        network: mention.network.clone(),
        author: mention.author.handle.clone(),
        matter: Matter::Trouble,
        state: CaseState::Open,
        priority: Priority::Urgent,
        opened: at(n),
        touched: at(n),
        answer_by: Some(at(n + 900)),
        taken_by: None,
        dismissed: None,
        mentions: 1,
    }
}

/// A mention that opens a case and alerts.
pub(crate) fn alerting(n: i64, mention: Mention, watch: &str, deliveries: Vec<Planned>) -> Decided {
    let case = case(n, &mention, watch);
    Decided {
        mention_id: MentionId(nth(n)),
        fingerprint: u64::try_from(n).expect("positive") + 77,
        feed: "bsky".to_owned(),
        watch: watch.to_owned(),
        watch_name: watch.to_uppercase(),
        hearing: hearing(Stance::Leaving),
        decision: Decision {
            reason: Reason::NewCase,
            priority: Priority::Urgent,
            case: Some(case.id),
            repeats: None,
            answer_by: Some(at(n + 900)),
            deliveries,
        },
        case: Some(case),
        alert: Some((AlertId(nth(n) + 2), Some(draft()))),
        mentions_before: 3,
        decided: at(n),
        mention,
    }
}

/// A draft.
pub(crate) fn draft() -> Draft {
    Draft {
        text: "Sorry to hear that, kim".to_owned(),
        chars: 23,
        limit: Some(300),
        facts: vec!["facts.export_url".to_owned()],
        lint: vec![],
    }
}

/// A mention that is kept and alerts nobody.
pub(crate) fn quiet(n: i64, mention: Mention, watch: &str) -> Decided {
    let mut decided = alerting(n, mention, watch, Vec::new());
    decided.decision.reason = Reason::NoSignal;
    decided.decision.priority = Priority::Digest;
    decided.decision.case = None;
    decided.case = None;
    decided.alert = None;
    decided.hearing = Hearing { primary: Primary::Noise, asks: false, lang: None, switch: None, findings: Vec::new() };
    decided
}

/// A batch of decided mentions, written when the last of them was decided.
pub(crate) fn batch(decided: Vec<Decided>) -> Batch {
    let now = decided.last().map(|one| one.decided);
    Batch { decided, now, ..Batch::default() }
}

/// The n-th post by kim, alerting `care` about Dropbox.
pub(crate) fn simple(n: i64) -> Decided {
    alerting(n, post(n, &format!("kim{n}")), "dropbox", vec![to("care", at(n))])
}
