//! Inbound HTTP: health, readiness, metrics, and the way in for push feeds.
//!
//! Listens on loopback unless the configuration says otherwise. Nothing here
//! decides anything: it shows what [`crate::engine::Health`] knows and hands
//! requests to the inbox of the feed that owns the path.

mod routes;

use std::net::SocketAddr;

use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

pub use routes::{Doors, router};

/// A port that could not be opened.
#[derive(Debug, thiserror::Error)]
#[error("cannot listen on {address}: {source}")]
pub struct ListenError {
    address: SocketAddr,
    source: std::io::Error,
}

/// Opens the port; done before anything else starts, so that a port in use is said at once.
pub async fn listen(address: SocketAddr) -> Result<TcpListener, ListenError> {
    TcpListener::bind(address).await.map_err(|source| ListenError { address, source })
}

/// Answers until the token is cancelled.
pub async fn serve(listener: TcpListener, doors: Doors, stop: CancellationToken) -> std::io::Result<()> {
    axum::serve(listener, router(doors)).with_graceful_shutdown(async move { stop.cancelled().await }).await
}
