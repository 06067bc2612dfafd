//! What many rows share, kept once: forms of mentions, of authors, of hearings.
//!
//! Network, feed, language and the forms of id and URL are the same for thousands
//! of mentions; together they are one name, and a row holds its number. The same
//! goes for what was heard when it is nothing in particular.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::domain::{Hearing, Mention, Primary, Priority, Reason};

use super::super::StoreError;
use super::error::unreadable;
use super::names::Parts;
use super::spot::stable_hash;
use super::writer::Room;

/// What mentions share, or authors: then `native` is the end of the handle.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct Form {
    pub(super) network: Arc<str>,
    pub(super) feed: Option<Arc<str>>,
    pub(super) native: Option<Arc<str>>,
    pub(super) url: Option<Arc<str>>,
    pub(super) lang: Option<Arc<str>>,
}

type Brief = (Arc<str>, Option<Arc<str>>, Option<Arc<str>>, Option<Arc<str>>, Option<Arc<str>>);

impl Form {
    /// Gives the number of this form.
    pub(super) fn id(&self, room: &Room) -> Result<i64, StoreError> {
        if let Some(&id) = room.names.borrow().forms.get(self) {
            return Ok(id);
        }
        let brief = (&self.network, &self.feed, &self.native, &self.url, &self.lang);
        let id = room.name(&serde_json::to_string(&brief).unwrap_or_default())?;
        room.names.borrow_mut().forms.insert(self.clone(), id);
        Ok(id)
    }

    /// Reads the form of a number.
    pub(super) fn read(room: &Room, id: i64) -> Result<Self, StoreError> {
        let text = room.word(id)?;
        let (network, feed, native, url, lang): Brief = serde_json::from_str(&text).map_err(|_| unreadable("the form", &text))?;
        Ok(Self { network, feed, native, url, lang })
    }
}

/// Whether a language tag is one that people use; others stand in the row, so that nobody fills the table of names.
pub(super) fn is_usual(lang: &str) -> bool {
    let letters = |text: &str, upper: bool| text.bytes().all(|c| if upper { c.is_ascii_uppercase() } else { c.is_ascii_lowercase() });
    match lang.split_once('-') {
        Some((code, place)) => (2..=3).contains(&code.len()) && place.len() == 2 && letters(code, false) && letters(place, true),
        None => (2..=3).contains(&lang.len()) && letters(lang, false),
    }
}

/// Which text a form is learned for; a network has few forms of each.
#[derive(Debug, Clone, Copy)]
pub(super) enum What {
    Native,
    Url,
    AuthorUrl,
}

/// Gives the form of a text, and what of the text must stand in the row.
pub(super) fn shape<'a>(room: &Room, network: &str, what: What, text: &'a str, parts: &Parts<'_>) -> Option<(Arc<str>, &'a str)> {
    let place = stable_hash(network.as_bytes()).wrapping_add(what as u64);
    room.names.borrow_mut().shape(place, text, parts)
}

/// What was heard for a watch, without what is particular to the post: so many mentions share it that it is one name.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub(super) struct Sense(pub(super) String, pub(super) Reason, pub(super) Priority, Primary, bool, SenseLang);

/// The language heard: mostly the one the network tagged the post with.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(untagged)]
enum SenseLang {
    Other(Option<String>),
    Tagged(bool),
}

impl Sense {
    /// Sums up what was heard for a watch.
    pub(super) fn of(watch: &str, hearing: &Hearing, reason: Reason, priority: Priority, mention: &Mention) -> Self {
        let tagged = hearing.lang.is_some() && hearing.lang == mention.lang;
        let lang = if tagged { SenseLang::Tagged(true) } else { SenseLang::Other(hearing.lang.clone()) };
        Self(watch.to_owned(), reason, priority, hearing.primary, hearing.asks, lang)
    }

    /// Gives its number.
    pub(super) fn id(&self, room: &Room) -> Result<i64, StoreError> {
        if let Some(&id) = room.names.borrow().senses.get(self) {
            return Ok(id);
        }
        let id = room.name(&serde_json::to_string(self).unwrap_or_default())?;
        room.names.borrow_mut().senses.insert(self.clone(), id);
        Ok(id)
    }

    /// Reads the sense of a number.
    pub(super) fn read(room: &Room, id: i64) -> Result<Self, StoreError> {
        let text = room.word(id)?;
        serde_json::from_str(&text).map_err(|_| unreadable("what was heard as", &text))
    }

    /// Gives what was heard, without findings.
    pub(super) fn hearing(&self, mention: &Mention) -> Hearing {
        let lang = match &self.5 {
            SenseLang::Other(lang) => lang.clone(),
            SenseLang::Tagged(_) => mention.lang.clone(),
        };
        Hearing { primary: self.3, asks: self.4, lang, switch: None, findings: Vec::new() }
    }
}

#[cfg(test)]
mod tests {
    use super::is_usual;

    #[test]
    fn a_tag_that_nobody_uses_is_no_name() {
        assert!(["en", "pt-BR", "yue"].into_iter().all(is_usual));
        assert!(!["", "e", "english", "en-Latn-US", "x-lol", "EN"].into_iter().any(is_usual));
    }
}
