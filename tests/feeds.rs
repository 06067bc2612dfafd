//! Every feed copes with the real world: recordings, hostile servers, first runs.

mod fake;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use courtier::domain::Mention;
use courtier::feed::{FeedError, kind};
use jiff::Timestamp;

fn now() -> Timestamp {
    Timestamp::from_second(1_795_300_000).expect("in range")
}

/// The folder of recorded answers beside the project, where it is present.
fn recordings(folder: &str) -> Option<Vec<PathBuf>> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/recordings").join(folder);
    let Ok(entries) = std::fs::read_dir(&path) else {
        println!("skipped: {} is not here", path.display());
        return None;
    };
    let mut files: Vec<_> = entries.flatten().map(|entry| entry.path()).collect();
    files.sort();
    Some(files)
}

fn read(name: &str, bytes: &[u8]) -> Result<Vec<Mention>, FeedError> {
    (kind(name).expect("a kind of feed").read)(bytes, now())
}

/// Per origin of the recordings: documents with entries and entries in all, of the better of
/// feed-rs 3.0.0 and feedparser-rs 0.7.2 (measured November 2026).
const OTHERS: &[(&str, usize, usize)] = &[
    ("feedparser__encoding", 3, 3),
    ("feedparser__illformed", 7, 7),
    ("feedparser__wellformed", 59, 59),
    ("feedrs__atom", 10, 34),
    ("feedrs__jsonfeed", 1, 3),
    ("feedrs__rss0", 3, 3),
    ("feedrs__rss1", 2, 3),
    ("feedrs__rss2", 15, 16),
    ("gofeed__extensions", 1, 1),
    ("gofeed__parser", 22, 22),
    ("gofeed__translator", 0, 0),
    ("huginn", 5, 119),
    ("miniflux", 5, 133),
];

#[test]
fn recorded_feeds_give_at_least_what_other_readers_give() {
    let Some(files) = recordings("feeds") else { return };
    let mut found: BTreeMap<String, (usize, usize)> = BTreeMap::new();
    for file in &files {
        let name = file.file_name().and_then(|name| name.to_str()).expect("plain names");
        let entries = read("rss", &std::fs::read(file).expect("readable")).map_or(0, |mentions| mentions.len());
        let origin = OTHERS.iter().map(|(origin, ..)| *origin).find(|origin| name.starts_with(origin)).unwrap_or("others");
        let sum = found.entry(origin.to_owned()).or_default();
        *sum = (sum.0 + usize::from(entries > 0), sum.1 + entries);
        if std::env::args().any(|argument| argument == "--show-output") {
            println!("{name}\t{entries}");
        }
    }
    for (origin, documents, entries) in OTHERS {
        let ours = found.get(*origin).copied().unwrap_or_default();
        println!("{origin}: {} documents, {} entries (others {documents}, {entries})", ours.0, ours.1);
        assert!(ours.0 >= *documents && ours.1 >= *entries, "{origin}: {ours:?}");
    }
}
