//! Starts everything, listens to signals, reloads, and shuts down in order.
//!
//! A plan runs as one *generation* of tasks. A reload builds the next plan
//! first; only when nothing is wrong with it does the running generation
//! drain and the next one start, over the same store, metrics and health.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use super::dispatch::Dispatcher;
use super::feeds::FeedLoop;
use super::guard::{Hidden, hidden_leavers};
use super::intake::{CHANNEL, Intake};
use super::plan::Plan;
use super::reload::{ReloadAsked, ReloadEnded, note_watches};
use super::retention::Retention;
use super::shared::{Shared, seconds};
use crate::observe::Systemd;
use crate::store::Standing;

/// Builds the next plan for a reload, or says in words what is wrong with it.
pub type Loader = Box<dyn Fn() -> Result<Plan, String> + Send + Sync>;

/// How often gauges are brought up to date and systemd hears the status.
const PULSE: Duration = Duration::from_secs(5);

/// Hidden leavers that a refusal lists.
const LISTED: usize = 5;
/// What to do about a refusal.
const FORCE: &str = "`courtier backtest` shows them; `courtier reload --yes` runs the new plan all the same";

/// How the house ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ended {
    /// Everything under way was finished.
    Drained,
    /// The grace was over first; what was left is in the store and goes on at the next start.
    Cut,
}

/// The running house.
pub struct House {
    shared: Shared,
    grace: Duration,
    stop: CancellationToken,
    systemd: Systemd,
}

impl std::fmt::Debug for House {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("House").field("grace", &self.grace).finish_non_exhaustive()
    }
}

/// The tasks of one plan.
struct Generation {
    plan: Arc<Plan>,
    feeds: TaskTracker,
    desk: TaskTracker,
    stop_feeds: CancellationToken,
    stop_desk: CancellationToken,
    abandon: CancellationToken,
}

impl House {
    /// Prepares a house; `stop` ends it from outside, as a signal does.
    pub fn new(shared: Shared, grace: Duration, stop: CancellationToken) -> Self {
        Self { shared, grace, stop, systemd: Systemd }
    }

    /// Runs until a signal or the token says stop. `loader` is called on SIGHUP; without one the signal changes nothing.
    pub async fn run(self, plan: Plan, loader: Option<Loader>) -> std::io::Result<Ended> {
        let mut terminate = signal(SignalKind::terminate())?;
        let mut interrupt = signal(SignalKind::interrupt())?;
        let mut hang_up = signal(SignalKind::hangup())?;
        let pulse = self.start_pulse();
        let mut generation = self.start(&Arc::new(plan));
        self.systemd.ready(&self.line());
        note_watches(self.shared.store.as_ref(), &generation.plan.watches).await;
        loop {
            tokio::select! {
                () = self.stop.cancelled() => break,
                _ = terminate.recv() => break,
                _ = interrupt.recv() => break,
                _ = hang_up.recv() => {
                    generation = self.reload(generation, loader.as_ref()).await;
                }
            }
        }
        self.systemd.stopping("finishing what is under way");
        self.shared.health.stopping();
        tracing::info!(grace = ?self.grace, "stopping: a second signal leaves at once");
        let ended = tokio::select! {
            ended = self.drain(&generation) => ended,
            () = second(&mut terminate, &mut interrupt) => {
                tracing::warn!("a second signal: leaving at once");
                Ended::Cut
            }
        };
        pulse.cancel();
        self.say_what_is_left(ended).await;
        Ok(ended)
    }

    fn start(&self, plan: &Arc<Plan>) -> Generation {
        let generation = Generation {
            plan: Arc::clone(plan),
            feeds: TaskTracker::new(),
            desk: TaskTracker::new(),
            stop_feeds: CancellationToken::new(),
            stop_desk: CancellationToken::new(),
            abandon: CancellationToken::new(),
        };
        self.shared.metrics.plan(plan.feeds.iter().map(|feed| &*feed.name), plan.notifiers.iter().map(|notifier| &*notifier.name));
        self.shared.health.expect(plan.feeds.iter().map(|feed| feed.name.to_string()));
        let (sender, parcels) = mpsc::channel(CHANNEL);
        for planned in plan.feeds.iter().cloned() {
            let feed = FeedLoop {
                planned,
                plan: Arc::clone(plan),
                shared: self.shared.clone(),
                intake: sender.clone(),
                cancel: generation.stop_feeds.clone(),
            };
            generation.feeds.spawn(feed.run());
        }
        let intake = Intake { plan: Arc::clone(plan), shared: self.shared.clone(), parcels, abandon: generation.abandon.clone() };
        generation.feeds.spawn(intake.run());
        let retention = Retention { keep: plan.keep, shared: self.shared.clone(), cancel: generation.stop_feeds.clone() };
        generation.feeds.spawn(retention.run());
        for planned in plan.notifiers.iter().cloned() {
            let dispatcher = Dispatcher {
                planned,
                plan: Arc::clone(plan),
                shared: self.shared.clone(),
                cancel: generation.stop_desk.clone(),
                abandon: generation.abandon.clone(),
            };
            generation.desk.spawn(dispatcher.run());
        }
        generation.feeds.close();
        generation.desk.close();
        generation
    }

