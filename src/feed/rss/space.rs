//! Which vocabulary an element belongs to: by namespace, else by its usual prefix.
//!
//! Half of the feeds that use `content:` or `dc:` forget to declare them, and
//! others declare the same vocabulary under six addresses.

use std::collections::HashMap;

use super::xml::Tag;

/// The vocabularies that matter.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Space {
    /// RSS, Atom and RDF's own elements.
    Feed,
    Content,
    Dublin,
    Podcast,
    Media,
    Xhtml,
    Thread,
    Other,
}

/// The prefixes that a document has declared so far.
#[derive(Debug, Default)]
pub(super) struct Spaces(HashMap<String, Space>);

/// Declarations that are remembered; a document needs a dozen.
const MOST: usize = 256;

impl Spaces {
    /// Remembers what a tag declares and says what the tag itself belongs to.
    pub(super) fn of(&mut self, tag: &Tag<'_>) -> Space {
        let mut default = None;
        for (name, value) in tag.attributes() {
            if name.eq_ignore_ascii_case("xmlns") {
                default = Some(by_address(value));
            } else if let Some(prefix) = name.strip_prefix("xmlns:").filter(|_| self.0.len() < MOST) {
                let space = by_address(value);
                let space = if space == Space::Other { by_prefix(prefix) } else { space };
                self.0.insert(prefix.to_ascii_lowercase(), space);
            }
        }
        if tag.prefix.is_empty() { default.unwrap_or(Space::Feed) } else { self.named(tag.prefix) }
    }

    /// Says what a prefix stands for.
    pub(super) fn named(&self, prefix: &str) -> Space {
        let prefix = prefix.to_ascii_lowercase();
        self.0.get(&prefix).copied().unwrap_or_else(|| by_prefix(&prefix))
    }
}

fn by_prefix(prefix: &str) -> Space {
    match prefix.to_ascii_lowercase().as_str() {
        "" | "atom" | "atom03" | "atom10" | "a10" | "rss" | "rss1" | "rdf" => Space::Feed,
        "content" => Space::Content,
        "dc" | "dcterms" | "dct" => Space::Dublin,
        "itunes" => Space::Podcast,
        "media" | "mrss" => Space::Media,
        "xhtml" | "html" | "body" => Space::Xhtml,
        "thr" => Space::Thread,
        _ => Space::Other,
    }
}

/// Addresses are compared by what all their spellings share.
fn by_address(address: &str) -> Space {
    let address = address.trim().to_ascii_lowercase();
    let holds = |part: &str| address.contains(part);
    if holds("modules/content") {
        Space::Content
    } else if holds("purl.org/dc/") {
        Space::Dublin
    } else if holds("itunes") {
        Space::Podcast
    } else if holds("search.yahoo.com/mrss") || holds("media-rss") {
        Space::Media
    } else if holds("1999/xhtml") {
        Space::Xhtml
    } else if holds("syndication/thread") {
        Space::Thread
    } else if address.is_empty()
        || holds("w3.org/2005/atom")
        || holds("purl.org/atom")
        || holds("purl.org/rss/1.0/") && !holds("modules")
        || holds("purl.org/net/rss")
        || holds("netscape.com/rdf")
        || holds("netscape.com/publish")
        || holds("backend.userland.com")
        || holds("blogs.law.harvard.edu/tech/rss")
        || holds("cyber.law.harvard.edu/rss")
        || holds("22-rdf-syntax")
        || holds("channel-definition")
        || holds("rssboard.org/rss-specification")
        || holds("channel.netscape.com")
    {
        Space::Feed
    } else {
        Space::Other
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::feed::rss::xml::{Piece, Pieces};

    fn space(spaces: &mut Spaces, text: &str) -> Space {
        match Pieces::of(text).next() {
            Some(Piece::Open(tag)) => spaces.of(&tag),
            other => panic!("no tag: {other:?}"),
        }
    }

    #[test]
    fn addresses_win_over_prefixes_and_prefixes_over_nothing() {
        let mut spaces = Spaces::default();
        assert_eq!(
            space(&mut spaces, "<r:rss xmlns:r='http://backend.userland.com/RSS2' xmlns:x='http://purl.org/dc/elements/1.1/'>"),
            Space::Feed
        );
        assert_eq!(space(&mut spaces, "<x:creator>"), Space::Dublin);
        assert_eq!(space(&mut spaces, "<content:encoded>"), Space::Content);
        assert_eq!(space(&mut spaces, "<div xmlns='http://www.w3.org/1999/xhtml'>"), Space::Xhtml);
        assert_eq!(space(&mut spaces, "<unknown:title>"), Space::Other);
        assert_eq!(space(&mut spaces, "<title>"), Space::Feed);
    }
}
