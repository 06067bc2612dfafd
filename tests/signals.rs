//! `docs/signals.md` says of every rule what the rule says of itself.
//!
//! `UPDATE=1 cargo test --test signals` writes the generated half again; what stands above the
//! marker is written by hand.

#![allow(
    clippy::pedantic,
    clippy::unwrap_used,
    clippy::disallowed_methods,
    clippy::print_stdout,
    reason = "a test may stop at the first surprise"
)]

use std::fmt::Write as _;
use std::path::Path;

use courtier::detect::RULES;
use courtier::domain::Signal;

const MARKER: &str = "<!-- Below: made of the rules' own words by `UPDATE=1 cargo test --test signals`. -->\n";

fn generated() -> String {
    let mut text = String::from(MARKER);
    for &signal in Signal::ALL {
        let rules: Vec<_> = RULES.iter().filter(|rule| rule.signal() == signal).collect();
        if rules.is_empty() {
            continue;
        }
        write!(text, "\n## {signal}\n").unwrap();
        for rule in rules {
            let doc = rule.doc();
            write!(text, "\n### `{}`\n\n**Hears:** {}\n\n**Why it matters:** {}\n", rule.id(), doc.hears, doc.why).unwrap();
            for (title, posts) in [("Says yes to", doc.yes), ("Says no to", doc.no)] {
                if !posts.is_empty() {
                    write!(text, "\n**{title}:**\n\n").unwrap();
                    posts.iter().for_each(|post| writeln!(text, "- {post}").unwrap());
                }
            }
        }
    }
    text
}

#[test]
fn the_page_is_not_stale() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/signals.md");
    let page = std::fs::read_to_string(&path).expect("the page is there");
    let hand = page.split(MARKER).next().expect("a first half");
    let fresh = format!("{hand}{}", generated());
    if option_env!("UPDATE").is_some() || std::env::vars().any(|(name, _)| name == "UPDATE") {
        std::fs::write(&path, &fresh).expect("writable");
        return;
    }
    assert_eq!(page, fresh, "docs/signals.md is stale: UPDATE=1 cargo test --test signals");
}
