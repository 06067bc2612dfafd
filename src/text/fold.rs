//! Folds text: one spelling for what readers take for the same characters.
//!
//! Lower case, compatibility forms (NFKC), straight quotes, plain spaces,
//! nothing invisible. Folding twice gives the same as folding once. The hot
//! path of matching folds into a reused buffer; a reading keeps the [`Map`]
//! back to the original bytes as well.

use std::iter::once;

use unicode_normalization::char::canonical_combining_class;
use unicode_normalization::{IsNormalized, UnicodeNormalization, is_nfkc_quick};

use super::chars::{is_dropped, is_unsegmented, is_word, plain};
use super::dots;

/// Folded text and where its words may not reach.
#[derive(Debug, Clone, Default)]
pub struct Folded {
    /// The folded text.
    pub text: String,
    /// Byte ranges of characters beyond ASCII that belong to no word (signs, emoji) or to a
    /// script without spaces, in order.
    pub(crate) breaks: Vec<(u32, u32)>,
    /// Whether a script without spaces occurs.
    pub(crate) unsegmented: bool,
}

/// The way from folded bytes back to original bytes.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Map {
    /// For each folded byte, where the piece of the original it came from begins and ends; empty
    /// when both texts have the same offsets.
    pieces: Vec<(u32, u32)>,
}

impl Map {
    /// Gives the original range of a folded range that is not empty.
    pub fn original(&self, start: usize, end: usize) -> (usize, usize) {
        if self.pieces.is_empty() {
            return (start, end);
        }
        let first = self.pieces.get(start).map_or(0, |piece| piece.0 as usize);
        let last = self.pieces.get(end.saturating_sub(1)).map_or(first, |piece| piece.1 as usize);
        (first, last)
    }
}

impl Folded {
    /// Folds `text` into this buffer; what was in it is gone.
    pub fn fold(&mut self, text: &str) {
        self.start(text);
        if text.is_ascii() {
            push_ascii(&mut self.text, text);
        } else {
            self.walk(text, &mut ());
        }
        self.straighten(None);
    }

    /// Folds `text` and gives the way back.
    pub fn fold_mapped(&mut self, text: &str) -> Map {
        self.start(text);
        let mut pieces = Vec::new();
        if text.is_ascii() {
            push_ascii(&mut self.text, text);
        } else {
            pieces.reserve(text.len());
            self.walk(text, &mut pieces);
        }
        self.straighten(Some(&mut pieces));
        Map { pieces }
    }

    /// Writes bent dots straight; empty `pieces` mean that both texts have the same offsets.
    fn straighten(&mut self, pieces: Option<&mut Vec<(u32, u32)>>) {
        let Some(first) = dots::next(&self.text, 0) else { return };
        let bent = std::mem::take(&mut self.text);
        let mut old = Vec::new();
        let mut pieces = pieces;
        if let Some(pieces) = pieces.as_deref_mut() {
            if pieces.is_empty() {
                pieces.straight(0, bent.len());
            }
            old = std::mem::take(pieces);
        }
        let mut breaks = self.breaks.iter_mut().peekable();
        let (mut copied, mut next) = (0, Some(first));
        loop {
            let start = next.map_or(bent.len(), |dot| dot.0);
            let gone = narrow(copied - self.text.len());
            while let Some(one) = breaks.next_if(|one| (one.0 as usize) < start) {
                *one = (one.0 - gone, one.1 - gone);
            }
            self.text.push_str(bent.get(copied..start).unwrap_or_default());
            if let Some(pieces) = pieces.as_deref_mut() {
                pieces.extend_from_slice(old.get(copied..start).unwrap_or_default());
            }
            let Some((_, end)) = next else { return };
            self.text.push('.');
            if let Some(pieces) = pieces.as_deref_mut() {
                pieces.extend(old.get(start..end).and_then(|dot| Some((dot.first()?.0, dot.last()?.1))));
            }
            copied = end;
            next = dots::next(&bent, end);
        }
    }

    fn start(&mut self, text: &str) {
        self.text.clear();
        self.breaks.clear();
        self.unsegmented = false;
        self.text.reserve(text.len() + text.len() / 8);
    }

