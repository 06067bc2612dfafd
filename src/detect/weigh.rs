//! Adds up what a post says of trouble and of pleasure, word by word.
//!
//! The rules [`complaint`](super::complaint) and [`praise`](super::praise) both
//! ask the same [`Mood`], so that they never contradict each other. Nothing in
//! here is fitted: a *hard* word counts 3, a *soft* one 2, a *hint* 1, and what
//! speaks against counts likewise; which word is which, and why, stands in the
//! phrase files (`trouble.txt`, `calm.txt`, `praise.txt`). Each token counts
//! once, for the strongest phrase that holds it, and of one list the second
//! word adds 1 and further ones nothing: whoever swears five times does not
//! complain five times.

use std::ops::Range;
use std::sync::LazyLock;

use aho_corasick::AhoCorasick;

use super::aside;
use super::reading::Reading;
use crate::domain::Attribute;
use crate::text::{End, Kind, Tag};

/// From how many points on a post is a complaint: one hard word says it, or a soft one with a hint.
pub(super) const BAR: i32 = 3;

/// From how many words on a post tells a story, and from how many a long one.
///
/// Whoever is pleased or only asks is brief; a person who writes at length to a company has something to settle.
const STORY: (usize, usize) = (12, 20);

/// Up to how many words a post is so short that one hard word is all it says.
const SHORT: usize = 8;

/// What a help desk's handle holds: whoever calls one is in need of help more often than not.
static DESKS: LazyLock<AhoCorasick> = LazyLock::new(|| {
    AhoCorasick::new(["help", "support", "care", "serv", "assist", "ask", "hilfe", "ayuda", "aide", "suporte"]).expect("ten short words")
});

/// The most phrases that are weighed; a post that says more has said enough.
const MOST: usize = 400;

/// What the phrases of one list say.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Weight {
    /// Trouble said plainly.
    Hard,
    /// Trouble by circumstance: a delay, a loss, a price.
    Soft,
    /// Praise that stands for itself.
    Strong,
    /// Praise in passing.
    Fine,
    /// Thanks as manners have it.
    Polite,
    /// Nothing is wrong: counts against trouble.
    Calm,
    /// Speaks of other matters: counts more against trouble.
    Away,
    /// A word that rarely stands alone without trouble.
    Hint,
}

impl Weight {
    /// Reads the weight of a list from its name; `None` for lists of other rules.
    pub(super) fn of(list: &str) -> Option<Self> {
        let (kind, name) = list.split_once('.')?;
        Some(match (kind, name) {
            ("hard", _) => Self::Hard,
            ("soft", _) => Self::Soft,
            ("hint", _) => Self::Hint,
            ("calm", "own" | "notice" | "other") => Self::Away,
            ("calm", _) => Self::Calm,
            ("praise", "gratitude" | "strong" | "turned") => Self::Strong,
            ("praise", "polite") => Self::Polite,
            ("praise", _) => Self::Fine,
            _ => return None,
        })
    }

    /// Who is asked first when two phrases claim a word. Thanks as such gives way to thanks for something.
    fn rank(self) -> u8 {
        match self {
            Self::Hard => 0,
            Self::Strong => 1,
            Self::Fine => 2,
            Self::Polite => 3,
            Self::Soft => 4,
            Self::Away => 5,
            Self::Calm => 6,
            Self::Hint => 7,
        }
    }
}

/// A phrase that counts.
#[derive(Debug, Clone)]
pub(super) struct Counted {
    /// Its tokens.
    pub(super) tokens: Range<usize>,
    /// What it says.
    pub(super) weight: Weight,
    /// The number of its list.
    pub(super) list: u16,
    /// A list that only goes by another name: thanks that close a post.
    closing: bool,
}

