//! Walks one timeline forward, page by page, from the last post that was stored.
//!
//! `min_id` gives the posts right after an id, so nothing between two calls is
//! skipped, however many there were (`since_id` would lose the middle). Ids are
//! opaque: decimals here, ULIDs there. They are never compared; the next one is
//! what the `Link` header says, else the first entry of the page.

use std::fmt;

use jiff::Timestamp;
use serde::Deserialize;
use serde_json::value::RawValue;

use super::status::{Home, Status};
use crate::domain::Mention;
use crate::feed::FeedError;
use crate::feed::answer::{good, json_bytes};
use crate::feed::loose::Loose;
use crate::net::{Client, Request, Response};

/// Posts of one page: what the API allows.
const LIMIT: usize = 40;
/// Pages of one timeline in one call; what is behind them comes with the next one.
const PAGES: usize = 5;
/// Pages that a backfill walks back.
const BACK: usize = 50;

/// What can be read of a server.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) enum Timeline {
    /// Posts with a tag, written without `#`.
    Tag(String),
    /// Everything the server knows.
    Public,
    /// What its own people write.
    Local,
    /// What reaches it from other servers.
    Remote,
    /// What mentions the account of the token.
    Mentions,
}

impl fmt::Display for Timeline {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Tag(tag) => write!(f, "the timeline of #{tag}"),
            Self::Public => f.write_str("the public timeline"),
            Self::Local => f.write_str("the local timeline"),
            Self::Remote => f.write_str("the remote timeline"),
            Self::Mentions => f.write_str("the list of mentions"),
        }
    }
}

impl Timeline {
    /// Its name in the cursor.
    pub(super) fn key(&self) -> String {
        match self {
            Self::Tag(tag) => format!("tag:{}", tag.to_lowercase()),
            Self::Public => "public".into(),
            Self::Local => "local".into(),
            Self::Remote => "remote".into(),
            Self::Mentions => "mentions".into(),
        }
    }

    /// Its name in the streaming API, and the tag that goes with it.
    pub(super) fn stream(&self) -> (&'static str, Option<&str>) {
        match self {
            Self::Tag(tag) => ("hashtag", Some(tag)),
            Self::Public => ("public", None),
            Self::Local => ("public:local", None),
            Self::Remote => ("public:remote", None),
            Self::Mentions => ("user:notification", None),
        }
    }

    fn url(&self, base: &str, from: &From<'_>) -> String {
        let mut pairs = url::form_urlencoded::Serializer::new(String::new());
        let path = match self {
            Self::Tag(tag) => format!("/api/v1/timelines/tag/{}", escaped(tag)),
            Self::Public => "/api/v1/timelines/public".into(),
            Self::Local => {
                pairs.append_pair("local", "true");
                "/api/v1/timelines/public".into()
            }
            Self::Remote => {
                pairs.append_pair("remote", "true");
                "/api/v1/timelines/public".into()
            }
            Self::Mentions => {
                pairs.append_pair("types[]", "mention");
                "/api/v1/notifications".into()
            }
        };
        pairs.append_pair("limit", &LIMIT.to_string());
        match from {
            From::Newest => {}
            From::After(id) => drop(pairs.append_pair("min_id", id)),
            From::Before(id) => drop(pairs.append_pair("max_id", id)),
        }
        format!("{base}{path}?{}", pairs.finish())
    }
}

/// Writes a tag for a path: everything but letters and digits in percent form.
fn escaped(tag: &str) -> String {
    url::form_urlencoded::byte_serialize(tag.as_bytes()).collect::<String>().replace('+', "%20")
}

/// Which page.
enum From<'a> {
    Newest,
    After(&'a str),
    Before(&'a str),
}

/// One page as it was answered.
struct Leaf {
    mentions: Vec<Mention>,
    /// Entries of the answer, readable or not.
    count: usize,
    unreadable: Option<(u64, String)>,
    /// Posts whose authors ask machines to pass over them.
    passed: u64,
    newest: Option<String>,
    oldest: Option<String>,
}

/// What one timeline gave.
#[derive(Debug, Default)]
pub(super) struct Walked {
    /// The posts, oldest page first.
    pub mentions: Vec<Mention>,
    /// The new cursor; `Some("")` for a timeline that was empty when it was first seen.
    pub cursor: Option<String>,
    /// There is more behind.
    pub more: bool,
    /// Entries that could not be read.
    pub unreadable: Option<(u64, String)>,
    /// Posts whose authors ask machines to pass over them.
    pub passed: u64,
    /// What a backfill could not reach.
    pub gap: Option<String>,
}

/// Where and with whose token timelines are read.
pub(super) struct Reader<'a> {
    /// The only door out.
    pub client: &'a Client,
    /// The server.
    pub home: &'a Home,
    /// The value of the `Authorization` header.
    pub bearer: Option<&'a secrecy::SecretString>,
    /// The moment of asking.
    pub now: Timestamp,
}

