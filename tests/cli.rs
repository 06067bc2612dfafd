//! The command line as somebody meets it who knows only its help.

#![allow(
    clippy::pedantic,
    clippy::unwrap_used,
    clippy::print_stdout,
    clippy::print_stderr,
    clippy::disallowed_methods,
    clippy::string_slice,
    clippy::let_underscore_must_use,
    unreachable_pub,
    missing_docs,
    dead_code,
    reason = "a test may stop at the first surprise, prints what it skips, and owns its tasks"
)]

use std::path::Path;
use std::process::Command;

/// Runs the program in a folder that is its home too: status, standard output, standard error.
fn courtier(folder: &Path, arguments: &[&str]) -> (i32, String, String) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_courtier"));
    let output = command.args(arguments).env_clear().env("HOME", folder).current_dir(folder).output().expect("runs");
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).expect("UTF-8");
    (output.status.code().expect("ends by itself"), text(output.stdout), text(output.stderr))
}

/// A folder with this file.
fn home(more: &str) -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    let text = format!(
        "version = 1\n[watches.nomadesk]\nname = \"Nomadesk\"\nterms = [\"nomadesk\"]\nrivals = [\"dropbox\"]\n\
         [rivals.dropbox]\nname = \"Dropbox\"\nterms = [\"dropbox\"]\n[notifiers.care]\ntype = \"terminal\"\n{more}\n"
    );
    std::fs::write(folder.path().join("courtier.toml"), text).expect("writable");
    folder
}

const FEED: &str = "[feeds.hn]\ntype = \"hackernews\"\n";

#[test]
fn help_and_manual_speak_plainly() {
    let folder = tempfile::tempdir().expect("a folder");
    for arguments in [&["--help"][..], &["run", "--help"], &["man"], &["man", "scan"]] {
        let (code, out, _) = courtier(folder.path(), arguments);
        assert_eq!(code, 0, "{arguments:?}");
        assert!(!out.contains("$`") && !out.contains("`NO_COLOR`"), "marks of the source in {arguments:?}: {out}");
    }
    let (_, out, _) = courtier(folder.path(), &["scan", "--help"]);
    let everywhere = out.find("Everywhere:").expect("what every command takes stands apart");
    assert!(out.find("--config").is_some_and(|at| at > everywhere), "{out}");
    assert!(out.find("--base-url").is_some_and(|at| at < everywhere), "{out}");
}

#[test]
fn a_store_that_nobody_has_made_is_not_made_by_looking_or_changing() {
    let folder = home(&format!("{FEED}[store]\npath = \"mistyped.db\""));
    let case = "cas_0CN3GWTSDF88R";
    let calls = [
        &["status"][..],
        &["cases", "list"],
        &["cases", "take", case],
        &["cases", "dismiss", case],
        &["outbox", "list"],
        &["outbox", "retry", "--dead"],
        &["outbox", "drop", "--dead"],
        &["replay"],
        &["watch", "suggest"],
    ];
    for arguments in calls {
        let (code, _, error) = courtier(folder.path(), arguments);
        assert!(code == 4 && error.contains("there is no store at"), "{arguments:?}: {code} {error}");
        assert!(!folder.path().join("mistyped.db").exists(), "{arguments:?}");
    }
}

#[test]
fn an_address_in_a_list_is_looked_at_like_one_alone() {
    for (url, said) in [
        ("https://kim:hunter2@example.org/feed", "holds a user name or a password in the clear"),
        ("https://10.0.0.1/feed", "leads to the private address 10.0.0.1"),
        ("http://example.org/feed", "is not encrypted"),
        ("example.org/feed", "is not a whole URL"),
    ] {
        for value in [format!("\"{url}\""), format!("[\"https://example.org/\", \"{url}\"]")] {
            let folder = home(&format!("[feeds.blogs]\ntype = \"rss\"\nurls = {value}"));
            let (code, _, error) = courtier(folder.path(), &["check"]);
            assert!(code == 1 && error.contains(said) && !error.contains("hunter2"), "{value}: {code} {error}");
        }
    }
}

