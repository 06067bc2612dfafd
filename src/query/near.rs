//! `NEAR` and `BEFORE`: two things with few words between them.

use super::evaluate::{Node, Pair, Scene};
use super::table::Hit;

/// Gives the pairs that stand close enough: of each place, the nearest other behind it.
pub(super) fn pairs(pair: &Pair, scene: &Scene<'_>) -> Vec<(Hit, Hit)> {
    let (first, second) = (places(&pair.first, scene), places(&pair.second, scene));
    let mut close: Vec<(Hit, Hit)> = Vec::new();
    following(&first, &second, pair.words, &mut close);
    if !pair.ordered {
        following(&second, &first, pair.words, &mut close);
    }
    close
}

/// The places of one side, in the order of the text.
fn places(node: &Node, scene: &Scene<'_>) -> Vec<Hit> {
    let mut hits = Vec::new();
    node.places(scene, &mut hits);
    hits.sort_unstable_by_key(|hit| (hit.place.start, hit.place.end));
    hits
}

/// Notes for each place of `before` the nearest one of `behind`, when few enough words stand between.
fn following(before: &[Hit], behind: &[Hit], words: u32, close: &mut Vec<(Hit, Hit)>) {
    for one in before {
        let next = behind.partition_point(|other| other.place.start < one.place.end);
        if let Some(other) = behind.get(next).filter(|other| distance(one, other) <= words) {
            close.push((*one, *other));
        }
    }
}

/// The words between two places of which the second begins where the first is over, or later.
fn distance(one: &Hit, other: &Hit) -> u32 {
    other.place.first.saturating_sub(one.place.after)
}

/// The fewest words between two things in any place; `None` when they never stand apart.
pub(super) fn nearest(pair: &Pair, scene: &Scene<'_>) -> Option<u32> {
    let wide = |one: &Node, other: &Node| {
        let behind = places(other, scene);
        let next =
            |one: &Hit| behind.get(behind.partition_point(|other| other.place.start < one.place.end)).map(|other| distance(one, other));
        places(one, scene).iter().filter_map(next).min()
    };
    let forth = wide(&pair.first, &pair.second);
    let back = if pair.ordered { None } else { wide(&pair.second, &pair.first) };
    forth.into_iter().chain(back).min()
}
