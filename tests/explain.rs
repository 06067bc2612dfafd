//! `explain` has an answer for every stage at which a post can stop.

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

use courtier::domain::Reason;
use courtier::engine::Clock;
use history::Past30;
use serde_json::Value;

fn past() -> Past30 {
    Past30::begin(Clock::system().now())
}

fn explain(past: &Past30, what: &str) -> Value {
    let (code, out, error) = past.courtier(&["--config", "live.toml", "explain", what, "--format", "json"]);
    assert_eq!(code, 0, "{what}: {error}");
    serde_json::from_str::<Value>(&out).expect("JSON")["watches"][0].clone()
}

#[test]
fn a_text_that_names_nobody_hears_of_the_nearest_term() {
    let past = past();
    past.file("live.toml", &[]);
    for (text, near) in [
        ("I am leaving Nomadeks for good", "one letter from the term \"nomadesk\""),
        ("I am leaving nomda desk for good", "one letter from the term \"nomadesk\""),
        ("look at NomadeskHelper", "the term \"nomadesk\" stands inside \"NomadeskHelper\""),
        ("Dropbox is on my phone", "it names Dropbox: a post without the brand counts when somebody leaves a rival"),
        ("the weather is nice", "its terms are nomadesk, @nomadesk"),
    ] {
        let answer = explain(&past, text);
        assert_eq!(answer["reason"], "not-named", "{text}");
        assert!(answer["detail"].as_str().unwrap_or_default().contains(near), "{text}: {answer}");
    }
    assert_eq!(explain(&past, "Nomadesk's app is fine")["reason"], "no-signal");
    assert_eq!(explain(&past, "nomadeks")["nearest"]["term"], "nomadesk");
}

#[test]
fn each_stage_says_what_would_have_changed_it() {
    let past = past();
    let routes = "[[routes]]\nto = [\"care\"]\n";
    past.file("live.toml", &[("rivals = [\"dropbox\"]", "rivals = [\"dropbox\"]\nexclude = [\"standing desk\"]"), (routes, "")]);
    for (text, reason, detail) in [
        ("Nomadesk on my standing desk", "excluded", "standing desk"),
        ("a nomad desk in oak", "ambiguous", "cloud, sync*"),
        ("Nomadesk was in the newspaper", "no-signal", ""),
        ("We left Nomadesk years ago", "no-signal", "would have counted, were it not past"),
        ("How do I share a folder with Nomadesk?", "no-route", "the routes are 1 to care"),
        ("I am done with Nomadesk and I am switching to Dropbox", "new-case", ""),
    ] {
        let answer = explain(&past, text);
        assert!(answer["reason"] == reason, "{text}: {answer}");
        assert!(answer["detail"].as_str().unwrap_or_default().contains(detail), "{text}: {answer}");
        assert!(answer["says"].as_str().is_some_and(|says| says.len() > 30), "{text}: {answer}");
    }
}

#[tokio::test]
async fn every_reason_of_a_stored_mention_is_told_in_words_of_its_own() {
    let past = past();
    let mut answers = Vec::new();
    for (number, &reason) in Reason::ALL.iter().enumerate() {
        let id =
            past.keep(number as i64 + 1, &format!("kim{number}"), &format!("Nomadesk is in the news, number {number}"), Some(reason)).await;
        let (code, out, error) = past.courtier(&["--config", "live.toml", "explain", &id.to_string()]);
        assert_eq!(code, 0, "{error}");
        let then = out.lines().find(|line| line.trim().starts_with("decided 20")).unwrap_or_else(|| panic!("{reason}: {out}"));
        assert!(then.contains(reason.says()) && then.contains(reason.as_str()), "{reason}: {out}");
        answers.push(reason.says());
        let url = format!("https://bsky.example/kim{number}/{}", number + 1);
        assert_eq!(past.courtier(&["--config", "live.toml", "explain", &url]).1, out, "by its URL too");
    }
    answers.sort_unstable();
    answers.dedup();
    assert_eq!(answers.len(), Reason::ALL.len());
}

#[tokio::test]
async fn what_is_not_stored_and_what_is_forgotten_is_said() {
    let past = past();
    let id = past.heard(5, "kim", "I am done with Nomadesk and I am switching to Dropbox").await;
    past.forget("kim").await;
    let (code, out, _) = past.courtier(&["--config", "live.toml", "explain", &id.to_string()]);
    assert!(code == 0 && out.contains("Its words are forgotten") && out.contains("new-case") && !out.contains("done with"), "{out}");
    let (code, _, error) = past.courtier(&["--config", "live.toml", "explain", "https://bsky.example/nobody/1"]);
    assert!(code == 1 && error.contains("is not stored") && error.contains("posts that name nobody are not kept"), "{error}");
}
