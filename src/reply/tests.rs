//! What every draft keeps to, over all kinds, reasons, names and facts.

use std::collections::BTreeSet;
use std::sync::LazyLock;

use super::*;
use crate::domain::{Attribute, Brand, Evidence, Finding, Network, Primary, Role, Signal, Stance, Switch};

const FACTS: &str = r#"[facts]
start_url   = "https://nomadesk.example/start"
import_url  = "https://nomadesk.example/import"
export_url  = "https://nomadesk.example/export"
status_page = "https://status.nomadesk.example"
help_url    = "https://nomadesk.example/help"
pricing_url = "https://nomadesk.example/pricing"
trial_url   = "https://nomadesk.example/try"
contact     = "care@nomadesk.example"
"#;

fn watch() -> Watch {
    Watch {
        id: "nomadesk".into(),
        brand: Brand { name: "Nomadesk".into(), terms: vec!["nomadesk".into()] },
        rivals: vec![Brand { name: "Dropbox".into(), terms: vec!["dropbox".into()] }],
        ..Watch::default()
    }
}

fn mention(id: &str, name: &str, text: &str) -> Mention {
    let seen = "2026-11-21T22:31:12Z".parse().expect("a date");
    let mut mention = Mention::new(Network::known("bluesky"), id, text, seen);
    mention.author.name = Some(name.to_owned());
    mention
}

fn hearing(primary: Primary, status: Option<Status>, reason: Option<Why>, lang: &str) -> Hearing {
    let stance = match primary {
        Primary::Leaving => Stance::Leaving,
        Primary::Opportunity => Stance::Opportunity,
        _ => Stance::Joining,
    };
    let switch = status.map(|status| Switch { left: Some("Dropbox".into()), joined: Some("Nomadesk".into()), status, stance, reason });
    Hearing { primary, asks: primary == Primary::Question, lang: Some(lang.into()), switch, findings: Vec::new() }
}

fn with(mut hearing: Hearing, attribute: Attribute) -> Hearing {
    let finding =
        Finding { rule: "switch.to".into(), signal: Signal::Switch, score: 0.9, evidence: Vec::new(), attributes: vec![attribute] };
    hearing.findings.push(finding);
    hearing
}

fn write(mention: &Mention, hearing: &Hearing, facts: &Facts, sign_as: Option<&str>) -> Option<Draft> {
    draft(mention, hearing, &Voice { watch: &watch(), facts, sign_as, limit: None })
}

/// Every draft that can be written, with what it was written for.
static ALL: LazyLock<Vec<(String, Draft)>> = LazyLock::new(all);

fn all() -> Vec<(String, Draft)> {
    let full = Facts::read(FACTS).expect("facts");
    let statuses: Vec<_> = Status::ALL.iter().copied().map(Some).chain([None]).collect();
    let whys: Vec<_> = Why::ALL.iter().copied().map(Some).chain([None]).collect();
    let mut drafts = Vec::new();
    for &primary in Primary::ALL {
        for (&status, &why) in statuses.iter().flat_map(|status| whys.iter().map(move |why| (status, why))) {
            for (name, facts) in [("Kim Peeters", &full), ("xx_kim_xx", &full), ("Kim", &Facts::default()), ("", &Facts::default())] {
                for (lang, id) in ["en", "de"].iter().flat_map(|lang| (0..9).map(move |id| (lang, id))) {
                    let (mention, hearing) = (mention(&id.to_string(), name, "a post"), hearing(primary, status, why, lang));
                    let what = format!("{primary} {status:?} {why:?} {name:?} {lang}");
                    drafts.extend(write(&mention, &hearing, facts, Some("Ann from Nomadesk")).map(|draft| (what, draft)));
                }
            }
        }
    }
    drafts
}

#[test]
fn every_draft_is_short_clean_and_signed() {
    for (what, draft) in ALL.iter() {
        let text = &draft.text;
        assert!(draft.chars <= 300, "{what}: {text}");
        assert!(text.ends_with("\nAnn from Nomadesk"), "{what}: {text}");
        assert!(text.chars().next().is_some_and(char::is_uppercase), "{what}: {text}");
        assert!(!text.contains("  ") && !text.contains([OPEN, CLOSE, '{', '}']) && !text.contains(" ,"), "{what}: {text}");
        for (end, _) in text.match_indices(['.', '?', '!']) {
            let next = text.get(end + 1..).and_then(|rest| rest.strip_prefix(' ')).unwrap_or_default();
            let link = next.starts_with("http") || next.starts_with("care@");
            assert!(link || !next.chars().next().is_some_and(char::is_lowercase), "{what}: {text}");
        }
        let expected = what.starts_with("question");
        assert!(draft.lint.is_empty() || expected, "{what}: {:?} {text}", draft.lint);
    }
}

#[test]
fn a_link_is_never_followed_by_punctuation_and_never_invented() {
    let full = Facts::read(FACTS).expect("facts");
    for (what, draft) in ALL.iter() {
        for word in draft.text.split_whitespace().filter(|word| word.contains("://")) {
            let key = full.keys().find(|key| full.get(key) == Some(word)).unwrap_or_else(|| panic!("{what}: {word} in {}", draft.text));
            assert!(draft.facts.contains(&format!("facts.{key}")), "{what}: {:?}", draft.facts);
        }
        if draft.facts.is_empty() {
            assert!(!draft.text.contains("example"), "{what}: {}", draft.text);
        }
    }
}

