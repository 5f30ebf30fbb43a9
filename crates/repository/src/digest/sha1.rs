//! SHA-1 (FIPS 180-4, section 6.1), of one stream or of several side by side.
//!
//! One stream cannot be split: each block needs the state that the one before it left. Streams of several pieces can
//! go side by side, a lane of a vector register each, which hashes three times as many bytes a second as one after the
//! other (docs/performance.md).

use std::sync::OnceLock;

use peerpool_wire::id::Sha1Hash;
use sha1::block_api::compress;

#[cfg_attr(target_arch = "x86_64", path = "sha1/avx512.rs")]
#[cfg_attr(not(target_arch = "x86_64"), path = "sha1/no_lanes.rs")]
mod lanes;

use lanes::{LANES, Lanes};

/// Bytes that one step of the hash takes.
const BLOCK: usize = 64;

/// From this many streams on, all lanes together are faster than one stream after another.
const WORTH_LANES: usize = 6;

/// The state between two blocks.
type State = [u32; 5];

const INITIAL: State = [0x6745_2301, 0xefcd_ab89, 0x98ba_dcfe, 0x1032_5476, 0xc3d2_e1f0];

/// A hash in the making.
#[derive(Debug, Clone)]
pub(crate) struct Sha1 {
    state: State,
    /// Bytes taken so far; those after the last whole block stand in `pending`.
    length: u64,
    pending: [u8; BLOCK],
}

impl Sha1 {
    pub(crate) fn new() -> Self {
        Self { state: INITIAL, length: 0, pending: [0; BLOCK] }
    }

    pub(crate) fn update(&mut self, data: &[u8]) {
        let (blocks, rest) = self.blocks_of(data).as_chunks();
        compress(&mut self.state, blocks);
        self.take(blocks, rest);
    }

    /// Feeds each stream its run of bytes, which may be empty. Several streams are fastest when their runs are long and
    /// of similar length.
    pub(crate) fn update_all(streams: &mut [Self], runs: &[&[u8]]) {
        match usable_lanes() {
            Some(lanes) => Self::update_all_by(lanes, streams, runs),
            None => streams.iter_mut().zip(runs).for_each(|(stream, run)| stream.update(run)),
        }
    }

    fn update_all_by(lanes: Lanes, streams: &mut [Self], runs: &[&[u8]]) {
        let parts = streams.iter_mut().zip(runs).map(|(stream, run)| stream.blocks_of(run).as_chunks());
        let (mut blocks, rests): (Vec<&[[u8; BLOCK]]>, Vec<&[u8]>) = parts.unzip();
        loop {
            let mut longest: Vec<usize> = (0..blocks.len()).filter(|nth| !blocks[*nth].is_empty()).collect();
            if longest.len() < WORTH_LANES {
                break;
            }
            longest.truncate(LANES);
            let count = longest.iter().map(|nth| blocks[*nth].len()).min().unwrap_or(0);
            // Unused lanes repeat what the first one does.
            let chosen: [usize; LANES] =
                std::array::from_fn(|lane| *longest.get(lane).unwrap_or(&longest[0]));
            let mut states = chosen.map(|nth| streams[nth].state);
            lanes.compress(&mut states, &chosen.map(|nth| &blocks[nth][..count]));
            for (nth, state) in longest.into_iter().zip(states) {
                let (now, later) = blocks[nth].split_at(count);
                streams[nth].state = state;
                streams[nth].take(now, &[]);
                blocks[nth] = later;
            }
        }
        for ((stream, blocks), rest) in streams.iter_mut().zip(blocks).zip(rests) {
            compress(&mut stream.state, blocks);
            stream.take(blocks, rest);
        }
    }

    /// Feeds `count` zeros: the bytes of a pad.
    pub(crate) fn update_zeros(&mut self, mut count: u64) {
        const ZEROS: [u8; 4096] = [0; 4096];
        while count > 0 {
            let step = usize::try_from(count).unwrap_or(usize::MAX).min(ZEROS.len());
            self.update(&ZEROS[..step]);
            count -= step as u64;
        }
    }

