//! What goes out and what comes back: request, response and the ways to fail.
//!
//! Plain data; [`super::Client`] does the work.

use std::time::Duration;

use bytes::Bytes;
use jiff::Timestamp;

use super::{Limits, names_loopback};

/// What the configuration says about the network (`[net]`).
#[derive(Debug, Clone, Default)]
pub struct Settings {
    /// Product, version, contact; sent on everything.
    pub user_agent: Option<String>,
    /// PEM file with a further certificate authority.
    pub ca_file: Option<std::path::PathBuf>,
    /// Proxy for everything.
    pub proxy: Option<String>,
    /// Ranges of private addresses that may be called.
    pub allow_private: Vec<ipnet::IpNet>,
    /// The only hosts that may be called, when set; `*.example.org` names every host below.
    pub egress: Option<Vec<String>>,
}

/// What the server needs back to answer "not modified".
#[derive(Debug, Clone, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Validators {
    /// `ETag`, byte for byte.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub etag: Option<String>,
    /// `Last-Modified`, byte for byte.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub modified: Option<String>,
}

/// One call.
#[derive(Debug, Clone)]
pub struct Request {
    /// `GET` or `POST`.
    pub method: &'static str,
    /// Where to.
    pub url: String,
    /// Further headers. Values may be secret: they never appear in an error or a debug print.
    pub headers: Vec<(&'static str, secrecy::SecretString)>,
    /// The body of a `POST`.
    pub body: Option<Bytes>,
    /// Ask only for what changed since.
    pub validators: Validators,
    /// The most bytes of the answer, after decompression.
    pub cap: usize,
    /// The whole call must end within this time.
    pub timeout: Duration,
    /// Redirects to follow; 0 gives the redirect itself back.
    pub redirects: u8,
    /// Whether a loopback host may be called: the operator wrote it down, so it is meant.
    pub loopback: bool,
    /// Whether the budget of the host counts. Not for notifiers: two hooks on one host have
    /// limits of their own, and one that is throttled must not hold up its neighbour.
    pub paced: bool,
}

impl Request {
    /// A `GET` of a URL from the configuration, with the usual bounds: 8 MiB, 20 seconds, 5 redirects.
    pub fn get(url: impl Into<String>) -> Self {
        let url = url.into();
        Self {
            method: "GET",
            loopback: names_loopback(&url),
            url,
            headers: Vec::new(),
            body: None,
            validators: Validators::default(),
            cap: 8 << 20,
            timeout: Duration::from_secs(20),
            redirects: 5,
            paced: true,
        }
    }

    /// A `POST` of a JSON body, which follows no redirect and has no budget.
    pub fn post(url: impl Into<String>, body: impl Into<Bytes>) -> Self {
        let mut request = Self::get(url);
        request.method = "POST";
        request.body = Some(body.into());
        request.headers.push(("content-type", "application/json".into()));
        request.redirects = 0;
        request.paced = false;
        request
    }

    /// Adds a header.
    #[must_use]
    pub fn header(mut self, name: &'static str, value: impl Into<secrecy::SecretString>) -> Self {
        self.headers.push((name, value.into()));
        self
    }

    /// Says that the URL came out of an answer or a post, not out of the configuration: it may
    /// name a loopback host only when `configured`, the address that was asked, does.
    #[must_use]
    pub fn found_at(mut self, configured: &str) -> Self {
        self.loopback = names_loopback(configured) && names_loopback(&self.url);
        self
    }
}

/// One answer of any status.
#[derive(Debug, Clone)]
pub struct Response {
    /// The status code.
    pub status: u16,
    /// The headers, names in lower case.
    pub headers: Vec<(String, String)>,
    /// The body, decompressed and complete.
    pub body: Bytes,
    /// Where the answer came from in the end.
    pub url: String,
}

impl Response {
    /// Finds a header by its name in lower case; the first one counts.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    /// Gives what the server needs back to answer "not modified" next time.
    pub fn validators(&self) -> Validators {
        Validators { etag: self.header("etag").map(str::to_owned), modified: self.header("last-modified").map(str::to_owned) }
    }

    /// Reads what the server says about its rate limits; `now` counts where it sends no `Date`.
    pub fn limits(&self, now: Option<Timestamp>) -> Limits {
        Limits::read(&self.headers, now)
    }
}

/// Why there is no answer.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NetError {
    /// Name, connection, TLS, time, cut.
    #[error("{why}")]
    Unreachable {
        /// What failed; host only, never a path with a token.
        why: String,
    },
    /// Larger than the cap, endless, or undecodable.
    #[error("{why}")]
    Unreadable {
        /// What it was.
        why: String,
    },
    /// The address guard, the egress list or a redirect loop said no.
    #[error("{why}")]
    Forbidden {
        /// What was not allowed, and by what.
        why: String,
    },
    /// Our own budget for the host is spent: ask again after this time.
    #[error("the budget for this host is spent")]
    Throttled {
        /// How long.
        after: Duration,
    },
}

impl NetError {
    /// Says that nobody answered.
    pub(crate) fn unreachable(why: impl Into<String>) -> Self {
        Self::Unreachable { why: why.into() }
    }

    /// Says that the answer is no answer.
    pub(crate) fn unreadable(why: impl Into<String>) -> Self {
        Self::Unreadable { why: why.into() }
    }

    /// Says that this may not be called.
    pub(crate) fn forbidden(why: impl Into<String>) -> Self {
        Self::Forbidden { why: why.into() }
    }
}
