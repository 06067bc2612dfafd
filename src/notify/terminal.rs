//! Cards on standard output, for people who look at a terminal.
//!
//! The whole card is written under one lock with one write, so that cards of
//! many watches never interleave. What is drawn follows the place it is drawn
//! to: colour only on a terminal that wants it (`NO_COLOR`, `CLICOLOR`), wrapped
//! to its width; elsewhere the evidence is marked by a line of its own.

mod draw;

use std::io::{self, Write};
use std::num::NonZeroU32;
use std::time::Duration;

use anstream::{AutoStream, ColorChoice};
use async_trait::async_trait;
use jiff::Timestamp;
use jiff::tz::TimeZone;

pub use draw::{Look, card};

use super::{Notifier, NotifierKind, Outside, Rate, SendError};
use crate::config::{Diagnostic, Field, Form, Section};
use crate::domain::{Alert, Receipt};

/// The kind `terminal`.
pub const KIND: NotifierKind =
    NotifierKind { name: "terminal", summary: "cards on standard output", sample: SAMPLE, fields: FIELDS, folds: false, build, render };

const SAMPLE: &str = r#"[notifiers.screen]
type = "terminal"
# width  = 100       # columns; default: the terminal's own
# color  = "auto"    # or "always", "never"; "auto" heeds NO_COLOR
"#;

const FIELDS: &[Field] = &[
    Field::optional("width", Form::Count(40, 400), "Columns of a card; default: the terminal's own, at most 100."),
    Field::optional("color", Form::OneOf(&["auto", "always", "never"]), "Whether to colour; \"auto\" heeds NO_COLOR and the terminal."),
];

/// Columns where nobody says how wide the place is.
const WIDTH: usize = 80;
/// Lines longer than this are hard to read, however wide the terminal.
const WIDEST: usize = 100;

#[expect(clippy::unnecessary_wraps, reason = "the form that every kind shares")]
fn build(section: &Section, outside: &Outside) -> Result<Box<dyn Notifier>, Vec<Diagnostic>> {
    let colour = match section.text("color") {
        Some("always") => ColorChoice::Always,
        Some("never") => ColorChoice::Never,
        _ => ColorChoice::Auto,
    };
    let width = section.count("width").and_then(|width| usize::try_from(width).ok());
    Ok(Box::new(Terminal { zone: outside.zone.clone(), width, colour }))
}

fn render(alert: &Alert, _key: &str, zone: &TimeZone) -> String {
    card(alert, zone, Look { width: WIDTH, colour: false })
}

/// Prints alerts as cards.
#[derive(Debug)]
pub struct Terminal {
    zone: TimeZone,
    width: Option<usize>,
    colour: ColorChoice,
}

impl Terminal {
    /// Prints with the zone's times of day, in the width and colours of the terminal.
    pub fn new(zone: TimeZone) -> Self {
        Self { zone, width: None, colour: ColorChoice::Auto }
    }

    /// Looks at the place where cards go.
    fn look(&self) -> Look {
        let own = || terminal_size::terminal_size_of(io::stdout()).map_or(WIDTH, |(width, _)| usize::from(width.0));
        let choice = match self.colour {
            ColorChoice::Auto => AutoStream::choice(&io::stdout()),
            chosen => chosen,
        };
        Look { width: self.width.unwrap_or_else(|| own().min(WIDEST)), colour: choice != ColorChoice::Never }
    }
}

#[async_trait]
impl Notifier for Terminal {
    async fn send(&self, alert: &Alert, _key: &str) -> Result<Receipt, SendError> {
        let look = self.look();
        let card = card(alert, &self.zone, look);
        // A stopped terminal (Ctrl-S, a full pipe) blocks the write; it must not block other deliveries.
        let written = tokio::task::spawn_blocking(move || {
            let mut out = AutoStream::new(io::stdout(), if look.colour { ColorChoice::Always } else { ColorChoice::Never }).lock();
            out.write_all(card.as_bytes())?;
            out.flush()
        });
        match written.await {
            Ok(Ok(())) => Ok(Receipt { remote_id: None, note: "printed".to_owned() }),
            Ok(Err(error)) if error.kind() == io::ErrorKind::BrokenPipe => {
                Err(SendError::Gone { why: "standard output is closed".to_owned() })
            }
            Ok(Err(error)) => Err(SendError::Retry { after: None, why: format!("standard output: {error}") }),
            Err(_) => Err(SendError::Retry { after: None, why: "the program is stopping".to_owned() }),
        }
    }

    async fn probe(&self, _now: Timestamp) -> Result<String, SendError> {
        let look = self.look();
        Ok(format!("standard output, {} columns, {}", look.width, if look.colour { "in colour" } else { "without colour" }))
    }

    fn rate(&self) -> Rate {
        Rate { calls: NonZeroU32::new(100).unwrap_or(NonZeroU32::MIN), per: Duration::from_secs(1) }
    }
}