/// What a post says, weighed.
#[derive(Debug, Default)]
#[expect(clippy::struct_excessive_bools, reason = "four plain observations that two rules read, no state")]
pub(super) struct Mood {
    /// The phrases that count, in the order of their strength.
    pub(super) counted: Vec<Counted>,
    /// Points of hard and soft words.
    pub(super) trouble: i32,
    /// All points for a complaint, less what speaks against one.
    pub(super) total: i32,
    /// Points of praise.
    pub(super) praise: i32,
    /// Says the opposite of what it means.
    pub(super) ironic: bool,
    /// Nothing pleases but thanks.
    pub(super) only_polite: bool,
    /// Kind words outweigh the trouble they are about, and nothing harsh is said.
    pub(super) outweighs: bool,
    /// Asks something.
    pub(super) asks: bool,
    /// What is said of a rival, where some of it is.
    pub(super) aside: Option<Box<Mood>>,
}

impl Mood {
    /// Gives what the post says of us where that passes, else what it says of a rival where that does, with the attribute for it.
    pub(super) fn told(&self, passes: impl Fn(&Self) -> bool) -> Option<(&Self, Option<Attribute>)> {
        if passes(self) {
            return Some((self, None));
        }
        self.aside.as_deref().filter(|aside| passes(aside)).map(|aside| (aside, Some(Attribute::AboutRival)))
    }

    /// Whether the post complains.
    pub(super) fn complains(&self) -> bool {
        self.total >= BAR && !self.outweighs
    }

    /// Whether the post is pleased: kind words outweigh the trouble, or there is little. Circumstances take from it,
    /// manners alone do not outweigh them, and a question says that something is still open.
    pub(super) fn pleased(&self) -> bool {
        let open = if self.asks { 2 } else { 0 };
        let manners = self.only_polite && self.trouble > 0;
        self.outweighs || (!self.complains() && !manners && self.praise - open - self.trouble / 2 >= 2)
    }
}

/// Weighs a post: what it says of us, and apart from that what it says of a rival.
pub(super) fn weigh(reading: &Reading<'_>) -> Mood {
    let counted = claim(reading);
    if !aside::names_rival(reading) {
        return add_up(reading, counted);
    }
    let (theirs, ours): (Vec<Counted>, Vec<Counted>) = counted.into_iter().partition(|one| aside::is_about_rival(reading, &one.tokens));
    let mut mood = add_up(reading, ours);
    if !theirs.is_empty() {
        mood.aside = Some(Box::new(add_up(reading, theirs)));
    }
    mood
}

/// Adds up what was counted.
fn add_up(reading: &Reading<'_>, mut counted: Vec<Counted>) -> Mood {
    if is_earnest(reading, &counted) {
        counted.retain(|one| reading.list_name(one.list) != "hard.irony");
    }
    let is = |weights: &'static [Weight]| move |one: &Counted| weights.contains(&one.weight) && !one.closing;
    let trouble = points(&counted, is(&[Weight::Hard, Weight::Soft]));
    let praise = points(&counted, is(&[Weight::Strong, Weight::Fine, Weight::Polite]));
    let has = |weight: Weight| counted.iter().any(|one| one.weight == weight && !one.closing);
    let named = |name: &str| counted.iter().any(|one| reading.list_name(one.list) == name);
    // "Broken" is a circumstance that kind words may be about; "rude" is not.
    let harsh = counted.iter().any(|one| one.weight == Weight::Hard && reading.list_name(one.list) != "hard.broken");
    // A face that rolls its eyes at kind words does not mean them.
    let mocks = praise > 0 && reading.has("mock.sign");
    let mut mood = Mood { trouble, praise, ironic: named("hard.irony") || named("hard.mockery") || mocks, ..Mood::default() };
    mood.only_polite = has(Weight::Polite) && !has(Weight::Strong) && !has(Weight::Fine);
    mood.asks = reading.sentences().iter().any(|sentence| sentence.end == End::Question);
    mood.total = trouble + points(&counted, is(&[Weight::Hint])) + setting(reading, &mood, has(Weight::Hard));

    let mut kind = 2 * i32::from(has(Weight::Polite) || named("praise.gratitude")) + 2 * i32::from(named("praise.strong"));
    kind += i32::from(has(Weight::Fine));
    if has(Weight::Strong) && !harsh {
        // Kind words about how trouble was met: the trouble is their occasion.
        kind += 2 + lists(&counted, Weight::Soft);
    }
    let turns = turns(reading, &counted);
    if turns || mocks {
        kind = kind.min(1);
    }
    if mood.ironic {
        kind = 0;
    }
    // A full measure of praise, and more of it than of trouble: "thanks for rebooking me after the delay".
    mood.outweighs = !harsh && !turns && !mocks && !mood.asks && mood.praise >= 3 && mood.praise > trouble;
    let against = kind + points(&counted, |one| one.closing || matches!(one.weight, Weight::Calm | Weight::Away));
    // Nothing said beside it undoes trouble said plainly twice.
    mood.total -= if harsh && trouble >= 5 { against.min(2) } else { against };
    mood.counted = counted;
    mood
}

