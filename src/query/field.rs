//! What a field may say, and whether a post fits it.

use super::evaluate::Subject;
use super::set::WatchNames;
use super::tree::{Field, Key};
use crate::domain::{Kind, Signal};
use crate::text::folded;

/// What `type:` knows.
const TYPES: &[&str] = &["post", "reply", "repost", "review"];

/// Gives an example for a field that stands alone.
pub(super) fn example(key: Key) -> String {
    let value = match key {
        Key::Author => "kim.example.org",
        Key::Site | Key::Link => "example.org",
        Key::Lang => "de",
        Key::Type => "reply",
        Key::Source => "bluesky",
        Key::Signal => "complaint",
        Key::Left | Key::Joined => "dropbox",
    };
    format!("write the value right behind it: {key}:{value}")
}

/// Says what a field expected instead of its value, with a hint; `None` when the value may stand.
pub(super) fn refusal(field: &Field) -> Option<(String, String)> {
    let list = |words: &[&str]| Some((format!("one of {}", words.join(", ")), example(field.key)));
    let value = field.value.as_str();
    match field.key {
        Key::Type if !TYPES.contains(&value) => list(TYPES),
        Key::Signal if Signal::parse(value).is_none() => list(&Signal::ALL.iter().map(|signal| signal.as_str()).collect::<Vec<_>>()),
        Key::Lang if !is_tag(value) => Some(("a language tag such as de or pt-BR".to_owned(), example(field.key))),
        _ => None,
    }
}

/// Whether it can be a language tag: two or three letters, then subtags.
fn is_tag(value: &str) -> bool {
    let mut parts = value.split('-');
    let language = parts.next().unwrap_or_default();
    (2..=3).contains(&language.len())
        && language.bytes().all(|byte| byte.is_ascii_alphabetic())
        && parts.all(|part| (1..=8).contains(&part.len()) && part.bytes().all(|byte| byte.is_ascii_alphanumeric()))
}

/// A field, ready to be asked.
#[derive(Debug)]
pub(super) struct Test {
    key: Key,
    /// Folded, without its star.
    value: String,
    prefix: bool,
}

impl Test {
    pub(super) fn new(field: &Field) -> Self {
        let value = folded(field.value.trim());
        let (value, prefix) = match value.strip_suffix('*') {
            Some(stem) => (stem.to_owned(), true),
            None => (value, false),
        };
        let value = if field.key == Key::Author { value.trim_start_matches('@').to_owned() } else { value };
        Self { key: field.key, value, prefix }
    }

    /// Whether the post fits.
    pub(super) fn fits(&self, subject: &Subject<'_>, names: &WatchNames) -> bool {
        let mention = subject.mention;
        match self.key {
            Key::Author => self.is(&folded(mention.author.handle.trim_start_matches('@'))),
            Key::Source => self.is(&folded(mention.network.as_str())),
            Key::Lang => {
                let heard = subject.hearing.and_then(|hearing| hearing.lang.as_deref());
                mention.lang.as_deref().into_iter().chain(heard).any(|tag| self.covers(&tag.to_lowercase()))
            }
            Key::Type => match self.value.as_str() {
                "reply" => mention.thread.parent.is_some() && mention.kind == Kind::Post,
                "repost" => mention.kind == Kind::Repost,
                "review" => mention.kind == Kind::Review,
                _ => mention.kind == Kind::Post,
            },
            Key::Site => mention.url.as_deref().is_some_and(|url| self.leads(url)),
            Key::Link => {
                mention.links.iter().any(|link| self.leads(link))
                    || mention.text.split_whitespace().filter(|word| word.contains('.')).any(|word| self.leads(bare(word)))
            }
            Key::Signal => {
                let signal = Signal::parse(&self.value);
                signal.zip(subject.hearing).is_some_and(|(signal, hearing)| hearing.hears(signal))
            }
            Key::Left | Key::Joined => {
                let switch = subject.hearing.and_then(|hearing| hearing.switch.as_ref());
                let side = switch.and_then(|switch| if self.key == Key::Left { switch.left.as_ref() } else { switch.joined.as_ref() });
                side.is_some_and(|name| match self.value.as_str() {
                    "brand" if !self.prefix => *name == names.brand,
                    "rival" if !self.prefix => names.rivals.contains(name),
                    _ => self.is(&folded(name)),
                })
            }
        }
    }

