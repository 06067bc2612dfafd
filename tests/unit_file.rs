//! The systemd unit is valid, hardened, and means what the program does.

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
use std::process::Command;

fn unit() -> (PathBuf, String) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("systemd/courtier.service");
    let text = std::fs::read_to_string(&path).expect("the unit is there");
    (path, text)
}

/// A copy whose program exists on this machine: `systemd-analyze` looks for it.
fn copy(folder: &Path) -> PathBuf {
    let (_, text) = unit();
    let path = folder.join("courtier.service");
    std::fs::write(&path, text.replace("/usr/bin/courtier", env!("CARGO_BIN_EXE_courtier"))).expect("writable");
    path
}

fn analyze(arguments: &[&str], path: &Path) -> Option<String> {
    let output = match Command::new("systemd-analyze").args(arguments).arg(path).output() {
        Ok(output) => output,
        Err(error) => {
            println!("skipped: no systemd-analyze here ({error})");
            return None;
        }
    };
    Some(String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr))
}

#[test]
fn verify_prints_nothing() {
    let folder = tempfile::tempdir().expect("a folder");
    if let Some(said) = analyze(&["verify", "--man=no"], &copy(folder.path())) {
        assert_eq!(said, "");
    }
}

#[test]
fn exposure_is_at_most_two() {
    let folder = tempfile::tempdir().expect("a folder");
    let Some(said) = analyze(&["security", "--offline=true", "--no-pager"], &copy(folder.path())) else { return };
    let level =
        said.split("courtier.service: ").nth(1).and_then(|rest| rest.split_whitespace().next()).and_then(|level| level.parse::<f64>().ok());
    let level = level.unwrap_or_else(|| panic!("no level in {said}"));
    assert!(level <= 2.0, "{level}");
}

#[test]
fn it_asks_for_what_the_program_speaks() {
    let (_, text) = unit();
    for line in [
        "Type=notify",
        "WatchdogSec=60s",
        "StateDirectory=courtier",
        "DynamicUser=yes",
        "ExecReload=/usr/bin/courtier reload --config /etc/courtier/courtier.toml",
        "TimeoutStopSec=30s",
    ] {
        assert!(text.lines().any(|one| one == line), "{line} is missing");
    }
    assert!(text.contains("LoadCredential="), "credentials are shown");
}
