//! Which sort of answer a mention deserves, if any.

use crate::domain::{Attribute, Hearing, Primary, Status};

/// One sort of draft: the name of its template file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Kind {
    /// Somebody comes.
    ThankYou,
    /// Somebody thinks of coming.
    Invite,
    /// Somebody threatens, or thinks of leaving: there is time.
    RecoveryStay,
    /// Somebody says that he leaves.
    RecoveryGoing,
    /// Somebody has left.
    RecoveryGone,
    /// Something went wrong.
    Help,
    /// A question.
    Answer,
    /// Praise.
    Thanks,
    /// A rival is left, nobody is chosen.
    Opportunity,
}

impl Kind {
    /// Every kind.
    #[cfg(test)]
    pub(super) const ALL: &[Self] = &[
        Self::ThankYou,
        Self::Invite,
        Self::RecoveryStay,
        Self::RecoveryGoing,
        Self::RecoveryGone,
        Self::Help,
        Self::Answer,
        Self::Thanks,
        Self::Opportunity,
    ];

    /// Chooses by what was heard; `None` where a template would do harm.
    ///
    /// A newcomer who is unhappy or could not get in is helped, never thanked; irony is never thanked either, but
    /// a complaint in ironic words is still a complaint.
    pub(super) fn of(hearing: &Hearing) -> Option<Self> {
        let status = hearing.switch.as_ref().map(|switch| switch.status);
        let unhappy = hearing.has(Attribute::Unhappy) || hearing.has(Attribute::Failed);
        let ironic = hearing.has(Attribute::Ironic);
        match hearing.primary {
            Primary::Joining if unhappy => Some(Self::Help),
            Primary::Joining | Primary::Praise | Primary::Opportunity if ironic => None,
            Primary::Joining if matches!(status, Some(Status::Considering | Status::Threat)) => Some(Self::Invite),
            Primary::Joining => Some(Self::ThankYou),
            Primary::Leaving => Some(match status {
                Some(Status::Considering | Status::Threat) | None => Self::RecoveryStay,
                Some(Status::Intent) => Self::RecoveryGoing,
                Some(Status::Done) => Self::RecoveryGone,
            }),
            Primary::Complaint => Some(Self::Help),
            Primary::Question => Some(Self::Answer),
            Primary::Praise if unhappy => None,
            Primary::Praise => Some(Self::Thanks),
            Primary::Opportunity => Some(Self::Opportunity),
            Primary::Noise => None,
        }
    }
}
