//! A store with a past: posts decided and kept as intake does, at moments of the test's choice.

use std::path::{Path, PathBuf};
use std::process::Command;

use courtier::config::{Config, StandIns};
use courtier::detect::{Detector, Outcome, Scratch};
use courtier::domain::{Account, AlertId, Author, CaseState, Dismissal, IdSource, Mention, MentionId, Network, Reason};
use courtier::engine;
use courtier::store::{Batch, Decided, Options, Query, Sqlite, Store};
use courtier::triage::{Input, Past, Route, Routing, decide, fingerprint};
use jiff::{SignedDuration, Timestamp};

/// A folder with a configuration, a store and a past.
pub(crate) struct Past30 {
    pub folder: tempfile::TempDir,
    pub now: Timestamp,
    config: Config,
    store: Sqlite,
    ids: IdSource,
}

pub(crate) const BASE: &str = r#"version = 1
[watches.nomadesk]
name = "Nomadesk"
terms = ["nomadesk", "@nomadesk"]
ambiguous = ["nomad desk"]
context = ["cloud", "sync*"]
own = ["bluesky:nomadesk.com"]
rivals = ["dropbox"]
[rivals.dropbox]
name = "Dropbox"
terms = ["dropbox"]
[feeds.bsky]
type = "bluesky"
[notifiers.care]
type = "slack"
url = "env:SLACK_HOOK_THAT_NOBODY_SET"
[notifiers.pager]
type = "terminal"
[[routes]]
when = { priority = "urgent" }
to = ["care"]
off_hours = ["pager"]
[[routes]]
to = ["care"]
[hours]
zone = "UTC"
staffed = ["Mon-Fri 08:00-18:00"]
[store]
path = "courtier.db"
"#;

impl Past30 {
    pub(crate) fn begin(now: Timestamp) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let (config, _) = Config::parse(BASE, "live.toml", &engine::kinds(), &StandIns).expect("is right");
        std::fs::write(folder.path().join("live.toml"), BASE).expect("writable");
        let store = Sqlite::open(Options::new(folder.path().join("courtier.db"))).expect("opens");
        Self { folder, now, config, store, ids: IdSource::new(7) }
    }

    /// Writes a changed file and gives its path.
    pub(crate) fn file(&self, name: &str, changes: &[(&str, &str)]) -> PathBuf {
        let mut text = BASE.to_owned();
        for (old, new) in changes {
            assert!(text.contains(old), "{old} stands in the file");
            text = text.replace(old, new);
        }
        let path = self.folder.path().join(name);
        std::fs::write(&path, text).expect("writable");
        path
    }

    /// Keeps a post as the house would have, so many minutes ago.
    pub(crate) async fn heard(&self, minutes_ago: i64, handle: &str, text: &str) -> MentionId {
        self.keep(minutes_ago, handle, text, None).await
    }

    /// Keeps a post; with a reason, as if it had been decided so.
    pub(crate) async fn keep(&self, minutes_ago: i64, handle: &str, text: &str, reason: Option<Reason>) -> MentionId {
        let at = self.now.checked_sub(SignedDuration::from_mins(minutes_ago)).expect("in range");
        let native = format!("at://did:plc:{handle}/app.bsky.feed.post/{:x}", fingerprint(text) ^ at.as_millisecond().cast_unsigned());
        let mut mention = Mention::new(Network::known("bluesky"), native, text, at);
        mention.author = Author { handle: handle.to_owned(), ..Author::default() };
        mention.url = Some(format!("https://bsky.example/{handle}/{minutes_ago}"));
        let detector = Detector::new(&self.config.watches);
        let heard = detector.hear(&mention, &mut Scratch::default());
        let [one] = &heard[..] else { panic!("one watch is named in {text:?}") };
        let Outcome::Named(hearing) = &one.outcome else { panic!("{text:?} is kept") };
        let watch = &self.config.watches[0];
        let query = Query { mention: &mention, watches: vec![&watch.id], fingerprint: fingerprint(text) };
        let memory = self.store.recall(&[query], at).await.expect("recalls").remove(0);
        let past = Past {
            same_words: memory.same_words,
            cases: memory.watches[0].cases.clone(),
            thread_cases: memory.thread_cases,
            ..Past::default()
        };
        let opens = (!self.config.hours.is_staffed(at)).then(|| self.config.hours.next_opening(at));
        let input = Input { mention: &mention, feed: "bsky", watch, hearing, past: &past, now: at, opens };
        let everything = Route { to: vec!["care".into()], ..Route::default() };
        let routing = Routing { routes: vec![everything], notifiers: Vec::new() };
        let mut verdict = decide(&input, &routing, &self.ids);
        verdict.decision.reason = reason.unwrap_or(verdict.decision.reason);
        let id = MentionId(self.ids.next(at.as_millisecond()));
        let alert = verdict.decision.reason.alerts().then(|| (AlertId(self.ids.next(at.as_millisecond())), None));
        let decided = Decided {
            mention_id: id,
            fingerprint: fingerprint(text),
            feed: "bsky".into(),
            watch: watch.id.clone(),
            watch_name: watch.brand.name.clone(),
            hearing: hearing.clone(),
            decision: verdict.decision,
            case: verdict.case,
            alert,
            mentions_before: 0,
            decided: at,
            mention,
        };
        self.store.commit(Batch { decided: vec![decided], now: Some(at), ..Batch::default() }.into()).await.expect("commits");
        id
    }

    /// Forgets an author, as `forget` does.
    pub(crate) async fn forget(&self, handle: &str) {
        let account = Account { network: Network::known("bluesky"), handle: handle.to_owned() };
        self.store.forget(&account).await.expect("forgets");
    }

    /// Dismisses the case of a mention.
    pub(crate) async fn dismiss(&self, mention: MentionId, why: Dismissal) {
        let stored = self.store.mention(&mention.to_string()).await.expect("reads").expect("is stored");
        let Some(case) = stored.heard[0].3 else { return };
        self.store.dismiss(case, why, self.now).await.expect("dismisses");
    }

    /// Moves the case of a mention on, as a person would.
    pub(crate) async fn case(&self, mention: MentionId, state: CaseState) {
        let stored = self.store.mention(&mention.to_string()).await.expect("reads").expect("is stored");
        let case = stored.heard[0].3.expect("has a case");
        self.store.case_set(case, state, None, self.now).await.expect("moves");
    }

    /// Runs the program in the folder: status, standard output, standard error.
    pub(crate) fn courtier(&self, arguments: &[&str]) -> (i32, String, String) {
        run(self.folder.path(), arguments)
    }
}

fn run(folder: &Path, arguments: &[&str]) -> (i32, String, String) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_courtier"));
    let output = command.args(arguments).env_clear().env("HOME", folder).current_dir(folder).output().expect("runs");
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).expect("UTF-8");
    (output.status.code().expect("ends by itself"), text(output.stdout), text(output.stderr))
}
