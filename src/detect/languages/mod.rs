//! The languages: data files only, one entry each.
//!
//! Adding one costs its file (or files), an entry in [`LANGUAGES`] and its
//! fixtures; never a line of rule code.

use std::sync::{LazyLock, OnceLock};

use rustc_hash::FxHashMap;
use whatlang::{Detector, Info};

use super::lexicon::Lexicon;
use super::phrase::parse::{self, Sections};
use crate::text::{Folded, is_word};

/// One language: its two-letter code, its English name and its data files.
#[derive(Debug)]
pub struct Language {
    /// ISO 639-1.
    pub code: &'static str,
    /// In English.
    pub name: &'static str,
    /// The data, in any order; sections may go on from one file to the next.
    pub files: &'static [&'static str],
}

/// Every language with phrase data.
pub const LANGUAGES: &[Language] = &[
    Language {
        code: "en",
        name: "English",
        files: &[
            include_str!("en/words.txt"),
            include_str!("en/slang.txt"),
            include_str!("en/switch.txt"),
            include_str!("en/why.txt"),
            include_str!("en/trouble.txt"),
            include_str!("en/calm.txt"),
            include_str!("en/praise.txt"),
            include_str!("en/asks.txt"),
        ],
    },
    Language {
        code: "de",
        name: "German",
        files: &[include_str!("de/words.txt"), include_str!("de/switch.txt"), include_str!("de/why.txt"), include_str!("de/signals.txt")],
    },
    Language {
        code: "es",
        name: "Spanish",
        files: &[include_str!("es/words.txt"), include_str!("es/switch.txt"), include_str!("es/why.txt"), include_str!("es/signals.txt")],
    },
    Language {
        code: "fr",
        name: "French",
        files: &[include_str!("fr/words.txt"), include_str!("fr/switch.txt"), include_str!("fr/why.txt"), include_str!("fr/signals.txt")],
    },
    Language {
        code: "pt",
        name: "Portuguese",
        files: &[include_str!("pt/words.txt"), include_str!("pt/switch.txt"), include_str!("pt/why.txt"), include_str!("pt/signals.txt")],
    },
    Language {
        code: "nl",
        name: "Dutch",
        files: &[include_str!("nl/words.txt"), include_str!("nl/switch.txt"), include_str!("nl/why.txt"), include_str!("nl/signals.txt")],
    },
    Language {
        code: "it",
        name: "Italian",
        files: &[include_str!("it/words.txt"), include_str!("it/switch.txt"), include_str!("it/why.txt"), include_str!("it/signals.txt")],
    },
];

/// Gives the compiled phrases of a language; `None` where there are none.
///
/// # Panics
/// Never: a test compiles every data file.
pub fn lexicon(code: &str) -> Option<&'static Lexicon> {
    static COMPILED: [OnceLock<Lexicon>; LANGUAGES.len()] = [const { OnceLock::new() }; LANGUAGES.len()];
    let at = LANGUAGES.iter().position(|language| language.code == code)?;
    let language = LANGUAGES.get(at)?;
    let build = || Lexicon::build(language.code, language.files).expect("a test compiles every data file");
    COMPILED.get(at).map(|cell| cell.get_or_init(build))
}

/// Finds the language of a text: the network's tag first, then the votes of its function words,
/// then a detector. `None` is an answer: nobody knows.
pub fn language(tag: Option<&str>, folded: &Folded) -> Option<String> {
    let tag = tag.map(|tag| tag.split(['-', '_']).next().unwrap_or_default().to_ascii_lowercase());
    if let Some(code) = tag.filter(|code| code.len() == 2 && code != "un") {
        return Some(code);
    }
    voted(&folded.text).map(str::to_owned).or_else(|| detected(&folded.text))
}

/// The function words of all languages.
static VOTERS: LazyLock<FxHashMap<String, u32>> = LazyLock::new(voters);

/// Whether a folded word is a function word of any language: it stands in many posts.
pub(super) fn is_common(word: &str) -> bool {
    VOTERS.contains_key(word)
}

