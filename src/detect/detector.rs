//! All watches and all rules, built once and shared.

use std::sync::LazyLock;

use rustc_hash::FxHashMap;

use super::brand::{CompiledBrand, Names, leftmost};
use super::judge::judge;
use super::languages::{language, lexicon};
use super::lexicon::Lexicon;
use super::matcher::{Match, Matcher};
use super::own::{Asked, OwnRule, OwnRules};
use super::reading::Reading;
use super::rule;
use crate::domain::{Hearing, Kind, Mention, Primary, Watch};
use crate::query::Found;
use crate::text::{Folded, Map, Span, Tag, Tokens, folded};

/// Buffers that one caller reuses from post to post.
#[derive(Debug, Default)]
pub struct Scratch {
    folded: Folded,
    found: Vec<Match>,
    uses: Vec<(u32, TermRole, Match)>,
    own: Found,
}

/// What was heard for one watch.
#[derive(Debug, Clone, PartialEq)]
pub struct Heard {
    /// Index of the watch in the list the detector was built with.
    pub watch: usize,
    /// What came of it.
    pub outcome: Outcome,
}

/// What came of a watch whose terms stand in a post.
#[derive(Debug, Clone, PartialEq)]
pub enum Outcome {
    /// It is named: this was heard.
    Named(Hearing),
    /// An excluded phrase stands in it.
    Excluded {
        /// The phrase.
        phrase: String,
    },
    /// Only an ambiguous term, without a context word.
    Ambiguous {
        /// The term.
        term: String,
    },
}

/// A term as it was written, and what it is to which watch.
type Listed = (String, Vec<(u32, TermRole)>);

/// A watch that a handle belongs to, and the network where it is an own account.
type Owner = (u32, Option<String>);

/// All terms of all watches and all rules, built once and shared.
#[derive(Debug)]
pub struct Detector {
    names: Vec<Names>,
    matcher: Matcher,
    /// Each term as it was written, and where its uses stand.
    terms: Vec<(String, std::ops::Range<usize>)>,
    /// What each term is to which watch.
    uses: Vec<(u32, TermRole)>,
    /// The watches that a handle belongs to, with the network of an own account.
    handles: FxHashMap<String, Vec<Owner>>,
    own: OwnRules,
}

/// A post on its way through [`Detector::hear`].
#[derive(Clone, Copy)]
struct Post<'a> {
    mention: &'a Mention,
    folded: &'a Folded,
    map: &'a Map,
    /// What the rules of the user's own look for in it.
    own: &'a Found,
}

/// What a term is to a watch.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum TermRole {
    Names(Tag),
    Ambiguous,
    Context,
    Excludes,
    /// A link of the post leads to the brand; its words need not stand in the text.
    Linked,
}

impl TermRole {
    /// Whether the term makes a post worth hearing.
    fn calls(self) -> bool {
        matches!(self, Self::Names(_) | Self::Ambiguous)
    }
}

impl Detector {
    /// Builds the tables.
    pub fn new(watches: &[Watch]) -> Self {
        Self::with_rules(watches, Vec::new())
    }

    /// Builds the tables with rules of the user's own.
    pub fn with_rules(watches: &[Watch], own: Vec<OwnRule>) -> Self {
        let mut terms: FxHashMap<String, Listed> = FxHashMap::default();
        let mut handles: FxHashMap<String, Vec<Owner>> = FxHashMap::default();
        for (index, watch) in watches.iter().enumerate() {
            let number = crate::text::narrow(index);
            for (term, role) in roles(watch) {
                terms.entry(folded(term.trim())).or_insert_with(|| (term.to_owned(), Vec::new())).1.push((number, role));
            }
            for handle in watch.brand.terms.iter().filter_map(|term| term.strip_prefix('@')) {
                handles.entry(folded(handle)).or_default().push((number, None));
            }
            for own in &watch.own {
                let handle = folded(own.handle.trim_start_matches('@'));
                handles.entry(handle).or_default().push((number, Some(own.network.as_str().to_owned())));
            }
        }
        // In order, so that the same watches always make the same tables.
        let mut listed: Vec<(String, Listed)> = terms.into_iter().collect();
        listed.sort_unstable_by(|a, b| a.0.cmp(&b.0));
        let matcher = Matcher::new(listed.iter().map(|(folded, _)| folded.as_str()));
        let mut uses = Vec::new();
        let terms = listed.into_iter().map(|(_, (term, its))| {
            let from = uses.len();
            uses.extend(its);
            (term, from..uses.len())
        });
        let terms = terms.collect();
        let names = watches.iter().map(|watch| Names::new(&watch.brand, &watch.rivals)).collect();
        Self { names, matcher, terms, uses, handles, own: OwnRules::new(own, watches) }
    }

