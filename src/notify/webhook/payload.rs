//! The body of a webhook: `mention.matched`, `health.alert`, `channel.test`.
//!
//! A contract with other people's programs: `schema` rises only when a field
//! changes its meaning, fields are added at any time. Foreign text is data here
//! and stands unchanged; JSON escapes it.

use jiff::Timestamp;
use serde::{Serialize, Serializer};

use crate::domain::{
    Alert, AlertId, CaseId, Draft, Evidence, Finding, Health, Hearing, MentionAlert, MentionId, Primary, Priority, Switch, Times,
};

/// Rises when a field changes its meaning.
const SCHEMA: u32 = 1;

/// Writes a time as RFC 3339 in whole seconds.
#[derive(Debug, Clone, Copy)]
struct Seconds(Timestamp);

impl Serialize for Seconds {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&self.0.strftime("%Y-%m-%dT%H:%M:%SZ"))
    }
}

#[derive(Serialize)]
struct Event<T> {
    r#type: &'static str,
    timestamp: Seconds,
    data: T,
}

#[derive(Serialize)]
struct Matched<'a> {
    schema: u32,
    id: MentionId,
    alert: AlertId,
    case: CaseId,
    watch: &'a str,
    feed: &'a str,
    network: &'a str,
    native_id: &'a str,
    url: Option<&'a str>,
    author: Writer<'a>,
    text: &'a str,
    lang: Option<&'a str>,
    thread: Place<'a>,
    primary: Primary,
    asks: bool,
    priority: Priority,
    answer_by: Option<Seconds>,
    switch: Option<&'a Switch>,
    findings: Vec<Found<'a>>,
    draft: Option<&'a Draft>,
    times: Moments,
}

#[derive(Serialize)]
struct Writer<'a> {
    handle: &'a str,
    name: Option<&'a str>,
    mentions_before: u32,
    customer_since: Option<&'a str>,
}

#[derive(Serialize)]
struct Place<'a> {
    root: Option<&'a str>,
    parent_text: Option<&'a str>,
}

/// A finding with its score as it is meant: a `f32` would show as 0.9300000071525574.
#[derive(Serialize)]
struct Found<'a> {
    rule: &'a str,
    signal: crate::domain::Signal,
    score: f64,
    evidence: &'a [Evidence],
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    attributes: &'a [crate::domain::Attribute],
}

#[derive(Serialize)]
struct Moments {
    posted: Option<Seconds>,
    seen: Seconds,
    decided: Seconds,
    sent: Option<Seconds>,
}

#[derive(Serialize)]
struct Unwell<'a> {
    schema: u32,
    alert: AlertId,
    about: &'a str,
    what: &'a str,
    hint: &'a str,
    at: Seconds,
}

#[derive(Serialize)]
struct Test<'a> {
    channel: &'a str,
}

/// Gives the moment of this attempt: what is signed and what `timestamp` says.
pub(super) fn sent(alert: &Alert) -> Timestamp {
    match alert {
        Alert::Mention(alert) => alert.times.sent.unwrap_or(alert.times.decided),
        Alert::Health(health) => health.sent.unwrap_or(health.at),
    }
}

/// Writes the body of an alert, on one line.
pub(super) fn compact(alert: &Alert) -> String {
    write(alert, false)
}

/// Writes the body of an alert for people; the same fields as [`compact`].
pub(super) fn pretty(alert: &Alert) -> String {
    write(alert, true)
}

/// Writes the body of a test.
pub(super) fn test(channel: &str, now: Timestamp) -> String {
    json(&Event { r#type: "channel.test", timestamp: Seconds(now), data: Test { channel } }, false)
}

fn write(alert: &Alert, pretty: bool) -> String {
    let timestamp = Seconds(sent(alert));
    match alert {
        Alert::Mention(mention) => json(&Event { r#type: "mention.matched", timestamp, data: matched(mention) }, pretty),
        Alert::Health(health) => json(&Event { r#type: "health.alert", timestamp, data: unwell(health) }, pretty),
    }
}

fn json(event: &impl Serialize, pretty: bool) -> String {
    let text = if pretty { serde_json::to_string_pretty(event) } else { serde_json::to_string(event) };
    text.expect("structs of texts and numbers always become JSON")
}

fn matched(alert: &MentionAlert) -> Matched<'_> {
    let MentionAlert { mention, hearing, history, .. } = alert;
    let Hearing { primary, asks, lang, switch, findings } = hearing;
    Matched {
        schema: SCHEMA,
        id: alert.mention_id,
        alert: alert.id,
        case: alert.case,
        watch: &alert.watch,
        feed: &alert.feed,
        network: mention.network.as_str(),
        native_id: &mention.native_id,
        url: mention.url.as_deref(),
        author: Writer {
            handle: &mention.author.handle,
            name: mention.author.name.as_deref(),
            mentions_before: history.mentions_before,
            customer_since: history.customer_since.as_deref(),
        },
        text: &mention.text,
        lang: lang.as_deref().or(mention.lang.as_deref()),
        thread: Place { root: mention.thread.root.as_deref(), parent_text: mention.thread.parent_text.as_deref() },
        primary: *primary,
        asks: *asks,
        priority: alert.priority,
        answer_by: alert.answer_by.map(Seconds),
        switch: switch.as_ref(),
        findings: findings.iter().map(found).collect(),
        draft: alert.draft.as_ref(),
        times: moments(&alert.times),
    }
}

fn found(finding: &Finding) -> Found<'_> {
    Found {
        rule: &finding.rule,
        signal: finding.signal,
        score: (f64::from(finding.score) * 1000.0).round() / 1000.0,
        evidence: &finding.evidence,
        attributes: &finding.attributes,
    }
}

fn moments(times: &Times) -> Moments {
    Moments { posted: times.posted.map(Seconds), seen: Seconds(times.seen), decided: Seconds(times.decided), sent: times.sent.map(Seconds) }
}

fn unwell(health: &Health) -> Unwell<'_> {
    Unwell { schema: SCHEMA, alert: health.id, about: &health.about, what: &health.what, hint: &health.hint, at: Seconds(health.at) }
}