impl Reader<'_> {
    /// Asks for a path of the API.
    pub(super) async fn get(&self, url: String) -> Result<Response, FeedError> {
        let mut request = Request::get(url);
        if let Some(bearer) = self.bearer {
            request = request.header("authorization", bearer.clone());
        }
        good(self.client.call(request).await?, self.now)
    }

    async fn leaf(&self, timeline: &Timeline, from: From<'_>) -> Result<Leaf, FeedError> {
        let response = self.get(timeline.url(&self.home.base, &from)).await?;
        let read = statuses(&response.body, self.home, self.now, *timeline != Timeline::Mentions && !matches!(timeline, Timeline::Tag(_)))?;
        // The header wins: what it names is what the server itself would ask for next.
        let linked = |rel: &str, key: &str| response.header("link").and_then(|link| linked(link, rel, key));
        Ok(Leaf {
            newest: linked("prev", "min_id").or(read.first),
            oldest: linked("next", "max_id").or(read.last),
            mentions: read.mentions,
            count: read.count,
            unreadable: read.unreadable,
            passed: read.passed,
        })
    }

    /// Reads what is new since the cursor; on the first run only marks what is there, unless `backfill`.
    pub(super) async fn walk(&self, timeline: &Timeline, cursor: Option<&str>, backfill: Option<Timestamp>) -> Result<Walked, FeedError> {
        match (cursor, backfill) {
            (Some(id), _) if !id.is_empty() => self.forward(timeline, id).await,
            // It was empty when it was first seen: whatever is there now is new.
            (Some(_), _) => self.back(timeline, None).await,
            (None, Some(until)) => self.back(timeline, Some(until)).await,
            (None, None) => {
                let leaf = self.leaf(timeline, From::Newest).await?;
                Ok(Walked { cursor: Some(leaf.newest.unwrap_or_default()), unreadable: leaf.unreadable, ..Walked::default() })
            }
        }
    }

    async fn forward(&self, timeline: &Timeline, from: &str) -> Result<Walked, FeedError> {
        let mut walked = Walked::default();
        let mut id = from.to_owned();
        for page in 0..PAGES {
            let leaf = match self.leaf(timeline, From::After(&id)).await {
                Ok(leaf) => leaf,
                // What has been read so far counts; the rest comes again with the next call.
                Err(_) if page > 0 => break,
                Err(error) => return Err(error),
            };
            let full = leaf.count >= LIMIT;
            let next = leaf.newest.clone();
            walked.add(leaf);
            match next {
                Some(next) if next != id => {
                    walked.cursor = Some(next.clone());
                    id = next;
                }
                // A server that ignores `min_id` gives the same page for ever.
                _ => return Ok(walked),
            }
            if !full {
                return Ok(walked);
            }
            walked.more = page + 1 == PAGES;
        }
        Ok(walked)
    }

    /// Walks from the newest post back to `until`, or to the end.
    async fn back(&self, timeline: &Timeline, until: Option<Timestamp>) -> Result<Walked, FeedError> {
        let mut walked = Walked::default();
        let mut pages: Vec<Leaf> = Vec::new();
        let mut before: Option<String> = None;
        loop {
            let from = before.as_deref().map_or(From::Newest, From::Before);
            let leaf = match self.leaf(timeline, from).await {
                Ok(leaf) => leaf,
                Err(error) if pages.is_empty() => return Err(error),
                Err(error) => {
                    walked.gap = Some(format!("{timeline} was read back {} pages, then: {error}", pages.len()));
                    break;
                }
            };
            let older = until.is_some_and(|until| leaf.mentions.iter().any(|mention| mention.posted.is_some_and(|at| at < until)));
            let next = leaf.oldest.clone().filter(|next| Some(next) != before.as_ref());
            let end = older || leaf.count < LIMIT;
            pages.push(leaf);
            match next {
                Some(next) if !end && pages.len() < BACK => before = Some(next),
                Some(_) if !end => {
                    walked.gap = Some(format!("{timeline} was read back {BACK} pages and no further"));
                    break;
                }
                _ => break,
            }
        }
        walked.cursor = Some(pages.first().and_then(|leaf| leaf.newest.clone()).unwrap_or_default());
        pages.into_iter().rev().for_each(|leaf| walked.add(leaf));
        if let Some(until) = until {
            walked.mentions.retain(|mention| mention.when() >= until);
        }
        Ok(walked)
    }
}

impl Walked {
    /// Adds a page; the API gives each with the newest first.
    fn add(&mut self, leaf: Leaf) {
        self.mentions.extend(leaf.mentions.into_iter().rev());
        self.passed += leaf.passed;
        if let Some((count, why)) = leaf.unreadable {
            self.unreadable.get_or_insert((0, why)).0 += count;
        }
    }
}

/// The statuses of one answer.
#[derive(Debug, Default)]
pub(super) struct Statuses {
    /// Those that everybody may read, in the order of the answer.
    pub mentions: Vec<Mention>,
    /// Entries, readable or not.
    pub count: usize,
    /// Entries that could not be read.
    pub unreadable: Option<(u64, String)>,
    passed: u64,
    first: Option<String>,
    last: Option<String>,
}

