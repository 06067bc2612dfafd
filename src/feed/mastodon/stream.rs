//! The streaming socket of a server: posts seconds after they were written.
//!
//! A help, not the way in: servers open streams that never send, drop them
//! without a word and replay nothing. The timelines are walked beside it, so
//! whatever goes wrong here costs time and never a post. That is why a stream
//! that cannot be opened is no error, and is tried again after the next walk.

use std::collections::{HashMap, VecDeque};

use futures_util::{SinkExt as _, StreamExt as _};
use jiff::Timestamp;
use secrecy::SecretString;
use serde::Deserialize;
use serde_json::value::RawValue;
use tokio::time::{Instant, timeout_at};

use super::status::{Home, Status};
use super::timeline::{Statuses, Timeline};
use crate::feed::Page;
use crate::feed::loose::Loose;
use crate::net::{Client, Message, Opened, Socket, Upgrade};

/// Statuses whose local id is remembered, to know what a deletion is about.
const REMEMBERED: usize = 4096;

/// The socket and what came out of it.
#[derive(Default)]
pub(super) struct Stream {
    socket: Option<Box<Socket>>,
    /// What was heard and not yet handed on; a dropped call leaves it here.
    pub(super) page: Page,
    /// Why the stream is not open, for people who ask.
    pub(super) trouble: Option<String>,
    known: Known,
}

/// Local ids of statuses and what everybody else calls them.
#[derive(Default)]
struct Known {
    identities: HashMap<String, String>,
    order: VecDeque<String>,
}

impl Known {
    fn note(&mut self, id: &str, identity: String) {
        if self.identities.insert(id.to_owned(), identity).is_none() {
            self.order.push_back(id.to_owned());
        }
        if self.order.len() > REMEMBERED
            && let Some(oldest) = self.order.pop_front()
        {
            self.identities.remove(&oldest);
        }
    }
}

/// A frame: the payload is JSON written as a string, so it is decoded twice.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Frame<'a> {
    #[serde(borrow)]
    event: Loose<'a>,
    #[serde(borrow)]
    payload: Loose<'a>,
    #[serde(borrow)]
    error: Loose<'a>,
}

impl Stream {
    /// Whether a socket is open.
    pub(super) fn is_open(&self) -> bool {
        self.socket.is_some()
    }

    /// Opens one socket for all timelines.
    pub(super) async fn open(&mut self, client: &Client, base: &str, home: &Home, bearer: &SecretString, timelines: &[Timeline]) {
        let Some((first, others)) = timelines.split_first() else { return };
        let mut upgrade = Upgrade::to(address(base, first)).header("authorization", bearer.clone());
        // The server names the host of its stream: it may be a loopback one only where the server itself is.
        upgrade.loopback = crate::net::names_loopback(&home.base);
        let mut socket = match client.socket(upgrade).await {
            Ok(Opened::Open(socket)) => socket,
            Ok(Opened::Answered(response)) => {
                self.trouble = Some(format!("the stream was refused with {}", response.status));
                return;
            }
            Err(error) => {
                self.trouble = Some(error.to_string());
                return;
            }
        };
        for timeline in others {
            let (name, tag) = timeline.stream();
            let ask = match tag {
                Some(tag) => serde_json::json!({ "type": "subscribe", "stream": name, "tag": tag }),
                None => serde_json::json!({ "type": "subscribe", "stream": name }),
            };
            if let Err(error) = socket.send(Message::text(ask.to_string())).await {
                self.trouble = Some(format!("the stream broke ({error})"));
                return;
            }
        }
        self.trouble = None;
        self.socket = Some(socket);
    }

    /// Listens until something was heard or the time is up.
    pub(super) async fn listen(&mut self, until: Instant, window: std::time::Duration, home: &Home, now: impl Fn() -> Timestamp) {
        // A call that was dropped may have left something: it has waited long enough.
        let mut waiting = self.is_worth_a_page();
        let mut until = if waiting { until.min(Instant::now() + window) } else { until };
        while let Some(socket) = &mut self.socket {
            match timeout_at(until, socket.next()).await {
                Err(_) => return,
                // A frame that is no UTF-8 is passed over: the walk brings what was in it.
                Ok(Some(Ok(Message::Binary(frame)))) => match std::str::from_utf8(&frame) {
                    Ok(frame) => self.take_in(frame, home, now()),
                    Err(_) => self.page.unreadable.get_or_insert((0, "a frame that is no UTF-8".into())).0 += 1,
                },
                Ok(Some(Ok(Message::Close(_))) | None) => self.end("the server closed the stream".into()),
                Ok(Some(Ok(_))) => {}
                Ok(Some(Err(error))) => self.end(format!("the stream broke ({error})")),
            }
            if Instant::now() >= until {
                return;
            }
            if !waiting && self.is_worth_a_page() {
                waiting = true;
                until = until.min(Instant::now() + window);
            }
        }
        // Nothing to listen to: the walk comes next.
        if !waiting {
            tokio::time::sleep_until(until).await;
        }
    }

