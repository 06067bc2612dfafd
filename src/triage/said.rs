//! What a post must say for a route to take it, in the match language.

use std::sync::Arc;

use super::Input;
use crate::domain::{Primary, Watch};
use crate::query::{Query, Set, Subject};

/// A query of a route, compiled for the watches together with those of the other routes.
#[derive(Debug, Clone)]
pub struct Said {
    query: Query,
    set: Arc<Set>,
    /// Its place in the set.
    index: usize,
}

impl PartialEq for Said {
    fn eq(&self, other: &Self) -> bool {
        self.query == other.query
    }
}

impl Eq for Said {}

impl Said {
    /// Compiles the queries of all routes for watches, in their order.
    pub fn all(queries: Vec<Query>, watches: &[Watch]) -> Vec<Self> {
        let set = Arc::new(Set::new(&queries, watches));
        queries.into_iter().enumerate().map(|(index, query)| Self { query, set: Arc::clone(&set), index }).collect()
    }

    /// Whether the post says it.
    pub(super) fn holds(&self, input: &Input<'_>) -> bool {
        let Some(watch) = self.set.watch(&input.watch.id) else { return false };
        // A post that names the brand in no word names it by a link or an address; or it only leaves a rival.
        let mention = input.mention;
        let about = input.hearing.primary != Primary::Opportunity && !(mention.addressed.is_empty() && mention.links.is_empty());
        self.set.is_true(self.index, &Subject { mention, hearing: Some(input.hearing), watch, about })
    }
}
