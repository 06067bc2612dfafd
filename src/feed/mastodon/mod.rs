//! Mastodon and every other server that speaks its API: tags, timelines, mentions.
//!
//! `timeline` walks each timeline forward by opaque ids; `stream` brings posts
//! sooner where a token opens it; `instance` asks first what may be read at all;
//! `status` makes the mention. All timelines of a feed share one cursor, a map
//! from the timeline to the last id.

mod instance;
mod read;
mod scan;
mod status;
mod stream;
mod timeline;

use std::collections::BTreeMap;
use std::time::Duration;

use async_trait::async_trait;
use jiff::Timestamp;
use secrecy::{ExposeSecret as _, SecretString};
use tokio::sync::Mutex;
use tokio::time::Instant;

use super::clock::Clock;
use super::{Ask, Feed, FeedError, FeedKind, Outside, Pace, Page};
use crate::config::{Diagnostic, Field, Form, Section};
use crate::domain::{Cursor, Mention};
use crate::net::{Client, names_loopback};

use self::instance::Instance;
use self::stream::Stream;
use self::timeline::{Reader, Timeline};

/// Where most people are.
const INSTANCE: &str = "mastodon.social";
/// How often timelines are walked.
const PACE: Duration = Duration::from_mins(1);
/// Posts of a stream wait at most this long for company.
const WINDOW: Duration = Duration::from_millis(50);
/// Tags of one feed: each is a call in every round, and a server allows 300 in 5 minutes.
const TAGS: usize = 40;

/// What `type = "mastodon"` means.
pub(in crate::feed) const KIND: FeedKind = FeedKind {
    name: "mastodon",
    summary: "tags, timelines and mentions of a Mastodon-API server",
    sample: r#"[feeds.mastodon]
type = "mastodon"                      # also GoToSocial, Akkoma, Takahe and others that speak its API
instance = "mastodon.social"
tags = ["nomadesk", "dropbox"]         # default: every watched term that can be a tag
# public = "local"                     # also everything its own people write ("remote", "all")
# token = "cred:mastodon"              # scopes read:statuses read:notifications; adds mentions and the stream
every = "60s"
"#,
    fields: &[
        Field::optional("instance", Form::Text, "Host or URL of the server; default mastodon.social."),
        Field::optional("tags", Form::Texts, "Tags to follow, without `#`; default every watched term that can be a tag."),
        Field::optional("public", Form::OneOf(&["off", "local", "remote", "all"]), "Which public timeline to read as well; default off."),
        Field::optional("token", Form::Secret, "Access token of an account: adds its mentions and the stream."),
    ],
    build,
    read: read::read,
    scan: Some(scan::scan),
};

/// The feed.
struct Mastodon {
    client: Client,
    base: String,
    timelines: Vec<Timeline>,
    bearer: Option<SecretString>,
    every: Duration,
    state: Mutex<State>,
}

/// What outlives a call.
#[derive(Default)]
struct State {
    instance: Option<Instance>,
    /// When the timelines were walked last.
    walked: Option<Instant>,
    /// What people have been told about each timeline, so that it is said once.
    told: BTreeMap<String, String>,
    stream: Stream,
}

fn build(section: &Section, outside: &Outside) -> Result<Box<dyn Feed>, Vec<Diagnostic>> {
    let mut mistakes = Vec::new();
    let base = base(section.text("base_url").or(section.text("instance")).unwrap_or(INSTANCE));
    if crate::net::host_of(&base).is_empty() {
        mistakes.push(section.mistake("instance", "no host of a server", "write `instance = \"mastodon.social\"`"));
    }
    let token = section.secret("token");
    let public = match section.text("public") {
        Some("local") => Some(Timeline::Local),
        Some("remote") => Some(Timeline::Remote),
        Some("all") => Some(Timeline::Public),
        _ => None,
    };
    let mut tags = tags(section.texts("tags"));
    for tag in section.texts("tags").iter().filter(|tag| tag_of(tag).is_none()) {
        mistakes.push(section.mistake("tags", format!("`{tag}` cannot be a tag"), "tags are one word of letters, digits and `_`"));
    }
    if tags.is_empty() && public.is_none() && token.is_none() {
        tags = self::tags(&outside.terms);
        if tags.is_empty() && !outside.terms.is_empty() {
            mistakes.push(section.mistake("tags", "no watched term can be a tag", "name `tags`, a `public` timeline or a `token`"));
        }
    }
    if tags.len() > TAGS {
        mistakes.push(section.mistake(
            "tags",
            format!("{} tags: a server allows calls for about {TAGS}", tags.len()),
            "name the `tags` that matter, or use several feeds",
        ));
    }
    if !mistakes.is_empty() {
        return Err(mistakes);
    }
    let mut timelines: Vec<Timeline> = tags.into_iter().map(Timeline::Tag).chain(public).collect();
    timelines.extend(token.map(|_| Timeline::Mentions));
    Ok(Box::new(Mastodon {
        client: outside.client.clone(),
        base,
        timelines,
        bearer: token.map(bearer),
        every: section.duration("every").unwrap_or(PACE),
        state: Mutex::default(),
    }))
}

