//! What holds for every post, whatever it says: laws of hearing.

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

use courtier::detect::{CompiledBrand, hear_text};
use courtier::domain::{Brand, Hearing, Primary, Stance};
use proptest::prelude::*;

fn brand(name: &str) -> Brand {
    Brand { name: name.to_owned(), terms: vec![name.to_owned(), format!("@{name}")] }
}

/// Hears a text for Nomadesk, whose rival is Dropbox.
fn hear(text: &str, about: bool) -> Hearing {
    hear_text(text, Some("en"), &CompiledBrand::new(&brand("Nomadesk"), &[brand("Dropbox")]), about)
}

/// Sentences of a move; `A` is left or joined, `B` the other.
const MOVES: &[&str] = &[
    "I am going to switch from A to B",
    "We switched from A to B last week",
    "Goodbye A, hello B!",
    "Moving everything from A to B this weekend",
    "Just left A for B",
    "I replaced A with B",
    "A -> B",
    "Thinking about switching from A to B",
    "Ditching A, moving to B",
    "Switching to B because A lost my files",
    "After ten years with A I am moving to B",
    "Bye bye A. Hello B.",
];

/// Sentences that say nothing of a move.
const UNRELATED: &[&str] = &[
    "The weather is nice today.",
    "My sister plays the piano.",
    "We had pasta for dinner 🍝",
    "What a game last night!",
    "The train was full again.",
    "It rained all morning, so we read.",
    "Monday is a holiday here.",
];

/// Sentences of somebody who leaves us.
const LEAVERS: &[&str] = &[
    "I am leaving Nomadesk for Dropbox",
    "Goodbye Nomadesk, hello Dropbox",
    "I am switching from Nomadesk to Dropbox tomorrow",
    "Cancelled my Nomadesk subscription today",
    "Done with Nomadesk, moving everything to Dropbox",
    "Nomadesk just lost a customer",
];

fn written(pattern: &str, left: &str, joined: &str) -> String {
    let word = |word: &str| match word.trim_end_matches([',', '.', '!']) {
        "A" => word.replace('A', left),
        "B" => word.replace('B', joined),
        _ => word.to_owned(),
    };
    pattern.split(' ').map(word).collect::<Vec<_>>().join(" ")
}

fn swapped(stance: Stance) -> Stance {
    match stance {
        Stance::Leaving => Stance::Joining,
        Stance::Joining => Stance::Leaving,
        other => other,
    }
}

#[test]
fn swapping_the_names_swaps_the_result() {
    for pattern in MOVES {
        let ours = hear(&written(pattern, "Nomadesk", "Dropbox"), false).switch;
        let theirs = hear(&written(pattern, "Dropbox", "Nomadesk"), false).switch;
        let (ours, theirs) =
            (ours.unwrap_or_else(|| panic!("{pattern}: nothing heard")), theirs.unwrap_or_else(|| panic!("{pattern}: nothing heard")));
        assert_eq!(ours.stance, swapped(theirs.stance), "{pattern}");
        let turned = |name: &Option<String>| name.as_deref().map(|name| if name == "Nomadesk" { "Dropbox" } else { "Nomadesk" });
        assert_eq!((turned(&ours.left), turned(&ours.joined)), (theirs.left.as_deref(), theirs.joined.as_deref()), "{pattern}");
        assert_eq!(ours.status, theirs.status, "{pattern}");
    }
}

/// The posts of the switch rules' fixtures that name nobody but Nomadesk and Dropbox, with their language.
fn written_posts() -> Vec<(String, String)> {
    let rules = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/rule");
    let folders = std::fs::read_dir(rules).expect("the fixtures").flatten();
    let files = folders
        .filter(|folder| folder.file_name().to_string_lossy().starts_with("switch."))
        .flat_map(|folder| ["yes.txt", "no.txt"].map(|name| std::fs::read_to_string(folder.path().join(name)).expect("a fixture")));
    let posts = files.flat_map(|file| file.lines().map(str::to_owned).collect::<Vec<_>>()).filter(|line| !line.starts_with("# "));
    posts
        .filter_map(|line| {
            let (keys, text) = line.strip_prefix('{').and_then(|line| line.split_once("} | ")).unwrap_or(("", &line));
            let lang = keys.split(' ').find_map(|key| key.strip_prefix("lang=")).unwrap_or("en");
            (!keys.contains("brand=") && !keys.contains("rivals=")).then(|| (lang.to_owned(), text.to_owned()))
        })
        .collect()
}