/// Points for what the post is, beside its words: how long, to whom, asked how.
fn setting(reading: &Reading<'_>, mood: &Mood, hard: bool) -> i32 {
    let tokens = reading.tokens();
    let words = tokens.iter().filter(|token| matches!(token.kind, Kind::Word | Kind::Number)).count();
    let handle = tokens.iter().any(|token| token.kind == Kind::Handle);
    let named = tokens.iter().any(|token| token.tag == Tag::Brand);
    let mut handles = tokens.iter().enumerate().filter(|(_, token)| token.kind == Kind::Handle);
    let desk = handles.any(|(index, _)| DESKS.is_match(reading.word(index)));
    let mut points = i32::from(words >= STORY.0) + i32::from(words >= STORY.1) + i32::from(desk && mood.trouble > 0);
    points += i32::from(words <= SHORT && hard);
    // One plain question wants to know; a second one, or one with a cry, is losing patience.
    let text = reading.text();
    let questions = text.bytes().filter(|byte| *byte == b'?').count();
    let impatient = questions > 1 || questions == 1 && (text.contains("?!") || text.contains("!?"));
    points += if impatient { 1 } else { -i32::from(mood.asks) };
    let spoken_to = if reading.about() { named } else { reading.addressed() };
    if !spoken_to && !desk && mood.trouble == 0 {
        // Hints alone are about anything, where nobody speaks to the brand.
        points -= 1;
    }
    if !named && !handle {
        // Neither names nor calls anybody. On the brand's own page that is fine where it is brief or speaks of a
        // service; a longer one that does not, and one with a link or a tag, is mostly about the author's own life.
        let broadcast = reading.text().contains('…') || tokens.iter().any(|token| matches!(token.kind, Kind::Url | Kind::Hashtag));
        let service = words <= SHORT || reading.has("about.service") || tokens.iter().any(|token| token.tag == Tag::You);
        points -= if !broadcast && (service || mood.trouble >= 2) { 1 } else { 3 };
    }
    points
}

/// Whether words that mock elsewhere are meant here: something else pleases, and nothing is wrong.
fn is_earnest(reading: &Reading<'_>, counted: &[Counted]) -> bool {
    let mocks = |one: &Counted| reading.list_name(one.list) == "hard.irony";
    let mut others = counted.iter().filter(|one| !mocks(one));
    counted.iter().any(mocks)
        && others.clone().any(|one| matches!(one.weight, Weight::Strong | Weight::Fine))
        && !others.any(|one| matches!(one.weight, Weight::Hard | Weight::Soft))
}

/// How many lists of a weight speak.
fn lists(counted: &[Counted], weight: Weight) -> i32 {
    let mut lists: Vec<u16> = counted.iter().filter(|one| one.weight == weight).map(|one| one.list).collect();
    lists.sort_unstable();
    lists.dedup();
    i32::try_from(lists.len()).unwrap_or(i32::MAX)
}

