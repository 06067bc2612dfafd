//! Sends one request: guard, budget, redirects hop by hop, bounded body.
//!
//! Redirects are followed here and not by the library below, because every hop
//! passes the guard again and a secret header must not follow to another origin.

use std::error::Error as _;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use bytes::Bytes;
use reqwest::header::{HeaderMap, HeaderName, HeaderValue, LOCATION};
use reqwest::{Method, redirect};
use secrecy::ExposeSecret as _;
use tokio::time::timeout;
use url::Url;

use super::budget::Budgets;
use super::guard::{Guard, Refused, is_loopback};
use super::tls::Trust;
use super::{NetError, Request, Response, Settings, body, redact};

/// Time for name, connection and TLS.
const CONNECT: Duration = Duration::from_secs(10);
/// Idle connections are dropped after this time: most feeds ask once a minute or less.
const IDLE: Duration = Duration::from_secs(90);
/// Headers that say nothing about us and may follow a redirect to another origin.
const HARMLESS: &[&str] = &["accept", "accept-language", "content-type"];

/// The client; cheap to clone, one for the whole process.
#[derive(Debug, Clone)]
pub struct Client(Arc<Inner>);

#[derive(Debug)]
pub(super) struct Inner {
    pub(super) user_agent: HeaderValue,
    pub(super) proxy: Option<Url>,
    pub(super) guard: Guard,
    pub(super) trust: Trust,
    budgets: Budgets,
    http: OnceLock<reqwest::Client>,
}

/// One step on the way through redirects.
struct Hop {
    url: Url,
    method: Method,
    headers: HeaderMap,
    body: Option<Bytes>,
}

impl Client {
    /// Builds the client; reads the CA file, calls nobody.
    pub fn new(settings: &Settings) -> Result<Self, NetError> {
        let agent = settings.user_agent.clone().unwrap_or_else(default_user_agent);
        let user_agent =
            HeaderValue::from_str(&agent).map_err(|_| NetError::unreadable("net.user_agent holds characters that no header may hold"))?;
        let proxy = match &settings.proxy {
            Some(text) => Some(Url::parse(text).map_err(|_| NetError::unreadable("net.proxy is no URL"))?),
            None => None,
        };
        let trust = Trust::new(settings.ca_file.as_deref())?;
        let guard = Guard::new(settings);
        Ok(Self(Arc::new(Inner { user_agent, proxy, guard, trust, budgets: Budgets::default(), http: OnceLock::new() })))
    }

    /// Calls once: waits for the host's budget, sends, follows redirects, reads the body up to the cap.
    pub async fn call(&self, request: Request) -> Result<Response, NetError> {
        let limit = request.timeout;
        let host = redact::host_of(&request.url);
        match timeout(limit, self.follow(request)).await {
            Ok(outcome) => outcome,
            Err(_) => Err(NetError::unreachable(format!("{host}: no complete answer within {} s", limit.as_secs()))),
        }
    }

    pub(super) fn inner(&self) -> &Inner {
        &self.0
    }

    async fn follow(&self, request: Request) -> Result<Response, NetError> {
        let mut hop = first_hop(&request)?;
        let loopback = request.loopback && is_loopback(&hop.url);
        let mut seen = vec![hop.url.clone()];
        loop {
            let response = self.send(&hop, &request, loopback).await?;
            if request.redirects == 0 {
                return Ok(response);
            }
            let Some(next) = target(&hop.url, &response) else { return Ok(response) };
            check_step(&hop.url, &next, &seen, request.redirects)?;
            hop = step(hop, next.clone(), response.status);
            seen.push(next);
        }
    }

    async fn send(&self, hop: &Hop, request: &Request, loopback: bool) -> Result<Response, NetError> {
        self.0.guard.url(&hop.url, loopback)?;
        let host = redact::host(&hop.url);
        let at_home = is_loopback(&hop.url);
        if request.paced {
            self.0.budgets.turn(&host, at_home).await?;
        }
        let mut call = self.http()?.request(hop.method.clone(), hop.url.clone()).headers(hop.headers.clone());
        if let Some(body) = &hop.body {
            call = call.body(body.clone());
        }
        let answer = call.send().await.map_err(|error| failed(&host, &error))?;
        let status = answer.status().as_u16();
        let headers = lower(answer.headers());
        let url = hop.url.to_string();
        let mut response = Response { status, headers, body: Bytes::new(), url };
        if request.paced {
            self.0.budgets.learn(&host, at_home, status, &response.limits(None));
        }
        response.body = body::read(answer, request.cap, &host).await?;
        Ok(response)
    }

    fn http(&self) -> Result<&reqwest::Client, NetError> {
        if let Some(http) = self.0.http.get() {
            return Ok(http);
        }
        let built = self.0.build()?;
        Ok(self.0.http.get_or_init(|| built))
    }
}