    fn is_worth_a_page(&self) -> bool {
        !self.page.mentions.is_empty() || !self.page.deleted.is_empty()
    }

    fn end(&mut self, why: String) {
        self.socket = None;
        self.trouble = Some(why);
    }

    /// Takes in one frame: into the page, or counted.
    pub(super) fn take_in(&mut self, frame: &str, home: &Home, now: Timestamp) {
        let Ok(frame) = serde_json::from_str::<Frame<'_>>(frame) else {
            return self.unreadable(format!("no event but `{}`", frame.chars().take(40).collect::<String>().escape_debug()));
        };
        match &*frame.event.0 {
            "update" | "status.update" | "notification" => match serde_json::from_str::<&RawValue>(&frame.payload.0) {
                Ok(payload) => self.hear(payload, home, now),
                Err(_) => self.unreadable(format!("a payload that is no JSON in `{}`", frame.event.0)),
            },
            "delete" => {
                let id = &*frame.payload.0;
                let identity = self.known.identities.get(id).cloned().unwrap_or_else(|| home.address(id));
                self.page.deleted.push(identity);
            }
            "" if frame.error.some().is_some() => self.end(format!("the server says: {:.80}", frame.error.0)),
            _ => {}
        }
    }

    fn hear(&mut self, payload: &RawValue, home: &Home, now: Timestamp) {
        let mut read = Statuses::default();
        // A stream of everything passes by; whose authors ask not to be indexed is left to the walk, which knows the timeline.
        read.add(payload, home, now, false);
        if let Ok(status) = serde_json::from_str::<Status<'_>>(payload.get())
            && status.id.some().is_some()
        {
            self.known.note(&status.id.0, status.identity(home));
        }
        self.page.mentions.append(&mut read.mentions);
        if let Some((_, why)) = read.unreadable {
            self.unreadable(why);
        }
    }

    fn unreadable(&mut self, why: String) {
        self.page.unreadable.get_or_insert((0, why)).0 += 1;
    }
}

/// Writes the address of a stream that begins with one timeline; the others are subscribed to.
fn address(base: &str, first: &Timeline) -> String {
    let (name, tag) = first.stream();
    let mut query = url::form_urlencoded::Serializer::new(String::new());
    query.append_pair("stream", name);
    if let Some(tag) = tag {
        query.append_pair("tag", tag);
    }
    format!("{base}/api/v1/streaming?{}", query.finish())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn heard(frames: &[&str]) -> Page {
        let home = Home { base: "https://s.example".into(), domain: "s.example".into() };
        let mut stream = Stream::default();
        for frame in frames {
            stream.take_in(frame, &home, Timestamp::from_second(1_795_300_000).expect("in range"));
        }
        stream.page
    }

    #[test]
    fn frames_are_decoded_twice_and_deletions_find_their_post() {
        let status = r#"{\"id\":\"7\",\"uri\":\"https://o.example/7\",\"content\":\"<p>bye</p>\",\"account\":{\"acct\":\"kim\"}}"#;
        let update = format!(r#"{{"stream":["hashtag","x"],"event":"update","payload":"{status}"}}"#);
        let notification = format!(
            r#"{{"stream":["user:notification"],"event":"notification","payload":"{{\"id\":\"1\",\"type\":\"mention\",\"status\":{status}}}"}}"#
        );
        let page = heard(&[
            &update,
            &notification,
            r#"{"event":"delete","payload":"7"}"#,
            r#"{"event":"delete","payload":"8"}"#,
            r#"{"event":"filters_changed"}"#,
            r#"{"event":"update","payload":"undefined"}"#,
            ":thump",
        ]);
        assert_eq!(page.mentions.iter().map(|mention| mention.text.as_str()).collect::<Vec<_>>(), ["bye", "bye"]);
        assert_eq!(page.deleted, ["https://o.example/7", "https://s.example/api/v1/statuses/8"]);
        assert_eq!(page.unreadable.map(|(count, _)| count), Some(2));
    }

    proptest! {
        #[test]
        fn any_frame_is_an_event_or_counted(frame in any::<String>(), payload in any::<String>()) {
            heard(&[&frame, &serde_json::json!({"event": "update", "payload": payload}).to_string()]);
        }
    }
}
