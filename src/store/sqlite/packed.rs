//! Texts that machines wrote, in few bytes: ids of accounts and posts, addresses.
//!
//! An account of Bluesky is 24 letters for 15 bytes of hash, a key of a post 13
//! letters for 8 bytes of time, a number of Mastodon 18 digits for 8 bytes. A
//! byte below 32 says that such a thing follows; all else stands as it is. A text
//! that has such a byte itself is kept whole behind a zero. These bytes stand in
//! databases: a change here needs a migration.

/// The rest is the text itself.
const WHOLE: u8 = 0;
/// 15 bytes follow: `did:plc:` and its 24 letters.
const ACCOUNT: u8 = 1;
/// 8 bytes follow: the 13 letters of a key that counts microseconds.
const RECORD: u8 = 2;
/// Words that many addresses share; the byte is the place in this list, counted from here.
const SHARED: u8 = 3;
const SHARED_WORDS: [&str; 4] = ["/app.bsky.feed.post/", "at://", "https://", "did:plc:"];
/// Plus 1 to 8: so many bytes follow, a decimal number.
const NUMBER: u8 = 16;
/// A number with fewer digits is no shorter as bytes.
const NUMBER_DIGITS: usize = 5;

const ACCOUNT_HEAD: &[u8] = b"did:plc:";
const ACCOUNT_LENGTH: usize = 24;
const RECORD_LENGTH: usize = 13;

/// The order of the 32 letters and digits.
#[derive(Clone, Copy)]
enum Alphabet {
    /// `a` to `z`, then `2` to `7`: accounts.
    LettersFirst,
    /// `2` to `7`, then `a` to `z`: keys, whose order is that of time.
    DigitsFirst,
}

impl Alphabet {
    fn value(self, letter: u8) -> Option<u8> {
        let (a, two) = self.starts();
        match letter {
            b'a'..=b'z' => Some(letter - b'a' + a),
            b'2'..=b'7' => Some(letter - b'2' + two),
            _ => None,
        }
    }

    fn letter(self, value: u8) -> u8 {
        let (a, two) = self.starts();
        if (two..two + 6).contains(&value) { value - two + b'2' } else { value - a + b'a' }
    }

    fn starts(self) -> (u8, u8) {
        match self {
            Self::LettersFirst => (0, 26),
            Self::DigitsFirst => (6, 0),
        }
    }
}

/// Writes a text in few bytes.
pub(super) fn pack(text: &str) -> Vec<u8> {
    let bytes = text.as_bytes();
    let mut packed = Vec::with_capacity(bytes.len() + 1);
    if bytes.iter().any(|&byte| byte < b' ') {
        packed.push(WHOLE);
        packed.extend_from_slice(bytes);
        return packed;
    }
    let mut before = b'/';
    let mut rest = bytes;
    while let Some(&first) = rest.first() {
        let taken = token(rest, before, &mut packed).unwrap_or_else(|| {
            packed.push(first);
            1
        });
        before = rest.get(taken - 1).copied().unwrap_or_default();
        rest = rest.get(taken..).unwrap_or_default();
    }
    packed
}

/// Reads a text back; `None` when the bytes are none of ours.
pub(super) fn unpack(packed: &[u8]) -> Option<String> {
    let mut bytes = Vec::with_capacity(packed.len() * 2);
    let mut rest = packed;
    if let Some((&WHOLE, text)) = rest.split_first() {
        return String::from_utf8(text.to_vec()).ok();
    }
    while let Some((&first, after)) = rest.split_first() {
        let follow = match first {
            ACCOUNT => 15,
            RECORD => 8,
            NUMBER..=24 => usize::from(first - NUMBER),
            _ => 0,
        };
        let (value, after) = after.split_at_checked(follow)?;
        let number = value.iter().fold(0_u128, |number, &byte| number << 8 | u128::from(byte));
        match first {
            ACCOUNT => {
                bytes.extend_from_slice(ACCOUNT_HEAD);
                letters(number, ACCOUNT_LENGTH, Alphabet::LettersFirst, &mut bytes);
            }
            RECORD => letters(number, RECORD_LENGTH, Alphabet::DigitsFirst, &mut bytes),
            NUMBER..=24 => bytes.extend_from_slice(number.to_string().as_bytes()),
            word @ ..b' ' => bytes.extend_from_slice(SHARED_WORDS.get(usize::from(word.checked_sub(SHARED)?))?.as_bytes()),
            plain => bytes.push(plain),
        }
        rest = after;
    }
    String::from_utf8(bytes).ok()
}

