//! Routes pick notifiers; the first that matches wins unless it says to go on.

use jiff::{SignedDuration, Timestamp};

use super::{Input, Said};
use crate::domain::{Planned, Primary, Priority, Signal, Stance};

/// Without routes, praise and the like are gathered for so long.
const DIGEST_WAIT: SignedDuration = SignedDuration::from_hours(1);

/// What a mention must be for a route to take it; what is not said matches all.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct When {
    /// One of these priorities.
    pub priority: Vec<Priority>,
    /// One of these watches, by key.
    pub watch: Vec<String>,
    /// Some finding speaks one of these signals.
    pub signal: Vec<Signal>,
    /// One of these primaries.
    pub primary: Vec<Primary>,
    /// A switch of one of these stances.
    pub stance: Vec<Stance>,
    /// One of these networks.
    pub network: Vec<String>,
    /// One of these feeds, by name.
    pub feed: Vec<String>,
    /// One of these languages, as two-letter codes.
    pub lang: Vec<String>,
    /// What the post must say.
    pub said: Option<Said>,
}

impl When {
    fn matches(&self, input: &Input<'_>, priority: Priority) -> bool {
        fn among<T: PartialEq>(list: &[T], value: &T) -> bool {
            list.is_empty() || list.contains(value)
        }
        let words =
            |list: &[String], value: Option<&str>| list.is_empty() || value.is_some_and(|v| list.iter().any(|w| w.eq_ignore_ascii_case(v)));
        among(&self.priority, &priority)
            && among(&self.primary, &input.hearing.primary)
            && words(&self.watch, Some(&input.watch.id))
            && words(&self.network, Some(input.mention.network.as_str()))
            && words(&self.feed, Some(input.feed))
            && words(&self.lang, input.hearing.lang.as_deref())
            && (self.signal.is_empty() || self.signal.iter().any(|&signal| input.hearing.hears(signal)))
            && (self.stance.is_empty() || input.hearing.switch.as_ref().is_some_and(|switch| self.stance.contains(&switch.stance)))
            && self.said.as_ref().is_none_or(|said| said.holds(input))
    }
}

/// Mentions that wait for each other and leave as one card.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fold {
    /// What they share: `watch`, `thread`, `author`, `primary`, `network`.
    pub by: Vec<String>,
    /// How long the first of them waits for others.
    pub wait: SignedDuration,
}

/// Whom to tell when nobody has taken the case.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Escalate {
    /// After this time.
    pub after: SignedDuration,
    /// These notifiers.
    pub to: Vec<String>,
}

/// One `[[routes]]` of the configuration.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Route {
    /// What it takes.
    pub when: When,
    /// To these notifiers.
    pub to: Vec<String>,
    /// Waiting for others.
    pub fold: Option<Fold>,
    /// Further notifiers while nobody has taken the case.
    pub escalate: Vec<Escalate>,
    /// Instead of `to` while the desk is not staffed.
    pub off_hours: Vec<String>,
    /// Look at the routes behind this one too.
    pub go_on: bool,
}

/// All routes, and what happens without any.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Routing {
    /// In the order of the file. Without any, all notifiers hear everything that is not noise, the digest gathered by the hour.
    pub routes: Vec<Route>,
    /// Every notifier, for the case without routes.
    pub notifiers: Vec<String>,
}

impl Routing {
    /// Plans the deliveries of an alert, each notifier once, at the earliest moment any route gives.
    pub(super) fn plan(&self, input: &Input<'_>, priority: Priority) -> Vec<Planned> {
        let mut planned: Vec<Planned> = Vec::new();
        if self.routes.is_empty() {
            // What can wait for the summary waits for others of its kind; a notifier that cannot fold gets it at once.
            let fold = (priority == Priority::Digest).then(|| Fold { by: vec!["watch".into(), "primary".into()], wait: DIGEST_WAIT });
            let plain = Route { to: self.notifiers.clone(), fold, ..Route::default() };
            plain.plan(input, priority, &mut planned);
            return planned;
        }
        for route in self.routes.iter().filter(|route| route.when.matches(input, priority)) {
            route.plan(input, priority, &mut planned);
            if !route.go_on {
                break;
            }
        }
        planned
    }
}

impl Route {
    fn plan(&self, input: &Input<'_>, priority: Priority, planned: &mut Vec<Planned>) {
        let closed = input.opens.filter(|_| !self.off_hours.is_empty() || priority != Priority::Urgent);
        let (to, start) = match closed {
            // Somebody is on call for this route: at once, to them.
            Some(_) if !self.off_hours.is_empty() => (&self.off_hours, input.now),
            // Nobody is, and it can wait: no noise at night.
            Some(opens) => (&self.to, opens),
            None => (&self.to, input.now),
        };
        let fold = self.fold.as_ref();
        let due = fold.map_or(start, |fold| later(start, fold.wait));
        let key = fold.map(|fold| fold_key(fold, input));
        for notifier in to {
            add(planned, Planned { notifier: notifier.clone(), due, fold: key.clone(), while_open: false });
        }
        for escalation in &self.escalate {
            for notifier in &escalation.to {
                let due = later(start, escalation.after);
                add(planned, Planned { notifier: notifier.clone(), due, fold: None, while_open: true });
            }
        }
    }
}

fn later(moment: Timestamp, wait: SignedDuration) -> Timestamp {
    moment.checked_add(wait).unwrap_or(moment)
}

/// One delivery a notifier: a second plan for the same one is kept only when it is earlier.
fn add(planned: &mut Vec<Planned>, new: Planned) {
    match planned.iter_mut().find(|old| old.notifier == new.notifier) {
        Some(old) if new.due < old.due => *old = new,
        Some(_) => {}
        None => planned.push(new),
    }
}

fn fold_key(fold: &Fold, input: &Input<'_>) -> String {
    let mut key = String::new();
    for by in &fold.by {
        let value = match by.as_str() {
            "thread" => input.mention.thread.root.as_deref().unwrap_or(&input.mention.native_id),
            "author" => &input.mention.author.handle,
            "primary" => input.hearing.primary.as_str(),
            "network" => input.mention.network.as_str(),
            _ => &input.watch.id,
        };
        key.push_str(by);
        key.push('=');
        key.push_str(value);
        key.push(';');
    }
    key
}