    /// Says whether a text names anything we watch: the hot path, for every post of a firehose.
    pub fn names_any(&self, text: &str, scratch: &mut Scratch) -> bool {
        scratch.folded.fold(text);
        self.matcher.scan(&scratch.folded, &mut |found| self.uses(&found).iter().any(|(_, role)| role.calls()))
    }

    /// The rules of the user's own.
    pub fn own(&self) -> &OwnRules {
        &self.own
    }

    /// Hears a mention for every watch it names or addresses; empty when it names none.
    ///
    /// A post that names only a rival counts when somebody leaves that rival and has chosen nobody,
    /// or when a rule of the user's own hears something in it.
    pub fn hear(&self, mention: &Mention, scratch: &mut Scratch) -> Vec<Heard> {
        let Scratch { folded, found, uses, own } = scratch;
        uses.clear();
        // What a parent or a link says comes first: its buffers are used again for the post itself.
        for (text, linked) in
            mention.thread.parent_text.iter().map(|text| (text, false)).chain(mention.links.iter().map(|link| (link, true)))
        {
            folded.fold(text);
            found.clear();
            self.matcher.find(folded, found);
            for (one, &(watch, role)) in found.iter().flat_map(|one| self.uses(one).iter().map(move |its| (one, its))) {
                match role {
                    TermRole::Context if !linked => uses.push((watch, TermRole::Context, *one)),
                    TermRole::Names(Tag::Brand) if linked => uses.push((watch, TermRole::Linked, *one)),
                    _ => {}
                }
            }
        }
        let map = folded.fold_mapped(&mention.text);
        found.clear();
        self.matcher.find(folded, found);
        uses.extend(found.iter().flat_map(|one| self.uses(one).iter().map(|&(watch, role)| (watch, role, *one))));
        let addressed = self.addressed(mention);
        let none = Match { term: u32::MAX, start: 0, end: 0 };
        uses.extend(addressed.iter().map(|&watch| (watch, TermRole::Linked, none)));
        uses.sort_unstable_by_key(|(watch, role, one)| (*watch, one.start, std::cmp::Reverse(one.end), *role));
        if !uses.is_empty() {
            self.own.find(&mention.text, folded, &map, own);
        }
        let post = Post { mention, folded, map: &map, own };
        let by_watch = uses.chunk_by(|one, other| one.0 == other.0);
        let heard = by_watch.filter_map(|uses| {
            let watch = uses.first()?.0;
            let outcome = self.outcome(watch, post, uses, addressed.contains(&watch))?;
            Some(Heard { watch: watch as usize, outcome })
        });
        heard.collect()
    }

    /// What came of one watch; `None` when nothing names it.
    fn outcome(&self, watch: u32, post: Post<'_>, uses: &[(u32, TermRole, Match)], addressed: bool) -> Option<Outcome> {
        let Post { mention, folded, map, own } = post;
        let with = |wanted: TermRole| uses.iter().filter(move |(_, role, _)| *role == wanted).map(|(_, _, one)| *one);
        let linked = with(TermRole::Linked).next().is_some();
        let term = |one: Match| self.terms.get(one.term as usize).map_or_else(String::new, |(term, _)| term.clone());
        let mut spans: Vec<Span> = uses
            .iter()
            .filter_map(
                |(_, role, one)| {
                    if let TermRole::Names(tag) = role { Some(Span { start: one.start, end: one.end, tag: *tag }) } else { None }
                },
            )
            .collect();
        if with(TermRole::Context).next().is_some() {
            spans.extend(with(TermRole::Ambiguous).map(|one| Span { start: one.start, end: one.end, tag: Tag::Brand }));
        }
        let named = linked || spans.iter().any(|span| span.tag == Tag::Brand);
        let ambiguous = with(TermRole::Ambiguous).next();
        if !named && spans.is_empty() && ambiguous.is_none() {
            return None;
        }
        if let Some(excluded) = with(TermRole::Excludes).next().filter(|_| !addressed) {
            return Some(Outcome::Excluded { phrase: term(excluded) });
        }
        if let Some(ambiguous) = ambiguous.filter(|_| !named) {
            return Some(Outcome::Ambiguous { term: term(ambiguous) });
        }
        let spans = leftmost(spans.into_iter());
        let names = self.names.get(watch as usize)?;
        // A review stands on the page of the product it is about.
        let about = addressed || mention.kind == Kind::Review;
        let mut hearing = hear_spans(&mention.text, folded, map, &spans, mention.lang.as_deref(), names, about);
        let fired = self.own.hear(&mut hearing, Asked { mention, watch: watch as usize, named, about: linked }, own);
        (named || fired || hearing.primary == Primary::Opportunity).then_some(Outcome::Named(hearing))
    }

