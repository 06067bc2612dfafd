//! `courtier outbox`: what waits, what gave up, and what to do with it.

use std::path::Path;

use crate::domain::{Delivery, DeliveryId, DeliveryState};
use crate::engine::Clock;
use crate::store::{OutboxFilter, Store};

use super::{Exit, Failure, Format, Output, setup};

/// Shows and mends the outbox; works while the daemon runs.
#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, clap::Subcommand)]
enum Action {
    /// Lists deliveries that wait, are under way, or gave up.
    List {
        /// Only these states; may be given several times.
        #[arg(long, value_name = "STATE", value_parser = state)]
        state: Vec<DeliveryState>,
        /// Only this notifier.
        #[arg(long, value_name = "NAME")]
        notifier: Option<String>,
        /// At most so many.
        #[arg(long, default_value_t = 200)]
        most: usize,
        /// How to write them.
        #[arg(long, value_enum, default_value_t)]
        format: Format,
    },
    /// Sends dead letters (or waiting deliveries) again at once.
    Retry(Chosen),
    /// Gives deliveries up for good.
    Drop(Chosen),
}

/// Which deliveries: by id, or all dead ones.
#[derive(Debug, clap::Args)]
#[group(required = true, multiple = true)]
struct Chosen {
    /// Ids as `outbox list` shows them.
    ids: Vec<DeliveryId>,
    /// Every dead letter.
    #[arg(long, conflicts_with = "ids")]
    dead: bool,
    /// Every dead letter of this notifier.
    #[arg(long, value_name = "NAME", conflicts_with = "ids")]
    notifier: Option<String>,
}

fn state(word: &str) -> Result<DeliveryState, String> {
    DeliveryState::parse(word).ok_or_else(|| {
        let all: Vec<&str> = DeliveryState::ALL.iter().map(|state| state.as_str()).collect();
        format!("no such state; there are {}", all.join(", "))
    })
}

/// Runs the command.
pub(super) fn run(args: &Args, named: Option<&Path>) -> Result<Exit, Failure> {
    let config = setup::config_of_store(named)?;
    let cannot = |error| Failure::could_not("cannot read the outbox").because(error);
    match &args.action {
        Action::List { state, notifier, most, format } => {
            let store = setup::store_read_only(&config)?;
            let filter = OutboxFilter { states: state.clone(), notifier: notifier.clone(), most: *most };
            let listed = setup::runtime()?.block_on(store.outbox(&filter)).map_err(cannot)?;
            list(&listed, *format)?;
            Ok(Exit::Fine)
        }
        Action::Retry(chosen) => change(&config, chosen, true),
        Action::Drop(chosen) => change(&config, chosen, false),
    }
}

fn list(listed: &[Delivery], format: Format) -> Result<(), Failure> {
    let output = Output::new(format);
    if format != Format::Table && format != Format::Csv {
        if format == Format::Json {
            return output.json(&listed);
        }
        return listed.iter().try_for_each(|one| output.json(one));
    }
    if listed.is_empty() && format == Format::Table {
        return output.text("Nothing waits.\n");
    }
    let rows: Vec<Vec<String>> = listed
        .iter()
        .map(|one| {
            vec![
                one.id.to_string(),
                one.notifier.clone(),
                one.state.to_string(),
                one.attempts.to_string(),
                one.due.strftime("%Y-%m-%d %H:%M:%SZ").to_string(),
                one.headline.clone(),
                one.last_error.clone().unwrap_or_default(),
            ]
        })
        .collect();
    output.rows(&["delivery", "notifier", "state", "attempts", "due", "alert", "last error"], &rows)
}

fn change(config: &crate::config::Config, chosen: &Chosen, retry: bool) -> Result<Exit, Failure> {
    let store = setup::store_there(config)?;
    let cannot = |error| Failure::could_not("cannot change the outbox").because(error);
    let now = Clock::system().now();
    setup::runtime()?.block_on(async {
        let mut ids = chosen.ids.clone();
        if chosen.dead || chosen.notifier.is_some() {
            let filter = OutboxFilter { states: vec![DeliveryState::Dead], notifier: chosen.notifier.clone(), most: 0 };
            ids = store.outbox(&filter).await.map_err(cannot)?.into_iter().map(|one| one.id).collect();
        }
        let changed = store.outbox_set(&ids, retry, now).await.map_err(cannot)?;
        let what = if retry { "sent again at once" } else { "dropped" };
        Output::new(Format::Table).text(&format!("{changed} of {} {what}.\n", ids.len()))?;
        let missed = usize::try_from(changed).unwrap_or(usize::MAX) < ids.len();
        if missed {
            Failure::report(Exit::Partly, "The others are delivered, under way, dropped, or unknown.").print();
        }
        Ok(if missed { Exit::Partly } else { Exit::Fine })
    })
}
