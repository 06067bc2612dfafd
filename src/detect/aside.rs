//! Hard and kind words that are about a rival.
//!
//! "Dropbox is down again, Nomadesk works fine." A post that names both brands says of each what it says in the clause that
//! names it. Words count as the rival's only where the clause leaves no doubt:
//! the rival stands before them, or right behind them ("I hate Dropbox"), and
//! nothing in the clause names us. A handle in front of it all only calls us:
//! "@nomadesk Dropbox is so much better".

use std::ops::Range;

use super::reading::Reading;
use super::rule::Found;
use crate::domain::{Attribute, Role, Signal};
use crate::text::{Kind, Tag};

/// The most words of a clause on either side that are looked at; what stands in a longer one stays ours. It keeps the time linear.
const REACH: usize = 64;

/// Whether a post names a rival at all.
pub(super) fn names_rival(reading: &Reading<'_>) -> bool {
    reading.tokens().iter().any(|token| matches!(token.tag, Tag::Rival(_)) && token.kind != Kind::Url)
}

/// Marks distrust and chasing whose every telling word is about a rival; trouble and praise are [weighed](super::weigh) apart.
pub(super) fn mark(reading: &Reading<'_>, found: &mut [Found]) {
    if !names_rival(reading) {
        return;
    }
    for found in found.iter_mut().filter(|found| matches!(found.finding.signal, Signal::Distrust | Signal::Chasing)) {
        let told = cues(reading, found);
        if !told.is_empty() && told.iter().all(|words| is_about_rival(reading, words)) {
            found.attribute(Attribute::AboutRival);
        }
    }
}

/// The words of a finding that carry its signal.
fn cues(reading: &Reading<'_>, found: &Found) -> Vec<Range<usize>> {
    let evidence = found.finding.evidence.iter().filter(|evidence| evidence.role == Role::Cue);
    evidence.map(|evidence| reading.tokens_of(evidence.start..evidence.end)).collect()
}

/// Whether words stand in a clause that speaks of a rival and not of us.
pub(super) fn is_about_rival(reading: &Reading<'_>, words: &Range<usize>) -> bool {
    let tag = |index: usize| reading.token(index).filter(|token| token.kind != Kind::Url).map_or(Tag::None, |token| token.tag);
    let rival = |index: usize| matches!(tag(index), Tag::Rival(_));
    let ours = |index: usize| tag(index) == Tag::Brand || tag(index) == Tag::You && reading.addressed();
    let same = |index: &usize| reading.same_clause(*index, words.start);
    let before = (0..words.start).rev().take_while(same).take(REACH).count();
    let after = (words.start..reading.tokens().len()).take_while(same).take(REACH).count();
    if before == REACH || after == REACH {
        return false;
    }
    let (start, end) = (words.start - before, words.start + after);
    let handle = |index: usize| reading.token(index).is_some_and(|token| token.kind == Kind::Handle);
    // Whoever is called in front of the rival's name is told of the rival.
    let called = (start..end).take_while(|index| handle(*index)).count();
    let subject = if called > 0 && rival(start + called) { start + called } else { start };
    if (subject..end).any(ours) {
        return false;
    }
    (subject..words.start).any(rival) || rival(words.end) || words.clone().any(rival)
}

#[cfg(test)]
mod tests {
    use crate::detect::{CompiledBrand, hear_text};
    use crate::domain::{Brand, Primary};

    fn primary(text: &str, about: bool) -> Primary {
        let brand = |name: &str| Brand { name: name.to_owned(), terms: vec![name.to_lowercase(), format!("@{}", name.to_lowercase())] };
        hear_text(text, Some("en"), &CompiledBrand::new(&brand("Nomadesk"), &[brand("Dropbox")]), about).primary
    }

    #[test]
    fn what_is_said_of_a_rival_is_not_ours() {
        for (text, want) in [
            ("Dropbox is down again, Nomadesk has the files", Primary::Noise),
            ("Dropbox is terrible today. Nomadesk is great.", Primary::Praise),
            ("Nomadesk has my files, Dropbox is great", Primary::Noise),
            ("@Nomadesk Dropbox is great", Primary::Noise),
            ("I hate Dropbox, that is why I use Nomadesk", Primary::Noise),
            ("Nomadesk is terrible. Dropbox is great.", Primary::Complaint),
        ] {
            assert_eq!(primary(text, false), want, "{text}");
        }
    }

    #[test]
    fn what_may_be_ours_stays_ours() {
        for (text, want) in [
            ("Nomadesk support is rude, Dropbox helped me at once", Primary::Complaint),
            ("@Nomadesk love the new Dropbox integration", Primary::Praise),
            ("Dropbox users will love Nomadesk", Primary::Praise),
            ("@Nomadesk sync is broken again, Dropbox is not", Primary::Complaint),
            ("@Nomadesk your app is terrible next to Dropbox", Primary::Complaint),
            ("Unlike Dropbox, Nomadesk is great", Primary::Praise),
        ] {
            assert_eq!(primary(text, false), want, "{text}");
        }
    }
}
