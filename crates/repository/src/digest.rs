//! The hashes, and the only place that names the crates that compute them.
//!
//! SHA-256 of many 16 KiB leaves at once goes through a multi-buffer implementation. Its first use checks it against a
//! plain one, which replaces it if they disagree. The same holds for SHA-1 of several pieces at once.

mod sha1;
mod zeros;

use std::sync::OnceLock;

use peerpool_wire::id::Sha256Hash;

pub(crate) use self::{sha1::Sha1, zeros::ZeroLeaves};

/// Bytes under one leaf of a merkle tree (BEP 52).
pub const LEAF: usize = 16 * 1024;

/// Messages hashed in one go; more would only use more stack.
const BATCH: usize = 64;

/// The SHA-256 leaf hashes of `data`, one for each 16 KiB; the last leaf may be shorter.
pub fn leaf_hashes(data: &[u8]) -> Vec<Sha256Hash> {
    let mut leaves = vec![Sha256Hash([0; 32]); data.len().div_ceil(LEAF)];
    leaf_hashes_of([data], &mut leaves);
    leaves
}

/// Writes the leaf hashes of several runs of bytes, each cut into its own leaves, into a slice with room for all of
/// them. Hashing sixteen leaves or more at once takes half as long as one by one.
pub fn leaf_hashes_of<'a>(runs: impl IntoIterator<Item = &'a [u8]>, leaves: &mut [Sha256Hash]) {
    hash_all(runs.into_iter().flat_map(|run| run.chunks(LEAF)), leaves);
}

/// The parents of neighbouring nodes of a merkle tree: `nodes` has an even number of them.
pub(crate) fn parents(nodes: &[Sha256Hash]) -> Vec<Sha256Hash> {
    let mut joined = Vec::with_capacity(nodes.len() * 32);
    for node in nodes {
        joined.extend_from_slice(&node.0);
    }
    let mut parents = vec![Sha256Hash([0; 32]); nodes.len() / 2];
    hash_all(joined.chunks(64), &mut parents);
    parents
}

/// The SHA-256 hash of one message.
pub fn sha256(data: &[u8]) -> Sha256Hash {
    let mut hash = [Sha256Hash([0; 32])];
    hash_all(std::iter::once(data), &mut hash);
    hash[0]
}

fn hash_all<'a>(mut messages: impl Iterator<Item = &'a [u8]>, mut hashes: &mut [Sha256Hash]) {
    let hash_batch = if multi_buffer_is_right() { many } else { one_by_one };
    while !hashes.is_empty() {
        let mut batch: [&[u8]; BATCH] = [&[]; BATCH];
        let mut filled = 0;
        for (slot, message) in batch.iter_mut().zip(messages.by_ref().take(hashes.len().min(BATCH))) {
            *slot = message;
            filled += 1;
        }
        if filled == 0 {
            return;
        }
        let (now, rest) = hashes.split_at_mut(filled);
        hash_batch(&batch[..filled], now);
        hashes = rest;
    }
}

fn many(messages: &[&[u8]], hashes: &mut [Sha256Hash]) {
    let mut digests = [[0; 32]; BATCH];
    let count = messages.len().min(BATCH);
    tape_sha256::hash_many(&messages[..count], &mut digests[..count]);
    for (hash, digest) in hashes.iter_mut().zip(digests) {
        *hash = Sha256Hash(digest);
    }
}

fn one_by_one(messages: &[&[u8]], hashes: &mut [Sha256Hash]) {
    use sha2::Digest;
    for (hash, message) in hashes.iter_mut().zip(messages) {
        *hash = Sha256Hash(sha2::Sha256::digest(message).into());
    }
}

/// Whether the multi-buffer implementation agrees with the plain one on this processor.
fn multi_buffer_is_right() -> bool {
    static RIGHT: OnceLock<bool> = OnceLock::new();
    *RIGHT.get_or_init(|| {
        let right = self_test();
        if !right {
            tracing::warn!("the fast SHA-256 is wrong on this processor: using the plain one");
        }
        right
    })
}

fn self_test() -> bool {
    let data: Vec<u8> = (0..4 * LEAF).map(|i| (i % 251) as u8).collect();
    // Lengths around the padding edges, whole leaves, and fewer messages than lanes.
    let lengths = [0, 1, 55, 56, 63, 64, 65, 119, 128, 1000, LEAF - 1, LEAF, LEAF, LEAF, LEAF, 4 * LEAF];
    (1..=lengths.len()).all(|count| {
        let messages: Vec<&[u8]> = lengths[..count].iter().map(|&length| &data[..length]).collect();
        let mut fast = vec![Sha256Hash([0; 32]); count];
        let mut plain = fast.clone();
        many(&messages, &mut fast);
        one_by_one(&messages, &mut plain);
        fast == plain
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_fast_hash_agrees_with_the_plain_one() {
        assert!(self_test());
    }

    #[test]
    fn leaves_are_hashed_one_by_one_whatever_their_number() {
        let data: Vec<u8> = (0..150 * LEAF + 77).map(|i| (i / 7 % 256) as u8).collect();
        let leaves = leaf_hashes(&data);
        assert_eq!(leaves.len(), 151);
        for (leaf, chunk) in leaves.iter().zip(data.chunks(LEAF)) {
            let mut expected = [Sha256Hash([0; 32])];
            one_by_one(&[chunk], &mut expected);
            assert_eq!(*leaf, expected[0]);
        }
    }
}
