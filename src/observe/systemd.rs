//! What systemd is told: ready, reloading, status, watchdog, stopping.
//!
//! Outside systemd (no `NOTIFY_SOCKET`) every call does nothing.

use std::time::Duration;

use sd_notify::NotifyState;

/// The line to the service manager.
#[derive(Debug, Clone, Copy, Default)]
pub struct Systemd;

impl Systemd {
    /// Says that the service is up.
    pub fn ready(self, status: &str) {
        tell(&[NotifyState::Ready, NotifyState::Status(status)]);
    }

    /// Says that the configuration is being read again.
    pub fn reloading(self) {
        if let Ok(now) = NotifyState::monotonic_usec_now() {
            tell(&[NotifyState::Reloading, now]);
        }
    }

    /// Says how it goes, in one line.
    pub fn status(self, status: &str) {
        tell(&[NotifyState::Status(status)]);
    }

    /// Says that the service is going down.
    pub fn stopping(self, status: &str) {
        tell(&[NotifyState::Stopping, NotifyState::Status(status)]);
    }

    /// Feeds the watchdog.
    pub fn alive(self) {
        tell(&[NotifyState::Watchdog]);
    }

    /// How often the watchdog wants to be fed; `None` when it is off.
    pub fn watchdog(self) -> Option<Duration> {
        sd_notify::watchdog_enabled().map(|limit| limit / 2)
    }
}

fn tell(states: &[NotifyState<'_>]) {
    // A service manager that does not listen is no reason to stop hearing.
    if let Err(error) = sd_notify::notify(states) {
        tracing::debug!(%error, "systemd does not listen");
    }
}
