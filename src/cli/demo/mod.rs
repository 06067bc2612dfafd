//! `courtier demo`: a brand's day in ten seconds, over the real daemon path.
//!
//! Nothing is staged but the networks: the same feeds, intake, rules, `SQLite`
//! store, outbox and terminal notifier as `run`, against servers on loopback
//! that tell the story of `fixtures/demo/story.toml`. It ends by itself, needs
//! no network and leaves nothing behind.

mod networks;
mod story;
mod summary;

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use tokio_util::sync::CancellationToken;

use super::{Exit, Failure, setup};
use crate::config::{Config, StandIns};
use crate::engine::{self, Clock, House, Inboxes, Plan, Shared};
use crate::store::{Durability, Options, Sqlite, Store};
use networks::Networks;
use summary::{Stopwatch, summary};

/// The demo stops here whatever happens.
const AT_MOST: Duration = Duration::from_secs(18);
/// Feeds settle for so long before the story begins: their first look marks what is there as old.
const SETTLE: Duration = Duration::from_millis(1_500);
/// After the last post every feed gets one more look.
const LAST_LOOK: Duration = Duration::from_millis(1_600);

/// Plays a bundled story of a brand's day through the real daemon; needs no network, ends by itself.
#[derive(Debug, clap::Args)]
pub struct Args {}

/// Two watches: the same post is a loss for one and a gain for the other.
fn configuration(base: &str) -> String {
    let websocket = base.replace("http://", "ws://");
    format!(
        r##"version = 1

[watches.nomadesk]
name      = "Nomadesk"
terms     = ["nomadesk", "#nomadesk", "@nomadesk.example.org", "nomadesk.com"]
ambiguous = ["nomad desk"]
context   = ["cloud", "sync*", "storage", "file*"]
exclude   = ["standing desk", "digital nomad"]
rivals    = ["dropbox"]

[watches.dropbox]
name   = "Dropbox"
terms  = ["dropbox", "#dropbox", "@dropbox"]
rivals = ["nomadesk"]

[feeds.bluesky]
type    = "bluesky"
hosts   = ["{websocket}"]
appview = "{base}"

[feeds.mastodon]
type     = "mastodon"
instance = "{base}"
public   = "local"
every    = "1s"

[feeds.hackernews]
type     = "hackernews"
base_url = "{base}"
every    = "1s"

[feeds.blog]
type  = "rss"
url   = "{base}/blog/feed.xml"
every = "1s"

[notifiers.terminal]
type = "terminal"

[reply]
sign_as = "Ann"
"##
    )
}

/// A folder that goes when the demo goes.
struct Scene(PathBuf);

impl Scene {
    fn new() -> Result<Self, Failure> {
        let folder = std::env::temp_dir().join(format!("courtier-demo-{}-{:x}", std::process::id(), fastrand::u32(..)));
        std::fs::create_dir(&folder).map_err(|error| Failure::could_not("cannot make a folder for the demo").because(error))?;
        Ok(Self(folder))
    }
}

impl Drop for Scene {
    fn drop(&mut self) {
        // What cannot be removed lies in the system's temporary folder, which is emptied anyway.
        drop(std::fs::remove_dir_all(&self.0));
    }
}

/// Runs the command.
pub(super) fn run(_: &Args) -> Result<Exit, Failure> {
    let scene = Scene::new()?;
    let mut quiet = Config::default();
    quiet.log.level = "off".into();
    setup::logs(&quiet)?;
    setup::runtime()?.block_on(play(&scene))
}

async fn play(scene: &Scene) -> Result<Exit, Failure> {
    let clock = Clock::system();
    let story = story::read();
    let posts = story.len();
    let length = story.last().map(story::StoryPost::after).unwrap_or_default();
    let networks = Networks::new(story, clock.clone());
    let stop = CancellationToken::new();
    let base = serve(networks.clone(), stop.clone()).await?;

    let parsed = Config::parse(&configuration(&base), "the demo", &engine::kinds(), &StandIns);
    let (config, _) = parsed.map_err(|mistakes| setup::refuse(&mistakes))?;
    let client = engine::client(&config.net).map_err(|error| Failure::could_not("cannot set up the network").because(error))?;
    let mut plan = Plan::build(&config, &client, &Inboxes::default(), None).map_err(|mistakes| setup::refuse_parts(&config, mistakes))?;
    let stopwatch = Stopwatch::new(clock.clone(), stop.clone());
    for planned in &mut plan.notifiers {
        planned.notifier = Arc::new(stopwatch.around(Arc::clone(&planned.notifier)));
    }
    let mut options = Options::new(scene.0.join("demo.db"));
    options.durability = Durability::Full;
    let store: Arc<dyn Store> =
        Arc::new(Sqlite::open(options).map_err(|error| Failure::could_not("cannot make the demo's store").because(error))?);

    let began = clock.now();
    summary::opening(posts, plan.feeds.len())?;
    let shared = Shared::new(Arc::clone(&store), clock);
    let house = House::new(shared, Duration::from_secs(2), stop.clone());
    let director = async {
        tokio::time::sleep(SETTLE).await;
        networks.begin();
        tokio::time::sleep(length + LAST_LOOK).await;
        // The outbox is usually empty by now; a slow terminal gets a little longer.
        while store.standing().await.is_ok_and(|standing| standing.outbox.iter().any(|(_, waiting, ..)| *waiting > 0)) {
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    };
    let bounded = tokio::time::timeout(AT_MOST, director);
    let (ended, finished) = tokio::join!(house.run(plan, None), async {
        // A signal ends the house; the story then ends too.
        let finished = stop.run_until_cancelled(bounded).await;
        stop.cancel();
        matches!(finished, Some(Ok(())))
    });
    ended.map_err(|error| Failure::could_not("cannot listen to signals").because(error))?;
    summary(store.as_ref(), &stopwatch, posts, began).await?;
    Ok(if finished { Exit::Fine } else { Exit::Partly })
}

/// Opens the loopback networks on a free port; gives their address.
async fn serve(networks: Networks, stop: CancellationToken) -> Result<String, Failure> {
    let cannot = |error: std::io::Error| Failure::could_not("cannot open a port on loopback").because(error);
    let listener = tokio::net::TcpListener::bind(("127.0.0.1", 0)).await.map_err(cannot)?;
    let address = listener.local_addr().map_err(cannot)?;
    let server = axum::serve(listener, networks.router()).with_graceful_shutdown(async move { stop.cancelled().await });
    #[expect(clippy::disallowed_methods, reason = "the demo's fake network; ends with the token")]
    tokio::spawn(async move { server.await });
    Ok(format!("http://{address}"))
}
