//! Which addresses may be called: the private-address guard and the egress list.
//!
//! A URL of a post or of a redirect must not reach the machine's own services
//! or the cloud's metadata server. Names are resolved here and the connection
//! is made to exactly the addresses that were checked, so that a name server
//! that answers differently a second time (rebinding) gains nothing.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::sync::Arc;

use ipnet::IpNet;
use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use url::{Host, Url};

use super::{NetError, Settings, redact};

/// Says whether a URL names this machine literally: `localhost` or a loopback address.
pub fn names_loopback(url: &str) -> bool {
    Url::parse(url).is_ok_and(|url| is_loopback(&url))
}

/// Says whether a parsed URL names this machine literally.
pub(super) fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Domain(name)) => is_localhost(name),
        Some(Host::Ipv4(ip)) => ip.is_loopback(),
        Some(Host::Ipv6(ip)) => ip.to_canonical().is_loopback(),
        None => false,
    }
}

fn is_localhost(name: &str) -> bool {
    let name = name.trim_end_matches('.');
    name.eq_ignore_ascii_case("localhost") || name.to_ascii_lowercase().ends_with(".localhost")
}

/// The rules of one configuration; cheap to clone.
#[derive(Debug, Clone)]
pub(super) struct Guard(Arc<Rules>);

#[derive(Debug)]
struct Rules {
    allow: Vec<IpNet>,
    egress: Option<Vec<String>>,
    /// The operator chose the proxy: its own address needs no further permission.
    proxy: Option<String>,
}

/// What the resolver says through reqwest's error chain.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub(super) struct Refused(pub(super) String);

impl Guard {
    /// Takes the rules from the settings.
    pub(super) fn new(settings: &Settings) -> Self {
        let proxy = settings.proxy.as_deref().and_then(|proxy| Url::parse(proxy).ok()).and_then(|url| url.host_str().map(str::to_owned));
        let egress = settings.egress.as_ref().map(|hosts| hosts.iter().map(|host| host.to_ascii_lowercase()).collect());
        Self(Arc::new(Rules { allow: settings.allow_private.clone(), egress, proxy }))
    }

    /// Checks what can be checked without a name server: scheme, egress list, literal address.
    pub(super) fn url(&self, url: &Url, loopback: bool) -> Result<(), NetError> {
        let host = redact::host(url);
        if !matches!(url.scheme(), "http" | "https" | "ws" | "wss") {
            return Err(NetError::forbidden(format!("{host}: only http and https are called, not {}", url.scheme())));
        }
        self.egress(url, &host)?;
        if loopback && is_loopback(url) {
            return Ok(());
        }
        let ip = match url.host() {
            Some(Host::Ipv4(ip)) => IpAddr::V4(ip),
            Some(Host::Ipv6(ip)) => IpAddr::V6(ip),
            Some(Host::Domain(name)) if is_localhost(name) => IpAddr::V4(Ipv4Addr::LOCALHOST),
            Some(Host::Domain(_)) => return Ok(()),
            None => return Err(NetError::forbidden("a URL without a host")),
        };
        self.address(ip).map_err(|sort| NetError::forbidden(format!("{host} is a {sort} address; net.allow_private does not list it")))
    }

    fn egress(&self, url: &Url, shown: &str) -> Result<(), NetError> {
        let Some(list) = &self.0.egress else { return Ok(()) };
        let host = url.host_str().unwrap_or_default().trim_end_matches('.').to_ascii_lowercase();
        let listed = list.iter().any(|entry| match entry.strip_prefix("*.") {
            Some(domain) => host.strip_suffix(domain).is_some_and(|rest| rest.ends_with('.')),
            None => *entry == host,
        });
        if listed { Ok(()) } else { Err(NetError::forbidden(format!("{shown} is not on the net.egress list"))) }
    }

