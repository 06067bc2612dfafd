//! Hears that the author is pleased, and whether he means it.

use super::complaint::{PIECES, sure};
use super::reading::Reading;
use super::rule::{Doc, Found, Rule};
use super::weigh::Weight;
use crate::domain::{Attribute, Evidence, Finding, Role, Signal};

/// The author is pleased.
#[derive(Debug)]
pub(super) struct Praise;

impl Rule for Praise {
    fn id(&self) -> &'static str {
        "praise"
    }

    fn signal(&self) -> Signal {
        Signal::Praise
    }

    fn doc(&self) -> Doc {
        Doc {
            hears: "The author is pleased: thanks for something done, strong words of praise, or kind ones with nothing against them. Praise that is \
                    wished for (\"would be great\") or denied (\"not happy\") is none; with a mark of irony (\"thanks for nothing\", \"way to go\") \
                    it is shown and never thanked.",
            why: "A public kind word deserves a public thank-you; a thank-you for sarcasm is a second insult.",
            yes: &["@nomadesk you are the best, thank you for fixing it so quickly", "Love the new sync"],
            no: &["It would be great if it worked", "Great job losing my files", "Order number is 4411, thanks"],
        }
    }

    fn cues(&self) -> &'static [&'static str] {
        &["praise."]
    }

    fn read(&self, reading: &Reading<'_>, out: &mut Vec<Found>) {
        let Some((mood, aside)) = reading.mood().told(|mood| mood.pleased() || mood.ironic) else { return };
        let pleases = |weight: Weight| matches!(weight, Weight::Strong | Weight::Fine | Weight::Polite);
        let mut evidence: Vec<Evidence> = mood
            .counted
            .iter()
            .filter(|one| pleases(one.weight))
            .take(PIECES)
            .map(|one| reading.evidence(&one.tokens, Role::Cue))
            .collect();
        let mut attributes: Vec<Attribute> = aside.into_iter().collect();
        if mood.ironic {
            evidence.extend(
                ["hard.irony", "hard.mockery", "mock.sign"]
                    .iter()
                    .flat_map(|list| reading.hits(list))
                    .take(2)
                    .map(|hit| reading.evidence(&hit.tokens, Role::Against)),
            );
            attributes.push(Attribute::Ironic);
        }
        if evidence.is_empty() {
            return;
        }
        out.push(Found {
            finding: Finding { rule: self.id().to_owned(), signal: self.signal(), score: sure(mood.praise), evidence, attributes },
            change: None,
        });
    }
}
