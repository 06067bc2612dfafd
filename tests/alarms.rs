//! The alarms that the package offers load into Prometheus, and name metrics that there are.

#![allow(
    clippy::pedantic,
    clippy::unwrap_used,
    clippy::print_stdout,
    clippy::print_stderr,
    clippy::disallowed_methods,
    reason = "a test may stop at the first surprise, and prints what it skips"
)]

use std::path::{Path, PathBuf};
use std::process::Command;

use courtier::observe::{Metrics, Outcome};

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("packaging/prometheus")
}

/// The words of a text that look like metrics.
fn metrics(text: &str) -> Vec<&str> {
    text.split(|c: char| !c.is_ascii_alphanumeric() && c != '_').filter(|word| word.starts_with("courtier_")).collect()
}

/// Every metric after a busy day.
fn written() -> String {
    let metrics = Metrics::new();
    metrics.plan(["bsky"].into_iter(), ["care"].into_iter());
    metrics.fetched("bsky", "ok");
    metrics.answered("forum", 401);
    metrics.decided("bsky", "nomadesk", "new-case", Some(0.2), 0.001);
    metrics.found("sync-trouble", "shadow");
    metrics.attempted("care", Outcome::Retried, Some("http-429"), None);
    metrics.attempted("care", Outcome::Delivered, None, Some(0.4));
    metrics.cursor_age("bsky", 1.5);
    metrics.forgotten(3, 1);
    metrics.store(true);
    metrics.render()
}

#[test]
fn every_metric_of_the_rules_and_of_the_page_is_there() {
    let there = written();
    let page = std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/operating.md")).expect("readable");
    for family in there.lines().filter_map(|line| line.strip_prefix("# TYPE ")?.split(' ').next()) {
        assert!(page.contains(&format!("`{family}`")), "the page does not explain {family}");
    }
    for page in ["packaging/prometheus/courtier.rules.yml", "docs/operating.md"] {
        let text = std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(page)).expect("readable");
        let named = metrics(&text);
        assert!(named.len() > 5, "{page} names no metrics");
        for metric in named {
            let family = metric.strip_suffix("_bucket").unwrap_or(metric);
            assert!(there.contains(&format!("# TYPE {family} ")), "{page} names {metric}, which nobody writes");
        }
    }
}

#[test]
fn the_rules_load_and_ring_when_they_should() {
    for arguments in [["check", "rules", "courtier.rules.yml"], ["test", "rules", "courtier.rules.test.yml"]] {
        let Ok(output) = Command::new("promtool").args(arguments).current_dir(folder()).output() else {
            println!("skipped: promtool is not installed");
            return;
        };
        let said = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        assert!(output.status.success(), "{arguments:?}: {}{}", said(&output.stdout), said(&output.stderr));
    }
}
