//! A stranger's words never act, whatever shows them.
//!
//! Every text of `fixtures/hostile` stands once in every field that a stranger
//! fills (text, title, author, handle, link, evidence, folded lines, parent) and
//! goes through every renderer.

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

use std::path::Path;

use courtier::domain::{Alert, Evidence, Finding, FoldedLine, HEADLINE_CHARS, MentionAlert, Role, Signal, Switch};
use courtier::notify::terminal::{Look, card};
use courtier::notify::{self, NOTIFIERS};
use jiff::tz::TimeZone;
use serde_json::Value;

fn corpus() -> Vec<(String, String)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/hostile");
    let mut texts: Vec<_> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .map(|path| (path.file_stem().unwrap().to_string_lossy().into_owned(), std::fs::read_to_string(&path).unwrap()))
        .collect();
    texts.sort();
    assert!(texts.len() > 30, "the corpus is there");
    texts
}

fn base() -> MentionAlert {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/notify/slack/leaving/alert.json");
    match serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap() {
        Alert::Mention(alert) => *alert,
        Alert::Health(_) => panic!("a mention"),
    }
}

/// Evidence over every part of a text that begins and ends at a character, so that marks fall on every edge.
fn evidence(text: &str) -> Vec<Finding> {
    let bounds: Vec<usize> = text.char_indices().map(|(at, _)| at).chain([text.len()]).take(200).collect();
    let evidence = bounds
        .windows(2)
        .step_by(3)
        .map(|pair| Evidence { start: pair[0], end: pair[1], text: text.get(pair[0]..pair[1]).unwrap().to_owned(), role: Role::Cue })
        .collect();
    vec![Finding { rule: text.to_owned(), signal: Signal::Switch, score: 0.5, evidence, attributes: Vec::new() }]
}

/// The alert with a hostile text in every foreign field.
fn poisoned(text: &str) -> Alert {
    let mut alert = base();
    alert.mention.text = text.into();
    alert.hearing.findings = evidence(text);
    alert.mention.author.handle = text.into();
    alert.mention.author.name = Some(text.to_owned());
    alert.mention.author.url = Some(text.to_owned());
    alert.mention.url = Some(text.to_owned());
    alert.mention.thread.parent_text = Some(text.to_owned());
    alert.watch_name = text.into();
    alert.history.customer_since = Some(text.to_owned());
    if let Some(draft) = &mut alert.draft {
        draft.text = text.into();
        draft.lint = vec![text.to_owned(); 3];
        draft.facts = vec![text.to_owned()];
    }
    if let Some(Switch { left, joined, .. }) = &mut alert.hearing.switch {
        *left = Some(text.to_owned());
        *joined = Some(text.to_owned());
    }
    let line = FoldedLine { alert: alert.id, headline: text.to_owned(), url: Some(text.to_owned()), text: text.to_owned() };
    alert.folded = vec![line; 3];
    Alert::Mention(Box::new(alert))
}

/// Characters that must not reach a place where text is shown.
fn acts(c: char) -> bool {
    (c.is_control() && c != '\n')
        || matches!(c, '\u{200b}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}' | '\u{2028}' | '\u{2029}')
}

