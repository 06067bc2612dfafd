//! A backtest finds every leaver that a changed file would hide, and says what it cannot know.

#![allow(
    clippy::pedantic,
    clippy::unwrap_used,
    clippy::print_stdout,
    clippy::print_stderr,
    clippy::disallowed_methods,
    clippy::string_slice,
    clippy::let_underscore_must_use,
    clippy::large_stack_arrays,
    clippy::type_complexity,
    clippy::async_yields_async,
    unreachable_pub,
    missing_docs,
    dead_code,
    reason = "a test may stop at the first surprise, prints what it skips, and owns its tasks"
)]

mod history;

use courtier::engine::Clock;
use history::Past30;
use jiff::{Timestamp, ToSpan};
use serde_json::Value;

const DAY: i64 = 24 * 60;

/// The last noon of a Wednesday, so that nights are nights whenever the test runs.
fn wednesday() -> Timestamp {
    let mut day = Clock::system().now().to_zoned(jiff::tz::TimeZone::UTC).date().yesterday().unwrap();
    while day.weekday() != jiff::civil::Weekday::Wednesday {
        day = day.checked_sub(1.day()).unwrap();
    }
    day.at(12, 0, 0, 0).to_zoned(jiff::tz::TimeZone::UTC).unwrap().timestamp()
}

/// A span that begins so many days before that noon.
fn since(days: i64) -> String {
    format!("{}m", days * DAY + (Clock::system().now().as_second() - wednesday().as_second()) / 60)
}

async fn past() -> Past30 {
    let past = Past30::begin(wednesday());
    past.heard(20 * DAY, "ann", "I am leaving Nomadesk for Dropbox, the price went up again").await;
    past.heard(10 * DAY, "bob", "Nomadesk is broken again, nothing works").await;
    past.heard(3 * DAY, "cat", "I am done with Nomadesk and I am switching to Dropbox \u{1b}[2J<!channel>").await;
    past.heard(2 * DAY + 9 * 60, "dan", "I am switching from Dropbox to Nomadesk today").await;
    past.heard(DAY, "eve", "How do I share a folder with Nomadesk?").await;
    past.heard(60, "fay", "Nomadesk was mentioned in the newspaper").await;
    past
}

fn json(past: &Past30, arguments: &[&str]) -> (i32, Value, String) {
    let (code, out, error) = past.courtier(&[&["backtest", "--format", "json"], arguments].concat());
    (code, serde_json::from_str(&out).unwrap_or_else(|_| panic!("JSON: {out}{error}")), error)
}

#[tokio::test]
async fn the_same_file_changes_nothing() {
    let past = past().await;
    for against in [&[][..], &["--against", "live.toml"][..]] {
        let (code, report, _) = json(&past, &[&["--config", "live.toml"], against].concat());
        assert_eq!((code, &report["mentions"]), (0, &Value::from(6)), "{report}");
        for kind in ["hidden", "turned", "lost", "new", "other"] {
            assert_eq!(report[kind]["count"], 0, "{kind}: {report}");
        }
        assert_eq!(report["alerts"]["leaving"], serde_json::json!({"before": 2, "now": 2}), "{report}");
    }
    let (code, out, _) = past.courtier(&["--config", "live.toml", "backtest", "--since", &since(5)]);
    assert!(code == 0 && out.contains("Hides nobody who leaves") && out.contains("4 mentions"), "{out}");
}

#[tokio::test]
async fn hidden_leavers_come_first_and_end_with_one() {
    let past = past().await;
    past.file("new.toml", &[("rivals = [\"dropbox\"]", "rivals = [\"dropbox\"]\nexclude = [\"the price\", \"newspaper\"]")]);
    let (code, out, _) = past.courtier(&["--config", "new.toml", "backtest"]);
    assert_eq!(code, 1, "{out}");
    let first = out.find("HIDES 1 person who leaves").expect("says so");
    assert!(first < 120, "before all else: {out}");
    let flat = out.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(out.contains("@ann on Bluesky") && flat.contains("\"the price\"") && !out.contains("@fay"), "{out}");
    let (_, report, _) = json(&past, &["--config", "new.toml"]);
    let hidden = &report["hidden"]["samples"][0];
    assert_eq!((&hidden["now"]["reason"], &hidden["before"]["hearing"]["primary"]), (&"excluded".into(), &"leaving".into()), "{report}");
    // Outside the span nobody is hidden.
    assert_eq!(json(&past, &["--config", "new.toml", "--since", &since(15)]).0, 0);
}