    /// Stops feeds, drains intake, finishes sends; within the grace.
    async fn drain(&self, generation: &Generation) -> Ended {
        let orderly = async {
            generation.stop_feeds.cancel();
            generation.feeds.wait().await;
            generation.stop_desk.cancel();
            generation.desk.wait().await;
        };
        if tokio::time::timeout(self.grace, orderly).await.is_ok() {
            return Ended::Drained;
        }
        generation.stop_desk.cancel();
        generation.abandon.cancel();
        // Abandoned tasks only have their leases left to give back.
        let last = async {
            generation.feeds.wait().await;
            generation.desk.wait().await;
        };
        drop(tokio::time::timeout(Duration::from_secs(2), last).await);
        Ended::Cut
    }

    /// Checks the new file first; a bad one, or one that would hide leavers, keeps the old plan and says so.
    async fn reload(&self, running: Generation, loader: Option<&Loader>) -> Generation {
        let store = self.shared.store.as_ref();
        let began = self.shared.clock.now();
        let asked = ReloadAsked::take(store, began).await;
        let Some(loader) = loader else {
            // A terminal that closes sends this signal too: nothing to complain about, but whoever asked wants to know.
            let says = "this daemon was started without a configuration file: there is nothing to read again".to_owned();
            ReloadEnded { id: None, runs: false, says, hidden: Hidden::default(), began }.leave(asked, store).await;
            return running;
        };
        self.systemd.reloading();
        let mut hidden = Hidden::default();
        let checked = self.next_plan(&running, loader, asked.iter().any(|asked| asked.yes), &mut hidden).await;
        let refused = checked.as_ref().err().cloned();
        let mut says = String::new();
        let next = match checked {
            Ok((plan, waits)) => {
                tracing::info!(hides = hidden.count, "reloading");
                if !waits.is_empty() {
                    says = format!("{} changed: that takes a restart of the daemon", waits.join(" and "));
                    tracing::warn!("{says}");
                }
                self.drain(&running).await;
                self.start(&plan)
            }
            Err(why) => {
                tracing::error!(mistakes = %why, "the new configuration is refused; the old one goes on");
                running
            }
        };
        self.shared.health.reload(refused.clone());
        let runs = refused.is_none();
        let says = refused.unwrap_or(says);
        if runs {
            note_watches(store, &next.plan.watches).await;
        }
        ReloadEnded { id: None, runs, says, hidden, began }.leave(asked, store).await;
        self.systemd.ready(&self.line());
        next
    }

    /// Builds the next plan and asks whom it would hide; an error says in words why it must not run.
    ///
    /// Names the sections that changed and that a reload leaves as they are.
    async fn next_plan(
        &self,
        running: &Generation,
        loader: &Loader,
        yes: bool,
        hidden: &mut Hidden,
    ) -> Result<(Arc<Plan>, Vec<&'static str>), String> {
        let mut next = tokio::task::block_in_place(loader)?;
        let waits = running.plan.at_start.changed(&next.at_start);
        next.at_start = running.plan.at_start.clone();
        let next = Arc::new(next);
        let looked = hidden_leavers(self.shared.store.as_ref(), Arc::clone(&running.plan), Arc::clone(&next), &self.shared.clock).await;
        match looked {
            Ok(looked) => *hidden = looked,
            Err(_) if yes => {}
            Err(error) => return Err(format!("the store does not say whom the new plan would hide: {error}\n{FORCE}")),
        }
        if hidden.count > 0 && !yes {
            return Err(refusal(hidden));
        }
        Ok((next, waits))
    }

