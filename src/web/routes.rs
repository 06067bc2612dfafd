//! The routes: `/healthz`, `/readyz`, `/metrics`, `/in/{feed}`.

use std::borrow::Cow;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Json, Response};
use axum::routing::{get, post};
use tokio::time::Instant;

use super::Limits;
use crate::engine::{Health, Inboxes, Refused, Verdict};
use crate::observe::{CONTENT_TYPE, Metrics, Seldom};

/// The largest request a push feed takes.
const BODY: usize = 1 << 20;
/// A caller waits so long for its post to be stored; then it is told to come again.
const STORED_WITHIN: Duration = Duration::from_secs(10);

/// What the routes show and where they hand requests to.
#[derive(Debug, Clone)]
pub struct Doors {
    /// How each part is doing.
    pub health: Health,
    /// The counters.
    pub metrics: Metrics,
    /// The inboxes of push feeds.
    pub inboxes: Inboxes,
}

/// Requests that a push feed refused and that were not told of yet, by its name.
type Refusals = Arc<Mutex<HashMap<String, Seldom>>>;

/// Builds the routes.
pub fn router(doors: Doors, limits: Limits) -> Router {
    let refusals = Refusals::default();
    let hook = move |State(doors): State<Doors>, Path(feed): Path<String>, headers: HeaderMap, body: Body| async move {
        let Some(answer) = hook(&doors, &feed, &headers, body, limits.body).await else { return unknown() };
        note(&doors, &refusals, &feed, &answer);
        answer.into_response()
    };
    Router::new()
        .route("/healthz", get(healthz))
        .route("/readyz", get(readyz))
        .route("/metrics", get(metrics))
        .route("/in/{feed}", post(hook))
        .fallback((StatusCode::NOT_FOUND, "there are /healthz, /readyz, /metrics and POST /in/FEED\n"))
        .with_state(doors)
}

/// 200 while every part is well, 503 with the parts that are not.
async fn healthz(State(doors): State<Doors>) -> Response {
    let standing = doors.health.standing();
    let status = if standing.status == "ok" { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    (status, Json(standing)).into_response()
}

/// 200 while posts can be taken in.
async fn readyz(State(doors): State<Doors>) -> Response {
    if doors.health.ready() {
        return (StatusCode::OK, "ready\n").into_response();
    }
    let why = doors.health.standing().store.unwrap_or_else(|| "starting or stopping".to_owned());
    (StatusCode::SERVICE_UNAVAILABLE, format!("not ready: {why}\n")).into_response()
}

async fn metrics(State(doors): State<Doors>) -> Response {
    ([(header::CONTENT_TYPE, CONTENT_TYPE)], doors.metrics.render()).into_response()
}

/// How a push feed answers a request.
struct Answer {
    status: StatusCode,
    says: Cow<'static, str>,
}

impl Answer {
    fn new(status: StatusCode, says: impl Into<Cow<'static, str>>) -> Self {
        Self { status, says: says.into() }
    }
}

impl IntoResponse for Answer {
    fn into_response(self) -> Response {
        let mut response = (self.status, format!("{}\n", self.says)).into_response();
        if matches!(self.status, StatusCode::SERVICE_UNAVAILABLE | StatusCode::TOO_MANY_REQUESTS) {
            response.headers_mut().insert(header::RETRY_AFTER, header::HeaderValue::from_static("5"));
        }
        response
    }
}

/// Hands a request to its feed; answers 2xx only after the post is stored. `None` when no push feed has this name.
async fn hook(doors: &Doors, feed: &str, headers: &HeaderMap, body: Body, within: Duration) -> Option<Answer> {
    let come_again = |why| Some(Answer::new(StatusCode::SERVICE_UNAVAILABLE, why));
    let Some(inbox) = doors.inboxes.find(feed) else {
        // A feed opens its inbox with its first call; many senders take a 404 for a last word.
        let opens = doors.inboxes.promised(feed) && doors.health.standing().feeds.contains_key(feed);
        return if !doors.health.ready() || opens { come_again("starting") } else { None };
    };
    let body = match tokio::time::timeout(within, to_bytes(body, BODY)).await {
        Ok(Ok(body)) => body,
        Ok(Err(_)) => return Some(Answer::new(StatusCode::PAYLOAD_TOO_LARGE, "more than 1 MiB, or cut off")),
        Err(_) => return Some(Answer::new(StatusCode::REQUEST_TIMEOUT, "the body took too long")),
    };
    let headers = headers.iter().filter_map(|(name, value)| Some((name.as_str().to_owned(), value.to_str().ok()?.to_owned()))).collect();
    let verdict = match inbox.hand_in(headers, body) {
        Ok(verdict) => verdict,
        Err(Refused::Full) => return Some(Answer::new(StatusCode::TOO_MANY_REQUESTS, "too many posts wait")),
        // The feed of a plan that is no more.
        Err(Refused::Closed) if !doors.health.standing().feeds.contains_key(feed) => return None,
        Err(Refused::Closed) => return come_again("the feed is stopping"),
    };
    match tokio::time::timeout(STORED_WITHIN, verdict).await {
        Ok(Ok(Verdict::Accepted)) => Some(Answer::new(StatusCode::ACCEPTED, "stored")),
        Ok(Ok(Verdict::Unsigned(why))) => Some(Answer::new(StatusCode::UNAUTHORIZED, why)),
        Ok(Ok(Verdict::Unreadable(why))) => Some(Answer::new(StatusCode::UNPROCESSABLE_ENTITY, why)),
        Ok(Err(_)) | Err(_) => come_again("not stored yet; send it again"),
    }
}

/// Counts an answer, and tells the log of a refusal: a sender whose secret is an old one would lose its posts unseen.
fn note(doors: &Doors, refusals: &Refusals, feed: &str, answer: &Answer) {
    // Before the house is ready any name is told to come again; a stranger's word must not become a label.
    if !doors.inboxes.promised(feed) {
        return;
    }
    doors.metrics.answered(feed, answer.status.as_u16());
    // What may come again is not lost, and a daemon that starts is no sender's mistake.
    if answer.status.is_success() || answer.status == StatusCode::SERVICE_UNAVAILABLE {
        return;
    }
    let mut refusals = refusals.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(count) = refusals.entry(feed.to_owned()).or_default().add(1, Instant::now()) {
        tracing::warn!(feed, count, status = answer.status.as_u16(), why = %answer.says, "refused what was handed in");
    }
}

fn unknown() -> Response {
    (StatusCode::NOT_FOUND, "no feed of type \"webhook\" has this name\n").into_response()
}
