//! What a rule reads: the tokens of a post, who is named, every phrase in it.

use std::cell::OnceCell;
use std::ops::Range;

use super::brand::Names;
use super::lexicon::{Lexicon, Lists};
use super::phrase::{Hit, Phrase};
use super::rule::{Change, Found, Party};
use super::switch::{Around, Marks};
use super::weigh::{Mood, Weight, weigh};
use crate::domain::{Evidence, Finding, Role, Signal};
use crate::text::{End, Gap, Kind, Sentence, Tag, Token, Tokens};

/// A post as rules read it, for one watch.
#[derive(Debug)]
pub struct Reading<'a> {
    tokens: Tokens<'a>,
    names: &'a Names,
    lexicon: &'a Lexicon,
    hits: Vec<Hit>,
    /// The lists that have a hit: most have none.
    heard: Lists,
    about: bool,
    addressed: bool,
    around: OnceCell<Around>,
    mood: OnceCell<Mood>,
}

impl<'a> Reading<'a> {
    /// Finds the phrases of a text that is cut already.
    pub(super) fn new(tokens: Tokens<'a>, names: &'a Names, lexicon: &'a Lexicon, about: bool) -> Self {
        let hits = lexicon.find(&tokens);
        let mut heard = Lists::default();
        for hit in &hits {
            heard.add(hit.list);
        }
        let addressed = about || tokens.all().iter().any(|token| token.tag == Tag::Brand && token.kind == Kind::Handle);
        Self { tokens, names, lexicon, hits, heard, about, addressed, around: OnceCell::new(), mood: OnceCell::new() }
    }

