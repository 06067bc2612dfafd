//! Turns entries into mentions: one identity, one address, one plain text.

use std::collections::HashMap;

use jiff::Timestamp;
use sha2::{Digest as _, Sha256};
use url::Url;

use super::date;
use super::entry::{Document, Entry};
use crate::domain::{Author, Mention, Network};
use crate::text::html::HtmlText;

/// The network of everything that is read here.
const RSS: Network = Network::known("rss");

/// Turns the entries of a document into mentions, in the order of the document.
///
/// `scope` names the feed: ids that mean something only inside of their feed carry it, so that
/// the `1` of two feeds are two posts. `address` is where the document came from in the end.
pub(super) fn all(document: &Document, scope: &str, address: Option<&Url>, seen: Timestamp) -> Vec<Mention> {
    let root = root(document, address);
    let repeated = repeated(&document.entries);
    let mention = |entry: &Entry| {
        let base = base(entry, root.as_ref(), address);
        let title = entry.title.as_ref().map(super::entry::Words::read).unwrap_or_default();
        let body = body(entry);
        let id = identity(entry, &title, scope, &repeated);
        let mut mention = Mention::new(RSS, id, &compose(&title.text, &body.text), seen);
        mention.url = address_of(entry, base.as_ref());
        mention.author = author(entry, document, base.as_ref());
        mention.lang = entry.lang.clone().or_else(|| document.lang.clone()).filter(|lang| !lang.trim().is_empty());
        mention.links = links(&title, &body, base.as_ref());
        mention.thread.parent.clone_from(&entry.answers);
        mention.posted_at(entry.published.as_deref().and_then(date::read).or_else(|| entry.updated.as_deref().and_then(date::read)));
        mention
    };
    document.entries.iter().map(mention).collect()
}

/// Where relative links start when the entry says nothing: at the site, as every reader does,
/// for feeds are often served from elsewhere.
fn root(document: &Document, address: Option<&Url>) -> Option<Url> {
    let site = document.site.as_deref().map(str::trim);
    let site = site.and_then(|site| Url::parse(site).ok().or_else(|| address?.join(site).ok()));
    site.filter(url::Url::has_host).or_else(|| address.cloned())
}

fn base(entry: &Entry, root: Option<&Url>, address: Option<&Url>) -> Option<Url> {
    let stated = entry.base.as_deref();
    stated.and_then(|base| Url::parse(base).ok().or_else(|| address.or(root)?.join(base).ok())).or_else(|| root.cloned())
}

/// The text of the best body that has words.
fn body(entry: &Entry) -> HtmlText {
    let mut bodies: Vec<_> = entry.bodies.iter().collect();
    bodies.sort_by_key(|(rank, _)| *rank);
    bodies.into_iter().map(|(_, words)| words.read()).find(|body| !body.text.trim().is_empty()).unwrap_or_default()
}

/// Title, a blank line, text; a title that only repeats how the text begins is left out.
fn compose(title: &str, body: &str) -> String {
    let title = title.split_whitespace().collect::<Vec<_>>().join(" ");
    let body = body.trim();
    let start = title.trim_end_matches(['…', '.']).trim_end();
    if body.is_empty() {
        title
    } else if start.is_empty()
        || body.strip_prefix(start).is_some_and(|rest| rest.is_empty() || rest.starts_with('\n') || start.len() < title.len())
    {
        body.to_owned()
    } else {
        format!("{title}\n\n{body}")
    }
}

/// Ids that several entries of one document share are no ids: the address of the site, mostly.
fn repeated(entries: &[Entry]) -> HashMap<&str, usize> {
    let mut counts = HashMap::new();
    for id in entries.iter().filter_map(|entry| entry.id.as_deref()) {
        *counts.entry(id).or_insert(0) += 1;
    }
    counts.retain(|_, count| *count > 1);
    counts
}

