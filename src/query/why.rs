//! Why a query is not true of a post: the first thing that is missing.

use super::evaluate::{Node, Scene, Subject};
use super::near;
use super::set::{Found, Set};
use super::tree::{Expr, Field, Key, Near};

/// The longest list of alternatives that is quoted in full.
const QUOTED: usize = 120;

impl Set {
    /// Says what is missing, or stands in the way; `None` when the query is true.
    pub fn why_not(&self, query: usize, subject: &Subject<'_>, found: &Found) -> Option<String> {
        let (expr, node) = self.nodes.get(query)?;
        let scene = Scene { subject, found, names: self.watches.get(subject.watch)? };
        (!node.holds(&scene)).then(|| missing(expr, node, &scene))
    }
}

/// Says why a part is not true.
fn missing(expr: &Expr, node: &Node, scene: &Scene<'_>) -> String {
    match (expr, node) {
        (Expr::Field(field), _) => field_says(field, scene.subject),
        (Expr::Near(near), Node::Near(pair)) => {
            for (part, node) in [(&near.first, &pair.first), (&near.second, &pair.second)] {
                if !node.stands(scene) {
                    return absent(part);
                }
            }
            let Near { first, second, words, ordered } = &**near;
            let order = if *ordered { "in this order " } else { "" };
            match near::nearest(pair, scene) {
                Some(between) => {
                    format!(
                        "`{}` and `{}` have {between} words between them {order}at the nearest, and may have {words}",
                        cut(first),
                        cut(second)
                    )
                }
                None => format!("`{}` does not stand {}`{}`", cut(first), if *ordered { "before " } else { "beside " }, cut(second)),
            }
        }
        (Expr::Not(inner), _) => format!("`{}` stands in the way", cut(inner)),
        (Expr::All(parts), Node::All(nodes)) => {
            let wrong = parts.iter().zip(nodes).filter(|(_, node)| !node.holds(scene));
            let all: Vec<String> = wrong.take(3).map(|(part, node)| missing(part, node, scene)).collect();
            all.join("; ")
        }
        // Alternatives of several parts each: what is missing in every one of them.
        (Expr::Any(parts), Node::Any(nodes)) if parts.len() <= 3 && parts.iter().any(is_compound) => {
            let all: Vec<String> = parts.iter().zip(nodes).map(|(part, node)| missing(part, node, scene)).collect();
            all.join(", and ")
        }
        (expr, _) => absent(expr),
    }
}

/// Whether a part has parts of its own that may be there while it is not true.
fn is_compound(expr: &Expr) -> bool {
    matches!(expr, Expr::Near(_) | Expr::All(_))
}

/// Says that a part does not stand in the post.
fn absent(expr: &Expr) -> String {
    match expr {
        Expr::Any(_) => format!("none of `{}` stands in it", cut(expr)),
        _ => format!("`{}` does not stand in it", cut(expr)),
    }
}

/// Says what a field found instead.
fn field_says(field: &Field, subject: &Subject<'_>) -> String {
    let switch = subject.hearing.and_then(|hearing| hearing.switch.as_ref());
    let found = match field.key {
        Key::Author => Some(subject.mention.author.handle.clone()),
        Key::Source => Some(subject.mention.network.as_str().to_owned()),
        Key::Lang => subject.mention.lang.clone().or_else(|| subject.hearing.and_then(|hearing| hearing.lang.clone())),
        Key::Site => subject.mention.url.clone(),
        Key::Left => switch.and_then(|switch| switch.left.clone()),
        Key::Joined => switch.and_then(|switch| switch.joined.clone()),
        Key::Type | Key::Link | Key::Signal => None,
    };
    match found.filter(|found| !found.is_empty()) {
        Some(found) => format!("`{field}` is not so: it is {found}"),
        None => format!("`{field}` is not so"),
    }
}

/// Prints a part, the end of a long one left out.
fn cut(expr: &Expr) -> String {
    let whole = expr.to_string();
    match whole.char_indices().nth(QUOTED) {
        Some((end, _)) => format!("{} ...", whole.get(..end).unwrap_or_default()),
        None => whole,
    }
}
