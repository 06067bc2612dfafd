//! Durations and sizes with units, and words that were nearly right.

use std::time::Duration;

/// Units of durations, in seconds; the longest spelling that fits is taken.
const UNITS: &[(&str, u64)] = &[("s", 1), ("m", 60), ("min", 60), ("h", 3600), ("d", 86_400), ("w", 7 * 86_400)];

/// The longest duration: a slip of the hand beyond it, and no overflow below it.
const LONGEST: Duration = Duration::from_hours(100 * 365 * 24);

/// Reads `"30s"`, `"500ms"`, `"1h30m"`, `"90d"`, `"2w"`.
///
/// The error is the end of a sentence about the text. The command line reads durations with it too.
pub fn duration(text: &str) -> Result<Duration, &'static str> {
    if text.trim() != text || text.is_empty() {
        return Err("is not a duration");
    }
    let mut rest = text;
    let mut total = Duration::ZERO;
    while !rest.is_empty() {
        let (number, after) = split(rest, |c: char| !c.is_ascii_digit());
        let (unit, after) = split(after, |c: char| !c.is_ascii_alphabetic());
        let number: u64 = number.parse().map_err(|_| "is not a duration")?;
        let part = if unit == "ms" {
            Duration::from_millis(number)
        } else if unit.is_empty() {
            return Err("has no unit");
        } else {
            let seconds = UNITS.iter().find(|(name, _)| *name == unit).ok_or("has a unit that is not known")?.1;
            Duration::from_secs(number.checked_mul(seconds).ok_or("is too long")?)
        };
        total = total.checked_add(part).ok_or("is too long")?;
        rest = after;
    }
    if total.is_zero() {
        return Err("is no time at all");
    }
    if total > LONGEST { Err("is too long") } else { Ok(total) }
}

/// Reads `"500MB"`, `"2GB"`, `"64KiB"`; gives bytes.
pub(super) fn size(text: &str) -> Result<u64, &'static str> {
    let (number, unit) = split(text, |c: char| !c.is_ascii_digit());
    let number: u64 = number.parse().map_err(|_| "is not a size")?;
    let factor: u64 = match unit.trim_start() {
        "" => return Err("has no unit"),
        "B" => 1,
        "kB" | "KB" => 1000,
        "MB" => 1_000_000,
        "GB" => 1_000_000_000,
        "TB" => 1_000_000_000_000,
        "KiB" => 1 << 10,
        "MiB" => 1 << 20,
        "GiB" => 1 << 30,
        "TiB" => 1 << 40,
        _ => return Err("has a unit that is not known"),
    };
    match number.checked_mul(factor) {
        Some(0) => Err("is no room at all"),
        Some(bytes) if i64::try_from(bytes).is_ok() => Ok(bytes),
        _ => Err("is too large"),
    }
}

/// Cuts a text before the first character that fits.
fn split(text: &str, fits: impl Fn(char) -> bool) -> (&str, &str) {
    text.split_at(text.find(fits).unwrap_or(text.len()))
}

/// Finds the word that was probably meant.
pub(super) fn nearest<'a>(word: &str, among: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    // Long words are compared in quadratic time, and nothing of ours is longer.
    let word = word.get(..word.floor_char_boundary(64)).unwrap_or_default().to_lowercase();
    among
        .into_iter()
        .map(|candidate| (strsim::damerau_levenshtein(&word, &candidate.to_lowercase()), candidate))
        .filter(|(distance, candidate)| *distance <= 1.max(candidate.chars().count() / 3))
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, candidate)| candidate)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_carry_units() {
        for (text, millis) in [("30s", 30_000), ("500ms", 500), ("1h30m", 5_400_000), ("90d", 7_776_000_000), ("2w", 1_209_600_000)] {
            assert_eq!(duration(text), Ok(Duration::from_millis(millis)), "{text}");
        }
        assert_eq!(duration("60"), Err("has no unit"));
        assert_eq!(duration("1h30"), Err("has no unit"));
        assert_eq!(duration("0s"), Err("is no time at all"));
        assert_eq!(duration("5 fortnights"), Err("has no unit"));
        assert_eq!(duration("5y"), Err("has a unit that is not known"));
        for text in ["", " 5s", "s", "-5s", "1.5h", "99999999999999999999s", "18446744073709551615w", "200000d"] {
            assert!(duration(text).is_err(), "{text}");
        }
    }

    #[test]
    fn sizes_carry_units() {
        assert_eq!(size("2GB"), Ok(2_000_000_000));
        assert_eq!(size("64 KiB"), Ok(65_536));
        assert_eq!(size("500"), Err("has no unit"));
        for text in ["", "GB", "0MB", "-1GB", "5 apples", "99999999TiB"] {
            assert!(size(text).is_err(), "{text}");
        }
    }

    #[test]
    fn the_nearest_word_is_near() {
        assert_eq!(nearest("trems", ["terms", "own"]), Some("terms"));
        assert_eq!(nearest("watchs", ["watches", "rivals"]), Some("watches"));
        assert_eq!(nearest("colour", ["terms", "own"]), None);
        assert_eq!(nearest("x", ["on"]), None);
    }
}
