//! Reads RSS 0.9x to 2.0, RDF, Atom 0.3 and 1.0 and CDF with one loose grammar.
//!
//! Whatever is called `item` or `entry` is an entry, wherever it stands; what
//! follows a missing end tag is still read. The grammar of each format in
//! detail would only give more ways to refuse a feed that people can read.

use base64::Engine as _;

use super::entry::{Document, Entry, Link, Person, Rank, Words};
use super::space::{Space, Spaces};
use super::xml::{Piece, Pieces, Tag};
use crate::feed::FeedError;
use crate::feed::answer::start_of;
use crate::text::html;

/// Entries of one document that are read; the largest feed seen has a few thousand.
const ENTRIES: usize = 20_000;
/// Nested elements that are remembered.
const DEPTH: usize = 200;
/// The most bytes of one element; a mention keeps 64 KiB of text.
const ELEMENT: usize = 1 << 20;

/// Reads a document that is no JSON.
pub(super) fn read(text: &str) -> Result<Document, FeedError> {
    let mut reader = Reader::default();
    let mut pieces = Pieces::of(text);
    for piece in pieces.by_ref() {
        reader.piece(piece);
        if reader.html {
            return Err(FeedError::Unreadable { why: format!("an HTML page where a feed was expected: {}", title_of(text)) });
        }
    }
    reader.finish(pieces.cut);
    if reader.document.form.is_empty() && reader.document.entries.is_empty() {
        let what = if text.trim().is_empty() {
            "an empty answer where a feed was expected".into()
        } else {
            format!("no feed: {}", start_of(text.as_bytes()))
        };
        return Err(FeedError::Unreadable { why: what });
    }
    Ok(reader.document)
}

/// Gives the title of an HTML page, which usually says why it came.
fn title_of(text: &str) -> String {
    let inner =
        text.split_once("<title").and_then(|(_, rest)| rest.split_once('>')).map(|(_, rest)| rest.split('<').next().unwrap_or_default());
    start_of(inner.unwrap_or(text).trim().as_bytes())
}

/// An element that is open around the current place.
#[derive(Debug)]
struct Open {
    name: String,
    /// Its inside says nothing about the entry or the feed: an image, a source, a foreign element.
    foreign: bool,
    base: Option<String>,
    lang: Option<String>,
}

/// The element whose text is being gathered.
#[derive(Debug)]
struct Gathering {
    field: Field,
    name: String,
    /// Elements of the same name that opened inside.
    nested: usize,
    mode: Mode,
    /// Text with tags inside: characters escaped, tags as they stood.
    markup: String,
    /// Text alone: entities resolved.
    plain: String,
    tags: bool,
    rel: String,
    href: Option<String>,
    lang: Option<String>,
}

/// How the text of an element is to be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Mode {
    /// RSS: HTML, mostly.
    Loose,
    Plain,
    Escaped,
    Inline,
    Base64,
    /// A picture or a file: no words.
    Nothing,
}

/// What an element means for the entry or the feed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Field {
    Title,
    Link,
    Id,
    Body(Rank),
    Author,
    Published,
    Updated,
    Lang,
    Ttl,
    Hour,
    Day,
}

#[derive(Debug, Default)]
struct Reader {
    spaces: Spaces,
    open: Vec<Open>,
    entry: Option<Entry>,
    gathering: Option<Gathering>,
    document: Document,
    html: bool,
}

impl Reader {
    fn piece(&mut self, piece: Piece<'_>) {
        match piece {
            Piece::Open(tag) => self.opened(&tag),
            Piece::Close(tag) => self.closed(&tag),
            Piece::Text(text) => self.text(text, false),
            Piece::Literal(text) => self.text(text, true),
        }
    }

    fn text(&mut self, text: &str, literal: bool) {
        let Some(gathering) = &mut self.gathering else { return };
        if gathering.plain.len() + text.len() > ELEMENT {
            return;
        }
        if literal {
            gathering.plain.push_str(text);
            gathering.markup.push_str(text);
        } else {
            let resolved = unescape(text);
            escape_into(&mut gathering.markup, &resolved);
            gathering.plain.push_str(&resolved);
        }
    }

