//! Opens websockets through the same door: guard, User-Agent, caps, time limit.

use std::time::Duration;

use reqwest::header::{HeaderName, HeaderValue, USER_AGENT};
use rustls::pki_types::ServerName;
use secrecy::ExposeSecret as _;
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_rustls::TlsConnector;
use tokio_tungstenite::tungstenite::client::IntoClientRequest as _;
use tokio_tungstenite::tungstenite::protocol::WebSocketConfig;
use tokio_tungstenite::tungstenite::{Error, http};
use tokio_tungstenite::{WebSocketStream, client_async_with_config};
use url::{Host, Url};

use super::client::lower;
use super::lenient::Lenient;
use super::{Client, NetError, Response, names_loopback, redact};

/// An open websocket: a stream and sink of messages. What a server sends as text arrives as a binary message, unread.
pub type Socket = WebSocketStream<Lenient<Box<dyn Line>>>;

/// A connection, encrypted or not.
pub trait Line: AsyncRead + AsyncWrite + Send + Sync + Unpin + std::fmt::Debug {}

impl<S: AsyncRead + AsyncWrite + Send + Sync + Unpin + std::fmt::Debug> Line for S {}

/// What a websocket is opened with.
#[derive(Debug, Clone)]
pub struct Upgrade {
    /// `ws://` or `wss://`; plain `ws` is for loopback and where `allow_http` is set.
    pub url: String,
    /// Further headers; values may be secret.
    pub headers: Vec<(&'static str, secrecy::SecretString)>,
    /// The most bytes of one message.
    pub cap: usize,
    /// Name, connection, TLS and handshake must end within this time.
    pub timeout: Duration,
    /// Whether a loopback host may be called.
    pub loopback: bool,
}

impl Upgrade {
    /// A websocket at a URL from the configuration: messages up to 2 MiB, 15 seconds to open.
    pub fn to(url: impl Into<String>) -> Self {
        let url = url.into();
        Self { loopback: names_loopback(&url), url, headers: Vec::new(), cap: 2 << 20, timeout: Duration::from_secs(15) }
    }

    /// Adds a header.
    #[must_use]
    pub fn header(mut self, name: &'static str, value: impl Into<secrecy::SecretString>) -> Self {
        self.headers.push((name, value.into()));
        self
    }
}

/// What became of an upgrade.
#[derive(Debug)]
pub enum Opened {
    /// The websocket is open.
    Open(Box<Socket>),
    /// The server answered with plain HTTP instead: the status says why.
    Answered(Response),
}

impl Client {
    /// Opens a websocket; reading from it with a time limit is the caller's business.
    pub async fn socket(&self, upgrade: Upgrade) -> Result<Opened, NetError> {
        let limit = upgrade.timeout;
        let host = redact::host_of(&upgrade.url);
        match timeout(limit, self.open(upgrade)).await {
            Ok(outcome) => outcome,
            Err(_) => Err(NetError::unreachable(format!("{host}: no websocket within {} s", limit.as_secs()))),
        }
    }

    async fn open(&self, upgrade: Upgrade) -> Result<Opened, NetError> {
        let url = Url::parse(&upgrade.url).map_err(|error| NetError::forbidden(format!("not a URL: {error}")))?;
        let host = redact::host(&url);
        let inner = self.inner();
        inner.guard.url(&url, upgrade.loopback)?;
        let mut request = url.as_str().into_client_request().map_err(|error| NetError::forbidden(format!("{host}: {error}")))?;
        request.headers_mut().insert(USER_AGENT, inner.user_agent.clone());
        for (name, value) in &upgrade.headers {
            let value = HeaderValue::from_str(value.expose_secret())
                .map_err(|_| NetError::unreadable(format!("the header {name} holds characters that no header may hold")))?;
            request.headers_mut().insert(HeaderName::from_static(name), value);
        }
        let stream = self.connect(&url, &host).await?;
        let config = WebSocketConfig::default().max_message_size(Some(upgrade.cap)).max_frame_size(Some(upgrade.cap));
        let line: Box<dyn Line> = if url.scheme() == "wss" { Box::new(self.encrypt(&url, &host, stream).await?) } else { Box::new(stream) };
        match client_async_with_config(request, Lenient::new(line), Some(config)).await {
            Ok((socket, _)) => Ok(Opened::Open(Box::new(socket))),
            Err(Error::Http(answer)) => Ok(Opened::Answered(answered(*answer, &url))),
            Err(error) => Err(NetError::unreachable(format!("{host}: no websocket ({error})"))),
        }
    }

