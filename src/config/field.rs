//! Lists of keys: what a section may hold. Checks, schema and docs come from them.
//!
//! A feed, a notifier or a part of this room writes down its keys once, as a
//! `const` list of [`Field`]s. The reader checks a table against the list,
//! `courtier schema` and `docs/configuration.md` are printed from it.

/// What a value must look like.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// A string that is not empty.
    Text,
    /// A list of strings; one string alone is read as a list of one.
    Texts,
    /// An absolute `http`, `https`, `ws` or `wss` URL.
    Url,
    /// A list of such URLs; one alone is read as a list of one.
    Urls,
    /// A duration with a unit: `"30s"`, `"10m"`, `"6h"`, `"90d"`.
    Duration,
    /// A duration with a unit, or one of these words.
    DurationOr(&'static [&'static str]),
    /// A size with a unit: `"500MB"`, `"2GB"`; read with [`super::Section::count`], in bytes.
    Size,
    /// A reference to a secret: `"env:NAME"`, `"file:PATH"`, `"cred:NAME"`.
    Secret,
    /// `true` or `false`.
    Flag,
    /// A whole number from the first to the second.
    Count(u64, u64),
    /// One of these words.
    OneOf(&'static [&'static str]),
    /// One of these words, or a list of them; read with [`super::Section::texts`].
    Words(&'static [&'static str]),
    /// A table of strings to strings.
    Map,
    /// A table with keys of its own.
    Table(&'static [Field]),
    /// A list of tables with keys of their own.
    Tables(&'static [Field]),
}

impl Form {
    /// Says what is wanted, for messages and docs.
    pub fn wants(self) -> String {
        match self {
            Self::Text => "a text that is not empty".into(),
            Self::Texts => "a list of texts".into(),
            Self::Url => "a whole URL".into(),
            Self::Urls => "a list of whole URLs".into(),
            Self::Duration => "a duration with a unit".into(),
            Self::DurationOr(words) => format!("{}, or a duration with a unit", one_of(words)),
            Self::Size => "a size with a unit".into(),
            Self::Secret => "a reference to a secret".into(),
            Self::Flag => "true or false".into(),
            Self::Count(least, u64::MAX) => format!("a whole number from {least} on"),
            Self::Count(least, most) => format!("a whole number from {least} to {most}"),
            Self::OneOf(words) => one_of(words),
            Self::Words(words) => format!("one or more of {}", quoted(words, ", ")),
            Self::Map => "a table of texts".into(),
            Self::Table(_) => "a table".into(),
            Self::Tables(_) => "a list of tables".into(),
        }
    }

    /// Gives a value that would be right, as TOML.
    pub fn example(self) -> String {
        match self {
            Self::Text => r#""...""#.into(),
            Self::Texts => r#"["..."]"#.into(),
            Self::Url => r#""https://example.org/""#.into(),
            Self::Urls => r#"["https://example.org/"]"#.into(),
            Self::Duration => r#""30s""#.into(),
            Self::DurationOr(words) | Self::OneOf(words) => words.first().map_or_else(|| r#""""#.into(), |word| format!("\"{word}\"")),
            Self::Size => r#""500MB""#.into(),
            Self::Secret => r#""env:NAME""#.into(),
            Self::Flag => "true".into(),
            Self::Count(least, _) => least.to_string(),
            Self::Words(words) => words.first().map_or_else(|| "[]".into(), |word| format!("[\"{word}\"]")),
            Self::Map => r#"{ name = "..." }"#.into(),
            Self::Table(_) => "{ ... }".into(),
            Self::Tables(_) => "[{ ... }]".into(),
        }
    }
}

/// Lists words in quotes.
pub(super) fn quoted(words: &[&str], between: &str) -> String {
    words.iter().map(|word| format!("\"{word}\"")).collect::<Vec<_>>().join(between)
}

/// Lists words in quotes with an "or" before the last.
pub(super) fn one_of(words: &[&str]) -> String {
    match words {
        [] => "nothing".into(),
        [only] => format!("\"{only}\""),
        [front @ .., last] => format!("{} or \"{last}\"", quoted(front, ", ")),
    }
}

/// One key of a section.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Field {
    /// The key.
    pub key: &'static str,
    /// What its value must look like.
    pub form: Form,
    /// Whether it must be there.
    pub required: bool,
    /// One sentence for the docs and the schema.
    pub doc: &'static str,
}

impl Field {
    /// A key that must be there.
    pub const fn required(key: &'static str, form: Form, doc: &'static str) -> Self {
        Self { key, form, required: true, doc }
    }

    /// A key that may be left out.
    pub const fn optional(key: &'static str, form: Form, doc: &'static str) -> Self {
        Self { key, form, required: false, doc }
    }
}

/// Keys that every feed takes.
pub const FEED_FIELDS: &[Field] = &[
    Field::optional("every", Form::Duration, "How often to ask; each kind has its own default."),
    Field::optional("base_url", Form::Url, "Another address of the service: a private instance, a proxy, a test server."),
    Field::optional("allow_http", Form::Flag, "Accepts plain http beyond loopback."),
    Field::optional(
        "silence",
        Form::DurationOr(&["auto", "off"]),
        "When to call the feed deaf: \"auto\" (learned), \"off\" or a duration.",
    ),
    Field::optional("watches", Form::Texts, "Only these watches; default all."),
];

/// Keys that every notifier takes.
pub const NOTIFIER_FIELDS: &[Field] = &[
    Field::optional("base_url", Form::Url, "Another address of the service: a proxy or a test server."),
    Field::optional("allow_http", Form::Flag, "Accepts plain http beyond loopback."),
    Field::optional("fallback", Form::Text, "The notifier that takes over when this one gives up."),
    Field::optional("give_up", Form::Duration, "How long to try before an alert becomes a dead letter; default 24h."),
];
