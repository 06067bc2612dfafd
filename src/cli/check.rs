//! `courtier check`: is the file right? With `--probe`: does every part answer?
//!
//! Every mistake of the file, and every one that a part finds when it is
//! built, comes out at once. Nothing is called and nothing written without
//! `--probe`; with it, each part makes the one cheap call it offers for that.

use std::path::Path;
use std::time::Duration;

use futures_util::future::join_all;
use jiff::Timestamp;
use serde_json::{Value, json};

use super::setup;
use super::{Exit, Failure, Format, Output};
use crate::config::{Ambient, Config, Diagnostic, Diagnostics, RouteSection, Secrets, Source, StandIns, When};
use crate::engine::{self, Clock, Inboxes, Plan};

/// How long one probe may take.
const PATIENCE: Duration = Duration::from_secs(30);

/// Says whether the configuration is right: all mistakes at once, with line, column and hint.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Ask every feed and notifier for one cheap real call that nobody sees.
    #[arg(long, conflicts_with = "no_secrets")]
    probe: bool,
    /// Pass over secrets that cannot be read here, for a file that is checked on another machine.
    #[arg(long)]
    no_secrets: bool,
    /// How the result is written.
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    format: Shape,
}

/// How the result is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Shape {
    /// For people: mistakes on standard error, a summary on standard output.
    Text,
    /// One JSON document on standard output, mistakes included.
    Json,
}

/// What came of one probe.
struct Probed {
    /// `feeds.bsky`, `notifiers.care`.
    part: String,
    kind: &'static str,
    /// What it found, or why it failed.
    outcome: Result<String, String>,
}

/// Runs the command.
pub(super) fn run(args: &Args, named: Option<&Path>) -> Result<Exit, Failure> {
    let Some(path) = Config::find(named) else { return setup::config(named).map(|_| Exit::Fine) };
    let checked = check(&path, args.no_secrets);
    let (config, warnings, plan) = match checked {
        Ok(checked) => checked,
        Err(mistakes) if args.format == Shape::Json => {
            Output::new(Format::Json).json(&document(None, &mistakes, None))?;
            return Ok(Exit::Found);
        }
        Err(mistakes) => return Err(Failure::report(Exit::Found, mistakes.render(setup::colour()))),
    };
    let found = config.source.report(Vec::new(), warnings);
    if args.format == Shape::Text && !found.is_empty() {
        Failure::report(Exit::Fine, found.render(setup::colour())).print();
    }
    let probed = if args.probe { Some(setup::runtime()?.block_on(probe(&config, &plan, Clock::system().now()))) } else { None };
    match args.format {
        Shape::Json => Output::new(Format::Json).json(&document(Some(&config), &found, probed.as_deref()))?,
        Shape::Text => summary(&config, probed.as_deref())?,
    }
    let failed = probed.iter().flatten().any(|one| one.outcome.is_err());
    Ok(if failed { Exit::Partly } else { Exit::Fine })
}

/// Reads the file and builds every part; gives all mistakes at once.
fn check(path: &Path, no_secrets: bool) -> Result<(Config, Vec<Diagnostic>, Plan), Diagnostics> {
    let folder = path.parent().unwrap_or(Path::new("")).to_path_buf();
    let ambient = Ambient { folder };
    let secrets: &dyn Secrets = if no_secrets { &StandIns } else { &ambient };
    let (config, warnings) = Config::load_with(path, &engine::kinds(), secrets)?;
    let mut built = config.clone();
    if no_secrets {
        // A part may look at its secret when it is built, and a stand-in is none.
        built.feeds.retain(|feed| !feed.section.has_secrets());
        built.notifiers.retain(|notifier| !notifier.section.has_secrets());
    }
    let client = engine::client(&config.net).map_err(|error| {
        let unusable = Diagnostic::new(config.net.ca_file_span.clone(), "the network cannot be set up").label(error.to_string());
        config.source.report(vec![unusable], warnings.clone())
    })?;
    match Plan::build(&built, &client, &Inboxes::default(), None) {
        Ok(plan) => Ok((config, warnings, plan)),
        Err(mistakes) => Err(config.source.report(mistakes, warnings)),
    }
}

/// Asks every part at once; one that hangs keeps nobody waiting for ever.
async fn probe(config: &Config, plan: &Plan, now: Timestamp) -> Vec<Probed> {
    let late = || format!("no answer within {} s", PATIENCE.as_secs());
    let feeds = plan.feeds.iter().map(async |feed| {
        let answer = tokio::time::timeout(PATIENCE, feed.feed.probe(now)).await;
        let outcome = answer.map_or_else(|_| Err(late()), |answer| answer.map_err(|error| error.to_string()));
        let kind = config.feeds.iter().find(|section| *section.name == *feed.name).map_or("", |section| section.kind);
        Probed { part: format!("feeds.{}", feed.name), kind, outcome }
    });
    let notifiers = plan.notifiers.iter().map(async |notifier| {
        let answer = tokio::time::timeout(PATIENCE, notifier.notifier.probe(now)).await;
        let outcome = answer.map_or_else(|_| Err(late()), |answer| answer.map_err(|error| error.to_string()));
        let kind = config.notifiers.iter().find(|section| *section.name == *notifier.name).map_or("", |section| section.kind);
        Probed { part: format!("notifiers.{}", notifier.name), kind, outcome }
    });
    let (mut probed, more) = tokio::join!(join_all(feeds), join_all(notifiers));
    probed.extend(more);
    probed
}

