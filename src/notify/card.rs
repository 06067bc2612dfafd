//! The lines that every card for people says, whatever draws it.
//!
//! Everything here is already harmless as plain text (see [`super::escape`]);
//! a notifier that has its own steering characters escapes once more.

use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};

use super::escape::line;
use crate::domain::{Attribute, Draft, MentionAlert, Priority, Times};

/// Says who wrote it: `Kim (@kim.example.org)`.
pub fn who(alert: &MentionAlert) -> String {
    let author = &alert.mention.author;
    let handle = line(&author.handle, 80);
    let name = author.name.as_deref().map(|name| line(name, 60)).filter(|name| !name.is_empty() && *name != handle);
    match (name, handle.is_empty()) {
        (Some(name), false) => format!("{name} (@{handle})"),
        (Some(name), true) => name,
        (None, false) => format!("@{handle}"),
        (None, true) => "somebody".to_owned(),
    }
}

/// Says where and when: `Bluesky, 21 Nov 22:31`; with the year when the post was written in another one than it was seen.
pub fn place(alert: &MentionAlert, zone: &TimeZone) -> String {
    let when = written(alert.mention.when(), alert.mention.seen, zone);
    format!("{}, {when}", line(alert.mention.network.title(), 30))
}

fn written(when: Timestamp, seen: Timestamp, zone: &TimeZone) -> String {
    let (when, seen) = (when.to_zoned(zone.clone()), seen.to_zoned(zone.clone()));
    when.strftime(if when.year() == seen.year() { "%-d %b %H:%M" } else { "%-d %b %Y %H:%M" }).to_string()
}

/// Says what we know of the author.
pub fn history(alert: &MentionAlert) -> String {
    let before = match alert.history.mentions_before {
        0 => "first mention".to_owned(),
        1 => "one mention before".to_owned(),
        many => format!("{many} mentions before"),
    };
    match alert.history.customer_since.as_deref() {
        Some(since) => format!("{before}, customer since {}", line(since, 30)),
        None => before,
    }
}

/// Says why it is an alert: rule, confidence, and what it adds up to.
pub fn grounds(alert: &MentionAlert) -> String {
    let mut parts = Vec::new();
    if let Some(strongest) = alert.hearing.findings.first() {
        let more = match alert.hearing.findings.len() {
            1 => String::new(),
            many => format!(" (+{} more)", many - 1),
        };
        parts.push(format!("rule {} {:.2}{more}", line(&strongest.rule, 60), strongest.score));
        parts.extend(strongest.attributes.iter().map(|attribute: &Attribute| attribute.to_string()));
    }
    if let Some(switch) = &alert.hearing.switch {
        parts.push(switch.status.to_string());
        parts.extend(switch.reason.map(|why| format!("because of {why}")));
    }
    if alert.hearing.asks {
        parts.push("asks".to_owned());
    }
    parts.push(alert.reason.to_string());
    parts.join(", ")
}

/// Says how long each step took: `7.1 s after the post: seen 6.0 s, decided 12 ms, sent 1.0 s`.
pub fn latency(times: &Times) -> String {
    let end = times.sent.unwrap_or(times.decided);
    let mut steps = Vec::new();
    if let Some(posted) = times.posted {
        steps.push(format!("seen {}", span(posted, times.seen)));
    }
    steps.push(format!("decided {}", span(times.seen, times.decided)));
    steps.extend(times.sent.map(|sent| format!("sent {}", span(times.decided, sent))));
    let (start, from) = times.posted.map_or((times.seen, "it was seen"), |posted| (posted, "the post"));
    format!("{} after {from}: {}", span(start, end), steps.join(", "))
}

/// Writes the time between two moments as people say it.
fn span(from: Timestamp, to: Timestamp) -> String {
    let took = to.duration_since(from).max(SignedDuration::ZERO);
    let seconds = took.as_secs();
    match seconds {
        0 => format!("{} ms", took.as_millis()),
        1..100 => format!("{seconds}.{} s", took.subsec_millis() / 100),
        100..7_200 => format!("{} min", seconds / 60),
        7_200..172_800 => format!("{} h", seconds / 3_600),
        _ => format!("{} d", seconds / 86_400),
    }
}

/// Heads the draft: its length as the network counts it, and the facts it states.
pub fn draft_title(draft: &Draft) -> String {
    let facts = if draft.facts.is_empty() { String::new() } else { format!(", states {}", line(&draft.facts.join(", "), 120)) };
    match draft.limit {
        None => format!("Draft, {} characters{facts}", draft.chars),
        Some(limit) => format!("Draft, {} of {limit} characters{facts}", draft.chars),
    }
}

/// Says by when, and what a person does next.
pub fn next(alert: &MentionAlert, zone: &TimeZone) -> String {
    let by = alert.answer_by.map_or(String::new(), |at| format!(" by {}", at.to_zoned(zone.clone()).strftime("%H:%M")));
    match alert.priority {
        Priority::Digest => format!("worth a look; to close it: courtier cases dismiss {}", alert.case),
        Priority::Urgent | Priority::Today => format!("answer{by}; to take it: courtier cases take {}", alert.case),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_post_of_another_year_says_so() {
        let seen = Timestamp::from_second(1_795_300_000).expect("in range");
        assert_eq!(written(seen, seen, &TimeZone::UTC), "21 Nov 22:26");
        assert_eq!(written(Timestamp::UNIX_EPOCH, seen, &TimeZone::UTC), "1 Jan 1970 00:00");
    }

    #[test]
    fn spans_read_as_people_say_them() {
        let start = Timestamp::from_second(1_795_300_000).expect("in range");
        let after = |ms: i64| span(start, Timestamp::from_millisecond(1_795_300_000_000 + ms).expect("in range"));
        assert_eq!(
            [after(-5), after(140), after(7_100), after(600_000), after(10_800_000), after(864_000_000)],
            ["0 ms", "140 ms", "7.1 s", "10 min", "3 h", "10 d"]
        );
    }
}
