//! What the language says, and the laws of its parts.

use proptest::prelude::*;

use super::{Expr, Field, Form, Found, Key, MacroName, Mistake, Near, Query, Set, Subject, Term};
use crate::domain::{Account, Brand, Hearing, Mention, Network, Primary, Stance, Status, Switch, Watch};
use crate::text::Folded;

fn watch() -> Watch {
    let list = |words: &[&str]| words.iter().map(|&word| word.to_owned()).collect();
    Watch {
        id: "nomadesk".into(),
        brand: Brand { name: "Nomadesk".into(), terms: list(&["nomadesk", "@nomadesk", "nomadesk.com"]) },
        ambiguous: list(&["nomad desk"]),
        own: vec![Account { network: Network::known("bluesky"), handle: "help.nomadesk.com".into() }],
        rivals: vec![Brand { name: "Dropbox".into(), terms: list(&["dropbox", "drop box"]) }],
        ..Watch::default()
    }
}

fn post(text: &str) -> Mention {
    Mention::new(Network::known("bluesky"), "1", text, jiff::Timestamp::UNIX_EPOCH)
}

/// The words that make a query true of a post; `None` when it is not.
fn ask(query: &str, mention: &Mention, hearing: Option<&Hearing>) -> Option<Vec<String>> {
    let query = Query::parse(query).unwrap_or_else(|mistake| panic!("{query}: {mistake}"));
    let set = Set::new([&query], &[watch()]);
    let mut folded = Folded::default();
    let map = folded.fold_mapped(&mention.text);
    let mut found = Found::default();
    set.find(&mention.text, &folded, &map, &mut found);
    let subject = Subject { mention, hearing, watch: 0, about: false };
    let held = set.holds(0, &subject, &found);
    assert_eq!(held.is_none(), set.why_not(0, &subject, &found).is_some(), "{query}");
    assert!(held.is_none() || found.awake().eq([0]), "{query} is true of {:?} and sleeps", mention.text);
    held.map(|places| places.into_iter().map(|place| mention.text.get(place).expect("on characters").to_owned()).collect())
}

fn hears(query: &str, text: &str) -> bool {
    ask(query, &post(text), None).is_some()
}

fn mistake(query: &str) -> Mistake {
    Query::parse(query).expect_err(query)
}

#[test]
fn terms_are_whole_folded_words() {
    for (query, text) in [
        ("broken", "It is BROKEN."),
        ("broken", "so #broken, ｂｒｏｋｅｎ"),
        ("don't", "I don’t know"),
        ("at&t", "AT&T, really?"),
        ("nomadesk.com", "see https://www.nomadesk.com/x"),
        ("@nomadesk", "hey @Nomadesk, help"),
        ("@nomadesk", "@nomadesk.bsky.social hi"),
        ("#fail", "what a #Fail"),
        ("24/7", "open 24/7!"),
        ("straße", "die STRASSE? nein, die Straße"),
        ("ノマデスク", "私はノマデスクを使う"),
        ("👍", "good 👍🏽"),
        ("café", "Cafe\u{301} noir"),
        ("sync*", "Syncing fails"),
        ("case:IBM", "I like IBM"),
        ("case:\"Big Blue\"", "so Big  Blue it is"),
        ("case:IB*", "the IBMers"),
    ] {
        assert!(hears(query, text), "{query} in {text}");
    }
    for (query, text) in [
        ("broken", "unbroken brokenness my_broken_box"),
        ("don't", "do not don t"),
        ("nomadesk.com", "not-nomadesk.com nomadesk.com.example mynomadesk.com"),
        ("@nomadesk", "kim@nomadesk.com nomadesk @nomadesk_fan @nomadesk.example.org"),
        ("#fail", "fail"),
        ("sync*", "async"),
        ("case:IBM", "ibm Ibm"),
        ("case:\"Big Blue\"", "big blue"),
        ("case:IB*", "ibid"),
    ] {
        assert!(!hears(query, text), "{query} in {text}");
    }
}

