//! Turns the bytes of a feed into text, whatever it says about its encoding.
//!
//! In order: a byte order mark; the zero bytes of UTF-16 and UTF-32; bytes that
//! are UTF-8 although something else is declared (a multi-byte sequence is
//! hardly ever right by accident); the labels of HTTP and of the XML
//! declaration; at last a guess. Real feeds are wrong about every one of these.

use chardetng::{EncodingDetector, Iso2022JpDetection, Utf8Detection};
use encoding_rs::{Encoding, UTF_8, UTF_16BE, UTF_16LE};

/// The bytes in which an XML declaration is looked for.
const DECLARATION: usize = 1024;

/// Decodes a document; `content_type` is the HTTP header, when there was one.
pub(super) fn decode(bytes: &[u8], content_type: Option<&str>) -> String {
    if let Some(text) = by_mark(bytes).or_else(|| by_zeros(bytes)) {
        return text;
    }
    let http = content_type.and_then(charset_of).and_then(|label| Encoding::for_label(label.as_bytes()));
    let declared = declaration(bytes);
    // Servers send a default charset for everything: the document knows better.
    let default = |encoding: &Encoding| encoding == encoding_rs::WINDOWS_1252;
    let label = match (http, declared) {
        (Some(http), Some(declared)) if default(http) => Some(declared),
        (Some(http), _) => Some(http),
        (None, declared) => declared,
    };
    if let Some(text) = label.and_then(|label| strictly(label, bytes)) {
        return text;
    }
    if let Ok(text) = std::str::from_utf8(bytes) {
        return text.to_owned();
    }
    if let Some(text) = declared
        .filter(|&encoding| encoding != UTF_8)
        .and_then(|encoding| encoding.decode_without_bom_handling_and_without_replacement(bytes))
    {
        return text.into_owned();
    }
    if label == Some(UTF_8) && mostly_utf8(bytes) {
        return String::from_utf8_lossy(bytes).into_owned();
    }
    match label.filter(|&label| label != UTF_8) {
        Some(label) => label.decode_without_bom_handling(bytes).0.into_owned(),
        None => guess(bytes),
    }
}

/// Decodes by a label that proves itself: encodings of several bytes notice what is not theirs.
fn strictly(label: &'static Encoding, bytes: &[u8]) -> Option<String> {
    if label.is_single_byte() || label == UTF_8 || label == UTF_16LE || label == UTF_16BE {
        return None;
    }
    label.decode_without_bom_handling_and_without_replacement(bytes).map(std::borrow::Cow::into_owned)
}

fn by_mark(bytes: &[u8]) -> Option<String> {
    match bytes {
        [0xff, 0xfe, 0, 0, rest @ ..] => Some(utf32(rest, u32::from_le_bytes)),
        [0, 0, 0xfe, 0xff, rest @ ..] => Some(utf32(rest, u32::from_be_bytes)),
        [0xef, 0xbb, 0xbf, rest @ ..] => Some(String::from_utf8_lossy(rest).into_owned()),
        [0xff, 0xfe, rest @ ..] => Some(UTF_16LE.decode_without_bom_handling(rest).0.into_owned()),
        [0xfe, 0xff, rest @ ..] => Some(UTF_16BE.decode_without_bom_handling(rest).0.into_owned()),
        _ => None,
    }
}

/// Tells UTF-16 and UTF-32 by where the zeros of the first ASCII character stand.
fn by_zeros(bytes: &[u8]) -> Option<String> {
    match bytes {
        [0, 0, 0, 1..=255, ..] => Some(utf32(bytes, u32::from_be_bytes)),
        [1..=255, 0, 0, 0, ..] => Some(utf32(bytes, u32::from_le_bytes)),
        [0, 1..=255, 0, 1..=255, ..] => Some(UTF_16BE.decode_without_bom_handling(bytes).0.into_owned()),
        [1..=255, 0, 1..=255, 0, ..] => Some(UTF_16LE.decode_without_bom_handling(bytes).0.into_owned()),
        _ => None,
    }
}

fn utf32(bytes: &[u8], number: fn([u8; 4]) -> u32) -> String {
    let (quads, _) = bytes.as_chunks::<4>();
    quads.iter().map(|&quad| char::from_u32(number(quad)).unwrap_or(char::REPLACEMENT_CHARACTER)).collect()
}

/// Reads the charset of a `Content-Type`; quotes and blanks stand everywhere in practice.
fn charset_of(content_type: &str) -> Option<&str> {
    content_type.split(';').skip(1).find_map(|part| {
        let (key, value) = part.split_once('=')?;
        key.trim().eq_ignore_ascii_case("charset").then(|| value.trim().trim_matches(['"', '\'']).trim())
    })
}