    /// Tries one rule of the user's own, by its place in the file: gives the words it fires on, or why it does not.
    pub fn try_rule(&self, rule: usize, mention: &Mention, scratch: &mut Scratch) -> Result<Vec<String>, String> {
        let Some(own) = self.own.all().nth(rule) else { return Err("there is no such rule".to_owned()) };
        let heard = self.hear(mention, scratch);
        let mut why = Vec::new();
        for (watch, names) in self.names.iter().enumerate().filter(|(watch, _)| self.own.is_for(rule, *watch)) {
            let outcome = heard.iter().find(|heard| heard.watch == watch).map(|heard| &heard.outcome);
            let missing = match outcome {
                Some(Outcome::Named(hearing)) => {
                    if let Some(finding) = hearing.findings.iter().find(|finding| finding.rule == own.id) {
                        return Ok(finding.evidence.iter().map(|evidence| evidence.text.clone()).collect());
                    }
                    let asked = Asked { mention, watch, named: true, about: false };
                    self.own.why_not(rule, hearing, asked).unwrap_or_else(|| format!("it names a rival of {} alone", names.brand))
                }
                Some(Outcome::Excluded { phrase }) => format!("the excluded \"{phrase}\" stands in it"),
                Some(Outcome::Ambiguous { term }) => format!("\"{term}\" is ambiguous, and no context word stands beside it"),
                None => format!("it does not name {}", names.brand),
            };
            why.push(missing);
        }
        why.dedup();
        Err(why.join("; "))
    }

    /// The watches to whose handle or account the network addressed the post.
    fn addressed(&self, mention: &Mention) -> Vec<u32> {
        let mut watches = Vec::new();
        for handle in &mention.addressed {
            let handle = folded(handle.trim_start_matches('@'));
            let owners = self.handles.get(&handle).map_or(&[][..], Vec::as_slice);
            let here = |network: &Option<String>| network.as_deref().is_none_or(|network| network == mention.network.as_str());
            watches.extend(owners.iter().filter(|(_, network)| here(network)).map(|(watch, _)| *watch));
        }
        watches.sort_unstable();
        watches.dedup();
        watches
    }

    fn uses(&self, found: &Match) -> &[(u32, TermRole)] {
        self.terms.get(found.term as usize).and_then(|(_, range)| self.uses.get(range.clone())).unwrap_or_default()
    }
}

/// Every term of a watch with what it is to it.
fn roles(watch: &Watch) -> impl Iterator<Item = (&str, TermRole)> {
    fn all(terms: &[String], role: TermRole) -> impl Iterator<Item = (&str, TermRole)> {
        terms.iter().map(move |term| (term.as_str(), role))
    }
    let rivals = watch.rivals.iter().zip(0_u16..).flat_map(|(rival, index)| all(&rival.terms, TermRole::Names(Tag::Rival(index))));
    all(&watch.brand.terms, TermRole::Names(Tag::Brand))
        .chain(all(&watch.ambiguous, TermRole::Ambiguous))
        .chain(all(&watch.context, TermRole::Context))
        .chain(all(&watch.exclude, TermRole::Excludes))
        .chain(rivals)
}

/// Hears one text for one brand, without the table of all terms.
pub fn hear_text(text: &str, lang: Option<&str>, brand: &CompiledBrand, about: bool) -> Hearing {
    let mut folded = Folded::default();
    let map = folded.fold_mapped(text);
    let spans = brand.spans(&folded);
    hear_spans(text, &folded, &map, &spans, lang, &brand.names, about)
}