    /// Folds text that is not plain ASCII: runs of ASCII at once, the rest character by character.
    fn walk<M: Pieces>(&mut self, text: &str, map: &mut M) {
        let mut at = 0;
        while let Some(rest) = text.get(at..).filter(|rest| !rest.is_empty()) {
            let run = rest.bytes().position(|byte| !byte.is_ascii()).unwrap_or(rest.len());
            // The last ASCII character may be the base of a combining mark: it goes with what follows.
            let run = if run == rest.len() { run } else { run.saturating_sub(1) };
            if run > 0 {
                push_ascii(&mut self.text, rest.get(..run).unwrap_or_default());
                map.straight(at, run);
                at += run;
                continue;
            }
            at = self.cluster(text, at, map);
        }
    }

    /// Folds one character and the marks that combine with it; gives the offset behind them.
    fn cluster<M: Pieces>(&mut self, text: &str, at: usize, map: &mut M) -> usize {
        let rest = text.get(at..).unwrap_or_default();
        let mut chars = rest.char_indices();
        let Some((_, first)) = chars.next() else { return text.len() };
        let mut end = first.len_utf8();
        if is_dropped(first) {
            return at + end;
        }
        let mut lone = true;
        for (offset, next) in chars {
            let joins = is_dropped(next) || combines(next);
            if !joins {
                break;
            }
            // Invisible characters at the end belong to nobody: evidence must not quote them.
            if !is_dropped(next) {
                lone = false;
                end = offset + next.len_utf8();
            }
        }
        let before = self.text.len();
        if lone {
            self.single(first);
        } else {
            let visible = rest.get(..end).unwrap_or_default().chars().filter(|&c| !is_dropped(c));
            self.slow(visible);
        }
        self.note_breaks(before);
        map.piece(self.text.len() - before, at, at + end);
        at + end
    }

    /// Folds one character that nothing combines with.
    fn single(&mut self, c: char) {
        if let Some(plain) = plain(c) {
            self.text.push(plain);
        } else if c.is_ascii() {
            self.text.push(c.to_ascii_lowercase());
        } else if is_settled(c) {
            self.text.push(c);
        } else if let Some(lower) = simple_lower(c) {
            self.text.push(lower);
        } else {
            self.slow(once(c));
        }
    }

    /// Folds the long way: NFKC, lower case, NFKC again, plain forms.
    fn slow(&mut self, chars: impl Iterator<Item = char>) {
        for c in chars.map(|c| plain(c).unwrap_or(c)).nfkc().flat_map(char::to_lowercase).nfkc() {
            if !is_dropped(c) {
                self.text.push(plain(c).unwrap_or(c));
            }
        }
    }

    /// Remembers which of the bytes just written belong to no word.
    fn note_breaks(&mut self, from: usize) {
        let written = self.text.get(from..).unwrap_or_default();
        for (offset, c) in written.char_indices() {
            if c.is_ascii() || is_settled_letter(c) {
                continue;
            }
            let unsegmented = is_unsegmented(c);
            self.unsegmented |= unsegmented;
            if unsegmented || !is_word(c) {
                let start = from + offset;
                let end = start + c.len_utf8();
                match self.breaks.last_mut() {
                    Some(last) if last.1 as usize == start => last.1 = narrow(end),
                    _ => self.breaks.push((narrow(start), narrow(end))),
                }
            }
        }
    }
}

/// Folds a short text, such as a term.
pub fn folded(text: &str) -> String {
    let mut folded = Folded::default();
    folded.fold(text);
    folded.text
}

/// Keeps an offset in 32 bits; texts are far shorter.
pub(crate) fn narrow(offset: usize) -> u32 {
    u32::try_from(offset).unwrap_or(u32::MAX)
}

/// Writes ASCII in lower case, with the one ASCII sign that has a plain form.
fn push_ascii(out: &mut String, text: &str) {
    let from = out.len();
    out.push_str(text);
    if let Some(tail) = out.get_mut(from..) {
        tail.make_ascii_lowercase();
        if tail.as_bytes().contains(&b'`') {
            let straight = tail.replace('`', "'");
            out.truncate(from);
            out.push_str(&straight);
        }
    }
}

/// Whether a character melts into the one before it.
fn combines(c: char) -> bool {
    let melts = |c| canonical_combining_class(c) != 0 || is_nfkc_quick(once(c)) == IsNormalized::Maybe;
    // Half-width marks and letters become combining ones only by their compatibility form.
    !c.is_ascii() && !is_settled(c) && (melts(c) || once(c).nfkc().next().is_some_and(melts))
}

/// Whether a character is its own folded form: small letters of the common alphabets, kana, Han, emoji.
fn is_settled(c: char) -> bool {
    is_settled_letter(c)
        || matches!(u32::from(c), 0x3041..=0x3096 | 0x30a1..=0x30fa | 0x4e00..=0x9fff | 0xac00..=0xd7a3 | 0x1f300..=0x1f64f | 0x1f900..=0x1f9ff)
}

