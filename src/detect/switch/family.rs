//! The rules of the family, in the order of the documentation.

use super::{Kind, SwitchRule};
use crate::detect::Doc;

/// `switch.from-to`.
pub(in crate::detect) const FROM_TO: SwitchRule =
    SwitchRule { id: "switch.from-to", cue: &["switch.from-to"], kind: Kind::Go, doc: Doc { hears: "", why: "", yes: &[], no: &[] } };

/// `switch.to`.
pub(in crate::detect) const TO: SwitchRule =
    SwitchRule { id: "switch.to", cue: &["switch.to"], kind: Kind::Go, doc: Doc { hears: "", why: "", yes: &[], no: &[] } };

/// `switch.back-to`.
pub(in crate::detect) const BACK_TO: SwitchRule =
    SwitchRule { id: "switch.back-to", cue: &["switch.back-to"], kind: Kind::Go, doc: Doc { hears: "", why: "", yes: &[], no: &[] } };

/// `switch.from`.
pub(in crate::detect) const FROM: SwitchRule =
    SwitchRule { id: "switch.from", cue: &["switch.from"], kind: Kind::From, doc: Doc { hears: "", why: "", yes: &[], no: &[] } };

/// `switch.instead`.
pub(in crate::detect) const INSTEAD: SwitchRule =
    SwitchRule { id: "switch.instead", cue: &["switch.instead"], kind: Kind::Go, doc: Doc { hears: "", why: "", yes: &[], no: &[] } };

/// `switch.replace`.
pub(in crate::detect) const REPLACE: SwitchRule =
    SwitchRule { id: "switch.replace", cue: &["switch.replace"], kind: Kind::Go, doc: Doc { hears: "", why: "", yes: &[], no: &[] } };

/// `switch.goodbye`.
pub(in crate::detect) const GOODBYE: SwitchRule =
    SwitchRule { id: "switch.goodbye", cue: &["switch.goodbye"], kind: Kind::Leave, doc: Doc { hears: "", why: "", yes: &[], no: &[] } };

/// `switch.hello`.
pub(in crate::detect) const HELLO: SwitchRule =
    SwitchRule { id: "switch.hello", cue: &["switch.hello"], kind: Kind::Go, doc: Doc { hears: "", why: "", yes: &[], no: &[] } };

/// `switch.arrow`.
pub(in crate::detect) const ARROW: SwitchRule =
    SwitchRule { id: "switch.arrow", cue: &["switch.arrow"], kind: Kind::Go, doc: Doc { hears: "", why: "", yes: &[], no: &[] } };

/// `switch.stay`.
pub(in crate::detect) const STAY: SwitchRule =
    SwitchRule { id: "switch.stay", cue: &["switch.stay"], kind: Kind::Stay, doc: Doc { hears: "", why: "", yes: &[], no: &[] } };

/// `switch.not-stay`.
pub(in crate::detect) const NOT_STAY: SwitchRule =
    SwitchRule { id: "switch.not-stay", cue: &["switch.not-stay"], kind: Kind::Leave, doc: Doc { hears: "", why: "", yes: &[], no: &[] } };

/// `switch.regret`.
pub(in crate::detect) const REGRET: SwitchRule =
    SwitchRule { id: "switch.regret", cue: &["switch.regret"], kind: Kind::Go, doc: Doc { hears: "", why: "", yes: &[], no: &[] } };

/// `switch.regret-staying`.
pub(in crate::detect) const REGRET_STAYING: SwitchRule = SwitchRule {
    id: "switch.regret-staying",
    cue: &["switch.regret-staying"],
    kind: Kind::Leave,
    doc: Doc { hears: "", why: "", yes: &[], no: &[] },
};

/// `switch.new`.
pub(in crate::detect) const NEW: SwitchRule =
    SwitchRule { id: "switch.new", cue: &["switch.new"], kind: Kind::Go, doc: Doc { hears: "", why: "", yes: &[], no: &[] } };

/// `switch.future`.
pub(in crate::detect) const FUTURE: SwitchRule =
    SwitchRule { id: "switch.future", cue: &["switch.future"], kind: Kind::Go, doc: Doc { hears: "", why: "", yes: &[], no: &[] } };

