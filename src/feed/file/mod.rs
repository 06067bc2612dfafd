//! Files, folders and standard input: posts that another program writes down.
//!
//! One JSON object a line (`line`). A file is followed as it grows and is
//! rotated (`tail`), a folder for the files that appear in it, standard input
//! as it comes (`pipe`). A bad line is counted and named and stops nothing.

mod line;
mod pipe;
mod tail;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::Duration;

use async_trait::async_trait;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use self::pipe::Pipe;
use self::tail::Place;
use super::{Ask, Feed, FeedError, FeedKind, Outside, Pace, Page};
use crate::config::{Diagnostic, Field, Form, Section};
use crate::domain::{Cursor, Mention, Network};

/// Looking at a file costs next to nothing.
const PACE: Duration = Duration::from_secs(2);
/// Files of a folder that are remembered; older ones should be moved away.
const FILES: usize = 10_000;
/// The network of posts that name none.
const FILE: &str = "file";

/// What `type = "file"` means.
pub(in crate::feed) const KIND: FeedKind = FeedKind {
    name: "file",
    summary: "posts as JSON lines from a growing file, a folder or standard input",
    sample: r#"[feeds.export]
type = "file"
path = "/var/spool/mentions/posts.ndjson"   # a file, a folder, or "-" for standard input
every = "2s"
# network = "forum"                         # of posts that name none
"#,
    fields: &[
        Field::required("path", Form::Text, "A file that grows, a folder in which files appear, or \"-\" for standard input."),
        Field::optional("network", Form::Text, "The network of posts that name none; default \"file\"."),
    ],
    build,
    read,
    scan: None,
};

/// The cursor: places by file name, `""` for a single file.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
struct Position {
    v: u8,
    files: BTreeMap<String, Place>,
}

/// A file or a folder.
#[derive(Debug, Clone)]
struct Files {
    path: PathBuf,
    network: Network,
    every: Duration,
}

/// Standard input.
#[derive(Debug)]
struct Input {
    pipe: Pipe,
    network: Network,
}

fn build(section: &Section, _: &Outside) -> Result<Box<dyn Feed>, Vec<Diagnostic>> {
    let path = section.text("path").unwrap_or_default().trim();
    if path.is_empty() {
        return Err(vec![section.mistake("path", "a file feed needs a path", "path = \"/var/spool/mentions/posts.ndjson\"")]);
    }
    let network = Network::named(section.text("network").unwrap_or(FILE));
    if path == "-" {
        return Ok(Box::new(Input { pipe: Pipe::default(), network }));
    }
    Ok(Box::new(Files { path: path.into(), network, every: section.duration("every").unwrap_or(PACE) }))
}

/// Reads a saved file; an error names the first bad line when no line is good.
fn read(bytes: &[u8], now: Timestamp) -> Result<Vec<Mention>, FeedError> {
    let mut page = Page::default();
    let lines = bytes.split(|&byte| byte == b'\n').map(<[u8]>::trim_ascii).enumerate();
    for (number, line) in lines.filter(|(_, line)| !line.is_empty()) {
        hear(&mut page, line, &Network::known(FILE), now, || format!("line {}", number + 1));
    }
    match page.unreadable {
        Some((_, why)) if page.mentions.is_empty() => Err(FeedError::Unreadable { why }),
        None if page.mentions.is_empty() => Err(FeedError::Unreadable { why: "an empty file".into() }),
        _ => Ok(page.mentions),
    }
}

/// Puts a line into the page, as a mention or as a line that could not be read.
fn hear(page: &mut Page, line: &[u8], network: &Network, now: Timestamp, place: impl FnOnce() -> String) {
    match line::read(line, network, now) {
        Ok(mention) => page.mentions.push(mention),
        Err(why) => pass_over(page, 1, || format!("{}: {why}", place())),
    }
}

fn pass_over(page: &mut Page, lines: u64, why: impl FnOnce() -> String) {
    let (count, first) = page.unreadable.take().unwrap_or_else(|| (0, why()));
    page.unreadable = Some((count + lines, first));
}

#[async_trait]
impl Feed for Input {
    fn pace(&self) -> Pace {
        Pace::Live
    }

    async fn fetch(&self, ask: Ask<'_>) -> Result<Page, FeedError> {
        let mut page = Page::default();
        for line in self.pipe.lines().await {
            match line {
                Ok(line) if line.is_empty() => {}
                Ok(line) => hear(&mut page, &line, &self.network, ask.now, || "standard input".into()),
                Err(why) => pass_over(&mut page, 1, || format!("standard input: {why}")),
            }
        }
        Ok(page)
    }

