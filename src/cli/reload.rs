//! `courtier reload`: the running daemon takes up the new file, or says why not.
//!
//! The file is checked here first, so that its mistakes come with carets. The
//! daemon then checks it once more, with its secrets, and asks its store whom
//! the new plan would hide; what it decides comes back as a note in the store.

use std::fmt::Write as _;
use std::io::IsTerminal as _;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use anstyle::{AnsiColor, Style};
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use jiff::{SignedDuration, Timestamp};

use crate::config::Config;
use crate::engine::{self, Clock, Hidden, ReloadAsked, ReloadEnded};
use crate::store::{Sqlite, Store as _, StoredMention};

use super::{Exit, Failure, Format, Output, marks, setup, visible};

/// Leavers that are shown with their words.
const SHOWN: usize = 10;

/// Lets the running daemon take up the changed configuration; refuses a file that would hide leavers.
///
/// The daemon looks at the stored mentions of the last 7 days (the newest 20,000 at most) with both plans.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Reload even when the new plan hides people who leave.
    #[arg(long)]
    yes: bool,
    /// How long to wait for the daemon's answer.
    #[arg(long, value_name = "DURATION", default_value = "60s", value_parser = setup::duration)]
    wait: SignedDuration,
    /// How to write it.
    #[arg(long, value_enum, default_value_t)]
    format: Format,
}

/// Runs the command.
pub(super) fn run(args: &Args, named: Option<&Path>) -> Result<Exit, Failure> {
    let Some(path) = Config::find(named) else { return setup::config(named).map(|_| Exit::Fine) };
    let config = setup::config_without_secrets(&path)?;
    setup::rehearing(&config)?;
    let Some(daemon) = setup::daemon(&config)? else {
        return Err(Failure::could_not("no daemon runs on this store")
            .hint("the file is right; `courtier run` starts with it")
            .hint("a reload cannot move the store: a new `[store] path` needs a restart"));
    };
    let store = setup::store(&config)?;
    setup::runtime()?.block_on(async {
        same_file(&path, store.as_ref()).await?;
        ask(args, &store, daemon).await
    })
}

/// Refuses a file that is not the daemon's own: the daemon would read the other one, and this one be thought to run.
async fn same_file(checked: &Path, store: &Sqlite) -> Result<(), Failure> {
    let noted = engine::noted_file(store).await.map_err(|error| Failure::could_not("cannot use the store").because(error))?;
    let Some(runs) = noted else { return Ok(()) };
    let real = |path: &Path| path.canonicalize().or_else(|_| std::path::absolute(path)).unwrap_or_else(|_| path.to_owned());
    if real(checked) == real(&runs) {
        return Ok(());
    }
    let other = format!("the daemon was started with {}, not with {}", runs.display(), checked.display());
    Err(Failure::usage(other)
        .hint("change that file, or start the daemon with this one; `courtier backtest --config FILE` tries another file"))
}

/// Leaves the note, sends the signal and waits for the answer.
async fn ask(args: &Args, store: &Arc<Sqlite>, daemon: u32) -> Result<Exit, Failure> {
    let cannot = |error| Failure::could_not("cannot use the store").because(error);
    let asked = ReloadAsked { id: format!("{:016x}", fastrand::u64(..)), yes: args.yes, at: Clock::system().now() };
    let wait = Duration::try_from(args.wait).unwrap_or_default();
    let answered = async {
        loop {
            asked.leave(store.as_ref()).await.map_err(cannot)?;
            let signalled = Clock::system().now();
            signal(daemon)?;
            let Some(ended) = answer(store, &asked.id, signalled, daemon).await.map_err(cannot)? else {
                return Err(Failure::could_not(format!("the daemon (process {daemon}) ended before it answered"))
                    .hint("the file is right: the next start takes it up; `courtier status` says whether one runs again"));
            };
            // Somebody who asked in the same instant has overwritten our note, and with it the yes.
            if ended.id.as_ref() == Some(&asked.id) || ended.runs || ended.hidden.count == 0 || !args.yes {
                return Ok(ended);
            }
        }
    };
    let ended = match tokio::time::timeout(wait, answered).await {
        Ok(Ok(ended)) => ended,
        Ok(Err(failure)) => {
            asked.take_back(store.as_ref()).await.map_err(cannot)?;
            return Err(failure);
        }
        Err(_) => {
            asked.take_back(store.as_ref()).await.map_err(cannot)?;
            return Err(Failure::new(Exit::Partly, format!("the daemon (process {daemon}) has not answered within {:#}", args.wait))
                .hint("its log says what it does; `courtier status` says whether the last reload was refused"));
        }
    };
    let mut mentions = Vec::new();
    for (id, ..) in ended.hidden.named.iter().take(SHOWN) {
        mentions.push(store.mention(&id.to_string()).await.map_err(cannot)?);
    }
    tell(args, &ended, &mentions)
}

