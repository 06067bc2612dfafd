//! Mistakes of the TOML itself, in words for people who do not know its grammar.

use std::ops::Range;

use toml::de::Error as TomlError;

use super::Diagnostic;

/// How the TOML reader begins the message about a key that stands twice.
const DUPLICATE: &str = "duplicate key";

/// What is wrong with the TOML of a file.
pub(super) struct Mistakes {
    /// In the order of the file.
    pub(super) list: Vec<Diagnostic>,
    /// Whether the rest of the file cannot be trusted to mean what it says.
    pub(super) fatal: bool,
}

/// Puts mistakes of the TOML into our words where ours are clearer.
pub(super) fn told(text: &str, mistakes: &[TomlError]) -> Mistakes {
    let mut list = Vec::new();
    let mut fatal = false;
    let mut twice: Option<usize> = None;
    for mistake in mistakes {
        let span = mistake.span().unwrap_or(0..0);
        if !mistake.message().starts_with(DUPLICATE) {
            fatal = true;
            if runs_on(text, span.start, mistake.message()) {
                // From here on the reader takes keys for items of the list: nothing it says helps.
                let open = Diagnostic::new(span, "a list or table above this line has no end").label("a new key begins here");
                list.push(open.hint("close it with `]` or `}` before this line"));
                break;
            }
            list.push(broken(text, span, mistake.message()));
            continue;
        }
        // Below a header that stands twice, each key stands twice as well: one message is enough.
        let (line_start, line) = line_at(text, span.start);
        let below = twice.is_some_and(|header| !text.get(header..line_start).unwrap_or_default().contains("\n["));
        if line.trim_start().starts_with('[') {
            twice = Some(span.start);
        } else if below {
            continue;
        }
        let name = text.get(span.clone()).unwrap_or_default();
        list.push(
            Diagnostic::new(span, format!("`{}` stands here a second time", name.escape_debug()))
                .label("second time")
                .hint("keep one of the two, or give this one another name"),
        );
    }
    Mistakes { list, fatal }
}

/// Whether a list that was not closed swallows the next key or header.
fn runs_on(text: &str, byte: usize, message: &str) -> bool {
    let (start, line) = line_at(text, byte);
    let first = text.get(start..byte).is_some_and(|before| before.trim().is_empty());
    let opens = line.trim_start().starts_with('[') || line.contains('=');
    first && opens && message.starts_with("missing comma")
}

/// Gives the line of a byte and where it begins.
fn line_at(text: &str, byte: usize) -> (usize, &str) {
    let start = text.get(..byte).and_then(|before| before.rfind('\n')).map_or(0, |newline| newline + 1);
    (start, text.get(start..).unwrap_or_default().lines().next().unwrap_or_default())
}

/// Tells of a place where the grammar ends.
fn broken(text: &str, span: Range<usize>, message: &str) -> Diagnostic {
    let (what, expected) = message.split_once(", expected ").unwrap_or((message, ""));
    let (_, line) = line_at(text, span.start);
    let here = text.get(span.clone()).unwrap_or_default();
    let control =
        text.get(span.start..).and_then(|rest| rest.chars().next()).filter(|c| c.is_control() && !matches!(c, '\n' | '\r' | '\t'));
    if let Some(control) = control {
        let odd = Diagnostic::new(span, format!("a control character (U+{:04X}) stands here", u32::from(control)));
        return odd.hint("delete it: it came in by a copy, or the file is damaged");
    }
    if what.ends_with("basic string") && expected == "`\"`" {
        return Diagnostic::new(span, "this text has no end").label("a quote is missing").hint("end it with `\"`");
    }
    if what.ends_with("literal string") && expected == "`'`" {
        return Diagnostic::new(span, "this text has no end").label("a quote is missing").hint("end it with `'`");
    }
    if line.trim_end().ends_with('=') && here.trim().is_empty() {
        return Diagnostic::new(span, "this key has no value").hint("write a value behind the `=`, or leave the key out");
    }
    let bare_word = here.starts_with(|c: char| c.is_alphabetic() || c == '@' || c == '#') && !here.contains(['"', '\'', '[', '{', '=']);
    if bare_word && (what.starts_with("invalid ") || what.contains("must be quoted")) {
        return Diagnostic::new(span, "a text must stand in quotes").hint("write `\"...\"`; true, false and numbers stand without");
    }
    let told = Diagnostic::new(span, format!("this is not TOML: {what}"));
    told.hint(if expected.is_empty() { "look at https://toml.io for the grammar".to_owned() } else { format!("expected {expected}") })
}
