//! Makes any post readable, and keeps the way back to the original bytes.
//!
//! Feeds call [`html`] to turn markup into plain text; `detect` builds a
//! reading of that text. Everything here is pure, linear in its input and
//! never panics, whatever a stranger wrote.

pub mod html;
