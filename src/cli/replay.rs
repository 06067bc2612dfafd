//! `courtier replay`: old mentions through the rules of today, written down.
//!
//! Where `backtest` only asks, this writes: what is heard in stored mentions is
//! replaced by what the file's rules hear now. Decisions that people have seen
//! stay; with `--alert` those who were missed are put in front of somebody.

use std::io::IsTerminal as _;
use std::path::Path;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use jiff::SignedDuration;

use crate::domain::IdSource;
use crate::engine::{Clock, Replay, Replayed};
use crate::store::{Store as _, Walk};

use super::{Exit, Failure, Format, Output, marks, setup};

/// Mentions a page of the walk, and a transaction.
const PAGE: usize = 300;

/// Puts stored mentions through the rules of the file and writes what they hear; decisions that people have seen stay.
///
/// Works while the daemon runs, which should run the same file: `courtier reload` first.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// How far back.
    #[arg(long, value_name = "DURATION", default_value = "2d", value_parser = setup::duration)]
    since: SignedDuration,
    /// Open cases and alert people about what was not heard then; without it only findings change.
    #[arg(long)]
    alert: bool,
    /// Write nothing; show what would change.
    #[arg(long)]
    dry_run: bool,
    /// Changes that are shown; all are counted.
    #[arg(long, value_name = "COUNT", default_value_t = 100)]
    most: usize,
    /// How to write it.
    #[arg(long, value_enum, default_value_t)]
    format: Format,
}

/// What was done.
#[derive(Default)]
struct Done {
    heard: u64,
    changed: u64,
    alerts: u64,
    rows: Vec<Vec<String>>,
}

/// Runs the command.
pub(super) fn run(args: &Args, named: Option<&Path>) -> Result<Exit, Failure> {
    let config = setup::config_of_store(named)?;
    let replay = Replay::new(setup::rehearing(&config)?, IdSource::new(fastrand::u64(..)), args.alert);
    let store = if args.dry_run { setup::store_read_only(&config)? } else { setup::store_there(&config)? };
    let done = setup::runtime()?
        .block_on(play(args, &store, replay))
        .map_err(|error| Failure::could_not("cannot read or write the store").because(error))?;
    let output = Output::new(args.format);
    if !done.rows.is_empty() || args.format != Format::Table {
        output.rows(&["mention", "watch", "author", "before", "now", "decision"], &done.rows)?;
    }
    if args.format == Format::Table {
        let Done { heard, changed, alerts, .. } = done;
        let would = if args.dry_run { " (nothing was written)" } else { "" };
        output.text(&format!("{heard} mentions heard again, {changed} heard differently, {alerts} alerts{would}.\n"))?;
    }
    Ok(Exit::Fine)
}

async fn play(args: &Args, store: &crate::store::Sqlite, mut replay: Replay) -> Result<Done, crate::store::StoreError> {
    let now = Clock::system().now();
    let since = setup::ago(now, args.since);
    let target = if std::io::stderr().is_terminal() { ProgressDrawTarget::stderr() } else { ProgressDrawTarget::hidden() };
    let bar = ProgressBar::with_draw_target(Some(now.duration_since(since).as_secs().unsigned_abs()), target);
    if let Ok(style) = ProgressStyle::with_template("hearing again {wide_bar} {percent:>3}%, {elapsed}") {
        bar.set_style(style);
    }
    let mut walk = Walk { since, until: now, after: None, newest_first: false, most: PAGE };
    let mut done = Done::default();
    loop {
        let page = store.walk(&walk).await?;
        let Some(last) = page.last() else { break };
        walk.after = Some(last.id);
        bar.set_position(last.decided.duration_since(since).as_secs().unsigned_abs());
        let mut again = Vec::new();
        for walked in page.iter().filter(|walked| !walked.mention.text.is_empty()) {
            done.heard += 1;
            for replayed in replay.hear(store, walked, now).await? {
                done.changed += 1;
                done.alerts += u64::from(replayed.decided.alert.is_some());
                if done.rows.len() < args.most {
                    done.rows.push(row(&replayed));
                }
                again.push(replayed.decided);
            }
        }
        if !args.dry_run && !again.is_empty() {
            store.rewrite(again, now).await?;
        }
    }
    bar.finish_and_clear();
    Ok(done)
}

fn row(replayed: &Replayed) -> Vec<String> {
    let Replayed { before, decided } = replayed;
    vec![
        decided.mention_id.to_string(),
        decided.watch.clone(),
        marks::who(&decided.mention),
        before.hearing.as_ref().map_or_else(|| "not named".to_owned(), |hearing| hearing.primary.to_string()),
        decided.hearing.primary.to_string(),
        decided.decision.reason.to_string(),
    ]
}
