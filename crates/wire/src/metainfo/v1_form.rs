//! The v1 form of a hybrid, for clients that know only v1 (docs/protocol.md, "The v1 form").

use sha1::{Digest as _, Sha1};

use crate::{
    bencode::{BencodeError, Limits, entries, write_bytes},
    id::Sha1Hash,
};

/// Keys of version 2 (BEP 52); a client that hashes an info dictionary without them does not find a hybrid's swarm.
const V2_KEYS: [&[u8]; 2] = [b"file tree", b"meta version"];

/// A hybrid's info dictionary without the keys of version 2.
pub(super) fn raw(hybrid: &[u8]) -> Result<Vec<u8>, BencodeError> {
    let mut raw = Vec::new();
    write(hybrid, |bytes| raw.extend_from_slice(bytes))?;
    Ok(raw)
}

/// Its info-hash.
pub(super) fn hash(hybrid: &[u8]) -> Result<Sha1Hash, BencodeError> {
    let mut sha1 = Sha1::new();
    write(hybrid, |bytes| sha1.update(bytes))?;
    Ok(Sha1Hash(sha1.finalize().into()))
}

fn write(hybrid: &[u8], mut out: impl FnMut(&[u8])) -> Result<(), BencodeError> {
    out(b"d");
    let mut name = Vec::new();
    for (key, value) in
        entries(hybrid, Limits::TORRENT)?.into_iter().filter(|(key, _)| !V2_KEYS.contains(key))
    {
        name.clear();
        write_bytes(key, &mut name);
        out(&name);
        out(value);
    }
    out(b"e");
    Ok(())
}
