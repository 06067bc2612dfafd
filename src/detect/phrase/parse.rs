//! Reads a data file: sections, phrases, classes.
//!
//! The grammar is in the HOWTO of [`crate::detect`]. A mistake in a data file is
//! a mistake of this house, so it is found by a test and reported with its line.

use std::collections::BTreeMap;

use crate::text::Kind;

/// A mistake in a data file.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("line {line}: {what}")]
pub struct Mistake {
    /// Line of the file, from 1.
    pub line: usize,
    /// What is wrong.
    pub what: String,
}

/// One line of a section: text, marks and where it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Line {
    /// What stands before `::`.
    pub(crate) text: String,
    /// What stands behind it.
    pub(crate) marks: String,
    /// Line of the file, from 1.
    pub(crate) number: usize,
}

/// The sections of a file, or of several: name to lines. A section may come in pieces.
pub(crate) type Sections = BTreeMap<String, Vec<Line>>;

/// Adds the sections of one file.
pub(crate) fn sections(file: &str, into: &mut Sections) -> Result<(), Mistake> {
    let mut current: Option<String> = None;
    for (index, line) in file.lines().enumerate() {
        let number = index + 1;
        // A comment needs a space before its sign, so that `#tag` can be a word.
        let line = if line.starts_with('#') { "" } else { line.split_once(" # ").map_or(line, |(line, _)| line) }.trim();
        if line.is_empty() {
            continue;
        }
        if let Some(name) = line.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')).filter(|name| is_section_name(name)) {
            current = Some(name.to_owned());
            into.entry(name.to_owned()).or_default();
            continue;
        }
        let Some(section) = &current else { return Err(Mistake { line: number, what: "stands before the first [section]".into() }) };
        let (text, marks) = line.split_once("::").unwrap_or((line, ""));
        let line = Line { text: text.trim().to_owned(), marks: marks.trim().to_owned(), number };
        into.entry(section.clone()).or_default().push(line);
    }
    Ok(())
}

/// A section's name is one word with dots, hyphens or angle brackets; `[the|a]` is an optional group.
fn is_section_name(name: &str) -> bool {
    let inner = name.strip_prefix('<').and_then(|rest| rest.strip_suffix('>'));
    let word = inner.unwrap_or(name);
    let plain =
        !word.is_empty() && word.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || matches!(byte, b'-' | b'.'));
    plain && (inner.is_some() || word.contains('.') || super::super::lexicon::RESERVED.contains(&word))
}

/// What may fill a slot.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fill {
    /// A known name, "you", a handle, a hashtag or a run of capitalised words.
    Name,
    /// The watched brand, or "you".
    Us,
    /// A rival.
    Rival,
    /// The brand, "you", a rival or a handle.
    Known,
    /// The brand or a rival, by name.
    Named,
    /// One to three words as they stand.
    Any,
}

/// A phrase, read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Node {
    /// One word as it stands.
    Word(String),
    /// Every word that begins so.
    Prefix(String),
    /// One after the other.
    Seq(Vec<Node>),
    /// One of them.
    Alt(Vec<Node>),
    /// It or nothing.
    Opt(Box<Node>),
    /// A named slot.
    Slot(String, Fill),
    /// At most so many words of any kind.
    Gap(usize),
    /// A class by its name.
    Class(String),
    /// Any token of a kind: `<number>`, `<handle>`.
    Kind(Kind),
    /// Begins a clause.
    Start,
    /// Ends a clause.
    End,
    /// The next word may stand in the next sentence.
    Cross,
}

/// Reads one phrase.
pub(crate) fn phrase(text: &str) -> Result<Node, String> {
    let mut reader = Reader { pieces: split(text), at: 0 };
    let node = reader.alternatives()?;
    match reader.peek() {
        None => Ok(node),
        Some(extra) => Err(format!("unexpected `{extra}`")),
    }
}

/// Cuts a phrase into words and signs.
fn split(text: &str) -> Vec<String> {
    let mut pieces = Vec::new();
    for chunk in text.split_whitespace() {
        // The bracket of an emoticon opens no group.
        if chunk.starts_with([':', ';', '=']) || matches!(chunk, "(:" | "):") {
            pieces.push(chunk.to_owned());
            continue;
        }
        let mut word = String::new();
        for c in chunk.chars() {
            let sign = matches!(c, '(' | ')' | '[' | ']' | '|');
            if sign && !word.is_empty() {
                pieces.push(std::mem::take(&mut word));
            }
            if sign {
                pieces.push(c.to_string());
            } else {
                word.push(c);
            }
        }
        if !word.is_empty() {
            pieces.push(word);
        }
    }
    pieces
}

