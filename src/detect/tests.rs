//! The framework with phrases of its own, so that no change of the data breaks it.

use super::brand::CompiledBrand;
use super::lexicon::Lexicon;
use super::reading::Reading;
use super::rule::Party;
use crate::domain::{Brand, Role, Signal};
use crate::text::{Folded, Tokens};

const FILE: &str = "\
[contractions]
don't dont = do not
it's = it is
n't = not
[you]
you u
[determiner]
the my
[function]
to from the my i and
[<move>]
switch* | moving
[switch.from-to]
<move> [over] from {left} to {joined}   :: 0.9 status=done
goodbye {left} // hello {joined}
[switch.to]
<move> ..3 to {joined}
back to {us}
[scope.negation]
do not | never
[praise.emoji]
😍 | :)
";

fn brand(name: &str, terms: &[&str]) -> Brand {
    Brand { name: name.into(), terms: terms.iter().map(|&term| term.to_owned()).collect() }
}

/// Cuts and reads a text, and hands it to `look`.
fn with(text: &str, about: bool, look: impl FnOnce(&Reading<'_>)) {
    let lexicon = Lexicon::build("en", &[FILE]).expect("a good file");
    let rivals = [brand("Dropbox", &["dropbox", "drop box", "@dropbox"]), brand("American Airlines", &["american airlines"])];
    let compiled = CompiledBrand::new(&brand("Nomadesk", &["nomadesk", "@nomadesk", "nomadesk.com"]), &rivals);
    let mut folded = Folded::default();
    let map = folded.fold_mapped(text);
    let spans = compiled.spans(&folded);
    let tokens = Tokens::new(text, &folded, &map, &spans, lexicon.speech());
    look(&Reading::new(tokens, &compiled.names, &lexicon, about));
}

fn words(text: &str) -> Vec<String> {
    let mut words = Vec::new();
    with(text, false, |reading| words = (0..reading.tokens().len()).map(|index| reading.word(index).to_owned()).collect());
    words
}

#[test]
fn tokens_are_words_handles_tags_addresses_and_emoji() {
    assert_eq!(words("I DON’T like it, do n't u? ok"), ["i", "do", "not", "like", "it", "do", "not", "u", "ok"]);
    assert_eq!(
        words("@kim.bsky.social: see https://example.org/a?b=c. #love it's 5:30 😍:)"),
        ["@kim.bsky.social", "see", "https://example.org/a?b=c", "#love", "it", "is", "5:30", "😍", ":)"]
    );
    assert_eq!(
        words("example[.]com great.Thanks Nomadesk's e-mail -> drop box"),
        ["example.com", "great", "thanks", "nomadesk", "e", "mail", "→", "drop box"]
    );
}

#[test]
fn slots_resolve_to_the_watch_a_rival_or_the_words() {
    with("We are switching from American Airlines to my Nomadesk!", false, |reading| {
        let hit = &reading.hits("switch.from-to")[0];
        assert_eq!(reading.party(hit, "left"), Some(Party::Rival(1)));
        assert_eq!(reading.party(hit, "joined"), Some(Party::Brand));
        assert_eq!((reading.mark(hit, "status"), reading.weight(hit)), (Some("done"), 0.9));
        let found = reading.found("x", Signal::Switch, hit);
        let left = found.finding.evidence.iter().find(|evidence| evidence.role == Role::Left).expect("quoted");
        assert_eq!(left.text, "American Airlines");
    });
    with("Goodbye, Dropbox. Hello Apple Music and all", false, |reading| {
        let hit = &reading.hits("switch.from-to")[0];
        assert_eq!(reading.party(hit, "joined"), Some(Party::Other("Apple Music".into())));
    });
    with("back to you", true, |reading| assert_eq!(reading.party(&reading.hits("switch.to")[0], "us"), Some(Party::Brand)));
    with("back to you", false, |reading| assert_eq!(reading.party(&reading.hits("switch.to")[0], "us"), None));
}

#[test]
fn phrases_stay_in_their_sentence_and_step_over_emoji() {
    with("I am moving. To Nomadesk", false, |reading| assert!(!reading.has("switch.to")));
    with("I am moving 😍 to Nomadesk", false, |reading| {
        assert!(reading.has("switch.to") && reading.has("praise.emoji"));
    });
    with("I do n't like switching all of it to Nomadesk", false, |reading| {
        let hit = &reading.hits("switch.to")[0];
        assert!(reading.before("scope.negation", hit.tokens.start, 2).is_some());
        assert!(reading.before("scope.negation", hit.tokens.start, 0).is_none());
    });
}

#[test]
fn evidence_quotes_the_original() {
    let text = "«ＳＷＩＴＣＨＩＮＧ» 😀 over from Drop\u{200b}box to “Nomadesk”…";
    with(text, false, |reading| {
        let hit = &reading.hits("switch.from-to")[0];
        for evidence in reading.found("x", Signal::Switch, hit).finding.evidence {
            assert_eq!(text.get(evidence.start..evidence.end), Some(evidence.text.as_str()));
            if evidence.role == Role::Left {
                assert_eq!(evidence.text, "Drop\u{200b}box");
            }
        }
    });
}

#[test]
fn twice_the_text_is_at_most_twice_the_work() {
    let compiled = CompiledBrand::new(&brand("Nomadesk", &["nomadesk"]), &[brand("Dropbox", &["dropbox"])]);
    let work = |text: &str| {
        super::phrase::run::work::take();
        super::hear_text(text, Some("en"), &compiled, true);
        super::phrase::run::work::take()
    };
    for piece in [
        "switch from ",
        "to to to ",
        "I am not going to ",
        "switching to Nomadesk from Dropbox ",
        "a-",
        "never ",
        "( ",
        "@a.",
        "\"",
        "😡",
        "'s ",
        "goodbye hello ",
    ] {
        let once = work(&piece.repeat(4_000));
        let twice = work(&piece.repeat(8_000));
        // Two in a hundred on top: what the edges of the text cost.
        assert!(twice <= 2 * once + once / 50 + 100, "{piece:?}: {once} steps, then {twice}");
    }
}
