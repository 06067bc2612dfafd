//! Every case of `fixtures/feed` gives what stands beside it, also when it is cut.

use std::path::{Path, PathBuf};

use courtier::feed::kind;

use super::now;

/// The folders below a folder, in order.
fn folders(path: &Path) -> Vec<PathBuf> {
    let mut found: Vec<_> = std::fs::read_dir(path).expect("a folder").map(|entry| entry.expect("an entry").path()).collect();
    found.retain(|path| path.is_dir());
    found.sort();
    found
}

/// The answer of a case, and the case's folder.
fn cases(name: &str) -> Vec<(PathBuf, Vec<u8>)> {
    let all = folders(&Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/feed").join(name)).into_iter().map(|folder| {
        let answer =
            ["json", "ndjson", "html"].map(|kind| folder.join("answer").with_extension(kind)).into_iter().find(|file| file.exists());
        let bytes = std::fs::read(answer.unwrap_or_else(|| panic!("no answer in {}", folder.display()))).expect("readable");
        (folder, bytes)
    });
    all.collect()
}

#[test]
fn every_case_gives_what_stands_beside_it() {
    for name in ["bluesky", "mastodon", "webhook"] {
        let read = kind(name).expect("a kind of feed").read;
        let cases = cases(name);
        assert!(cases.len() >= 4, "{name}");
        for (folder, bytes) in cases {
            let (file, found) = match read(&bytes, now()) {
                Ok(mentions) => ("mentions.json", serde_json::to_string_pretty(&mentions).expect("JSON")),
                Err(error) => ("error.txt", error.to_string()),
            };
            let wanted = std::fs::read_to_string(folder.join(file)).unwrap_or_default();
            assert_eq!(wanted.trim_end(), found, "{} of {}", file, folder.display());
        }
    }
}

#[test]
fn a_case_that_is_cut_anywhere_is_read_or_named() {
    for name in ["bluesky", "mastodon", "webhook"] {
        let read = kind(name).expect("a kind of feed").read;
        for (folder, bytes) in cases(name) {
            for end in (0..bytes.len()).step_by(7) {
                let cut = bytes.get(..end).expect("inside");
                if let Err(error) = read(cut, now()) {
                    assert!(!error.to_string().is_empty(), "{}", folder.display());
                }
            }
        }
    }
}

proptest::proptest! {
    #[test]
    fn any_bytes_are_read_or_named(bytes in proptest::collection::vec(proptest::prelude::any::<u8>(), 0..400), start in "\\[|\\{\"posts\":|\\{\"feed\":\\[|\\{\"statuses\":\\[|<|") {
        let all: Vec<u8> = start.bytes().chain(bytes).collect();
        for name in ["bluesky", "mastodon", "webhook"] {
            let read = kind(name).expect("a kind of feed").read;
            if let Err(error) = read(&all, now()) {
                proptest::prop_assert!(!error.to_string().is_empty());
            }
        }
    }
}