    /// Puts TLS around a connection.
    async fn encrypt(&self, url: &Url, host: &str, stream: TcpStream) -> Result<tokio_rustls::client::TlsStream<TcpStream>, NetError> {
        let failed = |why: String| NetError::unreachable(format!("{host}: cannot connect ({why})"));
        let name = match url.host() {
            Some(Host::Domain(name)) => ServerName::try_from(name.to_owned()).map_err(|error| failed(error.to_string()))?,
            Some(Host::Ipv4(ip)) => ServerName::from(std::net::IpAddr::V4(ip)),
            Some(Host::Ipv6(ip)) => ServerName::from(std::net::IpAddr::V6(ip)),
            None => return Err(NetError::forbidden("a URL without a host")),
        };
        let connector = TlsConnector::from(self.inner().trust.config()?);
        connector.connect(name, stream).await.map_err(|error| failed(error.to_string()))
    }

    /// Connects to an address that the guard has checked, through the proxy where there is one.
    async fn connect(&self, url: &Url, host: &str) -> Result<TcpStream, NetError> {
        let port = url.port_or_known_default().unwrap_or(443);
        let Some(proxy) = &self.inner().proxy else { return self.dial(url, port, host).await };
        if proxy.scheme() != "http" {
            return Err(NetError::forbidden(format!("websockets pass through http proxies only, not {}", proxy.scheme())));
        }
        let via = redact::host(proxy);
        let stream = self.dial(proxy, proxy.port_or_known_default().unwrap_or(80), &via).await?;
        tunnel(stream, proxy, url.host_str().unwrap_or_default(), port).await
    }

    async fn dial(&self, url: &Url, port: u16, host: &str) -> Result<TcpStream, NetError> {
        let addresses = match url.host() {
            Some(Host::Ipv4(ip)) => vec![(ip, port).into()],
            Some(Host::Ipv6(ip)) => vec![(ip, port).into()],
            Some(Host::Domain(name)) => self.inner().guard.resolve(name, port).await?,
            None => return Err(NetError::forbidden("a URL without a host")),
        };
        let stream = TcpStream::connect(addresses.as_slice())
            .await
            .map_err(|error| NetError::unreachable(format!("{host}: cannot connect ({error})")))?;
        // Messages are small and latency is what a stream is for; a failure here only costs milliseconds.
        drop(stream.set_nodelay(true));
        Ok(stream)
    }
}

/// Asks an HTTP proxy for a tunnel (RFC 9110, 9.3.6).
async fn tunnel(mut stream: TcpStream, proxy: &Url, host: &str, port: u16) -> Result<TcpStream, NetError> {
    use base64::Engine as _;
    let via = redact::host(proxy);
    let failed = |error: std::io::Error| NetError::unreachable(format!("proxy {via}: {error}"));
    let mut ask = format!("CONNECT {host}:{port} HTTP/1.1\r\nHost: {host}:{port}\r\n");
    if !proxy.username().is_empty() {
        let pair = format!("{}:{}", proxy.username(), proxy.password().unwrap_or_default());
        ask.push_str("Proxy-Authorization: Basic ");
        ask.push_str(&base64::engine::general_purpose::STANDARD.encode(pair));
        ask.push_str("\r\n");
    }
    ask.push_str("\r\n");
    stream.write_all(ask.as_bytes()).await.map_err(failed)?;
    // One byte at a time: what follows the empty line belongs to the tunnel.
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        if head.len() > 8192 {
            return Err(NetError::unreadable(format!("proxy {via}: endless header")));
        }
        head.push(stream.read_u8().await.map_err(failed)?);
    }
    let line = String::from_utf8_lossy(&head);
    match line.split(' ').nth(1) {
        Some(status) if status.starts_with('2') => Ok(stream),
        status => Err(NetError::unreachable(format!("proxy {via}: answered {}", status.unwrap_or("nothing")))),
    }
}

fn answered(answer: http::Response<Option<Vec<u8>>>, url: &Url) -> Response {
    let (parts, body) = answer.into_parts();
    Response { status: parts.status.as_u16(), headers: lower(&parts.headers), body: body.unwrap_or_default().into(), url: url.to_string() }
}