    fn opened(&mut self, tag: &Tag<'_>) {
        let space = self.spaces.of(tag);
        let local = tag.local.to_ascii_lowercase();
        if self.open.is_empty() && self.entry.is_none() && self.document.form.is_empty() {
            self.root(&local);
        }
        let begins_entry = space == Space::Feed && matches!(local.as_str(), "item" | "entry");
        if let Some(gathering) = &mut self.gathering {
            if !begins_entry || gathering.mode == Mode::Inline {
                gathering.tag(tag, &local, false);
                return;
            }
            self.gathered();
        }
        if begins_entry {
            self.end_entry(false);
            self.begin_entry(tag, &local);
            return;
        }
        let field =
            if self.open.iter().any(|open| open.foreign) { None } else { field(space, &local, self.entry.is_some(), self.parent()) };
        match field {
            Some(field) => self.gather(field, tag, space, local),
            None => self.push(tag, space, local),
        }
    }

    /// Decides by the first element what this document is.
    fn root(&mut self, local: &str) {
        match local {
            "rss" => self.document.form = "RSS",
            "rdf" => self.document.form = "RDF",
            "feed" => self.document.form = "Atom",
            "channel" => self.document.form = "CDF",
            "html" | "head" | "body" | "meta" => self.html = true,
            _ => {}
        }
    }

    fn parent(&self) -> &str {
        self.open.last().map_or("", |open| open.name.as_str())
    }

    fn push(&mut self, tag: &Tag<'_>, space: Space, local: String) {
        if space == Space::Thread
            && local == "in-reply-to"
            && let Some(entry) = &mut self.entry
        {
            entry.answers = tag.attribute("ref").or(tag.attribute("href")).map(unescape);
        }
        if let (Some(entry), Space::Feed, "enclosure", Some(url)) = (&mut self.entry, space, local.as_str(), tag.attribute("url")) {
            entry.links.push(Link { href: unescape(url).trim().to_owned(), rel: "enclosure".into(), html: false });
        }
        if tag.closed || is_void(&local) || self.open.len() >= DEPTH {
            return;
        }
        let foreign = match space {
            Space::Feed => matches!(local.as_str(), "source" | "image" | "textinput" | "cloud" | "contributor" | "generator"),
            Space::Media => !matches!(local.as_str(), "group" | "content"),
            Space::Podcast => true,
            _ => false,
        };
        let foreign = foreign || (space == Space::Other && self.entry.is_some());
        let inherited = self.open.last();
        let base = join(inherited.and_then(|open| open.base.as_deref()), tag.attribute("xml:base"));
        let lang = tag.attribute("xml:lang").map(str::to_owned).or_else(|| inherited.and_then(|open| open.lang.clone()));
        if self.document.lang.is_none() && self.entry.is_none() {
            self.document.lang.clone_from(&lang);
        }
        self.open.push(Open { name: local, foreign, base, lang });
    }

    fn begin_entry(&mut self, tag: &Tag<'_>, local: &str) {
        let inherited = self.open.last();
        let mut entry = Entry {
            base: join(inherited.and_then(|open| open.base.as_deref()), tag.attribute("xml:base")),
            lang: tag.attribute("xml:lang").map(str::to_owned).or_else(|| inherited.and_then(|open| open.lang.clone())),
            id: tag
                .attribute("rdf:about")
                .or(tag.attribute("about"))
                .map(|about| unescape(about).trim().to_owned())
                .filter(|id| !id.is_empty()),
            id_is_link: true,
            ..Entry::default()
        };
        // CDF has the address on the item itself.
        if let Some(href) = tag.attribute("href") {
            entry.links.push(Link { href: unescape(href).trim().to_owned(), rel: "alternate".into(), html: true });
        }
        self.entry = Some(entry);
        if tag.closed {
            self.end_entry(false);
        } else if self.open.len() < DEPTH {
            let (base, lang) = self.entry.as_ref().map(|entry| (entry.base.clone(), entry.lang.clone())).unwrap_or_default();
            self.open.push(Open { name: local.to_owned(), foreign: false, base, lang });
        }
    }

    fn end_entry(&mut self, cut: bool) {
        let Some(mut entry) = self.entry.take() else { return };
        while let Some(open) = self.open.pop() {
            if matches!(open.name.as_str(), "item" | "entry") {
                break;
            }
        }
        entry.cut = cut;
        let nothing = entry.id.is_none() && entry.links.is_empty() && entry.title.is_none() && entry.bodies.is_empty();
        if cut && nothing {
            return;
        }
        if self.document.entries.len() < ENTRIES {
            self.document.entries.push(entry);
        } else {
            self.document.pass_over(1, "more entries than are read");
        }
    }

