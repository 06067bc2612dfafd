//! The laws of a switch, for any names and any words around them.

use proptest::prelude::*;

use crate::detect::{CompiledBrand, hear_text};
use crate::domain::{Attribute, Brand, Hearing, Primary, Stance, Status, Why};

fn brand(name: &str) -> Brand {
    Brand { name: name.to_owned(), terms: vec![name.to_owned(), format!("@{}", name.to_lowercase())] }
}

/// Hears a text for one brand with one rival.
fn hear(text: &str, us: &str, rival: &str, about: bool) -> Hearing {
    hear_text(text, Some("en"), &CompiledBrand::new(&brand(us), &[brand(rival)]), about)
}

fn sides(hearing: &Hearing) -> (Option<&str>, Option<&str>, Option<Stance>) {
    let switch = hearing.switch.as_ref();
    (
        switch.and_then(|switch| switch.left.as_deref()),
        switch.and_then(|switch| switch.joined.as_deref()),
        switch.map(|switch| switch.stance),
    )
}

/// Sentences that name the one left (A) and the one joined (B).
const MOVES: &[&str] = &[
    "I am going to switch from A to B",
    "We moved everything from A to B last week",
    "Goodbye A, hello B",
    "I left A for B",
    "I replaced A with B",
    "Just picked B over A",
    "A -> B",
    "I'm fed up with A and thinking of going to B",
    "Might switch to B, A is too expensive",
    "Using B instead of A now",
    "If A is not fixed by Friday I will be moving to B",
];

/// Sentences of a leaver who names the one he leaves.
const LEAVERS: &[&str] = &[
    "I am leaving A",
    "I'm done with A",
    "Never using A again",
    "I'm cancelling my A subscription",
    "Ditching A for good",
    "This is the last time I use A",
];

/// Sentences that say nothing of a switch.
const REST: &[&str] = &[
    "The weather is nice today.",
    "My sister has a new job.",
    "It was raining in Ghent.",
    "They changed my seat yesterday.",
    "I like the blue button.",
    "Is it Friday already?",
    "Thanks for the quick answer!",
];

#[test]
fn whoever_could_not_come_gets_help() {
    for text in
        ["@nomadesk I wanted to join but you cancelled the promo", "@nomadesk tried to switch from Dropbox but the import is missing"]
    {
        let heard = hear(text, "Nomadesk", "Dropbox", false);
        assert_eq!((heard.primary, heard.has(Attribute::Failed)), (Primary::Complaint, true), "{text}");
    }
}

#[test]
fn one_comes_back_to_whom_one_speaks() {
    for text in ["@A can I come back? B is awful", "B is awful. A, can I come back?", "Left B, so glad to be back with A"] {
        let text = text.replace('A', "Nomadesk").replace("B ", "Dropbox ").replace("B,", "Dropbox,");
        assert_eq!(hear(&text, "Nomadesk", "Dropbox", false).switch.map(|switch| switch.stance), Some(Stance::Joining), "{text}");
        assert_eq!(hear(&text, "Dropbox", "Nomadesk", false).switch.map(|switch| switch.stance), Some(Stance::Leaving), "{text}");
    }
}

#[test]
fn the_founding_sentence_is_a_loss_and_a_gain() {
    let text = "I am going to switch from Dropbox to Nomadesk";
    let loss = hear(text, "Dropbox", "Nomadesk", false);
    assert_eq!(sides(&loss), (Some("Dropbox"), Some("Nomadesk"), Some(Stance::Leaving)));
    assert_eq!(loss.switch.as_ref().map(|switch| switch.status), Some(Status::Intent));
    let gain = hear(text, "Nomadesk", "Dropbox", false);
    assert_eq!(sides(&gain), (Some("Dropbox"), Some("Nomadesk"), Some(Stance::Joining)));
}

