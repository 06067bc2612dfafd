//! Switch and findings in few bytes: arrays without keys, spans without words.
//!
//! The words of an evidence are always `text[start..end]` of the mention: kept
//! once there, and gone with it when the post is deleted.

use crate::domain::{Attribute, Evidence, Finding, Hearing, Mention, Role, Signal, Stance, Status, Switch, Thread, Why};
use serde::{Deserialize, Serialize};

use super::super::StoreError;
use super::error::unreadable;
use crate::domain::Kind;

type BriefSwitch = (Option<String>, Option<String>, Status, Stance, Option<Why>);
type BriefFinding = (String, Signal, f32, Vec<(usize, usize, Role)>, Vec<Attribute>);

/// Writes switch and findings; `None` when there are none, as in most mentions.
pub(super) fn write(hearing: &Hearing) -> Option<String> {
    if hearing.switch.is_none() && hearing.findings.is_empty() {
        return None;
    }
    let switch = hearing.switch.as_ref().map(|s| (&s.left, &s.joined, s.status, s.stance, s.reason));
    let findings: Vec<_> = hearing
        .findings
        .iter()
        .map(|f| {
            let evidence: Vec<_> = f.evidence.iter().map(|e| (e.start, e.end, e.role)).collect();
            (&f.rule, f.signal, f.score, evidence, &f.attributes)
        })
        .collect();
    serde_json::to_string(&(switch, findings)).ok()
}

/// Reads switch and findings back, with the words of `text`.
pub(super) fn read(found: Option<&str>, text: &str) -> Result<(Option<Switch>, Vec<Finding>), StoreError> {
    let Some(found) = found else { return Ok((None, Vec::new())) };
    let (switch, findings): (Option<BriefSwitch>, Vec<BriefFinding>) =
        serde_json::from_str(found).map_err(|_| unreadable("a finding", found))?;
    let switch = switch.map(|(left, joined, status, stance, reason)| Switch { left, joined, status, stance, reason });
    let evidence = |(start, end, role)| Evidence { start, end, text: text.get(start..end).unwrap_or_default().to_owned(), role };
    let finding = |(rule, signal, score, marks, attributes): BriefFinding| Finding {
        rule,
        signal,
        score,
        evidence: marks.into_iter().map(evidence).collect(),
        attributes,
    };
    Ok((switch, findings.into_iter().map(finding).collect()))
}

/// The parts of a mention that most do not have.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(super) struct Extra {
    #[serde(rename = "r", default, skip_serializing_if = "Option::is_none")]
    root: Option<String>,
    #[serde(rename = "p", default, skip_serializing_if = "Option::is_none")]
    parent: Option<String>,
    #[serde(rename = "t", default, skip_serializing_if = "Option::is_none")]
    parent_text: Option<String>,
    #[serde(rename = "l", default, skip_serializing_if = "Vec::is_empty")]
    links: Vec<String>,
    #[serde(rename = "a", default, skip_serializing_if = "Vec::is_empty")]
    addressed: Vec<String>,
    #[serde(rename = "k", default, skip_serializing_if = "is_post")]
    kind: Kind,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde hands over a reference")]
fn is_post(kind: &Kind) -> bool {
    *kind == Kind::Post
}

impl Extra {
    /// Writes the rare parts of a mention; `None` when it has none.
    pub(super) fn write(mention: &Mention) -> Option<String> {
        let thread = &mention.thread;
        let bare = mention.links.is_empty() && mention.addressed.is_empty() && *thread == Thread::default() && is_post(&mention.kind);
        if bare {
            return None;
        }
        let extra = Self {
            root: thread.root.clone(),
            // A direct answer names the same post twice; once is enough.
            parent: thread.parent.clone().map(|parent| if thread.root.as_ref() == Some(&parent) { String::new() } else { parent }),
            parent_text: thread.parent_text.clone(),
            links: mention.links.clone(),
            addressed: mention.addressed.clone(),
            kind: mention.kind,
        };
        serde_json::to_string(&extra).ok()
    }

    /// Puts the rare parts back into a mention.
    pub(super) fn read(extra: Option<&str>, mention: &mut Mention) -> Result<(), StoreError> {
        let Some(text) = extra else { return Ok(()) };
        let extra: Self = serde_json::from_str(text).map_err(|_| unreadable("a thread", text))?;
        let parent = extra.parent.map(|parent| if parent.is_empty() { extra.root.clone().unwrap_or_default() } else { parent });
        mention.thread = Thread { root: extra.root, parent, parent_text: extra.parent_text };
        mention.links = extra.links;
        mention.addressed = extra.addressed;
        mention.kind = extra.kind;
        Ok(())
    }
}
