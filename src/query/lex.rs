//! The first step: a query as its words, quotes, operators and brackets.

use std::ops::Range;

use super::field;
use super::mistake::Mistake;
use super::pattern::{Pattern, TERM_BYTES, Unfit};
use super::tree::{Field, Form, Key, MacroName, Term};

/// The most words that NEAR and BEFORE look over.
const NEAR_WORDS: u16 = 100;

/// One element of a query.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Token {
    Open,
    Close,
    And,
    Or,
    Not,
    Near { words: u16, ordered: bool },
    Term(Term),
    Macro(MacroName),
    Field(Field),
}

/// An element and where it stands.
#[derive(Debug, Clone)]
pub(super) struct Lexeme {
    pub(super) token: Token,
    pub(super) at: Range<usize>,
}

/// Cuts a query into its elements.
pub(super) fn lex(text: &str) -> Result<Vec<Lexeme>, Mistake> {
    let mut lexer = Lexer { text, at: 0 };
    let mut lexemes = Vec::new();
    while let Some(lexeme) = lexer.next()? {
        lexemes.push(lexeme);
    }
    Ok(lexemes)
}

struct Lexer<'a> {
    text: &'a str,
    at: usize,
}

impl<'a> Lexer<'a> {
    fn rest(&self) -> &'a str {
        self.text.get(self.at..).unwrap_or_default()
    }

    fn next(&mut self) -> Result<Option<Lexeme>, Mistake> {
        self.at += self.rest().len() - self.rest().trim_start().len();
        let start = self.at;
        let Some(c) = self.rest().chars().next() else { return Ok(None) };
        let token = match c {
            '(' | ')' => {
                self.at += 1;
                if c == '(' { Token::Open } else { Token::Close }
            }
            '"' => Token::Term(self.term(start, Form::Phrase, false)?),
            '`' => Token::Term(self.term(start, Form::Exact, false)?),
            '“' | '”' | '„' | '«' | '»' | '‘' | '’' => {
                let at = start..start + c.len_utf8();
                return Err(Mistake::new(at, "this is a quotation mark of typography", "a straight quote", "write \"two words\""));
            }
            _ => self.word(start)?,
        };
        Ok(Some(Lexeme { token, at: start..self.at }))
    }

    /// Reads a run of characters: an operator, a macro, a field or a word.
    fn word(&mut self, start: usize) -> Result<Token, Mistake> {
        let rest = self.rest();
        let end = rest.find(|c: char| c.is_whitespace() || matches!(c, '(' | ')' | '"' | '`')).unwrap_or(rest.len());
        let word = rest.get(..end).unwrap_or_default();
        if let Some((key, value)) = word.split_once(':').filter(|(key, _)| is_key(key)) {
            self.at += key.len() + 1;
            return self.keyed(start, key, value);
        }
        self.at += end;
        match word {
            "AND" => return Ok(Token::And),
            "OR" => return Ok(Token::Or),
            "NOT" => return Ok(Token::Not),
            _ => {}
        }
        if let Some(near) = self.near(start, word)? {
            return Ok(near);
        }
        if let Some(name) = MacroName::parse(word) {
            return Ok(Token::Macro(name));
        }
        let term = Term { text: word.to_owned(), form: Form::Word, cased: false };
        self.fits(start, term).map(Token::Term)
    }

    /// Reads `NEAR/5` and `BEFORE/5`.
    fn near(&self, start: usize, word: &str) -> Result<Option<Token>, Mistake> {
        let (name, number) = word.split_once('/').map_or((word, None), |(name, number)| (name, Some(number)));
        let ordered = match name {
            "NEAR" => false,
            "BEFORE" => true,
            _ => return Ok(None),
        };
        let words = number.and_then(|number| number.parse().ok()).filter(|words| (0..=NEAR_WORDS).contains(words));
        let wrong = || {
            let what = format!("{name} needs the most words between, from 0 to {NEAR_WORDS}");
            Mistake::new(start..self.at, what, "a number", format!("write {name}/5"))
        };
        words.map(|words| Some(Token::Near { words, ordered })).ok_or_else(wrong)
    }

    /// Reads what stands behind `case:` or the name of a field.
    fn keyed(&mut self, start: usize, key: &str, value: &str) -> Result<Token, Mistake> {
        let first = self.rest().chars().next();
        if key == "case" {
            return match first {
                Some('"') => self.term(start, Form::Phrase, true).map(Token::Term),
                Some('`') => self.term(start, Form::Exact, true).map(Token::Term),
                _ if value.is_empty() => {
                    Err(Mistake::new(start..self.at, "`case:` stands alone", "a word", "write the word right behind it: case:IBM"))
                }
                _ => {
                    self.at += value.len();
                    self.fits(start, Term { text: value.to_owned(), form: Form::Word, cased: true }).map(Token::Term)
                }
            };
        }
        let name = start..self.at - 1;
        let Some(key) = Key::parse(key) else {
            let known: Vec<String> = Key::ALL.iter().map(|key| format!("{key}:")).collect();
            if matches!(key, "http" | "https") {
                let site = value.trim_start_matches('/');
                let hint = format!("write link:{site} for a link, or the address in quotes for its words");
                return Err(Mistake::new(name, format!("there is no field `{key}:`"), "a field", hint));
            }
            let hint = match Key::ALL.iter().find(|known| alike(key, known.as_str())) {
                Some(meant) => format!("did you mean `{meant}:`?"),
                None => format!("there are {} and case:; put the words into quotes when you mean just them", known.join(" ")),
            };
            return Err(Mistake::new(name, format!("there is no field `{key}:`"), "a field", hint));
        };
        let value = if first == Some('"') {
            self.quoted(self.at)?
        } else {
            self.at += value.len();
            value.to_owned()
        };
        if value.trim().is_empty() {
            return Err(Mistake::new(start..self.at, format!("`{key}:` stands alone"), "a value", field::example(key)));
        }
        let field = Field { key, value };
        match field::refusal(&field) {
            Some((expected, hint)) => {
                Err(Mistake::new(start..self.at, format!("`{key}:` does not know \"{}\"", field.value), expected, hint))
            }
            None => Ok(Token::Field(field)),
        }
    }

    /// Reads a phrase or exact characters, and refuses what clings to them.
    fn term(&mut self, start: usize, form: Form, cased: bool) -> Result<Term, Mistake> {
        let text = if form == Form::Phrase { self.quoted(self.at)? } else { self.backticks(self.at)? };
        self.fits(start, Term { text, form, cased })
    }

    /// Reads a text in double quotes, in which `\"` and `\\` stand for themselves.
    fn quoted(&mut self, open: usize) -> Result<String, Mistake> {
        let mut text = String::new();
        let mut chars = self.text.get(open + 1..).unwrap_or_default().char_indices();
        while let Some((offset, c)) = chars.next() {
            match c {
                '"' => {
                    self.at = open + 1 + offset + 1;
                    return self.apart().map(|()| text);
                }
                '\\' => text.extend(chars.next().map(|(_, c)| c)),
                _ => text.push(c),
            }
        }
        Err(Mistake::new(open..open + 1, "this quote is never closed", "a second \"", "close it, or leave it out"))
    }

    /// Reads what stands between backticks; nothing is escaped there.
    fn backticks(&mut self, open: usize) -> Result<String, Mistake> {
        let inner = self.text.get(open + 1..).unwrap_or_default();
        let Some(length) = inner.find('`') else {
            return Err(Mistake::new(open..open + 1, "this backtick is never closed", "a second `", "close it, or leave it out"));
        };
        self.at = open + 1 + length + 1;
        self.apart()?;
        Ok(inner.get(..length).unwrap_or_default().to_owned())
    }

    /// Refuses a word that clings to a closing quote.
    fn apart(&self) -> Result<(), Mistake> {
        match self.rest().chars().next() {
            Some(c) if !c.is_whitespace() && !matches!(c, '(' | ')') => {
                let at = self.at..self.at + c.len_utf8();
                Err(Mistake::new(at, "this clings to the quotes before it", "a space", "put AND, OR or a space between them"))
            }
            _ => Ok(()),
        }
    }

    /// Gives a term back when it can be heard.
    fn fits(&self, start: usize, term: Term) -> Result<Term, Mistake> {
        let at = start..self.at;
        let Err(unfit) = Pattern::new(&term) else { return Ok(term) };
        let written = &term.text;
        Err(match unfit {
            Unfit::NoWord if term.form == Form::Word => {
                let hint = match written.as_str() {
                    "&" | "&&" | "+" => "write AND".to_owned(),
                    "|" | "||" => "write OR".to_owned(),
                    "!" | "-" => "write AND NOT".to_owned(),
                    "*" => "a star ends a word: sync*".to_owned(),
                    _ => format!("signs alone stand between backticks: `{written}`"),
                };
                Mistake::new(at, format!("{written} has no letter, digit or emoji"), "a word", hint)
            }
            Unfit::NoWord => Mistake::new(at, "there is nothing in it to hear", "a word", "write letters, digits or emoji"),
            Unfit::Edge('-' | '!') if written.starts_with(['-', '!']) => {
                let word = written.trim_start_matches(['-', '!']);
                Mistake::new(at, "a sign before a word says nothing here", "a word", format!("write AND NOT {word}"))
            }
            Unfit::Edge(sign) => Mistake::new(
                at,
                format!("the sign {} at the edge of a word would not be heard", sign.escape_debug()),
                "a word",
                format!("leave it out, or put the word between backticks when the sign counts: `{written}`"),
            ),
            Unfit::Star => Mistake::new(at, "a star stands for the end of a word only", "letters before it", "write the beginning: sync*"),
            Unfit::ShortStem => {
                Mistake::new(at, "too many words begin so", "two letters or more before the star", "write more of the word: sync*")
            }
            Unfit::Long => Mistake::new(at, "the term is too long", format!("at most {TERM_BYTES} bytes"), "take the words that are rare"),
        })
    }
}

/// Whether it looks like the name of a field.
fn is_key(word: &str) -> bool {
    (2..=12).contains(&word.len()) && word.bytes().all(|byte| byte.is_ascii_lowercase())
}

/// Whether a name is a slip of another: one letter wrong, missing, too many, or two swapped.
fn alike(one: &str, other: &str) -> bool {
    let (one, other): (Vec<u8>, Vec<u8>) = (one.bytes().collect(), other.bytes().collect());
    let same_head = one.iter().zip(&other).take_while(|(a, b)| a == b).count();
    let same_tail = one.iter().rev().zip(other.iter().rev()).take_while(|(a, b)| a == b).count();
    let longer = one.len().max(other.len());
    longer - one.len().min(other.len()) <= 1 && same_head + same_tail + 2 >= longer && same_head > 0
}
