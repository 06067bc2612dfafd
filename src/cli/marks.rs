//! Words of strangers on one line of a terminal, with the evidence in them.

use std::fmt::Write as _;

use anstyle::{AnsiColor, Style};

use super::visible;
use crate::domain::{Finding, Mention, Role};
use crate::notify::marked::{self, Glyph};

/// A line that is longer is tiring to read.
pub(super) const WIDEST: usize = 120;

/// The words with the evidence in colour and brackets: it shows without colour too. At most about `most` characters.
pub(super) fn line(text: &str, findings: &[Finding], most: usize) -> String {
    let glyphs = marked::glyphs(text, findings, most);
    let mut line = String::new();
    for (words, role) in marked::runs(&glyphs) {
        let words = words.replace('\n', " ");
        match role.map(colour) {
            Some(style) => write!(line, "{style}[{words}]{style:#}").ok(),
            None => write!(line, "{words}").ok(),
        };
    }
    line
}

/// The columns of the terminal; `None` when the output goes somewhere else, where nothing needs breaking.
pub(super) fn columns() -> Option<usize> {
    terminal_size::terminal_size_of(std::io::stdout()).map(|(width, _)| usize::from(width.0).clamp(40, WIDEST))
}

/// The same in lines of at most `width` columns, each behind `indent` spaces.
pub(super) fn lines(text: &str, findings: &[Finding], most: usize, (indent, width): (usize, usize)) -> String {
    let bracket = |shown: &str, role| Glyph { shown: shown.to_owned(), cells: 1, role };
    let mut glyphs: Vec<Glyph> = Vec::new();
    let mut role = None;
    for mut glyph in marked::glyphs(text, findings, most) {
        if glyph.role != role {
            glyphs.extend(role.map(|_| bracket("]", role)));
            glyphs.extend(glyph.role.map(|_| bracket("[", glyph.role)));
            role = glyph.role;
        }
        if glyph.shown == "\n" {
            " ".clone_into(&mut glyph.shown);
        }
        glyphs.push(glyph);
    }
    glyphs.extend(role.map(|_| bracket("]", role)));
    let mut lines = String::new();
    for line in marked::wrap(&glyphs, width.saturating_sub(indent)) {
        lines.push_str(&" ".repeat(indent));
        for (words, role) in marked::runs(&line) {
            match role.map(colour) {
                Some(style) => write!(lines, "{style}{words}{style:#}").ok(),
                None => write!(lines, "{words}").ok(),
            };
        }
        lines.push('\n');
    }
    lines
}

/// A sentence of ours behind an indent; on a terminal broken where words end.
pub(super) fn said(text: &str, indent: usize, columns: Option<usize>) -> String {
    match columns {
        Some(columns) => lines(text, &[], usize::MAX, (indent, columns)),
        None => format!("{}{text}\n", " ".repeat(indent)),
    }
}

/// The author and the place, such as `@kim on Bluesky`.
pub(super) fn who(mention: &Mention) -> String {
    let handle = if mention.author.handle.is_empty() { "somebody".to_owned() } else { format!("@{}", visible(&mention.author.handle)) };
    format!("{handle} on {}", visible(mention.network.title()))
}

fn colour(role: Role) -> Style {
    let colour = match role {
        Role::Cue => AnsiColor::Yellow,
        Role::Left => AnsiColor::Red,
        Role::Joined => AnsiColor::Green,
        Role::Reason => AnsiColor::Magenta,
        Role::Emotion => AnsiColor::Cyan,
        Role::Against => AnsiColor::Blue,
    };
    Style::new().bold().fg_color(Some(colour.into()))
}