/// `switch.look`.
pub(in crate::detect) const LOOK: SwitchRule =
    SwitchRule { id: "switch.look", cue: &["switch.look"], kind: Kind::Go, doc: Doc { hears: "", why: "", yes: &[], no: &[] } };

/// `switch.others`.
pub(in crate::detect) const OTHERS: SwitchRule =
    SwitchRule { id: "switch.others", cue: &["switch.others"], kind: Kind::Leave, doc: Doc { hears: "", why: "", yes: &[], no: &[] } };

/// `switch.leave`.
pub(in crate::detect) const LEAVE: SwitchRule =
    SwitchRule { id: "switch.leave", cue: &["switch.leave"], kind: Kind::Leave, doc: Doc { hears: "", why: "", yes: &[], no: &[] } };

/// `switch.cancel`.
pub(in crate::detect) const CANCEL: SwitchRule =
    SwitchRule { id: "switch.cancel", cue: &["switch.cancel"], kind: Kind::Leave, doc: Doc { hears: "", why: "", yes: &[], no: &[] } };

/// `switch.close`.
pub(in crate::detect) const CLOSE: SwitchRule =
    SwitchRule { id: "switch.close", cue: &["switch.close"], kind: Kind::Leave, doc: Doc { hears: "", why: "", yes: &[], no: &[] } };

/// `switch.delete`.
pub(in crate::detect) const DELETE: SwitchRule =
    SwitchRule { id: "switch.delete", cue: &["switch.delete"], kind: Kind::Leave, doc: Doc { hears: "", why: "", yes: &[], no: &[] } };

/// `switch.not-renew`.
pub(in crate::detect) const NOT_RENEW: SwitchRule = SwitchRule {
    id: "switch.not-renew",
    cue: &["switch.not-renew"],
    kind: Kind::Leave,
    doc: Doc { hears: "", why: "", yes: &[], no: &[] },
};

/// `switch.stop`.
pub(in crate::detect) const STOP: SwitchRule =
    SwitchRule { id: "switch.stop", cue: &["switch.stop"], kind: Kind::Leave, doc: Doc { hears: "", why: "", yes: &[], no: &[] } };

/// `switch.done`.
pub(in crate::detect) const DONE: SwitchRule =
    SwitchRule { id: "switch.done", cue: &["switch.done"], kind: Kind::Leave, doc: Doc { hears: "", why: "", yes: &[], no: &[] } };

/// `switch.never`.
pub(in crate::detect) const NEVER: SwitchRule =
    SwitchRule { id: "switch.never", cue: &["switch.never"], kind: Kind::Leave, doc: Doc { hears: "", why: "", yes: &[], no: &[] } };

/// `switch.lost`.
pub(in crate::detect) const LOST: SwitchRule =
    SwitchRule { id: "switch.lost", cue: &["switch.lost"], kind: Kind::Leave, doc: Doc { hears: "", why: "", yes: &[], no: &[] } };

/// `switch.win-back`.
pub(in crate::detect) const WIN_BACK: SwitchRule =
    SwitchRule { id: "switch.win-back", cue: &["switch.win-back"], kind: Kind::Come, doc: Doc { hears: "", why: "", yes: &[], no: &[] } };

/// `switch.join`.
pub(in crate::detect) const JOIN: SwitchRule =
    SwitchRule { id: "switch.join", cue: &["switch.join"], kind: Kind::Come, doc: Doc { hears: "", why: "", yes: &[], no: &[] } };

/// `switch.feature`.
pub(in crate::detect) const FEATURE: SwitchRule =
    SwitchRule { id: "switch.feature", cue: &["switch.feature"], kind: Kind::Inside, doc: Doc { hears: "", why: "", yes: &[], no: &[] } };

/// `switch.inside`.
pub(in crate::detect) const INSIDE: SwitchRule =
    SwitchRule { id: "switch.inside", cue: &["switch.inside"], kind: Kind::Inside, doc: Doc { hears: "", why: "", yes: &[], no: &[] } };
/// `switch.tag`.
pub(in crate::detect) const TAG: SwitchRule = SwitchRule {
    id: "switch.tag",
    cue: &["switch.tag"],
    kind: Kind::Leave,
    doc: Doc { hears: "", why: "", yes: &[], no: &[] },
};