#[test]
fn no_draft_begs_or_promises() {
    for (what, draft) in ALL.iter() {
        let lower = draft.text.to_lowercase();
        for word in [
            "inconvenience",
            "unannehmlichkeit",
            "please",
            "bitte bleib",
            "promise",
            "we will",
            "we'll",
            "wir werden",
            "valued",
            "reach out",
        ] {
            assert!(!lower.contains(word), "{what}: {word}: {}", draft.text);
        }
    }
}

#[test]
fn an_unhappy_newcomer_is_helped_and_never_thanked() {
    let joining = || hearing(Primary::Joining, Some(Status::Done), None, "en");
    for attribute in [Attribute::Unhappy, Attribute::Failed] {
        for id in 0..20 {
            let draft = write(&mention(&id.to_string(), "Kim", "x"), &with(joining(), attribute), &Facts::default(), None).expect("help");
            let lower = draft.text.to_lowercase();
            assert!(!lower.contains("welcome") && !lower.contains("thank you") && !lower.contains("glad"), "{}", draft.text);
        }
    }
    assert_eq!(write(&mention("1", "Kim", "x"), &with(joining(), Attribute::Ironic), &Facts::default(), None), None);
    assert_eq!(write(&mention("1", "Kim", "x"), &hearing(Primary::Noise, None, None, "en"), &Facts::default(), None), None);
}

#[test]
fn ten_posts_do_not_get_ten_equal_drafts_and_one_post_always_the_same() {
    let leaving = hearing(Primary::Leaving, Some(Status::Intent), Some(Why::Price), "en");
    let text = |id: usize| {
        write(&mention(&format!("at://did:plc:x/post/3k{id}"), "", "x"), &leaving, &Facts::default(), None).expect("a draft").text
    };
    let different: BTreeSet<_> = (0..10).map(text).collect();
    assert!(different.len() >= 4, "{different:#?}");
    assert_eq!(text(3), text(3));
}

#[test]
fn a_strangers_words_stay_out() {
    let mut joining = hearing(Primary::Joining, Some(Status::Done), None, "en");
    if let Some(switch) = &mut joining.switch {
        switch.left = Some("that <!channel> garbage".into());
    }
    for id in 0..20 {
        for name in ["<!channel>", "{{ facts }}", "\u{f0000}contact\u{f0001}", "Kim https://evil.example", "FREE Bitcoin now at my page"] {
            let draft = write(&mention(&id.to_string(), name, "x"), &joining, &Facts::default(), None).expect("a draft");
            assert!(!draft.text.contains(['<', '{', '\u{f0000}']) && !draft.text.contains("garbage"), "{}", draft.text);
            assert!(!draft.text.contains("evil") && !draft.text.contains("FREE"), "{}", draft.text);
        }
    }
}

#[test]
fn a_question_is_answered_from_the_facts_or_leaves_a_gap() {
    let facts = Facts::read(FACTS).expect("facts");
    let question = hearing(Primary::Question, None, None, "en");
    let known = write(&mention("1", "Kim", "How can I export my files?"), &question, &facts, None).expect("a draft");
    assert!(known.text.contains("https://nomadesk.example/export") && known.lint.is_empty(), "{known:?}");
    assert_eq!(known.facts, ["facts.export_url"]);
    let unknown = write(&mention("1", "Kim", "Is there a dark mode?"), &question, &facts, None).expect("a draft");
    assert!(unknown.lint.iter().any(|remark| remark.contains("[write the answer here]")), "{unknown:?}");
}

#[test]
fn what_a_person_should_look_at_is_said() {
    let french = write(&mention("1", "Kim", "x"), &hearing(Primary::Praise, None, None, "fr"), &Facts::default(), None).expect("a draft");
    assert_eq!(french.lint, ["the post is in `fr`, the draft in `en`"]);
    let long: Facts = [("export_url".to_owned(), format!("https://x.example/{}", "a".repeat(400)))].into_iter().collect();
    let gone = hearing(Primary::Leaving, Some(Status::Done), Some(Why::Price), "en");
    let draft = write(&mention("1", "Kim", "x"), &gone, &long, None).expect("a draft");
    assert!(draft.lint.is_empty() && draft.facts.is_empty(), "a shorter variant is preferred: {draft:?}");
    let signed = write(&mention("1", "Kim", "x"), &gone, &Facts::default(), Some(&"Ann ".repeat(90))).expect("a draft");
    assert!(signed.lint.first().is_some_and(|remark| remark.starts_with("too long: ")), "{signed:?}");
}

#[test]
fn an_insult_is_not_repeated() {
    let post = mention("1", "Kim", "absolute trouble, this Nomadesk");
    let mut complaint = hearing(Primary::Complaint, None, None, "en");
    let evidence = vec![Evidence { start: 9, end: 16, text: "trouble".into(), role: Role::Emotion }];
    complaint.findings =
        vec![Finding { rule: "complaint.broken".into(), signal: Signal::Complaint, score: 0.8, evidence, attributes: Vec::new() }];
    for id in 0..20 {
        let post = Mention { native_id: id.to_string(), ..post.clone() };
        let draft = write(&post, &complaint, &Facts::default(), None).expect("a draft");
        assert!(!draft.text.contains("trouble") && draft.lint.is_empty(), "another variant is chosen: {draft:?}");
    }
}