/// Every string in a JSON document, with its path.
fn strings(value: &Value, path: &str, found: &mut Vec<(String, String)>) {
    match value {
        Value::String(text) => found.push((path.to_owned(), text.clone())),
        Value::Array(items) => items.iter().for_each(|item| strings(item, &format!("{path}[]"), found)),
        Value::Object(fields) => fields.iter().for_each(|(key, item)| strings(item, &format!("{path}.{key}"), found)),
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

#[test]
fn a_terminal_shows_hostile_text_and_obeys_none() {
    for (name, text) in corpus() {
        for width in [40, 100] {
            let plain = card(&poisoned(&text), &TimeZone::UTC, Look { width, colour: false });
            if let Some(bad) = plain.chars().find(|&c| acts(c)) {
                panic!("{name} at {width}: {bad:?}");
            }
            // In colour, the only escapes are our own, and without them it shows the same words.
            let colour = card(&poisoned(&text), &TimeZone::UTC, Look { width, colour: true });
            let stripped = anstream::adapter::strip_str(&colour).to_string();
            assert!(!stripped.chars().any(acts), "{name} at {width}");
            assert!(
                colour.split('\u{1b}').skip(1).all(|rest| rest.starts_with('[') && rest.find('m').is_some_and(|end| end < 12)),
                "{name}"
            );
        }
    }
}

#[test]
fn a_slack_card_pings_nobody_and_stays_within_the_limits() {
    let slack = notify::kind("slack").unwrap();
    for (name, text) in corpus() {
        let body = (slack.render)(&poisoned(&text), "dlv_1J5Q0V8K3MT4D", &TimeZone::UTC);
        let message: Value = serde_json::from_str(&body).unwrap_or_else(|error| panic!("{name}: {error}"));
        let mut found = Vec::new();
        strings(&message, "", &mut found);
        for (path, shown) in &found {
            assert!(!shown.chars().any(acts), "{name} {path}: {shown:?}");
            for command in ["<!", "<@", "<#", "<http", "<mailto"] {
                assert!(!shown.contains(command), "{name} {path}: {shown}");
            }
            assert!(path.rsplit('.').next() != Some("url") || shown == &text, "{name} {path}: a link is byte-identical: {shown}");
            assert!(!shown.contains("mrkdwn"), "{name} {path}: foreign text is never parsed");
        }
        let fallback = message["text"].as_str().unwrap();
        assert!(
            !fallback.contains(['<', '>']) && !fallback.replace("&amp;", "").replace("&lt;", "").replace("&gt;", "").contains('&'),
            "{name}: {fallback}"
        );
        for call in ["@everyone", "@here", "@channel", "@all "] {
            assert!(!fallback.to_lowercase().contains(call), "{name}: {fallback}");
        }
        slack_limits(&name, &message);
    }
}

#[test]
fn every_slack_case_is_within_the_limits() {
    for entry in std::fs::read_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/notify/slack")).unwrap() {
        let path = entry.unwrap().path();
        let message: Value = serde_json::from_str(&std::fs::read_to_string(path.join("expected.json")).unwrap()).unwrap();
        slack_limits(&path.display().to_string(), &message);
    }
}

/// The published limits of docs.slack.dev (November 2026), and the unpublished one on all blocks together.
fn slack_limits(name: &str, message: &Value) {
    let text = message["text"].as_str().unwrap_or_else(|| panic!("{name}: no text"));
    assert!((1..=HEADLINE_CHARS).contains(&text.chars().count()), "{name}: {text}");
    assert_eq!(message["unfurl_links"], false, "{name}");
    assert_eq!(message["unfurl_media"], false, "{name}");
    let blocks = message["blocks"].as_array().unwrap();
    assert!((1..=50).contains(&blocks.len()), "{name}: {} blocks", blocks.len());
    assert!(message["blocks"].to_string().chars().count() <= 13_000, "{name}");
    for block in blocks {
        let elements = block["elements"].as_array().map_or(0, Vec::len);
        match block["type"].as_str().unwrap() {
            "header" => assert!((1..=150).contains(&units(&block["text"]["text"])), "{name}: {block}"),
            "section" => assert!((1..=3000).contains(&units(&block["text"]["text"])), "{name}: {block}"),
            "context" => {
                assert!((1..=10).contains(&elements), "{name}: {block}");
                for element in block["elements"].as_array().unwrap() {
                    assert!((1..=3000).contains(&units(&element["text"])), "{name}: {element}");
                }
            }
            "actions" => {
                assert!((1..=25).contains(&elements), "{name}: {block}");
                for button in block["elements"].as_array().unwrap() {
                    assert!(units(&button["text"]["text"]) <= 75 && units(&button["url"]) <= 3000, "{name}: {button}");
                    assert!(button["value"].is_null() || units(&button["value"]) <= 2000, "{name}: {button}");
                }
            }
            "rich_text" => {
                let mut found = Vec::new();
                strings(block, "", &mut found);
                assert!(elements > 0 && found.iter().all(|(_, text)| !text.is_empty()), "{name}: {block}");
            }
            other => panic!("{name}: a block of type {other}"),
        }
    }
}

fn units(text: &Value) -> usize {
    text.as_str().map_or(0, |text| text.encode_utf16().count())
}

#[test]
fn a_webhook_carries_the_words_unchanged() {
    let webhook = notify::kind("webhook").unwrap();
    for (name, text) in corpus() {
        let body = (webhook.render)(&poisoned(&text), "dlv_1J5Q0V8K3MT4D", &TimeZone::UTC);
        let payload: Value = serde_json::from_str(&body).unwrap_or_else(|error| panic!("{name}: {error}"));
        assert_eq!(payload["data"]["text"], text, "{name}");
        assert_eq!(payload["data"]["url"], text, "{name}");
        assert_eq!(payload["data"]["author"]["handle"], text, "{name}");
        assert!(body.chars().all(|c| c >= ' ' || c == '\n'), "{name}: JSON escapes control characters");
    }
}

#[test]
fn a_link_that_can_be_followed_is_byte_identical_everywhere() {
    for url in ["https://example.org/a|b?x=1&y=%3C#z", "https://example.org/ü?q=日本", "http://example.org:8080/~a/(b)/*c*/_d_"] {
        let Alert::Mention(mut alert) = poisoned("x") else { panic!() };
        alert.mention.url = Some(url.to_owned());
        let alert = Alert::Mention(alert);
        for kind in NOTIFIERS {
            let body = (kind.render)(&alert, "dlv_1J5Q0V8K3MT4D", &TimeZone::UTC);
            let carried = match serde_json::from_str::<Value>(&body) {
                Err(_) => body.lines().any(|line| line.trim() == url),
                Ok(value) => {
                    let mut found = Vec::new();
                    strings(&value, "", &mut found);
                    found.iter().any(|(path, text)| path.rsplit('.').next() == Some("url") && text == url)
                }
            };
            assert!(carried, "{} and {url}", kind.name);
        }
    }
}
