//! Every recorded answer is read: what comes out is counted and looked at.
//!
//! The recordings lie beside the project and not in it; where they are absent
//! the tests say so and pass.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use courtier::domain::Mention;
use courtier::feed::{FeedError, kind};

use super::now;

/// Reads every file of a service: name, and mentions or the error.
fn read_all(service: &str) -> BTreeMap<String, Result<Vec<Mention>, FeedError>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/recordings").join(service);
    let Ok(entries) = std::fs::read_dir(&folder) else {
        println!("skipped: {} is not here", folder.display());
        return BTreeMap::new();
    };
    let read = kind(service).expect("a known kind").read;
    let name = |file: &PathBuf| file.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let files = entries.flatten().map(|entry| entry.path()).filter(|file| !name(file).ends_with(".meta.json"));
    let answers: BTreeMap<_, _> = files.map(|file| (name(&file), read(&std::fs::read(&file).expect("readable"), now()))).collect();
    for (name, answer) in &answers {
        match answer {
            Ok(mentions) => println!("{service}/{name}: {} mentions", mentions.len()),
            Err(error) => println!("{service}/{name}: {error}"),
        }
    }
    answers
}

/// What holds for every mention, whoever answered.
fn sound(name: &str, mention: &Mention) {
    assert!(!mention.native_id.is_empty() && !mention.author.handle.is_empty(), "{name}: {mention:?}");
    assert!(mention.posted.is_some_and(|posted| posted <= now()), "{name}: {mention:?}");
    assert!(!mention.text.contains("</") && !mention.text.contains("&amp;"), "{name}: markup in {:?}", mention.text);
}

#[test]
fn recorded_bluesky_gives_every_post_in_it() {
    let answers = read_all("bluesky");
    if answers.is_empty() {
        return;
    }
    let count = |name: &str| answers[name].as_ref().map_or(0, Vec::len);
    assert_eq!((count("dart_getAuthorFeed.json"), count("dart_getFeed.json"), count("dart_getListFeed.json")), (25, 7, 13));
    assert_eq!((count("dart_getPostThread.trimmed.json"), count("dart_listNotifications.trimmed.json")), (58, 16));
    assert_eq!((count("dart_searchPosts.json"), count("jetstream_v1_golden.jsonl")), (1, 1));
    assert!(answers["dart_getProfile.json"].is_err(), "no post in it");
    for (name, mentions) in &answers {
        mentions.iter().flatten().filter(|_| !name.starts_with("marshalx")).for_each(|mention| sound(name, mention));
    }
}

#[test]
fn recorded_mastodon_gives_every_status_in_it() {
    let answers = read_all("mastodon");
    if answers.is_empty() {
        return;
    }
    let count = |name: &str| answers[name].as_ref().map_or(0, Vec::len);
    for (name, statuses) in [
        ("dart_lookup_timelines.json", 20),
        ("dart_lookup_timelines_anonymous.json", 20),
        ("dart_lookup_trending_statuses.json", 20),
        ("tootkit_public_timeline_2020.json", 20),
        ("test_timeline_disabled.03.json", 20),
        ("test_hashtag_tl.03.json", 1),
        ("test_notifications_mentions_only.02.json", 1),
    ] {
        assert_eq!(count(name), statuses, "{name}");
    }
    assert!(matches!(answers["test_status_missing.01.json"], Err(FeedError::Denied { .. })));
    for (name, mentions) in &answers {
        mentions.iter().flatten().for_each(|mention| sound(name, mention));
    }
}
