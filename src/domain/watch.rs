//! What we look for: a brand's terms, its accounts and its rivals.

use serde::{Deserialize, Serialize};

use super::Network;

/// A name and the terms that stand for it: the brand of a watch, or a rival.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Brand {
    /// The name as people write it; what `left` and `joined` say.
    pub name: String,
    /// Whole words, `@handles`, `#tags`, domains and phrases that name it.
    #[serde(default)]
    pub terms: Vec<String>,
}

/// An account on a network, written `network:handle` in the configuration.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Account {
    /// The place.
    pub network: Network,
    /// The handle without a leading `@`.
    pub handle: String,
}

/// One brand we care for.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Watch {
    /// The key in the configuration: `nomadesk` of `[watches.nomadesk]`.
    pub id: String,
    /// The brand itself.
    pub brand: Brand,
    /// Terms that count only with a context word in the post or its parent.
    pub ambiguous: Vec<String>,
    /// The context words; `sync*` matches every word that begins so.
    pub context: Vec<String>,
    /// Phrases that take a post out.
    pub exclude: Vec<String>,
    /// Our own accounts: never an alert; a reply by one of them answers the case.
    pub own: Vec<Account>,
    /// The rivals of this brand.
    pub rivals: Vec<Brand>,
}
