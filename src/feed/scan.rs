//! The one-off read of a handle: what `courtier scan @handle` asks of a network.
//!
//! A kind of feed that can do it has a [`ScanFn`]: it gives what the handle wrote
//! and, where the network can tell, the posts that address the handle, back to
//! `since`. It needs no daemon, no store and no cursor, and it never pretends to
//! have read everything: what is missing is said in [`Scan::incomplete`].

use std::pin::Pin;

use jiff::Timestamp;

use super::FeedError;
use crate::config::Section;
use crate::domain::Mention;
use crate::net::Client;

/// What is asked of one network.
#[derive(Clone, Copy)]
pub struct ScanRequest<'a> {
    /// The handle without a leading `@`, as the user wrote it (`kim.example.org`, `kim@mastodon.example`).
    pub handle: &'a str,
    /// Read back to this moment.
    pub since: Timestamp,
    /// The moment of asking.
    pub now: Timestamp,
    /// Another address of the service; wins over the one in `section`.
    pub base_url: Option<&'a str>,
    /// A configured feed of this kind, when there is one: credentials and addresses come from it.
    pub section: Option<&'a Section>,
    /// The only door out.
    pub client: &'a Client,
    /// Hears after every page how many posts have been read so far.
    pub progress: &'a (dyn Fn(usize) + Sync),
}

impl std::fmt::Debug for ScanRequest<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ScanRequest").field("handle", &self.handle).field("since", &self.since).finish_non_exhaustive()
    }
}

/// What one network gave.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Scan {
    /// Posts by the handle and posts that address it, newest first, each once.
    pub mentions: Vec<Mention>,
    /// What is missing and why, in one line; `None` says that the read was complete. An error after
    /// the first page belongs here, so that what was read is not lost.
    pub incomplete: Option<String>,
}

/// Reads a handle on one network; an error means that nothing could be read.
pub type ScanFn = for<'a> fn(ScanRequest<'a>) -> Scanning<'a>;

/// The future of a scan.
pub type Scanning<'a> = Pin<Box<dyn Future<Output = Result<Scan, FeedError>> + Send + 'a>>;
