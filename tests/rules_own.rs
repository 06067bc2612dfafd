//! Rules of the user's own: checked with a caret, tried before they run, heard, told, and silent in shadow mode.

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
    dead_code,
    reason = "a test may stop at the first surprise, prints what it skips, and owns its tasks"
)]

mod network;

use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

use courtier::domain::{Attribute, Reason};
use courtier::store::{Options, Sqlite, Store, StoredMention};
use jiff::Timestamp;
use network::{Daemon, World, well};
use serde_json::Value;

const FILE: &str = r#"version = 1
[watches.nomadesk]
name = "Nomadesk"
terms = ["nomadesk", "@nomadesk"]
rivals = ["dropbox"]
[rivals.dropbox]
name = "Dropbox"
terms = ["dropbox"]
[notifiers.care]
type = "terminal"
[[rules]]
id = "office"
match = '''brand AND (open* NEAR/4 (office OR "front desk"))'''
signal = "question"
priority = "urgent"
[[rules.test]]
text = "Nomadesk opens a new office"
expect = { fires = true }
[[rules.test]]
text = "Nomadesk is open about its office politics, and that for years"
expect = { fires = true }
[[rules.test]]
text = "Dropbox opens an office"
expect = { fires = false }
[[rules]]
id = "pricey"
match = "rival AND (pricey OR expensive)"
signal = "complaint"
mode = "shadow"
[[rules.test]]
text = "Dropbox is so expensive"
expect = { fires = true }
[[routes]]
match = "brand AND office"
to = ["care"]
"#;

/// Runs a command over a file of this text: status, standard output, standard error.
fn courtier(file: &str, arguments: &[&str], input: &str) -> (i32, String, String) {
    let folder = tempfile::tempdir().expect("a folder");
    std::fs::write(folder.path().join("courtier.toml"), file).expect("writable");
    let mut command = Command::new(env!("CARGO_BIN_EXE_courtier"));
    command.args(["--config", "courtier.toml"]).args(arguments).env_clear().env("HOME", folder.path()).current_dir(folder.path());
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("runs");
    child.stdin.take().expect("piped").write_all(input.as_bytes()).expect("taken");
    let output = child.wait_with_output().expect("ends");
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).expect("UTF-8");
    (output.status.code().expect("ends by itself"), text(output.stdout), text(output.stderr))
}

/// The file with some of its words replaced.
fn changed(changes: &[(&str, &str)]) -> String {
    changes.iter().fold(FILE.to_owned(), |text, (old, new)| {
        assert!(text.contains(old), "{old}");
        text.replace(old, new)
    })
}