impl Inner {
    fn build(&self) -> Result<reqwest::Client, NetError> {
        let mut tls = rustls::ClientConfig::clone(&*self.trust.config()?);
        tls.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
        let mut builder = reqwest::Client::builder()
            .tls_backend_preconfigured(tls)
            .user_agent(self.user_agent.clone())
            .redirect(redirect::Policy::none())
            .referer(false)
            .no_proxy()
            .connect_timeout(CONNECT)
            .pool_idle_timeout(IDLE)
            .pool_max_idle_per_host(4)
            .dns_resolver(Arc::new(self.guard.clone()));
        if let Some(proxy) = &self.proxy {
            let proxy = reqwest::Proxy::all(proxy.clone()).map_err(|_| NetError::unreadable("net.proxy is no proxy URL"))?;
            builder = builder.proxy(proxy);
        }
        builder.build().map_err(|error| NetError::unreachable(format!("HTTP client: {}", deepest(&error))))
    }
}

fn default_user_agent() -> String {
    let contact = env!("CARGO_PKG_REPOSITORY");
    let contact = if contact.is_empty() { "mention monitor" } else { contact };
    format!("courtier/{} (+{contact})", env!("CARGO_PKG_VERSION"))
}

fn first_hop(request: &Request) -> Result<Hop, NetError> {
    let url = Url::parse(&request.url).map_err(|error| NetError::forbidden(format!("not a URL: {error}")))?;
    let method = if request.method == "POST" { Method::POST } else { Method::GET };
    let mut headers = HeaderMap::new();
    for (name, value) in &request.headers {
        let mut value = HeaderValue::from_str(value.expose_secret())
            .map_err(|_| NetError::unreadable(format!("the header {name} holds characters that no header may hold")))?;
        value.set_sensitive(!HARMLESS.contains(name));
        headers.insert(HeaderName::from_static(name), value);
    }
    for (name, value) in [("if-none-match", &request.validators.etag), ("if-modified-since", &request.validators.modified)] {
        // A validator that cannot be sent back costs one full answer, nothing more.
        if let Some(value) = value.as_deref().and_then(|value| HeaderValue::from_str(value).ok()) {
            headers.insert(name, value);
        }
    }
    Ok(Hop { url, method, headers, body: request.body.clone() })
}

/// Gives where a redirect leads; `None` when the answer is none.
fn target(from: &Url, response: &Response) -> Option<Url> {
    if !matches!(response.status, 301 | 302 | 303 | 307 | 308) {
        return None;
    }
    let mut next = from.join(response.header(LOCATION.as_str())?).ok()?;
    if next.fragment().is_none() {
        next.set_fragment(from.fragment());
    }
    Some(next)
}

fn check_step(from: &Url, next: &Url, seen: &[Url], most: u8) -> Result<(), NetError> {
    let host = redact::host(from);
    if seen.contains(next) {
        return Err(NetError::forbidden(format!("{host}: redirect loop")));
    }
    if seen.len() > usize::from(most) {
        return Err(NetError::forbidden(format!("{host}: redirect loop, more than {most} hops")));
    }
    if from.scheme() == "https" && next.scheme() != "https" {
        return Err(NetError::forbidden(format!("{host}: redirect from https to plain http at {}", redact::host(next))));
    }
    Ok(())
}

/// Takes one step: as browsers do, 301 to 303 turn a `POST` into a `GET`.
fn step(hop: Hop, next: Url, status: u16) -> Hop {
    let Hop { url, mut method, mut headers, mut body } = hop;
    if url.origin() != next.origin() {
        let own: Vec<_> = headers.keys().filter(|name| !kept(name)).cloned().collect();
        for name in own {
            headers.remove(name);
        }
    }
    if matches!(status, 301..=303) && method == Method::POST {
        method = Method::GET;
        body = None;
        headers.remove("content-type");
    }
    Hop { url: next, method, headers, body }
}

/// The validators stay: they are the last hop's own words.
fn kept(name: &HeaderName) -> bool {
    HARMLESS.contains(&name.as_str()) || matches!(name.as_str(), "if-none-match" | "if-modified-since")
}

/// Copies headers with names in lower case and values as text.
pub(super) fn lower(headers: &HeaderMap) -> Vec<(String, String)> {
    headers.iter().map(|(name, value)| (name.as_str().to_owned(), String::from_utf8_lossy(value.as_bytes()).into_owned())).collect()
}

/// Turns the library's error into ours: no URL, no header, the innermost cause in words.
fn failed(host: &str, error: &reqwest::Error) -> NetError {
    let mut cause = error.source();
    while let Some(inner) = cause {
        if let Some(Refused(why)) = inner.downcast_ref::<Refused>() {
            return NetError::forbidden(why.clone());
        }
        if let Some(known) = inner.downcast_ref::<NetError>() {
            return known.clone();
        }
        cause = inner.source();
    }
    let what = if error.is_timeout() {
        "timed out"
    } else if error.is_connect() {
        "cannot connect"
    } else {
        "no answer"
    };
    NetError::unreachable(format!("{host}: {what} ({})", deepest(error)))
}

fn deepest(error: &reqwest::Error) -> String {
    let mut text = String::from("no cause given");
    let mut cause = error.source();
    while let Some(inner) = cause {
        text = inner.to_string();
        cause = inner.source();
    }
    text
}
