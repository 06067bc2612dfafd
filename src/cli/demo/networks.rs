//! The demo's loopback networks: they answer as the real services would.
//!
//! Hacker News (Algolia by date), a Mastodon server (public timeline forward
//! with `min_id` and `Link`), a blog's RSS feed, and Bluesky's Jetstream with
//! the profile call that follows a hit. A post exists from its moment of the
//! story on, and carries that moment as its date.

use std::collections::HashMap;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use axum::Router;
use axum::extract::{Path, Query, Request, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Json, Response};
use axum::routing::get;
use futures_util::SinkExt as _;
use hyper_util::rt::TokioIo;
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::handshake::derive_accept_key;
use tokio_tungstenite::tungstenite::protocol::{Message, Role};

use super::story::{Place, StoryPost};
use crate::engine::Clock;

/// How often a live connection looks for new posts.
const LOOK: Duration = Duration::from_millis(10);

/// The story and its clock; cheap to clone.
#[derive(Clone)]
pub(super) struct Networks {
    story: Arc<Vec<StoryPost>>,
    clock: Clock,
    start: Arc<OnceLock<Timestamp>>,
}

/// One published post: its number in the story, its words and its moment.
struct Published<'a> {
    number: usize,
    post: &'a StoryPost,
    at: Timestamp,
}

impl Networks {
    /// Prepares the networks; nothing is published before [`Networks::begin`].
    pub(super) fn new(story: Vec<StoryPost>, clock: Clock) -> Self {
        Self { story: Arc::new(story), clock, start: Arc::default() }
    }

    /// Starts the story now.
    pub(super) fn begin(&self) {
        self.start.get_or_init(|| self.clock.now());
    }

    /// The routes of all networks together: their paths do not meet.
    pub(super) fn router(self) -> Router {
        Router::new()
            .route("/api/v1/search_by_date", get(hackernews))
            .route("/api/v2/instance", get(instance))
            .route("/api/v1/timelines/public", get(timeline))
            .route("/api/v1/timelines/tag/{tag}", get(tag_timeline))
            .route("/blog/feed.xml", get(rss))
            .route("/xrpc/app.bsky.actor.getProfiles", get(profiles))
            .route("/xrpc/app.bsky.feed.getPosts", get(|| async { Json(json!({"posts": []})) }))
            .route("/subscribe", get(jetstream))
            .with_state(self)
    }

    fn published(&self, place: Place) -> Vec<Published<'_>> {
        let (Some(start), now) = (self.start.get(), self.clock.now()) else { return Vec::new() };
        let moment = |post: &StoryPost| start.checked_add(SignedDuration::try_from(post.after()).ok()?).ok();
        let all = self.story.iter().enumerate().filter(|(_, post)| post.on == place);
        all.filter_map(|(number, post)| Some(Published { number: self.number(number, post), post, at: moment(post)? }))
            .filter(|published| published.at <= now)
            .collect()
    }

    /// A post that the network sends again keeps the number of the first.
    fn number(&self, number: usize, post: &StoryPost) -> usize {
        let same = |other: &StoryPost| other.on == post.on && other.by == post.by && other.text == post.text;
        if post.repeats { self.story.iter().position(same).unwrap_or(number) } else { number }
    }
}

/// Decentralised ids are opaque; a hash of the handle will do.
fn did(handle: &str) -> String {
    format!("did:plc:{}", handle.replace('.', "").to_lowercase())
}

async fn hackernews(State(networks): State<Networks>, Query(query): Query<HashMap<String, String>>) -> Json<Value> {
    let since = query.get("numericFilters").and_then(|filter| filter.split(['>', '=', ',']).find_map(|part| part.parse::<i64>().ok()));
    let words = query.get("query").map(|words| words.replace('"', "").to_lowercase()).unwrap_or_default();
    let hits: Vec<Value> = networks
        .published(Place::HackerNews)
        .into_iter()
        .rev()
        .filter(|one| one.at.as_second() >= since.unwrap_or(0) && one.post.text.to_lowercase().contains(&words))
        .map(|one| {
            let id = 46_000_000 + one.number;
            json!({
                "objectID": id.to_string(), "created_at": one.at.to_string(), "created_at_i": one.at.as_second(),
                "author": one.post.by, "comment_text": escape(&one.post.text), "story_id": 45_999_000, "parent_id": 45_999_000,
                "story_title": "Ask HN: What do you use to share files?", "title": null, "points": null,
                "_tags": ["comment", format!("author_{}", one.post.by), "story_45999000"],
            })
        })
        .collect();
    Json(json!({"nbHits": hits.len(), "hits": hits, "page": 0, "nbPages": 1, "hitsPerPage": 1000}))
}

async fn instance() -> Json<Value> {
    Json(json!({
        "domain": "social.example", "title": "Social", "version": "4.5.0",
        "configuration": {"urls": {}, "timelines_access": {
            "live_feeds": {"local": "public", "remote": "public"}, "hashtag_feeds": {"local": "public", "remote": "public"}}},
    }))
}

async fn timeline(state: State<Networks>, headers: HeaderMap, query: Query<HashMap<String, String>>) -> Response {
    statuses(&state, &headers, &query, "public", |_| true)
}

async fn tag_timeline(
    state: State<Networks>,
    Path(tag): Path<String>,
    headers: HeaderMap,
    query: Query<HashMap<String, String>>,
) -> Response {
    let tag = format!("#{}", tag.to_lowercase());
    statuses(&state, &headers, &query, &format!("tag/{tag}"), |text| text.to_lowercase().contains(&tag))
}

