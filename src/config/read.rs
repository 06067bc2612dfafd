//! From spanned TOML to checked sections: the one place that knows forms.
//!
//! The reader never stops at a mistake: it notes it and goes on, so that a
//! person sees all of them at once.

use std::collections::BTreeMap;
use std::ops::Range;

use ipnet::IpNet;
use toml::Spanned;
use toml::de::{DeArray, DeString, DeTable, DeValue};

use super::field::one_of;
use super::section::Value;
use super::value::{duration, nearest, size};
use super::{Diagnostic, Field, Form, Secret, SecretRef, Secrets, Section, address};

/// A key of the file with its place.
pub(super) type Key<'a> = Spanned<DeString<'a>>;
/// A value of the file with its place.
pub(super) type Raw<'a> = Spanned<DeValue<'a>>;

/// Reads tables against lists of fields and gathers what is wrong.
pub(super) struct Reader<'a> {
    /// Where secrets come from.
    pub(super) secrets: &'a dyn Secrets,
    /// Private ranges that URLs may name; known once `[net]` is read.
    pub(super) allow_private: Vec<IpNet>,
    /// What keeps the file from being used.
    pub(super) errors: Vec<Diagnostic>,
    /// What has no effect, or another than it seems.
    pub(super) warnings: Vec<Diagnostic>,
    /// Places whose text must not be shown.
    pub(super) masks: Vec<Range<usize>>,
}

impl<'a> Reader<'a> {
    /// Starts with nothing found.
    pub(super) fn new(secrets: &'a dyn Secrets) -> Self {
        Self { secrets, allow_private: Vec::new(), errors: Vec::new(), warnings: Vec::new(), masks: Vec::new() }
    }

    /// Notes a mistake.
    pub(super) fn error(&mut self, diagnostic: Diagnostic) {
        self.errors.push(diagnostic);
    }

    /// Notes what has no effect.
    pub(super) fn warn(&mut self, diagnostic: Diagnostic) {
        self.warnings.push(diagnostic);
    }

