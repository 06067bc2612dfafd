//! Turns the HTML of a post into plain text and collects its links.
//!
//! Feeds call [`to_text`]; nothing else in the house reads markup. It is a
//! tolerant scanner and no parser: one pass, linear in the input, bounded in
//! the output, and no input makes it panic. Entities are resolved exactly once,
//! so a stranger's `&amp;lt;` stays the four characters he meant.

mod entity;

use entity::Entity;

/// The most text that comes out; a mention keeps less than that.
pub const OUTPUT_BYTES: usize = 256 * 1024;

/// The most links that are collected from one post.
pub const LINKS: usize = 200;

/// Plain text and the targets of its links.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct HtmlText {
    /// The words, with paragraphs parted by a blank line; quoted blocks begin their lines with `> `.
    pub text: String,
    /// The `href` of every link, in order, each once. Links that a network writes around
    /// handles and tags (class `mention` or `hashtag`) are no links of the author.
    pub links: Vec<String>,
}

/// Reads HTML, or plain text with entities, into [`HtmlText`].
pub fn to_text(html: &str) -> HtmlText {
    let mut scanner = Scanner { rest: html, out: Writer::default(), links: Vec::new(), quotes_broken: false, tags_over: false };
    scanner.run();
    HtmlText { text: scanner.out.finish(), links: scanner.links }
}

/// Resolves the entities of a text without markup, once.
pub fn unescape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, from)) = rest.find('&').and_then(|at| rest.split_at_checked(at)) {
        out.push_str(before);
        let Entity { value, length } = entity::read(from);
        out.push_str(value.as_str());
        rest = from.get(length..).unwrap_or_default();
    }
    out.push_str(rest);
    out
}

/// Where the scanner stands.
struct Scanner<'a> {
    rest: &'a str,
    out: Writer,
    links: Vec<String>,
    /// A quote was once left open: from there on the first `>` ends a tag. Without this memory
    /// every `<a "` would search to the end again.
    quotes_broken: bool,
    /// No `>` stands in the rest: every `<` is a character.
    tags_over: bool,
}

impl Scanner<'_> {
    /// Goes through the input once.
    fn run(&mut self) {
        while !self.rest.is_empty() && self.out.text.len() < OUTPUT_BYTES {
            let stop = memchr::memchr2(b'<', b'&', self.rest.as_bytes()).unwrap_or(self.rest.len());
            let (plain, from) = self.rest.split_at(stop);
            self.out.words(plain);
            self.rest = from;
            match from.as_bytes().first() {
                Some(b'&') => {
                    let Entity { value, length } = entity::read(from);
                    self.out.resolved(value.as_str());
                    self.skip(length);
                }
                Some(_) => self.markup(),
                None => {}
            }
        }
    }

    fn skip(&mut self, bytes: usize) {
        self.rest = self.rest.get(bytes..).unwrap_or_default();
    }

    /// Stands on `<`: reads a comment, a tag, or the character itself.
    fn markup(&mut self) {
        let rest = self.rest;
        let second = rest.as_bytes().get(1).copied().unwrap_or(b' ');
        if self.tags_over || !(second.is_ascii_alphabetic() || matches!(second, b'/' | b'!' | b'?')) {
            self.out.words("<");
            return self.skip(1);
        }
        if let Some(body) = rest.strip_prefix("<!--") {
            let end = memchr::memmem::find(body.as_bytes(), b"-->").map_or(rest.len(), |at| at + 7);
            return self.skip(end);
        }
        if let Some(body) = rest.strip_prefix("<![CDATA[") {
            let end = memchr::memmem::find(body.as_bytes(), b"]]>").unwrap_or(body.len());
            self.out.words(body.get(..end).unwrap_or_default());
            return self.skip(9 + end + 3);
        }
        let Some(length) = self.tag_length() else {
            self.tags_over = true;
            self.out.words("<");
            return self.skip(1);
        };
        let inside = rest.get(1..length - 1).unwrap_or_default();
        self.skip(length);
        self.tag(inside);
    }

    /// Gives the length of the tag that begins here, `<` and `>` included; `None` when no `>` follows.
    fn tag_length(&mut self) -> Option<usize> {
        let bytes = self.rest.as_bytes();
        if !self.quotes_broken {
            let mut quote = None;
            let mut after_equals = false;
            for (at, &byte) in bytes.iter().enumerate().skip(1) {
                match quote {
                    Some(open) if byte == open => quote = None,
                    // A quote opens a value only behind `=`: `<p don't>` is a tag like any other.
                    None if matches!(byte, b'"' | b'\'') && after_equals => quote = Some(byte),
                    None if byte == b'>' => return Some(at + 1),
                    _ => {}
                }
                if quote.is_none() && !byte.is_ascii_whitespace() {
                    after_equals = byte == b'=';
                }
            }
            self.quotes_broken = quote.is_some();
        }
        memchr::memchr(b'>', bytes).map(|at| at + 1)
    }

    /// Acts on a tag; `inside` is what stands between `<` and `>`.
    fn tag(&mut self, inside: &str) {
        let (closing, inside) = inside.strip_prefix('/').map_or((false, inside), |rest| (true, rest));
        let end = inside.find(|c: char| !c.is_ascii_alphanumeric()).unwrap_or(inside.len());
        let (name, attributes) = inside.split_at(end);
        let name = name.to_ascii_lowercase();
        match name.as_str() {
            "p" | "blockquote" | "ul" | "ol" | "table" | "h1" | "h2" | "h3" | "h4" | "h5" | "h6" | "pre" | "hr" => {
                self.out.paragraph();
                match (name.as_str(), closing) {
                    ("blockquote", false) => self.out.quoted += 1,
                    ("blockquote", true) => self.out.quoted = self.out.quoted.saturating_sub(1),
                    ("pre", opening) => self.out.verbatim = !opening,
                    _ => {}
                }
            }
            "br" | "div" | "li" | "tr" | "section" | "article" | "header" | "footer" | "dt" | "dd" | "figure" | "figcaption"
            | "details" | "summary" | "option" | "form" => self.out.line(),
            "td" | "th" => self.out.words(" "),
            "script" | "style" | "template" | "noscript" | "iframe" | "svg" | "textarea" | "object" if !closing => self.drop_until(&name),
            "a" if !closing => self.link(attributes),
            // Blogs write emoji as pictures with the character as the alternative text.
            "img" if !closing => {
                if let Some(alt) = attribute(attributes, "alt").filter(|alt| alt.len() <= 32 && !alt.is_ascii()) {
                    self.out.resolved(&unescape(alt));
                }
            }
            _ => {}
        }
    }

    /// Passes over everything up to the closing tag of `name`; to the end when there is none, as browsers do.
    fn drop_until(&mut self, name: &str) {
        let bytes = self.rest.as_bytes();
        let closes = |at: &usize| {
            let tail = bytes.get(at + 2..at + 2 + name.len()).unwrap_or_default();
            bytes.get(at + 1) == Some(&b'/') && tail.eq_ignore_ascii_case(name.as_bytes())
        };
        let end = memchr::memchr_iter(b'<', bytes).find(closes).unwrap_or(bytes.len());
        self.skip(end);
    }

    /// Keeps the target of a link.
    fn link(&mut self, attributes: &str) {
        let class = attribute(attributes, "class").unwrap_or_default();
        if class.split_ascii_whitespace().any(|word| word == "mention" || word == "hashtag") || self.links.len() >= LINKS {
            return;
        }
        if let Some(href) = attribute(attributes, "href") {
            let target = unescape(href.trim());
            if !target.is_empty() && !target.starts_with('#') && !self.links.contains(&target) {
                self.links.push(target);
            }
        }
    }
}

