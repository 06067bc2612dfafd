//! `[hours]`: when people are there.

use jiff::civil::{Date, Time, Weekday};
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan};

use super::parts::{Part, Shape};
use super::read::Reader;
use super::value::nearest;
use super::{Diagnostic, Field, Form, Section};

/// The keys.
const HOURS_FIELDS: &[Field] = &[
    Field::optional("zone", Form::Text, "The time zone in which times of day are shown and meant, such as `Europe/Brussels`; default UTC."),
    Field::optional("staffed", Form::Texts, "When people answer, such as `Mon-Fri 08:00-12:30`; default always."),
];

/// The part as lists.
pub(super) const HOURS: Part = Part {
    key: "hours",
    shape: Shape::Table,
    fields: HOURS_FIELDS,
    doc: "When people are there. Due times count staffed hours, and routes may name other notifiers for the rest (`off_hours`).",
    sample: r#"[hours]
zone    = "Europe/Brussels"
staffed = ["Mon-Fri 08:00-12:30", "Mon-Fri 13:00-18:00"]
"#,
};

/// The days as they are written, Monday first.
const DAYS: [&str; 7] = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];
/// Minutes of a day.
const DAY: u16 = 24 * 60;

/// A stretch of one weekday in minutes from midnight, the end not included.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Window {
    /// 0 is Monday.
    day: u8,
    from: u16,
    until: u16,
}

/// When people are there; pure.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hours {
    /// The zone in which times of day are meant.
    pub zone: TimeZone,
    /// Sorted; empty means always.
    windows: Vec<Window>,
}

impl Default for Hours {
    fn default() -> Self {
        Self { zone: TimeZone::UTC, windows: Vec::new() }
    }
}

impl Hours {
    /// Reads windows such as `Mon-Fri 08:00-12:30`; an error quotes the first that is malformed.
    pub fn new(zone: TimeZone, staffed: &[&str]) -> Result<Self, String> {
        let mut hours = Self { zone, windows: Vec::new() };
        for text in staffed {
            hours.windows.extend(windows(text).map_err(|(what, _)| format!("{text:?} {what}"))?);
        }
        hours.windows.sort_unstable();
        Ok(hours)
    }

    /// Whether staffed hours are set at all.
    pub fn are_set(&self) -> bool {
        !self.windows.is_empty()
    }

    /// Whether people are there.
    pub fn is_staffed(&self, at: Timestamp) -> bool {
        if self.windows.is_empty() {
            return true;
        }
        let local = at.to_zoned(self.zone.clone());
        let minute = u16::from(local.hour().unsigned_abs()) * 60 + u16::from(local.minute().unsigned_abs());
        let day = local.weekday().to_monday_zero_offset().unsigned_abs();
        self.windows.iter().any(|window| window.day == day && (window.from..window.until).contains(&minute))
    }

    /// Gives the next moment when people are there: `at` itself when they are there now.
    pub fn next_opening(&self, at: Timestamp) -> Timestamp {
        if self.is_staffed(at) {
            return at;
        }
        let mut day = at.to_zoned(self.zone.clone()).date();
        // Eight days see every weekday once more, and today's windows that are over a second time.
        // A ninth covers a day that the zone skipped altogether (Samoa, 30 December 2011).
        for _ in 0..9 {
            let openings = self.windows.iter().filter(|window| i16::from(window.day) == i16::from(day.weekday().to_monday_zero_offset()));
            let next = openings.filter_map(|window| self.moment(day, window.from)).filter(|moment| *moment > at).min();
            if let Some(next) = next {
                return next;
            }
            let Ok(tomorrow) = day.checked_add(1.day()) else { break };
            day = tomorrow;
        }
        at
    }

    /// Gives the moment of a minute of a day; in a gap of the clock, the first moment after it.
    fn moment(&self, day: Date, minute: u16) -> Option<Timestamp> {
        let hour = i8::try_from(minute / 60).ok()?;
        let time = Time::new(hour, i8::try_from(minute % 60).ok()?, 0, 0).ok()?;
        self.zone.to_ambiguous_timestamp(day.to_datetime(time)).compatible().ok()
    }
}

