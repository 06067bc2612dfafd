//! All watches and all rules, built once and shared.

use std::sync::LazyLock;

use super::brand::{CompiledBrand, Names, leftmost};
use super::judge::judge;
use super::languages::{language, lexicon};
use super::lexicon::Lexicon;
use super::matcher::{Match, Matcher};
use super::reading::Reading;
use super::rule::{self, RULES};
use crate::domain::{Hearing, Mention, Primary, Watch};
use crate::text::{Folded, Map, Span, Tag, Tokens};

/// Buffers that one caller reuses from post to post.
#[derive(Debug, Default)]
pub struct Scratch {
    folded: Folded,
    found: Vec<Match>,
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

/// All terms of all watches and all rules, built once and shared.
#[derive(Debug)]
pub struct Detector {
    watches: Vec<Watched>,
    matcher: Matcher,
    /// Each term as it was written, and what it is to whom.
    terms: Vec<(String, Vec<Use>)>,
}

/// What a term is to a watch.
#[derive(Debug, Clone, Copy)]
struct Use {
    watch: usize,
    role: TermRole,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum TermRole {
    Names(Tag),
    Ambiguous,
    Excludes,
}

/// What is kept of a watch.
#[derive(Debug)]
struct Watched {
    names: Names,
    context: Vec<String>,
    own: Vec<(String, String)>,
    handles: Vec<String>,
}

impl Detector {
    /// Builds the tables.
    pub fn new(watches: &[Watch]) -> Self {
        let mut numbers = rustc_hash::FxHashMap::default();
        let mut terms: Vec<(String, Vec<Use>)> = Vec::new();
        for (watch, rules) in watches.iter().enumerate() {
            let mut add = |term: &str, role: TermRole| {
                let folded = crate::text::folded(term.trim());
                let at = *numbers.entry(folded).or_insert_with(|| {
                    terms.push((term.to_owned(), Vec::new()));
                    terms.len() - 1
                });
                if let Some((_, uses)) = terms.get_mut(at) {
                    uses.push(Use { watch, role });
                }
            };
            rules.brand.terms.iter().for_each(|term| add(term, TermRole::Names(Tag::Brand)));
            rules.ambiguous.iter().for_each(|term| add(term, TermRole::Ambiguous));
            rules.exclude.iter().for_each(|term| add(term, TermRole::Excludes));
            for (index, rival) in rules.rivals.iter().enumerate() {
                let tag = Tag::Rival(u16::try_from(index).unwrap_or(u16::MAX));
                rival.terms.iter().for_each(|term| add(term, TermRole::Names(tag)));
            }
        }
        let matcher = Matcher::new(terms.iter().map(|(term, _)| term.as_str()));
        Self { watches: watches.iter().map(Watched::new).collect(), matcher, terms }
    }

    /// Says whether a text names anything we watch: the hot path, for every post of a firehose.
    pub fn names_any(&self, text: &str, scratch: &mut Scratch) -> bool {
        scratch.folded.fold(text);
        scratch.found.clear();
        self.matcher.find(&scratch.folded, &mut scratch.found);
        !scratch.found.is_empty()
    }

    /// Hears a mention for every watch it names or addresses; empty when it names none.
    ///
    /// A post that names only a rival counts when somebody leaves that rival and has chosen nobody.
    pub fn hear(&self, mention: &Mention, scratch: &mut Scratch) -> Vec<Heard> {
        let map = scratch.folded.fold_mapped(&mention.text);
        scratch.found.clear();
        self.matcher.find(&scratch.folded, &mut scratch.found);
        let mut heard = Vec::new();
        for (index, watched) in self.watches.iter().enumerate() {
            let about = watched.is_addressed(mention) || self.links_name(index, mention);
            let outcome = self.hear_watch(index, watched, mention, &scratch.folded, &map, &scratch.found, about);
            heard.extend(outcome.map(|outcome| Heard { watch: index, outcome }));
        }
        heard
    }

