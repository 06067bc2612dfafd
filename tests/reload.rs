//! A reload that would hide people who leave is refused, by command and by signal, unless somebody insists.

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

use std::path::Path;
use std::process::Command;
use std::time::Duration;

use courtier::store::{Options, Sqlite, Store};
use network::{Daemon, World, well};
use serde_json::Value;

/// Runs a command beside the daemon: status, standard output, standard error.
async fn courtier(folder: &Path, arguments: &[&str]) -> (i32, String, String) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_courtier"));
    if !arguments.contains(&"--config") {
        command.args(["--config", "courtier.toml"]);
    }
    command.args(arguments).env_clear().env("HOME", folder).current_dir(folder);
    let output = tokio::task::spawn_blocking(move || command.output()).await.expect("joins").expect("runs");
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).expect("UTF-8");
    (output.status.code().expect("ends by itself"), text(output.stdout), text(output.stderr))
}

async fn until(what: &str, seconds: u64, folder: &Path, mut condition: impl AsyncFnMut() -> bool) {
    for _ in 0..seconds * 20 {
        if condition().await {
            return;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    panic!("waited {seconds} s for: {what}; the log:\n{}", log(folder));
}

fn log(folder: &Path) -> String {
    std::fs::read_to_string(folder.join("log")).unwrap_or_default()
}

async fn stored(folder: &Path) -> u64 {
    let Ok(store) = Sqlite::open_read_only(Options::new(folder.join("courtier.db"))) else { return 0 };
    store.standing().await.map_or(0, |standing| standing.mentions)
}

#[tokio::test(flavor = "multi_thread")]
async fn leavers_are_not_hidden_by_a_reload_without_a_yes() {
    let folder = tempfile::tempdir().expect("a folder");
    let folder = folder.path();
    let world = World::open(well).await;
    let configuration = world.configuration(folder, "[web]\nenabled = false");
    let good = std::fs::read_to_string(&configuration).expect("readable");
    let set = |text: &str| std::fs::write(&configuration, text).expect("writable");
    let hiding = good.replace("rivals = [\"dropbox\"]", "rivals = [\"dropbox\"]\nexclude = [\"reason number\"]");
    assert_ne!(hiding, good);

    let (code, _, error) = courtier(folder, &["reload"]).await;
    assert_eq!(code, 4, "nobody to reload: {error}");
    let _daemon = Daemon::start(&configuration);
    until("the first cursor", 20, folder, async || match Sqlite::open_read_only(Options::new(folder.join("courtier.db"))) {
        Ok(store) => store.cursor("bsky").await.is_ok_and(|cursor| cursor.is_some()),
        Err(_) => false,
    })
    .await;
    world.release(6);
    let heard = |number: usize| world.hook.lock().unwrap().iter().any(|(_, body)| body["data"]["text"] == network::words(number));
    until("five leavers are heard", 20, folder, async || heard(5)).await;
    // Whether event 0, from before the start, was heard too is the feed's own affair.
    let all = stored(folder).await;

    // The same plan again hides nobody.
    let (code, out, error) = courtier(folder, &["reload"]).await;
    assert_eq!((code, &*error), (0, ""), "{out}");
    assert!(out.contains("The new plan runs") && out.contains("hides nobody"), "{out}");

    // What a reload cannot change is said, and the rest runs.
    set(&good.replace("enabled = false", "listen = \"127.0.0.1:0\""));
    let (code, out, error) = courtier(folder, &["reload"]).await;
    assert!(code == 0 && out.contains("The new plan runs") && out.contains("[web] changed"), "{code} {out}{error}");
    set(&good);

    // Two who ask at once are both answered, with one signal or with two.
    let (first, second) = tokio::join!(courtier(folder, &["reload", "--wait", "30s"]), courtier(folder, &["reload", "--wait", "30s"]));
    for (code, out, error) in [first, second] {
        assert!(code == 0 && out.contains("The new plan runs"), "{code} {out}{error}");
    }

    // A file that the daemon does not read is not said to run.
    std::fs::write(folder.join("other.toml"), &good).expect("writable");
    let (code, _, error) = courtier(folder, &["--config", "other.toml", "reload"]).await;
    assert!(code == 2 && error.contains("was started with") && error.contains("not with other.toml"), "{code} {error}");

    // A mistake in the file is told here, and the daemon is left alone.
    set(&good.replace("terms = [\"nomadesk\"]", "tersm = [\"nomadesk\"]"));
    let (code, _, error) = courtier(folder, &["reload"]).await;
    assert!(code == 2 && error.contains("did you mean"), "{code} {error}");

    // One that only the daemon can see: the secret of a notifier is gone.
    set(&good.replace("file:crm-key", "file:gone"));
    let (code, _, error) = courtier(folder, &["reload"]).await;
    assert!(code == 2 && error.contains("keeps its old plan") && error.contains("gone"), "{code} {error}");

    set(&hiding);
    let (code, out, error) = courtier(folder, &["reload"]).await;
    assert_eq!(code, 1, "{out}\n{error}");
    assert!(out.contains(&format!("would hide {all} of the {all} ")) && out.contains("reason number 3"), "{out}");
    assert!(error.contains("reload --yes"), "{error}");
    let (code, out, _) = courtier(folder, &["reload", "--format", "json"]).await;
    let answer: Value = serde_json::from_str(&out).expect("JSON");
    assert_eq!((code, &answer["runs"], &answer["hidden"]["count"]), (1, &Value::from(false), &Value::from(all)), "{out}");

    // A bare signal is guarded too; the log says how to insist, and quotes no stranger.
    let before = log(folder).len();
    let daemon = std::fs::read_to_string(folder.join("courtier.lock")).expect("readable");
    assert!(Command::new("kill").args(["-HUP", daemon.trim()]).status().expect("kill").success());
    until("the refusal is in the log", 20, folder, async || log(folder)[before..].contains(&format!("would hide {all} of {all}"))).await;
    let said = log(folder)[before..].to_owned();
    assert!(said.contains("reload --yes") && said.contains("men_") && !said.contains("switching to"), "{said}");
    world.release(8);
    until("the old plan hears", 20, folder, async || heard(7)).await;

    let (code, out, error) = courtier(folder, &["reload", "--yes"]).await;
    assert_eq!(code, 0, "{out}\n{error}");
    assert!(out.contains(&format!("hides {} in which", all + 2)) && out.contains("somebody leaves, as you said"), "{out}");
    // The next plan runs by the same yes; the yes is used up.
    set(&good.replace("terms = [\"nomadesk\"]", "terms = [\"nomadesk inc\"]"));
    let (code, out, error) = courtier(folder, &["reload"]).await;
    // What the running plan excludes is not the next reload's doing.
    assert_eq!(code, 0, "{out}\n{error}");
    set(&good);
    assert_eq!(courtier(folder, &["reload"]).await.0, 0, "and back");
    // A file that is changed in place is compared with what the daemon listens for.
    set(&good.replace("terms = [\"nomadesk\"]", "terms = [\"nomadesk\", \"nmdsk\"]"));
    let (_, out, error) = courtier(folder, &["backtest"]).await;
    assert!(out.contains("The file adds \"nmdsk\""), "{out}{error}");
    set(&good.replace("[watches.nomadesk]", "[watches.desk]"));
    let (code, out, _) = courtier(folder, &["reload"]).await;
    assert!(code == 1 && out.contains("no such watch"), "a yes counts once: {code} {out}");
}

#[tokio::test(flavor = "multi_thread")]
async fn who_waits_for_a_daemon_that_dies_is_told_so_at_once() {
    let folder = tempfile::tempdir().expect("a folder");
    let folder = folder.path();
    let world = World::open(well).await;
    let configuration = world.configuration(folder, "[web]\nenabled = false");
    let daemon = Daemon::start(&configuration);
    let note = async |name: &str| match Sqlite::open_read_only(Options::new(folder.join("courtier.db"))) {
        Ok(store) => store.note(name).await.ok().flatten(),
        Err(_) => None,
    };
    until("the daemon runs", 20, folder, async || note("plan.watches").await.is_some()).await;
    // It cannot answer any more, and then it is gone.
    daemon.signal("STOP");
    let asks = courtier(folder, &["reload", "--wait", "10m"]);
    let dies = async {
        until("somebody asks", 20, folder, async || note("reload.asked").await.is_some()).await;
        tokio::task::spawn_blocking(|| daemon.kill()).await.expect("joins");
    };
    let ((code, _, error), ()) = tokio::join!(asks, dies);
    assert_eq!(code, 4, "{error}");
    assert!(error.contains("ended before it answered") || error.contains("cannot signal"), "{error}");
}
