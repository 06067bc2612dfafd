//! `courtier init`: a commented file to begin with, which `check` accepts.
//!
//! It is put together from the samples of the parts and of the kinds, so that
//! it is never older than the program.

use std::fs::OpenOptions;
use std::io::Write as _;
use std::path::{Path, PathBuf};

use super::setup;
use super::{Exit, Failure, Format, Output};
use crate::config::{Config, PARTS, Part};
use crate::feed::FEEDS;
use crate::notify::NOTIFIERS;

/// Feeds that are switched on: they need no account and nothing but the terms.
const READY_FEEDS: &[&str] = &["bluesky", "hackernews"];
/// Notifiers that are switched on.
const READY_NOTIFIERS: &[&str] = &["terminal"];

/// Writes a commented configuration file to begin with.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The brand to watch; default a made-up one to replace.
    #[arg(long, value_name = "NAME")]
    brand: Option<String>,
    /// A rival of the brand; may be given several times.
    #[arg(long, value_name = "NAME", requires = "brand")]
    rival: Vec<String>,
    /// Where to write; default `./courtier.toml`.
    #[arg(value_name = "FILE", conflicts_with = "stdout")]
    file: Option<PathBuf>,
    /// Print it instead.
    #[arg(long)]
    stdout: bool,
    /// Overwrite what is there.
    #[arg(long)]
    force: bool,
}

/// Runs the command; `named` is `--config`, which names the file as well.
pub(super) fn run(args: &Args, named: Option<&Path>) -> Result<Exit, Failure> {
    if let Some(brand) = &args.brand {
        // The names alone first: their mistakes are about the command line, not about a file nobody wrote.
        Config::from_brand(brand, &args.rival).map_err(|mistakes| setup::refuse(&mistakes))?;
    }
    let text = text(args.brand.as_deref(), &args.rival);
    let output = Output::new(Format::Table);
    if args.stdout {
        output.text(&text)?;
        return Ok(Exit::Fine);
    }
    let path = args.file.as_deref().or(named).unwrap_or(Path::new("courtier.toml"));
    write(path, &text, args.force)?;
    let shown = path.display();
    output.text(&format!(
        "Wrote {shown}. Next: edit it, then `courtier check --config {shown} --probe`, then `courtier run --config {shown}`.\n"
    ))?;
    Ok(Exit::Fine)
}

/// Writes the file; never over an existing one unless told so.
fn write(path: &Path, text: &str, force: bool) -> Result<(), Failure> {
    let mut options = OpenOptions::new();
    options.write(true);
    // `create_new` leaves no moment between looking and writing.
    let opened = if force { options.create(true).truncate(true).open(path) } else { options.create_new(true).open(path) };
    let mut file = opened.map_err(|error| {
        if error.kind() == std::io::ErrorKind::AlreadyExists {
            Failure::usage(format!("{} is there already", path.display()))
                .hint("--force overwrites it, `courtier init --stdout` prints one")
        } else {
            Failure::could_not(format!("cannot write {}", path.display())).because(error)
        }
    })?;
    file.write_all(text.as_bytes()).map_err(|error| Failure::could_not(format!("cannot write {}", path.display())).because(error))
}

/// Puts the file together.
pub(super) fn text(brand: Option<&str>, rivals: &[String]) -> String {
    let mut blocks = vec![
        "#:schema ./courtier.schema.json\n\
         # The line above lets editors complete and check this file: courtier schema > courtier.schema.json\n\
         # `courtier check` says what is wrong, with line and column; `courtier check --probe` also calls every part once.\n"
            .to_owned(),
    ];
    match brand {
        Some(brand) => blocks.push(Config::brand_text(brand, rivals)),
        None => {
            blocks.push(format!(
                "version = 1\n\n# Replace the two brands by yours.\n{}\n{}",
                part("watches").sample,
                part("rivals").sample
            ));
        }
    }
    blocks.push(format!("# {}\n", part("feeds").doc));
    blocks.extend(FEEDS.iter().map(|kind| section(kind.summary, kind.sample, READY_FEEDS.contains(&kind.name))));
    blocks.push(format!("# {}\n", part("notifiers").doc));
    blocks.extend(NOTIFIERS.iter().map(|kind| section(kind.summary, kind.sample, READY_NOTIFIERS.contains(&kind.name))));
    let rest = PARTS.iter().filter(|part| !["watches", "rivals", "feeds", "notifiers"].contains(&part.key));
    blocks.extend(rest.map(|part| section(part.doc, part.sample, false)));
    blocks.join("\n")
}

/// Finds a part of the file by its key.
fn part(key: &str) -> &'static Part {
    PARTS.iter().find(|part| part.key == key).expect("the list of parts holds every key that is asked for here")
}

/// Writes one section with its sentence above; commented out unless it is ready for use.
fn section(doc: &str, sample: &str, ready: bool) -> String {
    let sample = sample.trim_end();
    if ready {
        return format!("# {doc}\n{sample}\n");
    }
    let commented = sample.lines().map(|line| if line.is_empty() { "#\n".to_owned() } else { format!("# {line}\n") });
    format!("# {doc}\n{}", commented.collect::<String>())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::StandIns;
    use crate::engine;

    fn accepted(text: &str) -> (Config, String) {
        let parsed = Config::parse(text, "courtier.toml", &engine::kinds(), &StandIns);
        let (config, warnings) = parsed.unwrap_or_else(|mistakes| panic!("{mistakes}\n{text}"));
        let told = config.source.report(Vec::new(), warnings);
        let told = if told.is_empty() { String::new() } else { told.to_string() };
        (config, told)
    }

    #[test]
    fn check_accepts_what_init_writes() {
        for (brand, rivals) in
            [(None, vec![]), (Some("Nomadesk"), vec!["Dropbox".to_owned(), "Box".to_owned()]), (Some("A \"B\" C"), vec![])]
        {
            let (config, told) = accepted(&text(brand, &rivals));
            assert_eq!(told, "");
            assert!(!config.feeds.is_empty() && !config.notifiers.is_empty());
        }
    }

    #[test]
    fn every_sample_is_a_section_that_check_accepts() {
        let rivals = "\n[rivals.dropbox]\nterms = [\"dropbox\"]\n";
        let watch = "\n[watches.nomadesk]\nterms = [\"nomadesk\"]\nrivals = [\"dropbox\"]\n";
        let people = ["care", "lead", "pager"].map(|name| format!("\n[notifiers.{name}]\ntype = \"terminal\"\n")).concat();
        let hours = part("hours").sample;
        for sample in FEEDS.iter().map(|kind| kind.sample).chain(NOTIFIERS.iter().map(|kind| kind.sample)) {
            accepted(&format!("version = 1\n{watch}{rivals}{sample}"));
        }
        for part in PARTS.iter().filter(|part| !part.sample.is_empty()) {
            let beside = match part.key {
                "watches" => rivals.to_owned(),
                "rivals" => watch.to_owned(),
                "routes" => format!("{watch}{rivals}{people}{hours}"),
                _ => format!("{watch}{rivals}"),
            };
            accepted(&format!("version = 1\n{}\n{beside}", part.sample));
        }
    }

    #[test]
    fn nothing_is_overwritten_unasked() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("courtier.toml");
        write(&path, "mine", false).unwrap();
        let refused = write(&path, "other", false).unwrap_err();
        assert_eq!(refused.exit, Exit::Usage);
        assert_eq!(std::fs::read_to_string(&path).unwrap(), "mine");
        write(&path, "other", true).unwrap();
        assert_eq!(std::fs::read_to_string(&path).unwrap(), "other");
    }
}
