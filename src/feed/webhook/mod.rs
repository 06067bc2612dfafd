//! Inbound webhook: other programs hand in posts, signed, and hear when stored.
//!
//! The web room puts each request into this feed's inbox; `signature` checks who
//! sent it, `shape` finds the post in it. A sender that hears "accepted" may
//! forget the post: the engine says so only after the commit.

mod shape;
mod signature;

use async_trait::async_trait;
use jiff::Timestamp;
use serde_json::Value;
use tokio::sync::{Mutex, mpsc};

use super::answer::json_bytes;
use super::clock::Clock;
use super::{Ask, Feed, FeedError, FeedKind, Inbound, Inboxes, Outside, Pace, Page, Verdict};
use crate::config::{Diagnostic, Field, Form, Section};
use crate::domain::{Mention, Network};

use self::shape::{PARTS, Preset, Said, Shape};
use self::signature::Scheme;

/// Requests that become one page at most.
const BATCH: usize = 64;
/// A page that has so many posts takes no further request.
const POSTS: usize = 512;

/// What `type = "webhook"` means.
pub(in crate::feed) const KIND: FeedKind = FeedKind {
    name: "webhook",
    summary: "posts that other programs hand in, signed",
    sample: r#"[feeds.forum]
type = "webhook"                       # POST to /in/forum on the daemon's own address
secret = "cred:forum-hook"             # Standard Webhooks: whsec_...
# scheme = "github"                    # or X-Hub-Signature-256 (GitHub, Discourse), or "bearer"
# preset = "discourse"                 # or "github"; else say where things stand:
map = { text = "/post/body", id = "/post/id", url = "/post/link", author = "/post/user/name" }
"#,
    fields: &[
        Field::required("secret", Form::Secret, "What senders sign with; `whsec_...` for Standard Webhooks."),
        Field::optional(
            "scheme",
            Form::OneOf(&["standard", "github", "bearer"]),
            "How senders sign; default standard, github for both presets.",
        ),
        Field::optional("preset", Form::OneOf(&["generic", "discourse", "github"]), "Whose JSON it is; default generic."),
        Field::optional("map", Form::Map, "JSON pointers to the parts of a post; several, parted by blanks, are tried in order."),
        Field::optional("html", Form::Flag, "The text is HTML; default false."),
        Field::optional("network", Form::Text, "The network that the posts belong to; default webhook, or the preset's name."),
    ],
    build,
    read,
    scan: None,
};

/// What a body says, and how many of its objects could not be read, with the first reason.
type Taken = (Vec<Said>, Option<(u64, String)>);

/// The feed.
struct Webhook {
    name: String,
    inboxes: Inboxes,
    /// Opened by the first call: building a feed must not take the inbox from the one that runs.
    receiver: Mutex<Option<mpsc::Receiver<Inbound>>>,
    scheme: Scheme,
    shape: Shape,
}

fn build(section: &Section, outside: &Outside) -> Result<Box<dyn Feed>, Vec<Diagnostic>> {
    let mut mistakes = Vec::new();
    let preset = Preset::named(section.text("preset"));
    for (part, pointers) in section.map("map").into_iter().flatten() {
        if !PARTS.contains(&part.as_str()) {
            mistakes.push(section.mistake("map", format!("a post has no part `{part}`"), format!("parts are {}", PARTS.join(", "))));
        }
        if pointers.split_whitespace().next().is_none() || pointers.split_whitespace().any(|pointer| !pointer.starts_with('/')) {
            mistakes.push(section.mistake("map", format!("`{part}` needs a JSON pointer"), "pointers look like `/post/body`"));
        }
    }
    let signed = if preset == Preset::Generic { "standard" } else { "github" };
    let scheme = match section.secret("secret") {
        None => Err(section.mistake("secret", "no secret: anybody could hand in posts", "add `secret = \"cred:NAME\"`")),
        Some(secret) => Scheme::new(section.text("scheme").unwrap_or(signed), &secret.value)
            .map_err(|why| section.mistake("secret", why, "or set `scheme = \"github\"` or `scheme = \"bearer\"`")),
    };
    match scheme {
        Ok(scheme) if mistakes.is_empty() => {
            outside.inboxes.promise(section.name());
            Ok(Box::new(Webhook {
                name: section.name().to_owned(),
                inboxes: outside.inboxes.clone(),
                receiver: Mutex::new(None),
                scheme,
                shape: Shape::new(preset, section.map("map"), section.text("network"), section.flag("html").unwrap_or(false))
                    .of_feed(section.name()),
            }))
        }
        Ok(_) => Err(mistakes),
        Err(mistake) => {
            mistakes.push(mistake);
            Err(mistakes)
        }
    }
}

