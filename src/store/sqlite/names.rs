//! Words that repeat, kept once; and the forms by which URLs are derived.
//!
//! A mention's URL mostly follows from its native id and its author's handle
//! (`https://bsky.app/profile/HANDLE/post/KEY`), or all but its last part does.
//! The store keeps the form once, as a text with placeholders, and no URL in the
//! row. It learns the forms from the posts: a form is used when it is seen the
//! second time, so that one-off URLs do not fill the table.

use std::sync::Arc;

use rusqlite::{Connection, OptionalExtension};
use rustc_hash::{FxHashMap, FxHashSet};

use super::super::StoreError;
use super::error::unreadable;
use super::forms::{Form, Sense};
use super::spot::{stable_hash, tail};

/// Forms seen once that are remembered at a time.
const ONCE: usize = 1024;
/// The longest form worth a name.
const SHAPE_BYTES: usize = 96;
/// Forms of one place that are tried before a text is taken apart.
const RECENT: usize = 6;

/// The cache of one connection over the table `name`.
#[derive(Debug, Default)]
pub(super) struct Names {
    ids: FxHashMap<Arc<str>, i64>,
    texts: FxHashMap<i64, Arc<str>>,
    /// Numbers of forms and senses, without a way round by their text.
    pub(super) forms: FxHashMap<Form, i64>,
    pub(super) senses: FxHashMap<Sense, i64>,
    once: FxHashSet<u64>,
    repeated: FxHashSet<Box<str>>,
    /// Learned forms by place (a network and what of it), the last used first.
    shapes: FxHashMap<u64, Vec<Arc<str>>>,
}

impl Names {
    /// Forgets everything read so far: a rollback may have taken new names back.
    pub(super) fn clear(&mut self) {
        self.ids.clear();
        self.texts.clear();
        self.forms.clear();
        self.senses.clear();
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

    /// Says whether a text was seen before, as far as it is remembered.
    fn seen(&mut self, text: &str) -> bool {
        let hash = stable_hash(text.as_bytes());
        if self.once.remove(&hash) {
            return true;
        }
        if self.once.len() >= ONCE {
            self.once.clear();
        }
        self.once.insert(hash);
        false
    }

    /// Says whether a text comes again and again, as far as it is remembered.
    pub(super) fn repeats(&mut self, text: &str) -> bool {
        if self.repeated.contains(text) {
            return true;
        }
        if !self.seen(text) {
            return false;
        }
        if self.repeated.len() >= ONCE {
            self.repeated.clear();
        }
        self.repeated.insert(text.into())
    }

    /// Gives the form of a URL or native id, and what of the text it leaves open; `None` when the text is better kept as it is.
    ///
    /// `place` says whose form it is: the same few come again and again there.
    pub(super) fn shape<'a>(&mut self, place: u64, text: &'a str, parts: &Parts<'_>) -> Option<(Arc<str>, &'a str)> {
        let recent = self.shapes.entry(place).or_default();
        let fits = recent.iter().enumerate().find_map(|(at, shape)| Some((at, parts.fit(shape, text)?)));
        if let Some((at, open)) = fits {
            // The last used comes first: a network has one form for nearly all its posts.
            recent.get_mut(..=at)?.rotate_right(1);
            return Some((Arc::clone(recent.first()?), open));
        }
        let shapes = [parts.fold(text), parts.fold_head(text)];
        let learned = shapes.into_iter().flatten().find(|shape| self.repeats(shape))?;
        let open = parts.fit(&learned, text)?;
        let learned: Arc<str> = learned.into();
        let recent = self.shapes.entry(place).or_default();
        recent.truncate(RECENT - 1);
        recent.insert(0, Arc::clone(&learned));
        Some((learned, open))
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
pub(super) struct Parts<'a>([&'a str; 7]);

/// The placeholder of what a form leaves open.
const OPEN: char = '\u{7}';

impl<'a> Parts<'a> {
    /// Names the parts of a post: its native id (empty when that is what is folded), and its author.
    pub(super) fn new(native: &'a str, key: &'a str, handle: &'a str, account: &'a str) -> Self {
        let (local, server) = handle.split_once('@').unwrap_or_default();
        Self([native, account, handle, tail(key), local, server, ""])
    }