#[test]
fn phrases_stay_in_their_sentence() {
    for text in ["I LOST my files", "lost\nmy  files", "lost (my) files", "lost, my files", "lost “my” files"] {
        assert!(hears("\"lost my files\"", text), "{text}");
    }
    for text in ["I lost. My files", "lost my\n\nfiles", "lost all my files", "lost my file", "my files lost"] {
        assert!(!hears("\"lost my files\"", text), "{text}");
    }
    assert!(hears("\"lost my file*\"", "lost my filesystem") && hears("\"ask @nomadesk now\"", "ask @nomadesk now"));
    assert!(!hears("\"ask @nomadesk now\"", "ask nomadesk now"));
}

#[test]
fn signs_between_backticks_count() {
    for (query, text) in [
        ("`C++`", "I write c++, and Rust"),
        ("`C#`", "C#?"),
        ("`->`", "Dropbox -> Nomadesk"),
        ("`:(`", "down again :("),
        ("`Nomadesk™`", "my Nomadesk™"),
        ("case:`C++`", "C++"),
        ("`.NET`", "a .net shop"),
    ] {
        assert!(hears(query, text), "{query} in {text}");
    }
    for (query, text) in [
        ("`C++`", "C, C+, C+++, MC++"),
        ("`C#`", "C, C##, c sharp"),
        ("`->`", "a --> b, a ->> b"),
        ("`Nomadesk™`", "Nomadesk"),
        ("case:`C++`", "c++"),
        ("`.NET`", "the net"),
    ] {
        assert!(!hears(query, text), "{query} in {text}");
    }
}

#[test]
fn operators_and_distances() {
    for (query, text) in [
        ("a AND b OR c", "c"),
        ("a AND (b OR c)", "a c"),
        ("a AND NOT b", "a c"),
        ("a NEAR/1 b", "b x a"),
        ("a NEAR/0 b", "a b"),
        ("a BEFORE/2 b", "a x y b"),
        ("(a OR \"b c\") BEFORE/1 (d OR el*)", "b c x elf"),
        ("a NEAR/3 a", "a x a"),
        ("sync* NEAR/4 (fail* OR broken OR stuck)", "Syncing of my things is broken"),
        ("a NEAR/1 `->`", "-> x a"),
        ("brand NEAR/1 (slow OR dead)", "nomad desk is slow"),
    ] {
        assert!(hears(query, text), "{query} in {text}");
    }
    for (query, text) in [
        ("a AND b OR c", "a"),
        ("a AND (b OR c)", "c b"),
        ("a AND NOT b", "a b"),
        ("a NEAR/1 b", "b x y a"),
        ("a NEAR/0 b", "a x b"),
        ("a BEFORE/2 b", "b a"),
        ("a BEFORE/2 b", "a x y z b"),
        ("a NEAR/3 a", "a x"),
        ("`->` NEAR/3 `->`", "->"),
        ("\"a b\" NEAR/5 b", "a b"),
        ("brand NEAR/1 (slow OR dead)", "Dropbox is slow"),
    ] {
        assert!(!hears(query, text), "{query} in {text}");
    }
}

#[test]
fn fields_ask_the_post_and_what_was_heard() {
    let mut mention = post("See https://example.org/blog/1, (shop.example[.]com).");
    mention.author.handle = "Kim.Example.org".into();
    mention.url = Some("https://bsky.app/profile/kim.example.org/post/3k".into());
    mention.lang = Some("pt-BR".into());
    mention.thread.parent = Some("x".into());
    mention.addressed = vec!["help.nomadesk.com".into()];
    let switch = Switch {
        left: Some("Nomadesk".into()),
        joined: Some("Dropbox".into()),
        status: Status::Done,
        stance: Stance::Leaving,
        reason: None,
    };
    let hearing = Hearing { primary: Primary::Leaving, asks: false, lang: None, switch: Some(switch), findings: Vec::new() };
    for (query, want) in [
        ("author:@kim.example.org", true),
        ("author:kim*", true),
        ("author:kim", false),
        ("site:bsky.app", true),
        ("site:app", true),
        ("site:sky.app", false),
        ("lang:pt", true),
        ("lang:pt-BR", true),
        ("lang:pt-PT", false),
        ("lang:p*", true),
        ("type:reply", true),
        ("type:review", false),
        ("link:example.org/blog", true),
        ("link:example.com", true),
        ("link:example.net", false),
        ("source:bluesky", true),
        ("source:mastodon", false),
        ("left:brand", true),
        ("left:rival", false),
        ("left:nomadesk", true),
        ("joined:rival AND joined:\"dropbox\"", true),
        ("joined:*", true),
        ("signal:complaint", false),
        ("own", true),
        ("brand", false),
    ] {
        // `p*` is no tag: the parser refuses it.
        if query == "lang:p*" {
            assert!(mistake(query).expected.contains("language tag"));
            continue;
        }
        assert_eq!(ask(query, &mention, Some(&hearing)).is_some(), want, "{query}");
    }
    assert_eq!(ask("left:*", &mention, None), None);
}