    fn closed(&mut self, tag: &Tag<'_>) {
        let local = tag.local.to_ascii_lowercase();
        let ends_more = matches!(local.as_str(), "item" | "entry" | "channel" | "feed" | "rss" | "rdf");
        if let Some(gathering) = &mut self.gathering {
            if gathering.name == local {
                if gathering.nested == 0 {
                    self.gathered();
                    return;
                }
                gathering.nested -= 1;
            }
            if !ends_more {
                gathering.tag(tag, &local, true);
                return;
            }
            self.gathered();
        }
        if matches!(local.as_str(), "item" | "entry") {
            self.end_entry(false);
        } else if let Some(at) = self.open.iter().rposition(|open| open.name == local) {
            if ends_more {
                self.end_entry(false);
            }
            self.open.truncate(at);
        }
    }

    fn gather(&mut self, field: Field, tag: &Tag<'_>, space: Space, name: String) {
        let href = tag.attribute("href").or_else(|| tag.attribute("rdf:resource")).map(|href| unescape(href).trim().to_owned());
        let mode = if matches!(field, Field::Title | Field::Body(_)) { mode(tag, space, &name) } else { Mode::Plain };
        let kind = tag.attribute("type").unwrap_or_default().to_ascii_lowercase();
        let rel = tag.attribute("rel").unwrap_or("alternate").rsplit('/').next().unwrap_or_default().to_ascii_lowercase();
        if field == Field::Id
            && let Some(entry) = &mut self.entry
        {
            entry.id_is_link = name == "guid" && !tag.attribute("isPermaLink").is_some_and(|flag| flag.eq_ignore_ascii_case("false"));
        }
        let href = href.filter(|_| field == Field::Link);
        let base = tag.attribute("xml:base");
        if let (Some(base), Some(entry), Field::Body(_)) = (base, &mut self.entry, field) {
            entry.base = join(entry.base.as_deref(), Some(base));
        }
        let rel = if kind.is_empty() || kind.contains("html") || field != Field::Link { rel } else { format!("{rel} {kind}") };
        let lang = tag.attribute("xml:lang").map(str::to_owned);
        self.gathering =
            Some(Gathering { field, name, nested: 0, mode, markup: String::new(), plain: String::new(), tags: false, rel, href, lang });
        if tag.closed {
            self.gathered();
        }
    }

    /// Puts the text that was gathered where it belongs.
    fn gathered(&mut self) {
        let Some(gathering) = self.gathering.take() else { return };
        match &mut self.entry {
            Some(entry) => fill_entry(entry, gathering),
            None => self.fill_document(gathering),
        }
    }

    fn fill_document(&mut self, gathering: Gathering) {
        let text = gathering.plain.trim();
        let some = || Some(text.to_owned()).filter(|text| !text.is_empty());
        match gathering.field {
            Field::Link => {
                let link = gathering.href.or_else(some).filter(|_| gathering.rel == "alternate");
                self.document.site = self.document.site.take().or(link);
            }
            Field::Lang => self.document.lang = some().or(self.document.lang.take()),
            Field::Author => self.document.author = std::mem::take(&mut self.document.author).or(author(&gathering)),
            Field::Ttl => self.document.ttl = text.parse().ok(),
            Field::Hour => self.document.skip_hours.extend(text.parse::<i8>().ok().map(|hour| hour % 24)),
            Field::Day => self.document.skip_days.extend(text.get(..3).map(str::to_ascii_lowercase)),
            Field::Title | Field::Id | Field::Body(_) | Field::Published | Field::Updated => {}
        }
    }

    fn finish(&mut self, cut: bool) {
        self.gathered();
        // Without a word about a cut, a missing end tag is only a missing end tag.
        self.end_entry(cut);
        if cut {
            self.document.pass_over(1, "the document is cut off");
        }
    }
}

