//! Draws one card as text: pure, so that every width has a snapshot.

use std::fmt::Write as _;

use anstyle::{AnsiColor, Style};
use jiff::tz::TimeZone;
use unicode_width::UnicodeWidthStr;

use crate::domain::{Alert, Draft, FoldedLine, Health, MentionAlert, Priority, Role};
use crate::notify::card;
use crate::notify::escape;
use crate::notify::marked::{self, Glyph};

/// How a card is drawn.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Look {
    /// Columns.
    pub width: usize,
    /// Whether colours say which words matter; a line of marks does otherwise.
    pub colour: bool,
}

/// The most visible characters of a post on a card.
const POST_CHARS: usize = 1_500;
const INDENT: &str = "   ";

/// Draws a card that ends with an empty line.
pub fn card(alert: &Alert, zone: &TimeZone, look: Look) -> String {
    let mut pen = Pen { look, out: String::with_capacity(2_048) };
    match alert {
        Alert::Mention(mention) => pen.mention(mention, &alert.headline(zone), zone),
        Alert::Health(health) => pen.health(health, &alert.headline(zone)),
    }
    pen.out.push('\n');
    pen.out
}

/// Gives the colours of a role.
fn style(role: Role) -> Style {
    let plain = Style::new();
    match role {
        Role::Cue => plain.bold().underline().fg_color(Some(AnsiColor::Yellow.into())),
        Role::Left => plain.bold().fg_color(Some(AnsiColor::Red.into())),
        Role::Joined => plain.bold().fg_color(Some(AnsiColor::Green.into())),
        Role::Reason => plain.underline().fg_color(Some(AnsiColor::Cyan.into())),
        Role::Emotion => plain.italic().fg_color(Some(AnsiColor::Magenta.into())),
        Role::Against => plain.strikethrough(),
    }
}

/// Gives the mark below a role's words where there is no colour: away from `<`, towards `>`.
fn mark(role: Role) -> char {
    match role {
        Role::Cue => '^',
        Role::Left => '<',
        Role::Joined => '>',
        Role::Reason => '~',
        Role::Emotion => '"',
        Role::Against => '!',
    }
}

struct Pen {
    look: Look,
    out: String,
}

impl Pen {
    fn mention(&mut self, alert: &MentionAlert, headline: &str, zone: &TimeZone) {
        let accent = Style::new().bold().fg_color(Some(match alert.priority {
            Priority::Urgent => AnsiColor::BrightRed.into(),
            Priority::Today => AnsiColor::BrightYellow.into(),
            Priority::Digest => AnsiColor::BrightBlue.into(),
        }));
        self.heading(&escape::line(headline, 200), accent);
        self.lines(&format!("{}, {}, {}", card::who(alert), card::place(alert, zone), card::history(alert)), Style::new().dimmed());
        self.gap();
        if let Some(parent) = alert.mention.thread.parent_text.as_deref().filter(|text| !text.trim().is_empty()) {
            self.lines(&format!("in answer to: {}", escape::line(parent, 160)), Style::new().dimmed());
            self.gap();
        }
        self.words(alert);
        if let Some(url) = &alert.mention.url {
            self.gap();
            // Never wrapped: a terminal finds a link only in one piece.
            self.line(&link(url), Style::new().fg_color(Some(AnsiColor::Blue.into())));
        }
        self.folded(&alert.folded);
        if let Some(draft) = &alert.draft {
            self.gap();
            self.draft(draft);
        }
        self.gap();
        let small = Style::new().dimmed();
        self.lines(&card::grounds(alert), small);
        self.lines(&card::latency(&alert.times), small);
        self.lines(&card::next(alert, zone), small);
    }

    fn health(&mut self, health: &Health, headline: &str) {
        self.heading(&escape::line(headline, 200), Style::new().bold().fg_color(Some(AnsiColor::BrightMagenta.into())));
        // The first line says it, unless it was cut.
        if headline.ends_with('…') {
            self.lines(&escape::text(&health.what), Style::new());
        }
        self.lines(&escape::text(&health.hint), Style::new().dimmed());
    }

    /// The first line, with a rule to the right as far as the card goes.
    fn heading(&mut self, text: &str, accent: Style) {
        let lines = marked::wrap(&marked::glyphs(text, &[], 400), self.look.width.saturating_sub(INDENT.len()));
        let last = lines.len().saturating_sub(1);
        for (index, line) in lines.iter().enumerate() {
            let words: String = line.iter().map(|glyph| glyph.shown.as_str()).collect();
            let mut row = if index == 0 { format!("━━ {words}") } else { format!("{INDENT}{words}") };
            let rest = self.look.width.saturating_sub(row.width() + 1);
            if index == last && rest > 1 {
                row.push(' ');
                row.push_str(&"━".repeat(rest));
            }
            self.paint(&row, accent);
            self.out.push('\n');
        }
    }

