//! The compiled phrases of one language, all lists found in one pass.
//!
//! Every word of the text is looked up once; a phrase is tried only where its
//! rarest word stands. Built from the data files in `languages/`.

use std::ops::Range;

use rustc_hash::FxHashMap;

use super::phrase::compile::{Set, Step, Vocabulary, anchors, choices, compile};
use super::phrase::parse::{self, Line, Mistake, Node, Sections};
use super::phrase::run::{self, Place, Stack};
use super::phrase::{Hit, Phrase};
use super::rule::RULES;
use super::switch::{Marks, marks_of};
use super::weigh::Weight;
use crate::text::{Folded, Kind, Speech, Tag, Token, Tokens};

/// Sections that are no phrases: what cutting and slots must know of the language.
pub(super) const RESERVED: &[&str] = &["contractions", "you", "clause", "abbreviations", "function", "determiner"];

/// A list whose name ends so holds words that are heard at either end of a hashtag, and nowhere else.
const HASHTAGS: &str = ".tag";

/// What a function word costs as an anchor: it stands in every other post, so that even a class of a hundred rarer
/// words is tried less often.
const COMMON: usize = 2000;

/// A function word, which begins no name.
const FUNCTION: u8 = 1;

/// A determiner, which may stand before a name.
const DETERMINER: u8 = 2;

/// Where a program is tried: how far its anchor stands behind its start, and what must stand beside the anchor.
#[derive(Debug, Clone, Copy)]
struct Try {
    program: u32,
    nearest: u8,
    farthest: u8,
    /// Side of the neighbour, 0 for none, and its set.
    side: i8,
    set: u32,
}

/// A beginning of words and where it is tried.
type Stem = (Box<str>, Vec<Try>);

/// A list of phrases, with what others ask of its name once a word.
#[derive(Debug)]
struct List {
    name: String,
    weight: Option<Weight>,
    marks: Marks,
}

/// A set of lists.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Lists([u64; Lists::MOST / 64]);

impl Lists {
    /// The most lists of a language.
    const MOST: usize = 256;

    /// Adds a list.
    pub(super) fn add(&mut self, list: u16) {
        self.0.get_mut(list as usize / 64).into_iter().for_each(|word| *word |= 1 << (list % 64));
    }

    /// Whether a list is in it.
    pub(super) fn holds(&self, list: u16) -> bool {
        self.0.get(list as usize / 64).is_some_and(|word| word >> (list % 64) & 1 == 1)
    }

    /// Whether two sets share a list.
    pub(super) fn meets(&self, other: &Self) -> bool {
        self.0.iter().zip(&other.0).any(|(one, other)| one & other != 0)
    }
}

/// All phrases of one language.
#[derive(Debug, Default)]
pub struct Lexicon {
    code: String,
    speech: Speech,
    sets: Vec<Set>,
    slots: Vec<String>,
    lists: Vec<List>,
    /// For each rule the lists of which one must have a hit for it to run.
    cues: Vec<Lists>,
    list_numbers: FxHashMap<Box<str>, u16>,
    phrases: Vec<Phrase>,
    list_of: Vec<u16>,
    /// Programs and the phrases they belong to: a phrase that offers a choice has several.
    programs: Vec<(u32, Box<[Step]>)>,
    /// For each word of the vocabulary where its tries stand.
    by_word: Vec<Range<usize>>,
    tries: Vec<Try>,
    /// Beginnings by their first two bytes, each with where it is tried.
    prefixes: FxHashMap<[u8; 2], Vec<Stem>>,
    by_emoji: FxHashMap<Box<str>, Vec<u32>>,
    /// Words that say something at either end of a hashtag, and their phrases.
    by_tag: Vec<(Box<str>, u32)>,
    /// What each word of the vocabulary is to grammar: [`FUNCTION`], [`DETERMINER`].
    grammar: Vec<u8>,
}

impl Lexicon {
    /// Compiles the files of a language.
    pub fn build(code: &str, files: &[&str]) -> Result<Self, Mistake> {
        let mut sections = Sections::new();
        for file in files {
            parse::sections(file, &mut sections)?;
        }
        let mut build = Build { lexicon: Self { code: code.to_owned(), ..Self::default() }, ..Build::default() };
        build.speech(&sections);
        build.classes(&sections)?;
        for (name, lines) in sections.iter().filter(|(name, _)| name.contains('.')) {
            build.list(name, lines)?;
        }
        Ok(build.finish())
    }