    /// Reads a table against lists of fields; of two fields of one key the first counts.
    ///
    /// `place` is how a person would write the section: `[feeds.bsky]`.
    pub(super) fn section(
        &mut self,
        name: &str,
        span: Range<usize>,
        place: &str,
        table: &DeTable<'_>,
        lists: &[&'static [Field]],
    ) -> Section {
        let fields = || lists.iter().flat_map(|list| list.iter());
        // A key that was meant and misspelt is not missing as well.
        let mut asked = Vec::new();
        let mut section = Section { name: name.to_owned(), span: span.clone(), values: BTreeMap::new() };
        let allow_http = table.get("allow_http").and_then(|raw| raw.get_ref().as_bool()).unwrap_or(false);
        for (key, raw) in table {
            match fields().find(|field| field.key == key.get_ref().as_ref()) {
                Some(field) => {
                    if let Some(value) = self.value(field, raw, allow_http) {
                        section.values.insert(field.key, (value, raw.span()));
                    }
                }
                None => asked.extend(self.unknown_key(key, raw, place, fields())),
            }
        }
        for field in fields().filter(|field| field.required) {
            if !table.contains_key(field.key) && !asked.contains(&field.key) {
                asked.push(field.key);
                let missing = Diagnostic::new(span.clone(), format!("{place} has no `{}`", field.key));
                self.error(missing.label(format!("`{}` is missing here", field.key)).hint(format!(
                    "{} Add `{} = {}`.",
                    field.doc,
                    field.key,
                    field.form.example()
                )));
            }
        }
        section
    }

    /// Notes a key that is not in the lists; gives what it was probably meant to be.
    fn unknown_key<'f>(
        &mut self,
        key: &Key<'_>,
        raw: &Raw<'_>,
        place: &str,
        fields: impl Iterator<Item = &'f Field> + Clone,
    ) -> Option<&'f str> {
        if let Some((name, hint)) = RETIRED.iter().find(|(name, _)| name == key.get_ref()) {
            let gone = Diagnostic::new(key.span(), format!("{place} has no key `{name}` any more"));
            self.warn(gone.label("has no effect").hint(*hint));
            return None;
        }
        let known: Vec<&str> = fields.clone().map(|field| field.key).collect();
        let meant = nearest(key.get_ref(), known.iter().copied());
        // A misspelt `token` holds a token: its value is not shown beside the complaint about its name.
        let may_be_secret = fields.into_iter().any(|field| field.form == Form::Secret && meant.is_none_or(|meant| meant == field.key));
        if may_be_secret && raw.get_ref().as_str().is_none_or(|text| SecretRef::parse(text).is_none()) {
            self.masks.push(raw.span());
        }
        self.error(unknown(key, "key", place, &known));
        meant
    }

    /// Reads one value in the form its field asks for.
    fn value(&mut self, field: &Field, raw: &Raw<'_>, allow_http: bool) -> Option<Value> {
        let value = raw.get_ref();
        match (field.form, value) {
            (Form::Secret, _) => self.secret(field, raw),
            (Form::Text, DeValue::String(text)) => self.text(field.key, text, raw.span()).map(Value::Text),
            (Form::Texts, DeValue::String(text)) => {
                self.text(field.key, text, raw.span()).map(|text| Value::Texts(vec![text], vec![raw.span()]))
            }
            (Form::Texts, DeValue::Array(items)) => Some(self.texts(field, items)),
            (Form::Url, DeValue::String(text)) => self.url(field, text, raw.span(), allow_http).map(Value::Text),
            (Form::Urls, DeValue::String(text)) => {
                self.url(field, text, raw.span(), allow_http).map(|text| Value::Texts(vec![text], vec![raw.span()]))
            }
            (Form::Urls, DeValue::Array(items)) => {
                let Value::Texts(texts, spans) = self.texts(field, items) else { return None };
                let good = texts
                    .iter()
                    .zip(&spans)
                    .filter_map(|(text, span)| Some((self.url(field, text, span.clone(), allow_http)?, span.clone())));
                let (texts, spans) = good.unzip();
                Some(Value::Texts(texts, spans))
            }
            (Form::Duration, DeValue::String(text)) => self.duration(field, text, raw.span()),
            (Form::DurationOr(words), DeValue::String(text)) => match words.iter().find(|word| *word == text) {
                Some(word) => Some(Value::Text((*word).to_owned())),
                None => self.duration(field, text, raw.span()),
            },
            (Form::Size, DeValue::String(text)) => match size(text) {
                Ok(bytes) => Some(Value::Count(bytes)),
                Err(what) => {
                    self.wrong(raw, format!("`{}` {what}", field.key), "write a number and kB, MB, GB, KiB, MiB or GiB, such as \"500MB\"")
                }
            },
            (Form::Flag, DeValue::Boolean(flag)) => Some(Value::Flag(*flag)),
            (Form::Count(least, most), DeValue::Integer(number)) => {
                match u64::from_str_radix(number.as_str(), number.radix()).ok().filter(|count| (least..=most).contains(count)) {
                    Some(count) => Some(Value::Count(count)),
                    None => self.wrong(raw, format!("`{}` is out of range", field.key), format!("give {}", field.form.wants())),
                }
            }
            (Form::OneOf(words), DeValue::String(text)) => self.word(field, words, text, raw.span()).map(Value::Text),
            (Form::Words(words), DeValue::String(text)) => {
                self.word(field, words, text, raw.span()).map(|word| Value::Texts(vec![word], vec![raw.span()]))
            }
            (Form::Words(words), DeValue::Array(items)) => Some(self.words(field, words, items)),
            (Form::Map, DeValue::Table(table)) => Some(self.map(field, table)),
            (Form::Table(fields), DeValue::Table(table)) => {
                Some(Value::Table(self.section(field.key, raw.span(), &format!("`{}`", field.key), table, &[fields])))
            }
            (Form::Tables(fields), DeValue::Array(items)) => Some(self.tables(field, fields, items)),
            _ => self.wrong_type(field, raw),
        }
    }

    /// Notes a value of another type than wanted.
    fn wrong_type<T>(&mut self, field: &Field, raw: &Raw<'_>) -> Option<T> {
        let found = raw.get_ref();
        let hint = match (field.form, found) {
            (Form::Duration | Form::DurationOr(_), DeValue::Integer(number)) => {
                format!("write the unit, such as `{} = \"{number}s\"` or `{} = \"{number}m\"`", field.key, field.key)
            }
            (Form::Size, DeValue::Integer(_)) => format!("write the unit, such as `{} = \"500MB\"`", field.key),
            (Form::Flag, DeValue::String(text)) if matches!(&**text, "true" | "false") => {
                format!("write it without quotes: `{} = {text}`", field.key)
            }
            (Form::Count(..), DeValue::String(text)) if text.parse::<u64>().is_ok() => {
                format!("write it without quotes: `{} = {text}`", field.key)
            }
            (Form::Text | Form::Texts, DeValue::Integer(_) | DeValue::Float(_) | DeValue::Datetime(_)) => "write it in quotes".to_owned(),
            (form, _) => format!("write `{} = {}`", field.key, form.example()),
        };
        self.error(
            Diagnostic::new(raw.span(), format!("`{}` must be {}", field.key, field.form.wants()))
                .label(format!("this is {}", article(found)))
                .hint(hint),
        );
        None
    }

    /// Notes a value that has the right type and is wrong all the same.
    fn wrong<T>(&mut self, raw: &Raw<'_>, message: String, hint: impl Into<String>) -> Option<T> {
        self.error(Diagnostic::new(raw.span(), message).hint(hint));
        None
    }

    /// Reads a text that is not empty.
    fn text(&mut self, key: &str, text: &str, span: Range<usize>) -> Option<String> {
        if text.trim().is_empty() {
            self.error(
                Diagnostic::new(span, format!("`{key}` is empty"))
                    .hint(format!("write something between the quotes, or leave `{key}` out")),
            );
            return None;
        }
        Some(text.to_owned())
    }

    /// Reads a list of texts.
    fn texts(&mut self, field: &Field, items: &DeArray<'_>) -> Value {
        let (mut texts, mut spans) = (Vec::new(), Vec::new());
        for item in items {
            let Some(text) = item.get_ref().as_str() else {
                let odd = Diagnostic::new(item.span(), format!("`{}` must be {}", field.key, field.form.wants()));
                self.error(odd.label(format!("this is {}", article(item.get_ref()))).hint("write it in quotes"));
                continue;
            };
            if let Some(text) = self.text(field.key, text, item.span()) {
                texts.push(text);
                spans.push(item.span());
            }
        }
        Value::Texts(texts, spans)
    }

    /// Reads a list of known words.
    fn words(&mut self, field: &Field, words: &[&str], items: &DeArray<'_>) -> Value {
        let (mut texts, mut spans) = (Vec::new(), Vec::new());
        for item in items {
            let word = match item.get_ref().as_str() {
                Some(text) => self.word(field, words, text, item.span()),
                None => self.wrong_type(field, item),
            };
            if let Some(word) = word {
                texts.push(word);
                spans.push(item.span());
            }
        }
        Value::Texts(texts, spans)
    }

    /// Reads one of the known words.
    fn word(&mut self, field: &Field, words: &[&str], text: &str, span: Range<usize>) -> Option<String> {
        if words.contains(&text) {
            return Some(text.to_owned());
        }
        let hint = match nearest(text, words.iter().copied()) {
            Some(near) => format!("did you mean \"{near}\"?"),
            None => format!("give {}", one_of(words)),
        };
        self.error(Diagnostic::new(span, format!("`{}` does not know {text:?}", field.key)).label("unknown word").hint(hint));
        None
    }

    /// Reads a duration.
    fn duration(&mut self, field: &Field, text: &str, span: Range<usize>) -> Option<Value> {
        match duration(text) {
            Ok(duration) => Some(Value::Duration(duration)),
            Err(what) => {
                let hint = match field.form {
                    Form::DurationOr(words) if !text.starts_with(|c: char| c.is_ascii_digit()) => {
                        match nearest(text, words.iter().copied()) {
                            Some(near) => format!("did you mean \"{near}\"?"),
                            None => format!("give {}, such as \"10m\"", field.form.wants()),
                        }
                    }
                    _ if what == "has no unit" && text.parse::<u64>().is_ok() => {
                        format!("add the unit: \"{text}s\", \"{text}m\" or \"{text}h\"")
                    }
                    _ => "write whole numbers with ms, s, m, h, d or w, such as \"90s\", \"1h30m\" or \"90d\"".to_owned(),
                };
                self.error(Diagnostic::new(span, format!("`{}` {what}", field.key)).hint(hint));
                None
            }
        }
    }

    /// Reads a URL that may be called.
    fn url(&mut self, field: &Field, text: &str, span: Range<usize>, allow_http: bool) -> Option<String> {
        let text = self.text(field.key, text, span.clone())?;
        let Some(refusal) = address::refusal(&text, allow_http, &self.allow_private) else { return Some(text) };
        if refusal.secret {
            self.masks.push(span.clone());
        }
        self.error(Diagnostic::new(span, format!("`{}` {}", field.key, refusal.what)).hint(refusal.hint));
        None
    }

    /// Reads a reference and the secret behind it; whatever is no reference is masked.
    fn secret(&mut self, field: &Field, raw: &Raw<'_>) -> Option<Value> {
        let Some(from) = raw.get_ref().as_str().and_then(SecretRef::parse) else {
            self.masks.push(raw.span());
            self.error(
                Diagnostic::new(raw.span(), format!("`{}` must be a reference to a secret", field.key))
                    .label("a secret is written here in the clear")
                    .hint("use \"env:NAME\", \"file:PATH\" or \"cred:NAME\" (systemd credential), and change the secret: a file like this gets copied"),
            );
            return None;
        };
        match self.secrets.read(&from) {
            Ok(value) => Some(Value::Secret(Secret { from, value })),
            Err(why) => {
                let hint = match &from {
                    SecretRef::Env(name) => format!("set {name} in the environment of courtier (with systemd: `EnvironmentFile=`)"),
                    SecretRef::File(_) => "a relative path starts at the folder of the configuration file".to_owned(),
                    SecretRef::Cred(name) => format!("give the unit `LoadCredential={name}:/path/to/{name}`, or use \"file:PATH\""),
                };
                self.wrong(
                    raw,
                    format!("`{}`: {from} cannot be read: {why}", field.key),
                    format!("{hint}; `check --no-secrets` passes over secrets"),
                )
            }
        }
    }

    /// Reads a table of texts.
    fn map(&mut self, field: &Field, table: &DeTable<'_>) -> Value {
        let mut map = BTreeMap::new();
        for (key, raw) in table {
            let name = key.get_ref();
            if let Some(text) = raw.get_ref().as_str() {
                map.insert(name.to_string(), text.to_owned());
            } else {
                let odd = Diagnostic::new(raw.span(), format!("every value of `{}` must be a text", field.key));
                self.error(odd.label(format!("this is {}", article(raw.get_ref()))).hint("write it in quotes"));
            }
        }
        Value::Map(map)
    }

    /// Reads a list of tables.
    fn tables(&mut self, field: &Field, fields: &'static [Field], items: &DeArray<'_>) -> Value {
        let mut tables = Vec::new();
        for item in items {
            match item.get_ref() {
                DeValue::Table(table) => tables.push(self.section(field.key, item.span(), &format!("`{}`", field.key), table, &[fields])),
                _ => {
                    self.wrong_type::<()>(field, item);
                }
            }
        }
        Value::Tables(tables)
    }
}