fn identity(entry: &Entry, title: &HtmlText, scope: &str, repeated: &HashMap<&str, usize>) -> String {
    let link = entry.links.first().map(|link| link.href.as_str()).unwrap_or_default();
    match entry.id.as_deref() {
        Some(id) if !repeated.contains_key(id) => {
            let global = id.contains("://") || id.starts_with("tag:") || id.starts_with("urn:");
            if global || scope.is_empty() { id.to_owned() } else { format!("{scope}/{id}") }
        }
        id => {
            let fallback = if title.text.is_empty() && link.is_empty() { body(entry).text } else { String::new() };
            hash(&[scope, id.unwrap_or_default(), link, &title.text, &fallback])
        }
    }
}

/// Sixteen hex digits over texts; the length goes in too, so that `ab` + `c` is not `a` + `bc`.
pub(super) fn hash(parts: &[&str]) -> String {
    let mut digest = Sha256::new();
    for part in parts {
        digest.update(part.len().to_be_bytes());
        digest.update(part.as_bytes());
    }
    digest.finalize().iter().take(8).fold(String::with_capacity(16), |mut text, byte| {
        use std::fmt::Write as _;
        // Writing into a string does not fail.
        let _never = write!(text, "{byte:02x}");
        text
    })
}

/// The page of the post: the HTML alternate, else another alternate, else an id that is an
/// address, else whatever it links to.
fn address_of(entry: &Entry, base: Option<&Url>) -> Option<String> {
    let alternate =
        |html: bool| entry.links.iter().find(|link| link.rel == "alternate" && (!html || link.html)).map(|link| link.href.as_str());
    let id = entry.id.as_deref().filter(|id| entry.id_is_link && (id.starts_with("http://") || id.starts_with("https://")));
    let other = |rel: &str| entry.links.iter().find(|link| link.rel == rel).map(|link| link.href.as_str());
    let any = || entry.links.iter().find(|link| link.rel != "replies" && link.rel != "edit").map(|link| link.href.as_str());
    let href = alternate(true).or_else(|| alternate(false)).or(id).or_else(|| other("self")).or_else(any)?;
    resolve(href, base).map(|url| unwrapped(&url).unwrap_or(url))
}

/// An absolute address as it stands, a relative one resolved; only addresses that people can open.
fn resolve(href: &str, base: Option<&Url>) -> Option<String> {
    let href = href.trim();
    if href.is_empty() {
        return None;
    }
    match Url::parse(href) {
        Ok(url) => (matches!(url.scheme(), "http" | "https") && url.has_host()).then(|| href.to_owned()),
        Err(_) => base?.join(href).ok().filter(|url| matches!(url.scheme(), "http" | "https")).map(Into::into),
    }
}

/// Google Alerts wraps every link into a redirect of its own; the post is behind it.
fn unwrapped(href: &str) -> Option<String> {
    let url = Url::parse(href).ok()?;
    let google = url.host_str().is_some_and(|host| host == "google.com" || host.starts_with("www.google."));
    let inner = url.query_pairs().find(|(key, _)| key == "url" || key == "q").map(|(_, value)| value.into_owned());
    inner.filter(|inner| google && url.path() == "/url" && inner.starts_with("http"))
}

fn author(entry: &Entry, document: &Document, base: Option<&Url>) -> Author {
    let person = if entry.author.name.is_some() { &entry.author } else { &document.author };
    let name = person.name.clone().unwrap_or_default();
    // Reddit writes `/u/kim`.
    let handle = name.strip_prefix("/u/").unwrap_or(&name).trim_start_matches('@').trim().to_owned();
    let url = person.url.as_deref().and_then(|url| resolve(url, base));
    Author { handle, name: (!name.is_empty()).then_some(name), native_id: None, url }
}

