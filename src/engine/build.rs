//! From a configuration to a plan: builds every part, calls nobody.
//!
//! `check` builds a plan and throws it away, `run` and reload keep it. All
//! mistakes of all parts come back at once.

use std::cell::RefCell;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use jiff::Timestamp;

use super::plan::{AtStart, Drafter, Opens, Plan, PlannedFeed, PlannedNotifier};
use super::rehear::Rehearing;
use super::retention::Keep;
use super::rules;
use crate::config::{Config, Diagnostic, FoldBy, Kind, Kinds, NetSettings, RouteSection, environment};
use crate::detect::{Detector, Scratch};
use crate::domain::{Network, Watch};
use crate::feed::{self, FEEDS, Inboxes};
use crate::net::{self, Client, NetError};
use crate::notify::{self, NOTIFIERS};
use crate::query::Query;
use crate::reply::{Facts, Voice, draft};
use crate::triage::{Escalate, Fold, Route, Routing, Said, When};

thread_local! {
    /// Buffers for the firehose's question, reused from post to post.
    static SCRATCH: RefCell<Scratch> = RefCell::default();
}

/// What the configuration may name, from the lists in `feed` and `notify`.
pub fn kinds() -> Kinds {
    Kinds {
        feeds: FEEDS.iter().map(|kind| Kind { name: kind.name, summary: kind.summary, fields: kind.fields }).collect(),
        notifiers: NOTIFIERS.iter().map(|kind| Kind { name: kind.name, summary: kind.summary, fields: kind.fields }).collect(),
    }
}

/// Builds the client of a configuration; reads the CA file, calls nobody.
pub fn client(settings: &NetSettings) -> Result<Client, NetError> {
    Client::new(&net::Settings {
        user_agent: settings.user_agent.clone(),
        ca_file: settings.ca_file.clone(),
        proxy: settings.proxy.clone(),
        allow_private: settings.allow_private.clone(),
        egress: settings.egress.clone(),
    })
}

/// Gives the database of a configuration: the named one, else the unit's or the user's.
pub fn database(config: &Config) -> Option<PathBuf> {
    config.store.path.clone().or_else(|| environment::state_dir(Path::new(&*config.source.origin)).map(|folder| folder.join("courtier.db")))
}

impl Plan {
    /// Builds everything; gives all mistakes at once.
    pub fn build(config: &Config, client: &Client, inboxes: &Inboxes, backfill: Option<Timestamp>) -> Result<Self, Vec<Diagnostic>> {
        let mut mistakes = Vec::new();
        let watches: Arc<[Watch]> = config.watches.clone().into();
        let detector = rules::checked(config, &mut mistakes);
        let routes = routes(config, &watches, &mut mistakes);
        let feeds = feeds(config, &watches, &detector, client, inboxes, &mut mistakes);
        let notifiers = notifiers(config, client, &mut mistakes);
        let drafter = drafter(config, &mut mistakes);
        if !mistakes.is_empty() {
            return Err(mistakes);
        }
        let routing = Routing { routes, notifiers: notifiers.iter().map(|notifier| notifier.name.to_string()).collect() };
        let hours = config.hours.clone();
        let opens: Opens = Arc::new(move |now| (!hours.is_staffed(now)).then(|| hours.next_opening(now)));
        Ok(Self {
            watches,
            detector,
            feeds,
            notifiers,
            routing: Arc::new(routing),
            opens,
            drafter,
            keep: Keep { text: config.privacy.keep_text, author: config.privacy.keep_author },
            zone: config.hours.zone.clone(),
            backfill,
            at_start: AtStart::of(config),
        })
    }
}

impl Rehearing {
    /// Builds what hears and decides on stored mentions, for commands that ask and send nothing: they need no secret.
    ///
    /// It goes the way of [`Plan::build`], so that whatever hears in the daemon hears here.
    pub fn build(config: &Config, client: &Client) -> Result<Self, Vec<Diagnostic>> {
        let mut deaf = config.clone();
        deaf.feeds.clear();
        deaf.notifiers.clear();
        let mut plan = Plan::build(&deaf, client, &Inboxes::default(), None)?;
        let notifiers = config.notifiers.iter().map(|section| section.name.clone()).collect();
        plan.routing = Arc::new(Routing { routes: plan.routing.routes.clone(), notifiers });
        let watches = Arc::clone(&plan.watches);
        let mut rehearing = Self::in_order(Arc::new(plan));
        let folding = config.notifiers.iter().filter(|section| notify::kind(section.kind).is_some_and(|kind| kind.folds));
        rehearing.folds(folding.map(|section| section.name.clone()));
        for section in &config.feeds {
            rehearing.listens(&section.name, concerned(&section.watches, &watches));
        }
        Ok(rehearing)
    }
}

/// Gives the watches of these names by index; none means all.
fn concerned(names: &[String], watches: &[Watch]) -> Vec<usize> {
    watches.iter().enumerate().filter(|(_, watch)| names.contains(&watch.id)).map(|(index, _)| index).collect()
}

