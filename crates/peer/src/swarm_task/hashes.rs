//! Computes the block hashes that a peer asks for (BEP 52, "hash request").

use peerpool_repository::digest::leaf_hashes;
use peerpool_wire::{geometry::Piece, id::Sha256Hash};

use crate::content::Content;

/// The SHA-256 of each block of a verified piece; `None` when it cannot be read. Blocks while it reads.
pub(super) fn read(content: &Content, piece: Piece) -> Option<Vec<Sha256Hash>> {
    let geometry = content.geometry();
    let mut bytes = vec![0; geometry.payload_end(piece) as usize];
    content.read_at(geometry.offset_of(piece), &mut bytes).ok()?;
    Some(leaf_hashes(&bytes))
}
