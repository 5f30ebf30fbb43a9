//! Digests of what a row says.

use peerpool_catalogue::ItemFacts;
use peerpool_wire::channel::ItemKind;
use sha2::{Digest as _, Sha256};

/// Enough against what disks do; nobody who writes to the database means harm.
pub(super) type Digest = [u8; 16];

pub(super) fn of_torrent(torrent: &[u8]) -> Digest {
    short(Sha256::digest(torrent).into())
}

pub(super) fn of_facts(facts: &ItemFacts) -> Digest {
    let ItemFacts { info_hash, name, kind, length, piece_length, pieces, files, private, root, v1_form } =
        facts;
    let mut hasher = Sha256::new();
    let mut part = |bytes: &[u8]| {
        // With its length, so that no two lists of parts read the same.
        hasher.update((bytes.len() as u64).to_be_bytes());
        hasher.update(bytes);
    };
    part(&info_hash.v1().map_or(Vec::new(), |hash| hash.0.to_vec()));
    part(&info_hash.v2().map_or(Vec::new(), |hash| hash.0.to_vec()));
    part(name.as_bytes());
    part(&[u8::from(*kind == ItemKind::Folder), u8::from(*private)]);
    part(&length.to_be_bytes());
    for number in [piece_length, pieces, files] {
        part(&number.to_be_bytes());
    }
    part(&root.map_or(Vec::new(), |root| root.0.to_vec()));
    part(&v1_form.map_or(Vec::new(), |hash| hash.0.to_vec()));
    short(hasher.finalize().into())
}

fn short(whole: [u8; 32]) -> Digest {
    let mut digest = [0; 16];
    digest.copy_from_slice(&whole[..16]);
    digest
}
