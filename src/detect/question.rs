//! Hears whether the author wants an answer to a question.
//!
//! Independent of what the post is otherwise: a complaint may ask, and a
//! question mark alone proves nothing. Which forms ask and which only cry out
//! is data (`asks.txt`).

use std::ops::Range;

use super::reading::Reading;
use super::rule::{Doc, Found, Rule};
use super::weigh::Weight;
use crate::domain::{Finding, Role, Signal};
use crate::text::{End, Kind, Sentence};

/// The most tokens of a question that are quoted where no word of asking stands in it.
const QUOTE: usize = 12;

/// How sure a question with its mark is, and one without.
const SURE: (f32, f32) = (0.8, 0.7);

/// The author wants to know something.
#[derive(Debug)]
pub(super) struct Question;

impl Rule for Question {
    fn id(&self) -> &'static str {
        "question"
    }

    fn signal(&self) -> Signal {
        Signal::Question
    }

    fn doc(&self) -> Doc {
        Doc {
            hears: "The author wants an answer: a sentence built like a question, with or without its mark, or an indirect one (\"please advise\", \
                    \"wondering if\"). Not a question that answers itself (\"are you kidding?\", \"how can you lose a bag twice?\"), not a \
                    statement with a raised voice (\"two hours on hold?\"), not somebody else's question in quotation marks.",
            why: "A question is the cheapest post to answer well, and an open one is read by everybody who has it too.",
            yes: &["@nomadesk do you ship to Norway?", "how do i reset my password", "Any idea when sync will be back?"],
            no: &["Are you kidding me?", "Two hours on hold and no answer?", "Why is your service so bad?"],
        }
    }

    fn cues(&self) -> &'static [&'static str] {
        &[]
    }

    fn read(&self, reading: &Reading<'_>, out: &mut Vec<Found>) {
        for sentence in reading.sentences() {
            if let Some((tokens, score)) = asks(reading, sentence) {
                let evidence = vec![reading.evidence(&tokens, Role::Cue)];
                let finding = Finding { rule: self.id().to_owned(), signal: self.signal(), score, evidence, attributes: Vec::new() };
                out.push(Found { finding, change: None });
                return;
            }
        }
    }
}

/// Says whether a sentence asks, by which words and how surely.
fn asks(reading: &Reading<'_>, sentence: &Sentence) -> Option<(Range<usize>, f32)> {
    let all = &sentence.tokens;
    let first = |list: &str| {
        let inside = |tokens: &Range<usize>| tokens.start >= all.start && tokens.end <= all.end;
        reading.hits(list).iter().map(|hit| hit.tokens.clone()).find(inside)
    };
    let is_word = |index: &usize| reading.token(*index).is_some_and(|token| matches!(token.kind, Kind::Word | Kind::Number));
    let words = all.clone().filter(is_word).count();
    let quoted = reading.token(all.end.saturating_sub(1)).is_some_and(|token| token.quoted);
    if words == 0 || quoted || first("asks.rhetoric").is_some() {
        return None;
    }
    let built = first("asks.form").or_else(|| first("asks.indirect"));
    if sentence.end != End::Question {
        return built.map(|tokens| (tokens, SURE.1));
    }
    let hangs_on = first("asks.tail").is_some_and(|tokens| tokens.len() >= words);
    let asking = built.or_else(|| first("asks.loose"));
    if hangs_on || (asking.is_none() && raised(reading, all)) {
        return None;
    }
    // A question of many words is quoted from where it begins.
    Some((asking.unwrap_or(all.start..all.end.min(all.start + QUOTE)), SURE.0))
}

/// Whether trouble stands in a sentence: without a word of asking, its mark is a raised voice.
fn raised(reading: &Reading<'_>, tokens: &Range<usize>) -> bool {
    let inside = |hit: &super::phrase::Hit| hit.tokens.start >= tokens.start && hit.tokens.end <= tokens.end;
    let trouble = |hit: &super::phrase::Hit| matches!(reading.weighs(hit), Some(Weight::Hard | Weight::Soft));
    reading.all_hits().iter().any(|hit| inside(hit) && trouble(hit)) || reading.hits("wish.denied").iter().any(inside)
}