fn feeds(
    config: &Config,
    watches: &Arc<[Watch]>,
    detector: &Arc<Detector>,
    client: &Client,
    inboxes: &Inboxes,
    mistakes: &mut Vec<Diagnostic>,
) -> Vec<PlannedFeed> {
    let own = Plan::own_accounts(watches);
    let mut built = Vec::new();
    for section in &config.feeds {
        let Some(kind) = feed::kind(section.kind) else { continue };
        let concerned = concerned(&section.watches, watches);
        let listens = |index: usize| concerned.is_empty() || concerned.contains(&index);
        let terms = watches.iter().enumerate().filter(|(index, _)| listens(*index));
        let terms: Arc<[String]> = terms.flat_map(|(_, watch)| watch.brand.terms.iter().chain(&watch.ambiguous).cloned()).collect();
        let detector = Arc::clone(detector);
        let outside = feed::Outside {
            client: client.clone(),
            terms,
            inboxes: inboxes.clone(),
            names: Some(Arc::new(move |text: &str| SCRATCH.with_borrow_mut(|scratch| detector.names_any(text, scratch)))),
            own: Arc::clone(&own),
        };
        match (kind.build)(&section.section, &outside) {
            Ok(feed) => built.push(PlannedFeed {
                name: section.name.as_str().into(),
                network: feed.network().unwrap_or_else(|| Network::known(kind.name)),
                feed: feed.into(),
                watches: concerned,
                silence: section.silence,
            }),
            Err(more) => mistakes.extend(more),
        }
    }
    built
}

fn notifiers(config: &Config, client: &Client, mistakes: &mut Vec<Diagnostic>) -> Vec<PlannedNotifier> {
    let outside = notify::Outside { client: client.clone(), zone: config.hours.zone.clone() };
    let mut built = Vec::new();
    for section in &config.notifiers {
        let Some(kind) = notify::kind(section.kind) else { continue };
        match (kind.build)(&section.section, &outside) {
            Ok(notifier) => built.push(PlannedNotifier {
                name: section.name.as_str().into(),
                notifier: notifier.into(),
                fallback: section.fallback.clone(),
                give_up: section.give_up,
            }),
            Err(more) => mistakes.extend(more),
        }
    }
    built
}

/// Reads the facts file once; drafts are pure from then on.
fn drafter(config: &Config, mistakes: &mut Vec<Diagnostic>) -> Drafter {
    let mut facts = Facts::default();
    if let Some(path) = &config.reply.facts {
        let read = std::fs::read_to_string(path).map_err(|error| error.to_string());
        match read.and_then(|text| Facts::read(&text).map_err(|error| error.to_string())) {
            Ok(read) => facts = read,
            Err(why) => mistakes.push(
                Diagnostic::new(config.reply.facts_span.clone(), format!("the facts file {} cannot be used: {why}", path.display()))
                    .hint("`[facts]` holds one `key = \"value\"` a line"),
            ),
        }
    }
    let sign_as = config.reply.sign_as.clone();
    Arc::new(move |mention, hearing, watch, _| {
        draft(mention, hearing, &Voice { watch, facts: &facts, sign_as: sign_as.as_deref(), limit: None })
    })
}

fn routes(config: &Config, watches: &[Watch], mistakes: &mut Vec<Diagnostic>) -> Vec<Route> {
    let matches = config.routes.iter().filter_map(|section| section.matches.as_ref());
    let queries: Vec<Query> = matches.filter_map(|matches| rules::query(matches, mistakes)).collect();
    let mut said = Said::all(queries, watches).into_iter();
    // Where a query is wrong the plan is not built, and it does not matter whose is whose.
    config.routes.iter().map(|section| route(section, section.matches.as_ref().and_then(|_| said.next()))).collect()
}

fn route(section: &RouteSection, said: Option<Said>) -> Route {
    let when = &section.when;
    Route {
        when: When {
            priority: when.priority.clone(),
            watch: when.watch.clone(),
            signal: when.signal.clone(),
            primary: when.primary.clone(),
            stance: when.stance.clone(),
            network: when.network.iter().map(|network| network.as_str().to_owned()).collect(),
            feed: when.feed.clone(),
            lang: when.lang.clone(),
            said,
        },
        to: section.to.clone(),
        fold: section.fold.as_ref().map(|fold| Fold {
            by: fold.by.iter().copied().map(fold_word).collect(),
            wait: fold.wait.try_into().unwrap_or(jiff::SignedDuration::MAX),
        }),
        escalate: section
            .escalate
            .iter()
            .map(|one| Escalate { after: one.after.try_into().unwrap_or(jiff::SignedDuration::MAX), to: one.to.clone() })
            .collect(),
        off_hours: section.off_hours.clone(),
        go_on: section.goes_on,
    }
}

fn fold_word(by: FoldBy) -> String {
    format!("{by:?}").to_lowercase()
}