    /// Gives the text as it was written.
    pub fn text(&self) -> &'a str {
        self.tokens.original
    }

    /// Gives the language of the phrases in use.
    pub fn lang(&self) -> &str {
        self.lexicon.code()
    }

    /// Whether the post stands on the brand's own page or is addressed to it by its network.
    pub fn about(&self) -> bool {
        self.about
    }

    /// Whether "you" means the brand: the post is about it, or calls its handle.
    pub fn addressed(&self) -> bool {
        self.addressed
    }

    /// Gives all tokens.
    pub fn tokens(&self) -> &[Token] {
        self.tokens.all()
    }

    /// Gives one token.
    pub fn token(&self, index: usize) -> Option<&Token> {
        self.tokens.all().get(index)
    }

    /// Gives the folded word of a token; empty outside the text.
    pub fn word(&self, index: usize) -> &str {
        self.tokens.word(index)
    }

    /// Gives all sentences.
    pub fn sentences(&self) -> &[Sentence] {
        self.tokens.sentences()
    }

    /// Gives the sentence of a token.
    pub fn sentence(&self, index: usize) -> Option<&Sentence> {
        self.token(index).and_then(|token| self.sentences().get(token.sentence as usize))
    }

    /// Whether the sentence of a token ends with a question mark.
    pub fn in_question(&self, index: usize) -> bool {
        self.sentence(index).is_some_and(|sentence| sentence.end == End::Question)
    }

    /// Whether any token names the brand (`Tag::Brand`), or the post is about it.
    pub fn names_brand(&self) -> bool {
        self.about || self.tokens().iter().any(|token| token.tag == Tag::Brand)
    }

    /// Gives the hits of a list, in order of their place; empty when the language has no such list.
    pub fn hits(&self, list: &str) -> &[Hit] {
        let Some(number) = self.lexicon.list(list).filter(|number| self.heard.holds(*number)) else { return &[] };
        let from = self.hits.partition_point(|hit| hit.list < number);
        let to = self.hits.partition_point(|hit| hit.list <= number);
        self.hits.get(from..to).unwrap_or_default()
    }

    /// Whether a list has a hit.
    pub fn has(&self, list: &str) -> bool {
        !self.hits(list).is_empty()
    }

    /// Gives all hits, sorted by list and place.
    pub fn all_hits(&self) -> &[Hit] {
        &self.hits
    }

    /// Whether a rule, by its place in the list of all, has something to read.
    pub(super) fn calls(&self, rule: usize) -> bool {
        self.lexicon.calls(rule, &self.heard)
    }

    /// Says what a hit weighs for and against trouble; `None` where it is about other things.
    pub(super) fn weighs(&self, hit: &Hit) -> Option<Weight> {
        self.lexicon.weight(hit.list)
    }

    /// Says what the words of a hit are to phrases near them.
    pub(super) fn marks(&self, hit: &Hit) -> Marks {
        self.lexicon.marks(hit.list)
    }

    /// Gives what the words around phrases are, worked out once a post.
    pub(super) fn around(&self) -> &Around {
        self.around.get_or_init(|| Around::new(self))
    }

    /// Gives what the post says of trouble and pleasure, weighed once.
    pub(super) fn mood(&self) -> &Mood {
        self.mood.get_or_init(|| weigh(self))
    }

    /// Gives the name of a list by its number.
    pub(super) fn list_name(&self, list: u16) -> &str {
        self.lexicon.list_name(list)
    }

    /// Gives the name of a hit's list.
    pub fn list(&self, hit: &Hit) -> &str {
        self.lexicon.list_name(hit.list)
    }

    /// Gives the phrase of a hit: its source, weight and marks.
    ///
    /// # Panics
    /// When the hit comes from another language's reading.
    pub fn phrase(&self, hit: &Hit) -> &Phrase {
        self.lexicon.phrase(hit.phrase).expect("a hit comes from its own lexicon")
    }

    /// Gives the weight of a hit's phrase.
    pub fn weight(&self, hit: &Hit) -> f32 {
        self.phrase(hit).weight
    }

    /// Gives a mark of a hit's phrase: `:: status=done` has the mark `status`.
    pub fn mark(&self, hit: &Hit, key: &str) -> Option<&str> {
        self.phrase(hit).mark(key)
    }

    /// Gives the tokens of a slot.
    pub fn slot(&self, hit: &Hit, name: &str) -> Option<Range<usize>> {
        self.lexicon.slot(hit, name)
    }

    /// Says whom a slot names; `None` when the hit has no such slot, or it is a "you" that addresses nobody.
    pub fn party(&self, hit: &Hit, name: &str) -> Option<Party> {
        self.slot(hit, name).and_then(|tokens| self.who(&tokens))
    }

    /// Says whom a range of tokens names: the brand, a rival, or the words as they stand.
    pub fn who(&self, tokens: &Range<usize>) -> Option<Party> {
        match self.token(tokens.start)?.tag {
            Tag::Brand => Some(Party::Brand),
            Tag::Rival(index) => Some(Party::Rival(index)),
            Tag::You => self.addressed.then_some(Party::Brand),
            Tag::None => self.text().get(self.tokens.bytes(tokens)).map(|words| Party::Other(words.to_owned())),
        }
    }

    /// Gives the name of a party: the watch's or rival's, else the words as they stand.
    pub fn name<'p>(&'p self, party: &'p Party) -> &'p str {
        match party {
            Party::Brand => &self.names.brand,
            Party::Rival(index) => self.names.rivals.get(*index as usize).map_or("", String::as_str),
            Party::Other(words) => words,
        }
    }

    /// Whether the language counts a token as a function word.
    pub fn is_function(&self, index: usize) -> bool {
        self.token(index).is_some_and(|token| self.lexicon.is_function(token))
    }

    /// Whether two tokens stand in one sentence.
    pub fn same_sentence(&self, one: usize, other: usize) -> bool {
        matches!((self.token(one), self.token(other)), (Some(one), Some(other)) if one.sentence == other.sentence)
    }

    /// Whether two tokens stand in one clause.
    pub fn same_clause(&self, one: usize, other: usize) -> bool {
        matches!((self.token(one), self.token(other)), (Some(one), Some(other)) if one.clause == other.clause)
    }

    /// Whether a clause begins at a token.
    pub fn begins_clause(&self, index: usize) -> bool {
        index == 0 || self.token(index).is_some_and(|token| token.gap != Gap::None) || !self.same_clause(index - 1, index)
    }

    /// Finds the nearest hit of a list that ends at most `reach` tokens before `index`, in the same sentence.
    pub fn before(&self, list: &str, index: usize, reach: usize) -> Option<&Hit> {
        let near = |hit: &&Hit| hit.tokens.end <= index && hit.tokens.end + reach >= index && self.same_sentence(hit.tokens.start, index);
        self.hits(list).iter().filter(near).max_by_key(|hit| hit.tokens.end)
    }

    /// Finds the nearest hit of a list that begins at most `reach` tokens behind `end`, in the same sentence.
    pub fn after(&self, list: &str, end: usize, reach: usize) -> Option<&Hit> {
        let inside = end.saturating_sub(1);
        let follows =
            |hit: &&Hit| hit.tokens.start >= end && hit.tokens.start <= end + reach && self.same_sentence(hit.tokens.start, inside);
        self.hits(list).iter().filter(follows).min_by_key(|hit| hit.tokens.start)
    }

    /// Finds a hit of a list in the clause of a token.
    pub fn in_clause(&self, list: &str, index: usize) -> Option<&Hit> {
        self.hits(list).iter().find(|hit| self.same_clause(hit.tokens.start, index))
    }

    /// Finds a hit of a list in the sentence of a token.
    pub fn in_sentence(&self, list: &str, index: usize) -> Option<&Hit> {
        self.hits(list).iter().find(|hit| self.same_sentence(hit.tokens.start, index))
    }

    /// Gives the tokens of a range of bytes of the text as it was written.
    pub(super) fn tokens_of(&self, bytes: Range<usize>) -> Range<usize> {
        let tokens = self.tokens();
        let first = tokens.partition_point(|token| token.end as usize <= bytes.start);
        first..tokens.partition_point(|token| (token.start as usize) < bytes.end).max(first)
    }

    /// Quotes tokens as evidence.
    pub fn evidence(&self, tokens: &Range<usize>, role: Role) -> Evidence {
        let bytes = self.tokens.bytes(tokens);
        Evidence { start: bytes.start, end: bytes.end, text: self.text().get(bytes).unwrap_or_default().to_owned(), role }
    }

    /// Makes a finding of a hit: its words are the cue, each slot called `left`, `joined`,
    /// `reason`, `emotion` or `against` is quoted apart, in the order of the text; its weight is the score.
    pub fn found(&self, rule: &str, signal: Signal, hit: &Hit) -> Found {
        let named = self.lexicon.filled(hit).filter_map(|(name, tokens)| Some((tokens, Role::parse(name)?)));
        let mut named: Vec<(Range<usize>, Role)> = named.collect();
        named.sort_by_key(|(tokens, _)| tokens.start);
        let mut evidence = Vec::new();
        let mut from = hit.tokens.start;
        for (tokens, role) in named {
            if from < tokens.start {
                evidence.push(self.evidence(&(from..tokens.start), Role::Cue));
            }
            from = from.max(tokens.end);
            evidence.push(self.evidence(&tokens, role));
        }
        if from < hit.tokens.end {
            evidence.push(self.evidence(&(from..hit.tokens.end), Role::Cue));
        }
        let score = self.weight(hit).clamp(0.01, 1.0);
        Found { finding: Finding { rule: rule.to_owned(), signal, score, evidence, attributes: Vec::new() }, change: None }
    }

    /// Makes a switch of a hit with its slots `left` and `joined`.
    pub fn change(&self, rule: &str, hit: &Hit, status: crate::domain::Status) -> Found {
        let mut found = self.found(rule, Signal::Switch, hit);
        found.change = Some(Change { left: self.party(hit, "left"), joined: self.party(hit, "joined"), status, reason: None });
        found
    }
}
