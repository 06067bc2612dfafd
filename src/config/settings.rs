//! `[reply]`, `[store]`, `[privacy]`, `[net]`, `[log]`, `[web]`: one table each.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use ipnet::IpNet;

use super::parts::{Part, Shape};
use super::read::Reader;
use super::{Diagnostic, Field, Form, Secret, Section};

/// The part as lists.
pub(super) const REPLY: Part = Part {
    key: "reply",
    shape: Shape::Table,
    fields: &[
        Field::optional("facts", Form::Text, "A TOML file with facts that drafts may state; relative to this file."),
        Field::optional("sign_as", Form::Text, "How drafts are signed, such as `Ann from Nomadesk`."),
    ],
    doc: "Drafts. They state only what stands in the post or in the facts file, and are never posted by the program.",
    sample: r#"[reply]
facts   = "facts.toml"                          # drafts may state only what stands here or in the post
sign_as = "Ann from Nomadesk"
"#,
};

/// The part as lists.
pub(super) const STORE: Part = Part {
    key: "store",
    shape: Shape::Table,
    fields: &[
        Field::optional(
            "path",
            Form::Text,
            "The SQLite database; default `courtier.db` in the unit's state directory, else in the user's.",
        ),
        Field::optional("url", Form::Secret, "A PostgreSQL URL, by reference: it holds a password."),
        Field::optional("max_size", Form::Size, "The largest the database may grow; beyond it courtier stops reading and says so."),
    ],
    doc: "Where everything durable is kept.",
    sample: r#"[store]
path     = "/var/lib/courtier/courtier.db"
max_size = "2GB"
"#,
};

/// The part as lists.
pub(super) const PRIVACY: Part = Part {
    key: "privacy",
    shape: Shape::Table,
    fields: &[
        Field::optional("keep_text", Form::Duration, "How long words, drafts and evidence are kept; default: for ever."),
        Field::optional("keep_author", Form::Duration, "How long names, handles and links of authors are kept; default: for ever."),
    ],
    doc: "How long what strangers wrote is kept. Posts that their network says were deleted are redacted at once, whatever stands here: on Bluesky, in Mastodon's stream, and in the webhooks of forums and repositories; nobody asks again for the others.",
    sample: r#"[privacy]
keep_text   = "90d"
keep_author = "365d"
"#,
};

/// The part as lists.
pub(super) const NET: Part = Part {
    key: "net",
    shape: Shape::Table,
    fields: &[
        Field::optional("user_agent", Form::Text, "Product, version and contact, sent on everything; default courtier's own."),
        Field::optional("ca_file", Form::Text, "A PEM file with a further certificate authority; relative to this file."),
        Field::optional("proxy", Form::Text, "A proxy for everything: an http, https, socks5 or socks5h URL."),
        Field::optional("allow_private", Form::Texts, "Ranges of private addresses that may be called, such as `10.0.0.0/8`."),
        Field::optional("egress", Form::Texts, "The only hosts that may be called; `*.example.org` covers every host below."),
    ],
    doc: "The way out.",
    sample: r#"[net]
user_agent    = "courtier (care@nomadesk.com)"
proxy         = "http://127.0.0.1:3128"
ca_file       = "/etc/ssl/certs/our-proxy.pem"
allow_private = ["10.0.0.0/8"]
egress        = ["*.slack.com", "*.bsky.network"]
"#,
};

/// The part as lists.
pub(super) const LOG: Part = Part {
    key: "log",
    shape: Shape::Table,
    fields: &[
        Field::optional("format", Form::OneOf(&["auto", "text", "json", "journald"]), "`auto` is journald under systemd, else text."),
        Field::optional("level", Form::OneOf(&["error", "warn", "info", "debug", "trace"]), "The least that is logged; default info."),
    ],
    doc: "The log.",
    sample: r#"[log]
format = "auto"                                 # journald under systemd, else text; or "json"
level  = "info"
"#,
};

/// The part as lists.
pub(super) const WEB: Part = Part {
    key: "web",
    shape: Shape::Table,
    fields: &[
        Field::optional("enabled", Form::Flag, "Whether to listen at all; default true."),
        Field::optional("listen", Form::Text, "A loopback address and a port; default `127.0.0.1:9464`. Port 0 lets the system choose."),
    ],
    doc: "Health, metrics and inbound webhooks, on loopback; a reverse proxy brings them further.",
    sample: r#"[web]
listen = "127.0.0.1:9464"                       # /healthz, /readyz, /metrics, inbound webhooks
"#,
};

