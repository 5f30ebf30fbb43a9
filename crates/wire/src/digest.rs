//! What a peer shares, as a digest: a peer that moves to another node of its pool shows it, and where the node's records
//! say the same, the peer registers nothing again.

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::id::{InfoHash, Sha1Hash, Sha256Hash};

/// A digest of the items that a peer has registered, and of which it has all.
///
/// The SHA-256 of one record of 53 bytes for each item, sorted as bytes: its v1 info-hash (20 bytes), its v2 info-hash (32
/// bytes), each all zeros where the item has none, and 1 where the peer has all of the item, else 0.
///
/// Which pieces a peer has of an item is not in it, since nodes do not tell each other: items of which it has a part are
/// registered anew in any case.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ShareDigest(Sha256Hash);

impl ShareDigest {
    /// The digest of these items, in any order, each named once by all hashes that it has, and with whether the peer has
    /// all of it.
    pub fn of(shares: impl IntoIterator<Item = (InfoHash, bool)>) -> Self {
        let mut records: Vec<[u8; RECORD]> = shares.into_iter().map(record).collect();
        records.sort_unstable();
        Self(Sha256Hash(Sha256::digest(records.as_flattened()).into()))
    }
}

const RECORD: usize = Sha1Hash::LEN + Sha256Hash::LEN + 1;

fn record((info_hash, is_all): (InfoHash, bool)) -> [u8; RECORD] {
    let mut record = [0; RECORD];
    let (v1, v2) = record.split_at_mut(Sha1Hash::LEN);
    let (v2, all) = v2.split_at_mut(Sha256Hash::LEN);
    if let Some(hash) = info_hash.v1() {
        v1.copy_from_slice(hash.as_bytes());
    }
    if let Some(hash) = info_hash.v2() {
        v2.copy_from_slice(hash.as_bytes());
    }
    all.fill(u8::from(is_all));
    record
}

#[cfg(test)]
mod tests {
    use super::*;

    const V1: InfoHash = InfoHash::v1_only(Sha1Hash([1; 20]));
    const V2: InfoHash = InfoHash::v2_only(Sha256Hash([2; 32]));
    const HYBRID: InfoHash = InfoHash::hybrid(Sha1Hash([1; 20]), Sha256Hash([2; 32]));

    fn digest(shares: &[(InfoHash, bool)]) -> String {
        ShareDigest::of(shares.iter().copied()).0.to_string()
    }

    #[test]
    fn a_digest_is_that_of_the_sorted_records() {
        // Of Python's hashlib: sha256(b"\0"*20 + b"\2"*32 + b"\0" + b"\1"*20 + b"\0"*32 + b"\1")
        assert_eq!(
            digest(&[(V1, true), (V2, false)]),
            "717eb5fa8d10d3896850f53f861062e4486f1a58d476be38353ab4e4bbcfbd21"
        );
        assert_eq!(digest(&[]), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    }

    #[test]
    fn a_digest_does_not_depend_on_the_order() {
        let shares = [(V1, true), (V2, false), (HYBRID, true)];
        let turned = [(HYBRID, true), (V1, true), (V2, false)];
        assert_eq!(digest(&shares), digest(&turned));
    }

    #[test]
    fn a_digest_tells_apart_what_a_peer_has_and_how_much() {
        let different = [
            digest(&[]),
            digest(&[(V1, true)]),
            digest(&[(V1, false)]),
            digest(&[(V2, true)]),
            digest(&[(HYBRID, true)]),
            digest(&[(V1, true), (V2, true)]),
        ];
        let set: std::collections::BTreeSet<&String> = different.iter().collect();
        assert_eq!(set.len(), different.len());
    }
}
