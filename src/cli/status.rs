//! `courtier status`: how each part is doing, from the store and the daemon.

use std::fmt::Write as _;
use std::net::SocketAddr;
use std::path::Path;
use std::time::Duration;

use jiff::Timestamp;
use serde_json::Value;

use crate::engine::{self, Clock};
use crate::net::Request;
use crate::store::{Standing, Store};

use super::{Exit, Failure, Format, Output, setup, visible};

/// Shows how each part is doing; exits with 1 when something is not well.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// How to write it.
    #[arg(long, value_enum, default_value_t)]
    format: Format,
}

/// Runs the command.
pub(super) fn run(args: &Args, named: Option<&Path>) -> Result<Exit, Failure> {
    let config = setup::config_of_store(named)?;
    let store = setup::store_read_only(&config)?;
    let now = Clock::system().now();
    let client = engine::client(&config.net).map_err(|error| Failure::could_not("cannot set up the network").because(error))?;
    let (standing, daemon) = setup::runtime()?.block_on(async {
        let standing = store.standing().await.map_err(|error| Failure::could_not("cannot read the store").because(error))?;
        let daemon = if config.web.enabled { ask(&client, config.web.listen).await } else { None };
        Ok::<_, Failure>((standing, daemon))
    })?;
    let runs = setup::daemon(&config).ok().map(|process| process.is_some());
    let well = runs != Some(false)
        && daemon.as_ref().is_none_or(|daemon| daemon["status"] == "ok")
        && standing.outbox.iter().all(|(_, _, dead, _)| *dead == 0);
    let output = Output::new(args.format);
    if args.format == Format::Table {
        output.text(&table(&standing, daemon.as_ref(), runs, now))?;
    } else {
        output.json(&serde_json::json!({"well": well, "runs": runs, "store": standing, "daemon": daemon}))?;
    }
    Ok(if well { Exit::Fine } else { Exit::Found })
}

/// Asks the running daemon's health route.
async fn ask(client: &crate::net::Client, address: SocketAddr) -> Option<Value> {
    let mut request = Request::get(format!("http://{address}/healthz"));
    request.timeout = Duration::from_secs(2);
    let response = client.call(request).await.ok()?;
    serde_json::from_slice(&response.body).ok()
}

fn table(standing: &Standing, daemon: Option<&Value>, runs: Option<bool>, now: Timestamp) -> String {
    let mut text = String::new();
    let says = match (daemon, runs) {
        (Some(daemon), _) => daemon["status"].as_str().unwrap_or("unknown"),
        (None, Some(false)) => "does not run",
        (None, Some(true)) => "runs, and does not answer on its health address ([web] is off, or --listen names another)",
        (None, None) => "does not answer on its health address (not running, or [web] is off)",
    };
    writeln!(text, "daemon    {says}").ok();
    let live: u64 = standing.cases.iter().filter(|(state, _)| state.is_live()).map(|(_, count)| count).sum();
    writeln!(text, "mentions  {}\ncases     {live} live", standing.mentions).ok();
    let feeds = daemon.and_then(|daemon| daemon["feeds"].as_object());
    for (feed, written) in &standing.cursors {
        let health = feeds.and_then(|feeds| feeds.get(feed));
        let state = match health.and_then(|health| health["ok"].as_bool()) {
            Some(true) => hears(health),
            Some(false) => format!("deaf: {}", visible(health.and_then(|health| health["why"].as_str()).unwrap_or("no reason given"))),
            None => "last known".to_owned(),
        };
        writeln!(text, "feed      {feed}: {state}, cursor written {} ago", age(*written, now)).ok();
    }
    for (feed, health) in feeds.into_iter().flatten().filter(|(name, _)| !standing.cursors.iter().any(|(feed, _)| feed == *name)) {
        let state = match health["ok"].as_bool() {
            Some(true) => hears(Some(health)),
            Some(false) => format!("deaf: {}", visible(health["why"].as_str().unwrap_or("no reason given"))),
            None => "not asked yet".to_owned(),
        };
        writeln!(text, "feed      {feed}: {state}").ok();
    }
    for (notifier, waiting, dead, oldest) in &standing.outbox {
        let oldest =
            oldest.filter(|oldest| *oldest <= now).map_or(String::new(), |oldest| format!(", the oldest due for {}", age(oldest, now)));
        writeln!(text, "notifier  {notifier}: {waiting} waiting{oldest}, {dead} dead").ok();
    }
    for (notifier, why) in daemon.and_then(|daemon| daemon["disabled"].as_object()).into_iter().flatten() {
        writeln!(text, "notifier  {notifier}: disabled, {}", visible(why.as_str().unwrap_or_default())).ok();
    }
    if let Some(mistakes) = daemon.and_then(|daemon| daemon["reload"].as_str()) {
        writeln!(text, "reload    the last one was refused:\n{mistakes}").ok();
    }
    text
}

/// Says that a feed hears, or that it answers and brings nothing, or which part of it is not heard.
fn hears(health: Option<&Value>) -> String {
    let says = |key: &str| health.and_then(|health| health[key].as_str()).map(visible);
    match (says("silent"), says("missed")) {
        (Some(silent), _) => format!("deaf: {silent}"),
        (None, Some(missed)) => format!("hears, but not {missed}"),
        (None, None) => "hears".to_owned(),
    }
}

/// A span of time in its two largest units.
fn age(from: Timestamp, now: Timestamp) -> String {
    match now.duration_since(from).as_secs().max(0) {
        seconds @ 0..120 => format!("{seconds} s"),
        seconds @ 120..7_200 => format!("{} min", seconds / 60),
        seconds @ 7_200..172_800 => format!("{} h", seconds / 3_600),
        seconds => format!("{} days", seconds / 86_400),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_feed_that_answers_and_brings_nothing_is_shown_as_deaf() {
        let now = "2026-11-22T05:00:00Z".parse().expect("a moment");
        let standing = Standing { cursors: vec![("bsky".to_owned(), now)], ..Standing::default() };
        let silent = "silent for 7 h, expected something within 6 h";
        let daemon = serde_json::json!({"status": "degraded", "feeds": {
            "bsky": {"ok": true, "silent": silent}, "blog": {"ok": true, "silent": silent}, "news": {"ok": true}, "list": {"ok": true, "missed": "1 of 3 addresses: denied: blog.example.org answered 410"}
        }});
        let text = table(&standing, Some(&daemon), Some(true), now);
        assert!(text.contains(&format!("feed      bsky: deaf: {silent}, cursor")), "{text}");
        assert!(text.contains(&format!("feed      blog: deaf: {silent}")) && text.contains("feed      news: hears\n"), "{text}");
        assert!(text.contains("feed      list: hears, but not 1 of 3 addresses: denied: blog.example.org answered 410\n"), "{text}");
        assert!(table(&standing, None, Some(false), now).contains("daemon    does not run\n"));
        assert!(table(&standing, None, Some(true), now).contains("daemon    runs, and does not answer"));
    }
}
