//! Which URLs a configuration may name.
//!
//! This looks at what is written; the guard in `net` looks again at what a
//! name resolves to, at every redirect. Both are needed: a mistake is told with
//! its line here, a name that moves to a private address is caught there.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use ipnet::IpNet;
use url::{Host, Url};

/// What is wrong with a URL, and what would be right.
pub(super) struct Refusal {
    /// The end of the sentence "`key` ...".
    pub(super) what: String,
    /// What would be right.
    pub(super) hint: &'static str,
    /// Whether the URL holds a secret and must not be shown.
    pub(super) secret: bool,
}

/// Says why a URL may not be called; `None` when it may.
pub(super) fn refusal(text: &str, allow_http: bool, allow_private: &[IpNet]) -> Option<Refusal> {
    let no = |what: String, hint| Some(Refusal { what, hint, secret: false });
    let Ok(url) = Url::parse(text) else {
        return no("is not a whole URL".into(), "write it with its scheme, such as \"https://example.org/\"");
    };
    if url.password().is_some() || !url.username().is_empty() {
        return Some(Refusal {
            what: "holds a user name or a password in the clear".into(),
            hint: "leave the part before the @ away, and give credentials as \"env:...\", \"file:...\" or \"cred:...\"",
            secret: true,
        });
    }
    let encrypted = match url.scheme() {
        "https" | "wss" => true,
        "http" | "ws" => false,
        other => return no(format!("has the scheme `{other}`"), "http, https, ws and wss are known here"),
    };
    let Some(host) = url.host() else {
        return no("names no host".into(), "write it with its scheme, such as \"https://example.org/\"");
    };
    let address = match host {
        Host::Ipv4(address) => Some(IpAddr::V4(address)),
        Host::Ipv6(address) => Some(address.to_ipv4_mapped().map_or(IpAddr::V6(address), IpAddr::V4)),
        Host::Domain(_) => None,
    };
    let loopback = is_loopback(&host);
    if let Some(address) = address
        && !loopback
        && is_private(address)
        && !allow_private.iter().any(|range| range.contains(&address))
    {
        return no(
            format!("leads to the private address {address}"),
            "if that is meant, allow its range: `[net]` with `allow_private = [\"10.0.0.0/8\"]`",
        );
    }
    if !encrypted && !loopback && !allow_http {
        return no("is not encrypted".into(), "use https (or wss); if it must be, add `allow_http = true` to this section");
    }
    None
}

/// Whether the host is this machine by its spelling.
fn is_loopback(host: &Host<&str>) -> bool {
    match host {
        Host::Ipv4(address) => address.is_loopback(),
        Host::Ipv6(address) => address.is_loopback() || address.to_ipv4_mapped().is_some_and(|mapped| mapped.is_loopback()),
        Host::Domain(name) => *name == "localhost" || name.ends_with(".localhost"),
    }
}

/// Whether an address is anything but public.
fn is_private(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(v4) => {
            let [a, b, ..] = v4.octets();
            v4.is_private()
                || v4.is_link_local()
                || v4.is_multicast()
                || v4.is_broadcast()
                || a == 0
                || (a == 100 && (64..128).contains(&b))
                || (a == 198 && (18..20).contains(&b))
                || v4 == Ipv4Addr::new(192, 0, 0, 192)
        }
        IpAddr::V6(v6) => {
            let first = v6.segments()[0];
            v6 == Ipv6Addr::UNSPECIFIED || v6.is_multicast() || (first & 0xfe00) == 0xfc00 || (first & 0xffc0) == 0xfe80
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn why(url: &str, allow_http: bool) -> Option<String> {
        refusal(url, allow_http, &["10.1.0.0/16".parse().unwrap()]).map(|refusal| refusal.what)
    }

    #[test]
    fn private_addresses_need_permission() {
        for url in [
            "https://10.0.0.1/",
            "https://192.168.1.1/x",
            "https://169.254.169.254/latest/meta-data",
            "https://[fd00::1]/",
            "https://0xa9fea9fe/",
            "https://[::ffff:172.16.0.1]/",
            "https://100.64.0.1/",
            "https://0.0.0.0/",
        ] {
            assert!(why(url, true).is_some_and(|what| what.contains("private")), "{url}");
        }
        assert_eq!(why("https://10.1.2.3/", false), None);
        assert_eq!(why("https://93.184.215.14/", false), None);
    }

    #[test]
    fn plain_http_stays_on_loopback() {
        for url in ["http://127.0.0.1:8080/", "http://localhost/", "ws://[::1]/", "http://x.localhost/"] {
            assert_eq!(why(url, false), None, "{url}");
        }
        assert!(why("http://example.org/", false).is_some());
        assert_eq!(why("http://example.org/", true), None);
    }

    #[test]
    fn credentials_in_a_url_are_secret() {
        for url in ["https://me:hunter2@example.org/", "https://hunter2@example.org/"] {
            assert!(refusal(url, true, &[]).is_some_and(|refusal| refusal.secret && !refusal.what.contains("hunter2")), "{url}");
        }
    }
}
