//! The routes: `/healthz`, `/readyz`, `/metrics`, `/in/{feed}`.

use std::time::Duration;

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Json, Response};
use axum::routing::{get, post};

use super::Limits;
use crate::engine::{Health, Inboxes, Refused, Verdict};
use crate::observe::{CONTENT_TYPE, Metrics};

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

/// Builds the routes.
pub fn router(doors: Doors, limits: Limits) -> Router {
    let hook = move |State(doors): State<Doors>, Path(feed): Path<String>, headers: HeaderMap, body: Body| async move {
        hook(&doors, &feed, &headers, body, limits.body).await
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

/// Hands a request to its feed; answers 2xx only after the post is stored.
async fn hook(doors: &Doors, feed: &str, headers: &HeaderMap, body: Body, within: Duration) -> Response {
    let Some(inbox) = doors.inboxes.find(feed) else {
        // A feed opens its inbox with its first call; many senders take a 404 for a last word.
        let opens = doors.inboxes.promised(feed) && doors.health.standing().feeds.contains_key(feed);
        if !doors.health.ready() || opens {
            return come_again(StatusCode::SERVICE_UNAVAILABLE, "starting");
        }
        return unknown();
    };
    let body = match tokio::time::timeout(within, to_bytes(body, BODY)).await {
        Ok(Ok(body)) => body,
        Ok(Err(_)) => return (StatusCode::PAYLOAD_TOO_LARGE, "more than 1 MiB, or cut off\n").into_response(),
        Err(_) => return (StatusCode::REQUEST_TIMEOUT, "the body took too long\n").into_response(),
    };
    let headers = headers.iter().filter_map(|(name, value)| Some((name.as_str().to_owned(), value.to_str().ok()?.to_owned()))).collect();
    let verdict = match inbox.hand_in(headers, body) {
        Ok(verdict) => verdict,
        Err(Refused::Full) => return come_again(StatusCode::TOO_MANY_REQUESTS, "too many posts wait"),
        // The feed of a plan that is no more.
        Err(Refused::Closed) if !doors.health.standing().feeds.contains_key(feed) => return unknown(),
        Err(Refused::Closed) => return come_again(StatusCode::SERVICE_UNAVAILABLE, "the feed is stopping"),
    };
    match tokio::time::timeout(STORED_WITHIN, verdict).await {
        Ok(Ok(Verdict::Accepted)) => (StatusCode::ACCEPTED, "stored\n").into_response(),
        Ok(Ok(Verdict::Unsigned(why))) => (StatusCode::UNAUTHORIZED, why + "\n").into_response(),
        Ok(Ok(Verdict::Unreadable(why))) => (StatusCode::UNPROCESSABLE_ENTITY, why + "\n").into_response(),
        Ok(Err(_)) | Err(_) => come_again(StatusCode::SERVICE_UNAVAILABLE, "not stored yet; send it again"),
    }
}

fn unknown() -> Response {
    (StatusCode::NOT_FOUND, "no feed of type \"webhook\" has this name\n").into_response()
}

fn come_again(status: StatusCode, why: &'static str) -> Response {
    let mut response = Response::new(Body::from(format!("{why}\n")));
    *response.status_mut() = status;
    response.headers_mut().insert(header::RETRY_AFTER, header::HeaderValue::from_static("5"));
    response
}
