//! What a backtest cannot see, said with every result.

use std::collections::BTreeSet;

use super::tally::Tally;
use crate::config::Config;
use crate::domain::Watch;

/// Words that are listed before the rest is counted.
const LISTED: usize = 8;

/// Says what this result cannot show; `other` is what ran, or is compared with.
pub(super) fn limits(config: &Config, other: Option<&[Watch]>, tally: &Tally) -> Vec<String> {
    let mut limits =
        vec!["Only what was stored can be heard again: posts that named none of the watches of their day were not kept.".to_owned()];
    let mut added = Vec::new();
    for watch in other.map(|_| &config.watches).into_iter().flatten() {
        let old = other.into_iter().flatten().find(|old| old.id == watch.id);
        added.extend(words(watch).difference(&old.map(words).unwrap_or_default()).cloned());
        let excluded = old.into_iter().flat_map(|old| &old.exclude).filter(|phrase| !watch.exclude.contains(phrase));
        let excluded: Vec<String> = excluded.map(|phrase| format!("{phrase:?}")).collect();
        if !excluded.is_empty() {
            limits.push(format!("{}: {} is not excluded any more. Posts with it were not kept either.", watch.id, list(&excluded)));
        }
    }
    if !added.is_empty() {
        limits.push(format!(
            "The file adds {}. Posts that name only these were never kept, so what they would bring does not show here.",
            list(&added)
        ));
    }
    if tally.wordless > 0 {
        limits.push(format!(
            "The words of {} mentions are forgotten ([privacy], or deleted by their authors); they are passed over.",
            tally.wordless
        ));
    }
    for (feed, count) in &tally.other_feeds {
        limits.push(format!("{count} mentions came from a feed {feed:?} that the file does not have; they are heard as if it did."));
    }
    limits
}

/// Every word that lets a post be kept.
fn words(watch: &Watch) -> BTreeSet<String> {
    let rivals = watch.rivals.iter().flat_map(|rival| &rival.terms);
    watch.brand.terms.iter().chain(&watch.ambiguous).chain(&watch.context).chain(rivals).map(|word| format!("{word:?}")).collect()
}

fn list(words: &[String]) -> String {
    let more = words.len().saturating_sub(LISTED);
    let shown = words.iter().take(LISTED).cloned().collect::<Vec<_>>().join(", ");
    if more == 0 { shown } else { format!("{shown} and {more} more") }
}
