//! The routes: `/healthz`, `/readyz`, `/metrics`, `/hooks/{feed}`.

use std::time::Duration;

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::{DefaultBodyLimit, Path, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Json, Response};
use axum::routing::{get, post};
use tokio::sync::{mpsc, oneshot};

use crate::engine::{Health, Inbound, Inboxes, Verdict};
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
pub fn router(doors: Doors) -> Router {
    Router::new()
        .route("/healthz", get(healthz))
        .route("/readyz", get(readyz))
        .route("/metrics", get(metrics))
        .route("/hooks/{feed}", post(hook))
        .layer(DefaultBodyLimit::max(BODY))
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
async fn hook(State(doors): State<Doors>, Path(feed): Path<String>, headers: HeaderMap, body: Bytes) -> Response {
    let Some(inbox) = doors.inboxes.find(&feed) else {
        return (StatusCode::NOT_FOUND, "no feed of type \"webhook\" has this name\n").into_response();
    };
    let (answer, verdict) = oneshot::channel();
    let headers = headers.iter().filter_map(|(name, value)| Some((name.as_str().to_owned(), value.to_str().ok()?.to_owned()))).collect();
    match inbox.try_send(Inbound { headers, body, answer }) {
        Ok(()) => {}
        Err(mpsc::error::TrySendError::Full(_)) => return come_again(StatusCode::TOO_MANY_REQUESTS, "too many posts wait"),
        Err(mpsc::error::TrySendError::Closed(_)) => return come_again(StatusCode::SERVICE_UNAVAILABLE, "the feed is stopping"),
    }
    match tokio::time::timeout(STORED_WITHIN, verdict).await {
        Ok(Ok(Verdict::Accepted)) => (StatusCode::ACCEPTED, "stored\n").into_response(),
        Ok(Ok(Verdict::Unsigned(why))) => (StatusCode::UNAUTHORIZED, why + "\n").into_response(),
        Ok(Ok(Verdict::Unreadable(why))) => (StatusCode::UNPROCESSABLE_ENTITY, why + "\n").into_response(),
        Ok(Err(_)) | Err(_) => come_again(StatusCode::SERVICE_UNAVAILABLE, "not stored yet; send it again"),
    }
}

fn come_again(status: StatusCode, why: &'static str) -> Response {
    let mut response = Response::new(Body::from(format!("{why}\n")));
    *response.status_mut() = status;
    response.headers_mut().insert(header::RETRY_AFTER, header::HeaderValue::from_static("5"));
    response
}
