//! Draws the result for people: leavers first, then differences, then figures.

use std::fmt::Write as _;

use anstyle::{AnsiColor, Style};
use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;

use super::tally::{Change, Changes, Pair, Report};
use crate::cli::{marks, visible};
use crate::config::Hours;
use crate::domain::Finding;
use crate::engine::Judgement;

/// Columns of a terminal that does not say.
const COLUMNS: usize = 80;

/// How it is drawn.
#[derive(Debug, Clone, Copy)]
pub(super) struct Look {
    /// Columns.
    pub(super) width: usize,
}

impl Look {
    /// As wide as the terminal, or as a page.
    pub(super) fn of_terminal() -> Self {
        Self { width: marks::columns().unwrap_or(COLUMNS) }
    }
}

/// Columns of the differences as CSV.
pub(super) const CSV_HEADS: [&str; 9] = ["difference", "mention", "watch", "decided", "author", "before", "now", "why", "text"];

/// The kept differences as rows.
pub(super) fn csv_rows(report: &Report) -> Vec<Vec<String>> {
    let rows = kinds(report).into_iter().flat_map(|(kind, changes)| changes.samples.iter().map(move |change| (kind, change)));
    rows.map(|(kind, change)| {
        vec![
            kind.to_owned(),
            change.id.to_string(),
            change.watch.clone(),
            change.decided.to_string(),
            marks::who(&change.mention),
            heard(&change.before),
            heard(&change.now),
            change.now.says(),
            change.mention.text.clone(),
        ]
    })
    .collect()
}