    /// Gives the two-letter code.
    pub fn code(&self) -> &str {
        &self.code
    }

    /// Gives what cutting must know of the language.
    pub(super) fn speech(&self) -> &Speech {
        &self.speech
    }

    /// Gives the number of a list.
    pub(super) fn list(&self, name: &str) -> Option<u16> {
        self.list_numbers.get(name).copied()
    }

    /// Gives the name of a list.
    pub(super) fn list_name(&self, list: u16) -> &str {
        self.lists.get(list as usize).map_or("", |list| &list.name)
    }

    /// Gives the names of all lists.
    pub fn lists(&self) -> impl Iterator<Item = &str> {
        self.lists.iter().map(|list| list.name.as_str())
    }

    /// Says what the phrases of a list weigh for and against trouble.
    pub(super) fn weight(&self, list: u16) -> Option<Weight> {
        self.lists.get(list as usize).and_then(|list| list.weight)
    }

    /// Says what the phrases of a list are to phrases near them.
    pub(super) fn marks(&self, list: u16) -> Marks {
        self.lists.get(list as usize).map_or(0, |list| list.marks)
    }

    /// Whether a rule, by its place among all, has a cue among the lists that were heard.
    pub(super) fn calls(&self, rule: usize, heard: &Lists) -> bool {
        self.cues.get(rule).is_some_and(|cues| cues.meets(heard))
    }

    /// Gives a phrase by its number.
    pub(super) fn phrase(&self, number: u32) -> Option<&Phrase> {
        self.phrases.get(number as usize)
    }

    /// Gives the tokens of a slot.
    pub(super) fn slot(&self, hit: &Hit, name: &str) -> Option<Range<usize>> {
        let slot = hit.slots.iter().flatten().find(|slot| self.slots.get(slot.0 as usize).is_some_and(|known| known == name))?;
        Some(slot.1 as usize..slot.2 as usize)
    }

