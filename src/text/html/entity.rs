//! Resolves one HTML entity.
//!
//! Named ones by the table of HTML5, numeric ones by its rules for what pages
//! really hold: the range 128 to 159 means Windows-1252, and a number that is
//! no character is the replacement character.

/// What stands for an entity.
pub(super) enum Value<'a> {
    /// Text of the table, or of the input where there is nothing to resolve.
    Words(&'a str),
    /// One character, encoded.
    Character([u8; 4], usize),
}

impl Value<'_> {
    /// Gives the text.
    pub(super) fn as_str(&self) -> &str {
        match self {
            Self::Words(words) => words,
            Self::Character(bytes, length) => bytes.get(..*length).and_then(|utf8| str::from_utf8(utf8).ok()).unwrap_or_default(),
        }
    }
}

/// An entity and how many bytes of the input it takes.
pub(super) struct Entity<'a> {
    /// What it means.
    pub(super) value: Value<'a>,
    /// Bytes of the input.
    pub(super) length: usize,
}

/// The longest name of the table, `CounterClockwiseContourIntegral`, with room.
const LONGEST_NAME: usize = 40;

/// Reads the entity at the start of `text`, which begins with `&`; a lone `&` stands for itself.
///
/// The semicolon is required: without it `?a=1&copy=2` would lose its parameter.
pub(super) fn read(text: &str) -> Entity<'_> {
    let alone = Entity { value: Value::Words(text.get(..1).unwrap_or_default()), length: 1 };
    let window = text.as_bytes().get(1..text.len().min(LONGEST_NAME)).unwrap_or_default();
    let Some(end) = memchr::memchr(b';', window) else { return alone };
    let Some(name) = text.get(1..=end) else { return alone };
    let length = end + 2;
    let Some(number) = name.strip_prefix('#') else {
        return match quick_xml::escape::resolve_html5_entity(name) {
            Some(words) => Entity { value: Value::Words(words), length },
            None => alone,
        };
    };
    let parsed = match number.strip_prefix(['x', 'X']) {
        Some(hex) if !hex.is_empty() && hex.bytes().all(|b| b.is_ascii_hexdigit()) => u32::from_str_radix(hex, 16).ok().or(Some(u32::MAX)),
        None if !number.is_empty() && number.bytes().all(|b| b.is_ascii_digit()) => number.parse().ok().or(Some(u32::MAX)),
        _ => None,
    };
    let Some(code) = parsed else { return alone };
    let mut bytes = [0; 4];
    let used = character(code).encode_utf8(&mut bytes).len();
    Entity { value: Value::Character(bytes, used), length }
}

/// Gives the character of a numeric entity.
fn character(code: u32) -> char {
    if (0x80..0xa0).contains(&code) {
        let byte = u8::try_from(code).unwrap_or(b'?');
        let (words, _, _) = encoding_rs::WINDOWS_1252.decode(std::slice::from_ref(&byte));
        return words.chars().next().unwrap_or(char::REPLACEMENT_CHARACTER);
    }
    char::from_u32(code).filter(|&c| c != '\0').unwrap_or(char::REPLACEMENT_CHARACTER)
}