fn statuses(
    networks: &Networks,
    headers: &HeaderMap,
    query: &HashMap<String, String>,
    path: &str,
    wanted: impl Fn(&str) -> bool,
) -> Response {
    let after = query.get("min_id").or_else(|| query.get("since_id")).and_then(|id| id.parse::<usize>().ok());
    let shown: Vec<Value> = networks
        .published(Place::Mastodon)
        .into_iter()
        .rev()
        .filter(|one| after.is_none_or(|after| status_id(one.number) > after) && wanted(&one.post.text))
        .map(|one| status(&one))
        .collect();
    let host = headers.get(header::HOST).and_then(|host| host.to_str().ok()).unwrap_or("localhost");
    let newest = shown.first().and_then(|status| status["id"].as_str()).map(str::to_owned);
    let mut response = Json(shown).into_response();
    if let Some(newest) = newest
        && let Ok(link) = HeaderValue::from_str(&format!("<http://{host}/api/v1/timelines/{path}?min_id={newest}>; rel=\"prev\""))
    {
        response.headers_mut().insert(header::LINK, link);
    }
    response
}

fn status_id(number: usize) -> usize {
    115_000_000_000_000 + number
}

fn status(one: &Published<'_>) -> Value {
    let id = status_id(one.number).to_string();
    let by = &one.post.by;
    json!({
        "id": id, "uri": format!("https://social.example/users/{by}/statuses/{id}"), "url": format!("https://social.example/@{by}/{id}"),
        "created_at": one.at.to_string(), "language": null, "visibility": "public", "spoiler_text": "", "reblog": null,
        "content": format!("<p>{}</p>", escape(&one.post.text)), "media_attachments": [], "mentions": [], "tags": [], "emojis": [],
        "account": {"id": by, "username": by, "acct": by, "display_name": one.post.name, "url": format!("https://social.example/@{by}")},
    })
}

async fn rss(State(networks): State<Networks>) -> Response {
    let items: String = networks
        .published(Place::Rss)
        .iter()
        .rev()
        .map(|one| {
            let title = escape(one.post.title.as_deref().unwrap_or_default());
            format!(
                "<item><title>{title}</title><link>https://blog.example/{n}</link><guid isPermaLink=\"false\">post-{n}</guid>\
                 <author>{by}</author><pubDate>{date}</pubDate><description>{text}</description></item>\n",
                n = one.number,
                by = escape(&one.post.by),
                date = one.at.strftime("%a, %d %b %Y %H:%M:%S GMT"),
                text = escape(&one.post.text),
            )
        })
        .collect();
    let body = format!(
        "<?xml version=\"1.0\"?><rss version=\"2.0\"><channel><title>Office Notes</title><link>https://blog.example/</link>{items}</channel></rss>"
    );
    ([(header::CONTENT_TYPE, "application/rss+xml")], body).into_response()
}

async fn profiles(State(networks): State<Networks>) -> Json<Value> {
    let profiles: Vec<Value> = networks
        .story
        .iter()
        .filter(|post| post.on == Place::Bluesky)
        .map(|post| json!({"did": did(&post.by), "handle": post.by, "displayName": post.name}))
        .collect();
    Json(json!({"profiles": profiles}))
}

/// Answers the websocket upgrade and sends every Bluesky post as it is published.
async fn jetstream(State(networks): State<Networks>, mut request: Request) -> Response {
    let Some(key) = request.headers().get("sec-websocket-key").map(|key| derive_accept_key(key.as_bytes())) else {
        return StatusCode::BAD_REQUEST.into_response();
    };
    let upgrade = hyper::upgrade::on(&mut request);
    #[expect(clippy::disallowed_methods, reason = "a connection of the demo's fake network; ends with the process")]
    tokio::spawn(async move {
        let Ok(upgraded) = upgrade.await else { return };
        let mut socket = WebSocketStream::from_raw_socket(TokioIo::new(upgraded), Role::Server, None).await;
        let mut sent = 0;
        loop {
            let published = networks.published(Place::Bluesky);
            for one in published.iter().skip(sent) {
                if socket.send(Message::text(event(one).to_string())).await.is_err() {
                    return;
                }
            }
            sent = published.len();
            tokio::time::sleep(LOOK).await;
        }
    });
    let mut response = StatusCode::SWITCHING_PROTOCOLS.into_response();
    let headers = response.headers_mut();
    headers.insert(header::CONNECTION, HeaderValue::from_static("Upgrade"));
    headers.insert(header::UPGRADE, HeaderValue::from_static("websocket"));
    if let Ok(key) = HeaderValue::from_str(&key) {
        headers.insert("sec-websocket-accept", key);
    }
    response
}

fn event(one: &Published<'_>) -> Value {
    let mut record = json!({
        "$type": "app.bsky.feed.post", "createdAt": one.at.to_string(), "text": one.post.text,
    });
    if let Some(link) = &one.post.link {
        record["embed"] = json!({"$type": "app.bsky.embed.external", "external": {"uri": link, "title": "", "description": ""}});
    }
    json!({
        "did": did(&one.post.by), "time_us": one.at.as_microsecond(), "kind": "commit",
        "commit": {
            "rev": format!("3mdemo{:07}", one.number), "operation": "create", "collection": "app.bsky.feed.post",
            "rkey": format!("3mdemo{:07}", one.number), "cid": "bafyreidemo", "record": record,
        },
    })
}

/// Writes text as HTML or XML.
fn escape(text: &str) -> String {
    // Control characters cannot stand in XML; the networks would not let them through either.
    let text: String = text.chars().filter(|c| !c.is_control() || *c == '\n').collect();
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}