/// Writes what stands at the beginning, if it is worth it; gives how much of the text it was.
fn token(rest: &[u8], before: u8, packed: &mut Vec<u8>) -> Option<usize> {
    let first = *rest.first()?;
    if first == b'd' && rest.starts_with(ACCOUNT_HEAD) {
        let id = rest.get(ACCOUNT_HEAD.len()..)?.get(..ACCOUNT_LENGTH).and_then(|id| number(id, Alphabet::LettersFirst));
        if let Some(id) = id {
            packed.push(ACCOUNT);
            packed.extend(id.to_be_bytes().iter().skip(1));
            return Some(ACCOUNT_HEAD.len() + ACCOUNT_LENGTH);
        }
    }
    if before == b'/'
        && rest.get(RECORD_LENGTH).is_none_or(|&next| next == b'/')
        && let Some(id) = rest.get(..RECORD_LENGTH).and_then(|id| number(id, Alphabet::DigitsFirst)).and_then(|id| u64::try_from(id).ok())
    {
        packed.push(RECORD);
        packed.extend_from_slice(&id.to_be_bytes());
        return Some(RECORD_LENGTH);
    }
    if first.is_ascii_digit() {
        return if before.is_ascii_digit() { None } else { decimal(rest, packed) };
    }
    let (word, place) = SHARED_WORDS.iter().zip(SHARED..).find(|(word, _)| rest.starts_with(word.as_bytes()))?;
    packed.push(place);
    Some(word.len())
}

/// Writes a long decimal number without leading zeros.
fn decimal(rest: &[u8], packed: &mut Vec<u8>) -> Option<usize> {
    let digits = rest.iter().take_while(|byte| byte.is_ascii_digit()).count();
    if digits < NUMBER_DIGITS || rest.first() == Some(&b'0') {
        return None;
    }
    let number: u64 = std::str::from_utf8(rest.get(..digits)?).ok()?.parse().ok()?;
    let bytes = number.to_be_bytes();
    let skipped = usize::try_from(number.leading_zeros() / 8).unwrap_or_default();
    let kept = bytes.get(skipped..)?;
    packed.push(NUMBER + u8::try_from(kept.len()).ok()?);
    packed.extend_from_slice(kept);
    Some(digits)
}

/// Reads letters of five bits each.
fn number(text: &[u8], alphabet: Alphabet) -> Option<u128> {
    text.iter().try_fold(0_u128, |number, &letter| Some(number << 5 | u128::from(alphabet.value(letter)?)))
}

/// Writes letters of five bits each.
fn letters(number: u128, length: usize, alphabet: Alphabet, bytes: &mut Vec<u8>) {
    bytes.extend((0..length).rev().map(|place| alphabet.letter(u8::try_from(number >> (place * 5) & 31).unwrap_or_default())));
}

/// Writes numbers and texts one after the other.
#[derive(Debug, Default)]
pub(super) struct Writer(pub(super) Vec<u8>);

impl Writer {
    /// Writes a number: seven bits a byte, the low ones first.
    pub(super) fn number(&mut self, number: impl TryInto<u64>) -> &mut Self {
        let mut left: u64 = number.try_into().unwrap_or_default();
        while left >= 0x80 {
            self.0.push(u8::try_from(left & 0x7f).unwrap_or_default() | 0x80);
            left >>= 7;
        }
        self.0.push(u8::try_from(left).unwrap_or_default());
        self
    }

