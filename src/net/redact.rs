//! Shortens URLs for errors and logs: paths and queries may hold tokens.

use url::Url;

/// Gives the host, with the port where the URL names one; `"?"` for what is no URL.
///
/// Slack hooks, feed tokens and API keys stand in paths and queries, passwords
/// before the `@`: none of that survives.
pub fn host_of(url: &str) -> String {
    Url::parse(url).map_or_else(|_| "?".to_owned(), |url| host(&url))
}

/// Gives the host of a parsed URL, with the port where it names one.
pub(super) fn host(url: &Url) -> String {
    match (url.host_str(), url.port()) {
        (Some(host), Some(port)) => format!("{host}:{port}"),
        (Some(host), None) => host.to_owned(),
        (None, _) => "?".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_host_and_port_remain() {
        assert_eq!(host_of("https://user:hunter2@hooks.example.org/services/T0/B0/secret?key=x#y"), "hooks.example.org");
        assert_eq!(host_of("http://127.0.0.1:8080/token"), "127.0.0.1:8080");
        assert_eq!(host_of("not a url with a token"), "?");
    }
}
