//! Mistakes with their place: file, line, column, caret and one hint.
//!
//! A [`Source`] is the file as it may be shown: what could be a secret is
//! masked when it is made, so nothing that prints a line of it can leak one.

use std::fmt;
use std::ops::Range;
use std::sync::Arc;

use annotate_snippets::renderer::DecorStyle;
use annotate_snippets::{AnnotationKind, Level, Renderer, Snippet};

/// The most mistakes that are printed; a file with more has one cause that shows early.
const SHOWN: usize = 40;

/// One mistake: where and what would be right. Never holds a secret's value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Diagnostic {
    /// Bytes of the file it is about.
    pub span: Range<usize>,
    /// What is wrong, in one line.
    pub message: String,
    /// The few words under the caret.
    pub label: String,
    /// What would be right.
    pub hint: Option<String>,
}

impl Diagnostic {
    /// Says what is wrong there.
    pub fn new(span: Range<usize>, message: impl Into<String>) -> Self {
        Self { span, message: message.into(), label: String::new(), hint: None }
    }

    /// Adds the few words under the caret.
    #[must_use]
    pub fn label(mut self, label: impl Into<String>) -> Self {
        self.label = label.into();
        self
    }

    /// Adds what would be right.
    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }
}

/// A configuration file as it may be shown: its name and its text with secrets masked.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Source {
    /// The path as the user gave it, or what stands in for a file.
    pub origin: Arc<str>,
    /// The text, as long as the file in bytes; empty when there is none to show.
    shown: Arc<str>,
}

impl Source {
    /// Names a source without a text: a file that could not be read, or no file at all.
    pub fn named(origin: &str) -> Self {
        Self { origin: origin.into(), shown: "".into() }
    }

    /// Takes the text of a file and masks what could be a secret, there and in `secrets`.
    pub(super) fn masked(origin: &str, text: &str, secrets: &[Range<usize>]) -> Self {
        Self { origin: origin.into(), shown: super::mask::mask(text, secrets).into() }
    }

    /// Takes the text of a file that is not even TOML and shows only what is surely harmless.
    pub(super) fn broken(origin: &str, text: &str) -> Self {
        Self { origin: origin.into(), shown: super::mask::mask_broken(text).into() }
    }

    /// Puts mistakes beside the text they are about, in the order of the file.
    pub fn report(&self, mut errors: Vec<Diagnostic>, mut warnings: Vec<Diagnostic>) -> Diagnostics {
        // Two readers may stumble over one value: the first message is enough.
        for list in [&mut errors, &mut warnings] {
            list.sort_by_key(|diagnostic| (diagnostic.span.start, diagnostic.span.end));
            list.dedup();
        }
        Diagnostics { source: self.clone(), errors, warnings }
    }

    /// Gives line and column of a byte, both from 1, the column in characters.
    pub fn position(&self, byte: usize) -> (usize, usize) {
        let before = self.shown.get(..self.shown.floor_char_boundary(byte)).unwrap_or_default();
        let line_start = before.rfind('\n').map_or(0, |newline| newline + 1);
        let column = before.get(line_start..).unwrap_or_default().chars().count() + 1;
        (before.matches('\n').count() + 1, column)
    }

    /// Draws one mistake.
    fn draw(&self, level: Level<'static>, diagnostic: &Diagnostic, renderer: &Renderer) -> String {
        let title = level.primary_title(diagnostic.message.as_str());
        let hint = diagnostic.hint.as_deref().map(|hint| Level::HELP.with_name("hint").message(hint));
        if self.shown.is_empty() {
            let origin = annotate_snippets::Origin::path(&*self.origin);
            let group = title.element(origin);
            return renderer.render(&[match hint {
                Some(hint) => group.element(hint),
                None => group,
            }]);
        }
        // Only the line itself is handed over: the caret never runs over several lines, and a long
        // file costs no more than a short one.
        let start = self.shown.floor_char_boundary(diagnostic.span.start.min(self.shown.len()));
        let end = self.shown.floor_char_boundary(diagnostic.span.end.clamp(start, self.shown.len()));
        let before = self.shown.get(..start).unwrap_or_default();
        let line_start = before.rfind('\n').map_or(0, |newline| newline + 1);
        let line = self.shown.get(line_start..).unwrap_or_default().lines().next().unwrap_or_default();
        let within = |byte: usize| line.floor_char_boundary((byte - line_start).min(line.len()));
        let mark = AnnotationKind::Primary.span(within(start)..within(end));
        let mark = if diagnostic.label.is_empty() { mark } else { mark.label(diagnostic.label.as_str()) };
        let number = before.matches('\n').count() + 1;
        let snippet = Snippet::source(line).line_start(number).path(&*self.origin).annotation(mark);
        let group = title.element(snippet);
        renderer.render(&[match hint {
            Some(hint) => group.element(hint),
            None => group,
        }])
    }
}

/// Everything found in one file, in the order of the file.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Diagnostics {
    /// The file as it may be shown.
    pub source: Source,
    /// What keeps the file from being used.
    pub errors: Vec<Diagnostic>,
    /// What has no effect, or another than it seems.
    pub warnings: Vec<Diagnostic>,
}

impl Diagnostics {
    /// Whether there is nothing to say.
    pub fn is_empty(&self) -> bool {
        self.errors.is_empty() && self.warnings.is_empty()
    }

    /// Draws everything, each with file, line, column, caret and hint, parted by blank lines.
    pub fn render(&self, colour: bool) -> String {
        let renderer = if colour { Renderer::styled() } else { Renderer::plain() }.decor_style(DecorStyle::Ascii);
        let all = self.errors.iter().map(|it| (Level::ERROR, it)).chain(self.warnings.iter().map(|it| (Level::WARNING, it)));
        let mut drawn: Vec<String> =
            all.take(SHOWN).map(|(level, diagnostic)| self.source.draw(level, diagnostic, &renderer).trim_end().to_owned()).collect();
        if let Some(more) = (self.errors.len() + self.warnings.len()).checked_sub(SHOWN).filter(|&more| more > 0) {
            drawn.push(format!("... and {more} more"));
        }
        drawn.join("\n\n") + "\n"
    }
}

impl fmt::Display for Diagnostics {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.render(false))
    }
}

impl std::error::Error for Diagnostics {}
