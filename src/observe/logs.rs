//! Where log events go: journald, JSON or text, always beside the results.

use std::str::FromStr;

use tracing_subscriber::filter::EnvFilter;
use tracing_subscriber::fmt;
use tracing_subscriber::fmt::format::Writer;
use tracing_subscriber::fmt::time::{FormatTime, SystemTime};
use tracing_subscriber::layer::{Layer, SubscriberExt};
use tracing_subscriber::util::SubscriberInitExt;

use super::journal::Journal;

/// The time of a line for people, to the millisecond: three digits less to read over.
struct Millis;

impl FormatTime for Millis {
    fn format_time(&self, line: &mut Writer<'_>) -> std::fmt::Result {
        let mut whole = String::new();
        SystemTime.format_time(&mut Writer::new(&mut whole))?;
        match whole.get(.."2026-11-22T10:51:24.545".len()) {
            Some(short) => write!(line, "{short}Z"),
            None => line.write_str(&whole),
        }
    }
}

/// How events are written.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum LogFormat {
    /// To journald when systemd started us, else as text.
    #[default]
    Auto,
    /// Lines for people on standard error.
    Text,
    /// One JSON object a line on standard error.
    Json,
    /// Fields to journald.
    Journald,
}

impl FromStr for LogFormat {
    type Err = String;

    fn from_str(word: &str) -> Result<Self, String> {
        match word {
            "auto" => Ok(Self::Auto),
            "text" => Ok(Self::Text),
            "json" => Ok(Self::Json),
            "journald" => Ok(Self::Journald),
            other => Err(format!("`{other}` is no log format: auto, text, json or journald")),
        }
    }
}

/// What the log is to be like.
#[derive(Debug, Clone, Default)]
pub struct Logs {
    /// How events are written.
    pub format: LogFormat,
    /// `error`, `warn`, `info`, `debug`, `trace`, or a filter such as `info,courtier::feed=debug`.
    pub level: Option<String>,
    /// Whether systemd's journal reads our standard error (`JOURNAL_STREAM` is set).
    pub under_journal: bool,
    /// Whether lines for people are coloured.
    pub colour: bool,
}

/// Starts the log; says in words when journald was asked for and does not answer.
///
/// A second start in one process is ignored: tests run commands in one process.
pub fn start(logs: &Logs) -> Result<(), String> {
    let filter = logs.level.as_deref().unwrap_or("info");
    let filter = EnvFilter::try_new(filter).map_err(|error| format!("`{filter}` is no log filter: {error}"))?;
    let journal = match logs.format {
        LogFormat::Journald => true,
        LogFormat::Auto => logs.under_journal,
        LogFormat::Text | LogFormat::Json => false,
    };
    let layer: Box<dyn Layer<_> + Send + Sync> = if journal {
        match Journal::open() {
            Ok(layer) => Box::new(layer),
            Err(error) if logs.format == LogFormat::Journald => return Err(format!("journald does not listen: {error}")),
            Err(_) => Box::new(fmt::layer().with_writer(std::io::stderr).with_ansi(false).without_time()),
        }
    } else if logs.format == LogFormat::Json {
        Box::new(fmt::layer().json().flatten_event(true).with_writer(std::io::stderr))
    } else {
        Box::new(fmt::layer().with_writer(std::io::stderr).with_ansi(logs.colour).with_target(false).with_timer(Millis).compact())
    };
    let started = tracing_subscriber::registry().with(filter).with(layer).try_init();
    if started.is_err() {
        tracing::debug!("the log was started before");
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_for_people_has_its_time_to_the_millisecond() {
        let mut line = String::new();
        Millis.format_time(&mut Writer::new(&mut line)).unwrap();
        assert_eq!(line.len(), "2026-11-22T10:51:24.545Z".len(), "{line}");
        assert!(line.parse::<jiff::Timestamp>().is_ok(), "{line}");
    }
}
