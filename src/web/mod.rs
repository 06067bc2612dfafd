//! Inbound HTTP: health, readiness, metrics, and the way in for push feeds.
//!
//! Listens on loopback unless the configuration says otherwise. Nothing here
//! decides anything: it shows what [`crate::engine::Health`] knows and hands
//! requests to the inbox of the feed that owns the path.

mod routes;

use std::net::SocketAddr;
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use axum::http::{HeaderValue, header};
use axum::middleware::map_response;
use axum::response::Response;

use futures_util::stream::{FuturesUnordered, StreamExt as _};
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use tokio::net::{TcpListener, TcpStream};
use tokio_util::sync::CancellationToken;

pub use routes::{Doors, router};

/// A pause after the system could not accept a connection: it has run out of something.
const BREATH: Duration = Duration::from_millis(100);

/// A port that could not be opened.
#[derive(Debug, thiserror::Error)]
#[error("cannot listen on {address}: {source}")]
pub struct ListenError {
    address: SocketAddr,
    source: std::io::Error,
}

/// How much a caller may ask of the doors: whoever dawdles must not keep others out.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// The head of a request, or the next request of an idle connection, must be here within this time.
    pub head: Duration,
    /// The body of a request must be here within this time.
    pub body: Duration,
    /// Connections at a time; more wait to be accepted.
    pub connections: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self { head: Duration::from_secs(20), body: Duration::from_secs(20), connections: 128 }
    }
}

/// Opens the port; done before anything else starts, so that a port in use is said at once.
pub async fn listen(address: SocketAddr) -> Result<TcpListener, ListenError> {
    TcpListener::bind(address).await.map_err(|source| ListenError { address, source })
}

/// Answers until the token is cancelled; then finishes the requests under way.
///
/// All connections live in this one future: only the engine starts tasks.
pub async fn serve(listener: TcpListener, doors: Doors, limits: Limits, stop: CancellationToken) {
    let crowd = Arc::new(AtomicBool::new(false));
    let asked = Arc::clone(&crowd);
    let turns = map_response(move |response| std::future::ready(give_way(response, asked.load(Ordering::Relaxed))));
    let router = router(doors, limits).layer(turns);
    let mut open = FuturesUnordered::new();
    loop {
        crowd.store(open.len() >= limits.connections, Ordering::Relaxed);
        tokio::select! {
            () = stop.cancelled() => break,
            accepted = listener.accept(), if open.len() < limits.connections => match accepted {
                Ok((stream, _)) => open.push(answer(stream, router.clone(), limits, stop.clone())),
                Err(error) => {
                    tracing::debug!(%error, "cannot accept a connection");
                    tokio::time::sleep(BREATH).await;
                }
            },
            Some(()) = open.next() => {}
        }
    }
    while open.next().await.is_some() {}
}

/// Ends a connection with its answer while others wait for one: a caller who keeps all of them busy takes turns with the rest.
fn give_way(mut response: Response, crowd: bool) -> Response {
    if crowd {
        response.headers_mut().insert(header::CONNECTION, HeaderValue::from_static("close"));
    }
    response
}

/// Answers the requests of one connection.
async fn answer(stream: TcpStream, router: axum::Router, limits: Limits, stop: CancellationToken) {
    let mut builder = http1::Builder::new();
    builder.timer(TokioTimer::new()).header_read_timeout(limits.head);
    let mut connection = pin!(builder.serve_connection(TokioIo::new(stream), TowerToHyperService::new(router)));
    let ended = tokio::select! {
        ended = connection.as_mut() => ended,
        () = stop.cancelled() => {
            connection.as_mut().graceful_shutdown();
            connection.await
        }
    };
    // A caller that hangs up or dawdles is its own affair.
    if let Err(error) = ended {
        tracing::debug!(%error, "a connection ended early");
    }
}
