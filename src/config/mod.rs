//! Reads the file: positions, secrets, every mistake at once with a caret.
//!
//! Two steps: spanned TOML first, then each section by its kind's list of
//! [`Field`]s. This room knows no particular feed and no particular notifier:
//! their fields arrive as data from the lists in `feed` and `notify`.

mod field;
mod secret;
mod section;

pub use field::{FEED_FIELDS, Field, Form, NOTIFIER_FIELDS};
pub use secret::{Secret, SecretRef};
pub use section::{Diagnostic, Section};
