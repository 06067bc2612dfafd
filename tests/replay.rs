//! Old mentions through new rules: findings are written, decisions stay, and with `--alert` nobody stays missed.

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
use serde_json::Value;

const RULE: &str = "path = \"courtier.db\"\n[[rules]]\nid = \"press\"\nmatch = \"brand AND newspaper\"\nsignal = \"complaint\"\n\
  [[rules.test]]\n  text = \"Nomadesk in the newspaper\"\n  expect = { fires = true }\n";

fn json(past: &Past30, arguments: &[&str]) -> Value {
    let (code, out, error) = past.courtier(&[&["--config", "new.toml"], arguments, &["--format", "json"]].concat());
    assert_eq!(code, 0, "{arguments:?}: {out}{error}");
    serde_json::from_str(&out).expect("JSON")
}

#[tokio::test]
async fn findings_are_written_decisions_stay_and_nobody_stays_missed() {
    let past = Past30::begin(Clock::system().now());
    past.heard(90, "ann", "I am done with Nomadesk and I am switching to Dropbox, says a newspaper").await;
    let quiet = past.heard(60, "bob", "Nomadesk was in the newspaper").await;
    past.heard(50, "cat", "Nomadesk was on the radio").await;
    past.heard(30, "bob", "Nomadesk: again in the newspaper").await;
    let old = past.heard(3 * 24 * 60, "dan", "Nomadesk, said the newspaper").await;
    past.file("new.toml", &[("path = \"courtier.db\"\n", RULE)]);
    let cases = |past: &Past30| json(past, &["cases", "list"]).as_array().unwrap().len();
    let outbox = |past: &Past30| json(past, &["outbox", "list"]).as_array().unwrap().len();
    let (open, waiting) = (cases(&past), outbox(&past));

    let rows = json(&past, &["replay", "--alert", "--dry-run"]);
    assert_eq!(rows.as_array().unwrap().len(), 3, "{rows}");
    let explained = json(&past, &["explain", &quiet.to_string()]);
    assert_eq!(explained["decided_then"][0]["reason"], "no-signal", "nothing was written");

    let rows = json(&past, &["replay"]);
    assert_eq!(rows.as_array().unwrap().len(), 3, "{rows}");
    assert_eq!((cases(&past), outbox(&past)), (open, waiting), "findings only");
    let again = json(&past, &["replay"]);
    assert_eq!(again.as_array().unwrap().len(), 0, "once is enough: {again}");
    let report = json(&past, &["backtest", "--since", "2d"]);
    assert_eq!((&report["new"]["count"], &report["rules"]["press"]["before"]), (&Value::from(0), &Value::from(3)), "{report}");

    let rows = json(&past, &["replay", "--alert"]);
    let reasons: Vec<&str> = rows.as_array().unwrap().iter().map(|row| row["decision"].as_str().unwrap()).collect();
    assert_eq!(reasons, ["new-case", "case-grew"], "one author, one case, one alert: {rows}");
    assert_eq!((cases(&past), outbox(&past)), (open + 1, waiting + 1));
    assert_eq!(json(&past, &["replay", "--alert"]).as_array().unwrap().len(), 0);
    assert_eq!(json(&past, &["explain", &quiet.to_string()])["decided_then"][0]["reason"], "new-case");
    assert_eq!(json(&past, &["explain", &old.to_string()])["decided_then"][0]["reason"], "no-signal", "outside the span");

    let (code, out, _) = past.courtier(&["--config", "new.toml", "replay", "--since", "9d"]);
    assert!(code == 0 && out.contains("5 mentions heard again, 1 heard differently, 0 alerts."), "{out}");
}

#[tokio::test]
async fn an_alert_of_the_past_waits_for_others_only_where_they_share_a_card() {
    let past = Past30::begin(Clock::system().now());
    past.heard(60, "bob", "Nomadesk was in the newspaper").await;
    let crm = "[notifiers.pager]\ntype = \"webhook\"\nurl = \"https://crm.example.org/in\"\nsecret = \"env:CRM_KEY_THAT_NOBODY_SET\"";
    past.file(
        "new.toml",
        &[
            ("path = \"courtier.db\"\n", RULE),
            ("[notifiers.pager]\ntype = \"terminal\"", crm),
            ("off_hours = [\"pager\"]\n", ""),
            ("[hours]\nzone = \"UTC\"\nstaffed = [\"Mon-Fri 08:00-18:00\"]\n", ""),
            ("[[routes]]\nto = [\"care\"]", "[[routes]]\nto = [\"care\", \"pager\"]\nfold = { by = [\"author\"], wait = \"1h\" }"),
        ],
    );
    json(&past, &["replay", "--alert"]);
    let waiting = json(&past, &["outbox", "list"]);
    let due = |notifier: &str| -> jiff::Timestamp {
        let of = |one: &&Value| one["notifier"] == notifier && one["state"] != "delivered";
        let one = waiting.as_array().unwrap().iter().find(of).unwrap_or_else(|| panic!("{notifier}: {waiting}"));
        one["due"].as_str().unwrap().parse().unwrap()
    };
    let minutes = |at: jiff::Timestamp| at.duration_since(past.now).as_mins();
    assert!(minutes(due("pager")) < 30, "a webhook sends each alone, at once: {waiting}");
    assert!(minutes(due("care")) >= 30, "the card waits for others: {waiting}");
}
