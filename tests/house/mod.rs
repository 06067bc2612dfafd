//! A whole house on scripted feeds and recording notifiers, for tests that watch what a user would see.

use std::collections::VecDeque;
use std::num::NonZeroU32;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use courtier::config::Silence;
use courtier::detect::Detector;
use courtier::domain::{Alert, Author, Brand, Cursor, Mention, Network, Receipt, Watch};
use courtier::engine::{Clock, Ended, House, Keep, Plan, PlannedFeed, PlannedNotifier, Shared};
use courtier::feed::{Ask, Feed, FeedError, Pace, Page};
use courtier::notify::{Notifier, Rate, SendError};
use courtier::store::{Options, Sqlite, Store};
use courtier::triage::Routing;
use jiff::Timestamp;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

/// Waits for a condition; a condition that never comes is a failed test, not a hang.
pub(crate) async fn until(what: &str, mut condition: impl FnMut() -> bool) {
    for _ in 0..1_500 {
        if condition() {
            return;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    panic!("waited 15 s for: {what}");
}

/// A feed that gives what the test puts in.
pub(crate) struct Scripted {
    pace: Duration,
    answers: Mutex<VecDeque<Result<Page, FeedError>>>,
    /// Given when the script is empty.
    otherwise: Option<FeedError>,
    pub calls: Mutex<u64>,
}

impl Scripted {
    pub(crate) fn new(pace: Duration) -> Arc<Self> {
        Arc::new(Self { pace, answers: Mutex::default(), otherwise: None, calls: Mutex::default() })
    }

    pub(crate) fn broken(pace: Duration, error: FeedError) -> Arc<Self> {
        Arc::new(Self { pace, answers: Mutex::default(), otherwise: Some(error), calls: Mutex::default() })
    }

    /// Lets the next call hear these posts.
    pub(crate) fn say(&self, mentions: Vec<Mention>, cursor: &str) {
        self.say_page(Page { mentions, cursor: Some(Cursor(cursor.into())), ..Page::default() });
    }

    /// Lets the next call give this page.
    pub(crate) fn say_page(&self, page: Page) {
        self.answers.lock().unwrap().push_back(Ok(page));
    }

    pub(crate) fn calls(&self) -> u64 {
        *self.calls.lock().unwrap()
    }
}

/// Shares a scripted feed between the house and the test.
pub(crate) struct Ear(pub Arc<Scripted>);

#[async_trait]
impl Feed for Ear {
    fn pace(&self) -> Pace {
        Pace::Every(self.0.pace)
    }

    async fn fetch(&self, _: Ask<'_>) -> Result<Page, FeedError> {
        *self.0.calls.lock().unwrap() += 1;
        let next = self.0.answers.lock().unwrap().pop_front();
        next.unwrap_or_else(|| self.0.otherwise.clone().map_or_else(|| Ok(Page::default()), Err))
    }

    async fn probe(&self, _: Timestamp) -> Result<String, FeedError> {
        Ok("scripted".into())
    }
}

/// What a recording notifier does with an alert: its words decide.
pub(crate) type Answer = dyn Fn(&Alert, u32) -> Result<Receipt, SendError> + Send + Sync;

/// A notifier that remembers every attempt.
pub(crate) struct Recording {
    answer: Box<Answer>,
    folds_from: Option<usize>,
    hangs: Option<Duration>,
    sent: Mutex<Vec<(String, Alert, bool)>>,
}

impl Recording {
    pub(crate) fn new(answer: impl Fn(&Alert, u32) -> Result<Receipt, SendError> + Send + Sync + 'static) -> Self {
        Self { answer: Box::new(answer), folds_from: None, hangs: None, sent: Mutex::default() }
    }

    pub(crate) fn folding(mut self, from: usize) -> Self {
        self.folds_from = Some(from);
        self
    }

    pub(crate) fn slow(mut self, by: Duration) -> Self {
        self.hangs = Some(by);
        self
    }

    /// Every attempt: key, alert, whether it was taken.
    pub(crate) fn attempts(&self) -> Vec<(String, Alert, bool)> {
        self.sent.lock().unwrap().clone()
    }

    /// Texts that were taken, in order.
    pub(crate) fn taken(&self) -> Vec<String> {
        self.attempts().into_iter().filter(|(.., taken)| *taken).map(|(_, alert, _)| words(&alert)).collect()
    }
}

/// The post of an alert, or what a health alert says.
pub(crate) fn words(alert: &Alert) -> String {
    match alert {
        Alert::Mention(alert) => alert.mention.text.clone(),
        Alert::Health(health) => format!("{} {}", health.about, health.what),
    }
}

pub(crate) struct Mouth(pub Arc<Recording>);

#[async_trait]
impl Notifier for Mouth {
    async fn send(&self, alert: &Alert, key: &str) -> Result<Receipt, SendError> {
        if let Some(by) = self.0.hangs {
            tokio::time::sleep(by).await;
        }
        let before = self.0.attempts().iter().filter(|(old, ..)| old == key).count();
        let answer = (self.0.answer)(alert, u32::try_from(before).unwrap());
        self.0.sent.lock().unwrap().push((key.to_owned(), alert.clone(), answer.is_ok()));
        answer
    }

    async fn probe(&self, _: Timestamp) -> Result<String, SendError> {
        Ok("recording".into())
    }

    fn rate(&self) -> Rate {
        Rate { calls: NonZeroU32::new(1_000).unwrap(), per: Duration::from_secs(1) }
    }

    fn folds_from(&self) -> Option<usize> {
        self.0.folds_from
    }
}

/// Takes everything.
pub(crate) fn takes() -> Result<Receipt, SendError> {
    Ok(Receipt { remote_id: None, note: "taken".into() })
}

/// A post that leaves Nomadesk.
pub(crate) fn leaver(number: usize) -> Mention {
    let now = Clock::system().now();
    let mut mention = Mention::new(
        Network::known("bluesky"),
        format!("post-{number}"),
        &format!("I am done with Nomadesk and I am switching to Dropbox, reason number {number}"),
        now,
    );
    mention.posted = Some(now);
    mention.author = Author { handle: format!("author{number}"), ..Author::default() };
    mention
}

/// A running house.
pub(crate) struct Running {
    pub shared: Shared,
    pub stop: CancellationToken,
    house: JoinHandle<std::io::Result<Ended>>,
}

impl Running {
    pub(crate) async fn end(self) -> Ended {
        self.stop.cancel();
        self.house.await.expect("no panic").expect("signals")
    }
}

/// What a test may want otherwise than the rest.
pub(crate) struct Settings {
    pub clock: Clock,
    pub silence: Silence,
    pub keep: Keep,
}

impl Default for Settings {
    fn default() -> Self {
        Self { clock: Clock::system(), silence: Silence::Off, keep: Keep::default() }
    }
}

/// Starts a house over this store.
pub(crate) fn start_on(
    store: Arc<dyn Store>,
    feeds: Vec<(&str, Arc<Scripted>)>,
    notifiers: Vec<(&str, Arc<Recording>, Option<&str>)>,
) -> Running {
    start_with(Settings::default(), store, feeds, notifiers)
}

/// Starts a house over this store, with settings of its own.
pub(crate) fn start_with(
    settings: Settings,
    store: Arc<dyn Store>,
    feeds: Vec<(&str, Arc<Scripted>)>,
    notifiers: Vec<(&str, Arc<Recording>, Option<&str>)>,
) -> Running {
    let brand = |name: &str, term: &str| Brand { name: name.into(), terms: vec![term.into()] };
    let watch = Watch {
        id: "nomadesk".into(),
        brand: brand("Nomadesk", "nomadesk"),
        rivals: vec![brand("Dropbox", "dropbox")],
        ..Watch::default()
    };
    let watches: Arc<[Watch]> = vec![watch].into();
    let plan = Plan {
        detector: Arc::new(Detector::new(&watches)),
        watches,
        feeds: feeds
            .into_iter()
            .map(|(name, feed)| PlannedFeed {
                name: name.into(),
                network: Network::known("bluesky"),
                feed: Arc::new(Ear(feed)),
                watches: Vec::new(),
                silence: settings.silence,
            })
            .collect(),
        routing: Arc::new(Routing { routes: Vec::new(), notifiers: notifiers.iter().map(|(name, ..)| (*name).to_owned()).collect() }),
        notifiers: notifiers
            .into_iter()
            .map(|(name, recording, fallback)| PlannedNotifier {
                name: name.into(),
                notifier: Arc::new(Mouth(recording)),
                fallback: fallback.map(str::to_owned),
                give_up: Duration::from_hours(1),
            })
            .collect(),
        opens: Arc::new(|_| None),
        drafter: Arc::new(|_, _, _, _| None),
        keep: settings.keep,
        zone: jiff::tz::TimeZone::UTC,
        backfill: None,
        at_start: Default::default(),
    };
    let shared = Shared::new(store, settings.clock);
    let stop = CancellationToken::new();
    let house = House::new(shared.clone(), Duration::from_secs(5), stop.clone());
    Running { shared, stop, house: tokio::spawn(house.run(plan, None)) }
}

/// Starts a house over a store in memory.
pub(crate) fn start(feeds: Vec<(&str, Arc<Scripted>)>, notifiers: Vec<(&str, Arc<Recording>, Option<&str>)>) -> Running {
    let store = Sqlite::in_memory(Options::new("unused")).expect("a store");
    start_on(Arc::new(store), feeds, notifiers)
}
