//! `courtier scan @handle`: a one-off read, without a daemon and without a store.

use std::collections::BTreeSet;
use std::io::IsTerminal as _;
use std::path::Path;
use std::time::Duration;

use indicatif::{MultiProgress, ProgressBar, ProgressDrawTarget, ProgressStyle};
use jiff::{SignedDuration, Timestamp};
use serde::Serialize;

use crate::config::{Config, StandIns};
use crate::detect::{Detector, Outcome, Scratch};
use crate::domain::{Hearing, Mention, Primary};
use crate::engine::{self, Clock};
use crate::feed::{self, FEEDS, FeedError, FeedKind, Scan, ScanRequest};

use super::{Exit, Failure, Format, Output, marks, setup, visible};

/// Reads once what a handle wrote and what was said to it, and shows what matters.
///
/// Needs no daemon and no database. With `--brand` (or a configuration) the posts are heard for that brand; without, every post is shown.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The handle, with or without a leading @: kim.example.org, @kim@mastodon.example, pg.
    handle: String,
    /// Networks to ask.
    #[arg(long, value_name = "LIST", value_delimiter = ',', default_value = "bluesky,mastodon,hackernews")]
    on: Vec<String>,
    /// How far back to read.
    #[arg(long, value_name = "DURATION", default_value = "7d", value_parser = setup::duration)]
    since: SignedDuration,
    /// Hear the posts for this brand.
    #[arg(long, value_name = "NAME")]
    brand: Option<String>,
    /// A rival of the brand; may be given several times.
    #[arg(long, value_name = "NAME", requires = "brand")]
    rival: Vec<String>,
    /// Exit with 1 when one of these was heard, such as leaving,complaint.
    #[arg(long, value_name = "LIST", value_delimiter = ',', value_parser = primary)]
    fail_on: Vec<Primary>,
    /// Another address of the service; only with a single network.
    #[arg(long, value_name = "URL")]
    base_url: Option<String>,
    /// How to write the result.
    #[arg(long, value_enum, default_value_t)]
    format: Format,
}

fn primary(word: &str) -> Result<Primary, String> {
    Primary::parse(word).ok_or_else(|| {
        let all: Vec<&str> = Primary::ALL.iter().map(|primary| primary.as_str()).collect();
        format!("no such word; there are {}", all.join(", "))
    })
}

/// One post of the result.
#[derive(Debug, Serialize)]
struct Row {
    network: String,
    when: Timestamp,
    author: String,
    url: Option<String>,
    text: String,
    /// What was heard, by watch; empty when nothing was asked for.
    heard: Vec<(String, Hearing)>,
}

/// How the read of one network went.
#[derive(Debug, Serialize)]
struct Read {
    network: String,
    posts: usize,
    complete: bool,
    /// What is missing, or why nothing could be read.
    why: Option<String>,
}

/// Runs the command.
pub(super) fn run(args: &Args, named: Option<&Path>) -> Result<Exit, Failure> {
    let kinds = kinds(&args.on)?;
    if args.handle.trim_matches(['@', ' ']).is_empty() {
        return Err(Failure::usage("the handle is empty").hint("such as kim.example.org, @kim@mastodon.example or pg"));
    }
    if args.base_url.is_some() && kinds.len() != 1 {
        return Err(Failure::usage("--base-url goes with a single network").hint("name it: `--on mastodon --base-url URL`"));
    }
    let config = configuration(args, named)?;
    let detector = engine::detector(&config).map_err(|mistakes| setup::refuse_parts(&config, mistakes))?;
    let client = engine::client(&config.net).map_err(|error| Failure::could_not("cannot set up the network").because(error))?;
    let now = Clock::system().now();
    let since = setup::ago(now, args.since);
    let handle = args.handle.trim_start_matches('@');
    let bars = bars();
    let runtime = setup::runtime()?;
    let asked = kinds.iter().map(|kind| {
        let bar = bar(&bars, kind.name);
        let (client, config) = (&client, &config);
        async move {
            let section = config.feeds.iter().find(|feed| feed.kind == kind.name).map(|feed| &feed.section);
            let progress = |count: usize| bar.set_position(count as u64);
            let request = ScanRequest { handle, since, now, base_url: args.base_url.as_deref(), section, client, progress: &progress };
            let answer = match kind.scan {
                Some(scan) => scan(request).await,
                None => Err(FeedError::Denied { why: "this network cannot be read by handle".into() }),
            };
            bar.finish_and_clear();
            (kind.name, answer)
        }
    });
    let answers = runtime.block_on(futures_util::future::join_all(asked));
    let (rows, reads) = gather(answers, &config, &detector, now);
    write(args, &rows, &reads)?;
    let heard = rows.iter().flat_map(|row| &row.heard).any(|(_, hearing)| args.fail_on.contains(&hearing.primary));
    Ok(match reads.iter().filter(|read| read.why.is_some()).count() {
        _ if heard => Exit::Found,
        0 => Exit::Fine,
        failed if failed == reads.len() && rows.is_empty() => Exit::CouldNot,
        _ => Exit::Partly,
    })
}