    /// Gives every filled slot with its name.
    pub(super) fn filled<'a>(&'a self, hit: &'a Hit) -> impl Iterator<Item = (&'a str, Range<usize>)> {
        let name = |slot: u8| self.slots.get(slot as usize).map_or("", String::as_str);
        hit.slots.iter().flatten().map(move |slot| (name(slot.0), slot.1 as usize..slot.2 as usize))
    }

    /// Whether the language counts a token as a function word.
    pub(super) fn is_function(&self, token: &Token) -> bool {
        self.is(token.number, FUNCTION)
    }

    /// Whether a word of the vocabulary is a function word or a determiner.
    fn is(&self, number: u32, what: u8) -> bool {
        self.grammar.get(number as usize).is_some_and(|grammar| grammar & what != 0)
    }

    /// Finds every phrase in a text, sorted by list and place. Of two hits of one list of which one
    /// holds the other, the longer stays.
    pub(super) fn find(&self, tokens: &Tokens<'_>) -> Vec<Hit> {
        let mut hits = Vec::with_capacity(tokens.all().len());
        let mut places = Vec::with_capacity(tokens.all().len());
        let mut clauses = run::Clauses::default();
        for (index, token) in tokens.all().iter().enumerate() {
            let at = crate::text::narrow(index);
            if token.kind == Kind::Emoji {
                self.emoji(tokens.text_of(token), at, &mut hits);
                continue;
            }
            if token.kind == Kind::Hashtag {
                self.hashtag(tokens.text_of(token), at, &mut hits);
            }
            let named = matches!(token.tag, Tag::Brand | Tag::Rival(_));
            let number = if token.number == 0 { self.plainly(tokens.text_of(token)) } else { token.number };
            let grammar = self.grammar.get(number as usize).copied().unwrap_or_default();
            let (function, determiner) = (grammar & FUNCTION != 0, grammar & DETERMINER != 0);
            let (kind, gap, begins) = (token.kind, token.gap, clauses.begins(token));
            places.push(Place { index: at, number, kind, gap, begins, named, function, determiner });
        }
        let line = run::Line { tokens, places: &places };
        let mut stack = Stack::default();
        for (at, place) in places.iter().enumerate() {
            for &entry in self.called_by(place.number) {
                self.attempt(&line, at, entry, &mut stack, &mut hits);
            }
            // A known word brings what its beginning calls; see `finish`.
            if place.number == 0 {
                let word = tokens.word(place.index as usize);
                let called = word.as_bytes().first_chunk().and_then(|head| self.prefixes.get(head));
                for (_, entries) in called.into_iter().flatten().filter(|(stem, _)| word.starts_with(&**stem)) {
                    for &entry in entries {
                        self.attempt(&line, at, entry, &mut stack, &mut hits);
                    }
                }
            }
        }
        run::settle(&mut hits, |hit| self.phrase(hit.phrase).is_none_or(|phrase| !phrase.is_tied()));
        hits
    }

    /// The programs that hang on a word of the vocabulary.
    fn called_by(&self, number: u32) -> &[Try] {
        self.by_word.get(number as usize).and_then(|range| self.tries.get(range.clone())).unwrap_or_default()
    }

    /// Tries one program around one anchor.
    fn attempt(&self, line: &run::Line<'_>, at: usize, entry: Try, stack: &mut Stack, hits: &mut Vec<Hit>) {
        let beside = || self.sets.get(entry.set as usize).is_some_and(|set| line.holds_beside(at, entry.side, set));
        if entry.side != 0 && !beside() {
            return;
        }
        let Some((phrase, steps)) = self.programs.get(entry.program as usize) else { return };
        let list = self.list_of.get(*phrase as usize).copied().unwrap_or(u16::MAX);
        let mut push = |tokens: Range<usize>, slots| hits.push(Hit { list, phrase: *phrase, tokens, slots });
        // Most phrases of the data are single words: nothing is left to try.
        if let [Step::Set(_), Step::Match] = steps[..] {
            if !line.names(at) {
                push(line.index(at) as usize..line.index(at) as usize + 1, None);
            }
            return;
        }
        for back in entry.nearest..=entry.farthest {
            let Some(start) = at.checked_sub(back as usize) else { break };
            if let Some(end) = run::attempt(steps, &self.sets, line, start, stack)
                && end > at
            {
                push(line.index(start) as usize..line.index(end - 1) as usize + 1, stack.slots());
            }
        }
    }

    /// Gives the number of an unknown word written plainly: of `soooo` that of `so`, of `goood` that of `good`.
    fn plainly(&self, word: &str) -> u32 {
        if !drawn_out(word) {
            return 0;
        }
        let numbers = [2, 1].iter().filter_map(|most| squeezed(word, *most)).map(|word| self.speech.number(&word));
        numbers.into_iter().find(|number| *number != 0).unwrap_or(0)
    }

    fn emoji(&self, emoji: &str, at: u32, hits: &mut Vec<Hit>) {
        for &phrase in self.by_emoji.get(emoji).map_or(&[][..], Vec::as_slice) {
            hits.push(self.hit(phrase, at));
        }
    }

    /// Hears `#worstservice` and `#brandfail`: words run together, the telling one first or last.
    fn hashtag(&self, tag: &str, at: u32, hits: &mut Vec<Hit>) {
        let word = tag.trim_start_matches('#');
        let says = |stem: &str| word.starts_with(stem) || word.ends_with(stem);
        let mut heard: Vec<u16> = Vec::new();
        for (_, phrase) in self.by_tag.iter().filter(|(stem, _)| says(stem)) {
            let hit = self.hit(*phrase, at);
            // One word of each list is enough.
            if !heard.contains(&hit.list) {
                heard.push(hit.list);
                hits.push(hit);
            }
        }
    }

    fn hit(&self, phrase: u32, at: u32) -> Hit {
        let list = self.list_of.get(phrase as usize).copied().unwrap_or(u16::MAX);
        Hit { list, phrase, tokens: at as usize..at as usize + 1, slots: None }
    }
}

/// Compiles a lexicon.
#[derive(Default)]
struct Build {
    lexicon: Lexicon,
    vocabulary: Vocabulary,
    classes: FxHashMap<String, Node>,
    by_word: Vec<Vec<Try>>,
}

