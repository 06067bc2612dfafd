//! Hands deliveries to a dispatcher: one at a time, folded, under a lease.
//!
//! The first claim of a delivery writes down its card: the delivery whose name
//! is the key. From then on key and members never change, whatever dies in
//! between. A delivery that was tried alone is never folded into another card:
//! its receiver may have seen it under its own key already.

use std::time::Duration;

use jiff::Timestamp;
use rusqlite::{Row, params};
use rustc_hash::{FxHashMap, FxHashSet};

use crate::domain::{Alert, AlertId, CaseId, DeliveryId, FoldedLine, History, MentionAlert, MentionId, Times};

use super::super::{Claim, StoreError};
use super::Showing;
use super::mentions::{load_heard, load_mention, millis, moment, one};
use super::writer::Room;

/// The most deliveries on one card; what is beyond them makes the next.
const CARD_MOST: usize = 1000;
/// Characters of a folded mention's words.
const FOLDED_CHARS: usize = 200;

/// One delivery that may leave.
#[derive(Debug, Clone)]
struct Due {
    id: i64,
    alert: i64,
    rank: i64,
    watch: Option<i64>,
    fold: Option<String>,
    /// The delivery whose name is the key; the table says 0 where that is this one.
    card: Option<i64>,
    attempts: u32,
    since: i64,
}

const COLUMNS: &str = "id, alert, rank, watch, fold, card, attempts, since";

impl Due {
    fn read(row: &Row<'_>) -> rusqlite::Result<Self> {
        let id = row.get(0)?;
        Ok(Self {
            id,
            alert: row.get(1)?,
            rank: row.get(2)?,
            watch: row.get(3)?,
            fold: row.get(4)?,
            card: row.get::<_, Option<i64>>(5)?.map(|card| if card == 0 { id } else { card }),
            attempts: row.get(6)?,
            since: row.get(7)?,
        })
    }

    /// Whether nobody has tried it yet, so that it may still be folded.
    fn is_fresh(&self) -> bool {
        self.card.is_none() && self.attempts == 0
    }
}

/// What a dispatcher asks for.
#[derive(Debug, Clone)]
pub(super) struct Asked {
    pub(super) notifier: String,
    pub(super) now: Timestamp,
    pub(super) lease: Duration,
    pub(super) most: usize,
    pub(super) folds_from: Option<usize>,
}

/// Claims due cards inside the writer's transaction.
pub(super) fn claim(room: &Room, asked: &Asked, showing: &Showing) -> Result<Vec<Claim>, StoreError> {
    let now = millis(asked.now);
    room.conn
        .prepare_cached(
            "UPDATE delivery SET state = 'dropped' WHERE notifier = ?1 AND due <= ?2 AND state IN ('pending', 'claimed')
             AND case_open IS NOT NULL AND NOT EXISTS (SELECT 1 FROM cases WHERE id = case_open AND state = 'open')",
        )?
        .execute(params![asked.notifier, now])?;
    let due = due(room, asked, now)?;
    let bursts = bursts(&due, asked.folds_from);
    let mut taken = FxHashSet::default();
    let mut claims = Vec::new();
    for first in &due {
        if claims.len() == asked.most {
            break;
        }
        if taken.contains(&first.id) {
            continue;
        }
        let mut members = members(room, asked, first, &bursts, now)?;
        members.retain(|member| !taken.contains(&member.id));
        members.sort_by_key(|member| (member.rank, member.id));
        members.truncate(CARD_MOST);
        taken.extend(members.iter().map(|member| member.id));
        claims.extend(take(room, asked, &members, showing)?);
    }
    Ok(claims)
}

/// Lists what may leave now: the most urgent first, then the longest due.
fn due(room: &Room, asked: &Asked, now: i64) -> Result<Vec<Due>, StoreError> {
    let window = asked.folds_from.map_or(asked.most, |_| asked.most.max(CARD_MOST));
    let mut due = Vec::new();
    for rank in 0..3 {
        let mut statement = room.conn.prepare_cached(&format!(
            "SELECT {COLUMNS} FROM delivery WHERE notifier = ?1 AND rank = ?2 AND due <= ?3 AND state IN ('pending', 'claimed')
             ORDER BY due, id LIMIT ?4"
        ))?;
        let left = i64::try_from(window - due.len()).unwrap_or(i64::MAX);
        for row in statement.query_map(params![asked.notifier, rank, now, left], Due::read)? {
            due.push(row?);
        }
    }
    Ok(due)
}

/// Gathers what makes a burst: so many or more fresh deliveries about one watch.
fn bursts(due: &[Due], folds_from: Option<usize>) -> FxHashMap<i64, Vec<Due>> {
    let mut bursts: FxHashMap<i64, Vec<Due>> = FxHashMap::default();
    let Some(from) = folds_from else { return bursts };
    for one in due.iter().filter(|one| one.is_fresh()) {
        if let Some(watch) = one.watch {
            bursts.entry(watch).or_default().push(one.clone());
        }
    }
    bursts.retain(|_, members| members.len() >= from.max(2));
    bursts
}

/// Gathers the deliveries that leave with `first`.
fn members(room: &Room, asked: &Asked, first: &Due, bursts: &FxHashMap<i64, Vec<Due>>, now: i64) -> Result<Vec<Due>, StoreError> {
    if let Some(card) = first.card {
        let sql = format!(
            "SELECT {COLUMNS} FROM delivery WHERE (id = ?1 OR (card > 0 AND card = ?1)) AND due <= ?2 AND state IN ('pending', 'claimed')"
        );
        return list(room, &sql, params![card, now]);
    }
    if !first.is_fresh() {
        return Ok(vec![first.clone()]);
    }
    if let Some(burst) = first.watch.and_then(|watch| bursts.get(&watch)) {
        return Ok(burst.clone());
    }
    let Some(fold) = &first.fold else { return Ok(vec![first.clone()]) };
    // Who waits under the same key comes along before its time, except an escalation: that waits for its case.
    let sql = format!(
        "SELECT {COLUMNS} FROM delivery WHERE notifier = ?1 AND fold = ?2 AND fold IS NOT NULL AND card IS NULL AND state = 'pending'
         AND attempts = 0 AND (case_open IS NULL OR due <= ?3) ORDER BY id LIMIT {CARD_MOST}"
    );
    list(room, &sql, params![asked.notifier, fold, now])
}

