//! Turns the record of a Bluesky post into the parts of a mention.
//!
//! The same record comes over the stream, in search answers and in author
//! feeds. Everything is borrowed from the JSON where it holds no escape, and
//! nothing but the text has to be well typed: anybody may publish a record with
//! a list where the lexicon wants a string, and the words still count.

use std::borrow::Cow;
use std::sync::LazyLock;

use jiff::Timestamp;
use memchr::memmem::Finder;
use serde::Deserialize;

use super::address::{address, is_did, page_url, profile_url, split};
use super::fields::Fields;
use crate::domain::{Mention, Network};
use crate::feed::loose::Loose;

/// The network's name in configuration, JSON and metrics.
pub(super) const BLUESKY: Network = Network::known("bluesky");

static URI: LazyLock<Finder<'static>> = LazyLock::new(|| Finder::new(br#""uri""#));
static TITLE: LazyLock<Finder<'static>> = LazyLock::new(|| Finder::new(br#""title""#));

/// Links of one post that are kept; a record may carry thousands.
const LINKS: usize = 32;
/// Bytes of one link or id that are kept; longer ones are not links that a person follows.
const LINK_BYTES: usize = 2048;

/// The record as it is published; only `text` must be what the lexicon says.
///
/// The rest is kept raw and read when somebody wants it: most posts have no
/// facets and no embed, and a strange one must not cost us the words.
#[derive(Debug)]
pub(super) struct Record<'a> {
    /// The words.
    pub text: Cow<'a, str>,
    /// When the author's program says it was written.
    pub created_at: Loose<'a>,
    langs: Option<&'a str>,
    reply: Option<&'a str>,
    facets: Option<&'a str>,
    embed: Option<&'a str>,
}

/// Reads a part of a record; `None` when it is missing or not what the lexicon says.
fn part<'a, T: Deserialize<'a>>(raw: Option<&'a str>) -> Option<T> {
    serde_json::from_str(raw?).ok()
}

