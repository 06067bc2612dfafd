//! Asks before a reload whether the next plan would hide somebody who leaves.
//!
//! The newest stored mentions are heard twice, by the running plan and by the
//! next one. What the running plan does not hear either is not the reload's
//! doing: after an update of the rules nobody is kept from reloading by what
//! an older version once took for a leaver.

use std::sync::Arc;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use super::Clock;
use super::plan::Plan;
use super::rehear::{Rehearing, hides_leaver};
use crate::domain::MentionId;
use crate::store::{Store, StoreError, Walk};

/// How far back it looks.
const SPAN: SignedDuration = SignedDuration::from_hours(7 * 24);
/// The most mentions it looks at: a second or less.
const MOST: usize = 20_000;
/// A page of the walk.
const PAGE: usize = 200;
/// What was looked at within this time has to do: a reload is waited for.
const PATIENCE: Duration = Duration::from_secs(5);
/// Leavers that are named; the rest is counted.
const NAMED: usize = 50;

/// Leavers that the running plan hears and the next one would not.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Hidden {
    /// Mentions that were looked at.
    pub looked: usize,
    /// How many would be hidden.
    pub count: usize,
    /// The newest of them: mention, watch, and what the next plan makes of it.
    pub named: Vec<(MentionId, String, String)>,
}

/// Looks at the newest stored mentions with both plans.
pub(super) async fn hidden_leavers(store: &dyn Store, running: Arc<Plan>, next: Arc<Plan>, clock: &Clock) -> Result<Hidden, StoreError> {
    let now = clock.now();
    let since = now.checked_sub(SPAN).unwrap_or(Timestamp::MIN);
    let mut walk = Walk { since, until: Timestamp::MAX, after: None, newest_first: true, most: PAGE };
    let (mut before, mut after) = (Rehearing::alone(running), Rehearing::alone(next));
    let mut hidden = Hidden::default();
    while hidden.looked < MOST && clock.now().duration_since(now).unsigned_abs() < PATIENCE {
        let page = store.walk(&walk).await?;
        let Some(last) = page.last() else { break };
        walk.after = Some(last.id);
        hidden.looked += page.len();
        for walked in page.iter().filter(|walked| !walked.mention.text.is_empty()) {
            let (then, now) = (before.judge(walked), after.judge(walked));
            for old in &then {
                let Some(new) = now.iter().find(|new| new.watch == old.watch).filter(|new| hides_leaver(old, new)) else { continue };
                hidden.count += 1;
                if hidden.named.len() < NAMED {
                    hidden.named.push((walked.id, old.watch.clone(), new.says()));
                }
            }
        }
    }
    Ok(hidden)
}
