//! How long a publisher wants to be left alone: `ttl`, `max-age`, skipped hours.
//!
//! `sy:updatePeriod` is not read: `WordPress` writes "hourly" into every feed there
//! is, whatever its blog does, and an hour is too late for an answer.

use std::time::Duration;

use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan as _};

use super::entry::Document;
use crate::net::Response;

/// The longest wish that is granted; beyond it a wrong number would mute the feed.
const LONGEST: Duration = Duration::from_hours(12);

/// Reads `Cache-Control: max-age` less `Age`; none where the answer may not be cached.
pub(super) fn of_answer(response: &Response) -> Option<Duration> {
    let control = response.header("cache-control")?.to_ascii_lowercase();
    let mut age = None;
    for part in control.split(',').map(str::trim) {
        match part.split_once('=') {
            Some(("max-age", seconds)) => age = seconds.trim_matches('"').parse::<u64>().ok(),
            None if matches!(part, "no-cache" | "no-store") => return None,
            _ => {}
        }
    }
    let spent = response.header("age").and_then(|age| age.trim().parse::<u64>().ok()).unwrap_or(0);
    Some(Duration::from_secs(age?.saturating_sub(spent)).min(LONGEST)).filter(|wish| !wish.is_zero())
}

/// Reads `ttl` and the hours and days without news.
pub(super) fn of_document(document: &Document, now: Timestamp) -> Option<Duration> {
    let ttl = document.ttl.map(|minutes| Duration::from_secs(minutes.saturating_mul(60)).min(LONGEST));
    ttl.max(quiet(document, now)).filter(|wish| !wish.is_zero())
}

/// The time until the next hour that is not skipped.
fn quiet(document: &Document, now: Timestamp) -> Option<Duration> {
    if document.skip_hours.is_empty() && document.skip_days.is_empty() {
        return None;
    }
    let start = now.to_zoned(TimeZone::UTC);
    let mut hour = start.clone();
    for _ in 0..24 * 7 {
        let day = hour.strftime("%a").to_string().to_ascii_lowercase();
        if !document.skip_hours.contains(&hour.hour()) && !document.skip_days.contains(&day) {
            let left = hour.timestamp().duration_since(now);
            return Some(Duration::try_from(left).unwrap_or_default().min(LONGEST));
        }
        hour = hour.start_of_hour()?.checked_add(1.hour()).ok()?;
    }
    // Every hour is skipped: the publisher cannot mean it.
    None
}

/// The start of an hour, which jiff has no name for.
trait StartOfHour: Sized {
    fn start_of_hour(&self) -> Option<Self>;
}

impl StartOfHour for jiff::Zoned {
    fn start_of_hour(&self) -> Option<Self> {
        self.with().minute(0).second(0).subsec_nanosecond(0).build().ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(headers: &[(&str, &str)]) -> Response {
        let headers = headers.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        Response { status: 200, headers, body: bytes::Bytes::new(), url: "https://example.org/".into() }
    }

    #[test]
    fn max_age_counts_from_when_it_was_made() {
        let seconds = |headers: &[(&str, &str)]| of_answer(&answer(headers)).map(|wish| wish.as_secs());
        assert_eq!(seconds(&[("cache-control", "public, max-age=600"), ("age", "100")]), Some(500));
        assert_eq!(seconds(&[("cache-control", "max-age=600, no-cache")]), None);
        assert_eq!(seconds(&[("cache-control", "max-age=31536000")]), Some(LONGEST.as_secs()));
        assert_eq!(seconds(&[("cache-control", "max-age=0")]), None);
        assert_eq!(seconds(&[]), None);
    }

    #[test]
    fn skipped_hours_and_days_end_at_the_next_open_one() {
        // 22:31:00, a Saturday.
        let now = Timestamp::from_second(1_795_300_260).expect("in range");
        let minutes = |document: &Document| of_document(document, now).map(|wish| wish.as_secs() / 60);
        assert_eq!(minutes(&Document { skip_hours: vec![22, 23, 0], ..Document::default() }), Some(29 + 120));
        assert_eq!(minutes(&Document { skip_hours: vec![3], ..Document::default() }), None);
        assert_eq!(minutes(&Document { skip_days: vec!["sat".into()], ..Document::default() }), Some(89));
        assert_eq!(minutes(&Document { ttl: Some(60), skip_hours: vec![22], ..Document::default() }), Some(60));
        assert_eq!(minutes(&Document { skip_hours: (0..24).collect(), ..Document::default() }), None);
    }
}
