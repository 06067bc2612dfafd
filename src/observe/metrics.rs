//! The metrics, by name. Scraped as `/metrics`, read by `courtier status`.
//!
//! Labels are names from the configuration and words from the code, never
//! words of strangers: the number of series has a bound that the sysadmin set.

use std::collections::BTreeSet;
use std::fmt;
use std::sync::atomic::AtomicU64;
use std::sync::{Arc, Mutex, PoisonError};

use prometheus_client::encoding::{EncodeLabelSet, text};
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::Registry;

/// The content type of [`Metrics::render`].
pub const CONTENT_TYPE: &str = "text/plain; version=0.0.4; charset=utf-8";

/// Bounds in seconds, from a millisecond to a day: a live feed and a slow poll both show.
const LATENCY: [f64; 17] = [0.001, 0.005, 0.01, 0.05, 0.1, 0.25, 0.5, 1.0, 2.0, 5.0, 10.0, 30.0, 60.0, 300.0, 900.0, 3_600.0, 86_400.0];

/// A post that is dated longer ago than this was not late: its date is old, or made up. One of 1970 would
/// outweigh a year of others in the sum of the histogram.
const OLDEST: f64 = 86_400.0;
/// How far ahead of ours the author's clock may be.
const FUTURE: f64 = 300.0;
/// How a call of a feed ends.
const OUTCOMES: [&str; 5] = ["ok", "throttled", "denied", "unreachable", "unreadable"];
/// How a date is odd.
const DATES: [&str; 2] = ["old", "future"];

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct FeedLabel {
    feed: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct FetchLabel {
    feed: String,
    outcome: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct DateLabel {
    feed: String,
    date: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct AnswerLabel {
    feed: String,
    status: u16,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct DecisionLabel {
    watch: String,
    reason: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct RuleLabel {
    rule: String,
    outcome: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct NotifierLabel {
    notifier: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct DeliveryLabel {
    notifier: String,
    outcome: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct RetryLabel {
    notifier: String,
    reason: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct ForgottenLabel {
    what: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct BuildLabel {
    version: &'static str,
}

/// How an attempt to deliver ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// The receiver said yes.
    Delivered,
    /// To be tried again.
    Retried,
    /// Gave up.
    Dead,
}

impl Outcome {
    const ALL: [Self; 3] = [Self::Delivered, Self::Retried, Self::Dead];

    fn as_str(self) -> &'static str {
        match self {
            Self::Delivered => "delivered",
            Self::Retried => "retried",
            Self::Dead => "dead",
        }
    }
}

type Float = Gauge<f64, AtomicU64>;
type Latency<L> = Family<L, Histogram, fn() -> Histogram>;

/// Every metric; cheap to clone.
#[derive(Clone)]
pub struct Metrics {
    registry: Arc<Registry>,
    posts: Family<FeedLabel, Counter>,
    mentions: Family<FeedLabel, Counter>,
    unreadable: Family<FeedLabel, Counter>,
    fetches: Family<FetchLabel, Counter>,
    answers: Family<AnswerLabel, Counter>,
    decisions: Family<DecisionLabel, Counter>,
    findings: Family<RuleLabel, Counter>,
    deliveries: Family<DeliveryLabel, Counter>,
    retries: Family<RetryLabel, Counter>,
    waiting: Family<NotifierLabel, Gauge>,
    dead: Family<NotifierLabel, Gauge>,
    oldest: Family<NotifierLabel, Float>,
    cursor_age: Family<FeedLabel, Float>,
    feed_up: Family<FeedLabel, Gauge>,
    feed_silent: Family<FeedLabel, Gauge>,
    store_up: Gauge,
    forgotten: Family<ForgottenLabel, Counter>,
    odd_dates: Family<DateLabel, Counter>,
    seen: Latency<FeedLabel>,
    decided: Latency<FeedLabel>,
    delivered: Latency<NotifierLabel>,
    /// The feeds and notifiers of the plan that runs.
    planned: Arc<Mutex<(BTreeSet<String>, BTreeSet<String>)>>,
}

impl fmt::Debug for Metrics {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Metrics").finish_non_exhaustive()
    }
}

impl Default for Metrics {
    fn default() -> Self {
        Self::new()
    }
}

impl Metrics {
    /// Registers every metric with its help text.
    pub fn new() -> Self {
        let latency: fn() -> Histogram = || Histogram::new(LATENCY);
        let mut all = Self {
            registry: Arc::new(Registry::default()),
            posts: Family::default(),
            mentions: Family::default(),
            unreadable: Family::default(),
            fetches: Family::default(),
            answers: Family::default(),
            decisions: Family::default(),
            findings: Family::default(),
            deliveries: Family::default(),
            retries: Family::default(),
            waiting: Family::default(),
            dead: Family::default(),
            oldest: Family::default(),
            cursor_age: Family::default(),
            feed_up: Family::default(),
            feed_silent: Family::default(),
            store_up: Gauge::default(),
            forgotten: Family::default(),
            odd_dates: Family::default(),
            seen: Family::new_with_constructor(latency),
            decided: Family::new_with_constructor(latency),
            delivered: Family::new_with_constructor(latency),
            planned: Arc::default(),
        };
        let mut registry = Registry::with_prefix("courtier");
        registry.register("posts", "Posts that a feed handed over", all.posts.clone());
        registry.register("mentions", "Posts that name a watch", all.mentions.clone());
        registry.register("unreadable_posts", "Posts that a feed could not read and passed over", all.unreadable.clone());
        registry.register("fetches", "Calls of a feed by outcome", all.fetches.clone());
        registry.register("inbound_requests", "Requests to a push feed by the status of our answer", all.answers.clone());
        registry.register("decisions", "Decided mentions by reason", all.decisions.clone());
        registry.register(
            "findings",
            "Findings in stored mentions by rule: counted, lowered, or of a rule in shadow mode",
            all.findings.clone(),
        );
        registry.register("deliveries", "Attempts to deliver by outcome", all.deliveries.clone());
        registry.register("delivery_retries", "Attempts that are made again, by reason", all.retries.clone());
        registry.register("outbox_waiting", "Deliveries that wait", all.waiting.clone());
        registry.register("outbox_dead", "Dead letters", all.dead.clone());
        registry.register("outbox_oldest_seconds", "How long the oldest waiting delivery has been due", all.oldest.clone());
        registry.register("cursor_age_seconds", "Time since a feed's cursor was written", all.cursor_age.clone());
        registry.register("feed_up", "Whether the last call of a feed succeeded", all.feed_up.clone());
        registry.register("feed_silent", "Whether a feed answers and brings nothing for longer than its silence", all.feed_silent.clone());
        registry.register("forgotten", "Mentions whose words or author were forgotten by age", all.forgotten.clone());
        registry.register("store_up", "Whether the store answers and can write", all.store_up.clone());
        registry.register(
            "odd_dates",
            "Mentions dated more than a day before or five minutes after they were seen; not in posted_to_seen",
            all.odd_dates.clone(),
        );
        registry.register("posted_to_seen_seconds", "From the author's date to hearing it, odd dates left out", all.seen.clone());
        registry.register("seen_to_decided_seconds", "From hearing it to the committed decision", all.decided.clone());
        registry.register(
            "decided_to_delivered_seconds",
            "From the decision, or from when it was due, to the receiver's yes",
            all.delivered.clone(),
        );
        let build = Family::<BuildLabel, Gauge>::default();
        build.get_or_create(&BuildLabel { version: env!("CARGO_PKG_VERSION") }).set(1);
        registry.register("build_info", "The version that runs", build);
        all.registry = Arc::new(registry);
        all
    }

    /// Shows a plan's feeds and notifiers from the start, at zero, and none that it does not have any more:
    /// an alarm needs figures before anything goes wrong, and must end when its part is gone.
    pub fn plan<'a>(&self, feeds: impl Iterator<Item = &'a str>, notifiers: impl Iterator<Item = &'a str>) {
        let (feeds, notifiers): (BTreeSet<String>, BTreeSet<String>) =
            (feeds.map(str::to_owned).collect(), notifiers.map(str::to_owned).collect());
        for name in &feeds {
            self.heard(name, 0, 0, 0);
            self.silent(name, false);
            for outcome in OUTCOMES {
                drop(self.fetches.get_or_create(&FetchLabel { feed: name.clone(), outcome }));
            }
            for date in DATES {
                drop(self.odd_dates.get_or_create(&DateLabel { feed: name.clone(), date }));
            }
        }
        for name in &notifiers {
            for outcome in Outcome::ALL {
                drop(self.deliveries.get_or_create(&DeliveryLabel { notifier: name.clone(), outcome: outcome.as_str() }));
            }
            let label = NotifierLabel { notifier: name.clone() };
            drop((self.waiting.get_or_create(&label), self.dead.get_or_create(&label)));
            drop(self.oldest.get_or_create(&label));
        }
        let mut planned = self.planned.lock().unwrap_or_else(PoisonError::into_inner);
        for gone in planned.0.difference(&feeds) {
            let label = FeedLabel { feed: gone.clone() };
            self.feed_up.remove(&label);
            self.feed_silent.remove(&label);
            self.cursor_age.remove(&label);
        }
        for gone in planned.1.difference(&notifiers) {
            let label = NotifierLabel { notifier: gone.clone() };
            self.waiting.remove(&label);
            self.dead.remove(&label);
            self.oldest.remove(&label);
        }
        *planned = (feeds, notifiers);
    }

    /// Counts one call of a feed.
    pub fn fetched(&self, feed: &str, outcome: &'static str) {
        self.fetches.get_or_create(&FetchLabel { feed: feed.into(), outcome }).inc();
        self.feed_up.get_or_create(&FeedLabel { feed: feed.into() }).set(i64::from(outcome == "ok"));
    }

    /// Counts a request to a push feed by the status it was answered with.
    pub fn answered(&self, feed: &str, status: u16) {
        self.answers.get_or_create(&AnswerLabel { feed: feed.into(), status }).inc();
    }

    /// Counts what a call brought.
    pub fn heard(&self, feed: &str, posts: u64, mentions: u64, unreadable: u64) {
        let label = FeedLabel { feed: feed.into() };
        self.posts.get_or_create(&label).inc_by(posts);
        self.mentions.get_or_create(&label).inc_by(mentions);
        self.unreadable.get_or_create(&label).inc_by(unreadable);
    }

    /// Counts one decision and its latencies in seconds; posts without a date have no first one.
    pub fn decided(&self, feed: &str, watch: &str, reason: &'static str, posted_to_seen: Option<f64>, seen_to_decided: f64) {
        self.decisions.get_or_create(&DecisionLabel { watch: watch.into(), reason }).inc();
        let label = FeedLabel { feed: feed.into() };
        let odd = |date| self.odd_dates.get_or_create(&DateLabel { feed: feed.into(), date }).inc();
        match posted_to_seen {
            Some(OLDEST..) => _ = odd("old"),
            Some(seconds) if seconds < -FUTURE => _ = odd("future"),
            Some(seconds) => self.seen.get_or_create(&label).observe(seconds.max(0.0)),
            None => {}
        }
        self.decided.get_or_create(&label).observe(seen_to_decided.max(0.0));
    }

    /// Counts one finding of a rule: `counted`, `lowered` or `shadow`.
    pub fn found(&self, rule: &str, outcome: &'static str) {
        self.findings.get_or_create(&RuleLabel { rule: rule.into(), outcome }).inc();
    }

    /// Counts how an attempt ended; `reason` says why it is made again.
    pub fn attempted(&self, notifier: &str, outcome: Outcome, reason: Option<&str>, decided_to_delivered: Option<f64>) {
        self.deliveries.get_or_create(&DeliveryLabel { notifier: notifier.into(), outcome: outcome.as_str() }).inc();
        if let (Outcome::Retried, Some(reason)) = (outcome, reason) {
            self.retries.get_or_create(&RetryLabel { notifier: notifier.into(), reason: reason.into() }).inc();
        }
        if let Some(seconds) = decided_to_delivered {
            self.delivered.get_or_create(&NotifierLabel { notifier: notifier.into() }).observe(seconds.max(0.0));
        }
    }

    /// Shows how much waits for a notifier; `oldest` in seconds.
    pub fn outbox(&self, notifier: &str, waiting: u64, dead: u64, oldest: f64) {
        let label = NotifierLabel { notifier: notifier.into() };
        self.waiting.get_or_create(&label).set(i64::try_from(waiting).unwrap_or(i64::MAX));
        self.dead.get_or_create(&label).set(i64::try_from(dead).unwrap_or(i64::MAX));
        self.oldest.get_or_create(&label).set(oldest);
    }

    /// Shows the age of a feed's cursor in seconds.
    pub fn cursor_age(&self, feed: &str, seconds: f64) {
        self.cursor_age.get_or_create(&FeedLabel { feed: feed.into() }).set(seconds);
    }

    /// Shows whether a feed is silent for too long.
    pub fn silent(&self, feed: &str, silent: bool) {
        self.feed_silent.get_or_create(&FeedLabel { feed: feed.into() }).set(i64::from(silent));
    }

    /// Counts what was forgotten because of its age.
    pub fn forgotten(&self, texts: u64, authors: u64) {
        for (what, count) in [("text", texts), ("author", authors)] {
            self.forgotten.get_or_create(&ForgottenLabel { what }).inc_by(count);
        }
    }

    /// Shows whether the store answers.
    pub fn store(&self, up: bool) {
        self.store_up.set(i64::from(up));
    }

    /// Writes all of it in the Prometheus text format 0.0.4.
    pub fn render(&self) -> String {
        let mut open = String::new();
        if text::encode(&mut open, &self.registry).is_err() {
            return String::new();
        }
        classic(&open)
    }
}

/// Turns `OpenMetrics` text into the older Prometheus form: a counter's family is named with its `_total`.
fn classic(open: &str) -> String {
    let counters: Vec<&str> = open.lines().filter_map(|line| line.strip_prefix("# TYPE ")?.strip_suffix(" counter")).collect();
    let mut text = String::with_capacity(open.len() + 256);
    for line in open.lines().filter(|line| *line != "# EOF" && !line.starts_with("# UNIT ")) {
        let meta = ["# HELP ", "# TYPE "].iter().find_map(|start| Some((*start, line.strip_prefix(start)?)));
        match meta.and_then(|(start, rest)| Some((start, rest.split_once(' ')?))) {
            Some((start, (name, rest))) if counters.contains(&name) => {
                text.extend([start, name, "_total ", rest]);
            }
            _ => text.push_str(line),
        }
        text.push('\n');
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_sample_has_a_help_and_a_type_of_its_own_name() {
        let metrics = Metrics::new();
        metrics.fetched("bsky", "ok");
        metrics.heard("bsky", 5, 2, 0);
        metrics.answered("forum", 401);
        metrics.decided("bsky", "nomadesk", "new-case", Some(0.2), 0.001);
        metrics.decided("bsky", "nomadesk", "new-case", Some(1.8e9), 0.001);
        metrics.found("sync-trouble", "shadow");
        metrics.attempted("care", Outcome::Retried, Some("http-429"), None);
        metrics.attempted("care", Outcome::Delivered, None, Some(0.4));
        metrics.outbox("care", 1, 0, 3.0);
        metrics.cursor_age("bsky", 1.5);
        metrics.silent("bsky", false);
        metrics.forgotten(3, 1);
        metrics.store(true);
        let text = metrics.render();
        for line in text.lines().filter(|line| !line.starts_with('#')) {
            let name = line.split(['{', ' ']).next().unwrap_or_default();
            let family = ["_bucket", "_sum", "_count"].iter().find_map(|end| name.strip_suffix(end)).unwrap_or(name);
            let known = |start: &str| text.contains(&format!("{start} {family} "));
            assert!(known("# TYPE") && known("# HELP"), "{line}");
        }
        assert!(text.contains("courtier_mentions_total{feed=\"bsky\"} 2"), "{text}");
    }

    #[test]
    fn dates_of_1970_and_of_2031_are_counted_and_distort_no_sum() {
        let metrics = Metrics::new();
        for seconds in [0.5, -2.0, 1_795_300_000.0, -150_000_000.0, 86_399.0] {
            metrics.decided("bsky", "nomadesk", "new-case", Some(seconds), 0.001);
        }
        let text = metrics.render();
        for line in [
            "courtier_posted_to_seen_seconds_sum{feed=\"bsky\"} 86399.5",
            "courtier_posted_to_seen_seconds_count{feed=\"bsky\"} 3",
            "courtier_odd_dates_total{feed=\"bsky\",date=\"old\"} 1",
            "courtier_odd_dates_total{feed=\"bsky\",date=\"future\"} 1",
            "courtier_seen_to_decided_seconds_count{feed=\"bsky\"} 5",
        ] {
            assert!(text.contains(line), "{line}\n{text}");
        }
    }

    #[test]
    fn a_plan_has_figures_before_anything_happens_and_none_of_what_it_lost() {
        let metrics = Metrics::new();
        metrics.plan(["bsky", "blog"].into_iter(), ["care", "crm"].into_iter());
        let text = metrics.render();
        for line in [
            "courtier_outbox_waiting{notifier=\"care\"} 0",
            "courtier_outbox_dead{notifier=\"crm\"} 0",
            "courtier_outbox_oldest_seconds{notifier=\"care\"} 0.0",
            "courtier_deliveries_total{notifier=\"care\",outcome=\"dead\"} 0",
            "courtier_fetches_total{feed=\"blog\",outcome=\"denied\"} 0",
            "courtier_mentions_total{feed=\"bsky\"} 0",
            "courtier_odd_dates_total{feed=\"bsky\",date=\"old\"} 0",
        ] {
            assert!(text.contains(line), "{line}\n{text}");
        }
        metrics.fetched("blog", "denied");
        metrics.outbox("crm", 0, 7, 0.0);
        metrics.plan(["bsky"].into_iter(), ["care"].into_iter());
        let text = metrics.render();
        assert!(!text.contains("courtier_feed_up{feed=\"blog\"}"), "an alarm on it would never end: {text}");
        assert!(!text.contains("courtier_outbox_dead{notifier=\"crm\"}"), "{text}");
        assert!(text.contains("courtier_outbox_dead{notifier=\"care\"} 0"), "{text}");
    }
}