    /// Puts a text into the place that a form leaves open.
    pub(super) fn open(mut self, text: &'a str) -> Self {
        let [.., open] = &mut self.0;
        *open = text;
        self
    }

    fn part(&self, placeholder: char) -> Option<&'a str> {
        usize::try_from(u32::from(placeholder)).ok()?.checked_sub(1).and_then(|at| self.0.get(at)).copied()
    }

    fn placeholders(&self) -> impl Iterator<Item = (char, &'a str)> {
        ('\u{1}'..OPEN).zip(self.0)
    }

    /// Puts placeholders for the parts; `None` when nothing is won, or the text would not come back as it was.
    fn fold(&self, text: &str) -> Option<String> {
        let shape = self.put_placeholders(text)?;
        (shape != text && shape.len() <= SHAPE_BYTES && self.unfold(&shape) == text).then_some(shape)
    }

    /// The same with the last part of the path left open.
    fn fold_head(&self, text: &str) -> Option<String> {
        let (path, slash) = text.strip_suffix('/').map_or((text, ""), |path| (path, "/"));
        let (head, last) = path.rsplit_once('/')?;
        let mut shape = self.put_placeholders(head)?;
        shape.extend(['/', OPEN]);
        shape.push_str(slash);
        (!last.is_empty() && shape.len() <= SHAPE_BYTES && self.open(last).unfold(&shape) == text).then_some(shape)
    }

    fn put_placeholders(&self, text: &str) -> Option<String> {
        if text.chars().any(|c| c <= OPEN) {
            return None;
        }
        let mut shape = text.to_owned();
        for (placeholder, part) in self.placeholders().filter(|(_, part)| part.len() > 1) {
            if shape.contains(part) {
                shape = shape.replace(part, placeholder.encode_utf8(&mut [0; 4]));
            }
        }
        Some(shape)
    }

    /// Says what of the text the form leaves open (mostly nothing); `None` when the text is not of this form.
    fn fit<'t>(&self, shape: &str, text: &'t str) -> Option<&'t str> {
        let mut left = text;
        let mut open = "";
        let mut rest = shape.chars();
        while let Some(c) = rest.next() {
            if c == OPEN {
                // Only a slash can follow, so that what is left open ends where the text does.
                let after = rest.as_str();
                open = left.strip_suffix(after)?;
                return (!open.is_empty() && !open.contains('/')).then_some(open);
            }
            left = match self.part(c) {
                Some("") => return None,
                Some(part) => left.strip_prefix(part)?,
                None => left.strip_prefix(c)?,
            };
        }
        left.is_empty().then_some(open)
    }

    /// Puts the parts back.
    pub(super) fn unfold(&self, shape: &str) -> String {
        let mut text = String::with_capacity(shape.len() + 64);
        for c in shape.chars() {
            match self.part(c) {
                Some(part) => text.push_str(part),
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

    #[test]
    fn an_address_with_words_in_it_leaves_only_these_open() {
        let mut names = Names::default();
        let url = |id: &str, words: &str| format!("https://www.reddit.com/r/cloud/comments/{id}/{words}/");
        let mut shape = |id: &str, words: &str| {
            let (native, url) = (format!("t3_{id}"), url(id, words));
            let parts = Parts::new(&native, &native, "kim", "");
            let found = names.shape(1, &url, &parts);
            found.inspect(|(shape, open)| assert_eq!(parts.open(open).unfold(shape), url)).map(|(_, open)| open.to_owned())
        };
        assert_eq!(shape("1p2abcd", "why_we_left"), None, "seen once");
        assert_eq!(shape("1p2abce", "we_stay").as_deref(), Some("we_stay"));
        assert_eq!(shape("1p2abcf", "why").as_deref(), Some("why"));
    }

    proptest! {
        #[test]
        fn what_is_folded_comes_back(native in "[ -~]{0,20}", handle in "[a-z@.]{0,9}", account in "[a-z:]{0,9}", text in "[ -~\u{1}\u{2}]{0,40}") {
            let parts = Parts::new(&native, &native, &handle, &account);
            let url = format!("https://{handle}/{text}{account}{}", tail(&native));
            let mut names = Names::default();
            for _ in 0..3 {
                if let Some((shape, open)) = names.shape(1, &url, &parts) {
                    prop_assert_eq!(parts.open(open).unfold(&shape), url.as_str());
                }
            }
        }
    }
}
