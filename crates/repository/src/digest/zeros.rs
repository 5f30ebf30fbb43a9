//! Leaves of zeros, which need not be hashed byte by byte.

use peerpool_wire::id::Sha256Hash;
use sha2::{Digest, Sha256};

/// Bytes between two states that are kept.
const STEP: usize = 1024;

/// What hashing zeros has come to after each so many bytes. Files end anywhere, so each last leaf has a length of its
/// own.
#[derive(Default)]
pub(crate) struct ZeroLeaves {
    states: Vec<Sha256>,
}

impl ZeroLeaves {
    /// The SHA-256 hash of so many zeros, of a leaf at most.
    pub(crate) fn hash(&mut self, length: usize) -> Sha256Hash {
        debug_assert!(length <= super::LEAF, "as many states would be kept");
        while self.states.len() <= length / STEP {
            let next = match self.states.last() {
                Some(last) => last.clone().chain_update([0; STEP]),
                None => Sha256::new(),
            };
            self.states.push(next);
        }
        let state = self.states[length / STEP].clone();
        Sha256Hash(state.chain_update(&[0; STEP][..length % STEP]).finalize().into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::digest::{LEAF, sha256};

    #[test]
    fn zeros_of_any_length_have_the_hash_of_their_bytes() {
        let mut leaves = ZeroLeaves::default();
        for length in [LEAF, 0, 1, 55, 64, STEP - 1, STEP, STEP + 1, 5000, LEAF - 1] {
            assert_eq!(leaves.hash(length), sha256(&vec![0; length]), "{length}");
        }
    }
}
