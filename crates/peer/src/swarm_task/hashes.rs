//! Computes the block hashes that a peer asks for (BEP 52, "hash request").

use peerpool_repository::digest::leaf_hashes;
use peerpool_wire::{
    geometry::BLOCK,
    id::Sha256Hash,
    merkle::{self, Tree},
    message::HashRequest,
};

use crate::content::Content;

/// The hashes below a file's piece layer, with their proof; `None` when they cannot be had. Blocks while it reads.
pub(super) fn read(content: &Content, request: &HashRequest) -> Option<Vec<Sha256Hash>> {
    let metainfo = content.metainfo();
    let file = metainfo
        .info
        .files()
        .iter()
        .find(|file| file.root == Some(request.root))?;
    let piece_length = metainfo.info.piece_length();
    let base = merkle::piece_height(piece_length).min(merkle::height(merkle::blocks(file.length)));
    let layer = match metainfo.piece_layers.layer(request.root) {
        Some(layer) if !layer.is_empty() => layer.to_vec(),
        _ => vec![request.root],
    };
    let tree = Tree::new(file.length, base, layer)?;
    let first_block = u64::from(request.index) << request.base_layer;
    let node = first_block >> base;
    let begin = (node << base).checked_mul(u64::from(BLOCK))?;
    let length = file.length.checked_sub(begin)?.min(u64::from(piece_length));
    let mut bytes = vec![0; usize::try_from(length).ok()?];
    content.read_at(file.offset + begin, &mut bytes).ok()?;
    tree.answer_below(request, node, &leaf_hashes(&bytes))
}
