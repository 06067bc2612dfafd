//! Reads bodies up to a cap: no answer may fill the memory or last for ever.
//!
//! The cap counts decompressed bytes while they arrive, so that a gzip bomb
//! stops after the cap and not after the gigabytes.

use std::error::Error as _;
use std::io::ErrorKind;
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use tokio::time::timeout;

use super::NetError;

/// The longest pause inside a body; the whole call has its own, longer bound.
const STALL: Duration = Duration::from_secs(10);

/// Reads the whole body, or names what is wrong with it.
pub(super) async fn read(mut answer: reqwest::Response, cap: usize, host: &str) -> Result<Bytes, NetError> {
    if answer.content_length().is_some_and(|length| length > cap as u64) {
        return Err(too_large(host, cap));
    }
    let mut body = BytesMut::new();
    loop {
        let chunk = match timeout(STALL, answer.chunk()).await {
            Err(_) => return Err(NetError::unreachable(format!("{host}: the answer stopped for {} s", STALL.as_secs()))),
            Ok(Err(error)) => return Err(broken(host, &error)),
            Ok(Ok(None)) => return Ok(body.freeze()),
            Ok(Ok(Some(chunk))) => chunk,
        };
        if body.len() + chunk.len() > cap {
            return Err(too_large(host, cap));
        }
        body.extend_from_slice(&chunk);
    }
}

fn too_large(host: &str, cap: usize) -> NetError {
    let shown = if cap >= 1 << 20 { format!("{} MiB", cap >> 20) } else { format!("{cap} bytes") };
    NetError::unreadable(format!("{host}: the answer is larger than {shown} (after decompression)"))
}

/// Tells a body that cannot be decompressed from one that was cut off.
fn broken(host: &str, error: &reqwest::Error) -> NetError {
    let mut cause = error.source();
    let mut deepest = String::new();
    let mut undecodable = false;
    while let Some(inner) = cause {
        deepest = inner.to_string();
        let kind = inner.downcast_ref::<std::io::Error>().map(std::io::Error::kind);
        undecodable |= matches!(kind, Some(ErrorKind::InvalidData | ErrorKind::InvalidInput));
        cause = inner.source();
    }
    if undecodable {
        let what = if deepest.contains("chunk") { "has broken chunks" } else { "cannot be decompressed" };
        NetError::unreadable(format!("{host}: the answer {what} ({deepest})"))
    } else {
        NetError::unreachable(format!("{host}: the answer was cut off ({deepest})"))
    }
}
