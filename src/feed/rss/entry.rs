//! What a feed says about itself and its entries, still in its own words.
//!
//! The XML and the JSON reader fill the same few fields; `mention` turns them
//! into mentions. Nothing here is resolved: dates are text, links may be relative.

use crate::text::html;

/// A document as read.
#[derive(Debug, Default)]
pub(super) struct Document {
    /// The kind, for `probe`: `RSS`, `Atom`, `RDF`, `CDF`, `JSON Feed`.
    pub(super) form: &'static str,
    /// The page that the feed belongs to; relative links start there.
    pub(super) site: Option<String>,
    pub(super) lang: Option<String>,
    /// Author of the feed: stands in where an entry names none (Atom says so).
    pub(super) author: Person,
    pub(super) entries: Vec<Entry>,
    /// Minutes that the publisher wants between two calls.
    pub(super) ttl: Option<u64>,
    /// Hours of the day (GMT) in which nothing is published.
    pub(super) skip_hours: Vec<i8>,
    /// Days on which nothing is published, first three letters in lower case.
    pub(super) skip_days: Vec<String>,
    /// Entries that could not be read, with the first reason.
    pub(super) unreadable: Option<(u64, String)>,
}

/// One post of a feed.
#[derive(Debug, Default, Clone)]
pub(super) struct Entry {
    pub(super) id: Option<String>,
    /// Whether `id` is also the address of the post when there is no link.
    pub(super) id_is_link: bool,
    pub(super) links: Vec<Link>,
    pub(super) title: Option<Words>,
    /// Everything that may be the text; the lowest rank with words wins.
    pub(super) bodies: Vec<(Rank, Words)>,
    pub(super) author: Person,
    pub(super) published: Option<String>,
    pub(super) updated: Option<String>,
    pub(super) lang: Option<String>,
    /// `xml:base` as it holds inside the entry.
    pub(super) base: Option<String>,
    /// What the post answers (`thr:in-reply-to`).
    pub(super) answers: Option<String>,
    /// The document ended inside this entry.
    pub(super) cut: bool,
}

/// Which element a text came from: full texts before summaries.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Rank {
    Content,
    Description,
    Summary,
    Podcast,
    Media,
}

/// A link of an entry.
#[derive(Debug, Clone)]
pub(super) struct Link {
    pub(super) href: String,
    /// `alternate`, `enclosure`, `replies` ...; in lower case.
    pub(super) rel: String,
    pub(super) html: bool,
}

/// Who wrote an entry.
#[derive(Debug, Default, Clone)]
pub(super) struct Person {
    pub(super) name: Option<String>,
    pub(super) url: Option<String>,
}

impl Person {
    /// Gives this one when it has a name, else the other.
    pub(super) fn or(self, other: Self) -> Self {
        if self.name.is_some() { self } else { other }
    }
}

/// A text in the form in which the feed gave it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Words {
    /// Characters that mean themselves.
    Plain(String),
    /// HTML source.
    Html(String),
}

impl Words {
    /// Gives plain text and the targets of its links.
    ///
    /// Some generators escape their HTML twice (MediaWiki): what has no tag before and is full of tags
    /// afterwards is read once more.
    pub(super) fn read(&self) -> html::HtmlText {
        match self {
            Self::Plain(text) => html::HtmlText { text: text.trim().to_owned(), links: Vec::new() },
            Self::Html(source) => {
                let once = html::to_text(source);
                if !has_markup(source) && has_markup(&once.text) { html::to_text(&once.text) } else { once }
            }
        }
    }
}

/// Says whether a text holds closing or breaking tags of HTML; a lone `<b>` in prose is none.
fn has_markup(text: &str) -> bool {
    ["</p>", "</a>", "</div>", "</span>", "</li>", "</td>", "<br>", "<br/>", "<br />"].iter().any(|tag| text.contains(tag))
}

impl Document {
    /// Counts entries that could not be read; the first reason stays.
    pub(super) fn pass_over(&mut self, entries: u64, why: &str) {
        let (count, reason) = self.unreadable.take().unwrap_or_else(|| (0, why.to_owned()));
        self.unreadable = Some((count + entries, reason));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn html_that_was_escaped_twice_is_read_twice_and_prose_about_tags_is_not() {
        let twice = Words::Html("&lt;p&gt;Moved to &lt;a href=\"https://example.org/\"&gt;Nomadesk&lt;/a&gt;&lt;/p&gt;".into());
        assert_eq!(twice.read().text, "Moved to Nomadesk");
        assert_eq!(twice.read().links, ["https://example.org/"]);
        let prose = Words::Html("<p>Use &lt;b&gt; or &lt;/p&gt; here</p>".into());
        assert_eq!(prose.read().text, "Use <b> or </p> here");
    }
}
