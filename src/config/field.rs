//! Lists of keys: what a section may hold. Checks, schema and docs come from them.

/// What a value must look like.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// A string that is not empty.
    Text,
    /// A list of strings.
    Texts,
    /// An absolute `http`, `https`, `ws` or `wss` URL.
    Url,
    /// A duration with a unit: `"30s"`, `"10m"`, `"6h"`, `"90d"`.
    Duration,
    /// A reference to a secret: `"env:NAME"`, `"file:PATH"`, `"cred:NAME"`.
    Secret,
    /// `true` or `false`.
    Flag,
    /// A whole number from the first to the second.
    Count(u64, u64),
    /// One of these words.
    OneOf(&'static [&'static str]),
    /// A table of strings to strings.
    Map,
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
    Field::optional("silence", Form::Text, "When to call the feed deaf: \"auto\" (learned), \"off\" or a duration."),
    Field::optional("watches", Form::Texts, "Only these watches; default all."),
];

/// Keys that every notifier takes.
pub const NOTIFIER_FIELDS: &[Field] = &[
    Field::optional("base_url", Form::Url, "Another address of the service: a proxy or a test server."),
    Field::optional("allow_http", Form::Flag, "Accepts plain http beyond loopback."),
    Field::optional("fallback", Form::Text, "The notifier that takes over when this one gives up."),
    Field::optional("give_up", Form::Duration, "How long to try before an alert becomes a dead letter; default 24h."),
];