/// Reads the part.
pub(super) fn read(section: &Section, reader: &mut Reader<'_>) -> Hours {
    let zone = section.text("zone").map_or(Some(TimeZone::UTC), |name| {
        let zone = TimeZone::get(name).ok();
        if zone.is_none() {
            let names: Vec<String> = jiff::tz::db().available().map(|name| name.to_string()).collect();
            let hint = nearest(name, names.iter().map(String::as_str)).map_or_else(
                || "use a name of the IANA database, such as \"Europe/Brussels\" or \"America/New_York\"".to_owned(),
                |near| format!("did you mean \"{near}\"?"),
            );
            reader.error(section.mistake("zone", format!("the time zone {name:?} is not known"), hint));
        }
        zone
    });
    let mut all: Vec<Window> = Vec::new();
    for (text, span) in section.spanned_texts("staffed") {
        match windows(text) {
            Ok(windows) => {
                let overlaps = |new: &Window| all.iter().any(|old| old.day == new.day && old.from < new.until && new.from < old.until);
                if windows.iter().any(overlaps) {
                    reader.warn(Diagnostic::new(span, format!("{text:?} overlaps the hours above")).hint("let every hour stand once"));
                }
                all.extend(windows);
            }
            Err((what, hint)) => reader.error(Diagnostic::new(span, format!("the hours {text:?} {what}")).hint(hint)),
        }
    }
    all.sort_unstable();
    if !all.is_empty() && !section.has("zone") {
        reader.warn(section.mistake("staffed", "the staffed hours are meant in UTC", "name the zone: `zone = \"Europe/Brussels\"`"));
    }
    Hours { zone: zone.unwrap_or(TimeZone::UTC), windows: all }
}

/// What is wrong with a window, and what would be right.
type Flaw = (String, String);

/// Reads `Mon-Fri 08:00-12:30`, `Sat,Sun 10:00-14:00`, `daily 22:00-06:00` (past midnight).
fn windows(text: &str) -> Result<Vec<Window>, Flaw> {
    let shape = || "write days and times: \"Mon-Fri 08:00-12:30\", \"Sat,Sun 10:00-14:00\" or \"daily 08:00-24:00\"".to_owned();
    let mut words = text.split_whitespace();
    let (Some(days), Some(times), None) = (words.next(), words.next(), words.next()) else {
        return Err(("are malformed".into(), shape()));
    };
    let days = day_list(days)?;
    let (from, until) = times.split_once('-').ok_or_else(|| ("have no end".to_owned(), shape()))?;
    let (from, until) = (minute(from)?, minute(until)?);
    if from == until || from == DAY {
        return Err(("are no time at all".into(), "let the end come after the beginning; a whole day is 00:00-24:00".into()));
    }
    let mut windows = Vec::new();
    for day in days {
        if from < until {
            windows.push(Window { day, from, until });
        } else {
            windows.push(Window { day, from, until: DAY });
            if until > 0 {
                windows.push(Window { day: (day + 1) % 7, from: 0, until });
            }
        }
    }
    Ok(windows)
}

/// Reads `Mon-Fri`, `Sat,Sun`, `Fri-Mon` or `daily`.
fn day_list(text: &str) -> Result<Vec<u8>, Flaw> {
    if text.eq_ignore_ascii_case("daily") {
        return Ok((0..7).collect());
    }
    let mut days = Vec::new();
    for part in text.split(',') {
        let (first, last) = part.split_once('-').unwrap_or((part, part));
        let (first, last) = (day(first)?, day(last)?);
        let length = (last + 7 - first) % 7;
        days.extend((0..=length).map(|step| (first + step) % 7));
    }
    days.sort_unstable();
    days.dedup();
    Ok(days)
}

/// Reads a day: its first three letters, or all of them.
fn day(text: &str) -> Result<u8, Flaw> {
    let small = text.to_lowercase();
    let weekdays =
        [Weekday::Monday, Weekday::Tuesday, Weekday::Wednesday, Weekday::Thursday, Weekday::Friday, Weekday::Saturday, Weekday::Sunday];
    let found = DAYS.iter().zip(weekdays).position(|(short, long)| small == *short || small == format!("{long:?}").to_lowercase());
    found
        .and_then(|index| u8::try_from(index).ok())
        .ok_or_else(|| (format!("name no day ({text:?})"), "write Mon, Tue, Wed, Thu, Fri, Sat, Sun or daily".to_owned()))
}

