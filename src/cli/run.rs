//! `courtier run`: the daemon.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use jiff::SignedDuration;
use tokio_util::sync::CancellationToken;

use super::{Exit, Failure, setup};
use crate::config::{Config, StandIns};
use crate::engine::{self, Clock, Ended, House, Inboxes, Loader, Plan, Shared};
use crate::web::{self, Doors, Limits};

/// Hears the configured feeds and delivers until it is told to stop.
///
/// Without a file, `--brand` watches the networks that need no account and prints alerts to the terminal.
///
/// SIGTERM or Ctrl-C stops it: with 0 when everything under way was finished, with 3 when the grace was over
/// first, or a second signal came; what is left goes out at the next start. SIGHUP reloads the file.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Watch this brand without a configuration file.
    #[arg(long, value_name = "NAME")]
    brand: Option<String>,
    /// A rival of the brand; may be given several times.
    #[arg(long, value_name = "NAME", requires = "brand")]
    rival: Vec<String>,
    /// On a feed's first run, hear posts this far back; default: nothing older than the start.
    #[arg(long, value_name = "DURATION", value_parser = setup::duration)]
    backfill: Option<SignedDuration>,
    /// How long sends under way may take when it stops.
    #[arg(long, value_name = "DURATION", default_value = "20s", value_parser = setup::duration)]
    grace: SignedDuration,
    /// Where health, metrics and inbound webhooks listen; overrides `[web] listen`.
    #[arg(long, value_name = "ADDRESS")]
    listen: Option<SocketAddr>,
}

/// What is logged beside the cards of a terminal: what is wrong, what is well again, and what is left at the end.
const BESIDE_CARDS: &str = "warn,courtier::engine::feeds=info,courtier::engine::house=info";

/// The feeds that need no account, for `--brand`.
fn without_account(brand: &str) -> String {
    let tag: String = brand.to_lowercase().chars().filter(|c| c.is_alphanumeric()).collect();
    format!(
        "\n[feeds.bluesky]\ntype = \"bluesky\"\n\n[feeds.hackernews]\ntype = \"hackernews\"\n\n\
         [feeds.mastodon]\ntype = \"mastodon\"\ninstance = \"mastodon.social\"\ntags = [\"{tag}\"]\n\n\
         [notifiers.terminal]\ntype = \"terminal\"\n\n[web]\nenabled = false\n"
    )
}

/// Runs the command.
pub(super) fn run(args: &Args, named: Option<&Path>) -> Result<Exit, Failure> {
    let (config, file) = configuration(args, named)?;
    setup::logs(&config)?;
    let inboxes = Inboxes::default();
    let client = engine::client(&config.net).map_err(|error| Failure::could_not("cannot set up the network").because(error))?;
    let clock = Clock::system();
    let backfill = args.backfill.map(|back| setup::ago(clock.now(), back));
    let plan = Plan::build(&config, &client, &inboxes, backfill).map_err(|mistakes| setup::refuse_parts(&config, mistakes))?;
    let store = setup::store(&config)?;
    let _only = setup::only_daemon(&store)?;
    let shared = Shared::new(store, clock);
    let grace = Duration::try_from(args.grace).unwrap_or_default();
    if args.brand.is_some() {
        greet(&plan)?;
    }
    setup::runtime()?.block_on(async {
        let stop = CancellationToken::new();
        let doors = Doors { health: shared.health.clone(), metrics: shared.metrics.clone(), inboxes: inboxes.clone() };
        let served = open_doors(args, &config, doors, &stop).await?;
        // The lock says that whoever held leases is dead: nobody waits for them.
        let cannot = |error| Failure::could_not("cannot use the store").because(error);
        let freed = shared.store.reclaim(shared.clock.now()).await.map_err(cannot)?;
        engine::note_file(shared.store.as_ref(), file.as_deref()).await.map_err(cannot)?;
        if freed > 0 {
            tracing::info!(freed, "attempts that a dead process left are made again");
        }
        let house = House::new(shared, grace, stop.clone());
        let loader = file.map(|path| loader(path, client.clone(), inboxes));
        let ended = house.run(plan, loader).await.map_err(|error| Failure::could_not("cannot listen to signals").because(error))?;
        stop.cancel();
        if let Some(served) = served {
            // Connections that hang get a moment, not the whole grace again.
            drop(tokio::time::timeout(Duration::from_secs(1), served).await);
        }
        Ok(if ended == Ended::Drained { Exit::Fine } else { Exit::Partly })
    })
}

