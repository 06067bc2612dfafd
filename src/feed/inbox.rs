//! The way in for feeds that are called instead of calling.
//!
//! The web room puts a request into the inbox of the feed that owns the path;
//! the feed checks it, and the caller hears "accepted" only after the engine
//! has stored it: a sender that got a 2xx may forget the post.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use bytes::Bytes;
use tokio::sync::{mpsc, oneshot};

/// Requests that may wait in one inbox; a caller beyond that is told to come back.
const WAITING: usize = 256;

/// What the caller is told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// Stored: 202.
    Accepted,
    /// Signature or time stamp wrong: 401.
    Unsigned(String),
    /// Not what the field map expects: 422.
    Unreadable(String),
}

/// One request to a push feed.
#[derive(Debug)]
pub struct Inbound {
    /// Headers, names in lower case.
    pub headers: Vec<(String, String)>,
    /// The raw body: signatures are over these bytes.
    pub body: Bytes,
    /// Where the verdict goes.
    pub answer: oneshot::Sender<Verdict>,
}

/// The inboxes by name of the feed; cheap to clone.
#[derive(Debug, Clone, Default)]
pub struct Inboxes(Arc<Mutex<HashMap<String, Option<mpsc::Sender<Inbound>>>>>);

impl Inboxes {
    /// Says that a feed of this name was built; an inbox that is open stays as it is.
    pub fn promise(&self, feed: &str) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).entry(feed.to_owned()).or_default();
    }

    /// Whether a feed of this name was built, and may open its inbox yet.
    pub fn promised(&self, feed: &str) -> bool {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).contains_key(feed)
    }

    /// Opens the inbox of a feed, replacing an older one of that name.
    pub fn open(&self, feed: &str) -> mpsc::Receiver<Inbound> {
        let (sender, receiver) = mpsc::channel(WAITING);
        self.0.lock().unwrap_or_else(PoisonError::into_inner).insert(feed.to_owned(), Some(sender));
        receiver
    }

    /// Finds the inbox of a feed.
    pub fn find(&self, feed: &str) -> Option<mpsc::Sender<Inbound>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).get(feed).cloned().flatten()
    }
}