#[test]
fn a_missing_authority_is_shown_where_the_file_names_it() {
    let folder = home(&format!("{FEED}[net]\nca_file = \"gone.pem\""));
    let (code, _, error) = courtier(folder.path(), &["check"]);
    assert!(code == 1 && error.contains("ca_file = \"gone.pem\"") && error.contains("No such file"), "{code} {error}");
}

#[test]
fn check_shows_what_each_route_takes() {
    let routes = "[[routes]]\nwhen = { priority = [\"urgent\", \"today\"] }\nmatch = 'brand AND (invoice* OR refund*)'\nto = [\"care\"]\n\
                  [[routes]]\nto = [\"care\"]\n";
    let folder = home(&format!("{FEED}{routes}"));
    let (code, out, error) = courtier(folder.path(), &["check"]);
    assert_eq!(code, 0, "{error}");
    assert!(out.contains("urgent or today, says brand AND (invoice* OR refund*), to care"), "{out}");
    let (_, out, _) = courtier(folder.path(), &["check", "--format", "json"]);
    let document: serde_json::Value = serde_json::from_str(&out).expect("JSON");
    assert_eq!(document["routes"][0]["match"], "brand AND (invoice* OR refund*)", "{out}");
}

#[test]
fn a_rule_that_fails_its_test_is_told_where_one_looks_and_refused_where_it_counts() {
    let rule = "[[rules]]\nid = \"office\"\nmatch = 'brand AND office'\nsignal = \"question\"\n\
                [[rules.test]]\ntext = \"Nomadesk is closed\"\nexpect = { fires = true }\n";
    let folder = home(&format!("{FEED}{rule}"));
    let (code, out, error) = courtier(folder.path(), &["explain", "Nomadesk opens an office"]);
    assert_eq!(code, 0, "{error}");
    assert!(error.starts_with("warning: the rule \"office\" does not fire on a post that it must hear"), "{error}");
    assert!(out.contains("office 1.00"), "the rule is heard all the same: {out}");
    assert_eq!(courtier(folder.path(), &["check"]).0, 1);
    for arguments in [&["run"][..], &["reload"], &["replay"]] {
        let (code, _, error) = courtier(folder.path(), arguments);
        assert!(code == 2 && error.starts_with("error: the rule \"office\""), "{arguments:?}: {code} {error}");
    }
    // A store, so that the past can be looked at.
    drop(
        courtier::store::Sqlite::open(courtier::store::Options::new(folder.path().join(".local/state/courtier/courtier.db")))
            .expect("opens"),
    );
    let (code, out, error) = courtier(folder.path(), &["backtest"]);
    assert!(code == 0 && error.starts_with("warning: the rule") && out.contains("Nothing is heard differently"), "{code} {out}{error}");
}

#[test]
fn a_scan_needs_a_handle_and_no_secret_of_others() {
    let folder = home(&format!("{FEED}[feeds.forum]\ntype = \"webhook\"\nsecret = \"env:NOBODY_SET_THIS\""));
    for handle in ["", "@", " "] {
        let (code, _, error) = courtier(folder.path(), &["scan", handle]);
        assert!(code == 2 && error.contains("the handle is empty"), "{handle:?}: {code} {error}");
    }
    // Nothing answers at this address; that the file's other secrets are missing is a note, not the end.
    let (code, _, error) = courtier(folder.path(), &["scan", "@kim", "--on", "hackernews", "--base-url", "http://127.0.0.1:9"]);
    assert!(code == 4 && error.contains("hackernews: not read") && error.contains("done without the keys of forum"), "{code} {error}");
}

#[test]
fn status_says_that_no_daemon_runs() {
    let folder = home(FEED);
    drop(
        courtier::store::Sqlite::open(courtier::store::Options::new(folder.path().join(".local/state/courtier/courtier.db")))
            .expect("opens"),
    );
    let (code, out, _) = courtier(folder.path(), &["status"]);
    assert!(code == 1 && out.contains("daemon    does not run\n"), "{code} {out}");
    let (_, out, _) = courtier(folder.path(), &["status", "--format", "json"]);
    let document: serde_json::Value = serde_json::from_str(&out).expect("JSON");
    assert_eq!((&document["runs"], &document["well"]), (&false.into(), &false.into()), "{out}");
}
