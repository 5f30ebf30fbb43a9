//! TLS 1.3 records after the handshake (RFC 8446, section 5), without I/O.
//!
//! ```text
//! 0x17 0x03 0x03 length(2)   sealed: payload(≤ 16384) ‖ type(1) ‖ zeros   tag(16)
//! ```
//!
//! A [`Sealer`] makes records out of payload, and an [`Opener`] payload out of records; an [`Inbox`] cuts what comes
//! from a socket into records. A connection has one [`pair`] of them. They know of each other only that the other end
//! has asked for a new key:
//!
//! - The sealer takes a new key before it has sealed [`RECORDS_PER_KEY`] records with one, and when the other end asks.
//! - The opener follows when the other end takes a new key.
//! - `close_notify` ends a direction. Bytes that end without it were cut off by somebody ([`OpenError::Truncated`]).
//!
//! Whatever else arrives ends the connection: other alerts, session tickets (there are none), handshake messages that
//! are cut up or follow each other in a record, records without content, and more than [`MAX_IDLE`] records in a row
//! that bring no payload.

mod header;
mod inbox;
mod key;
mod opener;
mod sealer;

use std::sync::{Arc, atomic::AtomicBool};

pub use header::{HEADER, MAX_PAYLOAD, MAX_RECORD, OVERHEAD};
pub use inbox::{CAPACITY, Inbox, Took};
pub use key::{KeyError, NextKey, Suite, TrafficKey};
pub use opener::{MAX_IDLE, OpenError, Opened, Opener};
pub use sealer::{RECORDS_PER_KEY, SealError, Sealer};

/// One direction of a connection.
pub struct Direction {
    /// The key of its next record.
    pub key: TrafficKey,
    /// Where the keys after that come from.
    pub next: NextKey,
}

impl std::fmt::Debug for Direction {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Direction").field("key", &self.key).finish_non_exhaustive()
    }
}

/// Both ends of what this side does of a connection.
pub fn pair(out: Direction, back: Direction) -> (Sealer, Opener) {
    let asked = Arc::new(AtomicBool::new(false));
    (Sealer::new(out, asked.clone()), Opener::new(back, asked))
}