    fn address(&self, ip: IpAddr) -> Result<(), &'static str> {
        let ip = ip.to_canonical();
        match sort(ip) {
            Some(sort) if !self.0.allow.iter().any(|net| net.contains(&ip)) => Err(sort),
            _ => Ok(()),
        }
    }

    /// Resolves a name and keeps the addresses that may be called.
    pub(super) async fn resolve(&self, name: &str, port: u16) -> Result<Vec<SocketAddr>, NetError> {
        let found: Vec<_> = tokio::net::lookup_host((name, port))
            .await
            .map_err(|error| NetError::unreachable(format!("{name}: no address ({error})")))?
            .collect();
        // `localhost` arrives here only when `url` allowed it, or as the proxy.
        let chosen = is_localhost(name) || self.0.proxy.as_deref() == Some(name);
        let mut refused = None;
        let mut allowed = Vec::with_capacity(found.len());
        for address in found {
            match self.address(address.ip()) {
                Ok(()) => allowed.push(address),
                Err(_) if chosen => allowed.push(address),
                Err(sort) => refused = Some((address.ip(), sort)),
            }
        }
        match refused {
            Some((ip, sort)) if allowed.is_empty() => {
                Err(NetError::forbidden(format!("{name} leads to {ip}, a {sort} address; net.allow_private does not list it")))
            }
            _ if allowed.is_empty() => Err(NetError::unreachable(format!("{name}: no address"))),
            _ => Ok(allowed),
        }
    }
}

impl Resolve for Guard {
    fn resolve(&self, name: Name) -> Resolving {
        let guard = self.clone();
        Box::pin(async move {
            match guard.resolve(name.as_str(), 0).await {
                Ok(addresses) => Ok(Box::new(addresses.into_iter()) as Addrs),
                Err(NetError::Forbidden { why }) => Err(Box::new(Refused(why)) as _),
                Err(error) => Err(Box::new(error) as _),
            }
        })
    }
}

/// Names the sort of an address that no public host has; `None` for public ones.
fn sort(ip: IpAddr) -> Option<&'static str> {
    match ip {
        IpAddr::V4(ip) => sort_v4(ip),
        IpAddr::V6(ip) => sort_v6(ip),
    }
}

/// RFC 6890 and its registry of special-purpose addresses.
fn sort_v4(ip: Ipv4Addr) -> Option<&'static str> {
    let [a, b, c, _] = ip.octets();
    match (a, b, c) {
        (127, ..) => Some("loopback"),
        (10, ..) | (172, 16..=31, _) | (192, 168, _) => Some("private"),
        // 169.254.169.254 is the metadata server of most clouds, 100.100.100.200 of one more.
        (169, 254, _) => Some("link-local"),
        (100, 64..=127, _) => Some("carrier-internal"),
        (0, ..) => Some("unspecified"),
        (192, 0, 0 | 2) | (198, 18 | 19, _) | (198, 51, 100) | (203, 0, 113) | (240..=255, ..) => Some("reserved"),
        (224..=239, ..) => Some("multicast"),
        _ => None,
    }
}