fn fill_entry(entry: &mut Entry, gathering: Gathering) {
    let text = gathering.plain.trim().to_owned();
    let keep = |old: &mut Option<String>, new: String| {
        if old.is_none() && !new.is_empty() {
            *old = Some(new);
        }
    };
    match gathering.field {
        Field::Title => entry.title = entry.title.take().or_else(|| gathering.words()),
        Field::Body(rank) => {
            if let Some(lang) = &gathering.lang {
                entry.lang = Some(lang.clone()).filter(|lang| !lang.is_empty());
            }
            entry.bodies.extend(gathering.words().map(|words| (rank, words)));
        }
        Field::Link => {
            if let Some(href) = gathering.href.clone().or(Some(text)).filter(|href| !href.is_empty()) {
                let (rel, kind) = gathering.rel.split_once(' ').unwrap_or((&gathering.rel, ""));
                entry.links.push(Link { href, rel: rel.to_owned(), html: kind.is_empty() });
            }
        }
        // The element's own id wins over `rdf:about`.
        Field::Id if !text.is_empty() => entry.id = Some(text),
        Field::Author => entry.author = std::mem::take(&mut entry.author).or(author(&gathering)),
        Field::Published => keep(&mut entry.published, text),
        Field::Updated => keep(&mut entry.updated, text),
        Field::Lang => entry.lang = Some(text).filter(|text| !text.is_empty()).or(entry.lang.take()),
        Field::Id | Field::Ttl | Field::Hour | Field::Day => {}
    }
}

impl Gathering {
    /// Keeps a tag inside of the text as it stood, without its prefix.
    fn tag(&mut self, tag: &Tag<'_>, local: &str, close: bool) {
        if !close && local == self.name && !tag.closed {
            self.nested += 1;
        }
        self.tags = true;
        if self.markup.len() + tag.attributes.len() > ELEMENT {
            return;
        }
        self.markup.push_str(if close { "</" } else { "<" });
        self.markup.push_str(local);
        self.markup.push_str(tag.attributes);
        self.markup.push('>');
    }

    /// Gives the text in the form that the element announced, or shows by itself.
    fn words(self) -> Option<Words> {
        let words = match self.mode {
            Mode::Nothing => return None,
            Mode::Inline => Words::Html(self.markup),
            _ if self.tags => Words::Html(self.markup),
            Mode::Plain => Words::Plain(self.plain),
            Mode::Escaped | Mode::Loose => Words::Html(self.plain),
            Mode::Base64 => {
                let packed: String = self.plain.split_whitespace().collect();
                let bytes = base64::engine::general_purpose::STANDARD.decode(packed).ok()?;
                Words::Html(String::from_utf8_lossy(&bytes).into_owned())
            }
        };
        let (Words::Plain(text) | Words::Html(text)) = &words;
        (!text.trim().is_empty()).then_some(words)
    }
}

/// Says what an element means where it stands.
fn field(space: Space, local: &str, in_entry: bool, parent: &str) -> Option<Field> {
    Some(match (space, local) {
        (Space::Feed | Space::Dublin, "title") => Field::Title,
        (Space::Feed, "link") => Field::Link,
        (Space::Feed, "guid" | "id") if in_entry => Field::Id,
        (Space::Dublin, "identifier") if in_entry => return None,
        (Space::Content, "encoded") | (Space::Feed, "encoded" | "content" | "fullitem" | "body") | (Space::Xhtml, "body" | "div")
            if in_entry =>
        {
            Field::Body(Rank::Content)
        }
        (Space::Feed, "description" | "abstract") if in_entry => Field::Body(Rank::Description),
        (Space::Feed, "summary") | (Space::Dublin, "description" | "abstract") if in_entry => Field::Body(Rank::Summary),
        (Space::Podcast, "summary" | "subtitle") if in_entry => Field::Body(Rank::Podcast),
        (Space::Media, "description" | "text") if in_entry => Field::Body(Rank::Media),
        (Space::Dublin, "creator" | "author") | (Space::Podcast, "author") | (Space::Feed, "author" | "managingeditor") => Field::Author,
        (Space::Feed, "pubdate" | "published" | "issued" | "created") | (Space::Dublin, "date" | "created" | "issued") if in_entry => {
            Field::Published
        }
        (Space::Feed, "updated" | "modified" | "lastbuilddate") | (Space::Dublin, "modified") if in_entry => Field::Updated,
        (Space::Feed | Space::Dublin, "language") => Field::Lang,
        (Space::Feed, "ttl") => Field::Ttl,
        (Space::Feed, "hour") if parent == "skiphours" => Field::Hour,
        (Space::Feed, "day") if parent == "skipdays" => Field::Day,
        _ => return None,
    })
}