    /// Writes a text with its length.
    pub(super) fn text(&mut self, text: &str) -> &mut Self {
        let packed = pack(text);
        self.number(packed.len()).0.extend_from_slice(&packed);
        self
    }

    /// Writes a text that may be missing.
    pub(super) fn maybe(&mut self, text: Option<&str>) -> &mut Self {
        match text {
            Some(text) => self.number(1_u64).text(text),
            None => self.number(0_u64),
        }
    }
}

/// Reads what [`Writer`] wrote; `None` when there is no such thing.
#[derive(Debug, Clone, Copy)]
pub(super) struct Reader<'a>(pub(super) &'a [u8]);

impl<'a> Reader<'a> {
    /// Takes so many bytes.
    pub(super) fn bytes(&mut self, length: usize) -> Option<&'a [u8]> {
        let (taken, left) = self.0.split_at_checked(length)?;
        self.0 = left;
        Some(taken)
    }

    /// Reads a number.
    pub(super) fn number(&mut self) -> Option<u64> {
        let mut number = 0;
        for place in 0..10 {
            let byte = *self.bytes(1)?.first()?;
            number |= u64::from(byte & 0x7f).checked_shl(place * 7)?;
            if byte < 0x80 {
                return Some(number);
            }
        }
        None
    }

    /// Reads a number of things that fits the machine.
    pub(super) fn count(&mut self) -> Option<usize> {
        usize::try_from(self.number()?).ok()
    }

    /// Reads a text.
    pub(super) fn text(&mut self) -> Option<String> {
        let length = self.count()?;
        unpack(self.bytes(length)?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn ids_of_networks_take_few_bytes() {
        for (text, most) in [
            ("did:plc:ewvi7nxzyoun6zhxrhs64oiz", 16),
            ("at://did:plc:ewvi7nxzyoun6zhxrhs64oiz/app.bsky.feed.post/3m5yvqkqyts2x", 27),
            ("3m5yvqkqyts2x", 9),
            ("115590000000000001", 9),
            ("45931002", 5),
            ("did:web:example.org", 19),
        ] {
            let packed = pack(text);
            assert!(packed.len() <= most, "{text} takes {}", packed.len());
            assert_eq!(unpack(&packed).as_deref(), Some(text));
        }
    }

    /// These bytes stand in databases.
    #[test]
    fn what_is_stored_is_read_for_ever() {
        let stored = b"\x04\x01\x25\xaa\x8f\xb6\xf9\xc3\xa8\xdf\x64\xf7\x89\xe5\xee\x39\x19\x03\x12\x01\x02";
        assert_eq!(unpack(stored).as_deref(), Some("at://did:plc:ewvi7nxzyoun6zhxrhs64oiz/app.bsky.feed.post/258"));
        assert_eq!(unpack(b"\x02abc"), None);
        assert_eq!(unpack(b"\x1f"), None);
    }

    proptest! {
        #[test]
        fn any_text_comes_back(text in "(at://|did:plc:|/|[a-z2-7]{13}|[a-z2-7]{24}|[0-9]{1,22}|[ -~]{0,3}|é|\u{1}|https://){0,6}") {
            prop_assert_eq!(unpack(&pack(&text)), Some(text));
        }

        #[test]
        fn no_bytes_are_a_panic(bytes in proptest::collection::vec(any::<u8>(), 0..40)) {
            let _ = unpack(&bytes);
            let mut reader = Reader(&bytes);
            while reader.number().is_some() && reader.text().is_some() {}
        }

        #[test]
        fn numbers_come_back(numbers in proptest::collection::vec(any::<u64>(), 0..9)) {
            let mut writer = Writer::default();
            for &number in &numbers {
                writer.number(number);
            }
            let mut reader = Reader(&writer.0);
            for number in numbers {
                prop_assert_eq!(reader.number(), Some(number));
            }
            prop_assert!(reader.0.is_empty());
        }
    }
}