/// Lets the function words vote. Clear winners only: words such as "die" and "me" vote twice.
fn voted(folded: &str) -> Option<&'static str> {
    let mut votes = [0_u32; LANGUAGES.len()];
    for word in folded.split(|c| !is_word(c)).take(200) {
        let mut speaks = VOTERS.get(word).copied().unwrap_or(0);
        while speaks != 0 {
            if let Some(vote) = votes.get_mut(speaks.trailing_zeros() as usize) {
                *vote += 1;
            }
            speaks &= speaks - 1;
        }
    }
    let (best, most) = votes.iter().enumerate().max_by_key(|(_, votes)| **votes)?;
    let second = votes.iter().enumerate().filter(|(at, _)| *at != best).map(|(_, votes)| *votes).max().unwrap_or(0);
    (*most >= 2 && *most > second + second / 2).then(|| LANGUAGES.get(best).map(|language| language.code)).flatten()
}

/// Reads the function words of every language, each with a bit per language.
fn voters() -> FxHashMap<String, u32> {
    let mut voters = FxHashMap::default();
    for (at, language) in LANGUAGES.iter().enumerate() {
        let mut sections = Sections::new();
        for file in language.files {
            parse::sections(file, &mut sections).expect("a test compiles every data file");
        }
        for line in sections.get("function").map_or(&[][..], Vec::as_slice) {
            for word in line.text.split_whitespace() {
                *voters.entry(crate::text::folded(word)).or_insert(0) |= 1 << at;
            }
        }
    }
    voters
}

/// The languages that the general detector may name, and their codes.
const DETECTED: [(whatlang::Lang, &str); 20] = {
    use whatlang::Lang;
    [
        (Lang::Eng, "en"),
        (Lang::Deu, "de"),
        (Lang::Fra, "fr"),
        (Lang::Spa, "es"),
        (Lang::Por, "pt"),
        (Lang::Nld, "nl"),
        (Lang::Ita, "it"),
        (Lang::Jpn, "ja"),
        (Lang::Kor, "ko"),
        (Lang::Cmn, "zh"),
        (Lang::Rus, "ru"),
        (Lang::Ukr, "uk"),
        (Lang::Ara, "ar"),
        (Lang::Heb, "he"),
        (Lang::Ell, "el"),
        (Lang::Tha, "th"),
        (Lang::Hin, "hi"),
        (Lang::Tur, "tr"),
        (Lang::Pol, "pl"),
        (Lang::Swe, "sv"),
    ]
};

/// Asks the general detector, which is slow and weak on short texts: only when it is sure.
///
/// Among few languages it is three times faster and never less sure than among all: what it doubts there needs no
/// second question.
fn detected(folded: &str) -> Option<String> {
    static FEW: LazyLock<Detector> = LazyLock::new(|| Detector::with_allowlist(DETECTED.iter().map(|(lang, _)| *lang).collect()));
    FEW.detect(folded).filter(Info::is_reliable)?;
    let info = whatlang::detect(folded).filter(Info::is_reliable)?;
    DETECTED.iter().find(|(lang, _)| *lang == info.lang()).map(|(_, code)| (*code).to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_data_file_compiles() {
        for language in LANGUAGES {
            let built = Lexicon::build(language.code, language.files);
            assert!(built.is_ok(), "{}: {}", language.name, built.err().map(|mistake| mistake.to_string()).unwrap_or_default());
        }
    }

    #[test]
    fn the_tag_goes_first_and_function_words_vote() {
        let of = |tag, text: &str| {
            let mut folded = Folded::default();
            folded.fold(text);
            language(tag, &folded)
        };
        assert_eq!(of(Some("pt-BR"), "the cat is on the mat").as_deref(), Some("pt"));
        assert_eq!(of(None, "I am leaving them for the other one").as_deref(), Some("en"));
        assert_eq!(of(None, "Nomadesk"), None);
    }
}