/// Says how the text of a title or a body is to be read.
fn mode(tag: &Tag<'_>, space: Space, local: &str) -> Mode {
    let kind = tag.attribute("type").unwrap_or_default().trim().to_ascii_lowercase();
    let packed = tag.attribute("mode").unwrap_or_default().eq_ignore_ascii_case("base64");
    if space == Space::Xhtml {
        return Mode::Inline;
    }
    match (kind.as_str(), tag.attribute("mode")) {
        _ if packed => Mode::Base64,
        (_, Some(mode)) if mode.eq_ignore_ascii_case("escaped") && kind != "text/plain" => Mode::Escaped,
        ("text" | "text/plain" | "plain", _) => Mode::Plain,
        ("xhtml" | "application/xhtml+xml", _) => Mode::Inline,
        ("html" | "text/html", _) => Mode::Escaped,
        ("", _) => Mode::Loose,
        (kind, _) if kind.starts_with("text/") || kind.ends_with("xml") => Mode::Loose,
        // Atom 1.0: everything else is base64 (RFC 4287, 4.1.3.3); only words are of use here.
        (kind, _) if local == "content" && space == Space::Feed => {
            if kind.starts_with("image/") || kind.starts_with("audio/") || kind.starts_with("video/") {
                Mode::Nothing
            } else {
                Mode::Base64
            }
        }
        _ => Mode::Loose,
    }
}

/// Elements of HTML that have no end tag and stray into feeds.
fn is_void(local: &str) -> bool {
    matches!(local, "br" | "hr" | "img" | "meta" | "input" | "wbr")
}

/// Resolves an `xml:base` against the one around it; without a common start the new one stands alone.
fn join(outer: Option<&str>, inner: Option<&str>) -> Option<String> {
    match (outer, inner.map(str::trim)) {
        (outer, None | Some("")) => outer.map(str::to_owned),
        (None, Some(inner)) => Some(inner.to_owned()),
        (Some(outer), Some(inner)) => {
            let joined = url::Url::parse(outer).ok().and_then(|outer| outer.join(inner).ok());
            Some(joined.map_or_else(|| inner.to_owned(), Into::into))
        }
    }
}

/// Reads Atom's `<name>` and `<uri>`, or the text of the other formats.
fn author(gathering: &Gathering) -> Person {
    if !gathering.tags {
        return Person { name: person(&gathering.plain), url: None };
    }
    let mut found = Person::default();
    let mut at = "";
    for piece in Pieces::of(&gathering.markup) {
        match piece {
            Piece::Open(tag) => at = tag.local,
            Piece::Close(_) => at = "",
            Piece::Text(text) | Piece::Literal(text) if !text.trim().is_empty() => match at {
                "name" => found.name = found.name.or_else(|| person(text)),
                "uri" | "url" | "homepage" => found.url = found.url.or_else(|| Some(unescape(text).trim().to_owned())),
                _ => {}
            },
            Piece::Text(_) | Piece::Literal(_) => {}
        }
    }
    found
}

/// Reads RSS's `mail@example.org (Name)` and its variants as a name.
fn person(text: &str) -> Option<String> {
    let text = html::to_text(text).text;
    let text = text.trim();
    let inside = text.split_once('(').and_then(|(mail, rest)| mail.contains('@').then(|| rest.trim_end_matches(')').trim()));
    let before = text.split_once('(').and_then(|(name, rest)| rest.contains('@').then(|| name.trim()));
    let outside = text.split_once('<').and_then(|(name, rest)| rest.contains('@').then(|| name.trim()));
    let name = inside.or(before).or(outside).unwrap_or(text);
    (!name.is_empty()).then(|| name.to_owned())
}

/// Resolves entities that are closed by a semicolon, XML's and HTML's; `a=1&copy=2` in a link stays.
fn unescape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, from)) = memchr::memchr(b'&', rest.as_bytes()).and_then(|at| rest.split_at_checked(at)) {
        out.push_str(before);
        let length = from.bytes().take(34).position(|byte| byte == b';').map_or(1, |at| at + 1);
        let (entity, behind) = from.split_at_checked(length).unwrap_or((from, ""));
        if length > 2 {
            out.push_str(&html::unescape(entity));
        } else {
            out.push_str(entity);
        }
        rest = behind;
    }
    out.push_str(rest);
    out
}

fn escape_into(out: &mut String, text: &str) {
    for c in text.chars() {
        match c {
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '&' => out.push_str("&amp;"),
            c => out.push(c),
        }
    }
}
