//! A position in a feed, opaque to everyone but the feed that wrote it.

use serde::{Deserialize, Serialize};

/// Where a feed continues; written by the feed, kept by the store.
///
/// Never a date alone: posts share seconds, and some are seen late.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Cursor(pub String);

impl Cursor {
    /// Reads the feed's own form of the position; `None` when it is of an older or foreign form.
    pub fn read<T: for<'de> Deserialize<'de>>(&self) -> Option<T> {
        serde_json::from_str(&self.0).ok()
    }

    /// Writes a feed's own form of the position.
    pub fn write<T: Serialize>(position: &T) -> Self {
        Self(serde_json::to_string(position).unwrap_or_default())
    }
}
