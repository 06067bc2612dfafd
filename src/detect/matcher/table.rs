//! The table of words: a filter of bits in front of open addressing.

/// Bits of the filter a term; at 16, one foreign word in sixteen gets past it.
const FILTER_BITS: usize = 16;

/// Hashes of words and the first term that hangs on each.
#[derive(Debug)]
pub(super) struct Table {
    filter: Vec<u64>,
    filter_mask: u64,
    /// Hash and term number plus one; a zero term is a free place.
    places: Vec<(u32, u32)>,
    place_mask: usize,
}

impl Default for Table {
    fn default() -> Self {
        Self::sized(0)
    }
}

impl Table {
    /// Makes room for so many terms; it never grows.
    pub(super) fn sized(terms: usize) -> Self {
        let bits = (terms * FILTER_BITS).next_power_of_two().max(64);
        let places = (terms * 2).next_power_of_two().max(8);
        Self { filter: vec![0; bits / 64], filter_mask: bits as u64 - 1, places: vec![(0, 0); places], place_mask: places - 1 }
    }

    /// Puts a term first on its word; gives the term that was first before, 0 when there was none.
    pub(super) fn insert(&mut self, hash: u64, term: u32) -> u32 {
        let bit = hash & self.filter_mask;
        if let Some(word) = self.filter.get_mut(index(bit / 64)) {
            *word |= 1 << (bit % 64);
        }
        let (tag, mut at) = self.home(hash);
        loop {
            let Some(place) = self.places.get_mut(at) else { return 0 };
            if place.1 == 0 || place.0 == tag {
                place.0 = tag;
                return std::mem::replace(&mut place.1, term);
            }
            at = (at + 1) & self.place_mask;
        }
    }

    /// Whether the word may be in the table; the one question that most words are asked.
    #[inline]
    pub(super) fn may_hold(&self, hash: u64) -> bool {
        let bit = hash & self.filter_mask;
        self.filter.get(index(bit / 64)).is_some_and(|word| word >> (bit % 64) & 1 == 1)
    }

    /// Gives the first term that hangs on the word, as its number plus one; 0 when there is none.
    ///
    /// Two words of the same 32 bits share a chain; every term of it is compared with the text anyway.
    pub(super) fn first(&self, hash: u64) -> u32 {
        let (tag, mut at) = self.home(hash);
        while let Some(place) = self.places.get(at).filter(|place| place.1 != 0) {
            if place.0 == tag {
                return place.1;
            }
            at = (at + 1) & self.place_mask;
        }
        0
    }

    fn home(&self, hash: u64) -> (u32, usize) {
        let high = u32::try_from(hash >> 32).unwrap_or(0);
        (high, high as usize & self.place_mask)
    }
}

/// An index from a number that is small enough by construction.
#[inline]
fn index(number: u64) -> usize {
    usize::try_from(number).unwrap_or(usize::MAX)
}
