//! Bluesky and Mastodon as they answered others: every recording is read.
//!
//! The recordings lie beside the project and not in it; where they are absent
//! the tests say so and pass.

use std::path::{Path, PathBuf};

use courtier::feed::{FeedError, kind};
use jiff::Timestamp;

/// The folder of recorded answers of one service, where it is present.
fn recordings(service: &str) -> Option<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/recordings").join(service);
    if folder.is_dir() {
        return Some(folder);
    }
    println!("skipped: no recordings at {}", folder.display());
    None
}

fn now() -> Timestamp {
    Timestamp::from_second(1_795_300_000).expect("in range")
}

/// Reads every file of a service: name, and mentions or the error.
fn read_all(service: &str) -> Vec<(String, Result<Vec<courtier::domain::Mention>, FeedError>)> {
    let Some(folder) = recordings(service) else { return Vec::new() };
    let read = kind(service).expect("a known kind").read;
    let mut files: Vec<PathBuf> = std::fs::read_dir(folder).expect("a folder").map(|entry| entry.expect("an entry").path()).collect();
    files.sort();
    let name = |file: &Path| file.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let saved = files.into_iter().filter(|file| !name(file).ends_with(".meta.json"));
    saved.map(|file| (name(&file), read(&std::fs::read(&file).expect("readable"), now()))).collect()
}

#[test]
fn recorded_bluesky() {
    for (name, read) in read_all("bluesky") {
        match read {
            Ok(mentions) => println!("{name}: {} mentions", mentions.len()),
            Err(error) => println!("{name}: {error}"),
        }
    }
}