/// Reads the label of the XML declaration, which may stand behind comments and blanks.
fn declaration(bytes: &[u8]) -> Option<&'static Encoding> {
    let head = bytes.get(..bytes.len().min(DECLARATION))?;
    let start = memchr::memmem::find(head, b"<?xml")?;
    let head = head.get(start..)?;
    let head = head.get(..memchr::memchr(b'>', head)?)?;
    let at = memchr::memmem::find(head, b"encoding")?;
    let rest = head.get(at + b"encoding".len()..)?.trim_ascii_start().strip_prefix(b"=")?.trim_ascii_start();
    let (&quote, rest) = rest.split_first()?;
    let label = rest.get(..memchr::memchr(quote, rest)?)?;
    // A document that reaches this line is no UTF-16, whatever it says.
    Encoding::for_label(label).filter(|&encoding| encoding != UTF_16LE && encoding != UTF_16BE)
}

/// Says whether a few wrong bytes stand in UTF-8 (a title cut in the middle of a character).
fn mostly_utf8(bytes: &[u8]) -> bool {
    let (mut good, mut bad) = (0_usize, 0_usize);
    for chunk in bytes.utf8_chunks() {
        good += chunk.valid().chars().filter(|c| !c.is_ascii()).count();
        bad += usize::from(!chunk.invalid().is_empty());
    }
    good >= bad
}

fn guess(bytes: &[u8]) -> String {
    let mut detector = EncodingDetector::new(Iso2022JpDetection::Allow);
    detector.feed(bytes, true);
    let encoding = detector.guess(None, Utf8Detection::Allow);
    encoding.decode_without_bom_handling(bytes).0.into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wide(text: &str, put: fn(u16) -> [u8; 2]) -> Vec<u8> {
        text.encode_utf16().flat_map(put).collect()
    }

    #[test]
    fn wide_encodings_need_no_mark() {
        let text = "<?xml version=\"1.0\" encoding=\"utf-16\"?><rss>ü</rss>";
        assert_eq!(decode(&wide(text, u16::to_be_bytes), None), text);
        assert_eq!(decode(&wide(text, u16::to_le_bytes), None), text);
        let marked = [b"\xfe\xff".to_vec(), wide(text, u16::to_be_bytes)].concat();
        assert_eq!(decode(&marked, Some("text/xml; charset=utf-8")), text);
        let quads: Vec<u8> = text.chars().flat_map(|c| u32::from(c).to_be_bytes()).collect();
        assert_eq!(decode(&quads, None), text);
        let quads: Vec<u8> = text.chars().flat_map(|c| u32::from(c).to_le_bytes()).collect();
        assert_eq!(decode(&quads, None), text);
    }

    #[test]
    fn labels_are_used_where_the_bytes_agree() {
        let koi = [b"<?xml version='1.0' encoding='koi8-r'?><t>".as_slice(), &encoding_rs::KOI8_R.encode("Привет").0, b"</t>"].concat();
        assert!(decode(&koi, None).contains("Привет"));
        assert!(decode(&koi, Some("text/xml; charset=us-ascii")).contains("Привет"), "a server's default loses");
        let korean = [b"<?xml version='1.0' encoding=\"euc-kr\"?>".as_slice(), &encoding_rs::EUC_KR.encode("년").0].concat();
        assert!(decode(&korean, None).contains('년'));
        let latin = b"<t>This is a \xa3\x93test.\x94</t>";
        assert_eq!(decode(latin, Some("text/xml; charset= 'windows-1252'")), "<t>This is a £“test.”</t>");
        let lying = "<?xml version='1.0' encoding='iso-8859-1'?><t>Käse</t>";
        assert!(decode(lying.as_bytes(), None).contains("Käse"));
    }

    #[test]
    fn without_a_label_it_is_guessed() {
        let text = "Как пережить новогоднюю ночь и не потерять веру в людей, если вокруг одни салаты";
        assert_eq!(decode(&encoding_rs::KOI8_R.encode(text).0, None), text);
        let text = "国内最大的中文技术社区今天发布了新的版本";
        assert_eq!(decode(&encoding_rs::GBK.encode(text).0, None), text);
    }

    #[test]
    fn one_broken_character_does_not_spoil_the_rest() {
        let mut bytes = "<?xml version='1.0' encoding='utf-8'?>äöüßéèçñ".as_bytes().to_vec();
        bytes.extend(b"\xe2\x80 end");
        let text = decode(&bytes, None);
        assert!(text.contains("äöüßéèçñ") && text.ends_with(" end"), "{text}");
    }
}
