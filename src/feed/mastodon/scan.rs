//! Reads backwards what a handle wrote, at the server where it lives.
//!
//! Other servers hold only what reached them, so `kim@social.example` is asked
//! for at `social.example`; a bare `kim` at the configured server.

use jiff::Timestamp;
use serde::Deserialize;

use super::instance::Instance;
use super::timeline::{Reader, statuses};
use crate::domain::Kind;
use crate::feed::answer::json;
use crate::feed::{FeedError, Scan, ScanRequest, Scanning};

/// Pages of 40 statuses that are read.
const PAGES: usize = 100;

#[derive(Deserialize)]
struct Account {
    id: String,
}

/// Reads what a handle wrote.
pub(super) fn scan(request: ScanRequest<'_>) -> Scanning<'_> {
    Box::pin(async move {
        let handle = request.handle.trim_start_matches('@');
        let text = |key| request.section.and_then(|section| section.text(key));
        let configured = request.base_url.or(text("base_url")).or(text("instance"));
        let (name, server) = match (handle.split_once('@'), configured) {
            // An address on the command line is meant, also for a handle of another server.
            (_, Some(server)) if request.base_url.is_some() => (handle, server),
            (Some((name, server)), _) => (name, server),
            (None, server) => (handle, server.unwrap_or(super::INSTANCE)),
        };
        let base = super::base(server);
        // The token is for its own server and goes nowhere else.
        let at_home = configured.is_some_and(|configured| super::base(configured) == base);
        let bearer = request.section.filter(|_| at_home).and_then(|section| section.secret("token")).map(super::bearer);
        let instance = Instance::ask(request.client, &base, request.now).await?;
        let reader = Reader { client: request.client, home: &instance.home, bearer: bearer.as_ref(), now: request.now };
        walk(&reader, name, &request).await
    })
}

async fn walk(reader: &Reader<'_>, name: &str, request: &ScanRequest<'_>) -> Result<Scan, FeedError> {
    let base = &reader.home.base;
    let asked: String = url::form_urlencoded::byte_serialize(name.as_bytes()).collect();
    let account: Account = json(&reader.get(format!("{base}/api/v1/accounts/lookup?acct={asked}")).await?)?;
    let id: String = url::form_urlencoded::byte_serialize(account.id.as_bytes()).collect();
    let mut scan = Scan {
        incomplete: Some(format!("posts that address @{name} are not searched for: servers only show them to their receiver")),
        ..Scan::default()
    };
    let mut before = String::new();
    for page in 0..PAGES {
        let more = if before.is_empty() { String::new() } else { format!("&max_id={before}") };
        let url = format!("{base}/api/v1/accounts/{id}/statuses?exclude_reblogs=true&limit=40{more}");
        let read = match reader.get(url).await.and_then(|response| statuses(&response.body, reader.home, request.now, false)) {
            Ok(read) => read,
            Err(error) if page == 0 => return Err(error),
            Err(error) => return Ok(stopped(scan, &format!("stopped after {page} pages: {error}"))),
        };
        let last = read.last_id().map(|id| url::form_urlencoded::byte_serialize(id.as_bytes()).collect::<String>());
        let older = |when: Option<Timestamp>| when.is_some_and(|when| when < request.since);
        let end = read.mentions.iter().any(|mention| older(mention.posted)) || read.count == 0;
        if let Some((count, why)) = read.unreadable {
            scan = stopped(scan, &format!("{count} posts could not be read ({why})"));
        }
        scan.mentions.extend(read.mentions.into_iter().filter(|mention| mention.kind == Kind::Post && !older(mention.posted)));
        (request.progress)(scan.mentions.len());
        match last {
            Some(last) if !end && last != before => before = last,
            _ => return Ok(scan),
        }
    }
    Ok(stopped(scan, &format!("stopped after {PAGES} pages")))
}

fn stopped(mut scan: Scan, why: &str) -> Scan {
    scan.incomplete = Some(scan.incomplete.map_or_else(|| why.to_owned(), |before| format!("{why}; {before}")));
    scan
}
