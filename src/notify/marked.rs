//! A post as visible characters that know which evidence they belong to.
//!
//! Evidence is byte spans of the original text, escaping changes lengths: so
//! the two meet here, one visible character at a time, and every renderer
//! (terminal, Slack, later mail) draws its own marks from the result.

use unicode_segmentation::UnicodeSegmentation;
use unicode_width::UnicodeWidthStr;

use super::escape;
use crate::domain::{Finding, Role};

/// One visible character, escaped.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Glyph {
    /// What is shown: one grapheme, or a line break.
    pub shown: String,
    /// Its cells on a terminal.
    pub cells: usize,
    /// What the evidence says it is.
    pub role: Option<Role>,
}

/// Marks a post with the evidence of its findings; at most about `most` characters around the first evidence.
///
/// Where findings overlap, the stronger one (the earlier) wins. A span that does not fit the text marks nothing.
pub fn glyphs(text: &str, findings: &[Finding], most: usize) -> Vec<Glyph> {
    let mut roles = vec![None; text.len()];
    for evidence in findings.iter().flat_map(|finding| &finding.evidence) {
        for role in roles.get_mut(evidence.start..evidence.end).into_iter().flatten() {
            role.get_or_insert(evidence.role);
        }
    }
    let mut all = Vec::new();
    for (start, raw) in text.grapheme_indices(true) {
        let shown = escape::grapheme(raw);
        if !shown.is_empty() {
            let role = roles.get(start..start + raw.len()).into_iter().flatten().copied().flatten().next();
            all.push(Glyph { cells: shown.width(), shown: shown.into_owned(), role });
        }
    }
    excerpt(tidy(all), most)
}

/// Trims the ends and keeps at most one empty line in a row.
fn tidy(all: Vec<Glyph>) -> Vec<Glyph> {
    let mut kept: Vec<Glyph> = Vec::with_capacity(all.len());
    let mut breaks = 2;
    for glyph in all {
        if glyph.shown == "\n" {
            while kept.last().is_some_and(|last| last.shown == " ") {
                kept.pop();
            }
            breaks += 1;
            if breaks > 2 {
                continue;
            }
        } else if glyph.shown != " " || breaks == 0 {
            breaks = 0;
        } else {
            continue;
        }
        kept.push(glyph);
    }
    while kept.last().is_some_and(|last| last.shown.trim().is_empty()) {
        kept.pop();
    }
    kept
}

/// Cuts a long post so that its first evidence stays in view.
fn excerpt(all: Vec<Glyph>, most: usize) -> Vec<Glyph> {
    if all.len() <= most {
        return all;
    }
    let first = all.iter().position(|glyph| glyph.role.is_some()).unwrap_or(0);
    let start = if first < most / 2 { 0 } else { first - most / 4 };
    let end = (start + most).min(all.len());
    let ellipsis = || Glyph { shown: "…".to_owned(), cells: 1, role: None };
    let mut cut = Vec::with_capacity(most + 2);
    if start > 0 {
        cut.push(ellipsis());
    }
    let longer = end < all.len();
    cut.extend(all.into_iter().take(end).skip(start));
    if longer {
        cut.push(ellipsis());
    }
    cut
}

/// Joins neighbours of one role: the text and its role.
pub fn runs(glyphs: &[Glyph]) -> Vec<(String, Option<Role>)> {
    let mut runs: Vec<(String, Option<Role>)> = Vec::new();
    for glyph in glyphs {
        match runs.last_mut() {
            Some((text, role)) if *role == glyph.role => text.push_str(&glyph.shown),
            _ => runs.push((glyph.shown.clone(), glyph.role)),
        }
    }
    runs
}

