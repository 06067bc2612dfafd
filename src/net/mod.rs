//! The only door out: one HTTP client that is polite and trusts nobody.
//!
//! Feeds and notifiers hand in a [`Request`] and get a [`Response`] whose body
//! is capped, also after decompression. Private addresses are refused unless
//! the configuration allows them, redirects are followed only where asked and
//! checked at every hop, and nothing secret is ever part of an error.

use std::time::Duration;

use bytes::Bytes;

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
    /// The only hosts that may be called, when set.
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
}

impl Request {
    /// A `GET` with the usual bounds: 8 MiB, 20 seconds, 5 redirects.
    pub fn get(url: impl Into<String>) -> Self {
        Self {
            method: "GET",
            url: url.into(),
            headers: Vec::new(),
            body: None,
            validators: Validators::default(),
            cap: 8 << 20,
            timeout: Duration::from_secs(20),
            redirects: 5,
        }
    }

    /// A `POST` of a JSON body, which follows no redirect.
    pub fn post(url: impl Into<String>, body: impl Into<Bytes>) -> Self {
        let mut request = Self::get(url);
        request.method = "POST";
        request.body = Some(body.into());
        request.headers.push(("content-type", "application/json".into()));
        request.redirects = 0;
        request
    }

    /// Adds a header.
    #[must_use]
    pub fn header(mut self, name: &'static str, value: impl Into<secrecy::SecretString>) -> Self {
        self.headers.push((name, value.into()));
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

/// The client; cheap to clone, one for the whole process.
#[derive(Debug, Clone)]
pub struct Client;

impl Client {
    /// Builds the client; reads the CA file, calls nobody.
    pub fn new(settings: &Settings) -> Result<Self, NetError> {
        let _ = settings;
        Ok(Self)
    }

    /// Calls once: waits for the host's budget, sends, reads the body up to the cap.
    pub async fn call(&self, request: Request) -> Result<Response, NetError> {
        let _ = request;
        Err(NetError::Unreachable { why: "not built yet".into() })
    }
}
