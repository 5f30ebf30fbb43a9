//! A whole .torrent over the channel, in chunks that fit a frame.

use serde::{Deserialize, Serialize};

use super::{CHUNK, MAX_CHUNK, MAX_METAINFO, bounded};
use crate::id::InfoHash;

/// A part of an item's .torrent file (info dictionary and piece layers).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MetainfoChunk {
    /// The item's info-hash.
    pub info_hash: InfoHash,
    /// Where `bytes` start in the file.
    pub offset: u32,
    /// Length of the whole file.
    pub total: u32,
    /// The bytes, at most [`MAX_CHUNK`].
    #[serde(serialize_with = "serde_bytes::serialize", deserialize_with = "bounded::bytes::<MAX_CHUNK, _>")]
    pub bytes: Vec<u8>,
}

/// An item's .torrent file that is short enough to share a message with others.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct WholeMetainfo {
    /// The item's info-hash.
    pub info_hash: InfoHash,
    /// The file, at most [`MAX_CHUNK`] bytes.
    #[serde(serialize_with = "serde_bytes::serialize", deserialize_with = "bounded::bytes::<MAX_CHUNK, _>")]
    pub torrent: Vec<u8>,
}

/// A chunk, or a file, that the channel does not carry.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ChunkError {
    /// The file is longer than the channel carries.
    #[error("metainfo of {info_hash} has {bytes} bytes, the channel carries {MAX_METAINFO}")]
    TooLong {
        /// The item's info-hash.
        info_hash: InfoHash,
        /// How many bytes it has.
        bytes: usize,
    },
    /// A chunk that does not go on where the one before ended.
    #[error("metainfo chunk of {info_hash} at byte {found}, expected byte {expected}")]
    OutOfOrder {
        /// The item's info-hash.
        info_hash: InfoHash,
        /// Where it should start.
        expected: usize,
        /// Where it starts.
        found: u32,
    },
}

impl MetainfoChunk {
    /// Cuts a .torrent file into chunks, in the order in which they are to be sent.
    ///
    /// # Errors
    ///
    /// The torrent is longer than [`MAX_METAINFO`].
    pub fn split(
        info_hash: InfoHash,
        torrent: &[u8],
    ) -> Result<impl Iterator<Item = MetainfoChunk> + '_, ChunkError> {
        let total = u32::try_from(torrent.len())
            .ok()
            .filter(|_| torrent.len() <= MAX_METAINFO)
            .ok_or(ChunkError::TooLong { info_hash, bytes: torrent.len() })?;
        Ok(torrent.chunks(CHUNK).zip((0u32..).step_by(CHUNK)).map(move |(bytes, offset)| MetainfoChunk {
            info_hash,
            offset,
            total,
            bytes: bytes.to_vec(),
        }))
    }
}

/// Puts the chunks of one item together again.
#[derive(Debug)]
pub struct ChunkAssembly {
    info_hash: InfoHash,
    bytes: Vec<u8>,
}

impl ChunkAssembly {
    /// Waits for the first chunk of an item.
    pub const fn new(info_hash: InfoHash) -> Self {
        Self { info_hash, bytes: Vec::new() }
    }

    /// Bytes received so far.
    pub fn received(&self) -> usize {
        self.bytes.len()
    }

    /// Takes the next chunk; gives the whole file after the last one.
    ///
    /// # Errors
    ///
    /// The chunk does not follow the last one, or says that the torrent is longer than [`MAX_METAINFO`].
    pub fn handle_chunk(&mut self, chunk: MetainfoChunk) -> Result<Option<Vec<u8>>, ChunkError> {
        let (info_hash, total) = (self.info_hash, chunk.total as usize);
        if total > MAX_METAINFO {
            return Err(ChunkError::TooLong { info_hash, bytes: total });
        }
        let expected = self.bytes.len();
        let fits = chunk.offset as usize == expected && expected + chunk.bytes.len() <= total;
        if chunk.info_hash != info_hash || !fits || chunk.bytes.is_empty() {
            return Err(ChunkError::OutOfOrder { info_hash, expected, found: chunk.offset });
        }
        self.bytes.extend_from_slice(&chunk.bytes);
        Ok((self.bytes.len() == total).then(|| std::mem::take(&mut self.bytes)))
    }
}