fn kinds(names: &[String]) -> Result<Vec<&'static FeedKind>, Failure> {
    let known: Vec<&str> = FEEDS.iter().filter(|kind| kind.scan.is_some()).map(|kind| kind.name).collect();
    names
        .iter()
        .map(|name| {
            feed::kind(name.trim()).filter(|kind| kind.scan.is_some()).ok_or_else(|| {
                Failure::usage(format!("`{}` cannot be scanned by handle", visible(name))).hint(format!("there are {}", known.join(", ")))
            })
        })
        .collect()
}

/// The brand of the command line, else the configuration, else nothing to hear for.
fn configuration(args: &Args, named: Option<&Path>) -> Result<Config, Failure> {
    if let Some(brand) = &args.brand {
        let text = Config::brand_text(brand, &args.rival);
        let parsed = Config::parse(&text, "the command line", &engine::kinds(), &StandIns);
        return parsed.map(|(config, _)| config).map_err(|mistakes| setup::refuse(&mistakes));
    }
    match Config::find(named) {
        Some(path) => setup::config_with_what_secrets_there_are(&path),
        None => Ok(Config::default()),
    }
}

fn bars() -> MultiProgress {
    let target = if std::io::stderr().is_terminal() { ProgressDrawTarget::stderr() } else { ProgressDrawTarget::hidden() };
    MultiProgress::with_draw_target(target)
}

fn bar(bars: &MultiProgress, name: &'static str) -> ProgressBar {
    let bar = bars.add(ProgressBar::new_spinner());
    if let Ok(style) = ProgressStyle::with_template("{spinner} {prefix:12} {pos} posts, {elapsed}") {
        bar.set_style(style);
    }
    bar.set_prefix(name);
    bar.enable_steady_tick(Duration::from_millis(100));
    bar
}