fn sort_v6(ip: Ipv6Addr) -> Option<&'static str> {
    let s = ip.segments();
    let inner = |high: u16, low: u16| {
        let [a, b] = high.to_be_bytes();
        let [c, d] = low.to_be_bytes();
        sort_v4(Ipv4Addr::new(a, b, c, d))
    };
    match s {
        [0, 0, 0, 0, 0, 0, 0, 0] => Some("unspecified"),
        [0, 0, 0, 0, 0, 0, 0, 1] => Some("loopback"),
        // Old ways to write an IPv4 address: they must not be a way around its rules.
        [0, 0, 0, 0, 0, 0, high, low] | [0x64, 0xff9b, 0, 0, 0, 0, high, low] | [0x2002, high, low, ..] => inner(high, low),
        [0x64, 0xff9b, 1, ..] => Some("private"),
        [0xfc00..=0xfdff, ..] => Some("unique-local"),
        [0xfe80..=0xfebf, ..] => Some("link-local"),
        [0xfec0..=0xfeff, ..] => Some("site-local"),
        [0xff00..=0xffff, ..] => Some("multicast"),
        [0x100, 0, 0, 0, ..] | [0x2001, 0..=0x1ff | 0xdb8, ..] | [0x3fff, 0..=0xfff, ..] => Some("reserved"),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn guard(settings: &Settings) -> Guard {
        Guard::new(settings)
    }

    fn check(guard: &Guard, url: &str, loopback: bool) -> Result<(), NetError> {
        guard.url(&Url::parse(url).expect(url), loopback)
    }

    #[test]
    fn literal_addresses_that_no_public_host_has_are_refused() {
        let guard = guard(&Settings::default());
        for host in [
            "127.0.0.1",
            "127.8.9.1",
            "2130706433",
            "0x7f.1",
            "0",
            "10.0.0.1",
            "172.31.255.255",
            "192.168.1.1",
            "169.254.169.254",
            "100.64.0.1",
            "100.100.100.200",
            "224.0.0.1",
            "255.255.255.255",
            "[::1]",
            "[::]",
            "[::ffff:10.0.0.1]",
            "[::7f00:1]",
            "[64:ff9b::a00:1]",
            "[2002:a00:1::]",
            "[fd00:ec2::254]",
            "[fe80::1]",
            "localhost",
            "a.localhost",
        ] {
            let refused = check(&guard, &format!("http://{host}/"), false);
            assert!(matches!(refused, Err(NetError::Forbidden { .. })), "{host}: {refused:?}");
        }
        for host in ["93.184.216.34", "example.org", "[2606:2800:220:1::1]", "172.32.0.1", "100.128.0.1", "mylocalhost"] {
            assert_eq!(check(&guard, &format!("https://{host}/"), false), Ok(()), "{host}");
        }
    }

    #[test]
    fn loopback_needs_the_operators_word_and_private_ranges_the_list() {
        let plain = guard(&Settings::default());
        assert_eq!(check(&plain, "http://127.0.0.1:9/", true), Ok(()));
        assert_eq!(check(&plain, "http://localhost/", true), Ok(()));
        assert!(check(&plain, "http://10.0.0.1/", true).is_err(), "only loopback is meant by it");
        let open = guard(&Settings { allow_private: vec!["10.0.0.0/8".parse().unwrap()], ..Settings::default() });
        assert_eq!(check(&open, "http://10.0.0.1/", false), Ok(()));
        assert_eq!(check(&open, "http://[::ffff:10.0.0.1]/", false), Ok(()));
        assert!(check(&open, "http://192.168.0.1/", false).is_err());
    }

    #[test]
    fn the_egress_list_knows_hosts_and_everything_below_a_domain() {
        let listed = guard(&Settings { egress: Some(vec!["hn.algolia.com".into(), "*.Example.org".into()]), ..Settings::default() });
        for url in ["https://hn.algolia.com/x", "https://a.example.org/", "https://A.B.EXAMPLE.org./"] {
            assert_eq!(check(&listed, url, false), Ok(()), "{url}");
        }
        for url in ["https://example.org/", "https://badexample.org/", "https://algolia.com/", "https://hn.algolia.com.evil.net/"] {
            assert!(check(&listed, url, false).is_err(), "{url}");
        }
    }

    #[tokio::test]
    async fn a_name_that_leads_home_is_refused_after_resolving() {
        // /etc/hosts is the one name server every machine has; `localhost` itself is let through by design.
        let rules = guard(&Settings::default());
        assert!(rules.resolve("localhost", 80).await.is_ok());
        assert_eq!(rules.address(IpAddr::V4(Ipv4Addr::LOCALHOST)), Err("loopback"));
    }

    #[test]
    fn other_schemes_are_refused() {
        assert!(check(&guard(&Settings::default()), "file:///etc/passwd", true).is_err());
        assert!(check(&guard(&Settings::default()), "ftp://example.org/", true).is_err());
    }
}