#[test]
fn a_reason_is_quoted() {
    let hearing = hear("I am leaving Dropbox because of the price hike", "Dropbox", "Nomadesk", false);
    assert_eq!(hearing.switch.and_then(|switch| switch.reason), Some(Why::Price));
    let quoted = hearing.findings.iter().flat_map(|finding| &finding.evidence).any(|evidence| evidence.text.contains("price"));
    assert!(quoted);
}

#[test]
fn a_newcomer_who_regrets_it_is_not_thanked() {
    let hearing = hear("I switched from Dropbox to Nomadesk and I regret it, what a mistake", "Nomadesk", "Dropbox", true);
    assert_ne!(hearing.primary, crate::domain::Primary::Joining);
}

proptest! {
    /// Swapping the two names swaps the sides; the other brand sees the other stance.
    #[test]
    fn swapped_names_swap_the_result(
        sentence in prop::sample::select(MOVES),
        names in prop::sample::select(&[("Dropbox", "Nomadesk"), ("Delta", "United"), ("Spotify", "Tidal"), ("Sunrise", "Swisscom")][..]),
    ) {
        let (a, b) = names;
        let filled = |a: &str, b: &str| {
            sentence.split(' ').map(|word| match word {
                "A" => a.to_owned(),
                "B" => b.to_owned(),
                "A," => format!("{a},"),
                "B," => format!("{b},"),
                other => other.to_owned(),
            }).collect::<Vec<_>>().join(" ")
        };
        let (text, swapped) = (filled(a, b), filled(b, a));
        let seen_by_a = hear(&text, a, b, false);
        prop_assert_eq!(sides(&seen_by_a), (Some(a), Some(b), Some(Stance::Leaving)), "{}", text);
        let seen_by_b = hear(&text, b, a, false);
        prop_assert_eq!(sides(&seen_by_b), (Some(a), Some(b), Some(Stance::Joining)), "{}", text);
        let turned = hear(&swapped, a, b, false);
        prop_assert_eq!(sides(&turned), (Some(b), Some(a), Some(Stance::Joining)), "{}", swapped);
    }

    /// Unrelated sentences around a leaver never make a newcomer of him.
    #[test]
    fn unrelated_sentences_never_turn_a_leaver_into_a_newcomer(
        sentence in prop::sample::select(LEAVERS),
        before in prop::collection::vec(prop::sample::select(REST), 0..4),
        after in prop::collection::vec(prop::sample::select(REST), 0..4),
        about: bool,
    ) {
        let text = format!("{} {}. {}", before.join(" "), sentence.replace('A', "Nomadesk"), after.join(" "));
        let hearing = hear(&text, "Nomadesk", "Dropbox", about);
        prop_assert_eq!(sides(&hearing).2, Some(Stance::Leaving), "{}", text);
    }

    /// Whatever stands in a post, evidence quotes it byte for byte.
    #[test]
    fn evidence_quotes_the_text(
        words in prop::collection::vec(prop::sample::select(&[
            "switch", "switching", "to", "from", "Nomadesk", "@dropbox", "never", "again", "cancel", "my", "account", "I'm", "done", "don’t",
            "😡", "ﬁnally", "bye", "leaving", "you", "#ByeNomadesk", "not", "if", "lost", "a", "customer", ".", "\n", "İ", "über",
        ][..]), 0..40),
        about: bool,
    ) {
        let text = words.join(" ");
        for finding in hear(&text, "Nomadesk", "Dropbox", about).findings {
            for evidence in finding.evidence {
                prop_assert_eq!(text.get(evidence.start..evidence.end), Some(evidence.text.as_str()));
            }
        }
    }
}

/// A post that repeats its cue without end has findings within bounds.
#[test]
fn a_flood_of_cues_stays_bounded() {
    for cue in ["never again ", "switch to Dropbox ", "cancel my account or ", "bye Nomadesk "] {
        let hearing = hear(&cue.repeat(1000), "Nomadesk", "Dropbox", true);
        let switches = hearing.findings.iter().filter(|finding| finding.rule.starts_with("switch.")).count();
        assert!(switches <= 64, "{switches} findings of {cue:?}");
    }
}
