//! Says of most authors who come for the first time that they do, in memory.
//!
//! Whoever is new would be looked for in two tables, at a random page each, and
//! found in neither. So each slice of `met` has a small filter (Bloom's: a few
//! bits of one word for each hash): what it does not know is not in the table;
//! what it knows mostly is. A filter is made when its slice is merged, page by
//! page with what is read then anyway, so that no start waits for it.

/// Parts of the range of hashes; one is merged at a time.
pub(super) const SLICES: usize = 128;
/// Bits of a hash below the number of its slice.
const SLICE_BITS: u32 = 25;
/// The fewest hashes a filter is made for, and how many more than there are now.
const LEAST: usize = 256;
/// Bits for each hash: one in thirty strangers is then looked for in vain, and fewer before a filter is full.
const BITS_PER_HASH: usize = 10;
/// The largest filter in words of 64 bits; all of them are 4 MiB. Beyond three million authors they know too much, and help less.
const MOST_WORDS: usize = 4_096;

/// The slice a hash of an author lies in.
pub(super) fn slice_of(who: i64) -> usize {
    usize::try_from((who - i64::from(i32::MIN)) >> SLICE_BITS).unwrap_or(0) % SLICES
}

/// The first hash of a slice, and the first behind it.
pub(super) fn bounds(slice: usize) -> [i64; 2] {
    let first = |slice: usize| i64::from(i32::MIN) + (i64::try_from(slice).unwrap_or(0) << SLICE_BITS);
    [first(slice), first(slice + 1)]
}

/// The hashes of one slice.
#[derive(Debug)]
struct Filter {
    words: Vec<u64>,
    /// Hashes put in.
    known: usize,
}

impl Filter {
    fn new(of: &[i64]) -> Self {
        let room = of.len().max(LEAST) * 2;
        let words = (room * BITS_PER_HASH).div_ceil(64).min(MOST_WORDS);
        let mut filter = Self { words: vec![0; words], known: 0 };
        for &who in of {
            filter.add(who);
        }
        filter
    }

    /// Whether it holds more than it was made for, and a larger one would help.
    fn is_full(&self) -> bool {
        self.words.len() < MOST_WORDS && self.known * BITS_PER_HASH > self.words.len() * 64
    }

    /// The word of a hash, and its bits in there.
    fn place(&self, who: i64) -> (usize, u64) {
        let mixed = who.cast_unsigned().wrapping_mul(0x9e37_79b9_7f4a_7c15);
        let words = u64::try_from(self.words.len()).unwrap_or_default();
        let word = ((mixed >> 32) * words) >> 32;
        let bits = [0, 6, 12, 18].iter().fold(0, |bits, shift| bits | 1 << ((mixed >> shift) & 63));
        (usize::try_from(word).unwrap_or_default(), bits)
    }

    fn add(&mut self, who: i64) {
        let (at, bits) = self.place(who);
        if let Some(word) = self.words.get_mut(at) {
            self.known += usize::from(*word & bits != bits);
            *word |= bits;
        }
    }

    fn knows(&self, who: i64) -> bool {
        let (at, bits) = self.place(who);
        self.words.get(at).is_none_or(|word| word & bits == bits)
    }
}

/// The filters of all slices that were looked through.
#[derive(Debug, Default)]
pub(super) struct Strangers(Vec<Option<Filter>>);

impl Strangers {
    /// Whether nobody with this hash is in the tables, as far as that is known.
    pub(super) fn is_stranger(&self, who: i64) -> bool {
        self.0.get(slice_of(who)).and_then(Option::as_ref).is_some_and(|filter| !filter.knows(who))
    }

    /// Takes note of somebody who is in the tables from now on.
    pub(super) fn met(&mut self, who: i64) {
        if let Some(Some(filter)) = self.0.get_mut(slice_of(who)) {
            filter.add(who);
        }
    }

    /// Whether a slice should be looked through.
    pub(super) fn wants(&self, slice: usize) -> bool {
        self.0.get(slice).and_then(Option::as_ref).is_none_or(Filter::is_full)
    }

    /// Keeps all hashes that a slice has.
    pub(super) fn learn(&mut self, slice: usize, all: &[i64]) {
        self.0.resize_with(SLICES, || None);
        if let Some(place) = self.0.get_mut(slice) {
            *place = Some(Filter::new(all));
        }
    }

    /// Forgets everything, and gives the memory back.
    pub(super) fn clear(&mut self) {
        self.0 = Vec::new();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn slices_cover_every_hash_once() {
        assert_eq!((bounds(0)[0], bounds(SLICES - 1)[1]), (i64::from(i32::MIN), i64::from(i32::MAX) + 1));
        for who in [i32::MIN, -1, 0, 1, i32::MAX].map(i64::from) {
            let [first, end] = bounds(slice_of(who));
            assert!((first..end).contains(&who), "{who}");
        }
        assert_eq!((1..SLICES).filter(|&slice| bounds(slice)[0] != bounds(slice - 1)[1]).count(), 0);
    }

    #[test]
    fn few_strangers_are_taken_for_known() {
        let mut strangers = Strangers::default();
        assert!(!strangers.is_stranger(5), "nothing is known yet");
        let mut dice = fastrand::Rng::with_seed(3);
        let all: Vec<i64> = (0..5_000).map(|_| dice.i64(0..1 << SLICE_BITS)).collect();
        strangers.learn(slice_of(0), &all);
        let known = (0..10_000).filter(|_| !strangers.is_stranger(dice.i64(0..1 << SLICE_BITS))).count();
        assert!(known < 300, "{known} of 10,000");
        assert!(!strangers.is_stranger(-1), "of another slice nothing is known");
    }

    proptest! {
        /// The law: whoever is in the tables is never called a stranger.
        #[test]
        fn nobody_who_was_met_is_a_stranger(first in proptest::collection::vec(any::<i32>(), 0..2_000), then in proptest::collection::vec(any::<i32>(), 0..2_000)) {
            let mut strangers = Strangers::default();
            let of = |slice: usize| first.iter().copied().map(i64::from).filter(|&who| slice_of(who) == slice).collect::<Vec<_>>();
            (0..SLICES).for_each(|slice| strangers.learn(slice, &of(slice)));
            for &who in &then {
                strangers.met(i64::from(who));
            }
            for who in first.iter().chain(&then) {
                prop_assert!(!strangers.is_stranger(i64::from(*who)));
            }
        }
    }
}