/// Whether a character is a small letter that folding leaves as it is.
fn is_settled_letter(c: char) -> bool {
    matches!(c, 'ß'..='ö' | 'ø'..='ÿ' | 'α'..='ω' | 'а'..='џ')
}

/// Gives the small form of a capital of the common alphabets.
fn simple_lower(c: char) -> Option<char> {
    let shifted = match c {
        'À'..='Ö' | 'Ø'..='Þ' | 'Α'..='Ρ' | 'Σ'..='Ω' | 'А'..='Я' => u32::from(c) + 0x20,
        'Ѐ'..='Џ' => u32::from(c) + 0x50,
        _ => return None,
    };
    char::from_u32(shifted)
}

/// Where offsets are kept; `()` keeps none.
trait Pieces {
    /// Bytes that were folded one to one.
    fn straight(&mut self, at: usize, length: usize);
    /// Folded bytes that came from one piece of the original.
    fn piece(&mut self, folded: usize, start: usize, end: usize);
}

impl Pieces for () {
    fn straight(&mut self, _: usize, _: usize) {}
    fn piece(&mut self, _: usize, _: usize, _: usize) {}
}

impl Pieces for Vec<(u32, u32)> {
    fn straight(&mut self, at: usize, length: usize) {
        self.extend((at..at + length).map(|offset| (narrow(offset), narrow(offset + 1))));
    }

    fn piece(&mut self, folded: usize, start: usize, end: usize) {
        self.extend(std::iter::repeat_n((narrow(start), narrow(end)), folded));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn readers_see_one_spelling() {
        for (text, want) in [
            ("ＮｏｍａＤesk", "nomadesk"),
            ("𝗡𝗼𝗺𝗮𝗱𝗲𝘀𝗸", "nomadesk"),
            ("Noma\u{200b}desk\u{ad}", "nomadesk"),
            ("Nomadesk™ don’t", "nomadesk  don't"),
            ("Cafe\u{301} CAFÉ", "café café"),
            ("“ﬁne”…", "\"fine\"..."),
            ("\u{202e}Straße ΣΊΣΥΦΟΣ", "straße σίσυφος"),
            ("ПРИВЕТ", "привет"),
            ("hxxps://Nomadesk[.]com/a(b) (.) x[.]", "hxxps://nomadesk.com/a(b) (.) x[.]"),
            ("naïve(dot)exämple［．］com 😀[.]x", "naïve.exämple.com 😀.x"),
        ] {
            // A capital sigma at the end of a word has two small forms; one of them is enough.
            assert_eq!(folded(text).replace('ς', "σ"), want.replace('ς', "σ"), "{text}");
        }
    }

    #[test]
    fn every_character_folds_to_a_settled_form() {
        for c in (0..=u32::from(char::MAX)).filter_map(char::from_u32) {
            let once = folded(c.encode_utf8(&mut [0; 4]));
            assert_eq!(folded(&once), once, "U+{:04X}", u32::from(c));
        }
    }

    proptest! {
        #[test]
        fn folding_twice_is_folding_once(text in "(\\PC|[aé😀][\\[(]([.．]|dot)[\\])]){0,40}|[a-zA-Z’“…éÉ\u{300}-\u{310}\u{200b}-\u{200f}ｱ-ﾟ가-각ᄀ-ᅿ😀-😎\\s]{0,60}") {
            let once = folded(&text);
            prop_assert_eq!(folded(&once), once);
        }

        #[test]
        fn both_ways_of_folding_agree_and_offsets_stay_on_characters(text in "(\\PC|[aé😀]\\[[.．]\\]){0,40}|[a-zA-Z é\u{300}\u{301}\u{200b}😀ﬁＮ]{0,60}") {
            let (mut plain, mut mapped) = (Folded::default(), Folded::default());
            plain.fold(&text);
            let map = mapped.fold_mapped(&text);
            prop_assert_eq!(&plain.text, &mapped.text);
            prop_assert_eq!(&plain.breaks, &mapped.breaks);
            let mut last = 0;
            for (at, c) in mapped.text.char_indices() {
                let (start, end) = map.original(at, at + c.len_utf8());
                prop_assert!(start >= last && start < end && end <= text.len());
                last = start;
                let piece = text.get(start..end);
                prop_assert!(piece.is_some_and(|piece| folded(piece).contains(c)), "{:?} {:?}", piece, c);
            }
        }
    }
}
