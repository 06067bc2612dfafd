//! Classes of characters: what is a word, what is dropped, what is rewritten.
//!
//! Folding, tokens and matching all ask here, so that they can never disagree
//! on where a word ends.

/// Whether words of this character's script stand without spaces between them, or carry their
/// particles attached: such text is searched by substring, never by word.
pub(crate) fn is_unsegmented(c: char) -> bool {
    c >= '\u{e00}'
        && matches!(u32::from(c),
        0x0e00..=0x0eff            // Thai, Lao
        | 0x0f00..=0x0fff          // Tibetan
        | 0x1000..=0x109f          // Myanmar
        | 0x1100..=0x11ff          // Hangul Jamo
        | 0x1780..=0x17ff          // Khmer
        | 0x3005..=0x3007
        | 0x3040..=0x30ff          // Hiragana, Katakana
        | 0x3130..=0x318f          // Hangul compatibility Jamo
        | 0x31f0..=0x31ff
        | 0x3400..=0x4dbf | 0x4e00..=0x9fff | 0xf900..=0xfaff | 0x20000..=0x3ffff // Han
        | 0xac00..=0xd7ff) // Hangul
}

/// Whether a character belongs to a word: letters, digits, marks and the underscore.
pub(crate) fn is_word(c: char) -> bool {
    if c.is_ascii() {
        return c.is_ascii_alphanumeric() || c == '_';
    }
    c.is_alphanumeric() || unicode_normalization::char::is_combining_mark(c)
}

/// Whether a character is invisible and only changes how others are shown: zero-width and
/// direction marks, variation selectors, the soft hyphen, tags.
pub(crate) fn is_dropped(c: char) -> bool {
    matches!(c,
        '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}' | '\u{180b}'..='\u{180f}'
        | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{3164}' | '\u{fe00}'..='\u{fe0f}'
        | '\u{feff}' | '\u{ffa0}' | '\u{fff0}'..='\u{fff8}' | '\u{1bca0}'..='\u{1bca3}' | '\u{1d173}'..='\u{1d17a}'
        | '\u{e0000}'..='\u{e0fff}')
}

/// Gives the plain form of a typographic character; `None` when it has none.
///
/// Signs of ownership are spaces: compatibility folding would glue a `tm` to the brand.
pub(crate) fn plain(c: char) -> Option<char> {
    Some(match c {
        '\u{2018}' | '\u{2019}' | '\u{201a}' | '\u{201b}' | '\u{2032}' | '\u{2bc}' | '\u{2b9}' | '\u{b4}' | '`' | '\u{1fbd}'
        | '\u{1fef}' | '\u{1ffd}' | '\u{384}' | '\u{1fbf}' | '\u{1ffe}' => '\'',
        '\u{201c}' | '\u{201d}' | '\u{201e}' | '\u{201f}' | '\u{ab}' | '\u{bb}' | '\u{2033}' | '\u{300c}'..='\u{300f}' => '"',
        '\u{2010}' | '\u{2011}' | '\u{2212}' => '-',
        '\u{2012}' | '\u{2013}' | '\u{2015}' => '\u{2014}',
        '\u{2122}'
        | '\u{2120}'
        | '\u{ae}'
        | '\u{a9}'
        | '\u{a8}'
        | '\u{af}'
        | '\u{b8}'
        | '\u{2028}'
        | '\u{2029}'
        | '\u{a0}'
        | '\u{1680}'
        | '\u{2000}'..='\u{200a}'
        | '\u{202f}'
        | '\u{205f}'
        | '\u{3000}' => ' ',
        '\u{2192}' | '\u{27a1}' | '\u{2794}' | '\u{279c}' | '\u{27f6}' | '\u{21d2}' | '\u{1f852}' | '\u{1f862}' | '\u{1f872}' => '\u{2192}',
        _ => return None,
    })
}

/// Whether a character is shown as a picture: emoji and dingbats.
pub(crate) fn is_emoji(c: char) -> bool {
    matches!(u32::from(c),
        0x1f000..=0x1faff | 0x2600..=0x27bf | 0x2b05..=0x2b07 | 0x2b1b..=0x2b1c | 0x2b50 | 0x2b55 | 0x231a..=0x231b | 0x23e9..=0x23fa
        | 0x2934..=0x2935 | 0x3030 | 0x303d | 0x3297 | 0x3299)
}
