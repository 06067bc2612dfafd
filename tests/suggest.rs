//! `watch suggest` learns from what people did, and its proposal does what it says.

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

use courtier::domain::{CaseState, Dismissal};
use courtier::engine::Clock;
use history::Past30;
use serde_json::Value;

/// A brand whose name is also a piece of furniture.
async fn past() -> Past30 {
    let past = Past30::begin(Clock::system().now());
    for n in 0..12 {
        let cloud = ["cloud", "files", "sync"][n % 3];
        let right = past
            .heard(1000 + n as i64, &format!("ann{n}"), &format!("Nomadesk is broken again, my {cloud} folder number {n} is gone"))
            .await;
        if n % 2 == 0 {
            past.case(right, CaseState::Answered).await;
        }
        let thing = ["oak", "walnut"][n % 2];
        let wrong = past
            .heard(500 + n as i64, &format!("bob{n}"), &format!("My Nomadesk arrived broken, the {thing} drawer number {n} is ruined"))
            .await;
        past.dismiss(wrong, Dismissal::NotUs).await;
    }
    let spam = past.heard(100, "eve", "Nomadesk is broken again, buy these oak files at a discount").await;
    past.dismiss(spam, Dismissal::Spam).await;
    past.heard(50, "fay", "a Nomadesk with a drawer in the news").await;
    past
}

fn suggest(past: &Past30, arguments: &[&str]) -> (Value, String) {
    let (code, out, error) = past.courtier(&[&["--config", "live.toml", "watch", "suggest", "--format", "json"], arguments].concat());
    assert_eq!(code, 0, "{error}");
    let found: Value = serde_json::from_str(&out).expect("JSON");
    (found[0].clone(), out)
}

#[tokio::test]
async fn the_proposal_keeps_the_right_ones_and_drops_the_wrong_ones() {
    let past = past().await;
    let (found, out) = suggest(&past, &["nomadesk"]);
    assert_eq!(found["labelled"], serde_json::json!({"right": 12, "wrong": 12}), "six handled are too few: {out}");
    assert_eq!(found["mentions"], 26);
    let words = |side: &str| -> Vec<String> {
        found["suggestion"][side].as_array().unwrap().iter().map(|one| one["word"].as_str().unwrap().to_owned()).collect()
    };
    assert!(words("wrong").contains(&"drawer".to_owned()) && words("right").contains(&"folder".to_owned()), "{out}");
    assert!(!words("right").iter().chain(&words("wrong")).any(|word| word == "nomadesk" || word == "the"), "{out}");
    assert_eq!(found["recommended"], "exclude", "{out}");
    let effect = &found["suggestion"]["changes"][0]["effect"];
    assert_eq!((&effect["right_lost"], &effect["wrong_dropped"]), (&Value::from(0), &Value::from(12)), "{out}");

    // What it proposes can be pasted, and does just that.
    let snippet = found["toml"].as_str().unwrap();
    let exclude = snippet.lines().find(|line| line.starts_with("exclude")).unwrap_or_else(|| panic!("{snippet}"));
    past.file("new.toml", &[("rivals = [\"dropbox\"]", &format!("rivals = [\"dropbox\"]\n{exclude}"))]);
    let (_, out, _) = past.courtier(&["--config", "new.toml", "backtest", "--format", "json"]);
    let report: Value = serde_json::from_str(&out).expect("JSON");
    assert_eq!((&report["lost"]["count"], &report["hidden"]["count"]), (&Value::from(12), &Value::from(0)), "{report}");
}

#[tokio::test]
async fn what_nobody_touched_does_not_count_once_enough_was_handled() {
    let past = past().await;
    for n in 0..8 {
        let handled =
            past.heard(300 + n, &format!("gus{n}"), &format!("Nomadesk is broken again, my cloud folder number {n} is gone")).await;
        past.case(handled, CaseState::Taken).await;
        past.heard(200 + n, &format!("hal{n}"), &format!("My Nomadesk arrived broken, the oak drawer number {n} is ruined")).await;
    }
    let (found, out) = suggest(&past, &["nomadesk"]);
    assert_eq!(found["labelled"], serde_json::json!({"right": 14, "wrong": 12}), "{out}");
    let effect = &found["suggestion"]["changes"][0]["effect"];
    assert_eq!((&effect["right_lost"], &effect["wrong_dropped"]), (&Value::from(0), &Value::from(12)), "{out}");
    assert!(effect["others_dropped"].as_u64() >= Some(8), "the untouched ones go too: {out}");
}

#[tokio::test]
async fn people_read_counts_and_effects() {
    let past = past().await;
    let (code, out, error) = past.courtier(&["--config", "live.toml", "watch", "suggest"]);
    assert_eq!(code, 0, "{error}");
    for words in ["26 mentions, 12 right and 12 wrong", "drawer", "0 of 12", "12 of 12", "[watches.nomadesk]", "exclude   = ["] {
        assert!(out.contains(words), "{words}: {out}");
    }
    let (code, out, _) = past.courtier(&["--config", "live.toml", "watch", "suggest", "--least", "20"]);
    assert!(code == 0 && out.contains("No word tells the two apart"), "{out}");
    let (code, _, error) = past.courtier(&["--config", "live.toml", "watch", "suggest", "nobody"]);
    assert!(code == 2 && error.contains("there is no watch `nobody`") && error.contains("nomadesk"), "{error}");
}

#[tokio::test]
async fn a_case_is_dismissed_with_a_reason_on_the_command_line() {
    let past = Past30::begin(Clock::system().now());
    let ids = [past.heard(9, "ann", "Nomadesk is broken again").await, past.heard(5, "bob", "Nomadesk arrived broken and ruined").await];
    let (_, out, _) = past.courtier(&["--config", "live.toml", "cases", "list", "--format", "json"]);
    let cases: Value = serde_json::from_str(&out).expect("JSON");
    let cases: Vec<&str> = cases.as_array().unwrap().iter().map(|case| case["id"].as_str().unwrap()).collect();
    assert_eq!(cases.len(), ids.len());
    let (code, out, error) = past.courtier(&["--config", "live.toml", "cases", "dismiss", "--reason", "not-us", cases[0], cases[1]]);
    assert!(code == 0 && out.matches("is dismissed: not-us").count() == 2, "{out}{error}");
    let (_, out, _) = past.courtier(&["--config", "live.toml", "cases", "show", cases[0]]);
    assert!(out.contains("dismissed as not-us"), "{out}");
    let (code, _, error) = past.courtier(&["--config", "live.toml", "cases", "dismiss", "cas_0000000000000"]);
    assert!(code == 2 && error.contains("there is no case"), "{error}");
}

#[tokio::test]
async fn without_a_dismissal_there_is_nothing_to_learn() {
    let past = Past30::begin(Clock::system().now());
    past.heard(5, "ann", "Nomadesk is broken again").await;
    let (code, out, _) = past.courtier(&["--config", "live.toml", "watch", "suggest"]);
    assert!(code == 0 && out.contains("nothing to learn from") && out.contains("--reason not-us"), "{out}");
}
