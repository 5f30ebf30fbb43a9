//! Scrape: the counts of some swarms (BEP 48).

use super::{
    AnnounceError,
    answer::{write_bytes, write_number},
    query::{parameters, twenty_bytes},
};
use crate::id::WireHash;

/// Maximum number of swarms that one scrape may name.
pub const MAX_SCRAPE: usize = 100;

/// One swarm's counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct ScrapeCounts {
    /// Peers that have everything.
    pub complete: u32,
    /// How often a download was completed since the tracker started.
    pub downloaded: u32,
    /// Peers that lack something.
    pub incomplete: u32,
}

/// Reads the part of a scrape's URL after the `?`: the swarms asked for, ordered, each once.
///
/// # Errors
///
/// No `info_hash`, more than [`MAX_SCRAPE`] of them, or one that is not 20 percent-encoded bytes.
pub fn parse_scrape(query: &[u8]) -> Result<Vec<WireHash>, AnnounceError> {
    let mut hashes = Vec::new();
    for (_, value) in parameters(query).filter(|&(key, _)| key == b"info_hash") {
        if hashes.len() == MAX_SCRAPE {
            return Err(AnnounceError::TooManyHashes);
        }
        hashes.push(WireHash(twenty_bytes("info_hash", value)?));
    }
    hashes.sort_unstable();
    hashes.dedup();
    if hashes.is_empty() { Err(AnnounceError::FullScrape) } else { Ok(hashes) }
}

/// Writes the answer to a scrape; `swarms` are ordered, each once, as [`parse_scrape`] gives them.
pub fn encode_scrape(swarms: &[(WireHash, ScrapeCounts)]) -> Vec<u8> {
    let mut out = Vec::with_capacity(16 + 90 * swarms.len());
    out.extend_from_slice(b"d5:filesd");
    for (hash, counts) in swarms {
        write_bytes(&mut out, hash.as_bytes());
        out.extend_from_slice(b"d8:complete");
        write_number(&mut out, u64::from(counts.complete));
        out.extend_from_slice(b"10:downloaded");
        write_number(&mut out, u64::from(counts.downloaded));
        out.extend_from_slice(b"10:incomplete");
        write_number(&mut out, u64::from(counts.incomplete));
        out.push(b'e');
    }
    out.extend_from_slice(b"ee");
    out
}
