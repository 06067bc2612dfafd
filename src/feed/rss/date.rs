//! Reads the dates of feeds: twenty forms, most of them meant to be RFC 822.
//!
//! A date that cannot be told for sure is no date; the moment we heard the post
//! then stands in for it.

use jiff::Timestamp;
use jiff::civil::{Date, DateTime, Time};
use jiff::tz::Offset;

/// Reads one date of any form that feeds are known to use.
pub(super) fn read(text: &str) -> Option<Timestamp> {
    let text = text.trim();
    if text.is_empty() || text.len() > 100 {
        return None;
    }
    text.parse().ok().or_else(|| epoch(text)).or_else(|| w3c(text)).or_else(|| spoken(text))
}

/// Seconds or milliseconds since 1970.
fn epoch(text: &str) -> Option<Timestamp> {
    if !text.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    match text.len() {
        9 | 10 => Timestamp::from_second(text.parse().ok()?).ok(),
        13 => Timestamp::from_millisecond(text.parse().ok()?).ok(),
        _ => None,
    }
}

/// W3C dates: `2003`, `2003-12`, `2003-12-31T10:14Z`, also compact, with a blank for the `T`, without a zone.
fn w3c(text: &str) -> Option<Timestamp> {
    let (date, rest) = match text.find(['T', 't', ' ']) {
        Some(at) => (text.get(..at)?, text.get(at + 1..)?.trim()),
        None => (text, ""),
    };
    if !date.starts_with(|c: char| c.is_ascii_digit()) {
        return None;
    }
    let date = w3c_date(date)?;
    let zone_at = rest.find(|c: char| matches!(c, 'Z' | 'z' | '+' | '-') || c.is_ascii_alphabetic()).unwrap_or(rest.len());
    let (clock, zone) = rest.split_at_checked(zone_at)?;
    let time = if clock.trim().is_empty() { Time::midnight() } else { time(clock.trim())? };
    instant(date.to_datetime(time), offset(zone.trim()).unwrap_or(0))
}

fn w3c_date(text: &str) -> Option<Date> {
    let parts: Vec<&str> = text.split(['-', '/', '.']).collect();
    let number = |text: &str| text.parse::<i16>().ok();
    let small = |text: &str| text.parse::<i8>().ok();
    match parts.as_slice() {
        [year] if year.len() == 4 => Date::new(number(year)?, 1, 1).ok(),
        [compact] if compact.len() == 8 => {
            Date::new(number(compact.get(..4)?)?, small(compact.get(4..6)?)?, small(compact.get(6..)?)?).ok()
        }
        [year, month] if year.len() == 4 && month.len() <= 2 => Date::new(number(year)?, small(month)?, 1).ok(),
        // The day of the year.
        [year, day] if year.len() == 4 && day.len() == 3 => {
            Date::new(number(year)?, 1, 1).ok()?.checked_add(jiff::Span::new().days(day.parse::<i64>().ok()? - 1)).ok()
        }
        [year, month, day] if year.len() == 4 => Date::new(number(year)?, small(month)?, small(day)?).ok(),
        _ => None,
    }
}

/// Everything with a month's name: RFC 822 in its many accents, `asctime`, `December 31, 2003`.
fn spoken(text: &str) -> Option<Timestamp> {
    let (mut day, mut month_found, mut year, mut clock, mut zone) = (None, None, None, None, None);
    for word in text.split([' ', '\t', '\n', '\r', ',']).filter(|word| !word.is_empty()) {
        for part in split_dashed(word) {
            let part = part.trim_matches(|c: char| matches!(c, '.' | '(' | ')'));
            if part.contains(':') && clock.is_none() && !part.starts_with(['+', '-']) {
                let end = part.find(|c: char| !c.is_ascii_digit() && !matches!(c, ':' | '.')).unwrap_or(part.len());
                let (digits, behind) = part.split_at_checked(end)?;
                clock = Some(time(digits)?);
                zone = zone.or_else(|| offset(behind));
            } else if let Some(number) = part.parse::<i16>().ok().filter(|_| !part.starts_with(['+', '-'])) {
                match part.len() {
                    4 => year = Some(number),
                    _ if day.is_none() && (1..=31).contains(&number) => day = i8::try_from(number).ok(),
                    2 => year = Some(if number < 70 { 2000 + number } else { 1900 + number }),
                    _ => return None,
                }
            } else if month_found.is_none() && month(part).is_some() {
                month_found = month(part);
            } else if part.eq_ignore_ascii_case("pm") {
                clock = clock.map(|time: Time| if time.hour() < 12 { time.saturating_add(jiff::Span::new().hours(12)) } else { time });
            } else if clock.is_some() {
                zone = zone.or_else(|| offset(part));
            }
        }
    }
    let date = Date::new(year?, month_found?, day?).ok()?;
    instant(date.to_datetime(clock.unwrap_or(Time::midnight())), zone.unwrap_or(0))
}