#[tokio::test]
async fn a_watch_that_goes_and_a_route_that_goes_hide_leavers_too() {
    let past = past().await;
    past.file("renamed.toml", &[("[watches.nomadesk]", "[watches.desk]")]);
    let (code, report, _) = json(&past, &["--config", "renamed.toml"]);
    assert_eq!((code, &report["hidden"]["count"]), (1, &Value::from(2)), "{report}");
    assert!(report["hidden"]["samples"][0]["now"]["reason"].is_null());
    assert_eq!(report["new"]["count"], 5, "the same posts are new for the other watch: {report}");

    past.file("unrouted.toml", &[("[[routes]]\nto = [\"care\"]\n", ""), ("priority = \"urgent\"", "primary = \"complaint\"")]);
    let (code, report, _) = json(&past, &["--config", "unrouted.toml"]);
    assert_eq!((code, &report["hidden"]["count"]), (1, &Value::from(2)), "{report}");
    assert_eq!(report["hidden"]["samples"][0]["now"]["reason"], "no-route");
}

#[tokio::test]
async fn directions_losses_and_nights_are_counted() {
    let past = past().await;
    // The brand and its rival in each other's place: every direction turns.
    past.file(
        "turned.toml",
        &[
            ("terms = [\"nomadesk\", \"@nomadesk\"]", "terms = [\"dropbox\"]"),
            ("terms = [\"dropbox\"]\n[feeds", "terms = [\"nomadesk\"]\n[feeds"),
        ],
    );
    let (code, report, _) = json(&past, &["--config", "turned.toml"]);
    assert_eq!((code, &report["hidden"]["count"], &report["turned"]["count"]), (1, &Value::from(2), &Value::from(1)), "{report}");
    assert_eq!(report["lost"]["count"], 2, "the complaint and the question are about a rival now: {report}");

    let (_, report, _) = json(&past, &["--config", "live.toml"]);
    assert_eq!(report["notifiers"]["pager"], serde_json::json!({"before": 0, "now": 1, "by_night": 1}), "{report}");
    assert_eq!(report["by_night"], serde_json::json!({"before": 3, "now": 3}), "{report}");
}

#[tokio::test]
async fn what_it_cannot_know_is_said_and_strangers_stay_harmless() {
    let past = past().await;
    past.file("wider.toml", &[("\"@nomadesk\"]", "\"@nomadesk\", \"nmdsk\"]"), ("[feeds.bsky]", "[feeds.sky]")]);
    let (code, out, _) = past.courtier(&["--config", "wider.toml", "backtest", "--against", "live.toml"]);
    assert_eq!(code, 0, "{out}");
    assert!(out.contains("adds \"nmdsk\"") && out.contains("were never kept"), "{out}");
    let flat = out.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(flat.contains("6 mentions came from a feed \"bsky\" that the file does not have"), "{out}");
    past.file("none.toml", &[("\"nomadesk\", \"@nomadesk\"", "\"@nomadesk\"")]);
    for format in ["table", "csv", "json", "ndjson"] {
        let (code, out, error) = past.courtier(&["--config", "none.toml", "backtest", "--format", format]);
        assert!(code == 1 && out.contains("channel") && !out.contains('\u{1b}'), "{format}: {out}{error}");
    }
    let (code, _, error) = past.courtier(&["--config", "nowhere.toml", "backtest"]);
    assert!(code == 2 && error.contains("no such file"), "{error}");
}