/// Breaks glyphs into lines of at most `width` cells, at spaces where there are any.
pub fn wrap(glyphs: &[Glyph], width: usize) -> Vec<Vec<Glyph>> {
    let mut lines = Vec::new();
    for paragraph in glyphs.split(|glyph| glyph.shown == "\n") {
        let mut line: Vec<Glyph> = Vec::new();
        let mut used = 0;
        for word in paragraph.split_inclusive(|glyph| glyph.shown == " ") {
            let ink: usize = word.iter().filter(|glyph| glyph.shown != " ").map(|glyph| glyph.cells).sum();
            if used > 0 && used + ink > width {
                lines.push(std::mem::take(&mut line));
                used = 0;
            }
            for glyph in word {
                if used > 0 && used + glyph.cells > width {
                    lines.push(std::mem::take(&mut line));
                    used = 0;
                    if glyph.shown == " " {
                        continue;
                    }
                }
                used += glyph.cells;
                line.push(glyph.clone());
            }
        }
        lines.push(line);
    }
    for line in &mut lines {
        while line.last().is_some_and(|last| last.shown == " ") {
            line.pop();
        }
    }
    lines
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::domain::{Evidence, Signal};

    fn finding(text: &str, spans: &[(usize, usize, Role)]) -> Finding {
        let evidence = spans
            .iter()
            .map(|&(start, end, role)| Evidence { start, end, text: text.get(start..end).unwrap_or_default().to_owned(), role })
            .collect();
        Finding { rule: "switch.from-to".into(), signal: Signal::Switch, score: 0.9, evidence, attributes: Vec::new() }
    }

    fn shown(lines: &[Vec<Glyph>]) -> Vec<String> {
        lines.iter().map(|line| line.iter().map(|glyph| glyph.shown.as_str()).collect()).collect()
    }

    #[test]
    fn evidence_keeps_its_words_when_the_text_is_escaped() {
        let text = "a\u{1b}b from Dropbox\u{200b} now";
        let glyphs = glyphs(text, &[finding(text, &[(4, 8, Role::Cue), (9, 16, Role::Left)])], 500);
        let marked: Vec<_> = runs(&glyphs).into_iter().filter(|(_, role)| role.is_some()).collect();
        assert_eq!(marked, [("from".to_owned(), Some(Role::Cue)), ("Dropbox".to_owned(), Some(Role::Left))]);
    }

    #[test]
    fn the_stronger_finding_wins_and_a_wrong_span_marks_nothing() {
        let text = "from Dropbox";
        let findings = [finding(text, &[(0, 4, Role::Cue)]), finding(text, &[(0, 12, Role::Against), (7, 99, Role::Left)])];
        assert_eq!(runs(&glyphs(text, &findings, 500)), [("from".into(), Some(Role::Cue)), (" Dropbox".into(), Some(Role::Against))]);
    }

    #[test]
    fn lines_break_by_cells_not_by_characters() {
        let lines = wrap(&glyphs("日本語 日本語 ab\n\n\n\nx", &[], 500), 7);
        assert_eq!(shown(&lines), ["日本語", "日本語", "ab", "", "x"]);
        assert_eq!(shown(&wrap(&glyphs("abcdefghij kl", &[], 500), 4)), ["abcd", "efgh", "ij", "kl"]);
    }

    #[test]
    fn a_long_post_keeps_its_evidence_in_view() {
        let text = format!("{} leaving Dropbox {}", "x ".repeat(20_000), "y ".repeat(10_000));
        let at = text.find("Dropbox").expect("there");
        let glyphs = glyphs(&text, &[finding(&text, &[(at, at + 7, Role::Left)])], 300);
        assert!(glyphs.len() <= 302);
        assert!(runs(&glyphs).contains(&("Dropbox".into(), Some(Role::Left))));
    }

    proptest! {
        #[test]
        fn no_line_is_wider_than_asked(text in "\\PC{0,200}", width in 2_usize..60) {
            for line in wrap(&glyphs(&text, &[], 500), width) {
                let cells: usize = line.iter().map(|glyph| glyph.cells).sum();
                prop_assert!(cells <= width || line.len() == 1);
            }
        }
    }
}
