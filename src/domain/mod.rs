//! The nouns and their laws: what every other room speaks about.
//!
//! Nothing here reads a clock, a file or a socket, and nothing here is
//! asynchronous: `now` is always an argument. Every word is the glossary's; a
//! noun that is not in the glossary does not belong here.

mod alert;
mod case;
mod cursor;
mod decision;
mod delivery;
mod finding;
mod headline;
mod id;
mod mention;
mod signal;
mod watch;

pub use alert::{Alert, Draft, FoldedLine, Health, History, MentionAlert, Times};
pub use case::{Case, CaseState, Dismissal, Matter};
pub use cursor::Cursor;
pub use decision::{Decision, Planned, Priority, Reason};
pub use delivery::{Delivery, DeliveryState, Receipt};
pub use finding::{Attribute, Evidence, Finding, Hearing, Role, Switch};
pub use headline::HEADLINE_CHARS;
pub use id::{AlertId, CaseId, DeliveryId, IdSource, MentionId, ParseIdError};
pub use mention::{Author, Kind, Mention, Network, TEXT_BYTES, Thread};
pub use signal::{Primary, Signal, Stance, Status, Why};
pub use watch::{Account, Brand, Watch};