#[test]
fn two_desks_hear_one_move() {
    let posts = written_posts();
    assert!(posts.len() > 500, "{}", posts.len());
    let mut contradictions = Vec::new();
    for (lang, text) in posts {
        let switch =
            |ours: &str, theirs: &str| hear_text(&text, Some(&lang), &CompiledBrand::new(&brand(ours), &[brand(theirs)]), false).switch;
        let (Some(ours), Some(theirs)) = (switch("Nomadesk", "Dropbox"), switch("Dropbox", "Nomadesk")) else { continue };
        let crossed = |left: &Option<String>, joined: &Option<String>| left.is_some() && left == joined;
        let alike = ours.stance == theirs.stance && matches!(ours.stance, Stance::Joining | Stance::Leaving);
        if alike || crossed(&ours.left, &theirs.joined) || crossed(&theirs.left, &ours.joined) {
            contradictions.push(format!("{text}\n    Nomadesk hears {ours:?}\n    Dropbox hears {theirs:?}"));
        }
    }
    assert!(contradictions.is_empty(), "one of two gains, the other loses:\n{}", contradictions.join("\n"));
}

/// Any text: pieces of moves, names, odd characters, in any order.
fn any_text() -> impl Strategy<Value = String> {
    let pieces = prop::sample::select(
        [
            "switching",
            "from",
            "to",
            "Nomadesk",
            "@Dropbox",
            "dropbox.com",
            "I’m",
            "don't",
            "😡",
            "\u{202e}",
            "\u{200b}",
            "never again",
            "ＬＥＡＶＥ",
            "goodbye",
            "hello",
            ".",
            "?",
            "\n",
            "“",
            "é",
            "e\u{301}",
            "ﬁ",
            "你好",
            "https://x.example/?a",
            "->",
            ",",
            "cancel",
            "my",
            "is",
            "awful",
            "thanks",
            "İ",
            "\u{0}",
        ]
        .as_slice(),
    );
    let mixed = prop::collection::vec((pieces, any::<bool>()), 0..30);
    let mixed = mixed
        .prop_map(|pieces| pieces.iter().map(|(piece, space)| format!("{piece}{}", if *space { " " } else { "" })).collect::<String>());
    prop_oneof![4 => mixed, 1 => "\\PC{0,80}", 1 => ".{0,80}"]
}

proptest! {
    #[test]
    fn evidence_quotes_the_text_exactly(text in any_text(), about in any::<bool>()) {
        for finding in hear(&text, about).findings {
            prop_assert!(finding.score > 0.0 && finding.score <= 1.0);
            for evidence in finding.evidence {
                prop_assert_eq!(text.get(evidence.start..evidence.end), Some(evidence.text.as_str()));
                prop_assert!(!evidence.text.is_empty());
            }
        }
    }

    #[test]
    fn unrelated_sentences_never_make_a_newcomer_of_a_leaver(
        leaver in prop::sample::select(LEAVERS),
        more in prop::collection::vec(prop::sample::select(UNRELATED), 0..6),
        first in any::<bool>(),
        about in any::<bool>(),
    ) {
        let more = more.join(" ");
        let text = if first { format!("{more} {leaver}.") } else { format!("{leaver}. {more}") };
        let hearing = hear(&text, about);
        prop_assert_eq!(hearing.primary, Primary::Leaving, "{}", text);
        prop_assert_eq!(hearing.switch.map(|switch| switch.stance), Some(Stance::Leaving));
    }

    #[test]
    fn the_same_text_is_heard_the_same_twice(text in any_text()) {
        prop_assert_eq!(hear(&text, true), hear(&text, true));
    }
}
