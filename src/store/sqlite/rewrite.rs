//! Writes what is heard in a stored mention when it is heard again.
//!
//! The mention itself stays as it is; the row of one watch is replaced. What
//! was forgotten meanwhile is left alone: there are no words to hear.

use rusqlite::params;

use crate::domain::IdSource;
use jiff::Timestamp;

use super::super::{Committed, Decided, StoreError};
use super::authors;
use super::commit::hear;
use super::forms::Sense;
use super::mentions::{load_mention, one};
use super::writer::Room;

/// Replaces what was heard for the watches of stored mentions; `known` counts those that are gone.
pub(super) fn rewrite(room: &Room, ids: &IdSource, again: &[Decided], now: Timestamp) -> Result<Committed, StoreError> {
    room.busy.set(true);
    let mut done = Committed::default();
    for decided in again {
        let id = decided.mention_id.0;
        let Some((_, mention, _)) = load_mention(room, id)?.filter(|(_, mention, _)| !mention.text.is_empty()) else {
            done.known += 1;
            continue;
        };
        let met = take_out(room, id, &decided.watch)?;
        let place = if met { None } else { Some(authors::place(room, mention.network.as_str(), &mention.author)?) };
        done.deliveries += hear(room, ids, decided, place, false, now)?;
        done.mentions += 1;
    }
    if done.deliveries > 0 {
        room.wakes.set(true);
    }
    Ok(done)
}

/// Takes the old row of a watch out; says whether there was one.
fn take_out(room: &Room, id: i64, watch: &str) -> Result<bool, StoreError> {
    let mut met = false;
    if let Some(sense) = one::<Option<i64>>(room, "SELECT sense FROM mention WHERE id = ?1", [id])?.flatten()
        && Sense::read(room, sense)?.0 == watch
    {
        room.conn.prepare_cached("UPDATE mention SET sense = NULL WHERE id = ?1")?.execute([id])?;
        met = true;
    }
    let mut statement = room.conn.prepare_cached("SELECT sense FROM heard WHERE mention = ?1")?;
    let senses = statement.query_map([id], |row| row.get(0))?.collect::<Result<Vec<i64>, _>>()?;
    for sense in senses {
        if Sense::read(room, sense)?.0 == watch {
            room.conn.prepare_cached("DELETE FROM heard WHERE mention = ?1 AND sense = ?2")?.execute(params![id, sense])?;
            met = true;
        }
    }
    Ok(met)
}
