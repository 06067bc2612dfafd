//! The way in for feeds that are called instead of calling.
//!
//! The web room puts a request into the inbox of the feed that owns the path;
//! the feed checks it, and the caller hears "accepted" only after the engine
//! has stored it: a sender that got a 2xx may forget the post. Until then the
//! request keeps its place, so that a sender who never waits for an answer
//! cannot fill the memory.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use bytes::Bytes;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, mpsc, oneshot};

/// Requests that may wait in one inbox; a caller beyond that is told to come back.
const WAITING: usize = 256;
/// Bytes of requests on their way from the door of one feed to the store: about what is stored within the
/// time a caller waits, whatever its posts are like.
const WAITING_BYTES: usize = 2 << 20;
/// What a request counts at the least: it is more than its body.
const LEAST_BYTES: usize = 1 << 10;

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

/// Why a request was not taken in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refused {
    /// Too much waits.
    Full,
    /// The feed is gone, or about to go.
    Closed,
}

/// Whoever waits for a verdict, with the place that the request takes.
#[derive(Debug)]
pub struct Caller {
    verdict: oneshot::Sender<Verdict>,
    _place: OwnedSemaphorePermit,
}

impl Caller {
    /// Tells the verdict and gives the place back; a caller who has gone hears nothing.
    pub fn tell(self, verdict: Verdict) {
        drop(self.verdict.send(verdict));
    }

    /// Whether the caller waits no more: it was told to send its posts again.
    pub fn has_gone(&self) -> bool {
        self.verdict.is_closed()
    }
}

/// One request to a push feed.
#[derive(Debug)]
pub struct Inbound {
    /// Headers, names in lower case.
    pub headers: Vec<(String, String)>,
    /// The raw body: signatures are over these bytes.
    pub body: Bytes,
    /// Where the verdict goes.
    pub caller: Caller,
}

/// The way to one feed.
#[derive(Debug, Clone)]
pub struct Inbox {
    requests: mpsc::Sender<Inbound>,
    room: Arc<Semaphore>,
}

impl Inbox {
    /// Hands in a request, if there is room for it; gives where the verdict arrives.
    pub fn hand_in(&self, headers: Vec<(String, String)>, body: Bytes) -> Result<oneshot::Receiver<Verdict>, Refused> {
        let bytes = body.len().clamp(LEAST_BYTES, WAITING_BYTES);
        let place = Arc::clone(&self.room).try_acquire_many_owned(u32::try_from(bytes).unwrap_or(u32::MAX)).map_err(|_| Refused::Full)?;
        let (verdict, told) = oneshot::channel();
        let request = Inbound { headers, body, caller: Caller { verdict, _place: place } };
        match self.requests.try_send(request) {
            Ok(()) => Ok(told),
            Err(mpsc::error::TrySendError::Full(_)) => Err(Refused::Full),
            Err(mpsc::error::TrySendError::Closed(_)) => Err(Refused::Closed),
        }
    }
}

/// The inboxes by name of the feed; cheap to clone.
#[derive(Debug, Clone, Default)]
pub struct Inboxes(Arc<Mutex<HashMap<String, Option<Inbox>>>>);

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
        let (requests, receiver) = mpsc::channel(WAITING);
        let inbox = Inbox { requests, room: Arc::new(Semaphore::new(WAITING_BYTES)) };
        self.0.lock().unwrap_or_else(PoisonError::into_inner).insert(feed.to_owned(), Some(inbox));
        receiver
    }

    /// Finds the inbox of a feed.
    pub fn find(&self, feed: &str) -> Option<Inbox> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).get(feed).cloned().flatten()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_keeps_its_place_until_its_verdict_and_not_longer() {
        let inboxes = Inboxes::default();
        let mut requests = inboxes.open("forum");
        let inbox = inboxes.find("forum").expect("an inbox");
        let mebibyte = || Bytes::from(vec![b' '; 1 << 20]);
        let first = inbox.hand_in(Vec::new(), mebibyte()).expect("room");
        let _second = inbox.hand_in(Vec::new(), mebibyte()).expect("room");
        assert_eq!(inbox.hand_in(Vec::new(), Bytes::from_static(b"{}")).err(), Some(Refused::Full));
        // Taking a request out of the inbox is not enough: its posts wait for the store.
        let taken = requests.try_recv().expect("the first");
        assert_eq!(inbox.hand_in(Vec::new(), Bytes::from_static(b"{}")).err(), Some(Refused::Full));
        drop(first);
        assert!(taken.caller.has_gone());
        taken.caller.tell(Verdict::Accepted);
        assert!(inbox.hand_in(Vec::new(), Bytes::from_static(b"{}")).is_ok());
        drop(requests);
        assert_eq!(inbox.hand_in(Vec::new(), Bytes::from_static(b"{}")).err(), Some(Refused::Closed));
    }
}