/// `[reply]`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ReplySettings {
    /// The facts file, relative paths resolved.
    pub facts: Option<PathBuf>,
    /// Where the file names it, for a mistake in it.
    pub facts_span: std::ops::Range<usize>,
    /// How drafts are signed.
    pub sign_as: Option<String>,
}

/// `[store]`.
#[derive(Debug, Clone, Default)]
pub struct StoreSettings {
    /// The `SQLite` database, relative paths resolved; `None` is the default place.
    pub path: Option<PathBuf>,
    /// A `PostgreSQL` URL.
    pub url: Option<Secret>,
    /// The largest the database may grow, in bytes.
    pub max_size: Option<u64>,
}

/// `[privacy]`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct PrivacySettings {
    /// How long words are kept; `None` is for ever.
    pub keep_text: Option<Duration>,
    /// How long authors are kept; `None` is for ever.
    pub keep_author: Option<Duration>,
}

/// `[net]`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct NetSettings {
    /// Sent on everything.
    pub user_agent: Option<String>,
    /// A further certificate authority, relative paths resolved.
    pub ca_file: Option<PathBuf>,
    /// Where the file names it: it is read later.
    pub ca_file_span: std::ops::Range<usize>,
    /// A proxy for everything.
    pub proxy: Option<String>,
    /// Ranges of private addresses that may be called.
    pub allow_private: Vec<IpNet>,
    /// The only hosts that may be called, when set.
    pub egress: Option<Vec<String>>,
}

/// How the log is written.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum LogFormat {
    /// journald under systemd, else text.
    #[default]
    Auto,
    /// For people.
    Text,
    /// One object a line.
    Json,
    /// The journal's own protocol.
    Journald,
}

/// `[log]`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogSettings {
    /// How the log is written.
    pub format: LogFormat,
    /// The least that is logged: `error`, `warn`, `info`, `debug` or `trace`.
    pub level: String,
}

impl Default for LogSettings {
    fn default() -> Self {
        Self { format: LogFormat::Auto, level: "info".into() }
    }
}

/// `[web]`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct WebSettings {
    /// Whether to listen at all.
    pub enabled: bool,
    /// A loopback address; port 0 lets the system choose.
    pub listen: SocketAddr,
    /// Whether the file names the address: a taken port is then an error, else another one is tried.
    pub named: bool,
}

impl Default for WebSettings {
    fn default() -> Self {
        Self { enabled: true, listen: SocketAddr::from(([127, 0, 0, 1], 9464)), named: false }
    }
}

/// Reads `[reply]`.
pub(super) fn reply(section: &Section) -> ReplySettings {
    ReplySettings {
        facts: section.text("facts").map(PathBuf::from),
        facts_span: section.span("facts"),
        sign_as: section.text("sign_as").map(str::to_owned),
    }
}

/// Reads `[store]`.
pub(super) fn store(section: &Section, reader: &mut Reader<'_>) -> StoreSettings {
    if section.has("path") && section.has("url") {
        reader.error(section.mistake("url", "`path` and `url` exclude each other", "keep one: a SQLite file or a PostgreSQL URL"));
    } else if section.has("url") {
        reader.error(section.mistake("url", "PostgreSQL is not served yet", "leave `url` out; SQLite at `path` serves one machine"));
    }
    StoreSettings {
        path: section.text("path").map(PathBuf::from),
        url: section.secret("url").cloned(),
        max_size: section.count("max_size"),
    }
}

/// Reads `[privacy]`.
pub(super) fn privacy(section: &Section) -> PrivacySettings {
    PrivacySettings { keep_text: section.duration("keep_text"), keep_author: section.duration("keep_author") }
}