/// Hears the posts and sorts them, newest first.
fn gather(
    answers: Vec<(&'static str, Result<Scan, FeedError>)>,
    config: &Config,
    detector: &Detector,
    now: Timestamp,
) -> (Vec<Row>, Vec<Read>) {
    let mut scratch = Scratch::default();
    let (mut rows, mut reads, mut seen) = (Vec::new(), Vec::new(), BTreeSet::new());
    for (name, answer) in answers {
        match answer {
            Ok(scan) => {
                let posts = scan.mentions.len();
                reads.push(Read { network: name.into(), posts, complete: scan.incomplete.is_none(), why: scan.incomplete });
                for mention in scan.mentions {
                    if seen.insert((mention.network.clone(), mention.native_id.clone())) {
                        rows.extend(row(mention, config, detector, &mut scratch));
                    }
                }
            }
            Err(error) => reads.push(Read { network: name.into(), posts: 0, complete: false, why: Some(error.to_string()) }),
        }
    }
    rows.retain(|row| row.when <= now);
    rows.sort_by_key(|row| std::cmp::Reverse(row.when));
    (rows, reads)
}

/// Without a watch every post is shown; with one, those that name it.
fn row(mention: Mention, config: &Config, detector: &Detector, scratch: &mut Scratch) -> Option<Row> {
    let mut heard = Vec::new();
    for one in detector.hear(&mention, scratch) {
        if let (Outcome::Named(hearing), Some(watch)) = (one.outcome, config.watches.get(one.watch)) {
            heard.push((watch.brand.name.clone(), hearing));
        }
    }
    if heard.is_empty() && !config.watches.is_empty() {
        return None;
    }
    Some(Row {
        network: mention.network.as_str().to_owned(),
        when: mention.when(),
        author: mention.author.handle,
        url: mention.url,
        text: mention.text,
        heard,
    })
}

fn write(args: &Args, rows: &[Row], reads: &[Read]) -> Result<(), Failure> {
    let output = Output::new(args.format);
    match args.format {
        Format::Json => return output.json(&serde_json::json!({"posts": rows, "networks": reads})),
        Format::Ndjson => {
            rows.iter().try_for_each(|row| output.json(row))?;
            return tell(reads);
        }
        Format::Table | Format::Csv => {}
    }
    if args.format == Format::Table
        && let Some(columns) = marks::columns().filter(|columns| *columns < marks::WIDEST)
    {
        output.text(&if rows.is_empty() { "No posts.\n".to_owned() } else { blocks(rows, columns) })?;
        return tell(reads);
    }
    let cells: Vec<Vec<String>> = rows
        .iter()
        .map(|row| {
            let heard: Vec<String> = row.heard.iter().map(|(watch, hearing)| format!("{} ({watch})", hearing.primary)).collect();
            let text = if args.format == Format::Csv { row.text.clone() } else { row.text.chars().take(160).collect() };
            vec![
                row.when.strftime("%Y-%m-%d %H:%M").to_string(),
                row.network.clone(),
                row.author.clone(),
                heard.join(", "),
                text,
                row.url.clone().unwrap_or_default(),
            ]
        })
        .collect();
    if cells.is_empty() && args.format == Format::Table {
        output.text("No posts.\n")?;
    } else {
        output.rows(&["when", "network", "author", "heard", "text", "url"], &cells)?;
    }
    tell(reads)
}

/// Writes each post over several lines: six columns are too many for a narrow terminal, and a link must stay whole.
fn blocks(rows: &[Row], columns: usize) -> String {
    let mut text = String::new();
    for (row, number) in rows.iter().zip(0..) {
        let author = if row.author.is_empty() { "somebody".to_owned() } else { format!("@{}", visible(&row.author)) };
        let heard: Vec<String> = row.heard.iter().map(|(watch, hearing)| format!("{} ({watch})", hearing.primary)).collect();
        let heard = if heard.is_empty() { String::new() } else { format!("  {}", visible(&heard.join(", "))) };
        let when = row.when.strftime("%Y-%m-%d %H:%M");
        let head = format!("{when}  {}  {author}{heard}", visible(&row.network));
        text.push_str(if number == 0 { "" } else { "\n" });
        text.push_str(&marks::said(&head, 0, Some(columns)));
        let findings: Vec<_> = row.heard.iter().flat_map(|(_, hearing)| hearing.findings.iter().cloned()).collect();
        text.push_str(&marks::lines(&row.text, &findings, 300, (2, columns)));
        if let Some(url) = &row.url {
            text.extend(["  ", &visible(url), "\n"]);
        }
    }
    text
}

/// Says on standard error how the read of each network went: an empty table must not look like silence.
fn tell(reads: &[Read]) -> Result<(), Failure> {
    use std::io::Write as _;
    let mut stderr = anstream::stderr().lock();
    for read in reads {
        let how = match (&read.why, read.posts) {
            (None, posts) => format!("complete, {posts} posts read"),
            (Some(why), 0) => format!("not read: {}", visible(why)),
            (Some(why), posts) => format!("incomplete, {posts} posts read: {}", visible(why)),
        };
        let columns = terminal_size::terminal_size_of(std::io::stderr()).map(|(width, _)| usize::from(width.0).clamp(40, marks::WIDEST));
        write!(stderr, "{}", marks::said(&format!("{}: {how}", read.network), 0, columns))?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn on_a_narrow_terminal_links_stay_whole_and_strangers_harmless() {
        let url = "https://news.example.org/a/rather/long/address/that/must/not/be/broken/anywhere?id=12345678";
        let row = Row {
            network: "hackernews".into(),
            when: Timestamp::UNIX_EPOCH,
            author: "kim\u{1b}[2J".into(),
            url: Some(url.into()),
            text: "I am going to switch from Dropbox to Nomadesk, and the sentence goes on and on until it is long\u{7}".into(),
            heard: Vec::new(),
        };
        let text = blocks(&[row], 60);
        let (link, rest): (Vec<&str>, Vec<&str>) = text.lines().partition(|line| line.contains("https://"));
        assert_eq!(link, [format!("  {url}")]);
        assert!(rest.iter().all(|line| line.chars().count() <= 60) && rest.len() > 2, "{text}");
        assert!(!text.contains(['\u{1b}', '\u{7}']), "{text:?}");
    }
}
