//! The second step: elements to a tree, by descent with a bound on its depth.
//!
//! `NEAR` and `BEFORE` bind tightest, then `NOT`, `AND`, `OR`. Two words without
//! an operator are a mistake and no silent `AND`: whoever wrote them may as well
//! have meant the phrase, or an `or` in small letters.

use std::ops::Range;

use super::lex::{Lexeme, Token, lex};
use super::mistake::Mistake;
use super::tree::{Expr, Form, Near};

/// The longest query in bytes.
const BYTES: usize = 64 * 1024;
/// The most elements of a query.
const ELEMENTS: usize = 8_192;
/// How deep brackets and `NOT` may nest.
const DEPTH: usize = 64;

/// Reads a query.
pub(super) fn parse(text: &str) -> Result<Expr, Mistake> {
    if text.len() > BYTES {
        let end = text.floor_char_boundary(BYTES);
        return Err(too_long(end..text.len(), &format!("at most {} KiB", BYTES / 1024)));
    }
    let lexemes = lex(text)?;
    if let Some(first) = lexemes.get(ELEMENTS) {
        return Err(too_long(first.at.clone(), &format!("at most {ELEMENTS} words and operators")));
    }
    let mut parser = Parser { text, lexemes: &lexemes, next: 0, depth: 0 };
    let tree = parser.either()?;
    if let Some(lexeme) = parser.peek() {
        return Err(parser.surplus(lexeme));
    }
    if !tree.is_positive() {
        let (what, hint) = match tree {
            Expr::Any(_) => ("one side of an OR only says what must not be", "say on every side what must stand there: brand AND NOT free"),
            _ => ("it only says what must not be", "say what must stand there, too: brand AND NOT free"),
        };
        return Err(Mistake::new(0..text.trim_end().len(), what, "something that must be there", hint));
    }
    Ok(tree)
}

fn too_long(at: Range<usize>, expected: &str) -> Mistake {
    Mistake::new(at, "the query is too long", expected, "make several rules of it")
}

struct Parser<'a> {
    text: &'a str,
    lexemes: &'a [Lexeme],
    next: usize,
    depth: usize,
}