struct Reader {
    pieces: Vec<String>,
    at: usize,
}

impl Reader {
    fn peek(&self) -> Option<&str> {
        self.pieces.get(self.at).map(String::as_str)
    }

    fn alternatives(&mut self) -> Result<Node, String> {
        let mut all = vec![self.sequence()?];
        while self.peek() == Some("|") {
            self.at += 1;
            all.push(self.sequence()?);
        }
        Ok(if all.len() == 1 { all.swap_remove(0) } else { Node::Alt(all) })
    }

    fn sequence(&mut self) -> Result<Node, String> {
        let mut all = Vec::new();
        while let Some(piece) = self.peek() {
            if matches!(piece, "|" | ")" | "]") {
                break;
            }
            all.push(self.element()?);
        }
        match all.len() {
            0 => Err("an alternative is empty".into()),
            1 => Ok(all.swap_remove(0)),
            _ => Ok(Node::Seq(all)),
        }
    }

    fn element(&mut self) -> Result<Node, String> {
        let piece = self.peek().unwrap_or_default().to_owned();
        self.at += 1;
        match piece.as_str() {
            "(" => {
                let node = self.alternatives()?;
                self.close(")")?;
                if self.peek() == Some("?") {
                    self.at += 1;
                    return Ok(Node::Opt(Box::new(node)));
                }
                Ok(node)
            }
            "[" => {
                let node = self.alternatives()?;
                self.close("]")?;
                Ok(Node::Opt(Box::new(node)))
            }
            "^" => Ok(Node::Start),
            "$" => Ok(Node::End),
            "//" => Ok(Node::Cross),
            _ => word(&piece),
        }
    }

    fn close(&mut self, sign: &str) -> Result<(), String> {
        if self.peek() != Some(sign) {
            return Err(format!("`{sign}` is missing"));
        }
        self.at += 1;
        Ok(())
    }
}

/// Reads a piece that is no bracket.
fn word(piece: &str) -> Result<Node, String> {
    if let Some(inner) = piece.strip_prefix('{').and_then(|rest| rest.strip_suffix('}')) {
        let (name, fill) = inner.split_once(':').unwrap_or((inner, if inner == "us" { "us" } else { "name" }));
        let fill = match fill {
            "name" => Fill::Name,
            "us" => Fill::Us,
            "rival" => Fill::Rival,
            "known" => Fill::Known,
            "named" => Fill::Named,
            "any" => Fill::Any,
            other => return Err(format!("`{other}` fills no slot: name, us, rival, known, named, any")),
        };
        return Ok(Node::Slot(name.to_owned(), fill));
    }
    if let Some(name) = piece.strip_prefix('<').and_then(|rest| rest.strip_suffix('>')).filter(|name| !name.is_empty()) {
        return Ok(match name {
            "number" => Node::Kind(Kind::Number),
            "handle" => Node::Kind(Kind::Handle),
            name => Node::Class(name.to_owned()),
        });
    }
    if let Some(count) = piece.strip_prefix("..") {
        return match count.parse() {
            Ok(count @ 1..=8) => Ok(Node::Gap(count)),
            _ => Err(format!("`{piece}`: a gap is ..1 to ..8")),
        };
    }
    match piece.strip_suffix('*').filter(|stem| stem.chars().nth(1).is_some()) {
        Some(stem) => Ok(Node::Prefix(stem.to_owned())),
        None => Ok(Node::Word(piece.to_owned())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_phrase_is_words_groups_slots_and_gaps() {
        let word = |text: &str| Node::Word(text.to_owned());
        let node = phrase("switch* [over|back] (to|for) {joined} ..2 <now> $").expect("a good phrase");
        let Node::Seq(all) = node else { panic!("a sequence") };
        assert_eq!(all[0], Node::Prefix("switch".into()));
        assert_eq!(all[1], Node::Opt(Box::new(Node::Alt(vec![word("over"), word("back")]))));
        assert_eq!(all[2], Node::Alt(vec![word("to"), word("for")]));
        assert_eq!(all[3..], [Node::Slot("joined".into(), Fill::Name), Node::Gap(2), Node::Class("now".into()), Node::End]);
    }

    #[test]
    fn mistakes_are_named() {
        assert!(phrase("(a|b").is_err_and(|what| what.contains("missing")));
        assert!(phrase("a | | b").is_err_and(|what| what.contains("empty")));
        assert!(phrase("{x:thing}").is_err_and(|what| what.contains("thing")));
        assert!(phrase("a ..99 b").is_err());
        assert!(sections("word\n[a.b]", &mut Sections::new()).is_err_and(|mistake| mistake.line == 1));
    }
}