#[async_trait]
impl Feed for Webhook {
    fn pace(&self) -> Pace {
        Pace::Live
    }

    fn network(&self) -> Option<Network> {
        Some(self.shape.network())
    }

    async fn fetch(&self, ask: Ask<'_>) -> Result<Page, FeedError> {
        let clock = Clock::at(ask.now);
        let mut receiver = self.receiver.lock().await;
        let Some(receiver) = receiver.as_mut() else {
            *receiver = Some(self.inboxes.open(&self.name));
            // The first call opens the door and brings nothing: from then on the feed is well, also while nobody writes.
            return Ok(Page::default());
        };
        let mut page = Page::default();
        // What is taken out is in the page without a pause in between: a dropped call loses nothing.
        let Some(first) = receiver.recv().await else {
            return Err(FeedError::Unreachable { why: "another feed of this name has taken the inbox".into() });
        };
        self.take_in(first, clock.now(), &mut page);
        while page.waiting.len() < BATCH
            && page.mentions.len() < POSTS
            && let Ok(next) = receiver.try_recv()
        {
            self.take_in(next, clock.now(), &mut page);
        }
        Ok(page)
    }

    async fn probe(&self, _now: Timestamp) -> Result<String, FeedError> {
        Ok(format!("waits for posts at /in/{}", self.name))
    }
}

impl Webhook {
    /// Takes in one request: into the page, or answered with what is wrong.
    fn take_in(&self, request: Inbound, now: Timestamp, page: &mut Page) {
        if request.caller.has_gone() {
            // It waited for too long and was told to send its posts again.
            return;
        }
        let verdict = match self.scheme.check(&request.headers, &request.body, now) {
            Err(why) => Err(Verdict::Unsigned(why)),
            Ok(()) => self.read(&request, now).map_err(Verdict::Unreadable),
        };
        match verdict {
            Ok((said, passed_over)) => {
                for one in said {
                    match one {
                        Said::Post(mention) => page.mentions.push(*mention),
                        Said::Deleted(id) => page.deleted.push(id),
                        Said::Nothing => {}
                    }
                }
                if let Some((count, why)) = passed_over {
                    page.unreadable.get_or_insert((0, why)).0 += count;
                }
                page.waiting.push(request.caller);
            }
            // A caller that has hung up is not told; nothing of his was taken.
            Err(verdict) => request.caller.tell(verdict),
        }
    }

    /// Reads a body: one object or a list of them. A list in which something can be read is taken.
    fn read(&self, request: &Inbound, now: Timestamp) -> Result<Taken, String> {
        let value: Value = json_bytes(&request.body).map_err(|error| error.to_string())?;
        let objects = match &value {
            Value::Array(objects) => objects.as_slice(),
            other => std::slice::from_ref(other),
        };
        let mut said = Vec::new();
        let mut passed_over: Option<(u64, String)> = None;
        for object in objects {
            match self.shape.read(object, &request.headers, now) {
                Ok(one) => said.push(one),
                Err(why) => passed_over.get_or_insert((0, why)).0 += 1,
            }
        }
        match passed_over {
            Some((_, why)) if said.is_empty() => Err(why),
            passed_over => Ok((said, passed_over)),
        }
    }
}

/// Reads a saved body, whosever it looks like.
fn read(bytes: &[u8], now: Timestamp) -> Result<Vec<Mention>, FeedError> {
    let value: Value = json_bytes(bytes)?;
    let objects = match &value {
        Value::Array(objects) => objects.as_slice(),
        other => std::slice::from_ref(other),
    };
    let mut mentions = Vec::new();
    let mut wrong = None;
    for object in objects {
        match Shape::guess(object).read(object, &[], now) {
            Ok(Said::Post(mention)) => mentions.push(*mention),
            Ok(_) => {}
            Err(why) => wrong = wrong.or(Some(why)),
        }
    }
    match wrong {
        Some(why) if mentions.is_empty() => Err(FeedError::Unreadable { why }),
        _ => Ok(mentions),
    }
}