fn links(title: &HtmlText, body: &HtmlText, base: Option<&Url>) -> Vec<String> {
    let mut links = Vec::new();
    for link in title.links.iter().chain(&body.links).filter_map(|link| resolve(link, base)) {
        if !links.contains(&link) {
            links.push(link);
        }
    }
    links
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::feed::rss::parse;

    fn seen() -> Timestamp {
        Timestamp::from_second(1_795_300_000).expect("in range")
    }

    fn read(text: &str) -> Vec<Mention> {
        let address = Url::parse("https://feeds.example.org/all.xml?token=x").expect("a URL");
        all(&parse(text.as_bytes(), None).expect("a feed"), &hash(&[address.as_str()]), Some(&address), seen())
    }

    #[test]
    fn the_best_link_is_the_page_of_the_post() {
        let atom = read(
            "<feed xmlns='http://www.w3.org/2005/Atom' xml:base='https://blog.example.org/a/'><entry><id>tag:x,1</id>\
             <link rel='self' href='/self'/><link rel='alternate' type='application/json' href='p.json'/><link href='p.html'/></entry></feed>",
        );
        assert_eq!(atom[0].url.as_deref(), Some("https://blog.example.org/a/p.html"));
        let rss = read(
            "<rss><channel><link>https://blog.example.org/</link><item><link>\n /p?a=1&amp;b=2&copy=3 \n</link></item></channel></rss>",
        );
        assert_eq!(rss[0].url.as_deref(), Some("https://blog.example.org/p?a=1&b=2&copy=3"));
        let guid = read(
            "<rss><item><guid>https://a.example/1</guid></item><item><guid isPermaLink='false'>https://a.example/2</guid></item></rss>",
        );
        assert_eq!((guid[0].url.as_deref(), guid[1].url.as_deref()), (Some("https://a.example/1"), None));
        let alert = read(
            "<feed><entry><link href='https://www.google.com/url?rct=j&amp;url=https://news.example/x%3Fa&amp;ct=ga'/></entry></feed>",
        );
        assert_eq!(alert[0].url.as_deref(), Some("https://news.example/x?a"));
        let hostile = read("<rss><item><link>javascript:alert(1)</link><title>x</title></item></rss>");
        assert_eq!(hostile[0].url, None);
    }

    #[test]
    fn ids_are_scoped_to_their_feed_unless_they_are_global_and_repeated_ones_do_not_count() {
        let one = read("<rss><item><guid isPermaLink='false'>7</guid></item></rss>");
        assert!(one[0].native_id.ends_with("/7") && one[0].native_id.len() == 18, "{}", one[0].native_id);
        assert!(!one[0].native_id.contains("token"));
        assert_eq!(read("<feed><entry><id>tag:example.org,2026:1</id></entry></feed>")[0].native_id, "tag:example.org,2026:1");
        let same =
            "<item><guid>https://example.org/</guid><title>A</title></item><item><guid>https://example.org/</guid><title>B</title></item>";
        let same = read(&format!("<rss>{same}</rss>"));
        assert_ne!(same[0].native_id, same[1].native_id);
        let without =
            read("<rss><item><title>A</title></item><item><title>B</title></item><item><description>C</description></item></rss>");
        assert!(without[0].native_id != without[1].native_id && without[1].native_id != without[2].native_id);
    }

    #[test]
    fn a_title_that_repeats_the_text_is_said_once() {
        assert_eq!(compose("Leaving Dropbox…", "Leaving Dropbox for Nomadesk."), "Leaving Dropbox for Nomadesk.");
        assert_eq!(compose("Hello", "Hello"), "Hello");
        assert_eq!(compose("Fix it", "Fix it\n\nIn full"), "Fix it\n\nIn full");
        assert_eq!(compose("Review", "Reviewers wrote this"), "Review\n\nReviewers wrote this");
        assert_eq!(compose(" a \n b ", ""), "a b");
    }

    #[test]
    fn authors_come_in_every_dress() {
        let handle = |author: &str| read(&format!("<rss><item><title>x</title>{author}</item></rss>"))[0].author.handle.clone();
        assert_eq!(handle("<author>kim@example.org (Kim Doe)</author>"), "Kim Doe");
        assert_eq!(handle("<author>Kim Doe &lt;kim@example.org&gt;</author>"), "Kim Doe");
        assert_eq!(handle("<dc:creator><![CDATA[Kim]]></dc:creator>"), "Kim");
        assert_eq!(handle("<author><name>/u/kim</name><uri>https://www.reddit.com/user/kim</uri></author>"), "kim");
        let inherited = read("<feed><author><name>Ann</name></author><entry><title>x</title></entry></feed>");
        assert_eq!(inherited[0].author.handle, "Ann");
    }
}