/// Writes a server's address: a bare host is https.
fn base(instance: &str) -> String {
    let instance = instance.trim().trim_end_matches('/');
    if instance.contains("://") { instance.to_owned() } else { format!("https://{instance}") }
}

fn bearer(token: &crate::config::Secret) -> SecretString {
    format!("Bearer {}", token.value.expose_secret().trim()).into()
}

/// Gives a tag as the API wants it; `None` for what cannot be one.
fn tag_of(term: &str) -> Option<String> {
    let tag = term.trim().trim_start_matches('#');
    let fits = tag.chars().count() >= 2 && tag.chars().all(|c| c.is_alphanumeric() || c == '_') && tag.chars().any(char::is_alphabetic);
    fits.then(|| tag.to_lowercase())
}

/// Gives the tags among terms, each once.
fn tags(terms: &[String]) -> Vec<String> {
    let mut tags: Vec<String> = Vec::new();
    for tag in terms.iter().filter_map(|term| tag_of(term)) {
        if !tags.contains(&tag) {
            tags.push(tag);
        }
    }
    tags
}

#[async_trait]
impl Feed for Mastodon {
    fn pace(&self) -> Pace {
        if self.bearer.is_some() { Pace::Live } else { Pace::Every(self.every) }
    }

    async fn fetch(&self, ask: Ask<'_>) -> Result<Page, FeedError> {
        let clock = Clock::at(ask.now);
        let mut state = self.state.lock().await;
        if self.bearer.is_none() {
            return self.walk(&mut state, ask).await;
        }
        let due = state.walked.map(|walked| walked + self.every);
        if due.is_none_or(|due| due <= Instant::now()) {
            let mut page = self.walk(&mut state, ask).await?;
            if !page.more {
                state.walked = Some(Instant::now());
            }
            self.connect(&mut state).await;
            join(&mut page, std::mem::take(&mut state.stream.page));
            return Ok(page);
        }
        let State { instance, stream, .. } = &mut *state;
        let home = instance.as_ref().map(|instance| instance.home.clone()).unwrap_or_default();
        stream.listen(due.unwrap_or_else(Instant::now), WINDOW, &home, || clock.now()).await;
        Ok(std::mem::take(&mut stream.page))
    }

    /// Fills in what hits answer: the identity and the words of the parent.
    async fn enrich(&self, mentions: &mut [Mention]) {
        let state = self.state.try_lock().ok().and_then(|state| state.instance.clone());
        let home = state.map_or_else(|| status::Home { base: self.base.clone(), domain: String::new() }, |instance| instance.home);
        let reader = Reader { client: &self.client, home: &home, bearer: self.bearer.as_ref(), now: Timestamp::UNIX_EPOCH };
        for mention in mentions {
            let Some(parent) = mention.thread.parent.clone().filter(|parent| parent.starts_with(&home.address(""))) else { continue };
            let Ok(response) = reader.get(parent).await else { return };
            let Some(parent) = read::one(&response.body, &home, mention.seen) else { continue };
            mention.thread.parent = Some(parent.native_id);
            mention.thread.parent_text = Some(parent.text);
        }
    }

    async fn probe(&self, now: Timestamp) -> Result<String, FeedError> {
        let instance = Instance::ask(&self.client, &self.base, now).await?;
        let reader = Reader { client: &self.client, home: &instance.home, bearer: self.bearer.as_ref(), now };
        let shut: Vec<String> = self.timelines.iter().filter_map(|timeline| instance.obstacle(timeline, self.bearer.is_some())).collect();
        // One real call: with a token the one that needs it, which proves the token.
        let asked = self.timelines.last().cloned().unwrap_or(Timeline::Public);
        reader.walk(&asked, None, None).await?;
        let readable =
            self.timelines.len() - self.timelines.iter().filter(|timeline| instance.is_shut(timeline, self.bearer.is_some())).count();
        let mut said =
            format!("{} ({}): {readable} of {} timelines can be read", instance.home.domain, instance.version, self.timelines.len());
        for obstacle in shut {
            said.push_str("; ");
            said.push_str(&obstacle);
        }
        Ok(said)
    }
}