impl Build {
    /// Reads the reserved sections.
    fn speech(&mut self, sections: &Sections) {
        let words = |name: &str| {
            let lines = sections.get(name).map_or(&[][..], Vec::as_slice);
            lines.iter().flat_map(|line| line.text.split([' ', '|', ','])).filter(|word| !word.is_empty()).map(crate::text::folded)
        };
        for line in sections.get("contractions").map_or(&[][..], Vec::as_slice) {
            let (from, to) = line.text.split_once('=').unwrap_or((&line.text, ""));
            let to: Vec<String> = to.split_whitespace().map(crate::text::folded).collect();
            for word in from.split_whitespace() {
                self.lexicon.speech.contraction(crate::text::folded(word), to.clone());
            }
        }
        words("you").for_each(|word| self.lexicon.speech.you(word));
        words("clause").for_each(|word| self.lexicon.speech.clause(word));
        self.lexicon.speech.abbreviations = words("abbreviations").collect();
        for (section, what) in [("function", FUNCTION), ("determiner", DETERMINER)] {
            for word in words(section) {
                let number = self.vocabulary.word(&word) as usize;
                let grammar = &mut self.lexicon.grammar;
                grammar.resize(grammar.len().max(number + 1), 0);
                grammar.get_mut(number).into_iter().for_each(|grammar| *grammar |= what);
            }
        }
    }

    /// Reads the classes; one may use another that is resolved before it.
    fn classes(&mut self, sections: &Sections) -> Result<(), Mistake> {
        let mut open: Vec<(&str, Node, usize)> = Vec::new();
        for (name, lines) in sections {
            let Some(name) = name.strip_prefix('<').and_then(|rest| rest.strip_suffix('>')) else { continue };
            let mut all = Vec::new();
            for line in lines {
                match self.phrase(line)? {
                    Node::Alt(nodes) => all.extend(nodes),
                    node => all.push(node),
                }
            }
            open.push((name, Node::Alt(all), lines.first().map_or(0, |line| line.number)));
        }
        // Each round resolves at least one class, or the rest stand in a circle.
        while !open.is_empty() {
            let before = open.len();
            open.retain(|(name, node, _)| match resolve(node, &self.classes) {
                Ok(node) => self.classes.insert((*name).to_owned(), node).is_some(),
                Err(_) => true,
            });
            if open.len() == before {
                let (name, node, line) = open.swap_remove(0);
                let what = resolve(&node, &self.classes).err().unwrap_or_default();
                return Err(Mistake { line, what: format!("class <{name}>: {what}") });
            }
        }
        Ok(())
    }

    /// Reads a line as a phrase and writes its words the way texts are cut.
    fn phrase(&self, line: &Line) -> Result<Node, Mistake> {
        let mistake = |what| Mistake { line: line.number, what };
        parse::phrase(&line.text).and_then(|node| self.cut(node)).map_err(mistake)
    }

    fn cut(&self, node: Node) -> Result<Node, String> {
        let all = |nodes: Vec<Node>| nodes.into_iter().map(|node| self.cut(node)).collect::<Result<Vec<_>, _>>();
        Ok(match node {
            Node::Word(word) => {
                let mut folded = Folded::default();
                let map = folded.fold_mapped(&word);
                let tokens = Tokens::new(&word, &folded, &map, &[], &self.lexicon.speech);
                let mut words: Vec<Node> = tokens.all().iter().map(|token| Node::Word(tokens.text_of(token).to_owned())).collect();
                match words.len() {
                    0 => return Err(format!("`{word}` is no word")),
                    1 => words.swap_remove(0),
                    _ => Node::Seq(words),
                }
            }
            Node::Prefix(stem) => Node::Prefix(crate::text::folded(&stem)),
            Node::Seq(nodes) => Node::Seq(all(nodes)?),
            Node::Alt(nodes) => Node::Alt(all(nodes)?),
            Node::Opt(inner) => Node::Opt(Box::new(self.cut(*inner)?)),
            other => other,
        })
    }

    fn list(&mut self, name: &str, lines: &[Line]) -> Result<(), Mistake> {
        let list = u16::try_from(self.lexicon.lists.len()).unwrap_or(u16::MAX);
        self.lexicon.list_numbers.insert(name.into(), list);
        if self.lexicon.lists.len() == Lists::MOST {
            return Err(Mistake { line: 0, what: format!("[{name}]: more than {} lists", Lists::MOST) });
        }
        self.lexicon.lists.push(List { name: name.to_owned(), weight: Weight::of(name), marks: marks_of(name) });
        for line in lines {
            let mistake = |what: String| Mistake { line: line.number, what: format!("[{name}] {}: {what}", line.text) };
            let node = resolve(&self.phrase(line).map_err(|error| mistake(error.what))?, &self.classes).map_err(mistake)?;
            let number = crate::text::narrow(self.lexicon.phrases.len());
            self.lexicon.phrases.push(marked(line).map_err(mistake)?);
            self.lexicon.list_of.push(list);
            if self.hashtags(name, &node, number) || self.emoji(&node, number) {
                continue;
            }
            for node in choices(node) {
                let program = compile(&node, &mut self.vocabulary).map_err(mistake)?;
                self.lexicon.programs.push((number, program.steps.into_boxed_slice()));
                self.anchor(&node).map_err(mistake)?;
            }
        }
        Ok(())
    }