/// Adds up lists: the first phrase counts in full, the second adds 1; a third counts among hints alone, where each says little.
fn points(counted: &[Counted], wanted: impl Fn(&Counted) -> bool) -> i32 {
    let mut sum = 0;
    for (at, one) in counted.iter().enumerate().filter(|(_, one)| wanted(one)) {
        let first = match one.weight {
            Weight::Hard | Weight::Strong | Weight::Polite => 3,
            Weight::Soft | Weight::Fine | Weight::Away => 2,
            Weight::Hint | Weight::Calm => 1,
        };
        let first = if one.closing { 1 } else { first };
        let more = if one.weight == Weight::Hint { 2 } else { 1 };
        // The phrases of one list weigh the same.
        let same = |before: &&Counted| before.list == one.list && before.closing == one.closing;
        let before = counted.iter().take(at).filter(same).count();
        sum += match before {
            0 => first,
            _ if before <= more => 1,
            _ => 0,
        };
    }
    sum
}

/// Gives each token to the strongest phrase that holds it, and drops what says the same again.
fn claim(reading: &Reading<'_>) -> Vec<Counted> {
    let mut all: Vec<(u8, Counted)> = Vec::with_capacity(reading.all_hits().len());
    for hit in reading.all_hits() {
        let Some(weight) = reading.weighs(hit) else { continue };
        // "No problem" is no problem, "could not be happier" is happy.
        let light = hit.tokens.len() > 1 && matches!(reading.list(hit), "calm.light" | "praise.turned");
        let rank = if light { 0 } else { weight.rank() + 1 };
        all.push((rank, Counted { tokens: hit.tokens.clone(), weight, list: hit.list, closing: false }));
    }
    all.sort_by_key(|(rank, one)| (*rank, std::cmp::Reverse(one.tokens.len()), one.tokens.start));
    all.truncate(MOST);
    let mut taken = vec![false; reading.tokens().len()];
    let mut counted: Vec<Counted> = Vec::new();
    for (_, mut one) in all {
        if !is_free(reading, &one.tokens, &taken) {
            continue;
        }
        taken.get_mut(one.tokens.clone()).into_iter().for_each(|tokens| tokens.fill(true));
        if wished(reading, &one) || counted.iter().any(|before| says_the_same(reading, before, &one)) {
            continue;
        }
        one.closing = one.weight == Weight::Polite && closes(reading, &one.tokens);
        counted.push(one);
    }
    counted
}

/// Whether enough of a phrase is left to count: all of it, or more than function words.
fn is_free(reading: &Reading<'_>, tokens: &Range<usize>, taken: &[bool]) -> bool {
    let is_taken = |index: &usize| taken.get(*index).copied().unwrap_or(true);
    let touched = tokens.clone().any(|index| is_taken(&index));
    tokens.clone().filter(|index| !is_taken(index)).any(|index| !touched || !reading.is_function(index))
}

/// Whether the post turns: kind words, then "but", then trouble and nothing kind any more.
fn turns(reading: &Reading<'_>, counted: &[Counted]) -> bool {
    let kind = |one: &Counted| matches!(one.weight, Weight::Strong | Weight::Fine | Weight::Polite);
    let bad = |one: &Counted| matches!(one.weight, Weight::Hard | Weight::Soft);
    let last = counted.iter().filter(|one| kind(one)).map(|one| one.tokens.end).max();
    let Some(last) = last else { return false };
    let but = reading.hits("wish.contrast").iter().find(|hit| hit.tokens.start >= last);
    but.is_some_and(|but| counted.iter().any(|one| bad(one) && one.tokens.start >= but.tokens.end))
}

/// Whether a praise is only wished for, or denied: "would be great", "if you were helpful", "not a happy".
fn wished(reading: &Reading<'_>, one: &Counted) -> bool {
    let gift = reading.list_name(one.list) == "praise.gratitude";
    let scope = || reading.before("wish.scope", one.tokens.start, 3);
    matches!(one.weight, Weight::Strong | Weight::Fine)
        && !gift
        && scope().is_some_and(|scope| reading.same_clause(scope.tokens.start, one.tokens.start))
}

/// Whether two phrases of one list have the same words.
fn says_the_same(reading: &Reading<'_>, one: &Counted, other: &Counted) -> bool {
    one.list == other.list
        && one.tokens.len() == other.tokens.len()
        && one.tokens.clone().zip(other.tokens.clone()).all(|(a, b)| reading.word(a) == reading.word(b))
}