#[test]
fn evidence_quotes_the_words_that_make_it_true() {
    let say = |query: &str, text: &str| ask(query, &post(text), None).expect(query).join("|");
    assert_eq!(
        say("brand AND (sync* NEAR/4 (fail* OR broken))", "😀 ＮｏｍａＤesk: Syncing is «Broken», fail"),
        "ＮｏｍａＤesk|Syncing|Broken"
    );
    assert_eq!(say("brand AND NOT free", "@nomadesk, nomadesk.com"), "@nomadesk|nomadesk.com");
    assert_eq!(say("a OR b OR \"c d\"", "c, D x b"), "c, D|b");
    assert_eq!(say("lang:de OR x", "x"), "x");
    assert_eq!(say("x", &"x ".repeat(50)), "x|x|x|x");
}

#[test]
fn mistakes_point_at_the_place() {
    for (query, place, hint) in [
        ("", "", "must stand"),
        ("a b", "b", "\"a b\" for the phrase"),
        ("a and b", "and", "capitals: AND"),
        ("a near/5 b", "near/5", "capitals: NEAR/5"),
        ("a NOT b", "NOT", "AND NOT"),
        ("a AND", "AND", "add what is missing"),
        ("OR a", "OR", "\"or\" in quotes"),
        ("(a OR b", "(", "add a )"),
        ("a)", ")", "add a ("),
        ("a AND ()", ")", "brackets"),
        ("NOT a", "NOT a", "brand AND NOT free"),
        ("a OR NOT b", "a OR NOT b", "every side"),
        ("a NEAR b", "NEAR", "NEAR/5"),
        ("a NEAR/x b", "NEAR/x", "NEAR/5"),
        ("a BEFORE/101 b", "BEFORE/101", "BEFORE/5"),
        ("a NEAR/5 (b AND c)", "(b AND c)", "(b OR c)"),
        ("a NEAR/5 NOT b", "NOT", "a AND NOT b"),
        ("a NEAR/5 lang:de", "lang:de", "AND"),
        ("a NEAR/5 b NEAR/5 c", "NEAR/5", "(a NEAR/5 b) AND"),
        ("C++", "C++", "`C++`"),
        ("-a", "-a", "AND NOT a"),
        ("a AND -> AND b", "->", "`->`"),
        ("a && b", "&&", "write AND"),
        ("a*b", "a*b", "sync*"),
        ("a*", "a*", "sync*"),
        ("x AND *", "*", "sync*"),
        ("\"open", "\"", "close it"),
        ("`open", "`", "close it"),
        ("“a b”", "“", "\"two words\""),
        ("\"a b\"c", "c", "space"),
        ("autor:kim", "autor", "author:"),
        ("colour:red", "colour", "quotes"),
        ("https://example.org", "https", "link:example.org"),
        ("lang:german", "lang:german", "lang:de"),
        ("signal:anger", "signal:anger", "signal:complaint"),
        ("type:", "type:", "type:reply"),
        ("case: IBM", "case:", "case:IBM"),
        ("\"\"", "\"\"", "letters"),
    ] {
        let found = mistake(query);
        let shown = query.get(found.at.clone()).unwrap_or_else(|| panic!("{query}: {found}"));
        assert_eq!(shown, place, "{query}: {found}");
        assert!(found.hint.contains(hint), "{query}: {found}");
        assert!(!found.what.is_empty() && !found.expected.is_empty(), "{query}");
    }
}

