//! Recovers what a download has on disk beyond its last checkpoint.
//!
//! A killed process loses only the record of what it wrote, not the data. So the data in pieces that are not recorded
//! as verified is read once: whole pieces are verified, and single blocks of the others can be kept. Holes of sparse
//! files are not read, except where a piece is zeros by its hashes, because zeros are never written.
//!
//! The record counts only for files that still have the stamps it left them with. The pieces of any other file, written
//! after the checkpoint or by somebody else, are read again.

use std::collections::BTreeSet;

use peerpool_wire::{
    geometry::{Geometry, Piece},
    id::{Sha1Hash, Sha256Hash},
    metainfo::Metainfo,
};

use super::{files::DownloadFiles, state::DownloadState};
use crate::{
    digest::{LEAF, Sha1, ZeroLeaves},
    merkle,
    reading::Files,
    runs,
    shared::ReadError,
    verify,
};

/// A piece of which some blocks were on disk, not verified, when the download was opened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ResumedPiece {
    /// Piece index.
    pub piece: Piece,
    /// For each block the leaf hash of what is on disk; `None` where it must be fetched. If the piece turns out bad,
    /// nobody is to blame: fetch all of it.
    pub leaves: Vec<Option<Sha256Hash>>,
}

/// What was on disk when the download was opened, besides the pieces recorded as verified.
#[derive(Debug, Clone, Default)]
pub struct Resumed {
    /// Pieces of which some blocks are there, but not all.
    pub pieces: Vec<ResumedPiece>,
    /// Bytes that were read and hashed because they were written after the last checkpoint.
    pub rehashed: u64,
}

/// Drops pieces whose files are gone, and adds those that are on disk without being recorded.
pub(super) fn recover(
    metainfo: &Metainfo,
    files: &DownloadFiles,
    state: &mut DownloadState,
) -> Result<Resumed, ReadError> {
    let geometry = metainfo.info.geometry();
    let recorded = state.verified.clone();
    for file in files.real_files().filter(|file| !files.is_as_left(*file)) {
        for piece in geometry.pieces_of_file(file).filter_map(|index| geometry.piece(index)) {
            state.verified.clear(piece);
        }
    }
    let mut resumed = Resumed::default();
    let mut pieces = pieces_with_data(geometry, files, state)?;
    pieces.extend(pieces_of_zeros(metainfo, files, state));
    for piece in pieces {
        resumed.rehashed += geometry.payload_of(piece);
        let found = verify::examine(metainfo, files, piece, state.check_both)?;
        if found.good {
            state.verified.set(piece);
        } else if recorded.has(piece) {
            // It was good before, so somebody wrote to it: keep nothing of it.
        } else {
            let kept = found.blocks.into_iter().map(|block| block.is_written.then_some(block.leaf));
            let leaves: Vec<Option<Sha256Hash>> = kept.collect();
            if leaves.iter().any(Option::is_some) {
                resumed.pieces.push(ResumedPiece { piece, leaves });
            }
        }
    }
    files.settle_all();
    Ok(resumed)
}

/// The pieces that are not recorded as verified but have data on disk.
fn pieces_with_data(
    geometry: &Geometry,
    files: &DownloadFiles,
    state: &DownloadState,
) -> Result<BTreeSet<Piece>, ReadError> {
    let mut pieces = BTreeSet::new();
    let unverified = |index: &Piece| !state.verified.has(*index);
    for nth in files.real_files().filter(|file| files.is_made(*file)) {
        let all = geometry.pieces_of_file(nth);
        let mut open_pieces = all.clone().filter_map(|index| geometry.piece(index)).filter(unverified);
        let Some(first) = open_pieces.next() else { continue };
        let file = files.open(nth)?;
        // Where the file begins, counted from the start of its first piece.
        let lead = lead_of(geometry, nth, all.start);
        let length = u64::from(geometry.piece_length());
        let mut at =
            geometry.offset_of(first).saturating_sub(u64::from(all.start) * length).saturating_sub(lead);
        while let Some(run) = runs::next_data(&file, at) {
            let touched = (lead + run.start) / length..=(lead + run.end - 1) / length;
            let indexes = touched.filter_map(|nth| u32::try_from(nth).ok()?.checked_add(all.start));
            let within =
                indexes.filter(|index| all.contains(index)).filter_map(|index| geometry.piece(index));
            pieces.extend(within.filter(unverified));
            at = run.end;
        }
    }
    Ok(pieces)
}

/// The pieces that are not recorded as verified but are zeros by their hashes, and whose files are all there.
fn pieces_of_zeros(metainfo: &Metainfo, files: &DownloadFiles, state: &DownloadState) -> Vec<Piece> {
    let geometry = metainfo.info.geometry();
    let is_made = |piece: &Piece| {
        let mut spans =
            geometry.file_spans(geometry.offset_of(*piece), u64::from(geometry.payload_end(*piece)));
        spans.all(|span| span.pad || files.is_made(span.file))
    };
    let mut zeros = ZeroHashes::default();
    let unverified = geometry.pieces().filter(|piece| !state.verified.has(*piece));
    unverified.filter(|piece| is_made(piece) && zeros.are(metainfo, *piece)).collect()
}

/// The hashes of pieces of zeros, each computed once as long as pieces are of one length.
#[derive(Default)]
pub(super) struct ZeroHashes {
    v1: Option<(u32, Sha1Hash)>,
    v2: Option<((u32, usize), Sha256Hash)>,
    leaves: ZeroLeaves,
}

impl ZeroHashes {
    /// Whether a piece consists of zeros, by one of its hashes.
    pub(super) fn are(&mut self, metainfo: &Metainfo, piece: Piece) -> bool {
        let geometry = metainfo.info.geometry();
        if let Some(expected) = metainfo.piece_layers.root_of_piece(&metainfo.info, piece.index()) {
            let shape = (geometry.payload_end(piece), merkle::width_of_piece(&metainfo.info, piece));
            return self.root(shape) == expected;
        }
        let Some(expected) = metainfo.info.v1_pieces().get(piece.as_usize()) else { return false };
        let length = geometry.length_of(piece);
        let known = self.v1.filter(|(of, _)| *of == length);
        known.unwrap_or_else(|| *self.v1.insert((length, zero_sha1(length)))).1 == *expected
    }

    /// The root over so many zeros in a tree that is so many leaves wide.
    fn root(&mut self, shape @ (length, width): (u32, usize)) -> Sha256Hash {
        if let Some((_, known)) = self.v2.filter(|(of, _)| *of == shape) {
            return known;
        }
        let (whole, last) = (length as usize / LEAF, length as usize % LEAF);
        let mut leaves = vec![self.leaves.hash(LEAF); whole];
        if last > 0 {
            leaves.push(self.leaves.hash(last));
        }
        self.v2.insert((shape, merkle::root_of_leaves(leaves, width))).1
    }
}

fn zero_sha1(length: u32) -> Sha1Hash {
    let mut sha1 = Sha1::new();
    sha1.update_zeros(length.into());
    sha1.finish()
}

/// Bytes of the file's first piece that lie before the file.
fn lead_of(geometry: &Geometry, file: usize, first: u32) -> u64 {
    let Some(piece) = geometry.piece(first) else {
        return 0;
    };
    let spans = geometry.file_spans(geometry.offset_of(piece), u64::from(geometry.length_of(piece)));
    spans.take_while(|span| span.file != file).map(|span| span.length).sum()
}
