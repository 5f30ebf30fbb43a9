//! BEP 52 piece layers: the SHA-256 tree node of every piece, by the root of the file it belongs to.

use std::{collections::BTreeMap, sync::Arc};

use crate::{
    id::Sha256Hash,
    merkle,
    metainfo::{File, Info},
};

/// A piece layer that does not lead to the root of its file, or has not one hash for each piece.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the piece layer of file {file} of the item does not belong to it: ask another peer for it")]
pub struct WrongLayer {
    /// Index of the file in [`Info::files`].
    pub file: usize,
}

/// The piece layers known for an item, each checked against its root. Files with equal bytes share one; a file of
/// one piece has none, its root is all there is to know.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct PieceLayers {
    layers: BTreeMap<Sha256Hash, Arc<[Sha256Hash]>>,
}

impl PieceLayers {
    /// Keeps the layer of a file (its index in [`Info::files`]), if it leads to the file's root.
    ///
    /// # Errors
    ///
    /// The layer does not lead to the file's root. Nothing is kept then.
    pub fn insert(&mut self, info: &Info, file: usize, layer: Vec<Sha256Hash>) -> Result<(), WrongLayer> {
        let wrong = WrongLayer { file };
        let file = with_layer(info, file).ok_or(wrong)?;
        let root = file.root.ok_or(wrong)?;
        if file.length.div_ceil(u64::from(info.piece_length())) != layer.len() as u64 {
            return Err(wrong);
        }
        if self.layers.get(&root).is_some_and(|known| known[..] == layer[..]) {
            return Ok(());
        }
        let (bottom, top) =
            (merkle::piece_height(info.piece_length()), merkle::height(merkle::blocks(file.length)));
        if merkle::root(&layer, bottom, top) != root {
            return Err(wrong);
        }
        self.layers.insert(root, layer.into());
        Ok(())
    }

    /// The node of a piece: what its leaves must come to under a tree of the height that [`Info::v2_piece`] gives.
    /// `None` for a piece of padding alone, a v1-only item, and while the layer is not known.
    pub fn root_of_piece(&self, info: &Info, piece: u32) -> Option<Sha256Hash> {
        let place = info.v2_piece(piece)?;
        let file = info.files().get(place.file)?;
        let root = file.root?;
        if file.length <= u64::from(info.piece_length()) {
            return Some(root);
        }
        self.layer(root)?.get(place.index as usize).copied()
    }

    /// The layer of the files with this `pieces root`: one node a piece.
    pub fn layer(&self, root: Sha256Hash) -> Option<&[Sha256Hash]> {
        self.layers.get(&root).map(AsRef::as_ref)
    }

    /// All layers, in the order of their roots.
    pub fn iter(&self) -> impl Iterator<Item = (Sha256Hash, &[Sha256Hash])> {
        self.layers.iter().map(|(root, layer)| (*root, layer.as_ref()))
    }

    /// The files (indexes in [`Info::files`]) whose layer is not known yet; of files with equal bytes each.
    pub fn missing(&self, info: &Info) -> impl Iterator<Item = usize> {
        (0..info.files().len()).filter(|&file| {
            let root = with_layer(info, file).and_then(|file| file.root);
            root.is_some_and(|root| !self.layers.contains_key(&root))
        })
    }

    /// Whether the node of every piece is known.
    pub fn is_complete(&self, info: &Info) -> bool {
        self.missing(info).next().is_none()
    }
}

/// The file of this index if it has a piece layer: if it is longer than a piece.
fn with_layer(info: &Info, file: usize) -> Option<&File> {
    let file = info.files().get(file)?;
    (file.root.is_some() && file.length > u64::from(info.piece_length())).then_some(file)
}