    #[expect(clippy::too_many_arguments, reason = "one private step of hear with everything it has at hand")]
    fn hear_watch(
        &self,
        index: usize,
        watched: &Watched,
        mention: &Mention,
        folded: &Folded,
        map: &Map,
        found: &[Match],
        about: bool,
    ) -> Option<Outcome> {
        let uses = |found: &Match| {
            let uses = self.terms.get(found.term as usize).map_or(&[][..], |(_, uses)| uses.as_slice());
            uses.iter().filter(move |use_| use_.watch == index).map(|use_| use_.role).collect::<Vec<_>>()
        };
        let mut spans = Vec::new();
        let (mut excluded, mut ambiguous) = (None, Vec::new());
        for one in found {
            for role in uses(one) {
                match role {
                    TermRole::Names(tag) => spans.push(Span { start: one.start, end: one.end, tag }),
                    TermRole::Excludes => excluded = excluded.or(Some(one.term)),
                    TermRole::Ambiguous => ambiguous.push(*one),
                }
            }
        }
        if !ambiguous.is_empty() && watched.has_context(&folded.text, mention.thread.parent_text.as_deref()) {
            spans.extend(ambiguous.drain(..).map(|one| Span { start: one.start, end: one.end, tag: Tag::Brand }));
        }
        let named = about || spans.iter().any(|span| span.tag == Tag::Brand);
        if spans.is_empty() && !named && ambiguous.is_empty() {
            return None;
        }
        let term = |number: u32| self.terms.get(number as usize).map_or(String::new(), |(term, _)| term.clone());
        if let Some(phrase) = excluded.filter(|_| !about) {
            return Some(Outcome::Excluded { phrase: term(phrase) });
        }
        if !named && let Some(first) = ambiguous.first() {
            return Some(Outcome::Ambiguous { term: term(first.term) });
        }
        let spans = leftmost(spans.into_iter());
        let hearing = hear_spans(&mention.text, folded, map, &spans, mention.lang.as_deref(), &watched.names, about);
        (named || hearing.primary == Primary::Opportunity).then_some(Outcome::Named(hearing))
    }

    /// Whether a link of the post that does not stand in its text leads to the brand.
    fn links_name(&self, watch: usize, mention: &Mention) -> bool {
        let mut folded = Folded::default();
        let mut found = Vec::new();
        mention.links.iter().any(|link| {
            folded.fold(link);
            found.clear();
            self.matcher.find(&folded, &mut found);
            found.iter().any(|one| {
                let uses = self.terms.get(one.term as usize).map_or(&[][..], |(_, uses)| uses.as_slice());
                uses.iter().any(|use_| use_.watch == watch && use_.role == TermRole::Names(Tag::Brand))
            })
        })
    }
}

impl Watched {
    fn new(watch: &Watch) -> Self {
        let handle = |handle: &str| crate::text::folded(handle.trim_start_matches('@'));
        let handles = watch.brand.terms.iter().filter(|term| term.starts_with('@')).map(|term| handle(term)).collect();
        Self {
            names: Names { brand: watch.brand.name.clone(), rivals: watch.rivals.iter().map(|rival| rival.name.clone()).collect() },
            context: watch.context.iter().map(|word| crate::text::folded(word)).collect(),
            own: watch.own.iter().map(|own| (own.network.as_str().to_owned(), handle(&own.handle))).collect(),
            handles,
        }
    }

    /// Whether a post is addressed to the brand: to one of its accounts, or to a watched handle.
    fn is_addressed(&self, mention: &Mention) -> bool {
        mention.addressed.iter().any(|handle| {
            let handle = crate::text::folded(handle.trim_start_matches('@'));
            self.handles.contains(&handle) || self.own.iter().any(|(network, own)| network == mention.network.as_str() && *own == handle)
        })
    }

    /// Whether a context word stands in the post or in its parent.
    fn has_context(&self, folded: &str, parent: Option<&str>) -> bool {
        let parent = parent.map(crate::text::folded).unwrap_or_default();
        let holds = |text: &str| {
            text.split(|c| !crate::text::is_word(c)).any(|word| {
                self.context.iter().any(|context| match context.strip_suffix('*') {
                    Some(stem) => word.starts_with(stem),
                    None => word == context,
                })
            })
        };
        holds(folded) || holds(&parent)
    }
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
    rule::read(RULES, &reading, &mut found);
    judge(&reading, found, lang)
}
