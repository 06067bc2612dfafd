//! A wrong file is told with file, line, column, caret and hint, all at once.
//!
//! `fixtures/config/ok/*.toml` are accepted; `fixtures/config/bad/*.toml` are
//! refused with exactly the words of the `.stderr` beside them, and those of
//! `fixtures/config/warned` accepted with them. Kinds of feeds
//! and notifiers are stand-ins, so that a new one changes no snapshot.

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
use std::path::{Path, PathBuf};

use courtier::config::{Config, Field, Form, Given, Kind, Kinds, Secrets};

/// Secrets that the fixtures may refer to; the values must never be printed.
const SECRETS: Given<'static> = Given(&[
    ("env:BSKY_PASSWORD", "hunter2-bsky"),
    ("cred:slack-bot", "hunter2-slack"),
    ("file:secrets/hook", "hunter2-hook"),
    ("env:BSKY", "hunter2"),
]);

fn kinds() -> Kinds {
    const BLUESKY: &[Field] = &[
        Field::optional("password", Form::Secret, "An app password."),
        Field::optional("limit", Form::Count(1, 100), "How many posts one call asks for."),
    ];
    const RSS: &[Field] = &[Field::required("url", Form::Url, "The feed's address.")];
    const SLACK: &[Field] =
        &[Field::required("token", Form::Secret, "The bot's token."), Field::required("channel", Form::Text, "The channel.")];
    const WEBHOOK: &[Field] = &[
        Field::required("url", Form::Url, "Where to post."),
        Field::optional("secret", Form::Secret, "The key that signs."),
        Field::optional("headers", Form::Map, "Further headers."),
    ];
    let kind = |name, fields| Kind { name, summary: "A stand-in.", fields };
    Kinds {
        feeds: vec![kind("bluesky", BLUESKY), kind("rss", RSS)],
        notifiers: vec![kind("slack", SLACK), kind("terminal", &[]), kind("webhook", WEBHOOK)],
    }
}

/// Lists the TOML files of a folder of fixtures.
fn files(folder: &str) -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/config").join(folder);
    let entries = std::fs::read_dir(folder).expect("the folder is there");
    let mut files: Vec<PathBuf> = entries.map(|entry| entry.expect("it can be listed").path()).collect();
    files.retain(|path| path.extension().is_some_and(|extension| extension == "toml"));
    files.sort();
    assert!(!files.is_empty());
    files
}

/// Reads a file as `check` does and gives what it would print.
fn told(path: &Path, secrets: &dyn Secrets, colour: bool) -> (bool, String) {
    let shown = |text: String| text.replace(&path.display().to_string(), "courtier.toml");
    match Config::load_with(path, &kinds(), secrets) {
        Ok((config, warnings)) if warnings.is_empty() => (true, shown(config.source.origin.to_string())),
        Ok((config, warnings)) => (true, shown(config.source.report(Vec::new(), warnings).render(colour))),
        Err(diagnostics) => (false, shown(diagnostics.render(colour))),
    }
}

#[test]
fn good_files_are_accepted_without_a_word() {
    for path in files("ok") {
        assert_eq!(told(&path, &SECRETS, false), (true, "courtier.toml".into()), "{}", path.display());
    }
}

/// Compares what is told about every file of a folder with the `.stderr` beside it.
fn compare(folder: &str, accepted_there: bool) {
    let fresh = Path::new(env!("CARGO_TARGET_TMPDIR")).join("config");
    std::fs::create_dir_all(&fresh).expect("the target folder can be written");
    let mut changed = Vec::new();
    for path in files(folder) {
        let (accepted, told) = told(&path, &SECRETS, false);
        assert_eq!(accepted, accepted_there, "{}", path.display());
        let wanted = path.with_extension("stderr");
        if std::fs::read_to_string(&wanted).unwrap_or_default() != told {
            let new = fresh.join(wanted.file_name().expect("it has a name"));
            std::fs::write(&new, &told).expect("the target folder can be written");
            changed.push(format!("cp {} {}\n{told}", new.display(), wanted.display()));
        }
    }
    assert!(changed.is_empty(), "these read differently; when they are right, accept them with\n\n{}", changed.join("\n"));
}

#[test]
fn every_mistake_is_told_as_written_down() {
    compare("bad", false);
}

#[test]
fn what_has_no_effect_is_told_as_written_down() {
    compare("warned", true);
}

#[test]
fn no_snapshot_stands_without_its_file() {
    for folder in ["bad", "warned"] {
        let toml: BTreeSet<PathBuf> = files(folder).into_iter().collect();
        for entry in std::fs::read_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/config").join(folder)).unwrap() {
            let path = entry.unwrap().path();
            assert!(toml.contains(&path.with_extension("toml")), "{}", path.display());
        }
    }
}

#[test]
fn every_message_points_at_a_line_and_shows_no_secret() {
    for path in files("bad") {
        for colour in [false, true] {
            let (_, told) = told(&path, &SECRETS, colour);
            assert!(!told.contains("hunter2") && !told.contains("4815162342"), "{}:\n{told}", path.display());
            assert!(!told.contains("\u{1b}]") && !told.contains("\u{1b}[2J") && !told.contains('\u{7}'), "{}", path.display());
            assert!(told.contains("error"), "{}", path.display());
            assert!(told.contains("courtier.toml"), "{}", path.display());
            assert!(told.contains("hint"), "{}:\n{told}", path.display());
        }
    }
}

