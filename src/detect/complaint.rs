//! Hears that something went wrong for the author.
//!
//! The words and their weights are data (`trouble.txt`, `calm.txt`); how they
//! add up stands in [`weigh`](super::weigh). What is decided here is only what
//! the explanation shows.

use super::reading::Reading;
use super::rule::{Doc, Found, Rule};
use super::weigh::{BAR, Mood, Weight};
use crate::domain::{Evidence, Finding, Role, Signal};

/// The most pieces of evidence of one finding; a card has no room for more.
pub(super) const PIECES: usize = 8;

/// Something went wrong.
#[derive(Debug)]
pub(super) struct Complaint;

impl Rule for Complaint {
    fn id(&self) -> &'static str {
        "complaint"
    }

    fn signal(&self) -> Signal {
        Signal::Complaint
    }

    fn doc(&self) -> Doc {
        Doc {
            hears: "Something went wrong for the author: it is broken, late, lost, dear, or nobody answers; or he says plainly that it is bad. \
                    Words count by how plainly they say it, hints only together, and what speaks against (solved, my own mistake, a friendly \
                    enquiry, praise) is taken off.",
            why: "Whoever complains in public still hopes for an answer; the one who has given up writes nothing.",
            yes: &[
                "@nomadesk two hours on hold and then you hang up on me",
                "The app keeps crashing since the update",
                "Thanks for losing my files",
            ],
            no: &[
                "@nomadesk do you ship to Norway?",
                "@nomadesk no problem, all fixed now, thanks",
                "I left my charger at your office, my mistake",
            ],
        }
    }

    fn cues(&self) -> &'static [&'static str] {
        &["hard.", "soft.", "hint."]
    }

    fn read(&self, reading: &Reading<'_>, out: &mut Vec<Found>) {
        let Some((mood, aside)) = reading.mood().told(Mood::complains) else { return };
        let mut evidence: Vec<Evidence> = Vec::new();
        let mut add = |weights: &[Weight], least: usize| {
            for one in mood.counted.iter().filter(|one| weights.contains(&one.weight)) {
                let role = match (one.weight, reading.list_name(one.list)) {
                    (_, "hard.feeling" | "soft.emoji") => Role::Emotion,
                    (Weight::Hard | Weight::Soft | Weight::Hint, _) => Role::Cue,
                    _ => Role::Against,
                };
                if evidence.len() < least {
                    evidence.push(reading.evidence(&one.tokens, role));
                }
            }
        };
        add(&[Weight::Hard, Weight::Soft], PIECES);
        // Hints are shown where nothing plainer was said.
        add(&[Weight::Hint], 3);
        add(&[Weight::Strong, Weight::Fine, Weight::Polite, Weight::Calm, Weight::Away], PIECES);
        out.push(Found {
            finding: Finding {
                rule: self.id().to_owned(),
                signal: self.signal(),
                score: sure(mood.total - BAR),
                evidence,
                attributes: aside.into_iter().collect(),
            },
            change: None,
        });
    }
}

/// How sure points above the bar make: six tenths at the bar, never certain.
pub(super) fn sure(above: i32) -> f32 {
    let above = u8::try_from(above.clamp(0, 12)).unwrap_or(0);
    0.6 + 0.03 * f32::from(above)
}
