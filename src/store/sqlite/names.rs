//! Words that repeat, kept once; and the forms by which URLs are derived.
//!
//! A mention's URL mostly follows from its native id and its author's handle
//! (`https://bsky.app/profile/HANDLE/post/KEY`). The store keeps the form once,
//! as a name with placeholders, and no URL in the row. It learns the forms from
//! the posts: a form becomes a name when it is seen the second time, so that
//! one-off URLs do not fill the table.

use std::sync::Arc;

use rusqlite::{Connection, OptionalExtension};
use rustc_hash::{FxHashMap, FxHashSet};

use super::super::StoreError;
use super::error::unreadable;
use super::spot::{stable_hash, tail};

/// Forms seen once that are remembered at a time.
const ONCE: usize = 1024;
/// The longest form worth a name.
const SHAPE_BYTES: usize = 96;

/// The cache of one connection over the table `name`.
#[derive(Debug, Default)]
pub(super) struct Names {
    ids: FxHashMap<Arc<str>, i64>,
    texts: FxHashMap<i64, Arc<str>>,
    once: FxHashSet<u64>,
}

impl Names {
    /// Forgets everything read so far: a rollback may have taken new names back.
    pub(super) fn clear(&mut self) {
        self.ids.clear();
        self.texts.clear();
    }

    /// Gives the number of a word, when it has one.
    pub(super) fn find(&mut self, conn: &Connection, text: &str) -> Result<Option<i64>, StoreError> {
        if let Some(&id) = self.ids.get(text) {
            return Ok(Some(id));
        }
        let id = conn.prepare_cached("SELECT id FROM name WHERE text = ?1")?.query_row([text], |row| row.get(0)).optional()?;
        if let Some(id) = id {
            self.keep(id, text);
        }
        Ok(id)
    }

    /// Gives the number of a word and makes one where there is none.
    pub(super) fn id(&mut self, conn: &Connection, text: &str) -> Result<i64, StoreError> {
        if let Some(id) = self.find(conn, text)? {
            return Ok(id);
        }
        conn.prepare_cached("INSERT INTO name (text) VALUES (?1)")?.execute([text])?;
        let id = conn.last_insert_rowid();
        self.keep(id, text);
        Ok(id)
    }

    /// Gives the word of a number.
    pub(super) fn text(&mut self, conn: &Connection, id: i64) -> Result<Arc<str>, StoreError> {
        if let Some(text) = self.texts.get(&id) {
            return Ok(Arc::clone(text));
        }
        let text: Option<String> =
            conn.prepare_cached("SELECT text FROM name WHERE id = ?1")?.query_row([id], |row| row.get(0)).optional()?;
        let text = text.ok_or_else(|| unreadable("the name", &id.to_string()))?;
        Ok(self.keep(id, &text))
    }

    /// Gives the number of the form of a URL or native id; `None` when the text is better kept as it is.
    pub(super) fn shape(&mut self, conn: &Connection, text: &str, parts: &Parts<'_>) -> Result<Option<i64>, StoreError> {
        let Some(shape) = parts.fold(text) else { return Ok(None) };
        if let Some(id) = self.find(conn, &shape)? {
            return Ok(Some(id));
        }
        let hash = stable_hash(shape.as_bytes());
        if self.once.remove(&hash) {
            return self.id(conn, &shape).map(Some);
        }
        if self.once.len() >= ONCE {
            self.once.clear();
        }
        self.once.insert(hash);
        Ok(None)
    }

    fn keep(&mut self, id: i64, text: &str) -> Arc<str> {
        let text: Arc<str> = text.into();
        self.ids.insert(Arc::clone(&text), id);
        self.texts.insert(id, Arc::clone(&text));
        text
    }
}

/// What a form may stand on; each part has a control character as its placeholder.
#[derive(Debug, Clone, Copy)]
pub(super) struct Parts<'a>([&'a str; 6]);

impl<'a> Parts<'a> {
    /// Names the parts of a post: its native id (empty when that is what is folded), and its author.
    pub(super) fn new(native: &'a str, key: &'a str, handle: &'a str, account: &'a str) -> Self {
        let (local, server) = handle.split_once('@').unwrap_or_default();
        Self([native, account, handle, tail(key), local, server])
    }

    fn placeholders(&self) -> impl Iterator<Item = (char, &'a str)> {
        ('\u{1}'..='\u{6}').zip(self.0)
    }

    /// Puts placeholders for the parts; `None` when nothing is won, or the text would not come back as it was.
    fn fold(&self, text: &str) -> Option<String> {
        if text.chars().any(|c| c <= '\u{6}') {
            return None;
        }
        let mut shape = text.to_owned();
        for (placeholder, part) in self.placeholders().filter(|(_, part)| part.len() > 1) {
            if shape.contains(part) {
                shape = shape.replace(part, placeholder.encode_utf8(&mut [0; 4]));
            }
        }
        (shape != text && shape.len() <= SHAPE_BYTES && self.unfold(&shape) == text).then_some(shape)
    }

    /// Puts the parts back.
    pub(super) fn unfold(&self, shape: &str) -> String {
        let mut text = String::with_capacity(shape.len() + 64);
        for c in shape.chars() {
            match self.placeholders().find(|&(placeholder, _)| placeholder == c) {
                Some((_, part)) => text.push_str(part),
                None => text.push(c),
            }
        }
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn one_form_serves_all_posts_of_a_network() {
        let shape =
            |handle: &str, account: &str, native: &str, url: &str| Parts::new(native, native, handle, account).fold(url).expect("worth it");
        let first = shape(
            "kim.example",
            "did:plc:abc",
            "at://did:plc:abc/app.bsky.feed.post/3m5a",
            "https://bsky.app/profile/kim.example/post/3m5a",
        );
        let second = shape("ann", "did:plc:xyz", "at://did:plc:xyz/app.bsky.feed.post/3m77", "https://bsky.app/profile/ann/post/3m77");
        assert_eq!(first, second);
        assert_eq!(
            shape("bo@srv.example", "", "115", "https://srv.example/@bo/115"),
            shape("al@b.example", "", "116", "https://b.example/@al/116")
        );
    }

    proptest! {
        #[test]
        fn what_is_folded_comes_back(native in "[ -~]{0,20}", handle in "[a-z@.]{0,9}", account in "[a-z:]{0,9}", text in "[ -~\u{1}\u{2}]{0,40}") {
            let parts = Parts::new(&native, &native, &handle, &account);
            let url = format!("https://{handle}/{text}{account}{}", tail(&native));
            if let Some(shape) = parts.fold(&url) {
                prop_assert_eq!(parts.unfold(&shape), url);
            }
        }
    }
}
