//! Reads backwards: what a handle wrote, who addressed it, what a gap swallowed.
//!
//! The author feed needs no account and is complete. Search needs one (or a
//! private AppView) and is not: moderation hides authors from it, pages come
//! back short. What is missing is always said.

use std::collections::HashSet;
use std::time::Duration;

use jiff::Timestamp;

use super::position::Missing;
use super::view::{self, Item};
use super::xrpc::Xrpc;
use crate::domain::{Kind, Mention};
use crate::feed::{FeedError, Scan, ScanRequest, Scanning};

/// Pages of 100 posts that are read of one author or one search.
const PAGES: usize = 100;
/// Pages and terms that are searched to fill a gap: it is a help, not an archive.
const GAP_PAGES: usize = 5;
const GAP_TERMS: usize = 100;
const TIMEOUT: Duration = Duration::from_secs(20);

/// One page as a walk sees it.
struct Step {
    items: Vec<Item>,
    /// Where the next page begins; empty at the end.
    cursor: String,
    unreadable: Option<(u64, String)>,
}

/// What a walk over pages gave.
#[derive(Default)]
struct Walk {
    mentions: Vec<Mention>,
    incomplete: Vec<String>,
}

impl Walk {
    /// Adds a page; `false` when everything from here on is older than `since`.
    fn add(&mut self, step: Step, since: Timestamp, known: &mut HashSet<String>) -> bool {
        if let Some((count, why)) = step.unreadable {
            self.incomplete.push(format!("{count} posts could not be read ({why})"));
        }
        let mut older = false;
        for item in step.items {
            let when = item.indexed.or(item.mention.posted);
            if when.is_some_and(|when| when < since) {
                // A pinned post stands first and says nothing about the order.
                older |= !item.pinned;
            } else if item.mention.kind != Kind::Repost && known.insert(item.mention.native_id.clone()) {
                self.mentions.push(item.mention);
            }
        }
        !older
    }
}

/// Asks for one page and reads it.
async fn page(xrpc: &Xrpc, method: &str, query: &[(&str, &str)], search: bool, now: Timestamp) -> Result<Step, FeedError> {
    let response = if search { xrpc.private(method, query, now).await? } else { xrpc.public(method, query, TIMEOUT, now).await? };
    let Some((viewed, cursor)) = view::answer(&response.body, now)? else {
        return Err(FeedError::Unreadable { why: format!("{method} answered something without posts") });
    };
    Ok(Step { items: viewed.items, cursor, unreadable: viewed.unreadable })
}

/// What is walked over.
struct Route<'a> {
    method: &'a str,
    query: &'a [(&'a str, &'a str)],
    search: bool,
    pages: usize,
    since: Timestamp,
    now: Timestamp,
}

/// Walks from page to page, back to `since`; an error after the first page is said, not raised.
async fn walk(xrpc: &Xrpc, route: Route<'_>, known: &mut HashSet<String>, progress: &(dyn Fn(usize) + Sync)) -> Result<Walk, FeedError> {
    let mut walk = Walk::default();
    let mut cursor = String::new();
    for number in 0..route.pages {
        let mut query = route.query.to_vec();
        if !cursor.is_empty() {
            query.push(("cursor", &cursor));
        }
        let step = match page(xrpc, route.method, &query, route.search, route.now).await {
            Ok(step) => step,
            Err(error) if number == 0 => return Err(error),
            Err(error) => {
                walk.incomplete.push(format!("stopped after {number} pages: {error}"));
                return Ok(walk);
            }
        };
        let (next, empty) = (step.cursor.clone(), step.items.is_empty());
        let more = walk.add(step, route.since, known);
        progress(known.len());
        // A cursor that does not move would be walked for ever.
        if !more || empty || next.is_empty() || next == cursor {
            return Ok(walk);
        }
        cursor = next;
    }
    walk.incomplete.push(format!("stopped after {} pages", route.pages));
    Ok(walk)
}

