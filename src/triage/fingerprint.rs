//! The same words, whatever their case, links, handles and punctuation.

use std::hash::Hasher;

/// Fewer words than this say nothing about who wrote them first.
const LEAST_WORDS: usize = 4;

/// Gives a 64-bit fingerprint of a text's words; 0 when they are too few to compare.
///
/// Links, handles and the `#` of tags are left out: the same post on two networks differs in just these.
pub fn fingerprint(text: &str) -> u64 {
    let mut hasher = rustc_hash::FxHasher::default();
    let mut words = 0;
    for word in text.split_whitespace() {
        if word.starts_with('@') || word.contains("://") || word.contains("www.") {
            continue;
        }
        let mut letters = word.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).peekable();
        if letters.peek().is_none() {
            continue;
        }
        for letter in letters {
            hasher.write_u32(letter.into());
        }
        hasher.write_u8(b' ');
        words += 1;
    }
    if words < LEAST_WORDS { 0 } else { hasher.finish().max(1) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn links_handles_and_case_do_not_matter_words_do() {
        let one = fingerprint("Done with Nomadesk, moving to Dropbox! https://a.example/x @nomadesk");
        assert_eq!(one, fingerprint("done with #nomadesk moving to dropbox"));
        assert_ne!(one, fingerprint("done with dropbox moving to nomadesk"));
        assert_ne!(fingerprint("a bc d e f"), fingerprint("ab c d e f"));
        assert_eq!(fingerprint("thanks @nomadesk :)"), 0);
    }
}
