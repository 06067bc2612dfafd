//! `courtier feeds`: the kinds, and what their parsers hear in saved answers.

use std::io::{Read as _, Write as _};
use std::path::{Path, PathBuf};

use serde::Serialize;

use super::{Exit, Failure, Format, Output, visible};
use crate::domain::Mention;
use crate::engine::Clock;
use crate::feed::{FEEDS, FeedKind, kind};

/// The largest saved answer that is read: twice what the network may send.
const LARGEST: u64 = 64 << 20;

/// Lists the kinds of feeds, or reads saved answers with one of them.
#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(subcommand)]
    action: Option<Action>,
}

#[derive(Debug, clap::Subcommand)]
enum Action {
    /// Lists every kind of feed with its keys.
    List {
        /// How to write it.
        #[arg(long, value_enum, default_value_t)]
        format: Format,
    },
    /// Prints a commented section for the configuration file.
    Sample {
        /// The kind of feed: rss, hackernews ...
        #[arg(value_name = "TYPE")]
        kind: String,
    },
    /// Prints as NDJSON the mentions that a feed's parser hears in saved answers.
    ///
    /// One object a line, each with its `file`; a file that cannot be read gives `{"file": ..., "error": ...}`
    /// and exit code 3 at the end.
    Read {
        /// The kind of feed: rss, hackernews ...
        #[arg(value_name = "TYPE")]
        kind: String,
        /// Saved answers; `-` is standard input.
        #[arg(value_name = "FILE", required = true)]
        files: Vec<PathBuf>,
    },
}

/// One line of `feeds read`.
#[derive(Debug, Serialize)]
struct Line<'a> {
    file: &'a str,
    #[serde(flatten)]
    what: What<'a>,
}

#[derive(Debug, Serialize)]
#[serde(untagged)]
enum What<'a> {
    Heard(&'a Mention),
    Error { error: &'a str },
}

/// Runs the command.
pub(super) fn run(args: &Args) -> Result<Exit, Failure> {
    match &args.action {
        None => list(Format::Table),
        Some(Action::List { format }) => list(*format),
        Some(Action::Sample { kind }) => {
            Output::new(Format::Table).text(find(kind)?.sample)?;
            Ok(Exit::Fine)
        }
        Some(Action::Read { kind, files }) => read(find(kind)?, files),
    }
}

fn find(name: &str) -> Result<&'static FeedKind, Failure> {
    kind(name).ok_or_else(|| {
        let known: Vec<_> = FEEDS.iter().map(|kind| kind.name).collect();
        Failure::usage(format!("there is no feed of type `{}`", visible(name))).hint(format!("one of {}", known.join(", ")))
    })
}

fn list(format: Format) -> Result<Exit, Failure> {
    let scans = |kind: &FeedKind| if kind.scan.is_some() { "yes" } else { "no" };
    let keys = |kind: &FeedKind| kind.fields.iter().map(|field| field.key).collect::<Vec<_>>().join(" ");
    let row = |kind: &&FeedKind| vec![kind.name.to_owned(), kind.summary.to_owned(), scans(kind).to_owned(), keys(kind)];
    Output::new(format).rows(&["type", "reads", "scan", "keys"], &FEEDS.iter().map(row).collect::<Vec<_>>())?;
    Ok(Exit::Fine)
}

fn read(kind: &FeedKind, files: &[PathBuf]) -> Result<Exit, Failure> {
    let now = Clock::system().now();
    let mut exit = Exit::Fine;
    // Lines are many and short: one system call for each would be most of the time.
    let mut out = std::io::BufWriter::new(std::io::stdout().lock());
    for path in files {
        let file = path.display().to_string();
        let heard = bytes(path).and_then(|bytes| (kind.read)(&bytes, now).map_err(|error| error.to_string()));
        match &heard {
            Ok(mentions) => mentions.iter().try_for_each(|mention| write(&mut out, &Line { file: &file, what: What::Heard(mention) }))?,
            Err(error) => {
                exit = Exit::Partly;
                write(&mut out, &Line { file: &file, what: What::Error { error } })?;
            }
        }
    }
    out.flush()?;
    Ok(exit)
}

fn write(out: &mut impl std::io::Write, line: &Line<'_>) -> Result<(), Failure> {
    let text = serde_json::to_string(line).map_err(|error| Failure::could_not("cannot write a mention as JSON").because(error))?;
    Ok(writeln!(out, "{text}")?)
}

fn bytes(path: &Path) -> Result<Vec<u8>, String> {
    let mut bytes = Vec::new();
    let read = if path.as_os_str() == "-" {
        std::io::stdin().lock().take(LARGEST + 1).read_to_end(&mut bytes)
    } else {
        std::fs::File::open(path).and_then(|file| file.take(LARGEST + 1).read_to_end(&mut bytes))
    };
    match read {
        Err(error) => Err(error.to_string()),
        Ok(_) if bytes.len() as u64 > LARGEST => Err(format!("larger than {} MiB", LARGEST >> 20)),
        Ok(_) => Ok(bytes),
    }
}