fn kinds(report: &Report) -> [(&'static str, &Changes); 6] {
    let tally = &report.tally;
    [
        ("hidden leaver", &tally.hidden),
        ("changed direction", &tally.turned),
        ("not heard any more", &tally.lost),
        ("newly heard", &tally.new),
        ("heard as something else", &tally.other),
        ("more or less urgent", &tally.urgency),
    ]
}

/// Draws everything.
pub(super) fn report(report: &Report, hours: &Hours, look: Look) -> String {
    let bold = Style::new().bold();
    let before = report.against.as_deref().map_or_else(|| "what was decided".to_owned(), visible);
    let mut text = format!("{bold}{}{bold:#} against {before}\n", visible(&report.file));
    let day = |at: Timestamp| at.to_zoned(hours.zone.clone()).strftime("%-d %b %Y").to_string();
    writeln!(text, "{} mentions, {} to {}\n", thousands(report.tally.mentions), day(report.since), day(report.until)).ok();
    leavers(&mut text, report, &hours.zone, look);
    differences(&mut text, report, &hours.zone, look);
    shadows(&mut text, report, &hours.zone, look);
    days(&mut text, report, look);
    figures(&mut text, report, hours);
    for limit in &report.limits {
        text.push_str(&wrapped("note: ", &visible(limit), look.width));
    }
    text
}

/// Whom it would hide: first, and in words that cannot be passed over.
fn leavers(text: &mut String, report: &Report, zone: &TimeZone, look: Look) {
    let hidden = &report.tally.hidden;
    if hidden.count == 0 {
        let green = Style::new().bold().fg_color(Some(AnsiColor::Green.into()));
        writeln!(text, "{green}Hides nobody who leaves.{green:#}\n").ok();
        return;
    }
    let red = Style::new().bold().fg_color(Some(AnsiColor::Red.into()));
    let who = if hidden.count == 1 { "1 person who leaves".to_owned() } else { format!("{} who leave", thousands(hidden.count)) };
    writeln!(text, "{red}HIDES {who}{red:#}: a human heard of them, and would not any more.\n").ok();
    samples(text, hidden, zone, look);
}

/// The other differences, each kind with its newest.
fn differences(text: &mut String, report: &Report, zone: &TimeZone, look: Look) {
    let bold = Style::new().bold();
    let others = &kinds(report)[1..];
    if others.iter().all(|(_, changes)| changes.count == 0) {
        writeln!(text, "{}\n", if report.tally.hides() { "Nothing else is heard differently." } else { "Nothing is heard differently." })
            .ok();
        return;
    }
    for (kind, changes) in others.iter().filter(|(_, changes)| changes.count > 0) {
        writeln!(text, "{bold}{}{bold:#}: {}\n", capital(kind), thousands(changes.count)).ok();
        samples(text, changes, zone, look);
    }
}

/// What rules in shadow mode hear: they alert nobody, so this is the place to look at them.
fn shadows(text: &mut String, report: &Report, zone: &TimeZone, look: Look) {
    let bold = Style::new().bold();
    for (rule, changes) in &report.tally.shadows {
        writeln!(text, "{bold}In shadow mode, {} fires{bold:#}: {}\n", visible(rule), thousands(changes.count)).ok();
        for change in &changes.samples {
            heading(text, change, zone);
            let findings = change.now.hearing.as_ref().map_or(&[][..], |hearing| &hearing.findings);
            let own: Vec<Finding> = findings.iter().filter(|finding| finding.rule == *rule).cloned().collect();
            text.push_str(&marks::lines(&change.mention.text, &own, look.width.saturating_mul(2), (4, look.width)));
            text.push('\n');
        }
    }
}

fn samples(text: &mut String, changes: &Changes, zone: &TimeZone, look: Look) {
    for change in &changes.samples {
        sample(text, change, zone, look);
    }
    let more = changes.count.saturating_sub(changes.samples.len() as u64);
    if more > 0 && !changes.samples.is_empty() {
        writeln!(text, "  and {} more (--samples shows more of them)\n", thousands(more)).ok();
    }
}

fn sample(text: &mut String, change: &Change, zone: &TimeZone, look: Look) {
    heading(text, change, zone);
    // The words that were heard: by the side that heard them.
    let side = if change.now.speaks() && !change.before.speaks() { &change.now } else { &change.before };
    let findings = side.hearing.as_ref().map_or(&[][..], |hearing| &hearing.findings);
    text.push_str(&marks::lines(&change.mention.text, findings, look.width.saturating_mul(2), (4, look.width)));
    let now = if change.now.speaks() && change.now.reaches() {
        heard(&change.now)
    } else {
        format!("{}: {}", heard(&change.now), change.now.says())
    };
    let urgent = |side: &Judgement| side.priority.map_or(String::new(), |priority| format!(", {priority}"));
    let (before, now) = if change.before.primary() == change.now.primary() && change.now.speaks() {
        (heard(&change.before) + &urgent(&change.before), now + &urgent(&change.now))
    } else {
        (heard(&change.before), now)
    };
    text.push_str(&indented(&format!("{before} > {}", visible(&now)), look.width));
    text.push('\n');
}

fn heading(text: &mut String, change: &Change, zone: &TimeZone) {
    let dim = Style::new().dimmed();
    let when = change.decided.to_zoned(zone.clone()).strftime("%a %-d %b %H:%M");
    writeln!(text, "  {}  {when}  {}{dim} ({}){dim:#}", change.id, marks::who(&change.mention), visible(&change.watch)).ok();
}

/// What is heard, in two or three words.
fn heard(judgement: &Judgement) -> String {
    match &judgement.hearing {
        None => judgement.reason.map_or("no watch", crate::domain::Reason::as_str).to_owned(),
        Some(hearing) => {
            let asks = if hearing.asks && hearing.primary != crate::domain::Primary::Question { ", asks" } else { "" };
            format!("{}{asks}", hearing.primary)
        }
    }
}

/// A bar a day, as long as its alerts are many.
fn days(text: &mut String, report: &Report, look: Look) {
    let days = &report.tally.days;
    let (Some(first), Some(last)) = (days.keys().next(), days.keys().next_back()) else { return };
    let bold = Style::new().bold();
    writeln!(text, "{bold}Alerts a day    before    now{bold:#}").ok();
    let most = days.values().map(|day| day.before.max(day.now)).max().unwrap_or(0);
    let room = look.width.saturating_sub(34).min(60);
    let mut day = *first;
    loop {
        let pair = days.get(&day).copied().unwrap_or_default();
        let colour = Style::new().fg_color(Some(AnsiColor::Blue.into()));
        let bar = bar(pair.now, most, room);
        let bar = if bar.is_empty() { bar } else { format!("  {colour}{bar}{colour:#}") };
        writeln!(text, "  {:<12}{:>8}{:>7}{bar}", name(day), pair.before, pair.now).ok();
        let Ok(next) = day.tomorrow() else { break };
        if next > *last {
            break;
        }
        day = next;
    }
    text.push('\n');
}

fn name(day: Date) -> String {
    day.strftime("%a %e %b").to_string()
}

/// A bar of at most `room` cells, to an eighth of a cell; whatever is more than nothing shows.
fn bar(value: u64, most: u64, room: usize) -> String {
    const PARTS: [&str; 8] = ["", "▏", "▎", "▍", "▌", "▋", "▊", "▉"];
    let room = room as u64;
    let eighths = if most == 0 { 0 } else { (value * room * 8).div_ceil(most) };
    let whole = usize::try_from(eighths / 8).unwrap_or_default();
    let part = usize::try_from(eighths % 8).unwrap_or_default();
    "█".repeat(whole) + PARTS.get(part).copied().unwrap_or_default()
}

/// Signals, notifiers, nights, rules: before and now.
fn figures(text: &mut String, report: &Report, hours: &Hours) {
    let tally = &report.tally;
    let bold = Style::new().bold();
    let mut table = |head: &str, rows: Vec<(String, Pair, String)>| {
        if rows.is_empty() {
            return;
        }
        let width = rows.iter().map(|(name, ..)| name.chars().count()).chain([head.len()]).max().unwrap_or(0).min(40);
        writeln!(text, "{bold}{head:<width$}  {:>8}{:>7}{bold:#}", "before", "now").ok();
        for (name, pair, more) in rows {
            let change = if pair.differs() { Style::new().bold() } else { Style::new() };
            writeln!(text, "  {name:<width$}{:>8}{change}{:>7}{change:#}{more}", pair.before, pair.now).ok();
        }
        text.push('\n');
    };
    let plain = |(name, pair): (String, Pair)| (name, pair, String::new());
    table("Alerts by signal", tally.alerts.iter().map(|(primary, pair)| plain((primary.to_string(), *pair))).collect());
    let notifiers = tally.notifiers.iter().map(|(name, rings)| {
        let night = if hours.are_set() { format!("  {} of them by night", rings.by_night) } else { String::new() };
        (visible(name), rings.all, night)
    });
    table("Alerts by notifier", notifiers.collect());
    if hours.are_set() {
        table("By night", vec![plain(("alerts decided outside the staffed hours".to_owned(), tally.by_night))]);
    }
    let heard = tally.heard.iter().filter(|(_, pair)| pair.differs());
    table("Mentions heard as", heard.map(|(primary, pair)| plain((primary.to_string(), *pair))).collect());
    let rules = tally.rules.iter().filter(|(_, pair)| pair.differs());
    table("Rules that speak", rules.map(|(rule, pair)| plain((visible(rule), *pair))).collect());
}

fn capital(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().collect::<String>() + letters.as_str())
}

