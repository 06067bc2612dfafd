//! Imports run one way, and every file keeps the house rules a test can see.
//!
//! The map below is the one of `docs/architecture.md`. A room that needs an
//! import that is not here needs a better design first.

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

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

/// Each room and the rooms it may import.
const MAY_IMPORT: &[(&str, &[&str])] = &[
    ("domain", &[]),
    ("text", &["domain"]),
    ("net", &[]),
    ("observe", &[]),
    ("query", &["domain", "text"]),
    ("detect", &["domain", "text", "query"]),
    ("triage", &["domain", "query"]),
    ("reply", &["domain"]),
    ("config", &["domain"]),
    ("feed", &["domain", "text", "config", "net", "observe"]),
    ("notify", &["domain", "text", "config", "net", "observe"]),
    ("store", &["domain", "config", "observe"]),
    ("engine", &["domain", "text", "net", "observe", "query", "detect", "triage", "reply", "config", "feed", "notify", "store"]),
    ("web", &["domain", "observe", "store", "engine"]),
];

/// Rooms that may import everything below them.
const FREE: &[&str] = &["cli", "main.rs", "lib.rs"];

/// Rooms without IO, async, clock or log.
const PURE: &[&str] = &["domain", "text", "query", "detect", "triage", "reply"];

fn sources(folder: &Path, found: &mut Vec<PathBuf>) {
    let entries = fs::read_dir(folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    for entry in entries {
        let path = entry.expect("a directory entry").path();
        if path.is_dir() {
            sources(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push(path);
        }
    }
}

fn all() -> Vec<(String, PathBuf, String)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut found = Vec::new();
    sources(&root, &mut found);
    assert!(found.len() > 50, "only {} sources found", found.len());
    found
        .into_iter()
        .map(|path| {
            let inside = path.strip_prefix(&root).expect("below src");
            let room = inside.components().next().expect("a name").as_os_str().to_string_lossy().into_owned();
            let text = fs::read_to_string(&path).expect("readable");
            (room, inside.to_owned(), text)
        })
        .collect()
}

/// The rooms that a source names as `crate::room`, in code, not in comments.
fn imports(text: &str) -> BTreeSet<String> {
    let code: String = text.lines().filter(|line| !line.trim_start().starts_with("//")).map(|line| format!("{line}\n")).collect();
    let mut rooms = BTreeSet::new();
    for after in code.split("crate::").skip(1) {
        let name = |text: &str| text.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect::<String>();
        match after.strip_prefix('{') {
            Some(group) => rooms.extend(group.split('}').next().unwrap_or_default().split(',').map(|part| name(part.trim()))),
            None => {
                rooms.insert(name(after));
            }
        }
    }
    rooms
}

#[test]
fn imports_run_one_way() {
    let rooms: BTreeSet<&str> = MAY_IMPORT.iter().map(|(room, _)| *room).chain(["cli"]).collect();
    let mut wrong = Vec::new();
    for (room, path, text) in all() {
        if FREE.contains(&room.as_str()) {
            continue;
        }
        let (_, may) = MAY_IMPORT.iter().find(|(name, _)| *name == room).unwrap_or_else(|| panic!("{room} has no place in the map"));
        for other in imports(&text) {
            if rooms.contains(other.as_str()) && other != room && !may.contains(&other.as_str()) {
                wrong.push(format!("{} imports {other}", path.display()));
            }
        }
    }
    assert!(wrong.is_empty(), "forbidden imports:\n{}", wrong.join("\n"));
}

#[test]
fn pure_rooms_stay_pure() {
    const IMPURE: &[&str] = &["tokio::", "async fn", "std::fs", "std::net", "std::env", "tracing::", "Timestamp::now", "reqwest"];
    let mut wrong = Vec::new();
    for (room, path, text) in all().iter().filter(|(room, ..)| PURE.contains(&room.as_str())) {
        let code = text.split("#[cfg(test)]").next().unwrap_or_default();
        if path.file_name().is_some_and(|name| name == "tests.rs") {
            continue;
        }
        for word in IMPURE {
            if code.lines().any(|line| !line.trim_start().starts_with("//") && line.contains(word)) {
                wrong.push(format!("{room}: {} has {word}", path.display()));
            }
        }
    }
    assert!(wrong.is_empty(), "not pure:\n{}", wrong.join("\n"));
}

#[test]
fn files_are_small_named_and_introduced() {
    const NAMELESS: &[&str] = &["utils", "util", "common", "helpers", "helper", "misc", "manager", "service", "core"];
    let mut wrong = Vec::new();
    for (_, path, text) in all() {
        let lines = text.lines().count();
        if lines > 800 {
            wrong.push(format!("{} has {lines} lines", path.display()));
        }
        let first = text.lines().next().unwrap_or_default();
        if !first.starts_with("//!") || first.chars().count() > 84 {
            wrong.push(format!("{} does not open with a short //! line", path.display()));
        }
        if path.iter().any(|part| NAMELESS.contains(&part.to_string_lossy().trim_end_matches(".rs"))) {
            wrong.push(format!("{} has a name that explains nothing", path.display()));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn the_test_sees_a_forbidden_import() {
    let seen = imports("use crate::feed::Feed;\nuse crate::{net, store::Store};\n// crate::cli\n");
    assert_eq!(seen.into_iter().collect::<Vec<_>>(), ["feed", "net", "store"]);
}