#[test]
fn the_manual_tells_the_truth() {
    let mut rows = 0;
    for line in include_str!("../../docs/match-language.md").lines().filter(|line| line.starts_with("| `")) {
        let cells: Vec<&str> = line.trim_matches('|').split(" | ").map(str::trim).collect();
        let query = cells[0].trim_start_matches("`` ").trim_end_matches(" ``");
        let query = if query == cells[0] { query.trim_matches('`') } else { query };
        // Tables of two columns explain fields and macros: they only have to be read.
        Query::parse(query).unwrap_or_else(|mistake| panic!("{query}: {mistake}"));
        if let [_, yes, no] = cells[..] {
            assert!(hears(query, yes), "{query} in {yes}");
            assert!(!hears(query, no), "{query} in {no}");
            rows += 1;
        }
    }
    assert!(rows > 20, "{rows} rows");
    let macros: Vec<&str> = MacroName::ALL.iter().map(|name| name.as_str()).collect();
    for name in Key::ALL.iter().map(|key| key.as_str()).chain(macros) {
        assert!(include_str!("../../docs/match-language.md").contains(&format!("| `{name}")), "{name} is not in the manual");
    }
}

#[test]
fn what_is_missing_is_said() {
    let say = |query: &str, text: &str| {
        let query = Query::parse(query).expect("a query");
        let (set, mention, mut folded, mut found) = (Set::new([&query], &[watch()]), post(text), Folded::default(), Found::default());
        let map = folded.fold_mapped(text);
        set.find(text, &folded, &map, &mut found);
        set.why_not(0, &Subject { mention: &mention, hearing: None, watch: 0, about: false }, &found).unwrap_or_default()
    };
    assert_eq!(
        say("brand AND (sync* NEAR/1 broken)", "Nomadesk sync is so very broken"),
        "`sync*` and `broken` have 3 words between them at the nearest, and may have 1"
    );
    assert_eq!(say("brand AND (slow OR dead)", "Dropbox"), "`brand` does not stand in it; none of `slow OR dead` stands in it");
    assert_eq!(
        say("(a NEAR/1 b) OR \"c d\"", "a x y b"),
        "`a` and `b` have 2 words between them at the nearest, and may have 1, and `\"c d\"` does not stand in it"
    );
    assert_eq!(say("a AND NOT b", "a b"), "`b` stands in the way");
    assert_eq!(say("a BEFORE/2 b", "b a"), "`a` does not stand before `b`");
    assert_eq!(say("source:rss", "x"), "`source:rss` is not so: it is bluesky");
}

#[test]
fn depth_and_size_have_bounds() {
    for deep in ["(", "NOT ", "NOT (", "a AND (", "((a) OR "] {
        assert!(mistake(&deep.repeat(6_000 / deep.len())).what.contains("nested too deep"), "{deep}");
    }
    assert!(mistake(&"(".repeat(1 << 20)).what.contains("too long"));
    assert!(mistake(&"a OR ".repeat(10_000)).what.contains("too long"));
    assert!(mistake(&"x".repeat(600)).what.contains("too long"));
    let wide = format!("{}z", "word OR ".repeat(4_000));
    assert!(matches!(Query::parse(&wide), Ok(Query { tree: Expr::Any(parts) }) if parts.len() == 4_001));
    assert!(hears(&format!("{}a{}", "(".repeat(60), ")".repeat(60)), "a"));
}