/// An entry of a list of statuses or of notifications.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Entry<'a> {
    #[serde(borrow)]
    id: Loose<'a>,
    #[serde(borrow, rename = "type")]
    kind: Loose<'a>,
    #[serde(borrow)]
    status: Option<&'a RawValue>,
}

/// Reads a list of statuses or of notifications.
///
/// `respectful` leaves out authors who ask not to be indexed: right for everything that passes
/// by, wrong for what carries our tag or is addressed to us.
pub(super) fn statuses(body: &[u8], home: &Home, seen: Timestamp, respectful: bool) -> Result<Statuses, FeedError> {
    let entries: Vec<&RawValue> = json_bytes(body)?;
    let mut read = Statuses { count: entries.len(), ..Statuses::default() };
    for raw in entries {
        read.add(raw, home, seen, respectful);
    }
    Ok(read)
}

impl Statuses {
    /// The server's id of the last entry.
    pub(super) fn last_id(&self) -> Option<&str> {
        self.last.as_deref()
    }

    /// Reads one entry: a status, or a notification that carries one.
    pub(super) fn add(&mut self, raw: &RawValue, home: &Home, seen: Timestamp, respectful: bool) {
        let entry: Entry<'_> = serde_json::from_str(raw.get()).unwrap_or_default();
        if let Some(id) = entry.id.some() {
            self.first.get_or_insert_with(|| id.to_owned());
            self.last = Some(id.to_owned());
        }
        let inner = match (entry.kind.some(), entry.status) {
            (Some("mention"), Some(status)) => status,
            // Follows, boosts and favourites are no words.
            (Some(_), _) => return,
            (None, _) => raw,
        };
        let status = serde_json::from_str::<Status<'_>>(inner.get()).map_err(|error| error.to_string());
        let mention = match status {
            Ok(status) if !status.is_public() => return,
            Ok(status) if respectful && status.is_unindexed() => {
                self.passed += 1;
                return;
            }
            Ok(status) => status.mention(home, seen),
            Err(why) => Err(why),
        };
        match mention {
            Ok(mention) => self.mentions.push(mention),
            Err(why) => self.unreadable.get_or_insert((0, why)).0 += 1,
        }
    }
}

/// Takes a query value out of the link of a relation: `<https://...?min_id=7>; rel="prev"`.
fn linked(header: &str, rel: &str, key: &str) -> Option<String> {
    let wanted = format!("rel=\"{rel}\"");
    let link = header.split(',').find(|part| part.contains(&wanted))?;
    let url = link.split_once('<')?.1.split_once('>')?.0;
    let query = url.split_once('?')?.1;
    let found = url::form_urlencoded::parse(query.as_bytes()).find(|(name, _)| name == key)?;
    Some(found.1.into_owned()).filter(|id| !id.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_link_header_gives_opaque_ids() {
        let header = r#"<https://s.example/api/v1/timelines/tag/x?limit=40&max_id=01HX>; rel="next", <http://s.example/api/v1/timelines/tag/x?limit=40&min_id=01HZ%2B>; rel="prev""#;
        assert_eq!(linked(header, "prev", "min_id").as_deref(), Some("01HZ+"));
        assert_eq!(linked(header, "next", "max_id").as_deref(), Some("01HX"));
        assert_eq!(linked(header, "last", "max_id"), None);
        assert_eq!(linked("nonsense", "prev", "min_id"), None);
    }

    #[test]
    fn urls_carry_the_tag_as_one_path_segment() {
        let url = |timeline: Timeline| timeline.url("https://s.example", &From::After("a&b"));
        assert_eq!(url(Timeline::Tag("café/x".into())), "https://s.example/api/v1/timelines/tag/caf%C3%A9%2Fx?limit=40&min_id=a%26b");
        assert_eq!(url(Timeline::Remote), "https://s.example/api/v1/timelines/public?remote=true&limit=40&min_id=a%26b");
    }

    #[test]
    fn one_strange_entry_costs_itself() {
        let seen = Timestamp::from_second(1_795_300_000).expect("in range");
        let body = br#"[{"id":"3","content":"c","account":{"acct":"a@b.example"}},7,{"id":"2"},
            {"id":"9","type":"mention","status":{"id":"1","content":"a","account":{"acct":"a@b.example"}}},
            {"id":"8","type":"favourite","status":{"id":"1","content":"a","account":{"acct":"a@b.example"}}},
            {"id":"5","visibility":"direct","content":"secret","account":{"acct":"a@b.example"}},
            {"id":"4","content":"x","account":{"acct":"q@b.example","noindex":true}}]"#;
        let read = statuses(body, &Home::default(), seen, true).expect("a list");
        let texts: Vec<_> = read.mentions.iter().map(|mention| mention.text.as_str()).collect();
        assert_eq!((texts, read.count, read.passed), (vec!["c", "a"], 7, 1));
        assert_eq!(read.unreadable.map(|(count, _)| count), Some(2));
        assert_eq!((read.first.as_deref(), read.last.as_deref()), (Some("3"), Some("4")));
        assert!(matches!(statuses(b"{\"error\":\"no\"}", &Home::default(), seen, true), Err(FeedError::Unreadable { .. })));
    }
}