/// A number with thousands apart.
pub(super) fn thousands(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

fn indented(text: &str, width: usize) -> String {
    wrapped("    ", text, width)
}

/// Breaks words into lines; lines behind the first stand below it.
fn wrapped(lead: &str, words: &str, width: usize) -> String {
    let mut text = String::new();
    let mut line = lead.to_owned();
    let mut bare = true;
    for word in words.split_whitespace() {
        if !bare && line.chars().count() + 1 + word.chars().count() > width {
            writeln!(text, "{line}").ok();
            line = " ".repeat(lead.chars().count());
            bare = true;
        }
        if !bare {
            line.push(' ');
        }
        line.push_str(word);
        bare = false;
    }
    writeln!(text, "{line}").ok();
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bar_shows_whatever_is_there_and_never_more_than_its_room() {
        assert_eq!(bar(0, 10, 20), "");
        assert_eq!(bar(0, 0, 20), "");
        assert_eq!(bar(1, 100_000, 20), "▏");
        assert_eq!(bar(10, 10, 20), "█".repeat(20));
        assert_eq!(bar(5, 10, 5), "██▌");
    }

    #[test]
    fn numbers_are_read_in_threes_and_words_kept_whole() {
        assert_eq!([0, 999, 1_000, 1_234_567].map(thousands), ["0", "999", "1,000", "1,234,567"]);
        assert_eq!(wrapped("note: ", "a bb ccc dddd", 12), "note: a bb\n      ccc\n      dddd\n");
    }
}
