//! Digests of what a row says.

use peerpool_catalogue::ItemFacts;
use peerpool_wire::channel::ItemKind;
use sha2::{Digest as _, Sha256};

/// Enough against what disks do; nobody who writes to the database means harm.
pub(super) type Digest = [u8; 16];

pub(super) fn of_torrent(torrent: &[u8]) -> Digest {
    short(Sha256::digest(torrent).into())
}

/// Of an item's facts, and of when it became known. A row from before that was recorded says 0, and its digest nothing.
pub(super) fn of_item(facts: &ItemFacts, added: u64) -> Digest {
    let ItemFacts { info_hash, name, kind, length, piece_length, pieces, files, private, root, v1_form } =
        facts;
    let mut text = Vec::with_capacity(256 + name.len());
    let mut part = |bytes: &[u8]| {
        // With its length, so that no two lists of parts read the same.
        text.extend_from_slice(&(bytes.len() as u64).to_be_bytes());
        text.extend_from_slice(bytes);
    };
    part(info_hash.v1().as_ref().map_or(&[], |hash| &hash.0));
    part(info_hash.v2().as_ref().map_or(&[], |hash| &hash.0));
    part(name.as_bytes());
    part(&[u8::from(*kind == ItemKind::Folder), u8::from(*private)]);
    part(&length.to_be_bytes());
    for number in [piece_length, pieces, files] {
        part(&number.to_be_bytes());
    }
    part(root.as_ref().map_or(&[], |root| &root.0));
    part(v1_form.as_ref().map_or(&[], |hash| &hash.0));
    if added > 0 {
        part(&added.to_be_bytes());
    }
    short(Sha256::digest(text).into())
}

fn short(whole: [u8; 32]) -> Digest {
    let mut digest = [0; 16];
    digest.copy_from_slice(&whole[..16]);
    digest
}
