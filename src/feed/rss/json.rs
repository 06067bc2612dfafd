//! Reads JSON Feed 1.0 and 1.1, and JSON that looks enough like it.
//!
//! Values of the wrong type are passed over, not refused: ids come as numbers,
//! authors as one object, a list or a bare name.

use serde_json::Value;

use super::entry::{Document, Entry, Link, Person, Rank, Words};
use crate::feed::FeedError;
use crate::feed::answer::json_bytes;

/// An item has at least one of these.
const KNOWN: &[&str] = &["id", "guid", "url", "link", "title", "content_html", "content_text", "description", "summary"];

/// Reads a JSON document.
pub(super) fn read(text: &str) -> Result<Document, FeedError> {
    let value: Value = json_bytes(text.as_bytes())?;
    let Some(items) = value.get("items").and_then(Value::as_array) else {
        return Err(FeedError::Unreadable { why: "JSON without items: no JSON Feed".into() });
    };
    let mut document = Document {
        form: "JSON Feed",
        site: text_of(&value, &["home_page_url"]),
        lang: text_of(&value, &["language"]),
        author: person(&value),
        ..Document::default()
    };
    for item in items {
        if KNOWN.iter().any(|key| item.get(key).is_some()) {
            document.entries.push(entry(item));
        } else {
            document.pass_over(1, "an item without id, address or text");
        }
    }
    // Many services answer with "items" of another sort.
    let ours = value.get("version").and_then(Value::as_str).is_some_and(|version| version.contains("jsonfeed"));
    if !ours && document.entries.is_empty() && !items.is_empty() {
        return Err(FeedError::Unreadable { why: "JSON with items of another sort: no JSON Feed".into() });
    }
    Ok(document)
}

fn entry(item: &Value) -> Entry {
    let mut links = Vec::new();
    for key in ["url", "link", "external_url"] {
        links.extend(text_of(item, &[key]).map(|href| Link { href, rel: "alternate".into(), html: true }));
    }
    let bodies = [
        ("content_html", Rank::Content, true),
        ("content_text", Rank::Content, false),
        ("description", Rank::Description, true),
        ("summary", Rank::Summary, false),
    ];
    let bodies = bodies.into_iter().filter_map(|(key, rank, html)| {
        let text = text_of(item, &[key])?;
        Some((rank, if html { Words::Html(text) } else { Words::Plain(text) }))
    });
    Entry {
        id: text_of(item, &["id", "guid"]),
        id_is_link: true,
        links,
        title: text_of(item, &["title"]).map(Words::Plain),
        bodies: bodies.collect(),
        author: person(item),
        published: text_of(item, &["date_published", "published"]),
        updated: text_of(item, &["date_modified", "updated"]),
        lang: text_of(item, &["language"]),
        ..Entry::default()
    }
}

/// The first of the keys that holds a text (or a number) that is not empty.
fn text_of(value: &Value, keys: &[&str]) -> Option<String> {
    keys.iter().find_map(|key| match value.get(key)? {
        Value::String(text) if !text.trim().is_empty() => Some(text.trim().to_owned()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    })
}

fn person(value: &Value) -> Person {
    let author = value.get("authors").and_then(|authors| authors.get(0)).or_else(|| value.get("author"));
    match author {
        Some(Value::String(name)) => Person { name: Some(name.clone()), url: None },
        Some(author) => Person { name: text_of(author, &["name"]), url: text_of(author, &["url"]) },
        None => Person::default(),
    }
}