/// Whether thanks only close the post, as under a letter: something stands before them and nothing of weight behind.
fn closes(reading: &Reading<'_>, tokens: &Range<usize>) -> bool {
    let is_word = |index: usize| reading.token(index).is_some_and(|token| token.kind == Kind::Word);
    let before = (0..tokens.start).filter(|index| is_word(*index)).take(3).count();
    before == 3 && (tokens.end..reading.tokens().len()).all(|index| !is_word(index) || reading.is_function(index))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use crate::detect::{CompiledBrand, hear_text};
    use crate::domain::{Attribute, Brand, Finding, Hearing, Primary};

    fn brand() -> CompiledBrand {
        CompiledBrand::new(&Brand { name: "Nomadesk".into(), terms: vec!["nomadesk".into(), "@nomadesk".into()] }, &[])
    }

    fn hear(text: &str) -> Hearing {
        hear_text(text, Some("en"), &brand(), true)
    }

    fn score(text: &str) -> f32 {
        hear(text).findings.iter().filter(|finding| finding.rule == "complaint").map(|finding| finding.score).fold(0.0, f32::max)
    }

    #[test]
    fn saying_it_again_does_not_make_it_worse() {
        assert!(score("the worst app") > 0.0);
        assert!((score("the worst worst worst app") - score("the worst app")).abs() < f32::EPSILON);
    }

    #[test]
    fn the_words_behind_but_are_meant() {
        assert_eq!(hear("I love it but the app freezes").primary, Primary::Complaint);
        assert_eq!(hear("The train was delayed but your crew was wonderful, thank you so much").primary, Primary::Praise);
    }

    #[test]
    fn irony_is_shown_and_never_thanked() {
        let heard = hear("Thanks for losing my files");
        assert_eq!(heard.primary, Primary::Complaint);
        assert!(heard.has(Attribute::Ironic));
    }

    #[test]
    fn a_wish_is_no_praise() {
        assert_ne!(hear("would be great").primary, Primary::Praise);
        assert_eq!(hear("this is great").primary, Primary::Praise);
    }

    /// The findings of the rules that weigh words, without their evidence.
    fn told(findings: &[Finding]) -> Vec<(String, u32)> {
        let ours = ["complaint", "praise", "question", "chasing"];
        let points = |finding: &Finding| (finding.rule.clone(), finding.score.to_bits());
        findings.iter().filter(|finding| ours.contains(&finding.rule.as_str())).map(points).collect()
    }

    fn words() -> impl Strategy<Value = String> {
        let word = prop::sample::select(vec![
            "thanks",
            "for",
            "nothing",
            "great",
            "service",
            "not",
            "no",
            "problem",
            "delayed",
            "why",
            "is",
            "my",
            "order",
            "?",
            "!",
            "but",
            "love",
            "it",
            "two",
            "hours",
            "on",
            "hold",
            "help",
            "please",
            "@nomadesk",
            "#fail",
            ":)",
            "\u{1f621}",
            "would",
            "be",
            "\u{e9}t\u{e9}",
        ]);
        prop::collection::vec(word, 0..25).prop_map(|words| words.join(" "))
    }

    proptest! {
        #[test]
        fn evidence_quotes_any_text_exactly(text in prop_oneof![words(), any::<String>()]) {
            for finding in hear(&text).findings {
                prop_assert!(finding.score > 0.0 && finding.score <= 1.0);
                for evidence in finding.evidence {
                    prop_assert_eq!(text.get(evidence.start..evidence.end), Some(evidence.text.as_str()));
                }
            }
        }

        #[test]
        fn capitals_change_nothing(text in words()) {
            prop_assert_eq!(told(&hear(&text).findings), told(&hear(&text.to_uppercase()).findings));
        }

        #[test]
        fn a_post_never_complains_and_pleases_at_once(text in words()) {
            let heard = hear(&text);
            let pleases = heard.findings.iter().any(|finding| finding.rule == "praise" && !finding.attributes.contains(&Attribute::Ironic));
            let complains = heard.findings.iter().any(|finding| finding.rule == "complaint");
            prop_assert!(!(pleases && complains));
        }
    }
}