    /// The post, its evidence marked.
    fn words(&mut self, alert: &MentionAlert) {
        let glyphs = marked::glyphs(&alert.mention.text, &alert.hearing.findings, POST_CHARS);
        for line in marked::wrap(&glyphs, self.look.width.saturating_sub(INDENT.len())) {
            if !line.is_empty() {
                self.out.push_str(INDENT);
            }
            for (text, role) in marked::runs(&line) {
                match role {
                    Some(role) => self.paint(&text, style(role)),
                    None => self.out.push_str(&text),
                }
            }
            self.out.push('\n');
            if !self.look.colour && line.iter().any(|glyph| glyph.role.is_some()) {
                self.marks(&line);
            }
        }
    }

    /// The marks below one line, cell by cell.
    fn marks(&mut self, line: &[Glyph]) {
        let marks: String = line.iter().map(|glyph| glyph.role.map_or(' ', mark).to_string().repeat(glyph.cells)).collect();
        self.out.push_str(INDENT);
        self.out.push_str(marks.trim_end());
        self.out.push('\n');
    }

    /// The draft between two rules: no border at the sides, so that it can be copied.
    fn draft(&mut self, draft: &Draft) {
        let rule = Style::new().fg_color(Some(AnsiColor::Green.into()));
        let inner = self.look.width.saturating_sub(INDENT.len());
        let title = escape::line(&card::draft_title(draft), inner.saturating_sub(6));
        let mut top = format!("{INDENT}┌─ {title} ");
        top.push_str(&"─".repeat((self.look.width).saturating_sub(top.width() + 1)));
        top.push('┐');
        self.paint(&top, rule);
        self.out.push('\n');
        self.lines(&escape::text(&draft.text), Style::new());
        let mut bottom = format!("{INDENT}└");
        bottom.push_str(&"─".repeat(inner.saturating_sub(2)));
        bottom.push('┘');
        self.paint(&bottom, rule);
        self.out.push('\n');
        for remark in &draft.lint {
            self.lines(&format!("before you send: {}", escape::line(remark, 200)), Style::new().fg_color(Some(AnsiColor::Yellow.into())));
        }
    }

    fn folded(&mut self, folded: &[FoldedLine]) {
        if folded.is_empty() {
            return;
        }
        self.gap();
        self.lines(&format!("and {} more:", folded.len()), Style::new().bold());
        for entry in folded {
            self.hanging("• ", &escape::line(&entry.headline, 120), Style::new());
            self.hanging("  ", &escape::line(&entry.text, 200), Style::new().dimmed());
            if let Some(url) = &entry.url {
                self.line(&format!("  {}", link(url)), Style::new().fg_color(Some(AnsiColor::Blue.into())));
            }
        }
    }

    /// Text with a mark before its first line and as much space before the others.
    fn hanging(&mut self, mark: &str, text: &str, style: Style) {
        let room = self.look.width.saturating_sub(INDENT.len() + mark.width());
        for (index, line) in marked::wrap(&marked::glyphs(text, &[], 400), room).iter().enumerate() {
            let words: String = line.iter().map(|glyph| glyph.shown.as_str()).collect();
            let before = if index == 0 { mark.to_owned() } else { " ".repeat(mark.width()) };
            if !words.is_empty() {
                self.line(&format!("{before}{words}"), style);
            }
        }
    }

    /// Text wrapped to the card, in one style.
    fn lines(&mut self, text: &str, style: Style) {
        for line in marked::wrap(&marked::glyphs(text, &[], 6_000), self.look.width.saturating_sub(INDENT.len())) {
            let line: String = line.iter().map(|glyph| glyph.shown.as_str()).collect();
            self.line(&line, style);
        }
    }

    fn line(&mut self, text: &str, style: Style) {
        if !text.is_empty() {
            self.out.push_str(INDENT);
            self.paint(text, style);
        }
        self.out.push('\n');
    }

    fn gap(&mut self) {
        self.out.push('\n');
    }

    fn paint(&mut self, text: &str, style: Style) {
        if self.look.colour && style != Style::new() {
            write!(self.out, "{style}{text}{style:#}").expect("writing to a String cannot fail");
        } else {
            self.out.push_str(text);
        }
    }
}

/// Shows a link byte for byte; one with characters that act is shown with their pictures.
fn link(url: &str) -> String {
    escape::text(url).replace('\n', " ")
}
