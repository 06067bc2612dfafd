//! One table for every notifier: what an answer means for the delivery.
//!
//! A receiver that says something of its own in the body (Slack) is asked
//! first; this table is for all that is left.

use std::time::Duration;

use super::SendError;
use crate::net::{NetError, Response};

/// What an HTTP status means for a delivery.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// The receiver has it.
    Delivered,
    /// The same alert may pass later.
    Retry,
    /// This alert will never pass.
    Refused,
    /// Nothing will ever pass again.
    Gone,
}

/// Reads a status. Redirects are not followed: a signed body goes where the configuration says, or nowhere.
pub const fn verdict(status: u16) -> Verdict {
    match status {
        200..=299 => Verdict::Delivered,
        // Request timeout, too early, too many requests.
        408 | 425 | 429 | 500..=599 => Verdict::Retry,
        410 => Verdict::Gone,
        _ => Verdict::Refused,
    }
}

/// Judges an answer by its status alone; `receiver` begins the reason.
pub fn judge(receiver: &str, response: &Response) -> Result<(), SendError> {
    let status = response.status;
    match verdict(status) {
        Verdict::Delivered => Ok(()),
        Verdict::Retry => Err(SendError::Retry { after: wait(response), why: format!("{receiver} answered {status}") }),
        Verdict::Gone => Err(SendError::Gone { why: format!("{receiver} answered {status}: it is gone for good") }),
        Verdict::Refused if (300..=399).contains(&status) => Err(SendError::Refused {
            why: format!("{receiver} answered {status}: redirects are not followed, put the final address into the configuration"),
        }),
        Verdict::Refused => Err(SendError::Refused { why: format!("{receiver} answered {status}") }),
    }
}

/// Turns a call without an answer into what the engine does next.
pub fn failed(receiver: &str, error: NetError) -> SendError {
    match error {
        NetError::Unreachable { why } => SendError::Retry { after: None, why: format!("{receiver}: {why}") },
        NetError::Throttled { after } => {
            SendError::Retry { after: Some(after), why: format!("{receiver}: our own budget for the host is spent") }
        }
        // The call went through, only the answer is unusable: another attempt would double the alert.
        NetError::Unreadable { why } => {
            SendError::Refused { why: format!("{receiver}: the answer cannot be read ({why}); the alert may have arrived") }
        }
        NetError::Forbidden { why } => SendError::Refused { why: format!("{receiver}: {why}") },
    }
}

/// How long the receiver wants to be left alone, measured against its own clock.
pub(super) fn wait(response: &Response) -> Option<Duration> {
    let limits = response.limits(None);
    limits.retry_after.or_else(|| limits.pause(response.status))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(status: u16, headers: &[(&str, &str)]) -> Response {
        let headers = headers.iter().map(|&(name, value)| (name.to_owned(), value.to_owned())).collect();
        Response { status, headers, body: bytes::Bytes::new(), url: String::new() }
    }

    #[test]
    fn the_table() {
        use Verdict::{Delivered, Gone, Refused, Retry};
        let table = [
            (200, Delivered),
            (202, Delivered),
            (204, Delivered),
            (301, Refused),
            (302, Refused),
            (307, Refused),
            (308, Refused),
            (400, Refused),
            (401, Refused),
            (403, Refused),
            (404, Refused),
            (405, Refused),
            (408, Retry),
            (410, Gone),
            (413, Refused),
            (422, Refused),
            (425, Retry),
            (429, Retry),
            (500, Retry),
            (502, Retry),
            (503, Retry),
            (504, Retry),
            (529, Retry),
        ];
        for (status, wanted) in table {
            assert_eq!(verdict(status), wanted, "{status}");
        }
    }

    #[test]
    fn retry_after_in_both_forms() {
        let after = |headers: &[(&str, &str)]| match judge("crm", &answer(429, headers)) {
            Err(SendError::Retry { after, .. }) => after,
            other => panic!("{other:?}"),
        };
        assert_eq!(after(&[("retry-after", "7")]), Some(Duration::from_secs(7)));
        let dates = [("date", "Sat, 21 Nov 2026 22:31:12 GMT"), ("retry-after", "Sat, 21 Nov 2026 22:33:12 GMT")];
        assert_eq!(after(&dates), Some(Duration::from_mins(2)));
        assert_eq!(after(&[("retry-after", "soon")]), None);
        assert_eq!(after(&[("retry-after", "-4")]), None);
        assert_eq!(after(&[]), None);
    }

    #[test]
    fn a_redirect_says_why_it_is_refused() {
        let Err(SendError::Refused { why }) = judge("crm", &answer(308, &[("location", "https://elsewhere.example")])) else { panic!() };
        assert!(why.contains("redirects are not followed") && !why.contains("elsewhere"), "{why}");
    }
}
