//! The typed tree of a query, and how it is printed again.
//!
//! Printing gives the shortest text that reads back as the same tree; a
//! property test holds it to that.

use std::fmt;

use super::mistake::Mistake;

/// A query that was read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Query {
    /// What it says.
    pub tree: Expr,
}

impl Query {
    /// Reads a query, or says where it is wrong.
    pub fn parse(text: &str) -> Result<Self, Mistake> {
        super::parse::parse(text).map(|tree| Self { tree })
    }

    /// Whether it speaks of rivals: such a rule is asked of posts that name only a rival, too.
    pub fn says_rival(&self) -> bool {
        self.tree.any(&mut |expr| matches!(expr, Expr::Macro(MacroName::Rival)))
    }
}

impl fmt::Display for Query {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.tree.fmt(f)
    }
}

/// One part of a query.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Expr {
    /// Words that must stand in the text.
    Term(Term),
    /// What the post or its hearing must be.
    Field(Field),
    /// A name of the watch.
    Macro(MacroName),
    /// Two things close together.
    Near(Box<Near>),
    /// What must not be.
    Not(Box<Expr>),
    /// All of these; at least two, none of them `All`.
    All(Vec<Expr>),
    /// One of these; at least two, none of them `Any`.
    Any(Vec<Expr>),
}

impl Expr {
    /// Whether something in it fits.
    pub(super) fn any(&self, fits: &mut impl FnMut(&Self) -> bool) -> bool {
        fits(self)
            || match self {
                Self::Term(_) | Self::Field(_) | Self::Macro(_) => false,
                Self::Near(near) => near.first.any(fits) || near.second.any(fits),
                Self::Not(inner) => inner.any(fits),
                Self::All(parts) | Self::Any(parts) => parts.iter().any(|part| part.any(fits)),
            }
    }

    /// Whether it asks for something that is there, in every one of its ways to be true.
    pub(super) fn is_positive(&self) -> bool {
        match self {
            Self::Term(_) | Self::Field(_) | Self::Macro(_) | Self::Near(_) => true,
            Self::Not(_) => false,
            Self::All(parts) => parts.iter().any(Self::is_positive),
            Self::Any(parts) => parts.iter().all(Self::is_positive),
        }
    }

    /// Prints a part inside another that binds tighter than `OR`, or tighter than `AND` as well.
    fn inside(&self, f: &mut fmt::Formatter<'_>, tight: bool) -> fmt::Result {
        match self {
            Self::Any(_) => write!(f, "({self})"),
            Self::All(_) if tight => write!(f, "({self})"),
            _ => fmt::Display::fmt(self, f),
        }
    }
}

impl fmt::Display for Expr {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Term(term) => term.fmt(f),
            Self::Field(field) => field.fmt(f),
            Self::Macro(name) => name.fmt(f),
            Self::Near(near) => {
                near.first.inside(f, true)?;
                write!(f, " {}/{} ", if near.ordered { "BEFORE" } else { "NEAR" }, near.words)?;
                near.second.inside(f, true)
            }
            Self::Not(inner) => {
                f.write_str("NOT ")?;
                inner.inside(f, true)
            }
            Self::All(parts) => {
                for (index, part) in parts.iter().enumerate() {
                    f.write_str(if index == 0 { "" } else { " AND " })?;
                    part.inside(f, false)?;
                }
                Ok(())
            }
            Self::Any(parts) => {
                for (index, part) in parts.iter().enumerate() {
                    f.write_str(if index == 0 { "" } else { " OR " })?;
                    part.fmt(f)?;
                }
                Ok(())
            }
        }
    }
}

/// Two things with at most so many words between them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Near {
    /// One of them; the one that stands first where the order counts.
    pub first: Expr,
    /// The other.
    pub second: Expr,
    /// The most words between them.
    pub words: u16,
    /// `BEFORE`: the order counts.
    pub ordered: bool,
}

/// How a term is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Form {
    /// One word, handle, tag or domain; a star at its end means every word that begins so.
    Word,
    /// Words in their order, in double quotes.
    Phrase,
    /// These very characters, signs included, between backticks.
    Exact,
}

/// Words that must stand in the text.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Term {
    /// As it was written, without quotes and escapes.
    pub text: String,
    /// How it is written.
    pub form: Form,
    /// `case:`: capitals count.
    pub cased: bool,
}

impl fmt::Display for Term {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.cased { "case:" } else { "" })?;
        match self.form {
            Form::Word => f.write_str(&self.text),
            Form::Phrase => quoted(&self.text, f),
            Form::Exact => write!(f, "`{}`", self.text),
        }
    }
}

/// What the post or its hearing must be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Field {
    /// What is looked at.
    pub key: Key,
    /// What it must be; a star at the end means everything that begins so.
    pub value: String,
}

impl fmt::Display for Field {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:", self.key)?;
        let plain = |c: char| !c.is_whitespace() && !c.is_control() && !"()\"`".contains(c);
        if self.value.chars().all(plain) { f.write_str(&self.value) } else { quoted(&self.value, f) }
    }
}

/// Writes a text in double quotes.
fn quoted(text: &str, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    write!(f, "\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""))
}

/// What a field looks at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Key {
    /// The author's handle.
    Author,
    /// The site on which the post stands.
    Site,
    /// Its language.
    Lang,
    /// Post, reply, repost or review.
    Type,
    /// A site to which it links.
    Link,
    /// The network it comes from.
    Source,
    /// What a built-in rule heard.
    Signal,
    /// Who is left.
    Left,
    /// Who is joined.
    Joined,
}

impl Key {
    /// Every field, in the order of the manual.
    pub const ALL: &[Self] =
        &[Self::Author, Self::Site, Self::Lang, Self::Type, Self::Link, Self::Source, Self::Signal, Self::Left, Self::Joined];

    /// Gives its name in a query.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Author => "author",
            Self::Site => "site",
            Self::Lang => "lang",
            Self::Type => "type",
            Self::Link => "link",
            Self::Source => "source",
            Self::Signal => "signal",
            Self::Left => "left",
            Self::Joined => "joined",
        }
    }

    /// Finds a field by its name.
    pub(super) fn parse(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|key| key.as_str() == name)
    }
}

impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A name that each watch fills in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MacroName {
    /// The terms of the watch.
    Brand,
    /// The terms of its rivals.
    Rival,
    /// The handles of its own accounts.
    Own,
}

impl MacroName {
    /// Every macro, in the order of the manual.
    pub const ALL: &[Self] = &[Self::Brand, Self::Rival, Self::Own];

    /// Gives its name in a query.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Brand => "brand",
            Self::Rival => "rival",
            Self::Own => "own",
        }
    }

    /// Finds a macro by its name.
    pub(super) fn parse(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|one| one.as_str() == name)
    }
}

impl fmt::Display for MacroName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
