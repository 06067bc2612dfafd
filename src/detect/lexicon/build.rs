//! Compiles the data files of one language into a [`Lexicon`].

use rustc_hash::FxHashMap;

use super::{DETERMINER, FUNCTION, Lexicon, List, Lists, Program, Try};
use crate::detect::phrase::Phrase;
use crate::detect::phrase::compile::{Step, Vocabulary, anchors, choices, compile};
use crate::detect::phrase::parse::{self, Fill, Line, Mistake, Node, Sections};
use crate::detect::rule::RULES;
use crate::detect::switch::marks_of;
use crate::detect::weigh::Weight;
use crate::text::{Folded, Tokens};

/// A list whose name ends so holds words that are heard at either end of a hashtag, and nowhere else.
const HASHTAGS: &str = ".tag";

/// What a function word costs as an anchor: it stands in every other post, so that even a class of a hundred rarer
/// words is tried less often.
const COMMON: usize = 2000;

/// Compiles the files of a language.
pub(super) fn build(code: &str, files: &[&str]) -> Result<Lexicon, Mistake> {
    let mut sections = Sections::new();
    for file in files {
        parse::sections(file, &mut sections)?;
    }
    let mut build = Build { lexicon: Lexicon { code: code.to_owned(), ..Lexicon::default() }, ..Build::default() };
    build.speech(&sections);
    build.classes(&sections)?;
    for (name, lines) in sections.iter().filter(|(name, _)| name.contains('.')) {
        build.list(name, lines)?;
    }
    Ok(build.finish())
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
            let phrase = marked(line).map_err(mistake)?;
            self.lexicon.tied.push(phrase.is_tied());
            self.lexicon.phrases.push(phrase);
            self.lexicon.list_of.push(list);
            if self.hashtags(name, &node, number) || self.emoji(&node, number) {
                continue;
            }
            for node in choices(node) {
                let program = compile(&node, &mut self.vocabulary).map_err(mistake)?;
                let single = matches!(program.steps[..], [Step::Set(_), Step::Match]);
                let from = self.lexicon.steps.len();
                self.lexicon.steps.extend(program.steps);
                let steps = (crate::text::narrow(from), crate::text::narrow(self.lexicon.steps.len()));
                self.lexicon.programs.push(Program { phrase: number, list, single, steps });
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
        let names = names(node);
        for anchor in found {
            let narrow = |offset: usize| u8::try_from(offset).map_err(|_| "too long".to_owned());
            let beside = anchor.beside.map(|(side, words)| (side, self.vocabulary.set(&words.iter().collect::<Vec<_>>())));
            let (side, set) = beside.unwrap_or((0, 0));
            let program = crate::text::narrow(self.lexicon.programs.len() - 1);
            let (nearest, farthest) = (narrow(anchor.nearest)?, narrow(anchor.farthest)?);
            let entry = Try { mask: 0, program, nearest, farthest, names, side, set };
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
            lexicon.by_word.push((crate::text::narrow(from), crate::text::narrow(lexicon.tries.len())));
        }
        for set in &mut vocabulary.sets {
            if !set.prefixes.is_empty() {
                let begins = |word: &str| set.prefixes.iter().any(|stem| word.starts_with(&**stem));
                set.words.extend(vocabulary.words.iter().filter(|(word, _)| begins(word)).map(|(_, number)| *number));
            }
            set.settle();
        }
        let stems = lexicon.prefixes.values_mut().flatten().flat_map(|(_, entries)| entries);
        for entry in lexicon.tries.iter_mut().chain(stems) {
            entry.mask = vocabulary.sets.get(entry.set as usize).map_or(0, |set| if set.prefixes.is_empty() { set.mask } else { u64::MAX });
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

/// How many known names must stand in a text for a phrase to match.
fn names(node: &Node) -> u8 {
    match node {
        Node::Slot(_, Fill::Named | Fill::Rival) => 1,
        Node::Seq(all) => all.iter().map(names).fold(0, u8::saturating_add),
        Node::Alt(all) => all.iter().map(names).min().unwrap_or(0),
        _ => 0,
    }
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
