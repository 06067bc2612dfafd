//! Keys of native ids and URLs that rise with time where the id does.
//!
//! A hash as the unique key would land each insert on a random page: twice as
//! slow at a million rows as at none. Most networks count upwards (Hacker News,
//! Mastodon, Reddit) or write the time into the id (Bluesky), so the upper bits
//! of a key are the leading bits of that number and only the lower twelve are a
//! hash of it. A post's URL mostly ends with the same number, and so has the same
//! key. Two texts may share a key; whoever looks up compares the texts. The keys
//! stand in the database, six bytes each: a change here needs a migration that
//! writes them all anew.

/// Bits of the hash at the low end.
const HASH_BITS: u32 = 12;
/// Leading bits of the number.
const MANTISSA_BITS: u32 = 29;
/// The length of a text without an orderly number; a number has at most 62 bits.
const OPAQUE: u64 = 63;
/// Bluesky's record keys: base 32 in the order of ASCII.
const RECORD_KEY: &[u8; 32] = b"234567abcdefghijklmnopqrstuvwxyz";
/// Where Reddit writes the id in a page's address; what follows are words of the title.
const IN_PATH: &str = "/comments/";

/// Gives the key of a native id or URL, never negative.
pub(super) fn spot(text: &str) -> i64 {
    let key = match orderly(text) {
        Some((id, number)) => (prefix(number) << HASH_BITS) | (stable_hash(id.as_bytes()) & low(HASH_BITS)),
        None => (OPAQUE << (HASH_BITS + MANTISSA_BITS)) | (stable_hash(text.as_bytes()) & low(HASH_BITS + MANTISSA_BITS)),
    };
    key.cast_signed()
}

/// Hashes bytes the same way for ever (FNV-1a with the finish of murmur3).
pub(super) fn stable_hash(bytes: &[u8]) -> u64 {
    let mut hash = bytes.iter().fold(0xcbf2_9ce4_8422_2325_u64, |hash, &byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3));
    hash = (hash ^ (hash >> 33)).wrapping_mul(0xff51_afd7_ed55_8ccd);
    hash = (hash ^ (hash >> 33)).wrapping_mul(0xc4ce_b9fe_1a85_ec53);
    hash ^ (hash >> 33)
}

/// Gives the trailing letters and digits of a text: the part of an id or URL that differs from post to post.
pub(super) fn tail(text: &str) -> &str {
    let length = text.bytes().rev().take_while(u8::is_ascii_alphanumeric).count();
    text.get(text.len() - length..).unwrap_or_default()
}

fn low(bits: u32) -> u64 {
    (1 << bits) - 1
}

/// Length and leading bits: keeps the order of the numbers.
fn prefix(number: u64) -> u64 {
    let length = u64::BITS - number.leading_zeros();
    (u64::from(length) << MANTISSA_BITS) | (number >> length.saturating_sub(MANTISSA_BITS))
}

/// Reads the number at the end of a text, where it looks like one that rises with time.
fn orderly(text: &str) -> Option<(&str, u64)> {
    let text = match memchr::memmem::find(text.as_bytes(), IN_PATH.as_bytes()) {
        Some(at) => {
            let id = text.get(at + IN_PATH.len()..)?;
            text.get(..at + IN_PATH.len() + id.find('/').unwrap_or(id.len()))?
        }
        None => text,
    };
    let tail = tail(text);
    let head = text.get(..text.len() - tail.len())?;
    let stands_alone = head.is_empty() || head.ends_with(['/', '_', '=', ':', '#']);
    if tail.len() < 5 || !stands_alone || !tail.bytes().any(|c| c.is_ascii_digit()) {
        return None;
    }
    let in_base = |base: u64, digit: fn(u8) -> Option<u64>| {
        tail.bytes().try_fold(0_u64, |number, c| number.checked_mul(base)?.checked_add(digit(c)?)).filter(|&n| n < 1 << 62)
    };
    let decimal = |c: u8| c.is_ascii_digit().then(|| u64::from(c - b'0'));
    let base36 = |c: u8| char::from(c).to_digit(36).filter(|_| !c.is_ascii_uppercase()).map(u64::from);
    let record = |c: u8| RECORD_KEY.iter().position(|&digit| digit == c).and_then(|at| u64::try_from(at).ok());
    let number = in_base(10, decimal).or_else(|| if tail.len() == 13 { in_base(32, record) } else { in_base(36, base36) });
    Some((tail, number?))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn ids_of_every_network_rise_with_time() {
        for pair in [
            ["45931002", "45931003"],
            [
                "https://mastodon.social/users/kim/statuses/115590000000000001",
                "https://mastodon.social/users/ann/statuses/115590012000000000",
            ],
            ["at://did:plc:zzz/app.bsky.feed.post/3m5yvqkqyts2x", "at://did:plc:aaa/app.bsky.feed.post/3m5yvrkqyts2x"],
            ["t3_1p2abcd", "t3_1p2axce"],
        ] {
            assert!(spot(pair[0]) < spot(pair[1]), "{pair:?}");
        }
    }

    #[test]
    fn a_url_mostly_has_the_key_of_its_native_id() {
        for (url, native) in [
            ("https://bsky.app/profile/kim.example.org/post/3m5yvqkqyts2x", "at://did:plc:zzz/app.bsky.feed.post/3m5yvqkqyts2x"),
            ("https://www.reddit.com/r/cloud/comments/1p2abcd/why_we_left/", "t3_1p2abcd"),
            ("https://news.ycombinator.com/item?id=45931002", "45931002"),
        ] {
            assert_eq!(spot(url), spot(native), "{url}");
        }
        assert_ne!(spot("https://blog.example.org/why-we-left.html"), spot("https://blog.example.org/why-we-stay.html"));
    }

    /// These numbers stand in databases: a change here needs a migration that writes them all anew.
    #[test]
    fn the_keys_of_stored_databases_stay_what_they_are() {
        assert_eq!(spot("45931002"), 57_362_738_032_385);
        assert_eq!(spot("at://did:plc:zzz/app.bsky.feed.post/3m5yvqkqyts2x"), 135_862_662_417_767);
        assert_eq!(spot("https://blog.example.org/why-we-left.html"), 139_234_219_254_979);
    }

    proptest! {
        #[test]
        fn any_text_has_a_key(text in ".{0,80}") {
            prop_assert!(spot(&text) >= 0);
        }

        #[test]
        fn numbers_keep_their_order(a in 10_000_u64..1 << 61, b in 10_000_u64..1 << 61) {
            prop_assert!(prefix(a) <= prefix(b) || a > b);
        }
    }
}