#[test]
fn check_tries_the_tests_and_shows_what_is_wrong_under_a_caret() {
    let (code, out, error) = courtier(FILE, &["check"], "");
    assert_eq!((code, &*error), (0, ""), "{out}");
    assert!(out.contains("question, 3 tests passed") && out.contains("complaint, 1 test passed, in shadow mode"), "{out}");

    // Two queries are wrong at once, each at its place.
    let (code, _, error) = courtier(&changed(&[("NEAR/4", "near/4"), ("\"brand AND office\"", "\"brand AND (office\"")]), &["check"], "");
    assert_eq!(code, 1);
    assert!(error.contains("13 | match = '''brand AND (open* near/4 ("), "{error}");
    assert!(error.contains("   |                             ^^^^^^ expected AND, OR, NEAR/n, BEFORE/n or the end"), "{error}");
    assert!(error.contains("operators are capitals: NEAR/4"), "{error}");
    assert!(error.contains("this bracket is never closed") && error.contains("^ expected a closing bracket"), "{error}");

    // Over several lines, and where the text of the file is not the text of the query.
    let several = changed(&[("AND (open* NEAR/4", "\n  AND\n  (open* NEAR/4 NEAR/4")]);
    let (_, _, error) = courtier(&several, &["check"], "");
    assert!(error.contains("--> courtier.toml:15:17") && error.contains("15 |   (open* NEAR/4 NEAR/4 ("), "{error}");
    let whole = r#"'''brand AND (open* NEAR/4 (office OR "front desk"))'''"#;
    let (_, _, error) = courtier(&changed(&[(whole, r#""brand \"front desk\"""#)]), &["check"], "");
    assert!(error.contains("--> courtier.toml:13:9") && error.contains("put AND or OR between them"), "{error}");

    // A test that fails says which, and what would have matched.
    let (code, _, error) = courtier(&changed(&[("NEAR/4", "NEAR/1"), ("Dropbox opens", "Nomadesk opens")]), &["check"], "");
    assert_eq!(code, 1);
    assert!(error.contains("\"office\" does not fire on a post that it must hear"), "{error}");
    assert!(error.contains("--> courtier.toml:17:8") && error.contains("expected to fire"), "{error}");
    assert!(error.contains("have 2 words between them at the nearest, and may have 1"), "{error}");
    assert!(
        error.contains("fires on a post that it must not hear") && error.contains("it fires on \"Nomadesk\", \"opens\", \"office\""),
        "{error}"
    );
    let (code, out, _) = courtier(&changed(&[("NEAR/4", "NEAR/1")]), &["check", "--format", "json"], "");
    let document: Value = serde_json::from_str(&out).expect("JSON");
    assert_eq!((code, &document["errors"][0]["line"], &document["errors"][0]["column"]), (1, &17.into(), &8.into()), "{out}");

    // Nobody hears a rule under a built-in name; a post that names nobody fails for that reason.
    let (_, _, error) = courtier(&changed(&[("id = \"office\"", "id = \"complaint\""), ("\"Dropbox is so", "\"It is so")]), &["check"], "");
    assert!(error.contains("a built-in rule has the id \"complaint\"") && error.contains("it does not name Nomadesk"), "{error}");
}

#[test]
fn explain_classify_and_scan_hear_them_too() {
    let (code, out, error) = courtier(FILE, &["explain", "--format", "json", "They say 😀 Nomadesk will OPEN its new office"], "");
    assert_eq!((code, &*error), (0, ""));
    let explained: Value = serde_json::from_str(&out).expect("JSON");
    let watch = &explained["watches"][0];
    assert_eq!((&watch["priority"], &watch["reason"]), (&"urgent".into(), &"new-case".into()), "{out}");
    let finding = watch["heard"]["findings"].as_array().unwrap().iter().find(|finding| finding["rule"] == "office").expect("heard");
    let words: Vec<&str> = finding["evidence"].as_array().unwrap().iter().map(|evidence| evidence["text"].as_str().unwrap()).collect();
    assert_eq!(words, ["Nomadesk", "OPEN", "office"]);

    let (_, out, _) = courtier(FILE, &["explain", "Dropbox is so expensive"], "");
    assert!(out.contains("pricey 1.00 [shadow]") && out.contains("no alert") && out.contains("were it not shadow"), "{out}");
    let (_, out, _) = courtier(FILE, &["explain", "Dropbox is so green"], "");
    assert!(out.contains("not-named"), "{out}");

    let (_, out, _) = courtier(FILE, &["explain", "--rule", "office", "Nomadesk opens its most beautiful and largest new office"], "");
    assert!(out.contains("office does not fire: `open*` and `office OR \"front desk\"` have 6 words between them"), "{out}");
    let (_, out, _) = courtier(FILE, &["explain", "--rule", "office", "--format", "json", "Nomadesk opens its front desk"], "");
    let explained: Value = serde_json::from_str(&out).expect("JSON");
    assert_eq!(explained["rule"]["words"], serde_json::json!(["Nomadesk", "opens", "front desk"]), "{out}");
    let (code, _, error) = courtier(FILE, &["explain", "--rule", "offices", "x"], "");
    assert!(code == 2 && error.contains("there are office, pricey"), "{code} {error}");

    let lines = "{\"id\":\"1\",\"text\":\"Nomadesk opens an office\"}\n{\"id\":\"2\",\"text\":\"Nomadesk closes an office\"}\n";
    let (code, out, _) = courtier(FILE, &["classify"], lines);
    let answers: Vec<Value> = out.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect();
    assert_eq!((code, &answers[0]["priority"], &answers[0]["asks"]), (0, &"urgent".into(), &true.into()), "{out}");
    assert_eq!((&answers[1]["primary"], &answers[1]["findings"]), (&"noise".into(), &Value::Array(Vec::new())), "{out}");

    // A query that is wrong is no reason to hear less: every command refuses it.
    let wrong = changed(&[("NEAR/4", "NEAR")]);
    for arguments in [&["explain", "x"][..], &["classify"], &["scan", "@kim", "--on", "hackernews"]] {
        let (code, _, error) = courtier(&wrong, arguments, "");
        assert!(code == 2 && error.contains("write NEAR/5"), "{arguments:?}: {code} {error}");
    }
}

async fn until(what: &str, folder: &Path, mut condition: impl AsyncFnMut() -> bool) {
    for _ in 0..400 {
        if condition().await {
            return;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    panic!("waited 20 s for: {what}; the log:\n{}", std::fs::read_to_string(folder.join("log")).unwrap_or_default());
}

async fn stored(folder: &Path, words: &str) -> Option<StoredMention> {
    let store = Sqlite::open_read_only(Options::new(folder.join("courtier.db"))).ok()?;
    let all = store.mentions(Timestamp::UNIX_EPOCH, None, 100).await.ok()?;
    all.into_iter().find(|one| one.mention.text.contains(words))
}

async fn page(address: &str, path: &str) -> String {
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
    let Ok(mut socket) = tokio::net::TcpStream::connect(address).await else { return String::new() };
    let mut answer = String::new();
    socket.write_all(format!("GET {path} HTTP/1.1\r\nhost: {address}\r\nconnection: close\r\n\r\n").as_bytes()).await.expect("sent");
    socket.read_to_string(&mut answer).await.expect("read");
    answer
}

#[tokio::test(flavor = "multi_thread")]
async fn the_daemon_hears_them_alerts_nobody_of_shadows_and_keeps_them_over_a_failing_test() {
    let folder = tempfile::tempdir().expect("a folder");
    let folder = folder.path();
    let world = World::open(well).await;
    let web = std::net::TcpListener::bind(("127.0.0.1", 0)).expect("a port").local_addr().expect("an address").to_string();
    let more = format!(
        "[web]\nlisten = \"{web}\"\n[feeds.posts]\ntype = \"file\"\npath = \"posts.ndjson\"\n\
         [[rules]]\nid = \"office\"\nmatch = 'brand AND (open* NEAR/4 office)'\nsignal = \"question\"\npriority = \"urgent\"\n\
         [[rules.test]]\ntext = \"Nomadesk opens an office\"\nexpect = {{ fires = true }}\n\
         [[rules]]\nid = \"ghent\"\nmatch = 'ghent OR wall'\nsignal = \"complaint\"\nmode = \"shadow\"\n\
         [[routes]]\nmatch = 'ghent AND NOT type:reply'\nto = [\"crm\"]\n[[routes]]\nto = [\"care\"]\n"
    );
    let configuration = world.configuration(folder, &more);
    let path = folder.join("posts.ndjson");
    std::fs::write(&path, "").expect("writable");
    let daemon = Daemon::start(&configuration);
    until("it is ready", folder, async || page(&web, "/readyz").await.contains("200 OK")).await;
    until("the file is followed", folder, async || {
        let store = Sqlite::open_read_only(Options::new(folder.join("courtier.db")));
        let Ok(store) = store else { return false };
        store.cursor("posts").await.is_ok_and(|cursor| cursor.is_some())
    })
    .await;
    let say = |number: usize, text: &str| {
        let mut posts = std::fs::OpenOptions::new().append(true).open(&path).expect("a file");
        let post = serde_json::json!({"id": number.to_string(), "text": text, "author": format!("author{number}")});
        writeln!(posts, "{post}").expect("writable");
    };
    let hooked = |words: &str| world.hook.lock().unwrap().iter().find(|(_, body)| body["data"]["text"].as_str() == Some(words)).cloned();
    let slacked = |words: &str| world.slack.lock().unwrap().iter().any(|body| body.contains(words));

    // Both rules hear it; the card says only what the live one heard, and its route is chosen by its words.
    let both = "Nomadesk opened an office in Ghent";
    say(1, both);
    until("the receiver has it", folder, async || hooked(both).is_some()).await;
    let (_, body) = hooked(both).expect("it came");
    assert_eq!(body["data"]["priority"], "urgent", "{body}");
    let rules: Vec<&str> = body["data"]["findings"].as_array().unwrap().iter().map(|finding| finding["rule"].as_str().unwrap()).collect();
    assert_eq!(rules, ["office"], "{body}");
    say(2, "Nomadesk opens the office at nine");
    until("the other route has the other", folder, async || slacked("at nine")).await;
    assert!(!slacked("Ghent"));

    // Heard by the shadow alone: stored and counted, and nobody is told.
    say(3, "Nomadesk has a green wall");
    until("it is stored", folder, async || stored(folder, "green wall").await.is_some()).await;
    let (_, hearing, reason, _) = stored(folder, "green wall").await.expect("stored").heard.remove(0);
    assert_eq!(reason, Reason::NoSignal);
    assert_eq!((&*hearing.findings[0].rule, &hearing.findings[0].attributes), ("ghent", &vec![Attribute::Shadow]));
    assert_eq!(hearing.findings[0].evidence[0].text, "wall");
    for line in
        ["courtier_findings_total{rule=\"ghent\",outcome=\"shadow\"} 2", "courtier_findings_total{rule=\"office\",outcome=\"counted\"} 2"]
    {
        until(line, folder, async || page(&web, "/metrics").await.contains(line)).await;
    }

    // A test that fails keeps the old rules, and the log says which.
    let good = std::fs::read_to_string(&configuration).expect("readable");
    let log = || std::fs::read_to_string(folder.join("log")).unwrap_or_default();
    std::fs::write(&configuration, good.replace("open* NEAR/4 office", "closed NEAR/4 office")).expect("writable");
    daemon.signal("HUP");
    until("the refusal is in the log", folder, async || log().contains("does not fire on a post that it must hear")).await;
    assert!(log().contains("office"), "{}", log());
    let again = "Will Nomadesk open one more office, in Ghent";
    say(4, again);
    until("the old rule hears", folder, async || hooked(again).is_some()).await;
}
