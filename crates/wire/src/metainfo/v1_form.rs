//! The v1 form of a hybrid, for clients that know v1 alone (docs/protocol.md, "The v1 form").

use crate::bencode::{Limits, Node, decode};

use super::{Info, Kind};

/// Keys of version 2 (BEP 52); a client that hashes an info dictionary without them does not find a hybrid's swarm.
const V2_KEYS: [&[u8]; 2] = [b"file tree", b"meta version"];

/// The info dictionary without the keys of version 2; `None` for an item that is no hybrid.
pub(super) fn of(info: &Info) -> Option<Info> {
    if info.kind() != Kind::Hybrid {
        return None;
    }
    let value = decode(info.raw(), Limits::TORRENT).ok()?;
    let kept = value.as_dict()?.iter().filter(|(key, _)| !V2_KEYS.contains(key));
    let form = Node::dict(kept.map(|(key, value)| (key, Node::Encoded(value.raw().to_vec()))));
    Info::from_bytes(&form.encode()).ok()
}
