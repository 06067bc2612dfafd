//! Every feed, notifier and rule of the lists keeps the house rules of its list.

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

use courtier::config::{Config, Kinds, SecretRef, Secrets};
use courtier::detect::RULES;
use courtier::engine::{Inboxes, Plan, client, kinds};
use courtier::feed::FEEDS;
use courtier::notify::NOTIFIERS;

fn root(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(path)
}

/// A whole file around one sample; what a sample comments out stays out.
fn file_around(sample: &str) -> String {
    let mut file = format!("version = 1\n[watches.nomadesk]\nname = \"Nomadesk\"\nterms = [\"nomadesk\"]\n{sample}\n");
    for (part, other) in [("[feeds.", "[feeds.other]\ntype = \"bluesky\"\n"), ("[notifiers.", "[notifiers.other]\ntype = \"terminal\"\n")] {
        if !sample.contains(part) {
            file.push_str(other);
        }
    }
    file
}

/// Secrets of the form that each reference in a sample stands for.
struct Keys;

impl Secrets for Keys {
    fn read(&self, from: &SecretRef) -> Result<secrecy::SecretString, String> {
        let name = from.to_string().to_lowercase();
        let value = match () {
            () if name.contains("slack") && name.contains("hook") => "https://hooks.slack.com/services/T000/B000/none",
            () if name.contains("slack") => "xoxb-none",
            () => "whsec_ZGVtby1rZXktZm9yLXRlc3RzLW9ubHktMDEyMzQ1Njc4OWFi",
        };
        Ok(value.into())
    }
}

fn builds(sample: &str, kinds: &Kinds) -> Result<(), String> {
    let (config, _) = Config::parse(&file_around(sample), "sample", kinds, &Keys).map_err(|mistakes| mistakes.render(false))?;
    let client = client(&config.net).map_err(|error| error.to_string())?;
    let plan = Plan::build(&config, &client, &Inboxes::default(), None);
    plan.map(drop).map_err(|mistakes| config.source.report(mistakes, Vec::new()).render(false))
}

#[tokio::test]
async fn every_sample_parses_and_builds() {
    let kinds = kinds();
    let samples = FEEDS.iter().map(|kind| (kind.name, kind.sample)).chain(NOTIFIERS.iter().map(|kind| (kind.name, kind.sample)));
    for (name, sample) in samples {
        assert!(sample.contains(&format!("type = \"{name}\"")) || sample.contains("type "), "{name} names its type");
        if let Err(why) = builds(sample, &kinds) {
            panic!("the sample of {name}:\n{why}");
        }
    }
}

#[tokio::test]
async fn each_kind_of_notifier_says_of_folding_what_the_built_one_does() {
    let kinds = kinds();
    for kind in NOTIFIERS {
        let (config, _) = Config::parse(&file_around(kind.sample), "sample", &kinds, &Keys).expect("parses");
        let client = client(&config.net).expect("a client");
        let plan = Plan::build(&config, &client, &Inboxes::default(), None).expect("builds");
        let name = &config.notifiers.iter().find(|section| section.kind == kind.name).expect("the sample's").name;
        let built = plan.notifiers.iter().find(|one| *one.name == **name).expect("it is built");
        assert_eq!(built.notifier.folds_from().is_some(), kind.folds, "{}", kind.name);
    }
}

#[test]
fn names_are_words_and_stand_once() {
    let mut all = BTreeSet::new();
    let feeds = FEEDS.iter().map(|kind| (kind.name, kind.summary, kind.fields));
    for (name, summary, fields) in feeds.chain(NOTIFIERS.iter().map(|kind| (kind.name, kind.summary, kind.fields))) {
        assert!(name.chars().all(|c| c.is_ascii_lowercase() || c == '-'), "{name}");
        assert!(!summary.is_empty() && summary.len() <= 80 && !summary.ends_with('.'), "{name}: {summary}");
        let keys: BTreeSet<&str> = fields.iter().map(|field| field.key).collect();
        assert_eq!(keys.len(), fields.len(), "{name} has a key twice");
        assert!(fields.iter().all(|field| field.doc.ends_with(['.', '?'])), "{name}: every key has a sentence");
        // `webhook` is a way in and a way out; within a list a name stands once.
        all.insert((name, FEEDS.iter().any(|kind| kind.name == name && kind.summary == summary)));
    }
    assert_eq!(all.len(), FEEDS.len() + NOTIFIERS.len());
}

#[test]
fn every_kind_has_a_page_and_a_fixture_folder() {
    let mut missing = Vec::new();
    let feeds = FEEDS.iter().map(|kind| ("feed", "feeds", kind.name));
    for (room, docs, name) in feeds.chain(NOTIFIERS.iter().map(|kind| ("notify", "notifiers", kind.name))) {
        for path in [format!("docs/{docs}/{name}.md"), format!("fixtures/{room}/{name}")] {
            if !root(&path).exists() {
                missing.push(path);
            }
        }
    }
    assert!(missing.is_empty(), "missing: {missing:?}");
}

#[test]
fn every_rule_has_near_misses_and_words_for_people() {
    let mut missing = Vec::new();
    for rule in RULES {
        let folder = root("fixtures/rule").join(rule.id());
        for file in ["yes.txt", "no.txt"] {
            if !folder.join(file).exists() {
                missing.push(format!("{}/{file}", rule.id()));
            }
        }
    }
    assert!(missing.is_empty(), "missing: {missing:?}");
}

#[test]
fn every_dependency_has_a_line() {
    let manifest = std::fs::read_to_string(root("Cargo.toml")).expect("readable");
    let docs = std::fs::read_to_string(root("docs/dependencies.md")).expect("readable");
    let sections = manifest.split("\n[").filter(|section| section.starts_with("dependencies]") || section.starts_with("dev-dependencies]"));
    let names = sections.flat_map(|section| section.lines().skip(1)).filter_map(|line| Some(line.split_once(" = ")?.0.trim().to_owned()));
    let missing: Vec<String> = names.filter(|name| !name.starts_with('#') && !docs.contains(&format!("`{name}`"))).collect();
    assert!(missing.is_empty(), "no line in docs/dependencies.md: {missing:?}");
}

#[test]
fn the_readme_is_short_and_its_links_lead_somewhere() {
    let readme = std::fs::read_to_string(root("README.md")).expect("readable");
    assert!(readme.lines().count() <= 250, "{} lines", readme.lines().count());
    for link in readme.split("](").skip(1).filter_map(|rest| rest.split(')').next()).filter(|link| !link.starts_with("http")) {
        let path = link.split('#').next().unwrap_or_default();
        assert!(root(path).exists(), "README links to {link}");
    }
}
