//! One alert to one notifier: the row of the outbox.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::signal::words;
use super::{AlertId, DeliveryId};

words!(
    /// Where a delivery stands.
    DeliveryState {
        /// Waits for its time.
        Pending => "pending",
        /// Claimed by a dispatcher until its lease ends.
        Claimed => "claimed",
        /// The receiver said yes.
        Delivered => "delivered",
        /// Gave up; can be retried or dropped by hand.
        Dead => "dead",
        /// No longer wanted: the case was taken, or a person dropped it.
        Dropped => "dropped",
    }
);

/// The receiver's proof, kept so that a later update edits the same card.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Receipt {
    /// What the receiver calls the message, when it says so.
    pub remote_id: Option<String>,
    /// A short remark: `200`, `printed`.
    pub note: String,
}

/// A delivery as `outbox list` shows it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Delivery {
    /// Its name: the stable key of every attempt.
    pub id: DeliveryId,
    /// The alert.
    pub alert: AlertId,
    /// Name of the notifier.
    pub notifier: String,
    /// Where it stands.
    pub state: DeliveryState,
    /// Attempts made.
    pub attempts: u32,
    /// When it is tried next.
    pub due: Timestamp,
    /// When it was planned.
    pub created: Timestamp,
    /// Why the last attempt failed, without secrets.
    pub last_error: Option<String>,
    /// First line of the alert.
    pub headline: String,
}
