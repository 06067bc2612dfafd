//! `courtier notifiers` and `notifier test`: the kinds, and whether one reaches us.

use std::fmt::Write as _;
use std::path::Path;
use std::time::Duration;

use jiff::Timestamp;

use super::{Exit, Failure, Format, Output, setup};
use crate::config::NOTIFIER_FIELDS;
use crate::detect::{Outcome, Scratch};
use crate::domain::{
    Alert, AlertId, Author, CaseId, Health, History, IdSource, Mention, MentionAlert, MentionId, Network, Priority, Reason, Times,
};
use crate::engine::{self, Clock, Inboxes, Plan};
use crate::notify::{self, NOTIFIERS, Notifier, NotifierKind};

/// How long the receiver may take.
const PATIENCE: Duration = Duration::from_secs(30);

/// Lists the kinds of notifiers, or shows one with its keys and a sample.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The kind to show.
    kind: Option<String>,
    /// How to write the list.
    #[arg(long, value_enum, default_value_t)]
    format: Format,
}

/// Tries one notifier of the configuration.
#[derive(Debug, clap::Args)]
pub struct OneArgs {
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, clap::Subcommand)]
enum Action {
    /// Proves credential and reach, then sends a card that says it is a test.
    Test {
        /// Its name in the configuration: `care` of `[notifiers.care]`.
        name: String,
        /// Print what would be sent, and send nothing.
        #[arg(long)]
        dry_run: bool,
    },
}

/// Runs `courtier notifiers`.
pub(super) fn run(args: &Args) -> Result<Exit, Failure> {
    let output = Output::new(args.format);
    match &args.kind {
        None => {
            let rows: Vec<_> = NOTIFIERS.iter().map(|kind| vec![kind.name.to_owned(), kind.summary.to_owned()]).collect();
            output.rows(&["type", "summary"], &rows)?;
        }
        Some(name) => {
            let kind = notify::kind(name).ok_or_else(|| {
                let known: Vec<_> = NOTIFIERS.iter().map(|kind| kind.name).collect();
                Failure::usage(format!("there is no kind of notifier `{name}`")).hint(format!("known: {}", known.join(", ")))
            })?;
            output.text(&page(kind))?;
        }
    }
    Ok(Exit::Fine)
}

/// Shows one kind: what it is, a sample that `check` accepts, and its keys.
fn page(kind: &NotifierKind) -> String {
    let mut text = format!("{}: {}\n\n{}\nKeys:\n", kind.name, kind.summary, kind.sample);
    for field in kind.fields.iter().chain(NOTIFIER_FIELDS) {
        let must = if field.required { " (required)" } else { "" };
        writeln!(text, "  {:<12} {}{must}", field.key, field.doc).expect("writing to a String cannot fail");
    }
    text
}

/// Runs `courtier notifier`.
pub(super) fn run_one(args: &OneArgs, named: Option<&Path>) -> Result<Exit, Failure> {
    let Action::Test { name, dry_run } = &args.action;
    let config = setup::config(named)?;
    let client = engine::client(&config.net).map_err(|error| Failure::could_not("cannot set up the network").because(error))?;
    let plan = Plan::build(&config, &client, &Inboxes::default(), None).map_err(|mistakes| setup::refuse_parts(&config, mistakes))?;
    let found = plan.notifiers.iter().find(|notifier| *notifier.name == **name);
    let section = config.notifiers.iter().find(|section| section.name == *name);
    let (Some(planned), Some(kind)) = (found, section.and_then(|section| notify::kind(section.kind))) else {
        let known: Vec<_> = config.notifiers.iter().map(|section| section.name.as_str()).collect();
        return Err(Failure::usage(format!("there is no notifier `{name}` in the configuration"))
            .hint(format!("it names: {}", if known.is_empty() { "none".to_owned() } else { known.join(", ") })));
    };
    let now = Clock::system().now();
    let mut alert = test_alert(&plan, name, now);
    alert.sent_at(now);
    let output = Output::new(Format::Table);
    if *dry_run {
        output.text(&((kind.render)(&alert, "test", &plan.zone).trim_end().to_owned() + "\n"))?;
        return Ok(Exit::Fine);
    }
    let key = format!("test_card_{}", now.as_millisecond());
    let told = setup::runtime()?.block_on(attempt(planned.notifier.as_ref(), &alert, &key, now));
    let told = told.map_err(|why| Failure::new(Exit::Found, format!("notifier `{name}` did not take the test")).because(why))?;
    output.text(&format!("{name}: {told}\n"))?;
    Ok(Exit::Fine)
}

async fn attempt(notifier: &dyn Notifier, alert: &Alert, key: &str, now: Timestamp) -> Result<String, String> {
    let late = |_| format!("no answer within {} s", PATIENCE.as_secs());
    let probed = tokio::time::timeout(PATIENCE, notifier.probe(now)).await.map_err(late)?.map_err(|error| error.to_string())?;
    let receipt = tokio::time::timeout(PATIENCE, notifier.send(alert, key)).await.map_err(late)?.map_err(|error| error.to_string())?;
    Ok(format!("{probed}; test card sent ({})", receipt.note))
}

/// A card as a real mention would give it, for the first watch; plain words where nothing is watched yet.
fn test_alert(plan: &Plan, name: &str, now: Timestamp) -> Alert {
    let ids = IdSource::new(fastrand::u64(..));
    let mut next = || ids.next(now.as_millisecond());
    mention_alert(plan, &mut next, now).map_or_else(
        || {
            Alert::Health(Health {
                id: AlertId(next()),
                about: format!("notifier {name}"),
                what: "is being tested: you can read this".to_owned(),
                hint: "sent by `courtier notifier test`; nothing is wrong".to_owned(),
                at: now,
                sent: None,
            })
        },
        |alert| Alert::Mention(Box::new(alert)),
    )
}

fn mention_alert(plan: &Plan, next: &mut dyn FnMut() -> i64, now: Timestamp) -> Option<MentionAlert> {
    let watch = plan.watches.first()?;
    let rival = watch.rivals.first().map_or("the other one", |rival| rival.name.as_str());
    let text = format!("I am going to switch from {rival} to {}. (A test by courtier: nobody wrote this.)", watch.brand.name);
    let mut mention = Mention::new(Network::known("test"), "test", &text, now);
    mention.author = Author { handle: "courtier.test".to_owned(), name: Some("Test".to_owned()), ..Author::default() };
    let heard = plan.detector.hear(&mention, &mut Scratch::default());
    let hearing = heard.into_iter().find_map(|heard| match heard.outcome {
        Outcome::Named(hearing) if heard.watch == 0 => Some(hearing),
        _ => None,
    })?;
    let mention_id = MentionId(next());
    let draft = (plan.drafter)(&mention, &hearing, watch, mention_id);
    Some(MentionAlert {
        id: AlertId(next()),
        mention_id,
        case: CaseId(next()),
        watch: watch.id.clone(),
        watch_name: watch.brand.name.clone(),
        feed: "test".to_owned(),
        mention,
        hearing,
        priority: Priority::Today,
        reason: Reason::NewCase,
        answer_by: None,
        draft,
        history: History::default(),
        times: Times { posted: Some(now), seen: now, decided: now, sent: None },
        folded: Vec::new(),
    })
}
