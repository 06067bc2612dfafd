//! Identifiers: 63-bit, ordered by time, short to read aloud.
//!
//! One integer serves as the row key in the store (eight bytes, appended in
//! order, so indexes stay flat) and, with a prefix, as the public name:
//! `men_1J5Q0V8K3MT4A`. The upper 42 bits are milliseconds since 2020, the
//! lower 21 are a counter that starts at a random value, so that two machines
//! that share a store do not meet.

use std::fmt;
use std::str::FromStr;
use std::sync::atomic::{AtomicI64, Ordering};

use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// Crockford's alphabet: no I, L, O or U, so that an id survives a phone call.
const ALPHABET: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";
/// 2020-01-01T00:00:00Z in milliseconds since 1970.
const EPOCH_MS: i64 = 1_577_836_800_000;
const COUNTER_BITS: u32 = 21;
/// 63 bits in groups of five.
const DIGITS: usize = 13;

/// An id that could not be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{text}` is no id of this kind: expected `{prefix}` and 13 letters or digits")]
pub struct ParseIdError {
    text: String,
    prefix: &'static str,
}

fn encode(prefix: &str, value: i64) -> String {
    let mut text = String::with_capacity(prefix.len() + DIGITS);
    text.push_str(prefix);
    for digit in (0..DIGITS).rev() {
        let index = (value >> (digit * 5)) & 31;
        text.push(char::from(ALPHABET[usize::try_from(index).unwrap_or_default()]));
    }
    text
}

fn decode(prefix: &'static str, text: &str) -> Result<i64, ParseIdError> {
    let fail = || ParseIdError { text: text.chars().take(40).collect(), prefix };
    let digits = text.strip_prefix(prefix).ok_or_else(fail)?;
    if digits.len() != DIGITS {
        return Err(fail());
    }
    let mut value = 0_i64;
    for byte in digits.bytes() {
        let upper = match byte.to_ascii_uppercase() {
            b'O' => b'0',
            b'I' | b'L' => b'1',
            other => other,
        };
        let index = ALPHABET.iter().position(|&c| c == upper).ok_or_else(fail)?;
        value = value.checked_mul(32).and_then(|v| v.checked_add(i64::try_from(index).ok()?)).ok_or_else(fail)?;
    }
    Ok(value)
}

macro_rules! id {
    ($(#[$doc:meta])* $name:ident, $prefix:literal) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(pub i64);

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&encode($prefix, self.0))
            }
        }

        impl FromStr for $name {
            type Err = ParseIdError;

            fn from_str(text: &str) -> Result<Self, ParseIdError> {
                decode($prefix, text).map(Self)
            }
        }

        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_str(self)
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let text = String::deserialize(deserializer)?;
                text.parse().map_err(serde::de::Error::custom)
            }
        }
    };
}

id!(
    /// Names one stored mention.
    MentionId,
    "men_"
);
id!(
    /// Names one alert.
    AlertId,
    "alt_"
);
id!(
    /// Names one case.
    CaseId,
    "cas_"
);
id!(
    /// Names one delivery; its text is the stable key that every attempt carries.
    DeliveryId,
    "msg_"
);

impl MentionId {
    /// Gives the lowest id that a mention of this moment (milliseconds since 1970) can have.
    pub fn first_of(now_ms: i64) -> Self {
        // 42 bits of milliseconds: beyond them every id is smaller.
        Self(now_ms.saturating_sub(EPOCH_MS).clamp(0, (1 << 42) - 1) << COUNTER_BITS)
    }

    /// Gives the moment the id carries, in milliseconds since 1970: when it was made, or a little later.
    pub const fn millis(self) -> i64 {
        (self.0 >> COUNTER_BITS).saturating_add(EPOCH_MS)
    }
}

/// Gives out ids, strictly increasing within one process.
///
/// The clock and the randomness are arguments, so that tests repeat.
#[derive(Debug)]
pub struct IdSource {
    last: AtomicI64,
    salt: i64,
}

impl IdSource {
    /// Starts a source; `salt` is any random number.
    pub fn new(salt: u64) -> Self {
        let mask = (1_i64 << COUNTER_BITS) - 1;
        Self { last: AtomicI64::new(0), salt: i64::try_from(salt & 0x7fff_ffff).unwrap_or(0) & mask }
    }

    /// Gives the next id for something that happens at `now_ms` (milliseconds since 1970).
    ///
    /// A clock that steps back does not matter: the id then follows the last one.
    pub fn next(&self, now_ms: i64) -> i64 {
        let fresh = ((now_ms - EPOCH_MS).max(1) << COUNTER_BITS) | self.salt;
        let step = |last: i64| Some(if fresh > last { fresh } else { last + 1 });
        match self.last.fetch_update(Ordering::Relaxed, Ordering::Relaxed, step) {
            Ok(last) | Err(last) => step(last).unwrap_or(fresh),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_read_back_and_keep_their_order() {
        let source = IdSource::new(7);
        let mut last = String::new();
        for now in [1_795_300_000_000, 1_795_300_000_000, 1_795_299_000_000, 1_795_300_000_001] {
            let id = MentionId(source.next(now));
            let text = id.to_string();
            assert!(text > last, "{text} must come after {last}");
            assert_eq!(text.parse::<MentionId>(), Ok(id));
            assert_eq!(text.len(), 17);
            last = text;
        }
    }

    #[test]
    fn a_foreign_id_is_refused_with_its_text() {
        assert!("alt_0000000000000".parse::<MentionId>().is_err());
        let error = "men_short".parse::<MentionId>().unwrap_err().to_string();
        assert!(error.contains("men_short"), "{error}");
        assert!("men_ZZZZZZZZZZZZZ".parse::<MentionId>().is_err(), "more than 63 bits");
    }
}
