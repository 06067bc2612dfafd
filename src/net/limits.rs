//! One parser for everything that servers say about their rate limits.
//!
//! The names differ (`RateLimit-`, `X-RateLimit-`, `X-Rate-Limit-`, `Retry-After`,
//! `X-RateLimit-Reset-After`) and so do the values: epoch seconds (Bluesky, X,
//! GitHub), seconds to wait as integer or float (Reddit, Product Hunt, Discord),
//! ISO-8601 with a fraction (Mastodon), HTTP dates. Nobody else reads them.

use std::time::Duration;

use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;

/// The longest pause that is believed: a broken header must not mute a feed for a year.
const LONGEST: Duration = Duration::from_hours(24);
/// From here on a number is an instant and no duration: 2001, or 31 years.
const EPOCH_SECONDS: f64 = 1e9;
/// From here on a number counts milliseconds since 1970.
const EPOCH_MILLIS: f64 = 1e12;

/// What one answer says about its server's limits.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Limits {
    /// `Retry-After`: come back after this time.
    pub retry_after: Option<Duration>,
    /// Calls left in the window.
    pub remaining: Option<f64>,
    /// Time until the window starts anew.
    pub reset: Option<Duration>,
}

impl Limits {
    /// Reads the headers (names in lower case). Instants count from the answer's own `Date`,
    /// which is free of our clock's error; `now` stands in where there is none.
    pub fn read(headers: &[(String, String)], now: Option<Timestamp>) -> Self {
        let date = headers.iter().find(|(name, _)| name == "date").and_then(|(_, value)| http_date(value.trim()));
        let now = date.or(now);
        let mut limits = Self::default();
        let mut exact = false;
        for (name, value) in headers {
            let value = value.trim();
            match word(name) {
                Some(Word::RetryAfter) => limits.retry_after = limits.retry_after.or(wait(value, now)),
                Some(Word::Remaining) => limits.remaining = limits.remaining.or(value.parse().ok()),
                // Seconds to wait need no clock: they win over an instant.
                Some(Word::ResetAfter) => {
                    limits.reset = wait(value, now).or(limits.reset);
                    exact = true;
                }
                Some(Word::Reset) if !exact => limits.reset = limits.reset.or(wait(value, now)),
                Some(Word::Both) => limits.both(value, now),
                Some(Word::Reset) | None => {}
            }
        }
        limits
    }

    /// Reads the one-line forms: `limit=100, remaining=0, reset=5` and `"default";r=0;t=5`.
    fn both(&mut self, value: &str, now: Option<Timestamp>) {
        for part in value.split([',', ';']) {
            match part.trim().split_once('=') {
                Some(("remaining" | "r", number)) => self.remaining = self.remaining.or(number.parse().ok()),
                Some(("reset" | "t", number)) => self.reset = self.reset.or(wait(number, now)),
                _ => {}
            }
        }
    }

    /// Says how long to leave the server alone after an answer of this status; `None` when it asks for nothing.
    pub fn pause(&self, status: u16) -> Option<Duration> {
        let spent = self.remaining.is_some_and(|left| left < 1.0);
        match status {
            // GitHub says "too often" with 403 as well, and always with a header.
            403 | 420 | 429 | 503 if self.retry_after.is_some() => self.retry_after,
            420 | 429 => self.reset,
            _ if spent => self.reset,
            _ => None,
        }
    }
}

enum Word {
    RetryAfter,
    Remaining,
    Reset,
    ResetAfter,
    Both,
}

fn word(name: &str) -> Option<Word> {
    if name == "retry-after" {
        return Some(Word::RetryAfter);
    }
    let name = name.strip_prefix("x-").unwrap_or(name);
    let rest = name.strip_prefix("ratelimit").or_else(|| name.strip_prefix("rate-limit"))?;
    match rest {
        "" => Some(Word::Both),
        "-remaining" => Some(Word::Remaining),
        "-reset" => Some(Word::Reset),
        "-reset-after" => Some(Word::ResetAfter),
        _ => None,
    }
}

/// Reads one value of any form as the time to wait.
fn wait(value: &str, now: Option<Timestamp>) -> Option<Duration> {
    if let Ok(number) = value.parse::<f64>() {
        return if !number.is_finite() || number < 0.0 {
            None
        } else if number >= EPOCH_MILLIS {
            until(Timestamp::from_millisecond(whole(number)).ok()?, now)
        } else if number >= EPOCH_SECONDS {
            until(Timestamp::from_millisecond(whole(number * 1000.0)).ok()?, now)
        } else {
            Some(Duration::from_secs_f64(number).min(LONGEST))
        };
    }
    until(value.parse().ok().or_else(|| http_date(value))?, now)
}

fn until(then: Timestamp, now: Option<Timestamp>) -> Option<Duration> {
    let left = then.duration_since(now?);
    Some(Duration::try_from(left).unwrap_or_default().min(LONGEST))
}

#[expect(clippy::cast_possible_truncation, reason = "the callers' numbers are far below 2^53")]
fn whole(number: f64) -> i64 {
    number.min(9e15).ceil() as i64
}

