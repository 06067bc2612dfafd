//! Finds the words of folded text and hashes each, eight bytes at a time.
//!
//! Works on bytes: in folded text every ASCII letter is small, and every byte
//! beyond ASCII belongs to a word unless the folder said otherwise (`breaks`).

/// Bytes of one step: one bit a byte in a register.
const CHUNK: usize = 64;

/// Tells the place and the hash of every word until the caller has enough.
///
/// Underscores at the edges of a word belong to the punctuation around it.
pub(super) fn each(text: &[u8], breaks: &[(u32, u32)], mut tell: impl FnMut(usize, u64) -> bool) {
    let mut breaks = breaks.iter().copied().peekable();
    let mut open = 0;
    let mut inside = 0_u64;
    for (number, chunk) in text.chunks(CHUNK).enumerate() {
        let base = number * CHUNK;
        let mut mask = word_mask(chunk);
        while let Some(&(from, to)) = breaks.peek().filter(|(from, _)| (*from as usize) < base + CHUNK) {
            mask &= !bits((from as usize).saturating_sub(base), (to as usize - base).min(CHUNK));
            if to as usize > base + CHUNK {
                break;
            }
            breaks.next();
        }
        // A bit that differs from the one before it is an edge: words begin and end in turn.
        let mut edges = mask ^ (mask << 1 | inside);
        while edges != 0 {
            let at = base + edges.trailing_zeros() as usize;
            edges &= edges - 1;
            if inside == 0 {
                open = at;
                inside = 1;
            } else {
                inside = 0;
                if word(text, open, at, &mut tell) {
                    return;
                }
            }
        }
    }
    if inside == 1 {
        word(text, open, text.len(), &mut tell);
    }
}

#[inline]
fn word(text: &[u8], mut start: usize, mut end: usize, tell: &mut impl FnMut(usize, u64) -> bool) -> bool {
    while start < end && text.get(start) == Some(&b'_') {
        start += 1;
    }
    while start < end && text.get(end - 1) == Some(&b'_') {
        end -= 1;
    }
    start < end && tell(start, hash(text, start, end))
}

/// Ones from `from` to before `to`.
fn bits(from: usize, to: usize) -> u64 {
    let below = |at: usize| if at >= CHUNK { u64::MAX } else { (1 << at) - 1 };
    below(to) & !below(from)
}

/// Gives a bit for each byte of a chunk that belongs to a word.
#[inline]
fn word_mask(chunk: &[u8]) -> u64 {
    let mut mask = 0;
    let (eights, rest) = chunk.as_chunks::<8>();
    for (index, eight) in eights.iter().enumerate() {
        mask |= word_bits(u64::from_le_bytes(*eight)) << (8 * index);
    }
    if !rest.is_empty() {
        let mut eight = [0; 8];
        eight.iter_mut().zip(rest).for_each(|(to, from)| *to = *from);
        mask |= word_bits(u64::from_le_bytes(eight)) << (8 * eights.len());
    }
    mask
}

/// Gives a bit for each of eight bytes that is a small letter, a digit, an underscore or beyond ASCII.
///
/// Adding `0x80 - low` sets a byte's high bit when it is at least `low`; seven-bit bytes never carry over.
#[inline]
fn word_bits(bytes: u64) -> u64 {
    const ONES: u64 = 0x0101_0101_0101_0101;
    const HIGH: u64 = 0x80 * ONES;
    let seven = bytes & !HIGH;
    let within = |low: u64, high: u64| (seven + (0x80 - low) * ONES) & !(seven + (0x7f - high) * ONES);
    let word = within(0x61, 0x7a) | within(0x30, 0x39) | within(0x5f, 0x5f) | bytes;
    // Gathers the eight high bits in one byte.
    (((word & HIGH) >> 7).wrapping_mul(0x0102_0408_1020_4080)) >> 56
}

/// Hashes a word that stands alone.
pub(super) fn hash_word(word: &[u8]) -> u64 {
    hash(word, 0, word.len())
}

/// Hashes the word at a place: its first and last eight bytes and its length.
#[inline]
fn hash(text: &[u8], start: usize, end: usize) -> u64 {
    const PRIME: u64 = 0x9e37_79b9_7f4a_7c15;
    let length = end - start;
    let (first, last) =
        if length >= 8 { (eight(text, start), eight(text, end - 8)) } else { (eight(text, start) & ((1 << (8 * length)) - 1), 0) };
    let mixed = (first ^ last.rotate_left(29) ^ (length as u64) << 56).wrapping_mul(PRIME);
    let mixed = (mixed ^ mixed >> 32).wrapping_mul(PRIME);
    mixed ^ mixed >> 29
}

/// Reads eight bytes; zeros stand for what is behind the end.
#[inline]
fn eight(text: &[u8], at: usize) -> u64 {
    if let Some(eight) = text.get(at..).and_then(<[u8]>::first_chunk::<8>) {
        return u64::from_le_bytes(*eight);
    }
    let mut eight = [0; 8];
    eight.iter_mut().zip(text.get(at..).unwrap_or_default()).for_each(|(to, from)| *to = *from);
    u64::from_le_bytes(eight)
}
