//! The bundled story: who posts what, where and when.

use std::time::Duration;

use serde::Deserialize;

/// The story as it stands in the repository.
const STORY: &str = include_str!("../../../fixtures/demo/story.toml");

/// Where a post of the story appears.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Place {
    Bluesky,
    Mastodon,
    HackerNews,
    Rss,
}

/// One post of the story.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct StoryPost {
    /// Seconds after the start.
    at: f64,
    pub(super) on: Place,
    /// The author's handle.
    pub(super) by: String,
    /// The author's shown name.
    #[serde(default)]
    pub(super) name: Option<String>,
    #[serde(default)]
    pub(super) title: Option<String>,
    pub(super) text: String,
    /// Target of a link card.
    #[serde(default)]
    pub(super) link: Option<String>,
    /// The network sends the author's earlier post of the same words once more, under the same id.
    #[serde(default)]
    pub(super) repeats: bool,
}

#[derive(Debug, Deserialize)]
struct Story {
    post: Vec<StoryPost>,
}

impl StoryPost {
    /// When it is published, counted from the start.
    pub(super) fn after(&self) -> Duration {
        Duration::try_from_secs_f64(self.at).unwrap_or_default()
    }
}

/// Reads the bundled story.
pub(super) fn read() -> Vec<StoryPost> {
    let story: Story = toml::from_str(STORY).expect("the bundled story is checked by a test");
    story.post
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_story_reads_and_runs_forward() {
        let story = read();
        assert!(story.len() >= 40, "{} posts", story.len());
        assert!(story.is_sorted_by_key(StoryPost::after));
        assert!(story.iter().all(|post| post.after() < Duration::from_secs(12)));
        for place in [Place::Bluesky, Place::Mastodon, Place::HackerNews, Place::Rss] {
            assert!(story.iter().any(|post| post.on == place), "{place:?}");
        }
    }
}
