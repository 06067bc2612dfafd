//! The one-off read of a Hacker News handle.

use std::collections::HashSet;

use super::hit::Hit;
use super::query::Question;
use super::{Hackernews, SERVICE};
use crate::feed::{Scan, ScanRequest, Scanning};

/// Reads what a handle wrote and where others name it.
pub(super) fn scan(request: ScanRequest<'_>) -> Scanning<'_> {
    Box::pin(async move {
        let ScanRequest { handle, since, now, .. } = request;
        let base = request.base_url.or_else(|| request.section?.text("base_url")).unwrap_or(SERVICE);
        let feed = Hackernews::at(base, request.client.clone());
        let mut read = 0;
        let mut progress = |hits: usize| {
            read += hits;
            (request.progress)(read);
        };
        let mine = feed.window(&Question::By(handle.to_owned()), since.as_second(), now, &mut progress).await?;
        let mut incomplete: Vec<String> = mine.missing.into_iter().collect();
        let mut hits = mine.hits;
        match feed.window(&Question::Words(handle.to_lowercase()), since.as_second(), now, &mut progress).await {
            Ok(others) => {
                incomplete.extend(others.missing);
                hits.extend(others.hits.into_iter().filter(|hit| names(hit, handle)));
            }
            Err(error) => incomplete.push(format!("posts that name {handle} could not be searched: {error}")),
        }
        let mut known = HashSet::new();
        hits.retain(|hit| known.insert(hit.id));
        hits.sort_by_key(|hit| std::cmp::Reverse(hit.created));
        let incomplete = (!incomplete.is_empty()).then(|| incomplete.join("; "));
        Ok(Scan { mentions: hits.into_iter().map(|hit| hit.mention).collect(), incomplete })
    })
}

/// Says whether a post holds the handle as a word of its own; the search also finds `kim-lee` for `kim`.
fn names(hit: &Hit, handle: &str) -> bool {
    let whole = |c: char| c.is_alphanumeric() || c == '_' || c == '-';
    hit.mention.text.split(|c| !whole(c)).any(|word| word.eq_ignore_ascii_case(handle))
}
