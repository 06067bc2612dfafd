//! Cuts a document into tags and text and forgives nearly everything.
//!
//! No XML parser: those are right to stop at the first mistake, and half of the
//! feeds in the world make one. A `<` that begins no tag is text, a quote that
//! never closes ends at the next tag, a document that stops in the middle is
//! `cut`. One pass, linear, no allocation.

/// One piece of the document.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Piece<'a> {
    /// `<name ...>` or `<name .../>`.
    Open(Tag<'a>),
    /// `</name>`.
    Close(Tag<'a>),
    /// Text with its entities unresolved.
    Text(&'a str),
    /// The inside of a CDATA section.
    Literal(&'a str),
}

/// A tag as it stands in the document.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Tag<'a> {
    /// The prefix before the colon; empty without one.
    pub(super) prefix: &'a str,
    /// The name behind the colon.
    pub(super) local: &'a str,
    /// Everything between the name and the end of the tag.
    pub(super) attributes: &'a str,
    /// Whether it ends with `/>`.
    pub(super) closed: bool,
}

/// Walks through a document.
#[derive(Debug)]
pub(super) struct Pieces<'a> {
    rest: &'a str,
    /// Set when the document ended inside of a tag, a comment or a section.
    pub(super) cut: bool,
}

impl<'a> Pieces<'a> {
    /// Starts at the beginning of a text.
    pub(super) fn of(text: &'a str) -> Self {
        Self { rest: text, cut: false }
    }

    fn advance(&mut self, bytes: usize) -> &'a str {
        let (taken, rest) = self.rest.split_at_checked(bytes).unwrap_or((self.rest, ""));
        self.rest = rest;
        taken
    }

    /// Takes everything up to `end` and `end` itself; the rest, and `cut`, when it is missing.
    fn through(&mut self, end: &str) -> &'a str {
        if let Some(at) = memchr::memmem::find(self.rest.as_bytes(), end.as_bytes()) {
            let taken = self.advance(at);
            self.advance(end.len());
            taken
        } else {
            self.cut = true;
            self.advance(self.rest.len())
        }
    }

    /// Takes a declaration such as a DOCTYPE with its inner brackets. Entities that it declares are
    /// not believed: that is how a kilobyte becomes a gigabyte.
    fn declaration(&mut self) {
        let mut depth = 0_usize;
        for (at, byte) in self.rest.bytes().enumerate() {
            match byte {
                b'[' => depth += 1,
                b']' => depth = depth.saturating_sub(1),
                b'>' if depth == 0 => {
                    self.advance(at + 1);
                    return;
                }
                _ => {}
            }
        }
        self.cut = true;
        self.rest = "";
    }

    fn tag(&mut self) -> Option<Piece<'a>> {
        let close = self.rest.as_bytes().get(1) == Some(&b'/');
        let Some((length, ended)) = tag_length(self.rest) else {
            self.cut = true;
            self.rest = "";
            return None;
        };
        let whole = self.advance(length);
        let inner = whole.get(if close { 2 } else { 1 }..whole.len() - usize::from(ended)).unwrap_or_default();
        let (inner, closed) = match inner.strip_suffix('/') {
            Some(inner) if !close => (inner, true),
            _ => (inner, false),
        };
        let end = inner.find(|c: char| c.is_whitespace() || c == '/').unwrap_or(inner.len());
        let (name, attributes) = inner.split_at_checked(end)?;
        let (prefix, local) = name.split_once(':').unwrap_or(("", name));
        let tag = Tag { prefix, local, attributes, closed };
        Some(if close { Piece::Close(tag) } else { Piece::Open(tag) })
    }
}

impl<'a> Iterator for Pieces<'a> {
    type Item = Piece<'a>;

    fn next(&mut self) -> Option<Piece<'a>> {
        while !self.rest.is_empty() {
            if !self.rest.starts_with('<') {
                let end = memchr::memchr(b'<', self.rest.as_bytes()).unwrap_or(self.rest.len());
                return Some(Piece::Text(self.advance(end)));
            }
            if self.rest.starts_with("<![CDATA[") {
                self.advance("<![CDATA[".len());
                return Some(Piece::Literal(self.section()));
            }
            if self.rest.starts_with("<!--") {
                self.advance(4);
                self.through("-->");
            } else if self.rest.starts_with("<?") {
                self.through("?>");
            } else if self.rest.starts_with("<!") {
                self.declaration();
            } else if begins_tag(self.rest) {
                if let Some(piece) = self.tag() {
                    return Some(piece);
                }
            } else {
                // "a < b": the character itself.
                return Some(Piece::Text(self.advance(1)));
            }
        }
        None
    }
}

impl<'a> Pieces<'a> {
    /// Takes a CDATA section; sections are nested by mistake, and the outer one then ends last.
    fn section(&mut self) -> &'a str {
        let bytes = self.rest.as_bytes();
        let first = memchr::memmem::find(bytes, b"]]>");
        let inner = memchr::memmem::find(bytes.get(..first.unwrap_or(0)).unwrap_or_default(), b"<![CDATA[");
        let end = match (first, inner) {
            // Only when a second end follows before anything else begins: `]]&gt;]]>` is the usual form.
            (Some(first), Some(_)) => {
                let behind = bytes.get(first + 3..).unwrap_or_default();
                let next = memchr::memchr(b'<', behind).unwrap_or(behind.len());
                memchr::memmem::find(behind.get(..next).unwrap_or_default(), b"]]>").map_or(first, |second| first + 3 + second)
            }
            (Some(first), None) => first,
            (None, _) => {
                self.cut = true;
                return self.advance(self.rest.len());
            }
        };
        let taken = self.advance(end);
        self.advance(3);
        taken
    }
}