#[test]
fn twice_the_text_is_at_most_twice_the_places() {
    let query = Query::parse("a NEAR/5 b AND (aa* BEFORE/9 (a OR b)) AND \"a b a\" AND NOT `++`").expect("a query");
    let set = Set::new([&query], &[watch()]);
    let mut found = Found::default();
    for piece in ["a b ", "aaaa", "a+b++ ", "\"a b a b", "@a.b"] {
        let mut size = |text: &str| {
            let mut folded = Folded::default();
            let map = folded.fold_mapped(text);
            set.find(text, &folded, &map, &mut found);
            let mention = Mention { text: text.to_owned(), ..post("") };
            let subject = Subject { mention: &mention, hearing: None, watch: 0, about: false };
            assert!(set.holds(0, &subject, &found).is_none_or(|places| places.len() <= 16));
            found.size()
        };
        let once = size(&piece.repeat(10_000));
        assert!(size(&piece.repeat(20_000)) <= 2 * once + 8, "{piece}");
    }
}

/// Trees as the parser makes them.
fn trees() -> impl Strategy<Value = Expr> {
    let term = |text: &str, form| Expr::Term(Term { text: text.into(), form, cased: false });
    let word = prop_oneof![
        "[a-c]{1,2}".prop_map(move |text| term(&text, Form::Word)),
        "[a-c]{2}[*]".prop_map(move |text| term(&text, Form::Word)),
        "[a-c]( [a-c]){1,2}".prop_map(move |text| term(&text, Form::Phrase)),
        "[A-Ca-c]{1,2}".prop_map(|text| Expr::Term(Term { text, form: Form::Word, cased: true })),
        "[a-c][\\\\\"]{1,2} [a-c]".prop_map(move |text| term(&text, Form::Phrase)),
        "[a-c][+#\"]{1,2}".prop_map(move |text| term(&text, Form::Exact)),
        Just(Expr::Macro(MacroName::Brand)),
    ];
    let near = (word.clone(), proptest::collection::vec(word.clone(), 1..3), 0_u16..4, any::<bool>()).prop_map(
        |(first, mut others, words, ordered)| {
            let second = if others.len() > 1 { Expr::Any(others) } else { others.remove(0) };
            Expr::Near(Box::new(Near { first, second, words, ordered }))
        },
    );
    let field = prop_oneof![Just("de"), Just("pt-BR")].prop_map(|tag| Expr::Field(Field { key: Key::Lang, value: tag.into() }));
    let quoted = "[a-c] [\"\\\\)]".prop_map(|value| Expr::Field(Field { key: Key::Author, value }));
    let leaf = prop_oneof![6 => word, 2 => near, 1 => field, 1 => quoted];
    leaf.prop_recursive(4, 24, 3, |inner| {
        let parts = proptest::collection::vec(inner.clone(), 2..4);
        prop_oneof![
            inner.prop_map(|inner| Expr::Not(Box::new(inner))),
            parts.clone().prop_map(|parts| {
                let flat = parts.into_iter().flat_map(|part| if let Expr::All(parts) = part { parts } else { vec![part] });
                Expr::All(flat.collect())
            }),
            parts.prop_map(|parts| {
                let flat = parts.into_iter().flat_map(|part| if let Expr::Any(parts) = part { parts } else { vec![part] });
                Expr::Any(flat.collect())
            }),
        ]
    })
}

/// Asks a tree of a text of plain words, in the simplest way there is.
mod naive {
    use super::*;

    /// The words from which to before which something stands.
    fn places(expr: &Expr, words: &[&str]) -> Vec<(usize, usize)> {
        match expr {
            Expr::Term(term) => {
                let wanted: Vec<&str> = term.text.split(' ').collect();
                let fits = |at: usize| {
                    wanted.iter().enumerate().all(|(index, wanted)| {
                        words.get(at + index).is_some_and(|word| {
                            let word = if term.cased { (*word).to_owned() } else { word.to_lowercase() };
                            match wanted.strip_suffix('*') {
                                Some(stem) => word.starts_with(stem),
                                None => word == *wanted,
                            }
                        })
                    })
                };
                (0..words.len()).filter(|at| fits(*at)).map(|at| (at, at + wanted.len())).collect()
            }
            Expr::Any(parts) => parts.iter().flat_map(|part| places(part, words)).collect(),
            Expr::Macro(_) => (0..words.len()).filter(|at| words[*at].to_lowercase() == "nomadesk").map(|at| (at, at + 1)).collect(),
            _ => panic!("has no place"),
        }
    }