/// Parts `31-Dec-2003` and leaves `-0500` whole.
fn split_dashed(word: &str) -> impl Iterator<Item = &str> {
    let dashed = word.contains(|c: char| c.is_alphabetic()) && word.starts_with(|c: char| c.is_ascii_digit()) && !word.contains(':');
    word.split(move |c: char| dashed && matches!(c, '-' | '/'))
}

/// A clock with or without seconds; 24:00 and a 60th second are pulled back.
fn time(text: &str) -> Option<Time> {
    if text.len() == 6 && text.bytes().all(|byte| byte.is_ascii_digit()) {
        let part = |from: usize| text.get(from..from + 2)?.parse::<i8>().ok();
        return Time::new(part(0)?, part(2)?, part(4)?, 0).ok();
    }
    let mut parts = text.split(':');
    let hour: i8 = parts.next()?.trim().parse().ok()?;
    let minute: i8 = parts.next().unwrap_or("0").trim().parse().ok()?;
    let second = parts.next().unwrap_or("0").split('.').next()?.trim().parse::<i8>().unwrap_or(0);
    Time::new(hour.min(23), minute.min(59), second.min(59), 0).ok()
}

fn instant(civil: DateTime, seconds: i32) -> Option<Timestamp> {
    // A zone that does not exist ("+3000") says nothing; the day is still right.
    Offset::from_seconds(seconds).unwrap_or(Offset::UTC).to_timestamp(civil).ok()
}

/// Seconds east of Greenwich of `+0200`, `+02:00`, `GMT+2`, `EST`; `None` for no zone.
fn offset(zone: &str) -> Option<i32> {
    let zone = zone.trim();
    let upper = zone.to_ascii_uppercase();
    if let Some(at) = upper.find(['+', '-']) {
        let sign = if upper.get(at..)?.starts_with('-') { -1 } else { 1 };
        let digits: String = upper.get(at + 1..)?.chars().filter(char::is_ascii_digit).collect();
        let (hours, minutes) = match digits.len() {
            1 | 2 => (digits.as_str(), "0"),
            3 => (digits.get(..1)?, digits.get(1..)?),
            4 => (digits.get(..2)?, digits.get(2..)?),
            _ => return None,
        };
        return Some(sign * (hours.parse::<i32>().ok()? * 3600 + minutes.parse::<i32>().ok()? * 60));
    }
    let half_hours = match upper.as_str() {
        "Z" | "UT" | "UTC" | "GMT" | "WET" => 0,
        "EST" | "CDT" => -10,
        "EDT" | "AST" => -8,
        "CST" | "MDT" => -12,
        "MST" | "PDT" => -14,
        "PST" | "AKDT" => -16,
        "AKST" => -18,
        "HST" => -20,
        "NST" => -7,
        "NDT" => -5,
        "ADT" | "BRT" | "ART" => -6,
        "BST" | "CET" | "MEZ" | "WEST" | "MET" => 2,
        "CEST" | "MESZ" | "EET" | "SAST" | "MEST" => 4,
        "EEST" | "MSK" | "EAT" => 6,
        "IST" => 11,
        "SGT" | "HKT" | "AWST" | "PHT" => 16,
        "JST" | "KST" => 18,
        "ACST" => 19,
        "AEST" => 20,
        "AEDT" => 22,
        "NZST" => 24,
        "NZDT" => 26,
        _ => return None,
    };
    Some(half_hours * 1800)
}

