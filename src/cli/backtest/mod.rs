//! `courtier backtest`: what a changed file would have made of what was heard.
//!
//! The stored mentions of a span are heard again by the plan of the file and
//! compared with what was decided then, or with the plan of a second file.
//! Nothing is written and nobody is told. Most of all it looks for leavers that
//! would be hidden: those come first, and end the command with status 1.

mod draw;
mod limits;
mod tally;

use std::io::IsTerminal as _;
use std::path::{Path, PathBuf};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use jiff::{SignedDuration, Timestamp};

use crate::config::Config;
use crate::engine::{self, Clock, Judgement, REMEMBERS_DAYS, Rehearing};
use crate::store::{Store, Walk};

use super::{Exit, Failure, Format, Output, setup};
use draw::Look;
use tally::Tally;

/// Mentions a page of the walk: what is held in memory.
const PAGE: usize = 300;

/// Hears stored mentions again with a changed file: what would be new, lost, turned, and whom it would hide.
///
/// Ends with status 1 when somebody who leaves would be hidden. Only mentions that were stored can be heard again.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Compare with this file instead of with what was decided then; its store is the one that is read.
    #[arg(long, value_name = "FILE")]
    against: Option<PathBuf>,
    /// How far back.
    #[arg(long, value_name = "DURATION", default_value = "30d", value_parser = setup::duration)]
    since: SignedDuration,
    /// Mentions shown of each kind of difference, the newest first; of leavers that would be hidden twice as many.
    #[arg(long, value_name = "COUNT", default_value_t = 5)]
    samples: usize,
    /// How to write it.
    #[arg(long, value_enum, default_value_t)]
    format: Format,
}

/// Runs the command.
pub(super) fn run(args: &Args, named: Option<&Path>) -> Result<Exit, Failure> {
    let Some(path) = Config::find(named) else { return setup::config(named).map(|_| Exit::Fine) };
    let config = setup::config_without_secrets(&path)?;
    let against = args.against.as_deref().map(setup::config_without_secrets).transpose()?;
    let mut after = setup::rehearing_untested(&config)?;
    let mut before = against.as_ref().map(setup::rehearing_untested).transpose()?;
    let store = setup::store_read_only(against.as_ref().unwrap_or(&config))?;
    let now = Clock::system().now();
    let since = setup::ago(now, args.since);
    let mut tally = Tally::new(&config.hours, args.samples);
    let noted = setup::runtime()?
        .block_on(async {
            hear(&*store, &mut before, &mut after, (since, now), &mut tally).await?;
            engine::noted_watches(&*store).await
        })
        .map_err(|error| Failure::could_not("cannot read the store").because(error))?;
    let other = against.as_ref().map(|config| config.watches.clone()).or(noted).or_else(|| Some(live(&path)?.watches));
    let hides = tally.hides();
    let report = tally::Report {
        file: config.source.origin.to_string(),
        against: against.as_ref().map(|config| config.source.origin.to_string()),
        since,
        until: now,
        limits: limits::limits(&config, other.as_deref(), &tally),
        tally,
    };
    let output = Output::new(args.format);
    match args.format {
        Format::Table => output.text(&draw::report(&report, &config.hours, Look::of_terminal()))?,
        Format::Csv => output.rows(&draw::CSV_HEADS, &draw::csv_rows(&report))?,
        Format::Json | Format::Ndjson => output.json(&report)?,
    }
    Ok(if hides { Exit::Found } else { Exit::Fine })
}

/// The file that the daemon would find, when another one is tested and no daemon has noted what it listens for.
fn live(tested: &Path) -> Option<Config> {
    let found = Config::find(None)?;
    let same = found.canonicalize().ok() == tested.canonicalize().ok();
    let (config, _) = Config::load_with(&found, &engine::kinds(), &crate::config::StandIns).ok().filter(|_| !same)?;
    Some(config)
}

/// Goes over the span, a page at a time. A week before it is heard too, so that its repeats and open cases are known.
async fn hear(
    store: &dyn Store,
    before: &mut Option<Rehearing>,
    after: &mut Rehearing,
    (since, until): (Timestamp, Timestamp),
    tally: &mut Tally,
) -> Result<(), crate::store::StoreError> {
    let warm = since.checked_sub(SignedDuration::from_hours(24 * REMEMBERS_DAYS)).unwrap_or(Timestamp::MIN);
    let bar = bar(until.duration_since(warm));
    let mut walk = Walk { since: warm, until, after: None, newest_first: false, most: PAGE };
    loop {
        let page = store.walk(&walk).await?;
        let Some(last) = page.last() else { break };
        walk.after = Some(last.id);
        bar.set_position(last.decided.duration_since(warm).as_secs().unsigned_abs());
        for walked in &page {
            let now = after.judge(walked);
            let then = match before {
                Some(before) => before.judge(walked),
                None => walked.heard.iter().map(Judgement::from).collect(),
            };
            if walked.decided >= since {
                tally.note(walked, &then, &now, after.has_feed(&walked.feed));
            }
        }
        bar.set_message(format!("{} mentions", draw::thousands(tally.mentions)));
    }
    bar.finish_and_clear();
    Ok(())
}

fn bar(span: SignedDuration) -> ProgressBar {
    let target = if std::io::stderr().is_terminal() { ProgressDrawTarget::stderr() } else { ProgressDrawTarget::hidden() };
    let bar = ProgressBar::with_draw_target(Some(span.as_secs().unsigned_abs()), target);
    if let Ok(style) = ProgressStyle::with_template("hearing again {wide_bar} {percent:>3}%  {msg}, {elapsed}") {
        bar.set_style(style);
    }
    bar
}