/// Sends SIGHUP.
fn signal(daemon: u32) -> Result<(), Failure> {
    let Some(process) = number(daemon) else { return Err(Failure::could_not(format!("{daemon} is no process number"))) };
    rustix::process::kill_process(process, rustix::process::Signal::HUP).map_err(|error| {
        let failure = Failure::could_not(format!("cannot signal the daemon (process {daemon})")).because(error);
        if error == rustix::io::Errno::PERM { failure.hint("run this as its user or as root") } else { failure }
    })
}

fn number(daemon: u32) -> Option<rustix::process::Pid> {
    i32::try_from(daemon).ok().and_then(rustix::process::Pid::from_raw)
}

/// Waits until the daemon has noted what became of it; `None` when it ended first.
async fn answer(store: &Arc<Sqlite>, id: &str, signalled: Timestamp, daemon: u32) -> Result<Option<ReloadEnded>, crate::store::StoreError> {
    let target = if std::io::stderr().is_terminal() { ProgressDrawTarget::stderr() } else { ProgressDrawTarget::hidden() };
    let spinner = ProgressBar::with_draw_target(None, target);
    if let Ok(style) = ProgressStyle::with_template("{spinner} the daemon checks the new plan, {elapsed}") {
        spinner.set_style(style);
    }
    spinner.enable_steady_tick(Duration::from_millis(100));
    loop {
        // In this order: a daemon may answer and end.
        let runs = number(daemon).is_some_and(|process| rustix::process::test_kill_process(process).is_ok());
        let ended = ReloadEnded::of(store.as_ref(), id, signalled).await?;
        if ended.is_some() || !runs {
            spinner.finish_and_clear();
            return Ok(ended);
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

fn tell(args: &Args, ended: &ReloadEnded, mentions: &[Option<StoredMention>]) -> Result<Exit, Failure> {
    let output = Output::new(args.format);
    let exit = match (ended.runs, ended.hidden.count) {
        (true, _) => Exit::Fine,
        (false, 0) => Exit::Usage,
        (false, _) => Exit::Found,
    };
    if args.format != Format::Table {
        output.json(&serde_json::json!({"runs": ended.runs, "says": ended.says, "hidden": ended.hidden}))?;
        return Ok(exit);
    }
    let Hidden { looked, count, named } = &ended.hidden;
    if ended.runs {
        let hides = match count {
            0 => "hides nobody who leaves".to_owned(),
            count => format!("hides {count} in which somebody leaves, as you said"),
        };
        let waits = if ended.says.is_empty() { String::new() } else { format!("{}\n", ended.says) };
        output.text(&format!("The new plan runs. Of the {looked} newest stored mentions it {hides}.\n{waits}"))?;
        return Ok(exit);
    }
    if *count == 0 {
        return Err(Failure::new(exit, "the daemon keeps its old plan").because(ended.says.trim_end()));
    }
    let bold = Style::new().bold().fg_color(Some(AnsiColor::Red.into()));
    let mut text = format!(
        "{bold}The daemon keeps its old plan: the new one would hide {count} of the {looked} newest stored mentions, in which somebody leaves.{bold:#}\n"
    );
    for ((id, watch, why), mention) in named.iter().zip(mentions) {
        writeln!(text, "\n  {id}  {}", mention.as_ref().map_or_else(String::new, |one| marks::who(&one.mention))).ok();
        if let Some(one) = mention {
            let hearing = one.heard.iter().find(|(of, ..)| of == watch).map(|(_, hearing, ..)| hearing);
            let findings = hearing.map_or(&[][..], |hearing| &hearing.findings);
            text.push_str(&marks::lines(&one.mention.text, findings, 240, (4, marks::columns().unwrap_or(marks::WIDEST))));
        }
        writeln!(text, "    {watch}: {}", visible(why)).ok();
    }
    if *count > mentions.len() {
        writeln!(text, "\n  and {} more", count - mentions.len()).ok();
    }
    output.text(&text)?;
    Failure::new(exit, "not reloaded")
        .hint("`courtier backtest` shows all that would change")
        .hint("`courtier reload --yes` reloads all the same")
        .print();
    Ok(exit)
}
