//! Sorts a service's answers for all feeds: good, nothing new, or a named error.
//!
//! One table from status code to [`FeedError`], and one way to read JSON that
//! says what came instead: an error page, an empty body, a cut-off document.

use jiff::Timestamp;
use serde::Deserialize;
use serde::de::DeserializeOwned;

use super::FeedError;
use crate::net::{Class, NetError, Response, classify, host_of};

/// The bytes of a wrong answer that an error shows.
const SHOWN: usize = 60;

impl From<NetError> for FeedError {
    fn from(error: NetError) -> Self {
        match error {
            NetError::Unreachable { why } => Self::Unreachable { why },
            NetError::Unreadable { why } => Self::Unreadable { why },
            NetError::Forbidden { why } => Self::Denied { why },
            NetError::Throttled { after } => Self::Throttled { after: Some(after), why: "the budget for this host is spent".into() },
        }
    }
}

/// Lets good answers and 304 pass and names all others; `now` counts for limits where the answer has no `Date`.
pub(crate) fn good(response: Response, now: Timestamp) -> Result<Response, FeedError> {
    let status = response.status;
    let limits = response.limits(Some(now));
    let said = || said(&response);
    Err(match classify(status) {
        Class::Fine | Class::NotModified => return Ok(response),
        Class::Moved => FeedError::Denied { why: format!("{}: redirects elsewhere", said()) },
        Class::Missing => FeedError::Denied { why: format!("{}: nothing at this address", said()) },
        Class::Gone => FeedError::Denied { why: format!("{}: gone for good", said()) },
        Class::Throttled => FeedError::Throttled { after: limits.pause(status), why: said() },
        // A refusal with a time is a limit in other words: GitHub's 403, a server under maintenance.
        Class::Denied | Class::Down if limits.pause(status).is_some() => FeedError::Throttled { after: limits.pause(status), why: said() },
        Class::Denied => FeedError::Denied { why: said() },
        Class::Down => FeedError::Unreachable { why: said() },
    })
}

/// Reads JSON, or says what came instead.
pub(crate) fn json<T: DeserializeOwned>(response: &Response) -> Result<T, FeedError> {
    json_bytes(&response.body).map_err(|error| match error {
        FeedError::Unreadable { why } => FeedError::Unreadable { why: format!("{}: {why}", host_of(&response.url)) },
        other => other,
    })
}

/// Reads JSON from saved bytes, or says what stands there instead.
pub(crate) fn json_bytes<'a, T: Deserialize<'a>>(body: &'a [u8]) -> Result<T, FeedError> {
    let wrong = |why: String| FeedError::Unreadable { why };
    match body.trim_ascii_start().first() {
        None => return Err(wrong("an empty answer where JSON was expected".into())),
        Some(b'<') => return Err(wrong(format!("HTML where JSON was expected: {}", start_of(body)))),
        Some(_) => {}
    }
    serde_json::from_slice(body).map_err(|error| {
        if error.is_eof() {
            wrong(format!("JSON cut off after {} bytes", body.len()))
        } else {
            wrong(format!("unexpected JSON ({error}): {}", start_of(body)))
        }
    })
}

/// Shows how a wrong answer begins, on one line and without control characters.
pub(crate) fn start_of(body: &[u8]) -> String {
    let text = String::from_utf8_lossy(body.get(..body.len().min(SHOWN * 4)).unwrap_or_default());
    let line: Vec<_> = text.split_whitespace().collect();
    let line: String = line.join(" ").chars().filter(|c| !c.is_control()).collect();
    let mut shown: String = line.chars().take(SHOWN).collect();
    if shown.len() < line.len() {
        shown.push('…');
    }
    shown
}

/// Names host and status, and what a JSON error says in words.
fn said(response: &Response) -> String {
    let host = host_of(&response.url);
    let words = serde_json::from_slice::<serde_json::Value>(&response.body).ok().and_then(|body| {
        let inner = body.get("error").filter(|error| error.is_object()).unwrap_or(&body);
        let found = ["message", "error_description", "error", "detail", "title"].iter().find_map(|key| inner.get(key)?.as_str());
        found.map(|text| start_of(text.as_bytes()))
    });
    match words {
        Some(words) => format!("{host} answered {}: {words}", response.status),
        None => format!("{host} answered {}", response.status),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(status: u16, headers: &[(&str, &str)], body: &str) -> Response {
        let headers = headers.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        Response { status, headers, body: body.to_owned().into(), url: "https://api.example.org/v1?token=hunter2".into() }
    }

    fn named(status: u16, headers: &[(&str, &str)], body: &str) -> FeedError {
        let now = Timestamp::from_second(1_795_300_260).expect("in range");
        good(answer(status, headers, body), now).expect_err("no good answer")
    }

    #[test]
    fn each_status_has_its_error_and_no_error_shows_the_query() {
        assert!(
            matches!(named(401, &[], r#"{"error":"AuthMissing","message":"Log in"}"#), FeedError::Denied { why } if why.contains("401: Log in"))
        );
        assert!(matches!(named(404, &[], ""), FeedError::Denied { why } if why.contains("404")));
        assert!(matches!(named(410, &[], ""), FeedError::Denied { why } if why.contains("gone for good")));
        assert!(matches!(named(522, &[], "<html>"), FeedError::Unreachable { .. }));
        let throttled = named(429, &[("retry-after", "7")], "<html>");
        assert!(matches!(throttled, FeedError::Throttled { after: Some(after), .. } if after.as_secs() == 7));
        assert!(matches!(named(403, &[("retry-after", "60")], ""), FeedError::Throttled { after: Some(_), .. }));
        for status in [401, 404, 410, 429, 500] {
            assert!(!named(status, &[], "").to_string().contains("hunter2"), "{status}");
        }
    }

    #[test]
    fn what_is_no_json_is_named() {
        let read = |body: &str| json_bytes::<serde_json::Value>(body.as_bytes()).expect_err(body).to_string();
        assert!(read("  \n").contains("empty answer"));
        assert!(read("<!DOCTYPE html><title>Just a moment...</title>").contains("HTML where JSON was expected: <!DOCTYPE html>"));
        assert!(read(r#"{"a": [1, 2"#).contains("cut off after 11 bytes"));
        assert!(read("nope").contains("unexpected JSON"));
    }
}