    /// Keeps gauges and systemd up to date; feeds the watchdog only while the store answers.
    fn start_pulse(&self) -> CancellationToken {
        let stop = CancellationToken::new();
        let (shared, systemd, token) = (self.shared.clone(), self.systemd, stop.clone());
        let every = systemd.watchdog().map_or(PULSE, |limit| limit.min(PULSE));
        let beat = async move {
            let mut known = BTreeMap::new();
            loop {
                match shared.store.ping().await {
                    Ok(()) => systemd.alive(),
                    Err(error) => tracing::error!(%error, "the store does not answer: the watchdog is not fed"),
                }
                gauge(&shared, &mut known).await;
                tokio::time::sleep(every).await;
            }
        };
        #[expect(clippy::disallowed_methods, reason = "the engine owns every task; this one ends with the token")]
        tokio::spawn(async move { token.run_until_cancelled(beat).await });
        stop
    }

    fn line(&self) -> String {
        let standing = self.shared.health.standing();
        let deaf: Vec<&str> = standing.feeds.iter().filter(|(_, feed)| !feed.hears()).map(|(name, _)| &**name).collect();
        let hears = standing.feeds.len() - deaf.len();
        if deaf.is_empty() { format!("{hears} feeds") } else { format!("{hears} feeds hear, deaf: {}", deaf.join(", ")) }
    }

    async fn say_what_is_left(&self, ended: Ended) {
        match self.shared.store.standing().await {
            Ok(standing) => {
                let waiting: u64 = standing.outbox.iter().map(|(_, waiting, _, _)| waiting).sum();
                let dead: u64 = standing.outbox.iter().map(|(_, _, dead, _)| dead).sum();
                tracing::info!(drained = ended == Ended::Drained, waiting, dead, "stopped; what waits goes out at the next start");
            }
            Err(error) => tracing::warn!(%error, "stopped; the store does not say what is left"),
        }
    }
}

/// Says which leavers would be hidden, by id alone: this goes to logs and to the health route.
fn refusal(hidden: &Hidden) -> String {
    let mut text = format!(
        "it would hide {} of {} stored mentions, in which somebody leaves and the running plan says so:\n",
        hidden.count, hidden.looked
    );
    for (id, watch, why) in hidden.named.iter().take(LISTED) {
        writeln!(text, "  {id} ({watch}): {why}").ok();
    }
    if hidden.count > LISTED {
        writeln!(text, "  and {} more", hidden.count - LISTED).ok();
    }
    text + FORCE
}

/// Waits for one more signal of either kind.
fn second<'a>(terminate: &'a mut Signal, interrupt: &'a mut Signal) -> Pin<Box<dyn Future<Output = ()> + Send + 'a>> {
    Box::pin(async move {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
    })
}

/// What waits for one notifier: deliveries, dead letters, since when the oldest is due.
type Waits = (u64, u64, Option<Timestamp>);

/// Notes what waits now. The store names only notifiers for whom something does: for whoever was known, nothing is a figure too.
fn note_outbox(standing: &Standing, known: &mut BTreeMap<String, Waits>) {
    for waits in known.values_mut() {
        *waits = Waits::default();
    }
    known.extend(standing.outbox.iter().map(|(notifier, waiting, dead, oldest)| (notifier.clone(), (*waiting, *dead, *oldest))));
}

/// Brings the gauges up to date.
async fn gauge(shared: &Shared, known: &mut BTreeMap<String, Waits>) {
    let now = shared.clock.now();
    let Ok(standing) = shared.store.standing().await else { return };
    note_outbox(&standing, known);
    for (notifier, (waiting, dead, oldest)) in known {
        shared.metrics.outbox(notifier, *waiting, *dead, oldest.map_or(0.0, |oldest| seconds(oldest, now).max(0.0)));
    }
    // The store keeps the cursors of feeds that are gone.
    let feeds = shared.health.standing().feeds;
    for (feed, written) in standing.cursors.iter().filter(|(feed, _)| feeds.contains_key(feed)) {
        shared.metrics.cursor_age(feed, seconds(*written, now));
    }
    shared.metrics.store(shared.health.standing().store.is_none());
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_outbox_that_was_emptied_is_a_figure_too() {
        let mut known = BTreeMap::new();
        let waits = (130, 1, Some(Timestamp::UNIX_EPOCH));
        let full = Standing { outbox: vec![("care".to_owned(), waits.0, waits.1, waits.2)], ..Standing::default() };
        note_outbox(&full, &mut known);
        assert_eq!(known.get("care"), Some(&waits));
        note_outbox(&Standing::default(), &mut known);
        assert_eq!(known.get("care"), Some(&(0, 0, None)), "or an alarm on it would never end");
    }
}
