//! `courtier watch`: what people's deeds say about a watch.
//!
//! `suggest` reads the stored mentions of a watch. Those whose case somebody
//! dismissed as `not-us` are wrong, those that were handled otherwise are right; the
//! words that stand in one kind and not in the other become a proposal for the
//! file, with what it would lose and drop. Nothing is written.

mod learn;
mod suggest;
mod words;

use std::fmt::Write as _;
use std::io::IsTerminal as _;
use std::path::Path;

use anstyle::Style;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use jiff::{SignedDuration, Timestamp};
use serde_json::json;

use crate::domain::Watch;
use crate::engine::Clock;
use crate::store::{HeardThen, Store, StoreError, Walk, Walked};
use learn::{Count, Telling};
use suggest::{Learner, Suggestion, label};

use super::{Exit, Failure, Format, Output, setup, visible};

/// Mentions a page of the walk.
const PAGE: usize = 300;
/// Words of each side that are shown.
const SHOWN: usize = 12;

/// Learns from stored mentions what a watch should say.
#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, clap::Subcommand)]
enum Action {
    /// Shows which words tell right mentions from wrong ones, and what the file should say.
    ///
    /// Wrong are those whose case was dismissed with `courtier cases dismiss ID --reason not-us`; right are those that were
    /// taken, answered or dismissed for another reason, and while these are few, alerts that nobody touched.
    Suggest(SuggestArgs),
}

#[derive(Debug, clap::Args)]
struct SuggestArgs {
    /// The watch, by its key; without one every watch.
    watch: Option<String>,
    /// How far back.
    #[arg(long, value_name = "DURATION", default_value = "30d", value_parser = setup::duration)]
    since: SignedDuration,
    /// A word must stand in so many mentions before it is believed.
    #[arg(long, value_name = "COUNT", default_value_t = 3)]
    least: u64,
    /// At most so many words are proposed for each key.
    #[arg(long, value_name = "COUNT", default_value_t = 8)]
    most: usize,
    /// How to write it.
    #[arg(long, value_enum, default_value_t)]
    format: Format,
}

/// Runs the command.
pub(super) fn run(args: &Args, named: Option<&Path>) -> Result<Exit, Failure> {
    let Action::Suggest(args) = &args.action;
    let config = setup::config_of_store(named)?;
    let known: Vec<&str> = config.watches.iter().map(|watch| watch.id.as_str()).collect();
    if let Some(wanted) = args.watch.as_deref().filter(|wanted| !known.contains(wanted)) {
        return Err(Failure::usage(format!("there is no watch `{}`", visible(wanted))).hint(format!("there are {}", known.join(", "))));
    }
    let watches: Vec<&Watch> = config.watches.iter().filter(|watch| args.watch.as_ref().is_none_or(|wanted| *wanted == watch.id)).collect();
    let store = setup::store_read_only(&config)?;
    let now = Clock::system().now();
    let span = (setup::ago(now, args.since), now);
    let learned = setup::runtime()?
        .block_on(learn(&*store, &watches, span, args))
        .map_err(|error| Failure::could_not("cannot read the store").because(error))?;
    write(args, &watches, &learned)?;
    Ok(Exit::Fine)
}

/// What was learned about one watch.
struct Learned {
    /// All its mentions.
    mentions: u64,
    suggestion: Suggestion,
}

/// Goes over the span twice: once to learn, once to measure what the proposal would do.
async fn learn(
    store: &dyn Store,
    watches: &[&Watch],
    span: (Timestamp, Timestamp),
    args: &SuggestArgs,
) -> Result<Vec<Learned>, StoreError> {
    let mut learners: Vec<Learner<'_>> = watches.iter().map(|watch| Learner::new(watch)).collect();
    each(store, span, "learning", |walked| {
        for (learner, watch) in learners.iter_mut().zip(watches) {
            if let Some(label) = of(walked, watch).and_then(label) {
                learner.note(&walked.mention, label);
            }
        }
    })
    .await?;
    let suggest = |learner: Learner<'_>| Learned { mentions: 0, suggestion: learner.suggest(args.least, args.most) };
    let mut learned: Vec<Learned> = learners.into_iter().map(suggest).collect();
    each(store, span, "measuring", |walked| {
        for (learned, watch) in learned.iter_mut().zip(watches) {
            if let Some(heard) = of(walked, watch) {
                learned.mentions += 1;
                learned.suggestion.measure(&walked.mention, label(heard));
            }
        }
    })
    .await?;
    Ok(learned)
}

fn of<'a>(walked: &'a Walked, watch: &Watch) -> Option<&'a HeardThen> {
    walked.heard.iter().find(|heard| heard.watch == watch.id)
}

/// Hands every mention of the span that still has words to `take`, with a progress bar on standard error.
async fn each(
    store: &dyn Store,
    (since, until): (Timestamp, Timestamp),
    doing: &'static str,
    mut take: impl FnMut(&Walked),
) -> Result<(), StoreError> {
    let target = if std::io::stderr().is_terminal() { ProgressDrawTarget::stderr() } else { ProgressDrawTarget::hidden() };
    let bar = ProgressBar::with_draw_target(Some(until.duration_since(since).as_secs().unsigned_abs()), target);
    if let Ok(style) = ProgressStyle::with_template("{prefix} {wide_bar} {percent:>3}%, {elapsed}") {
        bar.set_style(style);
    }
    bar.set_prefix(doing);
    let mut walk = Walk { since, until, after: None, newest_first: false, most: PAGE };
    loop {
        let page = store.walk(&walk).await?;
        let Some(last) = page.last() else { break };
        walk.after = Some(last.id);
        bar.set_position(last.decided.duration_since(since).as_secs().unsigned_abs());
        page.iter().filter(|walked| !walked.mention.text.is_empty()).for_each(&mut take);
    }
    bar.finish_and_clear();
    Ok(())
}