/// Finds the raw value of an attribute.
fn attribute<'a>(attributes: &'a str, wanted: &str) -> Option<&'a str> {
    let mut rest = attributes;
    loop {
        rest = rest.trim_start_matches(|c: char| c.is_ascii_whitespace() || c == '/');
        if rest.is_empty() {
            return None;
        }
        let end = rest.find(|c: char| c.is_ascii_whitespace() || c == '=').unwrap_or(rest.len());
        let (name, after) = rest.split_at(end);
        let after = after.trim_start();
        let Some(value) = after.strip_prefix('=') else {
            rest = after;
            continue;
        };
        let value = value.trim_start();
        let (value, after) = match value.chars().next() {
            Some(quote @ ('"' | '\'')) => {
                let body = value.get(1..).unwrap_or_default();
                body.split_once(quote).unwrap_or((body, ""))
            }
            _ => value.split_at(value.find(|c: char| c.is_ascii_whitespace()).unwrap_or(value.len())),
        };
        if name.eq_ignore_ascii_case(wanted) {
            return Some(value);
        }
        rest = after;
    }
}

/// Writes text the way a browser lays it out: white space folded, blocks on lines of their own.
#[derive(Default)]
struct Writer {
    text: String,
    /// Line breaks owed before the next word: 0, 1 or 2.
    owed: usize,
    /// A space owed before the next word.
    space: bool,
    /// Depth of quoted blocks.
    quoted: usize,
    /// Inside `<pre>`: white space stands as it is.
    verbatim: bool,
}

impl Writer {
    /// Writes source text: white space is folded.
    fn words(&mut self, plain: &str) {
        if self.verbatim {
            for (index, line) in plain.split('\n').enumerate() {
                if index > 0 {
                    self.line();
                }
                self.resolved(line);
            }
            return;
        }
        let space = |c: char| matches!(c, ' ' | '\t' | '\n' | '\r' | '\u{c}');
        for (index, word) in plain.split(space).enumerate() {
            self.space |= index > 0;
            self.resolved(word);
        }
    }

