//! A public post that names, or addresses, something we watch.

use std::borrow::Cow;
use std::fmt;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// The most text of one post that is kept and read, in bytes; the rest is cut at a character.
pub const TEXT_BYTES: usize = 64 * 1024;

/// The place a post comes from: `bluesky`, `mastodon`, `hackernews`, `rss` ...
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Network(Cow<'static, str>);

impl Network {
    /// Names a network known when the program was written.
    pub const fn known(name: &'static str) -> Self {
        Self(Cow::Borrowed(name))
    }

    /// Names a network that configuration or a post brings along.
    pub fn named(name: impl Into<String>) -> Self {
        Self(Cow::Owned(name.into()))
    }

    /// Gives the name as it stands in configuration, JSON and metrics.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Gives the name as people write it.
    pub fn title(&self) -> &str {
        match self.as_str() {
            "bluesky" => "Bluesky",
            "mastodon" => "Mastodon",
            "hackernews" => "Hacker News",
            "reddit" => "Reddit",
            "rss" => "RSS",
            other => other,
        }
    }
}

impl fmt::Display for Network {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Who wrote a post. Reach (followers, badges, age of the account) is left out on purpose:
/// what is not there cannot lower anybody's priority.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Author {
    /// The handle without a leading `@`, as the network writes it; may be empty when the network hides it.
    pub handle: String,
    /// The name shown beside the handle.
    #[serde(default)]
    pub name: Option<String>,
    /// The network's stable id of the account (a DID, a number), where it has one.
    #[serde(default)]
    pub native_id: Option<String>,
    /// The author's page.
    #[serde(default)]
    pub url: Option<String>,
}

/// Where a post stands in a conversation. Ids are native ids of the same network.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Thread {
    /// Native id (or URL) of the post that opened the conversation.
    #[serde(default)]
    pub root: Option<String>,
    /// Native id (or URL) of the post that this one answers.
    #[serde(default)]
    pub parent: Option<String>,
    /// Text of the parent, where the answer of the network brought it.
    #[serde(default)]
    pub parent_text: Option<String>,
}

/// What sort of post it is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// An own post or comment.
    #[default]
    Post,
    /// Somebody else's post passed on without words of one's own.
    Repost,
    /// A review on the page of a product.
    Review,
}

/// A post as a feed heard it, in plain text; stored once it names something we watch.
///
/// (`network`, `native_id`) is its identity: the same pair is the same post,
/// whichever feed brought it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Mention {
    /// The place.
    pub network: Network,
    /// The network's own id of the post.
    pub native_id: String,
    /// The page of the post, byte for byte as the network gave it.
    #[serde(default)]
    pub url: Option<String>,
    /// Who wrote it.
    #[serde(default)]
    pub author: Author,
    /// Title and text as plain text, title first, parted by a blank line. HTML is gone, links are written out.
    pub text: String,
    /// The network's own language tag (`en`, `pt-BR`), when it gives one.
    #[serde(default)]
    pub lang: Option<String>,
    /// Where it stands in a conversation.
    #[serde(default)]
    pub thread: Thread,
    /// Post, repost or review.
    #[serde(default)]
    pub kind: Kind,
    /// Targets of the links in the post, also of those whose words in the text are different.
    #[serde(default)]
    pub links: Vec<String>,
    /// Handles that the post addresses, without `@`, beyond those that stand in the text.
    #[serde(default)]
    pub addressed: Vec<String>,
    /// When the author says it was written, clamped to the time it was seen; `None` when nobody says.
    #[serde(default)]
    pub posted: Option<Timestamp>,
    /// When we heard it.
    pub seen: Timestamp,
}

impl Mention {
    /// Starts a mention with what every feed knows; the rest is filled field by field.
    ///
    /// Control characters other than line breaks and tabs are dropped, the text is cut at [`TEXT_BYTES`].
    pub fn new(network: Network, native_id: impl Into<String>, text: &str, seen: Timestamp) -> Self {
        let end = text.floor_char_boundary(TEXT_BYTES);
        let text = text.get(..end).unwrap_or_default();
        let plain = |c: char| c == '\n' || c == '\t' || !c.is_control();
        let text = if text.chars().all(plain) { text.to_owned() } else { text.chars().filter(|&c| plain(c)).collect() };
        Self {
            network,
            native_id: native_id.into(),
            url: None,
            author: Author::default(),
            text,
            lang: None,
            thread: Thread::default(),
            kind: Kind::Post,
            links: Vec::new(),
            addressed: Vec::new(),
            posted: None,
            seen,
        }
    }

    /// Sets the author's date, never later than the moment we heard it.
    pub fn posted_at(&mut self, when: Option<Timestamp>) {
        self.posted = when.map(|at| at.min(self.seen));
    }

    /// Gives the date to show and to measure from: the author's, else the moment we heard it.
    pub fn when(&self) -> Timestamp {
        self.posted.unwrap_or(self.seen)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_megabyte_is_cut_at_a_character_and_controls_are_gone() {
        let seen = Timestamp::from_second(1_795_300_000).expect("in range");
        let long = Mention::new(Network::known("rss"), "1", &"é".repeat(600_000), seen);
        assert!(long.text.len() <= TEXT_BYTES && long.text.chars().all(|c| c == 'é'));
        let hostile = Mention::new(Network::known("rss"), "2", "a\u{1b}[2J\0b\nc", seen);
        assert_eq!(hostile.text, "a[2Jb\nc");
    }

    #[test]
    fn a_date_in_2031_is_the_moment_it_was_seen() {
        let seen = Timestamp::from_second(1_795_300_000).expect("in range");
        let mut mention = Mention::new(Network::known("rss"), "1", "x", seen);
        mention.posted_at("2031-01-01T00:00:00Z".parse().ok());
        assert_eq!(mention.when(), seen);
    }
}
