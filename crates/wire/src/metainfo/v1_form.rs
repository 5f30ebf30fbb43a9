//! The v1 form of a hybrid, for clients that know only v1 (docs/protocol.md, "The v1 form"), and the private form of
//! that ("The private form").

use sha1::{Digest as _, Sha1};

use crate::{
    bencode::{BencodeError, Limits, entries, write_bytes},
    id::Sha1Hash,
};

/// Keys of version 2 (BEP 52); a client that hashes an info dictionary without them does not find a hybrid's swarm.
const V2_KEYS: [&[u8]; 2] = [b"file tree", b"meta version"];

/// What tells clients to ask this tracker alone for peers (BEP 27).
const PRIVATE: &[u8] = b"private";

/// Whether `private=1` is set, whatever stood there.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Private {
    AsItIs,
    Set,
}

/// A hybrid's info dictionary without the keys of version 2.
pub(super) fn raw(hybrid: &[u8]) -> Result<Vec<u8>, BencodeError> {
    let mut raw = Vec::new();
    write(hybrid, Private::AsItIs, |bytes| raw.extend_from_slice(bytes))?;
    Ok(raw)
}

/// The same with `private=1`, which gives it an info-hash of its own.
pub(super) fn private_raw(info: &[u8]) -> Result<Vec<u8>, BencodeError> {
    let mut raw = Vec::new();
    write(info, Private::Set, |bytes| raw.extend_from_slice(bytes))?;
    Ok(raw)
}

/// Its info-hash.
pub(super) fn hash(hybrid: &[u8]) -> Result<Sha1Hash, BencodeError> {
    let mut sha1 = Sha1::new();
    write(hybrid, Private::AsItIs, |bytes| sha1.update(bytes))?;
    Ok(Sha1Hash(sha1.finalize().into()))
}

fn write(info: &[u8], private: Private, mut out: impl FnMut(&[u8])) -> Result<(), BencodeError> {
    out(b"d");
    let mut name = Vec::new();
    let mut unset = private == Private::Set;
    let mut entry = |key: &[u8], value: &[u8]| {
        name.clear();
        write_bytes(key, &mut name);
        out(&name);
        out(value);
    };
    for (key, value) in entries(info, Limits::TORRENT)?.into_iter().filter(|(key, _)| !V2_KEYS.contains(key))
    {
        if unset && key >= PRIVATE {
            entry(PRIVATE, b"i1e");
            unset = false;
        }
        if private == Private::AsItIs || key != PRIVATE {
            entry(key, value);
        }
    }
    if unset {
        entry(PRIVATE, b"i1e");
    }
    out(b"e");
    Ok(())
}
