//! Events to systemd's journal: lines that read by themselves, and their fields.
//!
//! `journalctl` shows the message alone, and "does not hear" without the feed and
//! the reason helps nobody: so the fields stand in the message as well as beside
//! it (`journalctl F_FEED=bsky`). The wire is the journal's native protocol
//! (<https://systemd.io/JOURNAL_NATIVE_PROTOCOL>, November 2026): one datagram an entry.

use std::fmt::{Debug, Write as _};
use std::os::unix::net::UnixDatagram;
use std::path::Path;

use tracing::field::{Field, Visit};
use tracing::{Event, Level, Subscriber};
use tracing_subscriber::layer::{Context, Layer};

/// Where journald listens.
const SOCKET: &str = "/run/systemd/journal/socket";
/// What is kept of a message whose datagram would be too large for the socket.
const KEPT: usize = 32 * 1024;

/// The layer that sends.
pub(super) struct Journal {
    socket: UnixDatagram,
}

impl Journal {
    /// Connects to journald.
    pub(super) fn open() -> std::io::Result<Self> {
        Self::at(Path::new(SOCKET))
    }

    fn at(path: &Path) -> std::io::Result<Self> {
        let socket = UnixDatagram::unbound()?;
        socket.connect(path)?;
        Ok(Self { socket })
    }
}

impl<S: Subscriber> Layer<S> for Journal {
    fn on_event(&self, event: &Event<'_>, _: Context<'_, S>) {
        let mut said = Said::default();
        event.record(&mut said);
        let metadata = event.metadata();
        let send = |said: &Said| self.socket.send(&said.entry(*metadata.level(), metadata.target()));
        // A log that cannot be written has nobody to tell.
        if send(&said).is_err() && said.message.len() > KEPT {
            said.cut();
            drop(send(&said));
        }
    }
}

/// What an event says: its message with the fields behind it, and the fields.
#[derive(Default)]
struct Said {
    message: String,
    /// The fields as they stand in the message.
    shown: String,
    fields: Vec<(&'static str, String)>,
}

impl Said {
    fn add(&mut self, field: &Field, shown: &dyn Debug, plain: String) {
        match field.name() {
            "message" => self.message = plain,
            name => {
                write!(self.shown, " {name}={shown:?}").ok();
                self.fields.push((name, plain));
            }
        }
    }

    /// Keeps the beginning.
    fn cut(&mut self) {
        self.shown.clear();
        self.fields.clear();
        self.message.truncate(self.message.floor_char_boundary(KEPT));
    }

    /// Writes the datagram.
    fn entry(&self, level: Level, target: &str) -> Vec<u8> {
        let priority = match level {
            Level::ERROR => "3",
            Level::WARN => "4",
            Level::INFO => "5",
            Level::DEBUG => "6",
            Level::TRACE => "7",
        };
        let mut entry = Vec::with_capacity(256);
        put(&mut entry, "PRIORITY", priority);
        put(&mut entry, "SYSLOG_IDENTIFIER", "courtier");
        put(&mut entry, "TARGET", target);
        // Control characters would make journalctl show "blob data" instead of the line.
        let harmless = |text: String| text.replace(|c: char| c.is_control() && c != '\n' && c != '\t', "\u{fffd}");
        put(&mut entry, "MESSAGE", &harmless(format!("{}{}", self.message, self.shown)));
        for (name, value) in &self.fields {
            let name: String = name.chars().map(|c| if c.is_ascii_alphanumeric() { c.to_ascii_uppercase() } else { '_' }).collect();
            put(&mut entry, &format!("F_{name}"), value);
        }
        entry
    }
}

impl Visit for Said {
    fn record_str(&mut self, field: &Field, value: &str) {
        self.add(field, &value, value.to_owned());
    }

    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        self.add(field, value, format!("{value:?}"));
    }
}

/// Writes one field; a value of several lines carries its length.
fn put(entry: &mut Vec<u8>, name: &str, value: &str) {
    entry.extend_from_slice(name.as_bytes());
    if value.contains('\n') {
        entry.push(b'\n');
        entry.extend_from_slice(&(value.len() as u64).to_le_bytes());
    } else {
        entry.push(b'=');
    }
    entry.extend_from_slice(value.as_bytes());
    entry.push(b'\n');
}

#[cfg(test)]
mod tests {
    use tracing_subscriber::layer::SubscriberExt as _;

    use super::*;

    /// Sends what `work` logs to a socket of our own and gives the datagrams.
    fn sent(work: impl FnOnce()) -> Vec<Vec<u8>> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("socket");
        let journald = UnixDatagram::bind(&path).unwrap();
        journald.set_nonblocking(true).unwrap();
        tracing::subscriber::with_default(tracing_subscriber::registry().with(Journal::at(&path).unwrap()), work);
        let mut room = vec![0; 1 << 20];
        std::iter::from_fn(|| journald.recv(&mut room).ok().map(|length| room.get(..length).unwrap().to_vec())).collect()
    }

    #[test]
    fn the_line_names_the_feed_and_the_reason_and_the_fields_stand_beside_it() {
        let error = "unreachable: example.org: no address";
        let entries = sent(|| tracing::warn!(feed = "bsky", %error, next = 7, "does not hear"));
        let text = String::from_utf8(entries.concat()).unwrap();
        assert!(text.contains("\nMESSAGE=does not hear feed=\"bsky\" error=unreachable: example.org: no address next=7\n"), "{text}");
        for line in ["PRIORITY=4", "SYSLOG_IDENTIFIER=courtier", "F_FEED=bsky", "F_ERROR=unreachable: example.org: no address", "F_NEXT=7"]
        {
            assert!(text.lines().any(|found| found == line), "{line}: {text}");
        }
    }

    #[test]
    fn several_lines_carry_their_length_and_no_field_can_be_forged() {
        let entries = sent(|| tracing::error!(mistakes = "one\nMESSAGE=forged", "refused \u{1b}[31m"));
        let entry = entries.concat();
        let value = b"F_MISTAKES\n\x12\0\0\0\0\0\0\0one\nMESSAGE=forged\n";
        assert!(entry.ends_with(value), "{}", String::from_utf8_lossy(&entry));
        assert!(!entry.contains(&0x1b), "{}", String::from_utf8_lossy(&entry));
        assert!(String::from_utf8_lossy(&entry).contains("MESSAGE=refused \u{fffd}[31m mistakes=\"one\\nMESSAGE=forged\""));
    }

    #[test]
    fn what_is_too_long_for_the_socket_is_cut() {
        let long = "ä".repeat(4 << 20);
        let entries = sent(|| tracing::error!("{long}"));
        assert_eq!(entries.len(), 1);
        assert!(entries.concat().len() < KEPT + 200);
    }
}
