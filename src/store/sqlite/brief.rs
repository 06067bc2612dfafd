//! Switch and findings, and the rare parts of a mention, in few bytes.
//!
//! Words of the program (rules, roles, states) are numbers of the table `name`;
//! words of the post are none, so that they go when the post goes. The words of
//! an evidence are always `text[start..end]` of the mention: kept once there.

use crate::domain::{Attribute, Evidence, Finding, Hearing, Kind, Mention, Role, Signal, Stance, Status, Switch, Why};

use super::super::StoreError;
use super::error::unreadable;
use super::forms::is_usual;
use super::packed::{Reader, Writer};
use super::writer::Room;

/// Writes switch and findings; `None` when there are none, as in most mentions.
pub(super) fn write(room: &Room, hearing: &Hearing) -> Result<Option<Vec<u8>>, StoreError> {
    if hearing.switch.is_none() && hearing.findings.is_empty() {
        return Ok(None);
    }
    let mut to = Writer::default();
    match &hearing.switch {
        Some(switch) => {
            to.number(1_u64).maybe(switch.left.as_deref()).maybe(switch.joined.as_deref());
            to.number(room.name(switch.status.as_str())?).number(room.name(switch.stance.as_str())?);
            to.number(switch.reason.map_or(Ok(0), |why| room.name(why.as_str()))?);
        }
        None => _ = to.number(0_u64),
    }
    to.number(hearing.findings.len());
    for finding in &hearing.findings {
        to.number(room.name(&finding.rule)?).number(room.name(finding.signal.as_str())?);
        to.0.extend_from_slice(&finding.score.to_le_bytes());
        to.number(finding.evidence.len());
        for evidence in &finding.evidence {
            to.number(evidence.start).number(evidence.end.saturating_sub(evidence.start)).number(room.name(evidence.role.as_str())?);
        }
        to.number(finding.attributes.len());
        for attribute in &finding.attributes {
            to.number(room.name(attribute.as_str())?);
        }
    }
    Ok(Some(to.0))
}

/// Reads switch and findings back, with the words of `text`.
pub(super) fn read(room: &Room, found: Option<&[u8]>, text: &str) -> Result<(Option<Switch>, Vec<Finding>), StoreError> {
    let Some(found) = found else { return Ok((None, Vec::new())) };
    let mut from = Words { room, from: Reader(found) };
    let switch = if from.number()? == 0 {
        None
    } else {
        let (left, joined) = (from.maybe()?, from.maybe()?);
        let (status, stance) = (from.word(Status::parse)?, from.word(Stance::parse)?);
        Some(Switch { left, joined, status, stance, reason: from.maybe_word(Why::parse)? })
    };
    let mut findings = Vec::new();
    for _ in 0..from.number()? {
        findings.push(from.finding(text)?);
    }
    Ok((switch, findings))
}

/// Reads numbers of words as the words.
struct Words<'a> {
    room: &'a Room,
    from: Reader<'a>,
}

impl Words<'_> {
    fn number(&mut self) -> Result<u64, StoreError> {
        self.from.number().ok_or_else(cut_short)
    }

    fn count(&mut self) -> Result<usize, StoreError> {
        self.from.count().ok_or_else(cut_short)
    }

    fn maybe(&mut self) -> Result<Option<String>, StoreError> {
        if self.number()? == 0 { Ok(None) } else { self.from.text().map(Some).ok_or_else(cut_short) }
    }

    fn maybe_word<T>(&mut self, parse: impl Fn(&str) -> Option<T>) -> Result<Option<T>, StoreError> {
        let id = i64::try_from(self.number()?).map_err(|_| cut_short())?;
        if id == 0 {
            return Ok(None);
        }
        let word = self.room.word(id)?;
        parse(&word).map(Some).ok_or_else(|| unreadable("the word", &word))
    }

    fn word<T>(&mut self, parse: impl Fn(&str) -> Option<T>) -> Result<T, StoreError> {
        self.maybe_word(parse)?.ok_or_else(cut_short)
    }

    fn finding(&mut self, text: &str) -> Result<Finding, StoreError> {
        let (rule, signal) = (self.word(|rule| Some(rule.to_owned()))?, self.word(Signal::parse)?);
        let score = self.from.bytes(4).and_then(|score| score.try_into().ok()).ok_or_else(cut_short)?;
        let mut finding = Finding { rule, signal, score: f32::from_le_bytes(score), evidence: Vec::new(), attributes: Vec::new() };
        for _ in 0..self.number()? {
            let start = self.count()?;
            let end = start.saturating_add(self.count()?);
            let words = text.get(start..end).unwrap_or_default().to_owned();
            finding.evidence.push(Evidence { start, end, text: words, role: self.word(Role::parse)? });
        }
        for _ in 0..self.number()? {
            finding.attributes.push(self.word(Attribute::parse)?);
        }
        Ok(finding)
    }
}

fn cut_short() -> StoreError {
    unreadable("a finding", "cut short")
}

/// The parts of a mention that most do not have; each is written with its number.
const ROOT: u64 = 1;
const PARENT: u64 = 2;
const PARENT_IS_ROOT: u64 = 3;
const PARENT_TEXT: u64 = 4;
const LINK: u64 = 5;
const ADDRESSED: u64 = 6;
const REPOST: u64 = 7;
const REVIEW: u64 = 8;
const LANG: u64 = 9;

/// Writes the rare parts of a mention; `None` when it has none.
pub(super) fn write_extra(mention: &Mention) -> Option<Vec<u8>> {
    let thread = &mention.thread;
    let mut to = Writer::default();
    let mut write = |part: u64, text: &str| _ = to.number(part).text(text);
    if let Some(root) = &thread.root {
        write(ROOT, root);
    }
    match &thread.parent {
        // A direct answer names the same post twice; once is enough.
        Some(parent) if thread.root.as_ref() == Some(parent) => write(PARENT_IS_ROOT, ""),
        Some(parent) => write(PARENT, parent),
        None => {}
    }
    if let Some(text) = &thread.parent_text {
        write(PARENT_TEXT, text);
    }
    mention.links.iter().for_each(|link| write(LINK, link));
    mention.addressed.iter().for_each(|handle| write(ADDRESSED, handle));
    match mention.kind {
        Kind::Post => {}
        Kind::Repost => write(REPOST, ""),
        Kind::Review => write(REVIEW, ""),
    }
    if let Some(lang) = mention.lang.as_ref().filter(|lang| !is_usual(lang)) {
        write(LANG, lang);
    }
    Some(to.0).filter(|bytes| !bytes.is_empty())
}

/// Puts the rare parts back into a mention.
pub(super) fn read_extra(extra: Option<&[u8]>, mention: &mut Mention) -> Result<(), StoreError> {
    let mut from = Reader(extra.unwrap_or_default());
    while !from.0.is_empty() {
        let part = from.number().and_then(|part| Some((part, from.text()?)));
        let Some((part, text)) = part else { return Err(unreadable("a thread", "cut short")) };
        match part {
            ROOT => mention.thread.root = Some(text),
            PARENT => mention.thread.parent = Some(text),
            PARENT_IS_ROOT => mention.thread.parent.clone_from(&mention.thread.root),
            PARENT_TEXT => mention.thread.parent_text = Some(text),
            LINK => mention.links.push(text),
            ADDRESSED => mention.addressed.push(text),
            REPOST => mention.kind = Kind::Repost,
            REVIEW => mention.kind = Kind::Review,
            LANG => mention.lang = Some(text),
            other => return Err(unreadable("a part of a mention", &other.to_string())),
        }
    }
    Ok(())
}
