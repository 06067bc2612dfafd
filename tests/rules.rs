//! Every rule says yes to its hits and no to its near misses.
//!
//! `fixtures/rule/<id>/yes.txt` and `no.txt` are discovered: a rule without them
//! fails, and so does one with fewer near misses than hits. One post a line; `\n`
//! stands for a line break; empty lines and lines that begin with `# ` are passed over.
//! What stands before the first ` | ` of a line that begins with `{` is what differs
//! from the defaults (brand Nomadesk, rival Dropbox, English, not about the brand):
//!
//! ```text
//! I am going to switch from Dropbox to Nomadesk
//! {about brand=Delta rivals=United,JetBlue stance=leaving status=threat} | Next time I fly United
//! {lang=de primary=complaint} | Nomadesk geht schon wieder nicht
//! {attribute=negated} | I am not leaving Nomadesk
//! ```
//!
//! `yes` means that the rule finds something that counts; `no` that it finds nothing, or only
//! what an attribute takes away (negated, past, reported ...). The keys `primary`, `stance`,
//! `status`, `left`, `joined`, `asks`, `reason` (of the whole hearing; `none` for nothing) and
//! `attribute` (of this rule's findings) are checked in both files where they are given.

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

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::Path;

use courtier::detect::{CompiledBrand, RULES, counts, hear_text};
use courtier::domain::{Brand, Hearing};

/// One line of a fixture.
struct Post {
    place: String,
    keys: BTreeMap<String, String>,
    text: String,
}

fn posts(file: &Path) -> Vec<Post> {
    let content = std::fs::read_to_string(file).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
    let mut posts = Vec::new();
    for (index, line) in content.lines().enumerate().filter(|(_, line)| !line.trim().is_empty() && !line.starts_with("# ") && *line != "#")
    {
        let place = format!("{}:{}", file.display(), index + 1);
        let (head, text) = match line.split_once("} | ") {
            Some((head, text)) if line.starts_with('{') => (&head[1..], text),
            _ => ("", line),
        };
        let pair = |word: &str| {
            word.split_once('=').map_or((word.to_owned(), String::new()), |(key, value)| (key.to_owned(), value.replace('_', " ")))
        };
        posts.push(Post { place, keys: head.split_whitespace().map(pair).collect(), text: text.replace("\\n", "\n") });
    }
    posts
}

fn hear(post: &Post) -> Hearing {
    let key = |name: &str, default: &str| post.keys.get(name).cloned().unwrap_or_else(|| default.to_owned());
    let brand = |name: &str| {
        let handle = format!("@{}", name.replace(' ', ""));
        Brand { name: name.to_owned(), terms: vec![name.to_owned(), handle] }
    };
    let rivals = key("rivals", "Dropbox");
    let rivals: Vec<Brand> = rivals.split(',').filter(|name| !name.is_empty()).map(brand).collect();
    let compiled = CompiledBrand::new(&brand(&key("brand", "Nomadesk")), &rivals);
    hear_text(&post.text, Some(&key("lang", "en")), &compiled, post.keys.contains_key("about"))
}

/// Writes down what differs from what the line says.
fn mistakes(rule: &str, post: &Post, hearing: &Hearing, yes: bool) -> String {
    let own: Vec<_> = hearing.findings.iter().filter(|finding| finding.rule == rule).collect();
    let mut wrong = String::new();
    if own.iter().any(|finding| counts(finding)) != yes {
        let _ = write!(wrong, " {rule} should say {};", if yes { "yes" } else { "no" });
    }
    let switch = hearing.switch.as_ref();
    let none = || "none".to_owned();
    for (key, want) in &post.keys {
        let got = match key.as_str() {
            "primary" => hearing.primary.to_string(),
            "asks" => hearing.asks.to_string(),
            "stance" => switch.map_or_else(none, |switch| switch.stance.to_string()),
            "status" => switch.map_or_else(none, |switch| switch.status.to_string()),
            "left" => switch.and_then(|switch| switch.left.clone()).unwrap_or_else(none),
            "joined" => switch.and_then(|switch| switch.joined.clone()).unwrap_or_else(none),
            "reason" => switch.and_then(|switch| switch.reason).map_or_else(none, |why| why.to_string()),
            "attribute" => {
                let carried =
                    own.iter().flat_map(|finding| &finding.attributes).any(|attribute| attribute.as_str() == want.replace(' ', "_"));
                if carried { want.clone() } else { none() }
            }
            "brand" | "rivals" | "lang" | "about" => continue,
            other => format!("(there is no key {other})"),
        };
        if got != *want {
            let _ = write!(wrong, " {key} is {got}, not {want};");
        }
    }
    for finding in &hearing.findings {
        for evidence in &finding.evidence {
            if post.text.get(evidence.start..evidence.end) != Some(evidence.text.as_str()) {
                let _ = write!(wrong, " {} quotes {:?}, which does not stand there;", finding.rule, evidence.text);
            }
        }
    }
    wrong
}

#[test]
fn every_rule_hears_its_hits_and_not_its_near_misses() {
    let mut report = String::new();
    for rule in RULES {
        let folder = Path::new("fixtures/rule").join(rule.id());
        let (yes, no) = (posts(&folder.join("yes.txt")), posts(&folder.join("no.txt")));
        assert!(!yes.is_empty() && no.len() >= yes.len(), "{}: {} hits, {} near misses", rule.id(), yes.len(), no.len());
        for (post, expected) in yes.iter().map(|post| (post, true)).chain(no.iter().map(|post| (post, false))) {
            let wrong = mistakes(rule.id(), post, &hear(post), expected);
            if !wrong.is_empty() {
                let _ = writeln!(report, "{}:{wrong}\n    {}", post.place, post.text);
            }
        }
    }
    assert!(report.is_empty(), "\n{report}");
}

#[test]
fn every_rule_says_what_it_is_and_keeps_its_own_examples() {
    let mut report = String::new();
    for rule in RULES {
        let doc = rule.doc();
        assert!(doc.hears.ends_with('.') && doc.why.ends_with('.'), "{}: sentences end with a full stop", rule.id());
        assert!(!doc.yes.is_empty() && !doc.no.is_empty(), "{}: examples of both kinds", rule.id());
        for (text, expected) in doc.yes.iter().map(|text| (text, true)).chain(doc.no.iter().map(|text| (text, false))) {
            let post = Post { place: "its doc".into(), keys: BTreeMap::from([("about".into(), String::new())]), text: (*text).to_owned() };
            report.push_str(&mistakes(rule.id(), &post, &hear(&post), expected));
        }
    }
    assert!(report.is_empty(), "\n{report}");
}

#[test]
fn no_folder_is_left_without_its_rule() {
    let Ok(folders) = std::fs::read_dir("fixtures/rule") else { return };
    for folder in folders.map(|entry| entry.expect("readable").file_name()) {
        assert!(RULES.iter().any(|rule| *rule.id() == *folder), "there is no rule {}", folder.display());
    }
}

#[test]
fn ids_are_distinct_and_lead_with_their_family() {
    let mut ids: Vec<&str> = RULES.iter().map(|rule| rule.id()).collect();
    ids.sort_unstable();
    assert!(ids.windows(2).all(|pair| pair[0] != pair[1]), "{ids:?}");
    assert!(ids.iter().all(|id| id.bytes().all(|byte| byte.is_ascii_lowercase() || matches!(byte, b'.' | b'-'))), "{ids:?}");
}