/// The month of a name in English, German, French, Spanish, Italian, Dutch or Portuguese.
fn month(word: &str) -> Option<i8> {
    const STARTS: &[(&str, i8)] = &[
        ("jan", 1),
        ("ene", 1),
        ("gen", 1),
        ("feb", 2),
        ("fév", 2),
        ("fev", 2),
        ("mar", 3),
        ("mär", 3),
        ("mrz", 3),
        ("maa", 3),
        ("mrt", 3),
        ("apr", 4),
        ("avr", 4),
        ("abr", 4),
        ("may", 5),
        ("mai", 5),
        ("mei", 5),
        ("mag", 5),
        ("juin", 6),
        ("jun", 6),
        ("giu", 6),
        ("juil", 7),
        ("jul", 7),
        ("lug", 7),
        ("aug", 8),
        ("aoû", 8),
        ("aou", 8),
        ("ago", 8),
        ("sep", 9),
        ("set", 9),
        ("oct", 10),
        ("okt", 10),
        ("ott", 10),
        ("out", 10),
        ("nov", 11),
        ("dec", 12),
        ("dez", 12),
        ("déc", 12),
        ("dic", 12),
    ];
    let lower = word.to_lowercase();
    STARTS.iter().find(|(start, _)| lower.starts_with(start)).map(|&(_, number)| number)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_common_form_is_the_same_moment() {
        for text in [
            "2003-12-31T10:14:55Z",
            "2003-12-31T10:14:55.123Z",
            "2003-12-31T05:14:55-05:00",
            "2003-12-31T10:14:55",
            "2003-12-31 10:14:55",
            "2003-12-31 10:14:55 UTC",
            "20031231T101455Z",
            "Wed, 31 Dec 2003 10:14:55 GMT",
            "Wed, 31 Dec 03 10:14:55 GMT",
            "Tue, 31 Dec 2003 10:14:55 GMT",
            "31 Dec 2003 10:14:55 +0000",
            "Wed, 31 December 2003 10:14:55 UT",
            "Wednesday, 31-Dec-03 10:14:55 GMT",
            "Wed Dec 31 10:14:55 2003",
            "Wed Dec 31 10:14:55 GMT 2003",
            "Wed, 31 Dec 2003 05:14:55 EST",
            "Wed, 31 Dec 2003 02:14:55 PST",
            "Wed, 31 Dec 2003 11:14:55 CET",
            "Wed, 31 Dec 2003 12:14:55 +0200",
            "Wed, 31 Dec 2003 12:14:55 +02:00",
            "Wed, 31 Dec 2003 12:14:55 GMT+2",
            "Wed,31 Dec 2003 10:14:55 GMT",
            "Mi, 31 Dez 2003 11:14:55 MEZ",
            "mer., 31 déc. 2003 11:14:55 +0100",
            "December 31, 2003 10:14:55",
            "1072865695",
            "1072865695000",
        ] {
            let wanted = "2003-12-31T10:14:55Z".parse::<Timestamp>().expect("a date");
            assert_eq!(read(text).map(Timestamp::as_second), Some(wanted.as_second()), "{text}");
        }
    }

    #[test]
    fn shorter_forms_begin_where_they_say() {
        let day = |text: &str| read(text).map(|at| at.to_string());
        assert_eq!(day("2003").as_deref(), Some("2003-01-01T00:00:00Z"));
        assert_eq!(day("2003-12").as_deref(), Some("2003-12-01T00:00:00Z"));
        assert_eq!(day("2003-12-31").as_deref(), Some("2003-12-31T00:00:00Z"));
        assert_eq!(day("20031231").as_deref(), Some("2003-12-31T00:00:00Z"));
        assert_eq!(day("2003-365").as_deref(), Some("2003-12-31T00:00:00Z"));
        assert_eq!(day("2003-12-31T10:14Z").as_deref(), Some("2003-12-31T10:14:00Z"));
        assert_eq!(day("Wed, 31 Dec 2003 10:14 GMT").as_deref(), Some("2003-12-31T10:14:00Z"));
        assert_eq!(day("Fri, 11 Mar 2016 01:15:00 +3000").as_deref(), Some("2016-03-11T01:15:00Z"));
        assert_eq!(day("31 Dec 2003").as_deref(), Some("2003-12-31T00:00:00Z"));
        assert_eq!(day("Thu, 01 Jan 2004 10:14:60 GMT").as_deref(), Some("2004-01-01T10:14:59Z"));
    }

    #[test]
    fn what_is_no_date_is_none() {
        for text in
            ["", "yesterday", "31/12", "13 Foo 2003", "99999999999999999999", "2003-13-45", "0000-00-00 00:00:00", "\u{1F600}", "-", "::::"]
        {
            assert_eq!(read(text), None, "{text}");
        }
    }
}