fn write(args: &SuggestArgs, watches: &[&Watch], learned: &[Learned]) -> Result<(), Failure> {
    let output = Output::new(args.format);
    match args.format {
        Format::Table => {
            let texts: Vec<String> = watches.iter().zip(learned).map(|(watch, learned)| text(watch, learned)).collect();
            output.text(&texts.join("\n"))
        }
        Format::Csv => {
            let rows = watches.iter().zip(learned).flat_map(|(watch, learned)| {
                let sides = [("right", &learned.suggestion.right), ("wrong", &learned.suggestion.wrong)];
                sides.into_iter().flat_map(move |(side, words)| {
                    words.iter().map(move |one| {
                        let counts = [one.count.right.to_string(), one.count.wrong.to_string()];
                        [vec![watch.id.clone(), side.to_owned(), one.word.clone()], counts.to_vec(), vec![format!("{:.2}", one.ratio)]]
                            .concat()
                    })
                })
            });
            output.rows(&["watch", "speaks for", "word", "right", "wrong", "ratio"], &rows.collect::<Vec<_>>())
        }
        Format::Json | Format::Ndjson => {
            let objects = watches.iter().zip(learned).map(|(watch, learned)| {
                let best = learned.suggestion.best();
                json!({
                    "watch": watch.id,
                    "mentions": learned.mentions,
                    "labelled": learned.suggestion.seen,
                    "suggestion": learned.suggestion,
                    "recommended": best.map(|change| change.name),
                    "toml": best.map(|change| change.snippet(watch)),
                })
            });
            let objects: Vec<_> = objects.collect();
            if args.format == Format::Json { output.json(&objects) } else { objects.iter().try_for_each(|one| output.json(one)) }
        }
    }
}

fn text(watch: &Watch, learned: &Learned) -> String {
    let bold = Style::new().bold();
    let Learned { mentions, suggestion } = learned;
    let seen = &suggestion.seen;
    let mut text =
        format!("{bold}{}{bold:#}: {mentions} mentions, {} right and {} wrong by what people did\n", watch.id, seen.right, seen.wrong);
    if suggestion.presumes && seen.right > 0 {
        text.push_str("Few were taken or answered yet: alerts that nobody touched count as right.\n");
    }
    if seen.wrong == 0 || seen.right == 0 {
        let what = if seen.wrong == 0 { "was dismissed as not-us" } else { "has a case that is about us" };
        writeln!(text, "There is nothing to learn from: no mention {what}.").ok();
        writeln!(text, "`courtier cases dismiss ID --reason not-us` says that a mention is about something else of that name.").ok();
        return text;
    }
    words(&mut text, "speak for us", &suggestion.right, *seen);
    words(&mut text, "speak against", &suggestion.wrong, *seen);
    if suggestion.changes.is_empty() {
        let why = if suggestion.wrong.is_empty() {
            "No word tells the two apart often enough to be believed.\nMore dismissals help; so does a lower --least."
        } else {
            "Each of these words stands in too many right ones to be excluded, and no term\nbrings so many wrong ones that it should need a context word."
        };
        writeln!(text, "\n{why}").ok();
        return text;
    }
    writeln!(text, "\n{bold}{:<10}{:>18}{:>20}{:>24}{bold:#}", "change", "right ones lost", "wrong ones dropped", "unjudged ones dropped")
        .ok();
    for change in &suggestion.changes {
        let effect = change.effect;
        let lost = format!("{} of {}", effect.right_lost, seen.right);
        let dropped = format!("{} of {}", effect.wrong_dropped, seen.wrong);
        let others = format!("{} of {}", effect.others_dropped, mentions.saturating_sub(seen.right + seen.wrong));
        writeln!(text, "{:<10}{lost:>18}{dropped:>20}{others:>24}", change.name).ok();
    }
    match suggestion.best() {
        Some(best) => {
            writeln!(text, "\nTo paste, for \"{}\" (`courtier backtest` shows what else it changes):\n\n{}", best.name, best.snippet(watch))
                .ok()
        }
        None => writeln!(text, "\nNone of them is worth it: each loses too many right ones.").ok(),
    };
    text
}

fn words(text: &mut String, what: &str, words: &[Telling], seen: Count) {
    if words.is_empty() {
        writeln!(text, "\nNo words {what}.").ok();
        return;
    }
    let bold = Style::new().bold();
    let width = words.iter().take(SHOWN).map(|one| one.word.chars().count()).chain([20]).max().unwrap_or(20).min(40);
    writeln!(text, "\n{bold}{:<width$}{:>14}{:>14}{bold:#}", format!("words that {what}"), "right", "wrong").ok();
    for one in words.iter().take(SHOWN) {
        let share = |part: u64, whole: u64| format!("{part} of {whole}");
        writeln!(
            text,
            "  {:<width$}{:>12}{:>14}",
            visible(&one.word),
            share(one.count.right, seen.right),
            share(one.count.wrong, seen.wrong)
        )
        .ok();
    }
    if words.len() > SHOWN {
        writeln!(text, "  and {} more (--format csv)", words.len() - SHOWN).ok();
    }
}