/// Writes the result for people.
fn summary(config: &Config, probed: Option<&[Probed]>) -> Result<(), Failure> {
    let output = Output::new(Format::Table);
    let mut rows: Vec<Vec<String>> = Vec::new();
    let row = |part: &str, name: &str, what: String| vec![part.to_owned(), name.to_owned(), what];
    for watch in &config.watches {
        let rivals: Vec<&str> = watch.rivals.iter().map(|rival| rival.name.as_str()).collect();
        let against = if rivals.is_empty() { String::new() } else { format!(", rivals {}", rivals.join(", ")) };
        rows.push(row("watch", &watch.id, format!("{}: {}{against}", watch.brand.name, count(watch.brand.terms.len(), "term"))));
    }
    rows.extend(config.feeds.iter().map(|feed| row("feed", &feed.name, feed.kind.to_owned())));
    rows.extend(config.notifiers.iter().map(|notifier| {
        let fallback = notifier.fallback.as_deref().map(|name| format!(", then {name}")).unwrap_or_default();
        row("notifier", &notifier.name, format!("{}{fallback}", notifier.kind))
    }));
    if config.routes.is_empty() && !config.notifiers.is_empty() {
        rows.push(row(
            "route",
            "",
            "everything that is not noise to every notifier, the digest gathered by the hour (the default)".to_owned(),
        ));
    }
    for (index, route) in config.routes.iter().enumerate() {
        rows.push(row("route", &(index + 1).to_string(), takes(route)));
    }
    for rule in &config.rules {
        let mode = if rule.shadow { ", in shadow mode" } else { "" };
        rows.push(row("rule", &rule.id, format!("{}, {} passed{mode}", rule.signal, count(rule.tests.len(), "test"))));
    }
    let store = engine::database(config).map_or_else(|| "no place: HOME is not set".to_owned(), |path| path.display().to_string());
    rows.push(row("store", "", store));
    output.text(&format!("{} is right.\n\n", super::visible(&config.source.origin)))?;
    output.rows(&["part", "name", "what"], &rows)?;
    let Some(probed) = probed else { return Ok(()) };
    let rows: Vec<Vec<String>> = probed
        .iter()
        .map(|one| {
            let (result, what) = match &one.outcome {
                Ok(what) => ("answers", what),
                Err(why) => ("fails", why),
            };
            vec![one.part.clone(), one.kind.to_owned(), result.to_owned(), what.clone()]
        })
        .collect();
    output.text("\n")?;
    output.rows(&["probed", "type", "result", "what"], &rows)
}

/// Writes a list behind its name; nothing for none.
fn words<T: ToString>(before: &str, all: &[T]) -> Option<String> {
    let all: Vec<String> = all.iter().map(ToString::to_string).collect();
    (!all.is_empty()).then(|| format!("{before}{}", all.join(" or ")))
}

/// Says what a route takes and to whom: `urgent or today, says "lost my files", to care`.
fn takes(route: &RouteSection) -> String {
    let When { priority, watch, signal, primary, stance, network, feed, lang } = &route.when;
    let parts = [
        words("", priority),
        words("watch ", watch),
        words("signal ", signal),
        words("primary ", primary),
        words("stance ", stance),
        words("network ", network),
        words("feed ", feed),
        words("language ", lang),
        route.matches.as_ref().map(|matches| format!("says {}", matches.text)),
        Some(format!("to {}", route.to.join(", "))),
        words("off hours to ", &route.off_hours),
        route.goes_on.then(|| "and goes on".to_owned()),
    ];
    parts.into_iter().flatten().collect::<Vec<_>>().join(", ")
}

/// Writes a number with its noun.
fn count(number: usize, noun: &str) -> String {
    format!("{number} {noun}{}", if number == 1 { "" } else { "s" })
}

/// Puts the result together for programs.
fn document(config: Option<&Config>, found: &Diagnostics, probed: Option<&[Probed]>) -> Value {
    let list = |diagnostics: &[Diagnostic]| diagnostics.iter().map(|one| told(&found.source, one)).collect::<Vec<_>>();
    let mut document = json!({
        "file": &*found.source.origin,
        "ok": config.is_some(),
        "errors": list(&found.errors),
        "warnings": list(&found.warnings),
    });
    if let Some(config) = config {
        document["watches"] = config.watches.iter().map(|watch| json!({ "id": watch.id, "name": watch.brand.name })).collect();
        document["feeds"] = config.feeds.iter().map(|feed| json!({ "name": feed.name, "type": feed.kind })).collect();
        document["notifiers"] = config.notifiers.iter().map(|one| json!({ "name": one.name, "type": one.kind })).collect();
        let said = |route: &RouteSection| route.matches.as_ref().map(|matches| matches.text.clone());
        document["routes"] = config.routes.iter().map(|route| json!({ "to": route.to, "match": said(route) })).collect();
        document["rules"] =
            config.rules.iter().map(|rule| json!({ "id": rule.id, "tests": rule.tests.len(), "shadow": rule.shadow })).collect();
    }
    if let Some(probed) = probed {
        let one = |one: &Probed| match &one.outcome {
            Ok(what) => json!({ "part": one.part, "type": one.kind, "ok": true, "what": what }),
            Err(why) => json!({ "part": one.part, "type": one.kind, "ok": false, "what": why }),
        };
        document["probes"] = probed.iter().map(one).collect();
    }
    document
}

/// Writes one mistake for programs, with its place.
fn told(source: &Source, one: &Diagnostic) -> Value {
    let (line, column) = source.position(one.span.start);
    json!({ "line": line, "column": column, "message": one.message, "label": one.label, "hint": one.hint })
}