#[test]
fn the_wrong_variable_is_named_and_not_printed() {
    struct Wrong;
    impl Secrets for Wrong {
        fn read(&self, _: &courtier::config::SecretRef) -> Result<secrecy::SecretString, String> {
            Ok("hunter2-of-somebody-else".into())
        }
    }
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/config/ok/whole.toml");
    let (config, _) = Config::load_with(&path, &kinds(), &Wrong).unwrap();
    let shown = format!("{config:?}");
    assert!(!shown.contains("hunter2"), "a debug print shows a secret");
    assert!(shown.contains("slack-bot"), "the reference may be shown");
}

#[test]
fn files_that_cannot_be_read_are_told() {
    let folder = tempfile::tempdir().unwrap();
    let missing = told(&folder.path().join("courtier.toml"), &SECRETS, false);
    assert!(!missing.0 && missing.1.contains("there is no such file"), "{}", missing.1);
    let directory = told(folder.path(), &SECRETS, false);
    assert!(!directory.0 && directory.1.contains("directory"), "{}", directory.1);
    let endless = Path::new("/dev/zero");
    if endless.exists() {
        let (accepted, text) = told(endless, &SECRETS, false);
        assert!(!accepted && text.contains("larger than"), "{text}");
    }
}

/// Every file of the fixtures, for mutation.
fn corpus() -> Vec<String> {
    let all = files("ok").into_iter().chain(files("bad"));
    all.filter_map(|path| String::from_utf8(std::fs::read(path).expect("it can be read")).ok()).collect()
}

/// Reads a text and checks what holds for every one: no panic, places inside it, no secret shown.
fn holds_for(text: &str) -> Result<(), proptest::test_runner::TestCaseError> {
    let (source, found) = match Config::parse(text, "any.toml", &kinds(), &SECRETS) {
        Ok((config, warnings)) => (config.source, warnings),
        Err(told) => {
            proptest::prop_assert!(!told.errors.is_empty());
            (told.source, told.errors.into_iter().chain(told.warnings).collect())
        }
    };
    for diagnostic in &found {
        proptest::prop_assert!(diagnostic.span.start <= diagnostic.span.end && diagnostic.span.end <= text.len(), "{diagnostic:?}");
        proptest::prop_assert!(text.is_char_boundary(diagnostic.span.start), "{diagnostic:?}");
        let (line, column) = source.position(diagnostic.span.start);
        proptest::prop_assert!(line >= 1 && column >= 1);
    }
    let drawn = source.report(found, Vec::new()).render(true);
    let acts = drawn.contains("\u{1b}]") || drawn.contains("\u{1b}[2J") || drawn.contains('\0');
    proptest::prop_assert!(!acts, "a control sequence of the file reaches the terminal");
    Ok(())
}

proptest::proptest! {
    #![proptest_config(proptest::prelude::ProptestConfig { cases: 400, failure_persistence: None, ..Default::default() })]

    #[test]
    fn any_text_is_read_without_a_panic(text in "\\PC{0,200}") {
        holds_for(&text)?;
    }

    #[test]
    fn any_bytes_are_read_without_a_panic(bytes in proptest::collection::vec(proptest::num::u8::ANY, 0..300)) {
        holds_for(&String::from_utf8_lossy(&bytes))?;
    }

    #[test]
    fn damaged_files_are_read_without_a_panic(
        index in 0usize..1000,
        cuts in proptest::collection::vec((0usize..4000, 0usize..40, proptest::sample::select(vec![
            "", "\"", "'", "'''", "[", "]", "[[", "{", "}", "=", "\n", ",", "#", "\u{0}", "\u{1b}[2J", "👩‍👩‍👧‍👦", "é", "-1", "1e999", "true", "\\u0000",
            "env:", "[watches.a]\n", "terms = []\n", "type = \"slack\"\n", "0x", "2026-11-22", ".",
        ])), 1..5),
    ) {
        let corpus = corpus();
        let mut text = corpus[index % corpus.len()].clone();
        for (at, length, with) in cuts {
            let start = text.floor_char_boundary(at.min(text.len()));
            let end = text.floor_char_boundary((at + length).min(text.len())).max(start);
            text.replace_range(start..end, with);
        }
        holds_for(&text)?;
    }
}

#[test]
fn a_token_does_not_survive_any_single_mistake_beside_it() {
    // Every place of a file with a token in the clear is damaged in turn.
    let file = "version = 1\n[watches.nomadesk]\nterms = [\"nomadesk\"]\n[notifiers.care]\ntype = \"slack\"\ntoken = \"hunter2-in-the-clear\"\nchannel = \"#care\"\n";
    for at in 0..file.len() {
        for with in ["\"", "[", "=", "\n", "#", "'"] {
            let mut text = file.to_owned();
            text.insert_str(at, with);
            // A token that is itself cut in two is no longer the token.
            if !text.contains("hunter2-in-the-clear") {
                continue;
            }
            if let Err(told) = Config::parse(&text, "any.toml", &kinds(), &SECRETS) {
                let drawn = told.render(false);
                assert!(!drawn.contains("hunter2-in-the-clear"), "{text}\n{drawn}");
            }
        }
    }
}