/// A span of the text and what it is. The offsets are left alone: they are UTF-8 bytes as the
/// author's program counted them, may point anywhere, and the words stand in the text anyway.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Facet<'a> {
    #[serde(borrow)]
    features: Vec<Feature<'a>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Feature<'a> {
    #[serde(borrow)]
    uri: Loose<'a>,
    #[serde(borrow)]
    did: Loose<'a>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Embed<'a> {
    #[serde(borrow)]
    external: Option<External<'a>>,
    #[serde(borrow)]
    record: Option<Quoted<'a>>,
    #[serde(borrow)]
    media: Option<Box<Embed<'a>>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct External<'a> {
    #[serde(borrow)]
    uri: Loose<'a>,
    #[serde(borrow)]
    title: Loose<'a>,
}

/// A quoted post: `{uri}` in a plain quote, `{record: {uri}}` beside pictures.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Quoted<'a> {
    #[serde(borrow)]
    uri: Loose<'a>,
    #[serde(borrow)]
    record: Option<Box<Quoted<'a>>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Reply<'a> {
    #[serde(borrow)]
    root: Quoted<'a>,
    #[serde(borrow)]
    parent: Quoted<'a>,
}

/// What a post holds beside its words; made only for posts that have it.
#[derive(Debug, Default)]
pub(super) struct Extras<'a> {
    /// Targets of links: of the text, of the card below it, of the post it quotes.
    pub links: Vec<Cow<'a, str>>,
    /// Title of the card below the text.
    pub title: Loose<'a>,
    /// Accounts that are mentioned; their handles stand in the text, as do tags.
    pub mentioned: Vec<Cow<'a, str>>,
    /// Address of the post that is quoted.
    pub quoted: Loose<'a>,
    /// Address of the post that opened the conversation.
    pub root: Loose<'a>,
    /// Address of the post that is answered.
    pub parent: Loose<'a>,
}

impl<'a> Record<'a> {
    /// Reads a record that stands alone.
    pub(super) fn read(json: &'a str) -> Result<Self, String> {
        let mut fields = Fields::new(json);
        let record = Self::walk(&mut fields)?;
        fields.end().map(|()| record)
    }

    /// Reads the record that begins here.
    pub(super) fn walk(fields: &mut Fields<'a>) -> Result<Self, String> {
        let (mut text, mut created_at) = (None, Loose::default());
        let (mut langs, mut reply, mut facets, mut embed) = (None, None, None, None);
        fields.object(|fields, key| {
            match key {
                "text" => text = Some(fields.text()?.ok_or("a post whose words are no text")?),
                "createdAt" => created_at = fields.loose()?,
                "langs" => langs = Some(fields.value()?),
                "reply" => reply = Some(fields.value()?),
                "facets" => facets = Some(fields.value()?),
                "embed" => embed = Some(fields.value()?),
                _ => drop(fields.value()?),
            }
            Ok(())
        })?;
        Ok(Self { text: text.ok_or("a post without words")?, created_at, langs, reply, facets, embed })
    }

    /// Whether something beside the words could name anybody: a link, a card, or one of these accounts.
    ///
    /// Says yes too often and never no in vain; nearly all posts that name nobody end here, without their parts being read.
    pub(super) fn may_name<'s>(&self, mut accounts: impl Iterator<Item = &'s str>) -> bool {
        let shown = [self.facets, self.embed];
        let all = [self.facets, self.embed, self.reply];
        // An escape could stand for any letter of a key or an account.
        let holds = |part: &str| {
            let bytes = part.as_bytes();
            URI.find(bytes).is_some() || TITLE.find(bytes).is_some() || memchr::memchr(b'\\', bytes).is_some()
        };
        let escaped = |part: &str| memchr::memchr(b'\\', part.as_bytes()).is_some();
        shown.into_iter().flatten().any(holds)
            || accounts.any(|account| all.into_iter().flatten().any(|part| escaped(part) || part.contains(account)))
    }

    /// Reads what stands beside the words.
    pub(super) fn extras(&self) -> Extras<'a> {
        let mut extras = Extras::default();
        for facet in part::<Vec<Facet<'a>>>(self.facets).unwrap_or_default() {
            for feature in facet.features {
                extras.link(feature.uri);
                if is_did(&feature.did.0) && extras.mentioned.len() < LINKS {
                    extras.mentioned.push(feature.did.0);
                }
            }
        }
        let mut embed = part::<Embed<'a>>(self.embed);
        while let Some(now) = embed {
            if let Some(external) = now.external {
                extras.link(external.uri);
                extras.title = external.title;
            }
            if let Some(address) = now.record.and_then(Quoted::address) {
                extras.link(Loose(Cow::Owned(page_url(&address).unwrap_or_default())));
                extras.quoted = Loose(address);
            }
            embed = now.media.map(|inner| *inner);
        }
        if let Some(reply) = part::<Reply<'a>>(self.reply) {
            extras.root = Loose(reply.root.address().unwrap_or_default());
            extras.parent = Loose(reply.parent.address().unwrap_or_default());
        }
        extras
    }

    /// The network's language tag: the first of the list, region and all.
    fn lang(&self) -> Option<String> {
        let langs = part::<Vec<Loose<'a>>>(self.langs)?;
        langs.iter().find_map(Loose::some).filter(|lang| lang.len() <= 35).map(str::to_owned)
    }

    /// Makes the mention: `did` wrote the record under `rkey`, heard at `seen`.
    ///
    /// The handle is the DID until somebody asks for the profile: the stream brings nothing else.
    pub(super) fn mention(&self, did: &str, rkey: &str, extras: Extras<'a>, seen: Timestamp) -> Mention {
        let mut mention = match extras.title.some() {
            // A card's title is part of what readers see; many programs repeat it in the text.
            Some(title) if !self.text.contains(title) => {
                let both = format!("{}\n\n{title}", self.text);
                Mention::new(BLUESKY, address(did, rkey), both.trim_start(), seen)
            }
            _ => Mention::new(BLUESKY, address(did, rkey), &self.text, seen),
        };
        mention.url = page_url(&mention.native_id);
        did.clone_into(&mut mention.author.handle);
        mention.author.native_id = Some(did.to_owned());
        mention.author.url = Some(profile_url(did));
        mention.lang = self.lang();
        mention.thread.root = extras.root.some().map(str::to_owned);
        mention.thread.parent = extras.parent.some().map(str::to_owned);
        mention.links = extras.links.into_iter().map(Cow::into_owned).collect();
        mention.posted_at(time(&self.created_at.0));
        mention
    }
}

impl<'a> Extras<'a> {
    fn link(&mut self, link: Loose<'a>) {
        let web = link.0.starts_with("https://") || link.0.starts_with("http://");
        if web && link.0.len() <= LINK_BYTES && self.links.len() < LINKS && !self.links.contains(&link.0) {
            self.links.push(link.0);
        }
    }
}

impl<'a> Quoted<'a> {
    /// The `at://` address of the post, when it is one.
    fn address(self) -> Option<Cow<'a, str>> {
        let uri = self.record.map_or(self.uri, |inner| inner.uri).0;
        split(&uri).is_some().then_some(uri)
    }
}

/// Reads the many forms of time that programs publish; one without a zone is UTC.
pub(super) fn time(text: &str) -> Option<Timestamp> {
    let zoned = text.parse::<Timestamp>();
    zoned.ok().or_else(|| text.parse::<jiff::civil::DateTime>().ok()?.to_zoned(jiff::tz::TimeZone::UTC).ok().map(|at| at.timestamp()))
}
