//! Addresses of receivers: where a notifier may be told to send.

use std::net::IpAddr;

use url::{Host, Url};

/// Says what is wrong with an address, without repeating it: it may hold a secret.
pub(super) fn check(address: &str, allow_http: bool) -> Result<(), String> {
    let url = Url::parse(address).map_err(|_| "the address is no URL".to_owned())?;
    let loopback = match url.host() {
        Some(Host::Domain(name)) => name == "localhost",
        Some(Host::Ipv4(ip)) => IpAddr::V4(ip).is_loopback(),
        Some(Host::Ipv6(ip)) => IpAddr::V6(ip).is_loopback(),
        None => return Err("the address has no host".to_owned()),
    };
    match url.scheme() {
        "https" => Ok(()),
        "http" if loopback || allow_http => Ok(()),
        "http" => Err("plain http is accepted on loopback only, unless allow_http = true".to_owned()),
        _ => Err("the address must begin with https://".to_owned()),
    }
}

/// Sends the path of `address` to another origin, when `base_url` names one: a proxy, a test server.
pub(super) fn rebase(address: &str, base_url: Option<&str>) -> String {
    let moved = || {
        let url = Url::parse(address).ok()?;
        let path = address.get(url.origin().ascii_serialization().len()..)?;
        Some(format!("{}{path}", base_url?.trim_end_matches('/')))
    };
    moved().unwrap_or_else(|| address.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_http_needs_loopback_or_permission() {
        assert!(check("https://hooks.example.org/x", false).is_ok());
        assert!(check("http://127.0.0.1:8080/x", false).is_ok());
        assert!(check("http://[::1]/x", false).is_ok());
        assert!(check("http://hooks.example.org/x", true).is_ok());
        for bad in ["http://hooks.example.org/SECRET", "ftp://x/SECRET", "SECRET", "https:///SECRET?"] {
            let message = check(bad, false).err();
            assert!(message.as_deref().is_none_or(|message| !message.contains("SECRET")), "{message:?}");
        }
        assert!(check("http://hooks.example.org/x", false).is_err());
        assert!(check("ftp://hooks.example.org/x", true).is_err());
    }

    #[test]
    fn another_origin_keeps_the_path() {
        assert_eq!(
            rebase("https://hooks.slack.com/services/T/B/x?y=1", Some("http://127.0.0.1:1/")),
            "http://127.0.0.1:1/services/T/B/x?y=1"
        );
        assert_eq!(rebase("https://hooks.slack.com/services", None), "https://hooks.slack.com/services");
    }
}
