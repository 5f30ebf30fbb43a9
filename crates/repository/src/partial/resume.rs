//! Finds out what a download has on disk beyond its last checkpoint.
//!
//! A killed process loses nothing that it wrote, only the record of it. So the data in pieces that are not recorded as
//! verified is read once: whole pieces are verified, and single blocks of the others are offered to be kept. A file
//! system that tells where a sparse file has data spares reading the rest.

use std::{collections::BTreeSet, fs::File};

use peerpool_wire::{
    geometry::{Geometry, Piece},
    id::Sha256Hash,
    metainfo::Metainfo,
};

use super::{content::Content, state::State};
use crate::{reading::Files, shared::ReadError, verify};

/// A piece of which some blocks were on disk, not verified, when the download was opened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ResumedPiece {
    /// The piece.
    pub piece: Piece,
    /// For each block the leaf hash of what is on disk; `None` where it must be fetched. Nobody is to blame when the
    /// piece turns out bad: then fetch all of it.
    pub leaves: Vec<Option<Sha256Hash>>,
}

/// What was on disk when the download was opened, beside the pieces recorded as verified.
#[derive(Debug, Clone, Default)]
pub struct Resumed {
    /// Pieces with some blocks and not all.
    pub pieces: Vec<ResumedPiece>,
    /// Bytes that were read and hashed because they were written after the last checkpoint.
    pub rehashed: u64,
}

/// Takes back pieces whose files are gone, and adds those that are on disk without being recorded.
pub(super) fn recover(
    metainfo: &Metainfo,
    content: &Content,
    state: &mut State,
) -> Result<Resumed, ReadError> {
    let geometry = metainfo.info.geometry();
    for file in content.real_files().filter(|file| !content.is_made(*file)) {
        for piece in geometry.pieces_of_file(file).filter_map(|index| geometry.piece(index)) {
            state.verified.clear(piece);
        }
    }
    let mut resumed = Resumed::default();
    for piece in pieces_with_data(geometry, content, state)? {
        resumed.rehashed += geometry.payload_of(piece);
        let found = verify::examine(metainfo, content, piece, state.check_both)?;
        if found.good {
            state.verified.set(piece);
        } else {
            let kept = found.blocks.into_iter().map(|block| block.is_written.then_some(block.leaf));
            let leaves: Vec<Option<Sha256Hash>> = kept.collect();
            if leaves.iter().any(Option::is_some) {
                resumed.pieces.push(ResumedPiece { piece, leaves });
            }
        }
    }
    Ok(resumed)
}

/// The pieces that are not recorded as verified, and have data on disk.
fn pieces_with_data(
    geometry: &Geometry,
    content: &Content,
    state: &State,
) -> Result<BTreeSet<Piece>, ReadError> {
    let mut pieces = BTreeSet::new();
    let unverified = |index: &Piece| !state.verified.has(*index);
    for nth in content.real_files().filter(|file| content.is_made(*file)) {
        let all = geometry.pieces_of_file(nth);
        let mut open_pieces = all.clone().filter_map(|index| geometry.piece(index)).filter(unverified);
        let Some(first) = open_pieces.next() else { continue };
        let file = content.open(nth)?;
        // Where the file begins, counted from the start of its first piece.
        let lead = lead_of(geometry, nth, all.start);
        let length = u64::from(geometry.piece_length());
        let mut at =
            geometry.offset_of(first).saturating_sub(u64::from(all.start) * length).saturating_sub(lead);
        while let Some((from, to)) = next_data(&file, at) {
            let touched = (lead + from) / length..=(lead + to - 1) / length;
            let indexes = touched.filter_map(|nth| u32::try_from(nth).ok()?.checked_add(all.start));
            let within =
                indexes.filter(|index| all.contains(index)).filter_map(|index| geometry.piece(index));
            pieces.extend(within.filter(unverified));
            at = to;
        }
    }
    Ok(pieces)
}

/// Bytes of the file's first piece that lie before the file.
fn lead_of(geometry: &Geometry, file: usize, first: u32) -> u64 {
    let Some(piece) = geometry.piece(first) else {
        return 0;
    };
    let spans = geometry.file_spans(geometry.offset_of(piece), u64::from(geometry.length_of(piece)));
    spans.take_while(|span| span.file != file).map(|span| span.length).sum()
}

/// The next run of data in a sparse file from `at` on, as offsets; the rest of the file where the file system does not
/// tell.
fn next_data(file: &File, at: u64) -> Option<(u64, u64)> {
    use rustix::{fs::SeekFrom, io::Errno};
    let end = file.metadata().ok()?.len();
    if at >= end {
        return None;
    }
    let from = match rustix::fs::seek(file, SeekFrom::Data(at)) {
        Ok(from) => from,
        Err(Errno::NXIO) => return None,
        Err(_) => return Some((at, end)),
    };
    let to = rustix::fs::seek(file, SeekFrom::Hole(from)).unwrap_or(end);
    (from < to).then_some((from, to.min(end)))
}
