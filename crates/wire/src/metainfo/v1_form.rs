//! The v1 form of a hybrid, for clients that know v1 alone (docs/protocol.md, "The v1 form").

use crate::bencode::{Limits, Node, entries};

use super::{Info, Kind};

/// Keys of version 2 (BEP 52); a client that hashes an info dictionary without them does not find a hybrid's swarm.
const V2_KEYS: [&[u8]; 2] = [b"file tree", b"meta version"];

/// The info dictionary without the keys of version 2; `None` for an item that is no hybrid.
pub(super) fn raw(info: &Info) -> Option<Vec<u8>> {
    if info.kind() != Kind::Hybrid {
        return None;
    }
    let entries = entries(info.raw(), Limits::TORRENT).ok()?;
    let kept = entries.into_iter().filter(|(key, _)| !V2_KEYS.contains(key));
    Some(Node::dict(kept.map(|(key, value)| (key, Node::Encoded(value.to_vec())))).encode())
}