    async fn probe(&self, _: Timestamp) -> Result<String, FeedError> {
        Ok("standard input is read when it runs".into())
    }
}

#[async_trait]
impl Feed for Files {
    fn pace(&self) -> Pace {
        Pace::Every(self.every)
    }

    async fn fetch(&self, ask: Ask<'_>) -> Result<Page, FeedError> {
        let before = ask.since.and_then(Cursor::read::<Position>).filter(|position| position.v == 1);
        let (files, now, backfill) = (self.clone(), ask.now, ask.backfill);
        let looked = tokio::task::spawn_blocking(move || files.look(before.as_ref(), now, backfill)).await;
        match looked {
            Ok(outcome) => outcome.map_err(|error| unreachable(&self.path, &error)),
            Err(error) => Err(FeedError::Unreachable { why: format!("{}: {error}", self.path.display()) }),
        }
    }

    async fn probe(&self, _: Timestamp) -> Result<String, FeedError> {
        match std::fs::metadata(&self.path) {
            Ok(metadata) if metadata.is_dir() => {
                let names = names(&self.path).map_err(|error| unreachable(&self.path, &error))?;
                Ok(format!("a folder with {} files", names.len()))
            }
            Ok(metadata) => Ok(format!("a file of {} bytes", metadata.len())),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok("not there yet; it is read once it is".into()),
            Err(error) => Err(unreachable(&self.path, &error)),
        }
    }
}

fn unreachable(path: &Path, error: &std::io::Error) -> FeedError {
    FeedError::Unreachable { why: format!("{}: {error}", path.display()) }
}

impl Files {
    /// Reads at most one chunk of what is new.
    fn look(&self, before: Option<&Position>, now: Timestamp, backfill: Option<Timestamp>) -> std::io::Result<Page> {
        let folder = self.path.is_dir();
        let names = if folder { names(&self.path)? } else { vec![String::new()] };
        let at = |name: &str| if folder { self.path.join(name) } else { self.path.clone() };
        let mut position = before.cloned().unwrap_or_default();
        position.v = 1;
        position.files.retain(|name, _| names.contains(name));
        let mut page = Page::default();
        for name in &names {
            let path = at(name);
            if before.is_none() {
                let place = if backfill.is_some() { Place::backfill(&path) } else { tail::end(&path)? };
                position.files.insert(name.clone(), place);
                page.more = backfill.is_some();
            } else if !page.more {
                self.added(&mut page, position.files.entry(name.clone()).or_default(), &path, now, backfill)
                    .map_err(|error| std::io::Error::new(error.kind(), format!("{}: {error}", path.display())))?;
            }
        }
        page.cursor = (before != Some(&position)).then(|| Cursor::write(&position));
        Ok(page)
    }
}

impl Files {
    /// Puts what was added to one file into the page.
    fn added(&self, page: &mut Page, place: &mut Place, path: &Path, now: Timestamp, backfill: Option<Timestamp>) -> std::io::Result<()> {
        let old = place.old.is_some_and(|old| place.offset < old);
        let added = tail::read(path, place)?;
        if added.too_long > 0 {
            pass_over(page, added.too_long, || format!("{}: a line of more than 1 MiB", path.display()));
        }
        let already = page.mentions.len();
        for line in added.lines {
            hear(page, &line, &self.network, now, || path.display().to_string());
        }
        if let (true, Some(from)) = (old, backfill) {
            let mut at = 0;
            page.mentions.retain(|mention| {
                at += 1;
                at <= already || mention.posted.is_none_or(|posted| posted >= from)
            });
        }
        page.more |= added.more || page.mentions.len() > MENTIONS;
        Ok(())
    }
}

/// Mentions after which a page ends; the rest comes with the next one.
const MENTIONS: usize = 5_000;

/// The files of a folder in the order of their names; hidden and half-written ones are left alone.
fn names(folder: &Path) -> std::io::Result<Vec<String>> {
    let mut names: Vec<String> = std::fs::read_dir(folder)?
        .flatten()
        .filter(|entry| entry.metadata().is_ok_and(|metadata| metadata.is_file()))
        .filter_map(|entry| entry.file_name().into_string().ok())
        .filter(|name| !name.starts_with('.') && !["~", ".tmp", ".part", ".gz", ".zst"].iter().any(|end| name.ends_with(end)))
        .collect();
    names.sort();
    names.truncate(FILES);
    Ok(names)
}
