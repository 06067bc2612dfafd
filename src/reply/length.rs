//! How networks count the length of a post.

use unicode_segmentation::UnicodeSegmentation;

use crate::domain::Network;

/// The most a network takes in one post; `None` where there is no limit worth a thought.
///
/// Bluesky: 300 graphemes (lexicon `app.bsky.feed.post`). Mastodon: 500 characters by default, servers may
/// raise it. Reddit: 10,000 in a comment. Read November 2026.
pub fn limit(network: &Network) -> Option<usize> {
    match network.as_str() {
        "bluesky" => Some(300),
        "mastodon" => Some(500),
        "reddit" => Some(10_000),
        _ => None,
    }
}

/// Every link counts as this many characters on Mastodon, whatever its length.
const MASTODON_LINK: usize = 23;

/// Counts a text as the network does: graphemes on Bluesky and Mastodon, characters elsewhere.
pub fn length(network: &Network, text: &str) -> usize {
    match network.as_str() {
        "bluesky" => text.graphemes(true).count(),
        "mastodon" => text
            .split_inclusive(char::is_whitespace)
            .map(|word| {
                let ink = word.trim_end();
                let tail = word.chars().count() - ink.chars().count();
                if ink.starts_with("https://") || ink.starts_with("http://") { MASTODON_LINK + tail } else { word.graphemes(true).count() }
            })
            .sum(),
        _ => text.chars().count(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn networks_count_differently() {
        let text = "👩‍👩‍👧 see https://example.org/a/very/long/address/that/goes/on and on";
        assert_eq!(length(&Network::known("bluesky"), "👩‍👩‍👧"), 1);
        assert_eq!(length(&Network::known("hackernews"), "👩‍👩‍👧"), 5);
        assert_eq!(length(&Network::known("mastodon"), text), 1 + 5 + MASTODON_LINK + " and on".len());
        assert_eq!(limit(&Network::known("hackernews")), None);
    }
}