/// Keys of older files: they do nothing, and the file is read all the same.
const RETIRED: &[(&str, &str)] = &[(
    "recheck_deleted",
    "leave it out. Deletions that a network tells are heeded at once, nobody asks again; `keep_text` forgets all words in time",
)];

/// Says that a word is not known, and which was probably meant.
pub(super) fn unknown(key: &Key<'_>, what: &str, place: &str, known: &[&str]) -> Diagnostic {
    let name = key.get_ref();
    let hint = match nearest(name, known.iter().copied()) {
        Some(near) => format!("did you mean `{near}`?"),
        None => format!("{place} knows {}", known.iter().map(|key| format!("`{key}`")).collect::<Vec<_>>().join(", ")),
    };
    Diagnostic::new(key.span(), format!("{place} has no {what} `{}`", name.escape_debug())).label(format!("unknown {what}")).hint(hint)
}

/// Names the type of a value with its article.
pub(super) fn article(value: &DeValue<'_>) -> &'static str {
    match value {
        DeValue::String(_) => "a text",
        DeValue::Integer(_) => "a whole number",
        DeValue::Float(_) => "a number with a fraction",
        DeValue::Boolean(_) => "true or false",
        DeValue::Datetime(_) => "a date or time",
        DeValue::Array(_) => "a list",
        DeValue::Table(_) => "a table",
    }
}