    /// Keeps a phrase that is one emoji, or several to choose from.
    fn emoji(&mut self, node: &Node, number: u32) -> bool {
        // `:d` and `<3` are faces too; what begins with a letter, a digit, `#` or `@` is none.
        let begins = |word: &str| word.chars().next().is_some_and(|c| !c.is_alphanumeric() && !matches!(c, '#' | '@'));
        let is_sign = |word: &str| matches!(word, "→" | ">" | "<" | "&" | "+" | "=" | "/");
        let is_emoji = |node: &Node| matches!(node, Node::Word(word) if begins(word) && !is_sign(word));
        let all = match node {
            Node::Alt(nodes) => nodes.as_slice(),
            one => std::slice::from_ref(one),
        };
        if !all.iter().all(is_emoji) {
            return false;
        }
        for node in all {
            if let Node::Word(word) = node {
                self.lexicon.by_emoji.entry(word.as_str().into()).or_default().push(number);
            }
        }
        true
    }

    /// Keeps the words of a list for hashtags.
    fn hashtags(&mut self, list: &str, node: &Node, number: u32) -> bool {
        if !list.ends_with(HASHTAGS) {
            return false;
        }
        let all = match node {
            Node::Alt(nodes) => nodes.as_slice(),
            one => std::slice::from_ref(one),
        };
        for node in all {
            if let Node::Word(word) = node {
                self.lexicon.by_tag.push((word.as_str().into(), number));
            }
        }
        true
    }

    /// Anchors the last program.
    fn anchor(&mut self, node: &Node) -> Result<(), String> {
        let cost = |node: &Node| match node {
            Node::Word(word) if self.vocabulary.words.get(word.as_str()).is_some_and(|&known| self.lexicon.is(known, FUNCTION)) => COMMON,
            Node::Word(word) => 1 + 12_usize.saturating_sub(word.len()),
            Node::Prefix(stem) => 2 + 4 * 10_usize.saturating_sub(stem.len()),
            _ => 1000,
        };
        let Some((found, _)) = anchors(node, &cost) else { return Err("no word of it must stand in the text".into()) };
        for anchor in found {
            let narrow = |offset: usize| u8::try_from(offset).map_err(|_| "too long".to_owned());
            let beside = anchor.beside.map(|(side, words)| (side, self.vocabulary.set(&words.iter().collect::<Vec<_>>())));
            let (side, set) = beside.unwrap_or((0, 0));
            let program = crate::text::narrow(self.lexicon.programs.len() - 1);
            let entry = Try { program, nearest: narrow(anchor.nearest)?, farthest: narrow(anchor.farthest)?, side, set };
            match anchor.word {
                Node::Prefix(stem) => {
                    let Some(&head) = stem.as_bytes().first_chunk() else { return Err(format!("`{stem}*` is too short")) };
                    let stems = self.lexicon.prefixes.entry(head).or_default();
                    match stems.iter_mut().find(|(known, _)| **known == *stem) {
                        Some((_, entries)) => entries.push(entry),
                        None => stems.push((stem.into(), vec![entry])),
                    }
                }
                Node::Word(word) => {
                    let number = self.vocabulary.word(&word) as usize;
                    self.by_word.resize_with(self.by_word.len().max(number + 1), Vec::new);
                    self.by_word.get_mut(number).into_iter().for_each(|entries| entries.push(entry));
                }
                _ => {}
            }
        }
        Ok(())
    }

