//! What of an item is fetched.

use peerpool_repository::Wanted;
use peerpool_wire::{bitfield::Bitfield, metainfo::Info};

/// The wanted files, and the pieces that they need.
#[derive(Clone, Debug)]
pub(crate) struct Selection {
    wanted: Wanted,
    pieces: Bitfield,
}

impl Selection {
    pub(super) fn new(info: &Info, wanted: Wanted) -> Self {
        let geometry = info.geometry();
        let mut pieces = Bitfield::none(geometry.piece_count());
        for file in selected(info, &wanted) {
            for piece in geometry.pieces_of_file(file).filter_map(|index| geometry.piece(index)) {
                pieces.set(piece);
            }
        }
        Self { wanted, pieces }
    }

    pub(crate) fn wanted(&self) -> &Wanted {
        &self.wanted
    }

    pub(crate) fn is_whole(&self) -> bool {
        self.wanted == Wanted::Whole
    }

    pub(crate) fn pieces(&self) -> &Bitfield {
        &self.pieces
    }

    /// The indexes of the selected files.
    pub(crate) fn files(&self, info: &Info) -> impl Iterator<Item = usize> {
        selected(info, &self.wanted)
    }

    /// The bytes of the selected files.
    pub(super) fn length(&self, info: &Info) -> u64 {
        match self.is_whole() {
            true => info.length(),
            false => self.files(info).filter_map(|file| info.files().get(file)).map(|file| file.length).sum(),
        }
    }

    /// Whether all of it is among these pieces.
    pub(crate) fn is_within(&self, have: &Bitfield) -> bool {
        !have.lacks_any_of(&self.pieces)
    }
}

fn selected(info: &Info, wanted: &Wanted) -> impl Iterator<Item = usize> {
    let files = (0..).zip(info.files());
    files.filter(|(nth, file)| !file.pad && wanted.has_file(*nth)).map(|(nth, _)| nth)
}
