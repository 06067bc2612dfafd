//! The reference of all parts and keys: the generated half of the docs page.

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

#[cfg(test)]
mod tests {
    use super::*;

    /// Where the generated half of the page begins.
    const MARK: &str = "<!-- from here on written by the program: see src/config/reference.rs -->\n";

    #[test]
    fn the_page_is_not_stale() {
        let page = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/configuration.md");
        let text = std::fs::read_to_string(&page).unwrap();
        let (head, _) = text.split_once(MARK).expect("the mark stands in the page");
        let fresh = format!("{head}{MARK}\n{}", reference());
        if text != fresh {
            let new = std::env::temp_dir().join("configuration.md");
            std::fs::write(&new, fresh).unwrap();
            panic!("docs/configuration.md is older than the lists; accept the new one with\ncp {} {}", new.display(), page.display());
        }
    }
}