    fn finish(mut self) -> Lexicon {
        // What a beginning calls or allows is settled here for every word that is known; only others look it up.
        let Self { lexicon, vocabulary, by_word, .. } = &mut self;
        for (word, &number) in &vocabulary.words {
            let called = word.as_bytes().first_chunk().and_then(|head| lexicon.prefixes.get(head)).into_iter().flatten();
            let called: Vec<Try> = called.filter(|(stem, _)| word.starts_with(&**stem)).flat_map(|(_, entries)| entries.clone()).collect();
            if !called.is_empty() {
                let at = number as usize;
                by_word.resize_with(by_word.len().max(at + 1), Vec::new);
                by_word.get_mut(at).into_iter().for_each(|entries| entries.extend_from_slice(&called));
            }
        }
        for entries in by_word {
            let from = lexicon.tries.len();
            lexicon.tries.append(entries);
            lexicon.by_word.push(from..lexicon.tries.len());
        }
        for set in vocabulary.sets.iter_mut().filter(|set| !set.prefixes.is_empty()) {
            let begins = |word: &str| set.prefixes.iter().any(|stem| word.starts_with(&**stem));
            let also: Vec<u32> = vocabulary.words.iter().filter(|(word, _)| begins(word)).map(|(_, number)| *number).collect();
            set.words.extend(also);
            set.words.sort_unstable();
            set.words.dedup();
        }
        let named = |cue: &str, name: &str| name == cue || cue.ends_with('.') && name.starts_with(cue);
        let cues = |cues: &[&str]| {
            let mut lists = Lists::default();
            let numbered = self.lexicon.lists.iter().zip(0..);
            numbered.filter(|(list, _)| cues.iter().any(|cue| named(cue, &list.name))).for_each(|(_, list)| lists.add(list));
            lists
        };
        self.lexicon.cues = RULES.iter().map(|rule| cues(rule.cues())).collect();
        for (word, number) in self.vocabulary.words {
            self.lexicon.speech.numbered(word, number);
        }
        self.lexicon.sets = self.vocabulary.sets;
        self.lexicon.slots = self.vocabulary.slots;
        self.lexicon
    }
}

/// Whether a letter stands there more than twice in a row.
fn drawn_out(word: &str) -> bool {
    let (mut last, mut run) = ('\0', 1);
    word.chars().any(|c| {
        run = if c == last { run + 1 } else { 1 };
        last = c;
        run > 2
    })
}

/// Shortens runs of more than two equal letters to `most`; `None` where there is no such run.
fn squeezed(word: &str, most: usize) -> Option<String> {
    let mut short = String::with_capacity(word.len());
    let mut run: Vec<char> = Vec::new();
    let mut squeezed = false;
    for c in word.chars().map(Some).chain([None]) {
        if c.is_none_or(|c| run.first().is_some_and(|first| *first != c)) {
            let keep = if run.len() > 2 && run.first().is_some_and(|c| c.is_alphabetic()) { most } else { run.len() };
            squeezed |= keep < run.len();
            short.extend(run.drain(..).take(keep));
        }
        run.extend(c);
    }
    squeezed.then_some(short)
}

/// Puts classes in place of their names.
fn resolve(node: &Node, classes: &FxHashMap<String, Node>) -> Result<Node, String> {
    let all = |nodes: &[Node]| nodes.iter().map(|node| resolve(node, classes)).collect::<Result<Vec<_>, _>>();
    Ok(match node {
        Node::Class(name) => classes.get(name).cloned().ok_or_else(|| format!("there is no class <{name}>"))?,
        Node::Seq(nodes) => Node::Seq(all(nodes)?),
        Node::Alt(nodes) => {
            let mut flat = Vec::new();
            for node in all(nodes)? {
                match node {
                    Node::Alt(inner) => flat.extend(inner),
                    node => flat.push(node),
                }
            }
            Node::Alt(flat)
        }
        Node::Opt(inner) => Node::Opt(Box::new(resolve(inner, classes)?)),
        other => other.clone(),
    })
}

/// Reads the marks of a line: a bare number is the weight, the rest are `key=value` or bare keys.
fn marked(line: &Line) -> Result<Phrase, String> {
    let mut phrase = Phrase { source: line.text.clone(), weight: 1.0, marks: Vec::new() };
    for mark in line.marks.split_whitespace() {
        if let Ok(weight) = mark.parse::<f32>() {
            phrase.weight = weight;
        } else {
            let (key, value) = mark.split_once('=').unwrap_or((mark, ""));
            if key.is_empty() {
                return Err(format!("`{mark}` is no mark"));
            }
            phrase.marks.push((key.to_owned(), value.to_owned()));
        }
    }
    Ok(phrase)
}