/// Reads `08:00`; `24:00` is the end of the day.
fn minute(text: &str) -> Result<u16, Flaw> {
    let wrong =
        || (format!("name no time of day ({text:?})"), "write hours and minutes with two digits each: 08:00, 17:30, 24:00".to_owned());
    let (hours, minutes) = text.split_once(':').ok_or_else(wrong)?;
    let number = |digits: &str, lengths: std::ops::RangeInclusive<usize>| {
        let plain = lengths.contains(&digits.len()) && digits.bytes().all(|byte| byte.is_ascii_digit());
        if plain { digits.parse::<u16>().ok() } else { None }
    };
    let (hours, minutes) = number(hours, 1..=2).zip(number(minutes, 2..=2)).ok_or_else(wrong)?;
    if minutes < 60 && hours * 60 + minutes <= DAY { Ok(hours * 60 + minutes) } else { Err(wrong()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn brussels(staffed: &[&str]) -> Hours {
        Hours::new(TimeZone::get("Europe/Brussels").unwrap(), staffed).unwrap()
    }

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    #[test]
    fn a_working_week() {
        let hours = brussels(&["Mon-Fri 08:00-12:30", "Mon-Fri 13:00-18:00"]);
        assert!(hours.is_staffed(at("2026-11-20T08:00:00+01:00")));
        assert!(!hours.is_staffed(at("2026-11-20T12:30:00+01:00")));
        assert_eq!(hours.next_opening(at("2026-11-20T12:30:00+01:00")), at("2026-11-20T13:00:00+01:00"));
        assert_eq!(hours.next_opening(at("2026-11-20T18:00:00+01:00")), at("2026-11-23T08:00:00+01:00"));
        assert_eq!(hours.next_opening(at("2026-11-20T09:00:00+01:00")), at("2026-11-20T09:00:00+01:00"));
    }

    #[test]
    fn past_midnight_and_past_the_week() {
        let hours = brussels(&["Sun 22:00-06:00"]);
        assert!(hours.is_staffed(at("2026-11-22T23:00:00+01:00")));
        assert!(hours.is_staffed(at("2026-11-23T05:59:00+01:00")));
        assert!(!hours.is_staffed(at("2026-11-23T06:00:00+01:00")));
        assert_eq!(hours.next_opening(at("2026-11-23T06:00:00+01:00")), at("2026-11-29T22:00:00+01:00"));
    }

    #[test]
    fn an_opening_in_the_gap_of_spring_is_the_first_moment_after_it() {
        let hours = brussels(&["Sun 02:30-04:00"]);
        // 29 March 2026, 02:00 becomes 03:00: half past two does not exist, its "compatible" reading is 03:30.
        let opening = hours.next_opening(at("2026-03-29T00:00:00+01:00"));
        assert!(hours.is_staffed(opening), "{opening}");
    }

    #[test]
    fn without_hours_people_are_always_there() {
        let hours = Hours::default();
        assert!(hours.is_staffed(at("2026-01-01T03:00:00Z")) && !hours.are_set());
        assert_eq!(hours.next_opening(at("2026-01-01T03:00:00Z")), at("2026-01-01T03:00:00Z"));
    }

    #[test]
    fn malformed_hours_are_told_apart() {
        for text in [
            "",
            "Mon",
            "Mon 8-17",
            "Mon-Fri 08:00",
            "Mon-Fri 8:0-9:00",
            "Mon 25:00-26:00",
            "Mon 08:60-09:00",
            "Mon 08:00-08:00",
            "Moo 08:00-09:00",
            "Mon 08:00-09:00 x",
            "Mon 24:00-06:00",
        ] {
            assert!(windows(text).is_err(), "{text}");
        }
        assert_eq!(windows("Fri-Mon 10:00-24:00").unwrap().len(), 4);
        assert_eq!(windows("daily 8:00-9:00").unwrap().len(), 7);
        assert_eq!(windows("Monday,Wednesday 08:00-09:00").unwrap().len(), 2);
    }

    proptest::proptest! {
        #[test]
        fn the_next_opening_is_staffed_and_not_before(second in 1_700_000_000i64..1_900_000_000, from in 0u16..1439, length in 1u16..1440, first in 0usize..7, last in 0usize..7) {
            let until = (from + length) % DAY;
            let clock = |minute: u16| format!("{:02}:{:02}", minute / 60, minute % 60);
            let text = format!("{}-{} {}-{}", DAYS[first], DAYS[last], clock(from), clock(until));
            let Ok(hours) = Hours::new(TimeZone::get("Europe/Brussels").unwrap(), &[&text]) else { return Ok(()) };
            let now = Timestamp::from_second(second).unwrap();
            let opening = hours.next_opening(now);
            proptest::prop_assert!(opening >= now);
            // A window that lies wholly in the gap of spring has no moment of its own: then the next one counts.
            if length > 60 {
                proptest::prop_assert!(hours.is_staffed(opening), "{text} {now} {opening}");
            }
        }
    }
}
