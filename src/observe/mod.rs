//! Every metric and log event by name; logs, journald and systemd.
//!
//! The other rooms call what is here; nothing here calls them. A metric or an
//! event that has no line in this room does not exist.

mod journal;
mod logs;
mod metrics;
mod seldom;
mod systemd;

pub use logs::{LogFormat, Logs, start as start_logs};
pub use metrics::{CONTENT_TYPE, Metrics, Outcome};
pub use seldom::Seldom;
pub use systemd::Systemd;