    pub(super) fn holds(expr: &Expr, words: &[&str]) -> bool {
        match expr {
            Expr::Term(_) | Expr::Macro(_) => !places(expr, words).is_empty(),
            Expr::Field(_) => false,
            Expr::Not(inner) => !holds(inner, words),
            Expr::All(parts) => parts.iter().all(|part| holds(part, words)),
            Expr::Any(parts) => parts.iter().any(|part| holds(part, words)),
            Expr::Near(near) => {
                let (first, second) = (places(&near.first, words), places(&near.second, words));
                let close = |one: &(usize, usize), other: &(usize, usize)| other.0 >= one.1 && other.0 - one.1 <= usize::from(near.words);
                first.iter().any(|one| second.iter().any(|other| close(one, other) || (!near.ordered && close(other, one))))
            }
        }
    }

    /// Whether plain words are enough to ask it.
    pub(super) fn can(expr: &Expr) -> bool {
        !expr.any(
            &mut |expr| matches!(expr, Expr::Term(term) if !term.text.chars().all(|c| c.is_ascii_alphanumeric() || c == ' ' || c == '*')),
        )
    }
}

proptest! {
    #[test]
    fn what_is_printed_reads_back(tree in trees()) {
        prop_assume!(tree.is_positive());
        let printed = tree.to_string();
        let read = Query::parse(&printed);
        prop_assert_eq!(read.as_ref().map(|query| &query.tree), Ok(&tree), "{}", printed);
    }

    #[test]
    fn any_text_is_read_or_refused_at_a_place(text in "\\PC{0,60}|([a-c*\"`():@#\\\\ é😀]|AND|OR|NOT|NEAR/3|BEFORE/2|case:|lang:|brand| ){0,30}") {
        match Query::parse(&text) {
            Ok(query) => prop_assert_eq!(Query::parse(&query.to_string()), Ok(query)),
            Err(mistake) => prop_assert!(text.get(mistake.at.clone()).is_some(), "{:?}: {}", text, mistake),
        }
    }

    #[test]
    fn the_words_of_a_term_alone_make_it_true(
        text in "(nomadesk|Ｎomadesk|@nomadesk|[.]com|sync|ing|C|\\+|é|e\u{301}|'|’|\u{200b}|ノマ|👍🏽|[ .,_-]|\n){0,24}",
        index in 0_usize..10,
    ) {
        let query = ["nomadesk", "@nomadesk", "nomadesk.com", "sync*", "`C++`", "\"nomadesk sync*\"", "é", "ノマ", "👍", "case:C"][index];
        let mention = post(&text);
        for words in ask(query, &mention, None).unwrap_or_default() {
            prop_assert_eq!(ask(query, &post(&words), None), Some(vec![words.clone()]), "{} of {:?}", query, text);
        }
    }

    #[test]
    fn a_set_says_what_a_naive_reader_says(trees in proptest::collection::vec(trees(), 1..6), words in proptest::collection::vec("[A-Ca-c]{1,3}|nomadesk", 0..12)) {
        let queries: Vec<Query> = trees.into_iter().filter(|tree| tree.is_positive() && naive::can(tree)).map(|tree| Query { tree }).collect();
        let words: Vec<&str> = words.iter().map(String::as_str).collect();
        let mention = post(&words.join(" "));
        let set = Set::new(&queries, &[watch()]);
        let (mut folded, mut found) = (Folded::default(), Found::default());
        let map = folded.fold_mapped(&mention.text);
        set.find(&mention.text, &folded, &map, &mut found);
        let awake: Vec<usize> = found.awake().collect();
        let subject = Subject { mention: &mention, hearing: None, watch: 0, about: false };
        for (index, query) in queries.iter().enumerate() {
            let held = set.holds(index, &subject, &found);
            prop_assert_eq!(held.is_some(), naive::holds(&query.tree, &words), "{} in {:?}", query, words);
            prop_assert!(held.is_none() || awake.contains(&index), "{} sleeps", query);
        }
    }
}