/// Reads what a handle wrote and, with an account, what addresses it.
pub(super) fn scan(request: ScanRequest<'_>) -> Scanning<'_> {
    Box::pin(async move {
        let xrpc = super::xrpc_of(request.client, request.section, request.base_url);
        let ScanRequest { handle, since, now, progress, .. } = request;
        let mut known = HashSet::new();
        let query = [("actor", handle), ("limit", "100"), ("filter", "posts_with_replies")];
        let route = Route { method: "app.bsky.feed.getAuthorFeed", query: &query, search: false, pages: PAGES, since, now };
        let mut found = walk(&xrpc, route, &mut known, progress).await?;
        if xrpc.searches() {
            let (asked, from) = (format!("mentions:{handle}"), since.to_string());
            let query = [("q", asked.as_str()), ("sort", "latest"), ("limit", "100"), ("since", from.as_str())];
            let route = Route { method: "app.bsky.feed.searchPosts", query: &query, search: true, pages: PAGES, since, now };
            match walk(&xrpc, route, &mut known, progress).await {
                Ok(mut more) => {
                    found.mentions.append(&mut more.mentions);
                    found.incomplete.append(&mut more.incomplete);
                }
                Err(error) => found.incomplete.push(format!("posts that address @{handle} could not be searched: {error}")),
            }
        } else {
            found.incomplete.push(format!("posts that address @{handle} need an account to search with (`identifier`, `password`)"));
        }
        found.mentions.sort_by_key(|mention| std::cmp::Reverse(mention.when()));
        let incomplete = (!found.incomplete.is_empty()).then(|| found.incomplete.join("; "));
        Ok(Scan { mentions: found.mentions, incomplete })
    })
}

/// Searches all terms for a time that the stream did not bring; gives the posts and what remains to be said.
pub(super) async fn fill(xrpc: &Xrpc, terms: &[String], missing: Missing, now: Timestamp) -> (Vec<Mention>, String) {
    if !xrpc.searches() || terms.is_empty() {
        return (Vec::new(), format!("{missing}; an account (`identifier`, `password`) would let us search for them"));
    }
    let (from, to) = (missing.from.to_string(), missing.to.to_string());
    let (mut known, mut found, mut left) = (HashSet::new(), Vec::new(), Vec::new());
    for term in terms.iter().take(GAP_TERMS) {
        let asked = phrase(term);
        let query = [("q", &*asked), ("sort", "latest"), ("limit", "100"), ("since", &*from), ("until", &*to)];
        let route = Route { method: "app.bsky.feed.searchPosts", query: &query, search: true, pages: GAP_PAGES, since: missing.from, now };
        match walk(xrpc, route, &mut known, &|_| ()).await {
            Ok(mut walk) => {
                found.append(&mut walk.mentions);
                left.append(&mut walk.incomplete);
            }
            Err(error) => {
                left.push(error.to_string());
                // The next term would hear the same.
                break;
            }
        }
    }
    if terms.len() > GAP_TERMS {
        left.push(format!("only {GAP_TERMS} of {} terms were asked for", terms.len()));
    }
    let count = found.len();
    let said = match left.first() {
        None => format!("{missing}; a search found {count} of them, but search is never complete"),
        Some(why) => format!("{missing}; a search found {count} of them, then {why}"),
    };
    (found, said)
}

/// Writes a term for the search: phrases in quotes, and nothing that would be read as an operator.
fn phrase(term: &str) -> String {
    let plain = term.replace(['"', '\\'], " ");
    if plain.trim().contains([' ', ':', '-']) { format!("\"{}\"", plain.trim()) } else { plain.trim().to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_term_is_a_word_or_a_phrase_and_never_an_operator() {
        assert_eq!(phrase("dropbox"), "dropbox");
        assert_eq!(phrase("drop box"), "\"drop box\"");
        assert_eq!(phrase("from:me"), "\"from:me\"");
        assert_eq!(phrase("a\" OR \"b"), "\"a  OR  b\"");
        assert_eq!(phrase("-x"), "\"-x\"");
    }
}
