//! Which pieces of an item somebody has.

use std::fmt;

use crate::geometry::Piece;

/// One bit for each piece of an item, and how many are set.
#[derive(Clone, PartialEq, Eq)]
pub struct Bitfield {
    words: Vec<u64>,
    len: u32,
    ones: u32,
}

/// Bytes that are not a bitfield of this item (BEP 3, "bitfield").
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BitfieldError {
    /// Too short or too long.
    #[error("a bitfield of {got} bytes, where the item's {pieces} pieces need {need}")]
    Length {
        /// Bytes received.
        got: usize,
        /// Bytes needed.
        need: usize,
        /// Pieces of the item.
        pieces: u32,
    },
    /// A bit behind the last piece is set.
    #[error("a bitfield with spare bits set")]
    SpareBits,
}

impl Bitfield {
    /// No piece of `len`.
    pub fn none(len: u32) -> Self {
        Self { words: vec![0; len.div_ceil(64) as usize], len, ones: 0 }
    }

    /// Every piece of `len`.
    pub fn all(len: u32) -> Self {
        let mut field = Self { words: vec![u64::MAX; len.div_ceil(64) as usize], len, ones: len };
        if let Some(last) = field.words.last_mut()
            && !len.is_multiple_of(64)
        {
            *last = u64::MAX << (64 - len % 64);
        }
        field
    }

    /// Reads the wire's form: the first piece is the high bit of the first byte, spare bits are zero.
    ///
    /// # Errors
    ///
    /// The length does not fit `pieces`, or a spare bit is set.
    pub fn from_bytes(bytes: &[u8], len: u32) -> Result<Self, BitfieldError> {
        let need = len.div_ceil(8) as usize;
        if bytes.len() != need {
            return Err(BitfieldError::Length { got: bytes.len(), need, pieces: len });
        }
        if !len.is_multiple_of(8) && bytes.last().is_some_and(|last| last << (len % 8) != 0) {
            return Err(BitfieldError::SpareBits);
        }
        let words: Vec<u64> = bytes
            .chunks(8)
            .map(|chunk| {
                let mut word = [0; 8];
                word[..chunk.len()].copy_from_slice(chunk);
                u64::from_be_bytes(word)
            })
            .collect();
        let ones = words.iter().map(|word| word.count_ones()).sum();
        Ok(Self { words, len, ones })
    }

    /// Writes the wire's form.
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut bytes: Vec<u8> = self.words.iter().flat_map(|word| word.to_be_bytes()).collect();
        bytes.truncate(self.len.div_ceil(8) as usize);
        bytes
    }

    /// Number of pieces, set or not.
    pub fn len(&self) -> u32 {
        self.len
    }

    /// Whether the item has no pieces at all.
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// Number of pieces that are set.
    pub fn count(&self) -> u32 {
        self.ones
    }

    /// Whether every piece is set.
    pub fn is_all(&self) -> bool {
        self.ones == self.len
    }

    /// Whether no piece is set.
    pub fn is_none(&self) -> bool {
        self.ones == 0
    }

    /// Whether a piece is set; a piece of another, longer item is not.
    pub fn has(&self, piece: Piece) -> bool {
        self.words.get(piece.as_usize() / 64).is_some_and(|word| word & mask(piece) != 0)
    }

    /// Sets a piece; returns whether it was not set before.
    pub fn set(&mut self, piece: Piece) -> bool {
        if piece.index() >= self.len || self.has(piece) {
            return false;
        }
        self.words[piece.as_usize() / 64] |= mask(piece);
        self.ones += 1;
        true
    }

    /// Clears a piece; returns whether it was set before.
    pub fn clear(&mut self, piece: Piece) -> bool {
        if !self.has(piece) {
            return false;
        }
        self.words[piece.as_usize() / 64] &= !mask(piece);
        self.ones -= 1;
        true
    }

    /// Sets every piece that `other` has.
    pub fn add(&mut self, other: &Bitfield) {
        for (ours, theirs) in self.words.iter_mut().zip(&other.words) {
            self.ones += (theirs & !*ours).count_ones();
            *ours |= theirs;
        }
    }

    /// The numbers of the pieces that are set, in order.
    pub fn iter(&self) -> impl Iterator<Item = u32> + '_ {
        numbers(self.words.iter().copied())
    }

    /// The numbers of the pieces that are set here and not in `other`, in order.
    pub fn without(&self, other: &Bitfield) -> impl Iterator<Item = u32> {
        numbers(self.words.iter().zip(&other.words).map(|(ours, theirs)| ours & !theirs))
    }

    /// Whether `other` has a piece that this one lacks.
    pub fn lacks_any_of(&self, other: &Bitfield) -> bool {
        self.words.iter().zip(&other.words).any(|(ours, theirs)| theirs & !ours != 0)
    }
}

/// The numbers of the bits that are set.
fn numbers(words: impl Iterator<Item = u64>) -> impl Iterator<Item = u32> {
    words.enumerate().flat_map(|(nth, word)| {
        let mut rest = word;
        std::iter::from_fn(move || {
            if rest == 0 {
                return None;
            }
            let bit = rest.leading_zeros();
            rest &= !(1 << (63 - bit));
            Some(nth as u32 * 64 + bit)
        })
    })
}

const fn mask(piece: Piece) -> u64 {
    1 << (63 - piece.index() % 64)
}

impl fmt::Debug for Bitfield {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Bitfield({}/{})", self.ones, self.len)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::geometry::Geometry;

    fn pieces(len: u32) -> Geometry {
        Geometry::new(1, [(u64::from(len), false)]).unwrap()
    }

    #[test]
    fn spare_bits_and_wrong_lengths_are_refused() {
        assert_eq!(Bitfield::from_bytes(&[0b1110_0000], 3).unwrap().count(), 3);
        assert_eq!(Bitfield::from_bytes(&[0b1111_0000], 3), Err(BitfieldError::SpareBits));
        assert!(matches!(Bitfield::from_bytes(&[0, 0], 8), Err(BitfieldError::Length { need: 1, .. })));
    }

    proptest! {
        #[test]
        fn a_bitfield_agrees_with_a_plain_list_of_flags(len in 1u32..300, ops in prop::collection::vec((any::<bool>(), 0u32..300), 0..200)) {
            let geometry = pieces(len);
            let mut field = Bitfield::none(len);
            let mut model = vec![false; len as usize];
            for (on, index) in ops {
                let Some(piece) = geometry.piece(index % len) else { continue };
                let before = std::mem::replace(&mut model[piece.as_usize()], on);
                let changed = if on { field.set(piece) } else { field.clear(piece) };
                prop_assert_eq!(changed, before != on);
            }
            prop_assert_eq!(field.count() as usize, model.iter().filter(|set| **set).count());
            let set: Vec<u32> = (0..len).filter(|index| model[*index as usize]).collect();
            prop_assert_eq!(&field.iter().collect::<Vec<_>>(), &set);
            let mut even = Bitfield::none(len);
            for piece in geometry.pieces().step_by(2) {
                even.set(piece);
            }
            let odd: Vec<u32> = set.into_iter().filter(|index| index % 2 == 1).collect();
            prop_assert_eq!(field.without(&even).collect::<Vec<_>>(), odd);
            prop_assert_eq!(&Bitfield::from_bytes(&field.to_bytes(), len).unwrap(), &field);
            prop_assert!(Bitfield::from_bytes(&Bitfield::all(len).to_bytes(), len).unwrap().is_all());
        }
    }
}
