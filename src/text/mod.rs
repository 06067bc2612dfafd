//! Makes any post readable, and keeps the way back to the original bytes.
//!
//! Feeds call [`html`] to turn markup into plain text; `detect` folds the text
//! and cuts it into tokens. Everything here is pure, linear in its input and
//! never panics, whatever a stranger wrote.

mod chars;
mod dots;
mod fold;
pub mod html;
mod link;
mod tokens;

pub(crate) use chars::{is_emoji, is_unsegmented, is_word};
pub(crate) use fold::narrow;
pub use fold::{Folded, Map, folded};
pub(crate) use link::{is_domain, is_tracking};
pub use tokens::{End, Gap, Kind, Sentence, Span, Speech, Tag, Token, Tokens};
