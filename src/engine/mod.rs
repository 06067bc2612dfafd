//! The running house: asks feeds, decides once, delivers until it is taken.
//!
//! ```text
//! feed loop ─┐                                   ┌─ dispatcher (slack)
//! feed loop ─┼─ bounded channel ─ intake ─ store ┼─ dispatcher (webhook)
//! feed loop ─┘      (waits when full)  (one tx)  └─ dispatcher (terminal)
//! ```
//!
//! Every arrow holds back instead of dropping: a full channel makes the feed
//! wait with its cursor unmoved, a full disk makes intake wait with its batch
//! in hand. Each feed and each notifier runs in a task of its own, so that a
//! slow or broken one delays nobody else. Only this room starts tasks.

mod build;
pub mod clock;
mod dispatch;
mod feeds;
mod guard;
mod health;
mod house;
mod intake;
mod pauses;
mod plan;
mod rehear;
mod reload;
mod replay;
mod retention;
mod rules;
mod shared;
mod silence;

pub use build::{client, database, kinds};
pub use clock::Clock;
pub use guard::Hidden;
pub use health::{FeedHealth, Health, Standing};
pub use house::{Ended, House, Loader};
pub use plan::{Drafter, Opens, Plan, PlannedFeed, PlannedNotifier};
pub use rehear::{Judgement, REMEMBERS_DAYS, Rehearing, hides_leaver};
pub use reload::{ReloadAsked, ReloadEnded, note_file, noted_file, noted_watches};
pub use replay::{Replay, Replayed};
pub use retention::Keep;
pub use rules::{detector, failed_tests, own_rules};
pub use shared::Shared;

pub use crate::feed::{Inboxes, Refused, Verdict};
