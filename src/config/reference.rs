//! The reference of all parts and keys, as Markdown: the generated half of `docs/configuration.md`.

use super::parts::{PARTS, Part, Shape};
use super::{Field, Form};

/// Writes every part with its sample and its keys.
pub fn reference() -> String {
    PARTS.iter().map(part).collect::<Vec<_>>().join("\n")
}

/// Writes one part.
fn part(part: &Part) -> String {
    let mut lines = vec![format!("### `{}`", part.header("NAME")), String::new(), part.doc.to_owned(), String::new()];
    if !part.sample.is_empty() {
        lines.extend(["```toml".to_owned(), part.sample.trim_end().to_owned(), "```".to_owned(), String::new()]);
    }
    if part.shape == Shape::Kinds {
        lines.extend(["Keys of every kind, beside `type` and those of the kind:".to_owned(), String::new()]);
    }
    lines.extend(["| key | value | |".to_owned(), "|---|---|---|".to_owned()]);
    rows(part.fields, "", &mut lines);
    lines.push(String::new());
    lines.join("\n")
}

/// Writes one row per key, those of inner tables below their own.
fn rows(fields: &[Field], above: &str, lines: &mut Vec<String>) {
    for field in fields {
        let key = format!("{above}{}", field.key);
        let needed = if field.required { "**required**. " } else { "" };
        let wants = field.form.wants().replace('"', "`");
        lines.push(format!("| `{key}` | {wants} | {needed}{} |", field.doc.replace('"', "`").replace('|', "\\|")));
        if let Form::Table(inner) | Form::Tables(inner) = field.form {
            rows(inner, &format!("{key}."), lines);
        }
    }
}