impl Mastodon {
    /// Walks every timeline once, from where it stood.
    async fn walk(&self, state: &mut State, ask: Ask<'_>) -> Result<Page, FeedError> {
        if state.instance.is_none() {
            state.instance = Some(Instance::ask(&self.client, &self.base, ask.now).await?);
        }
        let Some(instance) = &state.instance else { return Ok(Page::default()) };
        let account = self.bearer.is_some();
        let mut cursor: BTreeMap<String, String> = ask.since.and_then(Cursor::read).unwrap_or_default();
        let before = cursor.clone();
        let reader = Reader { client: &self.client, home: &instance.home, bearer: self.bearer.as_ref(), now: ask.now };
        let mut page = Page::default();
        let mut told = BTreeMap::new();
        let mut failure: Option<FeedError> = None;
        let mut read = 0_usize;
        for timeline in &self.timelines {
            let key = timeline.key();
            if let Some(obstacle) = instance.obstacle(timeline, account) {
                told.insert(key.clone(), obstacle);
            }
            if instance.is_shut(timeline, account) {
                continue;
            }
            match reader.walk(timeline, cursor.get(&key).map(String::as_str), ask.backfill).await {
                Ok(walked) => {
                    read += 1;
                    page.mentions.extend(walked.mentions);
                    page.passed += walked.passed;
                    page.more |= walked.more;
                    if let Some((count, why)) = walked.unreadable {
                        page.unreadable.get_or_insert((0, why)).0 += count;
                    }
                    if let Some(gap) = walked.gap {
                        told.insert(format!("{key} backfill"), gap);
                    }
                    cursor.extend(walked.cursor.map(|id| (key, id)));
                }
                Err(error) => {
                    told.insert(key, format!("{timeline}: {error}"));
                    let throttled = matches!(error, FeedError::Throttled { .. });
                    failure.get_or_insert(error);
                    if throttled {
                        break;
                    }
                }
            }
        }
        if read == 0 {
            return Err(failure.unwrap_or_else(|| FeedError::Denied { why: joined(told.values()) }));
        }
        if let Some(FeedError::Throttled { after, .. }) = failure {
            page.not_before = after;
            page.more = false;
        }
        // Said once, and again when it changes: a closed timeline stays closed for years.
        let news = told.iter().filter(|(key, said)| state.told.get(*key) != Some(*said)).map(|(_, said)| said);
        page.gap = Some(joined(news)).filter(|gap| !gap.is_empty());
        state.told = told;
        page.cursor = (cursor != before).then(|| Cursor::write(&cursor));
        Ok(page)
    }

    /// Opens the stream, unless it is open.
    async fn connect(&self, state: &mut State) {
        let (Some(instance), Some(bearer)) = (&state.instance, &self.bearer) else { return };
        if state.stream.is_open() {
            return;
        }
        // A token goes where the server says, but never over a plain connection that the operator did not choose.
        let own = format!("ws{}", self.base.strip_prefix("http").unwrap_or("s://"));
        let named = instance.streaming.clone().filter(|url| url.starts_with("wss://") || names_loopback(&self.base));
        let address = named.unwrap_or(own);
        state.stream.open(&self.client, address.trim_end_matches('/'), &instance.home, bearer, &self.timelines).await;
    }
}

fn joined<'s>(said: impl Iterator<Item = &'s String>) -> String {
    said.map(String::as_str).collect::<Vec<_>>().join("; ")
}

/// Adds what a stream gave to what a walk gave; the store knows what is in both.
fn join(page: &mut Page, streamed: Page) {
    page.mentions.extend(streamed.mentions);
    page.deleted.extend(streamed.deleted);
    if let Some((count, why)) = streamed.unreadable {
        page.unreadable.get_or_insert((0, why)).0 += count;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn terms_that_can_be_tags_become_tags_once() {
        let terms = ["Nomadesk", "#nomadesk", "@nomadesk", "drop box", "nomadesk.com", "C++", "7", "Zürich_2"].map(str::to_owned);
        assert_eq!(tags(&terms), ["nomadesk", "zürich_2"]);
    }

    #[test]
    fn a_bare_host_is_https() {
        assert_eq!(base("mastodon.social/"), "https://mastodon.social");
        assert_eq!(base("http://127.0.0.1:3000"), "http://127.0.0.1:3000");
    }
}