/// Cuts, reads and judges a text whose names are found.
fn hear_spans(text: &str, folded: &Folded, map: &Map, spans: &[Span], tag: Option<&str>, names: &Names, about: bool) -> Hearing {
    static NO_WORDS: LazyLock<Lexicon> = LazyLock::new(Lexicon::default);
    let lang = language(tag, folded);
    // Nobody knows the language: English phrases may still speak. A language without phrases is left alone.
    let lexicon = lexicon(lang.as_deref().unwrap_or("en")).unwrap_or(&NO_WORDS);
    let tokens = Tokens::new(text, folded, map, spans, lexicon.speech());
    let reading = Reading::new(tokens, names, lexicon, about);
    let mut found = Vec::new();
    rule::read(&reading, &mut found);
    judge(&reading, found, lang)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{Account, Brand, Network};
    use jiff::Timestamp;

    fn watch() -> Watch {
        let list = |words: &[&str]| words.iter().map(|&word| word.to_owned()).collect();
        Watch {
            id: "nomadesk".into(),
            brand: Brand { name: "Nomadesk".into(), terms: list(&["nomadesk", "@nomadesk", "nomadesk.com"]) },
            ambiguous: list(&["nomad desk"]),
            context: list(&["cloud", "sync*"]),
            exclude: list(&["standing desk"]),
            own: vec![Account { network: Network::known("bluesky"), handle: "help.nomadesk.com".into() }],
            rivals: vec![Brand { name: "Dropbox".into(), terms: list(&["dropbox"]) }],
        }
    }

    fn mention(text: &str) -> Mention {
        Mention::new(Network::known("bluesky"), "1", text, Timestamp::UNIX_EPOCH)
    }

    /// One letter for what came of it: named, excluded, ambiguous, nothing.
    fn outcome(mention: &Mention) -> char {
        match Detector::new(&[watch()]).hear(mention, &mut Scratch::default()).first().map(|heard| &heard.outcome) {
            Some(Outcome::Named(_)) => 'n',
            Some(Outcome::Excluded { .. }) => 'e',
            Some(Outcome::Ambiguous { .. }) => 'a',
            None => '-',
        }
    }

    #[test]
    fn names_contexts_and_excludes() {
        for (text, want) in [
            ("I like Nomadesk", 'n'),
            ("see https://nomadesk.com/x", 'n'),
            ("see https://news.example/x?utm_source=nomadesk", '-'),
            ("a nomad desk for me", 'a'),
            ("a nomad desk that syncs", 'n'),
            ("nomad desk in the CLOUD", 'n'),
            ("Nomadesk on my standing desk", 'e'),
            ("my standing desk", '-'),
            ("Dropbox is a thing", '-'),
            ("nothing at all", '-'),
        ] {
            assert_eq!(outcome(&mention(text)), want, "{text}");
        }
        let mut reply = mention("the nomad desk again");
        reply.thread.parent_text = Some("which cloud?".into());
        assert_eq!(outcome(&reply), 'n');
    }

    #[test]
    fn links_and_addresses_name_the_brand_too() {
        let mut linked = mention("this one");
        linked.links = vec!["https://www.nomadesk.com/".into()];
        assert_eq!(outcome(&linked), 'n');
        let mut addressed = mention("still no answer");
        addressed.addressed = vec!["Help.Nomadesk.com".into()];
        assert_eq!(outcome(&addressed), 'n');
        addressed.network = Network::known("mastodon");
        assert_eq!(outcome(&addressed), '-');
    }

    #[test]
    fn a_review_is_about_the_product_it_names() {
        let leaving = |kind: Kind| {
            let mut one = mention("@Dropbox was better than Nomadesk. I am done with you.");
            one.kind = kind;
            match Detector::new(&[watch()]).hear(&one, &mut Scratch::default()).remove(0).outcome {
                Outcome::Named(hearing) => hearing.primary == Primary::Leaving,
                _ => false,
            }
        };
        assert!(leaving(Kind::Review));
        assert!(!leaving(Kind::Post));
    }

    #[test]
    fn the_hot_path_knows_what_is_worth_hearing() {
        let detector = Detector::new(&[watch()]);
        let mut scratch = Scratch::default();
        for (text, want) in
            [("NOMADESK!", true), ("Dropbox", true), ("nomad desk", true), ("cloud sync, standing desk", false), ("", false)]
        {
            assert_eq!(detector.names_any(text, &mut scratch), want, "{text}");
        }
    }
}