    /// Writes text that is meant as it stands, such as a resolved entity.
    fn resolved(&mut self, words: &str) {
        if words.is_empty() {
            return;
        }
        if self.owed > 0 || self.text.is_empty() {
            if !self.text.is_empty() {
                self.text.push_str(if self.owed > 1 { "\n\n" } else { "\n" });
            }
            for _ in 0..self.quoted.min(4) {
                self.text.push_str("> ");
            }
        } else if self.space {
            self.text.push(' ');
        }
        (self.owed, self.space) = (0, false);
        self.text.extend(words.chars().filter(|c| !c.is_control() || *c == '\t'));
    }

    fn line(&mut self) {
        // Two `<br>` in a row are meant as a blank line.
        self.owed = if self.owed == 0 { 1 } else { 2 };
    }

    fn paragraph(&mut self) {
        self.owed = 2;
    }

    fn finish(mut self) -> String {
        self.text.truncate(self.text.floor_char_boundary(OUTPUT_BYTES));
        self.text.truncate(self.text.trim_end().len());
        self.text
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn text(html: &str) -> String {
        to_text(html).text
    }

    #[test]
    fn paragraphs_and_breaks_become_lines() {
        assert_eq!(text("<p>One</p><p>Two<br>three</p>"), "One\n\nTwo\nthree");
        assert_eq!(text("One<p>Two\n  and   more<p>Three"), "One\n\nTwo and more\n\nThree");
        assert_eq!(text("<ul><li>a<li>b</ul>c"), "a\nb\n\nc");
        assert_eq!(text("<pre>a  b\n c</pre>"), "a  b\n c");
    }

    #[test]
    fn entities_are_resolved_exactly_once() {
        assert_eq!(text("&amp;lt;b&amp;gt; &lt;b&gt; &#39;&#x2019;&hellip;&nbsp;&bogus; & AT&T"), "&lt;b&gt; <b> '’…\u{a0}&bogus; & AT&T");
        assert_eq!(text("&#0;&#xD800;&#99999999;&#146;&#;&"), "\u{fffd}\u{fffd}\u{fffd}’&#;&");
        assert_eq!(unescape("a &amp;amp; b"), "a &amp; b");
    }

    #[test]
    fn full_addresses_survive_the_invisible_spans_of_mastodon() {
        let html = r#"<p><span class="h-card" translate="no"><a href="https://m.example/@kim" class="u-url mention">@<span>kim</span></a></span> see <a href="https://example.org/a/very/long?x=1&amp;y=2" rel="nofollow"><span class="invisible">https://</span><span class="ellipsis">example.org/a/very/lo</span><span class="invisible">ng?x=1&amp;y=2</span></a></p>"#;
        let heard = to_text(html);
        assert_eq!(heard.text, "@kim see https://example.org/a/very/long?x=1&y=2");
        assert_eq!(heard.links, ["https://example.org/a/very/long?x=1&y=2"]);
    }

    #[test]
    fn scripts_comments_and_pictures_stay_out() {
        assert_eq!(text("a<script>if (a<b) alert('</p>')</SCRIPT>b<!-- c > --> d<style>p{}</style>"), "ab d");
        assert_eq!(text(r#"ok <img src=x alt="a photo"><img alt="😀">"#), "ok 😀");
        assert_eq!(text("<![CDATA[a <b]]> c"), "a <b c");
    }

    #[test]
    fn a_lone_angle_bracket_is_a_character() {
        assert_eq!(text("1 < 2 and <3 you > me"), "1 < 2 and <3 you > me");
        assert_eq!(text("I <3 it <a"), "I <3 it <a");
        assert_eq!(text(r#"<a href="x>open <b>bold</b>"#), "open bold");
        assert_eq!(text("<p don't>it isn't</p>"), "it isn't");
    }

    #[test]
    fn quotes_are_marked() {
        assert_eq!(text("<blockquote>He said<br>so</blockquote>I did not"), "> He said\n> so\n\nI did not");
    }

    #[test]
    fn a_megabyte_of_openings_is_read_in_one_pass() {
        // Quadratic reading of these would not come back within the life of the test run.
        for piece in ["<a \"", "<a", "<", "&", "<!--", "<a href='", "<script>", "<![CDATA[", "<blockquote>", "<a href=x>", "&#", "<p =\""] {
            let heard = to_text(&piece.repeat((1 << 20) / piece.len()));
            assert!(heard.text.len() <= OUTPUT_BYTES, "{piece}");
        }
    }

    proptest! {
        #[test]
        fn no_input_panics(html in "[<>&;a-c/!\"'= #x0-9\\-\\[\\]é😀\u{0}-\u{20}]{0,200}") {
            let heard = to_text(&html);
            prop_assert!(!heard.text.chars().any(|c| c.is_control() && c != '\n' && c != '\t'));
        }

        #[test]
        fn escaped_text_comes_back(plain in "[a-z<>&\"' ]{0,80}") {
            let escaped = plain.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;");
            let folded = plain.split_whitespace().collect::<Vec<_>>().join(" ");
            prop_assert_eq!(to_text(&escaped).text, folded);
        }
    }
}
