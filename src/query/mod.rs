//! The match language: what the user's own rules and routes say.
//!
//! [`Query::parse`] reads a text into a typed tree or says what was expected
//! where; a [`Set`] compiles many queries into one table of terms, so that a
//! post is cut and looked up once however many rules there are, and only the
//! queries of which a term stands in the post are evaluated. Evidence leads
//! back to the bytes of the original text. `docs/match-language.md` is the
//! manual. Everything here is pure and linear in the text.

mod evaluate;
mod field;
mod lex;
mod mistake;
mod near;
mod parse;
mod pattern;
mod pieces;
mod set;
mod table;
#[cfg(test)]
mod tests;
mod tree;
mod why;

pub use evaluate::Subject;
pub use mistake::Mistake;
pub use set::{Found, Set};
pub use tree::{Expr, Field, Form, Key, MacroName, Near, Query, Term};