/// Reads `[net]`; before all other parts, whose URLs it governs.
pub(super) fn net(section: &Section, reader: &mut Reader<'_>) -> NetSettings {
    let mut allow_private = Vec::new();
    for (text, span) in section.spanned_texts("allow_private") {
        match text.parse::<IpNet>().or_else(|_| text.parse().map(|address: std::net::IpAddr| IpNet::from(address))) {
            Ok(range) => allow_private.push(range),
            Err(_) => reader.error(
                Diagnostic::new(span, format!("{text:?} is not a range of addresses")).hint("write it as \"10.0.0.0/8\" or \"fd00::/8\""),
            ),
        }
    }
    let is_host = |text: &str| {
        text.strip_prefix("*.")
            .unwrap_or(text)
            .split('.')
            .all(|label| !label.is_empty() && label.chars().all(|c| c.is_alphanumeric() || c == '-' || c == '_'))
    };
    for (host, span) in section.spanned_texts("egress").filter(|(host, _)| !is_host(host) && host.parse::<std::net::IpAddr>().is_err()) {
        reader.error(
            Diagnostic::new(span, format!("{host:?} is not a host"))
                .hint("write the bare name, such as \"slack.com\" or \"*.slack.com\", without scheme, port and path"),
        );
    }
    if section.has("egress") && section.texts("egress").is_empty() {
        reader.error(section.mistake("egress", "`egress` is empty: nothing could be called", "name the hosts, or leave it out"));
    }
    NetSettings {
        user_agent: section.text("user_agent").map(str::to_owned),
        ca_file: section.text("ca_file").map(PathBuf::from),
        ca_file_span: section.span("ca_file"),
        proxy: proxy(section, reader),
        allow_private,
        egress: section.has("egress").then(|| section.texts("egress").iter().map(|host| host.to_lowercase()).collect()),
    }
}

/// Reads the proxy, which may be private and plain but must hold no password.
fn proxy(section: &Section, reader: &mut Reader<'_>) -> Option<String> {
    let text = section.text("proxy")?;
    let parsed = url::Url::parse(text).ok().filter(|url| matches!(url.scheme(), "http" | "https" | "socks5" | "socks5h") && url.has_host());
    match parsed {
        Some(url) if url.password().is_some() || !url.username().is_empty() => {
            reader.masks.push(section.span("proxy"));
            reader.error(section.mistake(
                "proxy",
                "`proxy` holds a user name or a password in the clear",
                "let a proxy on this machine add the credentials",
            ));
            None
        }
        Some(_) => Some(text.to_owned()),
        None => {
            // What does not parse may still hold a password.
            reader.masks.push(section.span("proxy"));
            reader.error(section.mistake(
                "proxy",
                "`proxy` is not the URL of a proxy",
                "write it as \"http://127.0.0.1:3128\" or \"socks5h://127.0.0.1:1080\"",
            ));
            None
        }
    }
}

/// Reads `[log]`.
pub(super) fn log(section: &Section) -> LogSettings {
    let format = match section.text("format") {
        Some("text") => LogFormat::Text,
        Some("json") => LogFormat::Json,
        Some("journald") => LogFormat::Journald,
        _ => LogFormat::Auto,
    };
    LogSettings { format, level: section.text("level").unwrap_or("info").to_owned() }
}

/// Reads `[web]`.
pub(super) fn web(section: &Section, reader: &mut Reader<'_>) -> WebSettings {
    let mut web = WebSettings { enabled: section.flag("enabled").unwrap_or(true), ..WebSettings::default() };
    let Some(text) = section.text("listen") else { return web };
    let spelled = text.replacen("localhost:", "127.0.0.1:", 1);
    let port =
        text.rsplit_once(':').map(|(_, port)| port).filter(|port| !port.is_empty() && port.bytes().all(|byte| byte.is_ascii_digit()));
    match spelled.parse::<SocketAddr>() {
        Ok(listen) if listen.ip().is_loopback() => {
            web.listen = listen;
            web.named = true;
        }
        Ok(listen) => reader.error(section.mistake(
            "listen",
            format!("{} is not a loopback address", listen.ip()),
            "courtier speaks plain http to this machine only; listen on 127.0.0.1 and let a reverse proxy bring it further",
        )),
        Err(_) if port.is_some_and(|port| port.parse::<u16>().is_err()) => {
            reader.error(section.mistake("listen", "the port is out of range", "ports go from 1 to 65535 (0 lets the system choose)"));
        }
        Err(_) => reader.error(section.mistake(
            "listen",
            format!("{text:?} is not an address and a port"),
            "write it as \"127.0.0.1:9464\" or \"[::1]:9464\"",
        )),
    }
    web
}
