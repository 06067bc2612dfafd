//! One table from status codes to what they mean for the caller.
//!
//! Feeds and notifiers map the class to their own error; none of them looks
//! at the number again.

/// What a status code means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Class {
    /// An answer.
    Fine,
    /// Nothing new since the validators.
    NotModified,
    /// A redirect that was not followed.
    Moved,
    /// The credential or the request is refused.
    Denied,
    /// The address is wrong, or what was there is gone (404).
    Missing,
    /// Gone for good (410).
    Gone,
    /// Asked too often.
    Throttled,
    /// The server fails; it may be well again soon.
    Down,
}

/// Sorts a status code.
///
/// 408 and 425 ask for the same call again, 420 is what some services send for 429,
/// 520 to 527 are a proxy's words for a dead origin.
pub const fn classify(status: u16) -> Class {
    match status {
        200..=299 => Class::Fine,
        304 => Class::NotModified,
        300..=399 => Class::Moved,
        404 => Class::Missing,
        410 => Class::Gone,
        420 | 429 => Class::Throttled,
        408 | 425 => Class::Down,
        400..=499 => Class::Denied,
        _ => Class::Down,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_sort_has_its_codes() {
        let table = [
            (200, Class::Fine),
            (204, Class::Fine),
            (304, Class::NotModified),
            (302, Class::Moved),
            (401, Class::Denied),
            (418, Class::Denied),
            (404, Class::Missing),
            (410, Class::Gone),
            (429, Class::Throttled),
            (408, Class::Down),
            (500, Class::Down),
            (522, Class::Down),
            (101, Class::Down),
        ];
        for (status, class) in table {
            assert_eq!(classify(status), class, "{status}");
        }
    }
}