    fn is(&self, value: &str) -> bool {
        if self.prefix { value.starts_with(&self.value) } else { *value == *self.value }
    }

    /// `pt` covers `pt-br`, not the other way round.
    fn covers(&self, tag: &str) -> bool {
        tag.strip_prefix(&self.value).is_some_and(|rest| rest.is_empty() || rest.starts_with('-'))
    }

    /// Whether an address stands on the site, or below its path where one is named.
    fn leads(&self, address: &str) -> bool {
        let address = folded(address);
        let (host, path) = parts(&address);
        let (wanted, below) = parts(&self.value);
        let same = host == wanted || host.strip_suffix(wanted).is_some_and(|head| head.ends_with('.'));
        same && !wanted.is_empty()
            && (self.prefix || path == below || path.strip_prefix(below).is_some_and(|rest| starts(below, rest)))
            && (!self.prefix || path.starts_with(below))
    }
}

/// Whether what follows a path begins at a border of it.
fn starts(below: &str, rest: &str) -> bool {
    below.is_empty() || below.ends_with('/') || rest.starts_with(['/', '?', '#'])
}

/// Parts an address into its host and the rest; `www.`, the scheme, a name and a port are left out.
fn parts(address: &str) -> (&str, &str) {
    let plain = address.split_once("://").map_or(address, |(_, rest)| rest);
    let end = plain.find(['/', '?', '#']).unwrap_or(plain.len());
    let (host, path) = plain.split_at_checked(end).unwrap_or((plain, ""));
    let host = host.rsplit_once('@').map_or(host, |(_, host)| host);
    let host = host.split(':').next().unwrap_or_default().trim_end_matches('.');
    (host.strip_prefix("www.").unwrap_or(host), if path == "/" { "" } else { path })
}

/// An address in running text without the signs of the sentence around it.
fn bare(word: &str) -> &str {
    word.trim_matches(|c: char| matches!(c, '(' | ')' | '<' | '>' | '"' | '\'' | ',' | ';' | '!' | '?' | '.' | ':' | '“' | '”' | '«' | '»'))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn leads(value: &str, address: &str) -> bool {
        Test::new(&Field { key: Key::Link, value: value.into() }).leads(address)
    }

    #[test]
    fn links_by_site_and_by_path() {
        for (value, address) in [
            ("example.org", "https://www.Example.org/x"),
            ("example.org", "http://blog.example.org:8080/?a=b"),
            ("https://example.org/", "example.org"),
            ("example.org/blog", "https://example.org/blog?x=1"),
            ("example.org/blog", "https://example.org/blog/one"),
            ("example.org/bl*", "https://example.org/blog/one"),
            ("example.org", "hxxps://example[.]org/x"),
        ] {
            assert!(leads(value, address), "{value} {address}");
        }
        for (value, address) in [
            ("example.org", "https://notexample.org/"),
            ("example.org", "https://example.org.evil.example/"),
            ("example.org", "https://evil.example/?u=example.org"),
            ("example.org", "https://example.org@evil.example/"),
            ("example.org/blog", "https://example.org/blogger"),
            ("example.org/blog", "https://example.org/"),
        ] {
            assert!(!leads(value, address), "{value} {address}");
        }
    }

    #[test]
    fn tags_of_languages() {
        assert!(["de", "pt-BR", "zh-Hant-TW", "nds"].iter().all(|tag| is_tag(tag)));
        assert!(["d", "german", "de_AT", "", "de-"].iter().all(|tag| !is_tag(tag)));
    }
}