    pub(crate) fn finish(mut self) -> Sha1Hash {
        let bits = self.length.wrapping_mul(8);
        // One bit, zeros, and the length, so that the last block is whole.
        self.update(&[0x80]);
        while self.pending_len() != BLOCK - 8 {
            self.update(&[0]);
        }
        self.update(&bits.to_be_bytes());
        let mut hash = Sha1Hash([0; 20]);
        for (bytes, word) in hash.0.chunks_exact_mut(4).zip(self.state) {
            bytes.copy_from_slice(&word.to_be_bytes());
        }
        hash
    }

    fn pending_len(&self) -> usize {
        (self.length % BLOCK as u64) as usize
    }

    /// Completes the pending block from `data`. Returns what is left of `data`; nothing if the block is still
    /// incomplete.
    fn blocks_of<'a>(&mut self, data: &'a [u8]) -> &'a [u8] {
        let begun = self.pending_len();
        if begun == 0 {
            return data;
        }
        let (now, later) = data.split_at(data.len().min(BLOCK - begun));
        self.pending[begun..begun + now.len()].copy_from_slice(now);
        self.length += now.len() as u64;
        if self.pending_len() == 0 && !now.is_empty() {
            compress(&mut self.state, std::slice::from_ref(&self.pending));
        }
        later
    }

    /// Counts blocks that went into the state, and keeps the bytes after them.
    fn take(&mut self, blocks: &[[u8; BLOCK]], rest: &[u8]) {
        self.length += (blocks.as_flattened().len() + rest.len()) as u64;
        if !rest.is_empty() {
            self.pending[..rest.len()].copy_from_slice(rest);
        }
    }
}

/// The lanes of this processor, if it has them and they agree with one stream at a time.
fn usable_lanes() -> Option<Lanes> {
    static USABLE: OnceLock<Option<Lanes>> = OnceLock::new();
    *USABLE.get_or_init(|| {
        let lanes = Lanes::new()?;
        let right = agree(lanes);
        if !right {
            tracing::warn!("the fast SHA-1 is wrong on this processor: using the plain one");
        }
        right.then_some(lanes)
    })
}

fn agree(lanes: Lanes) -> bool {
    let data: Vec<[u8; BLOCK]> =
        (0..3 * LANES).map(|i| std::array::from_fn(|j| (i * 89 + j * 7) as u8)).collect();
    let blocks: [&[[u8; BLOCK]]; LANES] = std::array::from_fn(|lane| &data[3 * lane..3 * lane + 3]);
    let mut states = [INITIAL; LANES];
    lanes.compress(&mut states, &blocks);
    let alone = blocks.map(|blocks| {
        let mut state = INITIAL;
        compress(&mut state, blocks);
        state
    });
    states == alone
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn plain(data: &[u8]) -> Sha1Hash {
        use sha1::Digest;
        Sha1Hash(sha1::Sha1::digest(data).into())
    }

    #[test]
    fn the_lanes_agree_with_one_stream() {
        assert!(Lanes::new().is_none_or(agree));
    }

    #[test]
    fn pads_are_zeros() {
        let mut padded = Sha1::new();
        padded.update(b"tail");
        padded.update_zeros(10_000);
        assert_eq!(padded.finish(), plain(&[b"tail".as_slice(), &[0; 10_000]].concat()));
    }

    proptest! {
        #[test]
        fn streams_side_by_side_are_hashed_like_each_alone(
            lengths in proptest::collection::vec(proptest::collection::vec(0..700usize, 3), 0..40),
            seed: u8,
        ) {
            let bytes = |count: usize| -> Vec<u8> { (0..count).map(|i| (i * 31) as u8 ^ seed).collect() };
            let contents: Vec<Vec<Vec<u8>>> =
                lengths.iter().map(|runs| runs.iter().map(|length| bytes(*length)).collect()).collect();
            let mut streams = vec![Sha1::new(); contents.len()];
            for nth in 0..3 {
                let runs: Vec<&[u8]> = contents.iter().map(|runs| runs[nth].as_slice()).collect();
                Sha1::update_all(&mut streams, &runs);
            }
            for (stream, runs) in streams.into_iter().zip(contents) {
                prop_assert_eq!(stream.finish(), plain(&runs.concat()));
            }
        }
    }
}
