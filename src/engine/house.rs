//! Starts everything, listens to signals, reloads, and shuts down in order.
//!
//! A plan runs as one *generation* of tasks. A reload builds the next plan
//! first; only when nothing is wrong with it does the running generation
//! drain and the next one start, over the same store, metrics and health.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use super::dispatch::Dispatcher;
use super::feeds::FeedLoop;
use super::intake::{CHANNEL, Intake};
use super::plan::Plan;
use super::shared::{Shared, seconds};
use crate::observe::Systemd;

/// Builds the next plan for a reload, or says in words what is wrong with it.
pub type Loader = Box<dyn Fn() -> Result<Plan, String> + Send + Sync>;

/// How often gauges are brought up to date and systemd hears the status.
const PULSE: Duration = Duration::from_secs(5);

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

    /// Runs until a signal or the token says stop. `loader` is called on SIGHUP; without one it is ignored.
    pub async fn run(self, plan: Plan, loader: Option<Loader>) -> std::io::Result<Ended> {
        let mut terminate = signal(SignalKind::terminate())?;
        let mut interrupt = signal(SignalKind::interrupt())?;
        let mut hang_up = signal(SignalKind::hangup())?;
        let pulse = self.start_pulse();
        let mut generation = self.start(plan);
        self.systemd.ready(&self.line());
        loop {
            tokio::select! {
                () = self.stop.cancelled() => break,
                _ = terminate.recv() => break,
                _ = interrupt.recv() => break,
                _ = hang_up.recv() => {
                    if let Some(loader) = &loader {
                        generation = self.reload(generation, loader).await;
                    }
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

    fn start(&self, plan: Plan) -> Generation {
        let plan = Arc::new(plan);
        let generation = Generation {
            feeds: TaskTracker::new(),
            desk: TaskTracker::new(),
            stop_feeds: CancellationToken::new(),
            stop_desk: CancellationToken::new(),
            abandon: CancellationToken::new(),
        };
        self.shared.health.expect(plan.feeds.iter().map(|feed| feed.name.to_string()));
        let (sender, parcels) = mpsc::channel(CHANNEL);
        for planned in plan.feeds.iter().cloned() {
            let feed = FeedLoop {
                planned,
                plan: Arc::clone(&plan),
                shared: self.shared.clone(),
                intake: sender.clone(),
                cancel: generation.stop_feeds.clone(),
            };
            generation.feeds.spawn(feed.run());
        }
        let intake = Intake { plan: Arc::clone(&plan), shared: self.shared.clone(), parcels, abandon: generation.abandon.clone() };
        generation.feeds.spawn(intake.run());
        for planned in plan.notifiers.iter().cloned() {
            let dispatcher = Dispatcher {
                planned,
                plan: Arc::clone(&plan),
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

    /// Checks the new file first; a bad one keeps the old plan and says so.
    async fn reload(&self, running: Generation, loader: &Loader) -> Generation {
        self.systemd.reloading();
        let next = match tokio::task::block_in_place(loader) {
            Ok(plan) => {
                tracing::info!("reloading");
                self.shared.health.reload(None);
                self.drain(&running).await;
                self.start(plan)
            }
            Err(mistakes) => {
                tracing::error!(%mistakes, "the new configuration is refused; the old one goes on");
                self.shared.health.reload(Some(mistakes));
                running
            }
        };
        self.systemd.ready(&self.line());
        next
    }

    /// Keeps gauges and systemd up to date; feeds the watchdog only while the store answers.
    fn start_pulse(&self) -> CancellationToken {
        let stop = CancellationToken::new();
        let (shared, systemd, token) = (self.shared.clone(), self.systemd, stop.clone());
        let every = systemd.watchdog().map_or(PULSE, |limit| limit.min(PULSE));
        let beat = async move {
            loop {
                match shared.store.ping().await {
                    Ok(()) => systemd.alive(),
                    Err(error) => tracing::error!(%error, "the store does not answer: the watchdog is not fed"),
                }
                gauge(&shared).await;
                tokio::time::sleep(every).await;
            }
        };
        #[expect(clippy::disallowed_methods, reason = "the engine owns every task; this one ends with the token")]
        tokio::spawn(async move { token.run_until_cancelled(beat).await });
        stop
    }

    fn line(&self) -> String {
        let standing = self.shared.health.standing();
        let deaf: Vec<&str> = standing.feeds.iter().filter(|(_, feed)| feed.ok == Some(false)).map(|(name, _)| &**name).collect();
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

/// Waits for one more signal of either kind.
fn second<'a>(terminate: &'a mut Signal, interrupt: &'a mut Signal) -> Pin<Box<dyn Future<Output = ()> + Send + 'a>> {
    Box::pin(async move {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
    })
}

/// Brings the gauges up to date.
async fn gauge(shared: &Shared) {
    let now = shared.clock.now();
    let Ok(standing) = shared.store.standing().await else { return };
    for (notifier, waiting, dead, oldest) in &standing.outbox {
        shared.metrics.outbox(notifier, *waiting, *dead, oldest.map_or(0.0, |oldest| seconds(oldest, now)));
    }
    for (feed, written) in &standing.cursors {
        shared.metrics.cursor_age(feed, seconds(*written, now));
    }
    shared.metrics.store(shared.health.standing().store.is_none());
}