#[tokio::test]
async fn rules_of_ones_own_are_tried_on_the_past_first_in_shadow_mode() {
    let past = past().await;
    let rule = |mode: &str| {
        format!(
            "path = \"courtier.db\"\n[[rules]]\nid = \"standstill\"\nmatch = '''brand AND (\"nothing works\" OR newspaper)'''\n\
             signal = \"complaint\"\npriority = \"urgent\"\nmode = \"{mode}\"\n  [[rules.test]]\n  text = \"Nomadesk: nothing works\"\n  expect = {{ fires = true }}\n"
        )
    };
    past.file("shadow.toml", &[("path = \"courtier.db\"\n", &rule("shadow"))]);
    let (code, report, _) = json(&past, &["--config", "shadow.toml"]);
    assert_eq!((code, &report["shadows"]["standstill"]["count"]), (0, &Value::from(2)), "{report}");
    for kind in ["hidden", "turned", "lost", "new", "other", "urgency"] {
        assert_eq!(report[kind]["count"], 0, "a shadow changes nothing, {kind}: {report}");
    }
    let (_, out, _) = past.courtier(&["--config", "shadow.toml", "backtest"]);
    assert!(out.contains("In shadow mode, standstill fires: 2") && out.contains("[nothing works]"), "{out}");

    past.file("live-rule.toml", &[("path = \"courtier.db\"\n", &rule("live"))]);
    let (code, report, _) = json(&past, &["--config", "live-rule.toml"]);
    assert_eq!((code, &report["new"]["count"], &report["urgency"]["count"]), (0, &Value::from(1), &Value::from(1)), "{report}");
    assert_eq!(report["rules"]["standstill"], serde_json::json!({"before": 0, "now": 2}), "{report}");

    // A rule that fails its own test is told, and the past is shown all the same: it may say why.
    let wrong = rule("live").replace("fires = true", "fires = false");
    past.file("wrong.toml", &[("path = \"courtier.db\"\n", &wrong)]);
    let (code, _, error) = past.courtier(&["--config", "wrong.toml", "backtest"]);
    assert!(code == 0 && error.contains("warning: the rule \"standstill\" fires on a post"), "{code} {error}");
}

/// Cases that grew and rose, that people closed, that were opened before the span, and repeats: each is decided as it was.
#[tokio::test]
async fn a_busy_past_is_decided_again_as_it_was() {
    const SAID: [&str; 7] = [
        "I am done with Nomadesk and I am switching to Dropbox",
        "Nomadesk is broken again, my files are gone",
        "How do I share a folder with Nomadesk?",
        "I love Nomadesk, best sync ever",
        "I am switching from Dropbox to Nomadesk today",
        "Still no answer from @nomadesk about my refund, second time I ask",
        "Leaving Nomadesk because the price went up again",
    ];
    let past = Past30::begin(Clock::system().now());
    let mut dice = fastrand::Rng::with_seed(20_261_122);
    let mut minutes: Vec<i64> = (0..300).map(|_| dice.i64(1..24 * DAY)).collect();
    minutes.sort_unstable();
    for (number, ago) in minutes.iter().rev().enumerate() {
        // Some say the very same again; few authors, so that cases are long.
        let more = if dice.u8(0..6) == 0 { String::new() } else { format!(" ({number})") };
        let text = format!("{}{more}", SAID[dice.usize(0..SAID.len())]);
        let id = past.heard(*ago, &format!("kim{}", dice.u8(0..12)), &text).await;
        if dice.u8(0..3) == 0 {
            past.dismiss(id, courtier::domain::Dismissal::NoAnswer).await;
        }
    }
    for span in ["30d", "9d", "2d"] {
        let (code, report, _) = json(&past, &["--config", "live.toml", "--since", span]);
        assert_eq!(code, 0, "{report}");
        for (signal, pair) in report["alerts"].as_object().expect("alerts") {
            assert_eq!(pair["before"], pair["now"], "{signal} in {span}: {report}");
        }
        for kind in ["hidden", "turned", "lost", "new", "other", "urgency"] {
            assert_eq!(report[kind]["count"], 0, "{kind} in {span}: {report}");
        }
    }
}
