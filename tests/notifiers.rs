//! What a notifier sends, case by case, and what no notifier ever does.
//!
//! `fixtures/notify/<kind>/<case>/alert.json` is rendered and compared with
//! `expected.*` beside it. `UPDATE=1 cargo test --test notifiers` writes the
//! expected files anew; read the difference before you commit it.

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
    reason = "a test may stop at the first surprise, prints what it skips, and owns its tasks"
)]

use std::path::{Path, PathBuf};

use courtier::domain::Alert;
use courtier::notify::{self, NOTIFIERS};
use jiff::tz::TimeZone;

const KEY: &str = "dlv_1J5Q0V8K3MT4D";

fn folder(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures").join(path)
}

fn entries(folder: &Path) -> Vec<PathBuf> {
    let mut paths: Vec<_> = std::fs::read_dir(folder)
        .unwrap_or_else(|error| panic!("{}: {error}", folder.display()))
        .map(|entry| entry.unwrap().path())
        .collect();
    paths.sort();
    paths
}

fn read_alert(case: &Path) -> Alert {
    let text = std::fs::read_to_string(case.join("alert.json")).unwrap();
    serde_json::from_str(&text).unwrap_or_else(|error| panic!("{}: {error}", case.display()))
}

#[test]
fn every_kind_renders_its_cases_as_expected() {
    let mut wrong = Vec::new();
    for kind in NOTIFIERS {
        let mut cases = 0;
        for case in entries(&folder(&format!("notify/{}", kind.name))) {
            let sent = (kind.render)(&read_alert(&case), KEY, &TimeZone::UTC);
            let ending = if sent.starts_with('{') { "json" } else { "txt" };
            let expected = case.join(format!("expected.{ending}"));
            let sent = format!("{}\n", sent.trim_end());
            if option_env!("UPDATE").is_some() {
                std::fs::write(&expected, &sent).unwrap();
            }
            if std::fs::read_to_string(&expected).unwrap_or_default() != sent {
                wrong.push(format!("--- {}\n{sent}", expected.display()));
            }
            cases += 1;
        }
        assert!(cases > 0, "no case for {}", kind.name);
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn kinds_are_found_by_name_and_say_what_they_are() {
    for kind in NOTIFIERS {
        assert_eq!(notify::kind(kind.name).map(|found| found.name), Some(kind.name));
        assert!(!kind.summary.is_empty() && kind.sample.contains(&format!("type = \"{}\"", kind.name)), "{}", kind.name);
    }
}