/// Says whether a `<` begins a tag: a name follows, with or without a slash.
fn begins_tag(rest: &str) -> bool {
    let name = rest.strip_prefix("</").or_else(|| rest.strip_prefix('<')).unwrap_or_default();
    name.starts_with(|c: char| c.is_alphabetic() || c == '_' || c == ':')
}

/// Finds the end of a tag: the length, and whether its `>` is there; `None` when the document ends first.
///
/// A `>` inside quotes is none. A `<` is an end in any case: the tag before it was left open.
fn tag_length(rest: &str) -> Option<(usize, bool)> {
    let mut quote = None;
    let mut fallback = None;
    for (at, byte) in rest.bytes().enumerate().skip(1) {
        match (quote, byte) {
            (None, b'>') => return Some((at + 1, true)),
            (None, b'"' | b'\'') => quote = Some(byte),
            (Some(open), byte) if open == byte => quote = None,
            (Some(_), b'>') => fallback = fallback.or(Some((at + 1, true))),
            (_, b'<') => return Some(fallback.unwrap_or((at, false))),
            _ => {}
        }
    }
    fallback
}

impl<'a> Tag<'a> {
    /// Walks through the attributes as name (with prefix) and raw value.
    pub(super) fn attributes(&self) -> Attributes<'a> {
        Attributes { rest: self.attributes }
    }

    /// Finds an attribute by its full name in lower case.
    pub(super) fn attribute(&self, name: &str) -> Option<&'a str> {
        self.attributes().find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value)
    }
}

/// Attributes of a tag; values without quotes and names without values are let through.
#[derive(Debug)]
pub(super) struct Attributes<'a> {
    rest: &'a str,
}

impl<'a> Iterator for Attributes<'a> {
    type Item = (&'a str, &'a str);

    fn next(&mut self) -> Option<Self::Item> {
        let rest = self.rest.trim_start_matches(|c: char| c.is_whitespace() || c == '/' || c == '=');
        if rest.is_empty() {
            return None;
        }
        let end = rest.find(|c: char| c.is_whitespace() || c == '=').unwrap_or(rest.len());
        let (name, behind) = rest.split_at_checked(end)?;
        let Some(value) = behind.trim_start().strip_prefix('=') else {
            self.rest = behind;
            return Some((name, ""));
        };
        let value = value.trim_start();
        let quoted = value.chars().next().filter(|c| matches!(c, '"' | '\''));
        let (value, rest) = match quoted {
            Some(quote) => {
                let inner = value.get(1..).unwrap_or_default();
                inner.split_once(quote).unwrap_or((inner, ""))
            }
            None => value.split_at_checked(value.find(char::is_whitespace).unwrap_or(value.len()))?,
        };
        self.rest = rest;
        Some((name, value))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn shown(text: &str) -> Vec<String> {
        Pieces::of(text)
            .map(|piece| match piece {
                Piece::Open(tag) if tag.closed => format!("{}{}/", tag.prefix, tag.local),
                Piece::Open(tag) => format!("+{}{}", tag.prefix, tag.local),
                Piece::Close(tag) => format!("-{}{}", tag.prefix, tag.local),
                Piece::Text(text) => text.to_owned(),
                Piece::Literal(text) => format!("[{text}]"),
            })
            .collect()
    }

    #[test]
    fn a_clean_document_gives_its_pieces() {
        let text = "<?xml version=\"1.0\"?><!DOCTYPE a [<!ENTITY b \"c>\">]><!-- x > --><a:b c=\"d>e\"/><f>g &amp; h<![CDATA[<i>]]></f>";
        assert_eq!(shown(text), ["ab/", "+f", "g &amp; h", "[<i>]", "-f"]);
    }

    #[test]
    fn mistakes_are_text_or_end_at_the_next_tag() {
        assert_eq!(shown("<a>1 < 2 & 3 <> 4</a>"), ["+a", "1 ", "<", " 2 & 3 ", "<", "> 4", "-a"]);
        assert_eq!(shown("<a href=\"x><b>y</b>"), ["+a", "+b", "y", "-b"]);
        assert_eq!(shown("<item <title>x</title>"), ["+item", "+title", "x", "-title"]);
        assert_eq!(shown("<a><![CDATA[<![CDATA[<script></script>]]&gt;]]></a>"), ["+a", "[<![CDATA[<script></script>]]&gt;]", "-a"]);
    }

    #[test]
    fn a_document_that_stops_is_cut() {
        for text in ["<a><b", "<a><!-- never", "<a><![CDATA[half", "<!DOCTYPE x [", "<?xml"] {
            let mut pieces = Pieces::of(text);
            while pieces.next().is_some() {}
            assert!(pieces.cut, "{text}");
        }
        let mut pieces = Pieces::of("<a>x</a>");
        while pieces.next().is_some() {}
        assert!(!pieces.cut);
    }

    #[test]
    fn attributes_come_in_every_dress() {
        let Some(Piece::Open(tag)) = Pieces::of("<a b=\"1\" c = '2' d=3 e xml:base='/x' f=\"4/>").next() else { panic!("a tag") };
        let all: Vec<_> = tag.attributes().collect();
        assert_eq!(all[..5], [("b", "1"), ("c", "2"), ("d", "3"), ("e", ""), ("xml:base", "/x")]);
        assert_eq!(tag.attribute("B"), Some("1"));
    }

    proptest! {
        #[test]
        fn any_text_ends_and_loses_nothing_outside_of_tags(text in "[<>a\"'/!\\-\\[\\]?=: &;CDAT]{0,200}") {
            let mut seen = 0;
            for piece in Pieces::of(&text) {
                seen += 1;
                if let Piece::Open(tag) = piece { prop_assert!(tag.attributes().count() <= text.len()); }
            }
            prop_assert!(seen <= text.len());
        }
    }
}