fn configuration(args: &Args, named: Option<&Path>) -> Result<(Config, Option<PathBuf>), Failure> {
    if let Some(brand) = &args.brand {
        if let Some(named) = named {
            let both = format!("--brand needs no file, and --config names {}", named.display());
            return Err(Failure::usage(both).hint("leave out one of the two"));
        }
        // The names alone first: their mistakes are about the command line, not about a file nobody wrote.
        Config::from_brand(brand, &args.rival).map_err(|mistakes| setup::refuse(&mistakes))?;
        let text = Config::brand_text(brand, &args.rival) + &without_account(brand);
        let parsed = Config::parse(&text, "the command line", &engine::kinds(), &StandIns);
        let (mut config, _) = parsed.map_err(|mistakes| setup::refuse(&mistakes))?;
        BESIDE_CARDS.clone_into(&mut config.log.level);
        return Ok((config, None));
    }
    let Some(path) = Config::find(named) else { return setup::config(named).map(|config| (config, None)) };
    Ok((setup::config_at(&path)?, Some(path)))
}

/// Says on standard error what is being done: a silent terminal looks broken.
fn greet(plan: &Plan) -> Result<(), Failure> {
    use std::io::Write as _;
    let feeds: Vec<&str> = plan.feeds.iter().map(|feed| &*feed.name).collect();
    let names: Vec<&str> = plan.watches.iter().map(|watch| watch.brand.name.as_str()).collect();
    let mut stderr = anstream::stderr().lock();
    writeln!(stderr, "Listening for {} on {}. Alerts appear here; Ctrl-C stops.", names.join(", "), feeds.join(", "))?;
    Ok(())
}

/// Opens the port; an address that nobody named may be taken, then the system chooses another.
async fn open_doors(
    args: &Args,
    config: &Config,
    doors: Doors,
    stop: &CancellationToken,
) -> Result<Option<tokio::task::JoinHandle<()>>, Failure> {
    if !config.web.enabled && args.listen.is_none() {
        return Ok(None);
    }
    let address = args.listen.unwrap_or(config.web.listen);
    let named = args.listen.is_some() || config.web.named;
    let listener = match web::listen(address).await {
        Ok(listener) => listener,
        Err(error) if named => {
            return Err(
                Failure::could_not(error.to_string()).hint("another courtier may run; `[web] listen` or --listen names another address")
            );
        }
        Err(error) => {
            tracing::warn!(%error, "taking any free port instead");
            let any = SocketAddr::new(address.ip(), 0);
            web::listen(any).await.map_err(|error| Failure::could_not(error.to_string()))?
        }
    };
    if let Ok(address) = listener.local_addr() {
        tracing::info!(%address, "health, metrics and inbound webhooks");
    }
    #[expect(clippy::disallowed_methods, reason = "outlives the generations of the house; ends with the token")]
    Ok(Some(tokio::spawn(web::serve(listener, doors, Limits::default(), stop.clone()))))
}

/// Builds the next plan on SIGHUP.
fn loader(path: PathBuf, client: crate::net::Client, inboxes: Inboxes) -> Loader {
    let path = Arc::new(path);
    Box::new(move || {
        let (config, _) = Config::load(&path, &engine::kinds()).map_err(|mistakes| mistakes.render(false))?;
        Plan::build(&config, &client, &inboxes, None).map_err(|mistakes| config.source.report(mistakes, Vec::new()).render(false))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn beside_cards_a_feed_that_is_well_again_is_told_and_nothing_else_that_went_well() {
        assert!(BESIDE_CARDS.parse::<tracing_subscriber::EnvFilter>().is_ok());
        // The filter names modules: whoever moves these words must move it too.
        for (module, text) in [("feeds", include_str!("../engine/feeds.rs")), ("house", include_str!("../engine/house.rs"))] {
            assert!(BESIDE_CARDS.contains(&format!("courtier::engine::{module}=info")));
            assert!(text.contains("hears again") || text.contains("stopped; what waits"), "{module}");
        }
        assert!(include_str!("../engine/intake.rs").contains("\"alerts\""), "cards show what is alerted");
    }
}
