//! Announce and scrape over HTTP, as a tracker sees them (BEP 3, 7, 21, 23, 24, 27, 31, 48).
//!
//! A query is read from the raw bytes after the `?`; an answer is written as bencode, keys in order.
//!
//! ```
//! use peerpool_wire::announce::{Announce, Event};
//!
//! let query = b"info_hash=aaaaaaaaaaaaaaaaaaaa&peer_id=-XX0001-123456789012&port=6881&left=0&event=started";
//! let announce = Announce::parse(query)?;
//! assert_eq!((announce.port, announce.left, announce.event), (6881, Some(0), Event::Started));
//! # Ok::<(), peerpool_wire::announce::AnnounceError>(())
//! ```

mod answer;
mod query;
mod scrape;
#[cfg(test)]
mod tests;

pub use answer::{AnnounceAnswer, AnnouncePeer, RetryIn, encode_failure};
pub use scrape::{MAX_SCRAPE, ScrapeCounts, encode_scrape, parse_scrape};

use crate::id::{PeerId, WireHash};

/// What a client says in an announce.
///
/// `ip=` is ignored: the address is that of the connection, or a client could aim a pool at a victim.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Announce {
    /// Which swarm: a v1 info-hash, or a v2 info-hash cut to 20 bytes.
    pub info_hash: WireHash,
    /// The client's peer id.
    pub peer_id: PeerId,
    /// Where it listens; never 0.
    pub port: u16,
    /// Bytes it still needs; `None` when it did not say, or said something that is no number.
    pub left: Option<u64>,
    /// Why the client announces.
    pub event: Event,
    /// How many peers it wants; `None` leaves the number to the tracker.
    pub numwant: Option<u32>,
    /// A secret by which a client shows that it is the same at another address (BEP 7), as a digest.
    pub key: Option<u64>,
    /// Whether peers are wanted as 6 (18) bytes each; what a client that says nothing gets too (BEP 23).
    pub compact: bool,
    /// Whether peer ids can be left out of a list that is not compact.
    pub no_peer_id: bool,
}

/// What happened at the client (BEP 3, BEP 21). Unknown events count as regular announces.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Event {
    /// A regular announce, or an unknown event.
    #[default]
    Regular,
    /// The first announce.
    Started,
    /// The download has just completed.
    Completed,
    /// The client leaves the swarm.
    Stopped,
    /// A partial seed: it lacks something and wants nothing more (BEP 21).
    Paused,
}

/// A query that is refused, in words fit for `failure reason`.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AnnounceError {
    /// A key that must be there is not.
    #[error("the announce has no `{0}`")]
    Missing(&'static str),
    /// A hash or peer id that is not 20 bytes.
    #[error("`{key}` has {length} bytes instead of 20")]
    WrongLength {
        /// The query key.
        key: &'static str,
        /// How long its value is.
        length: usize,
    },
    /// A `%` that two hexadecimal digits do not follow.
    #[error("`{0}` is not percent-encoded correctly")]
    BadEscape(&'static str),
    /// A port of 0, over 65535, or no number.
    #[error("`port` is not a port number from 1 to 65535")]
    BadPort,
    /// A scrape of all swarms.
    #[error("this tracker answers no full scrape: name each info_hash")]
    FullScrape,
    /// A scrape of more swarms than are answered at once.
    #[error("a scrape names {MAX_SCRAPE} swarms at most")]
    TooManyHashes,
}

impl Announce {
    /// Reads the part of an announce's URL after the `?`.
    ///
    /// # Errors
    ///
    /// `info_hash`, `peer_id` or `port` is missing or malformed. Other keys with malformed values count as absent.
    pub fn parse(query: &[u8]) -> Result<Self, AnnounceError> {
        query::parse(query)
    }
}