/// Reads the three forms of an HTTP date (RFC 9110, 5.6.7).
pub(super) fn http_date(value: &str) -> Option<Timestamp> {
    if let Ok(at) = jiff::fmt::rfc2822::DateTimeParser::new().relaxed_weekday(true).parse_timestamp(value) {
        return Some(at);
    }
    let civil =
        DateTime::strptime("%A, %d-%b-%y %H:%M:%S GMT", value).or_else(|_| DateTime::strptime("%a %b %e %H:%M:%S %Y", value)).ok()?;
    civil.to_zoned(TimeZone::UTC).ok().map(|zoned| zoned.timestamp())
}

#[cfg(test)]
mod tests {
    use super::*;

    const DATE: (&str, &str) = ("date", "Sat, 21 Nov 2026 22:31:00 GMT");

    fn read(pairs: &[(&str, &str)]) -> Limits {
        let headers: Vec<_> = pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        Limits::read(&headers, None)
    }

    #[test]
    fn every_header_of_the_zoo_gives_its_wait() {
        type Row<'a> = (&'a str, &'a [(&'a str, &'a str)], u16, u64);
        let zoo: &[Row<'_>] = &[
            (
                "Bluesky",
                &[
                    DATE,
                    ("ratelimit-limit", "3000"),
                    ("ratelimit-remaining", "0"),
                    ("ratelimit-reset", "1795300290"),
                    ("ratelimit-policy", "3000;w=300"),
                ],
                429,
                30,
            ),
            ("Mastodon", &[DATE, ("x-ratelimit-remaining", "0"), ("x-ratelimit-reset", "2026-11-21T22:31:30.000000Z")], 429, 30),
            ("Reddit", &[("x-ratelimit-used", "12"), ("x-ratelimit-remaining", "0.0"), ("x-ratelimit-reset", "30")], 200, 30),
            ("Reddit page", &[("retry-after", "4")], 429, 4),
            ("X", &[DATE, ("x-rate-limit-remaining", "0"), ("x-rate-limit-reset", "1795300290")], 429, 30),
            ("GitHub", &[DATE, ("x-ratelimit-remaining", "0"), ("x-ratelimit-reset", "1795300290")], 403, 30),
            ("GitHub secondary", &[("retry-after", "60"), ("x-ratelimit-remaining", "12")], 403, 60),
            ("Product Hunt", &[("x-rate-limit-remaining", "0"), ("x-rate-limit-reset", "30")], 429, 30),
            (
                "Discord",
                &[DATE, ("x-ratelimit-remaining", "0"), ("x-ratelimit-reset", "1795300999.123"), ("x-ratelimit-reset-after", "29.5")],
                429,
                29,
            ),
            ("HTTP date", &[DATE, ("retry-after", "Sat, 21 Nov 2026 22:31:30 GMT")], 503, 30),
            ("asctime", &[DATE, ("retry-after", "Sat Nov 21 22:31:30 2026")], 503, 30),
            ("RFC 850", &[DATE, ("retry-after", "Saturday, 21-Nov-26 22:31:30 GMT")], 503, 30),
            ("draft 6", &[("ratelimit", "limit=100, remaining=0, reset=30")], 200, 30),
            ("draft 8", &[("ratelimit", "\"default\";r=0;t=30")], 200, 30),
            ("milliseconds", &[DATE, ("x-ratelimit-remaining", "0"), ("x-ratelimit-reset", "1795300290000")], 429, 30),
        ];
        for (name, headers, status, seconds) in zoo {
            assert_eq!(read(headers).pause(*status).map(|wait| wait.as_secs()), Some(*seconds), "{name}");
        }
    }

    #[test]
    fn what_is_left_is_no_reason_to_wait() {
        assert_eq!(read(&[("x-ratelimit-remaining", "988.0"), ("x-ratelimit-reset", "400")]).pause(200), None);
        assert_eq!(read(&[]).pause(429), None, "the engine's own pauses apply");
        assert_eq!(read(&[("retry-after", "4")]).pause(200), None);
    }

    #[test]
    fn nonsense_is_no_wait_and_a_year_is_a_day() {
        for value in ["", "soon", "-3", "NaN", "inf", "1e999", "{\"a\":1}"] {
            assert_eq!(read(&[("retry-after", value)]).retry_after, None, "{value}");
        }
        assert_eq!(read(&[("retry-after", "31536000")]).retry_after, Some(LONGEST));
        assert_eq!(read(&[DATE, ("retry-after", "Fri, 01 Jan 1999 00:00:00 GMT")]).retry_after, Some(Duration::ZERO));
    }

    #[test]
    fn without_a_date_the_argument_is_now() {
        let headers = vec![("retry-after".to_owned(), "1795300290".to_owned())];
        assert_eq!(Limits::read(&headers, None).retry_after, None);
        let now = Timestamp::from_second(1_795_300_260).ok();
        assert_eq!(Limits::read(&headers, now).retry_after, Some(Duration::from_secs(30)));
    }
}
