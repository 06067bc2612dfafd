//! What a post must say for a route to take it, in the match language.

use std::sync::Arc;

use super::Input;
use crate::domain::{Primary, Watch};
use crate::query::{Query, Set, Subject};

/// A query of a route, compiled for the watches.
#[derive(Debug, Clone)]
pub struct Said {
    query: Query,
    set: Arc<Set>,
}

impl PartialEq for Said {
    fn eq(&self, other: &Self) -> bool {
        self.query == other.query
    }
}

impl Eq for Said {}

impl Said {
    /// Compiles a query for watches.
    pub fn new(query: Query, watches: &[Watch]) -> Self {
        let set = Arc::new(Set::new([&query], watches));
        Self { query, set }
    }

    /// Whether the post says it.
    pub(super) fn holds(&self, input: &Input<'_>) -> bool {
        let Some(watch) = self.set.watch(&input.watch.id) else { return false };
        // A post that names the brand in no word names it by a link or an address; or it only leaves a rival.
        let mention = input.mention;
        let about = input.hearing.primary != Primary::Opportunity && !(mention.addressed.is_empty() && mention.links.is_empty());
        self.set.is_true(&Subject { mention, hearing: Some(input.hearing), watch, about })
    }
}
