//! Standard output: tables for people, JSON, NDJSON or CSV for programs.

use std::io::Write;

use serde::Serialize;

use super::Failure;

/// How results are written.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, clap::ValueEnum)]
pub enum Format {
    /// For people.
    #[default]
    Table,
    /// One JSON document.
    Json,
    /// One JSON object a line.
    Ndjson,
    /// Comma-separated, with a header line.
    Csv,
}

/// Writes results to standard output; a closed pipe ends the command quietly.
#[derive(Debug)]
pub struct Output {
    format: Format,
}

impl Output {
    /// Writes in this format.
    pub fn new(format: Format) -> Self {
        Self { format }
    }

    /// The format asked for.
    pub fn format(&self) -> Format {
        self.format
    }

    /// Writes a text as it is, colours included where they are wanted.
    pub fn text(&self, text: &str) -> Result<(), Failure> {
        let mut stdout = anstream::stdout().lock();
        stdout.write_all(text.as_bytes())?;
        stdout.flush()?;
        Ok(())
    }

    /// Writes one JSON document, indented for `json`, one line for `ndjson`.
    pub fn json(&self, value: &impl Serialize) -> Result<(), Failure> {
        let text = if self.format == Format::Ndjson { serde_json::to_string(value) } else { serde_json::to_string_pretty(value) };
        let text = text.map_err(|error| Failure::could_not("cannot write the result as JSON").because(error))?;
        self.text(&(text + "\n"))
    }

    /// Writes rows: a table with these heads for people, objects with these keys for programs.
    ///
    /// Cells hold foreign text: control characters are shown as `�`, and a CSV cell that a
    /// spreadsheet would run as a formula gets a leading apostrophe.
    pub fn rows(&self, heads: &[&str], rows: &[Vec<String>]) -> Result<(), Failure> {
        match self.format {
            Format::Table => {
                let mut table = comfy_table::Table::new();
                table.load_style(comfy_table::presets::NOTHING).set_content_arrangement(comfy_table::ContentArrangement::Dynamic);
                table.set_header(heads.iter().map(|head| comfy_table::Cell::new(head).add_attribute(comfy_table::Attribute::Bold)));
                for row in rows {
                    table.add_row(row.iter().map(|cell| visible(cell)));
                }
                self.text(&(table.trim_fmt() + "\n"))
            }
            Format::Json | Format::Ndjson => {
                let object = |row: &Vec<String>| -> serde_json::Map<String, serde_json::Value> {
                    heads.iter().zip(row).map(|(head, cell)| ((*head).to_owned(), cell.clone().into())).collect()
                };
                if self.format == Format::Json {
                    return self.json(&rows.iter().map(object).collect::<Vec<_>>());
                }
                rows.iter().try_for_each(|row| self.json(&object(row)))
            }
            Format::Csv => {
                let mut text = heads.join(",") + "\n";
                for row in rows {
                    text.push_str(&row.iter().map(|cell| csv_cell(cell)).collect::<Vec<_>>().join(","));
                    text.push('\n');
                }
                self.text(&text)
            }
        }
    }
}

/// Makes foreign text harmless on a terminal: one line, no control or direction characters.
pub fn visible(text: &str) -> String {
    text.chars()
        .map(|c| match c {
            '\n' | '\t' => ' ',
            '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{200e}' | '\u{200f}' => '\u{fffd}',
            c if c.is_control() => '\u{fffd}',
            c => c,
        })
        .collect()
}

/// Quotes a CSV cell and takes a formula's teeth.
fn csv_cell(text: &str) -> String {
    let text = visible(text);
    let text = if text.starts_with(['=', '+', '-', '@', '\t', '\r']) { format!("'{text}") } else { text };
    if text.contains([',', '"', '\n']) { format!("\"{}\"", text.replace('"', "\"\"")) } else { text }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cell_is_never_a_formula_or_an_escape() {
        assert_eq!(csv_cell("=1+1"), "'=1+1");
        assert_eq!(csv_cell("a,\"b\""), "\"a,\"\"b\"\"\"");
        assert_eq!(visible("a\u{1b}[2Jb\u{202e}"), "a\u{fffd}[2Jb\u{fffd}");
    }
}