fn list(room: &Room, sql: &str, values: impl rusqlite::Params) -> Result<Vec<Due>, StoreError> {
    let mut statement = room.conn.prepare_cached(sql)?;
    let rows = statement.query_map(values, Due::read)?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// Marks the members as one claimed card and builds what is sent.
fn take(room: &Room, asked: &Asked, members: &[Due], showing: &Showing) -> Result<Option<Claim>, StoreError> {
    let Some(head) = members.first() else { return Ok(None) };
    let card = head.card.unwrap_or(head.id);
    let lease = i64::try_from(asked.lease.as_millis()).unwrap_or(i64::MAX);
    let until = millis(asked.now).saturating_add(lease);
    for member in members {
        room.conn
            .prepare_cached(
                "UPDATE delivery SET state = 'claimed', attempts = attempts + 1, due = ?2, card = iif(id = ?3, 0, ?3) WHERE id = ?1",
            )?
            .execute([member.id, until, card])?;
    }
    let mut alert = match load_alert(room, head.alert) {
        Ok(Some(alert)) => alert,
        Ok(None) => return bury(room, card, "what it was about is gone"),
        // One that cannot be read must not hold up those behind it.
        Err(StoreError::Unusable { why }) => return bury(room, card, &why),
        Err(error) => return Err(error),
    };
    if let Alert::Mention(first) = &mut alert {
        for member in members.iter().skip(1) {
            if let Some(Alert::Mention(other)) = load_alert(room, member.alert)? {
                first.folded.push(folded(*other, showing));
            }
        }
    }
    Ok(Some(Claim {
        key: DeliveryId(card).to_string(),
        deliveries: members.iter().map(|member| DeliveryId(member.id)).collect(),
        alert,
        attempts: head.attempts,
        created: moment(members.iter().map(|member| member.since).min().unwrap_or(head.since)),
    }))
}

/// Makes a dead letter of a card that cannot be built.
fn bury(room: &Room, card: i64, why: &str) -> Result<Option<Claim>, StoreError> {
    room.conn
        .prepare_cached("UPDATE delivery SET state = 'dead', error = ?2 WHERE (id = ?1 OR (card > 0 AND card = ?1)) AND state = 'claimed'")?
        .execute(params![card, why])?;
    Ok(None)
}

fn folded(alert: MentionAlert, showing: &Showing) -> FoldedLine {
    let mut text = alert.mention.text.split_whitespace().collect::<Vec<_>>().join(" ");
    if text.chars().count() > FOLDED_CHARS {
        text = text.chars().take(FOLDED_CHARS - 1).collect();
        text.push('…');
    }
    FoldedLine { alert: alert.id, headline: alert.headline(&showing.zone), url: alert.mention.url, text }
}

/// Rebuilds an alert from the mention and what was heard in it.
pub(super) fn load_alert(room: &Room, id: i64) -> Result<Option<Alert>, StoreError> {
    let mut statement = room
        .conn
        .prepare_cached("SELECT mention, watch, watch_name, answer_by, mentions_before, draft, health FROM alert WHERE id = ?1")?;
    let mut rows = statement.query([id])?;
    let Some(row) = rows.next()? else { return Ok(None) };
    if let Some(health) = row.get::<_, Option<String>>(6)? {
        return Ok(serde_json::from_str(&health).ok().map(Alert::Health));
    }
    let mention_id: i64 = row.get(0)?;
    let watch = room.word(row.get(1)?)?;
    let Some((feed, mention, decided)) = load_mention(room, mention_id)? else { return Ok(None) };
    let heard = load_heard(room, mention_id, &mention)?;
    let Some(heard) = heard.into_iter().find(|heard| heard.watch == *watch) else { return Ok(None) };
    let draft: Option<String> = row.get(5)?;
    Ok(Some(Alert::Mention(Box::new(MentionAlert {
        id: AlertId(id),
        mention_id: MentionId(mention_id),
        case: heard.case.unwrap_or(CaseId(0)),
        watch: heard.watch,
        watch_name: room.word(row.get(2)?)?.to_string(),
        feed,
        hearing: heard.hearing,
        priority: heard.priority,
        reason: heard.reason,
        answer_by: row.get::<_, Option<i64>>(3)?.map(moment),
        draft: draft.and_then(|draft| serde_json::from_str(&draft).ok()),
        history: History { mentions_before: row.get(4)?, customer_since: None },
        times: Times { posted: mention.posted, seen: mention.seen, decided, sent: None },
        mention,
        folded: Vec::new(),
    }))))
}

/// When the next delivery of a notifier may leave; the end of a lease counts too.
pub(super) fn next_due(room: &Room, notifier: &str) -> Result<Option<Timestamp>, StoreError> {
    let mut next: Option<i64> = None;
    for rank in 0..3 {
        let sql = "SELECT due FROM delivery WHERE notifier = ?1 AND rank = ?2 AND state IN ('pending', 'claimed') ORDER BY due LIMIT 1";
        let due: Option<i64> = one(room, sql, params![notifier, rank])?;
        next = next.into_iter().chain(due).min();
    }
    Ok(next.map(moment))
}