impl<'a> Parser<'a> {
    fn peek(&self) -> Option<&'a Lexeme> {
        self.lexemes.get(self.next)
    }

    /// Takes the next element when it is this one.
    fn take(&mut self, token: &Token) -> bool {
        let is = self.peek().is_some_and(|lexeme| lexeme.token == *token);
        self.next += usize::from(is);
        is
    }

    /// `a OR b OR c`
    fn either(&mut self) -> Result<Expr, Mistake> {
        let first = self.both()?;
        let mut parts = Vec::new();
        while self.take(&Token::Or) {
            let part = self.both()?;
            join(&mut parts, part, Expr::into_any);
        }
        Ok(joined(first, parts, Expr::into_any, Expr::Any))
    }

    /// `a AND b AND c`
    fn both(&mut self) -> Result<Expr, Mistake> {
        let first = self.inverse()?;
        let mut parts = Vec::new();
        while self.take(&Token::And) {
            let part = self.inverse()?;
            join(&mut parts, part, Expr::into_all);
        }
        Ok(joined(first, parts, Expr::into_all, Expr::All))
    }

    /// `NOT a`
    fn inverse(&mut self) -> Result<Expr, Mistake> {
        let start = self.next;
        if !self.take(&Token::Not) {
            return self.close_together();
        }
        self.deeper(start)?;
        let inner = self.inverse()?;
        self.depth -= 1;
        Ok(Expr::Not(Box::new(inner)))
    }

    /// `a NEAR/5 b`
    fn close_together(&mut self) -> Result<Expr, Mistake> {
        let start = self.next;
        let first = self.unit()?;
        let Some(&Lexeme { token: Token::Near { words, ordered }, .. }) = self.peek() else { return Ok(first) };
        self.operand(&first, start)?;
        self.next += 1;
        let start = self.next;
        let second = self.unit()?;
        self.operand(&second, start)?;
        if let Some(Lexeme { token: Token::Near { .. }, at }) = self.peek() {
            return Err(Mistake::new(
                at.clone(),
                "NEAR and BEFORE join two things, not three",
                "AND, OR or the end",
                "write (a NEAR/5 b) AND (b NEAR/5 c)",
            ));
        }
        Ok(Expr::Near(Box::new(Near { first, second, words, ordered })))
    }

    /// A word, a field, or brackets.
    fn unit(&mut self) -> Result<Expr, Mistake> {
        let start = self.next;
        let Some(lexeme) = self.peek() else { return Err(self.missing()) };
        self.next += 1;
        match &lexeme.token {
            Token::Term(term) => Ok(Expr::Term(term.clone())),
            Token::Macro(name) => Ok(Expr::Macro(*name)),
            Token::Field(field) => Ok(Expr::Field(field.clone())),
            Token::Open => {
                self.deeper(start)?;
                let inner = self.either()?;
                self.depth -= 1;
                if self.take(&Token::Close) {
                    return Ok(inner);
                }
                Err(match self.peek() {
                    Some(surplus) => self.surplus(surplus),
                    None => Mistake::new(lexeme.at.clone(), "this bracket is never closed", "a closing bracket", "add a )"),
                })
            }
            Token::Close | Token::And | Token::Or | Token::Not | Token::Near { .. } => {
                let name = self.words(&lexeme.at);
                let hint = match lexeme.token {
                    Token::Close => "take the brackets away, or put words between them".to_owned(),
                    Token::Not => "put NOT in front of brackets or a single word: a AND NOT b".to_owned(),
                    _ => format!("put a word before {name}, or \"{}\" in quotes when you mean the word", name.to_lowercase()),
                };
                Err(Mistake::new(lexeme.at.clone(), format!("{name} has nothing before it"), "a word, a quote, a field or (", hint))
            }
        }
    }

    /// Refuses what NEAR and BEFORE cannot join: what has no place in the text.
    fn operand(&self, operand: &Expr, start: usize) -> Result<(), Mistake> {
        let fits = match operand {
            Expr::Term(_) | Expr::Macro(_) => true,
            Expr::Any(parts) => parts.iter().all(|part| matches!(part, Expr::Term(_) | Expr::Macro(_))),
            _ => false,
        };
        if fits {
            return Ok(());
        }
        let from = self.lexemes.get(start).map_or(0, |lexeme| lexeme.at.start);
        let to = self.lexemes.get(self.next.saturating_sub(1)).map_or(from, |lexeme| lexeme.at.end);
        let hint = match operand {
            Expr::Field(_) => "a field has no place among the words: join it with AND",
            Expr::Near(_) => "write (a NEAR/5 b) AND (b NEAR/5 c)",
            Expr::All(_) | Expr::Not(_) => "write a NEAR/5 (b OR c), and join the rest with AND",
            _ => "write a NEAR/5 (b OR c)",
        };
        Err(Mistake::new(from..to.max(from), "this cannot stand near something", "words, or words joined by OR in brackets", hint))
    }

    fn deeper(&mut self, start: usize) -> Result<(), Mistake> {
        self.depth += 1;
        if self.depth <= DEPTH {
            return Ok(());
        }
        let at = self.lexemes.get(start).map_or(0..0, |lexeme| lexeme.at.clone());
        Err(Mistake::new(at, "the query is nested too deep", format!("at most {DEPTH} brackets and NOTs"), "take away what is not needed"))
    }

    /// Says that a word is missing at the end.
    fn missing(&self) -> Mistake {
        let Some(last) = self.lexemes.last() else {
            return Mistake::new(0..self.text.len(), "the query is empty", "a word, a quote, a field or (", "write what must stand there");
        };
        let name = self.words(&last.at);
        Mistake::new(
            last.at.clone(),
            format!("{name} has nothing behind it"),
            "a word, a quote, a field or (",
            "add what is missing, or take it away",
        )
    }

    /// Says that an element stands where an operator or the end belongs.
    fn surplus(&self, lexeme: &Lexeme) -> Mistake {
        let name = self.words(&lexeme.at);
        let expected = "AND, OR, NEAR/n, BEFORE/n or the end";
        if lexeme.token == Token::Close {
            return Mistake::new(lexeme.at.clone(), "this bracket was never opened", expected, "take it away, or add a ( before");
        }
        let before = self.next.checked_sub(1).and_then(|index| self.lexemes.get(index));
        let capitals = |lexeme: &Lexeme| {
            let word = self.words(&lexeme.at);
            let operator = word.split('/').next().unwrap_or_default().to_uppercase();
            let is_word = matches!(&lexeme.token, Token::Term(term) if term.form == Form::Word);
            (is_word && ["AND", "OR", "NOT", "NEAR", "BEFORE"].contains(&operator.as_str())).then(|| word.to_uppercase())
        };
        if let Some(written) = capitals(lexeme).or_else(|| before.and_then(capitals)) {
            return Mistake::new(lexeme.at.clone(), "two words stand side by side", expected, format!("operators are capitals: {written}"));
        }
        let hint = match lexeme.token {
            Token::Not => "write AND NOT".to_owned(),
            Token::Term(_) if before.is_some_and(|before| is_plain(before) && is_plain(lexeme)) => {
                let before = before.map_or("", |before| self.words(&before.at));
                format!("write \"{before} {name}\" for the phrase, {before} AND {name} for both anywhere")
            }
            _ => "put AND or OR between them".to_owned(),
        };
        Mistake::new(lexeme.at.clone(), "two parts stand side by side without an operator", expected, hint)
    }

    /// The words of an element, as they were written.
    fn words(&self, at: &Range<usize>) -> &'a str {
        self.text.get(at.clone()).unwrap_or_default()
    }
}

/// Whether an element is a bare word.
fn is_plain(lexeme: &Lexeme) -> bool {
    matches!(&lexeme.token, Token::Term(term) if term.form == Form::Word && !term.cased)
}

impl Expr {
    fn into_all(self) -> Result<Vec<Self>, Self> {
        if let Self::All(parts) = self { Ok(parts) } else { Err(self) }
    }

    fn into_any(self) -> Result<Vec<Self>, Self> {
        if let Self::Any(parts) = self { Ok(parts) } else { Err(self) }
    }
}

/// Adds a part, or the parts of one that is joined by the same operator.
fn join(parts: &mut Vec<Expr>, part: Expr, split: impl Fn(Expr) -> Result<Vec<Expr>, Expr>) {
    match split(part) {
        Ok(inner) => parts.extend(inner),
        Err(part) => parts.push(part),
    }
}

/// Puts the first part before the others; a single one stands for itself.
fn joined(first: Expr, rest: Vec<Expr>, split: impl Fn(Expr) -> Result<Vec<Expr>, Expr>, whole: impl Fn(Vec<Expr>) -> Expr) -> Expr {
    if rest.is_empty() {
        return first;
    }
    let mut parts = Vec::with_capacity(rest.len() + 1);
    join(&mut parts, first, split);
    parts.extend(rest);
    whole(parts)
}
