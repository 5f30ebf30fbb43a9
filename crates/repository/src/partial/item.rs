//! An open download.

use std::{
    io::IoSliceMut,
    sync::{Arc, Mutex, PoisonError},
};

use peerpool_wire::{
    bitfield::Bitfield,
    geometry::{BLOCK, Geometry, Piece},
    id::{InfoHash, Sha1Hash, Sha256Hash},
    metainfo::Metainfo,
};
use rustc_hash::FxHashMap;

use super::{
    PartialError, PieceWriter, Resumed, ResumedPiece, Wanted,
    files::{DownloadFiles, LastFile},
    resume::ZeroHashes,
    state::DownloadState,
};
use crate::{
    merkle,
    problem::Problem,
    reading::{self, FileRun},
    shared::ReadError,
    verify,
};

/// The name of the torrent in a download's folder.
pub(super) const TORRENT: &str = "torrent";

/// An item being downloaded. Shared by the threads that write its pieces, each through its own [`PieceWriter`].
#[derive(Debug)]
pub struct PartialItem {
    metainfo: Arc<Metainfo>,
    files: DownloadFiles,
    /// What is verified, and what else the state file holds.
    state: Mutex<DownloadState>,
    /// The state that is on disk; held while a checkpoint is made.
    recorded: Mutex<Option<DownloadState>>,
    resumed: Resumed,
    /// Leaf hashes found on disk, until their piece is written again.
    left_over: Mutex<FxHashMap<Piece, Vec<Option<Sha256Hash>>>>,
}

impl PartialItem {
    pub(super) fn new(
        metainfo: Arc<Metainfo>,
        files: DownloadFiles,
        state: DownloadState,
        resumed: Resumed,
    ) -> Self {
        let left_over = resumed.pieces.iter().map(|piece| (piece.piece, piece.leaves.clone())).collect();
        Self {
            metainfo,
            files,
            state: Mutex::new(state),
            recorded: Mutex::new(None),
            resumed,
            left_over: Mutex::new(left_over),
        }
    }

    /// The item's name in its torrent.
    pub fn name(&self) -> &str {
        self.metainfo.info.name()
    }

    /// What is downloaded.
    pub fn metainfo(&self) -> Arc<Metainfo> {
        self.metainfo.clone()
    }

    /// The item's info-hash.
    pub fn info_hash(&self) -> InfoHash {
        self.metainfo.info.hash()
    }

    /// Its files in the folder `name` that have a marked name, because the file system cannot hold their own.
    pub fn marked(&self, name: &str) -> Vec<Problem> {
        self.files.local_names().problems(name)
    }

    /// How its bytes divide into pieces and files.
    pub fn geometry(&self) -> &Geometry {
        self.metainfo.info.geometry()
    }

    /// The part of it that is wanted.
    pub fn wanted(&self) -> Wanted {
        self.state().wanted.clone()
    }

    /// The pieces that the wanted part needs.
    pub fn wanted_pieces(&self) -> Bitfield {
        self.pieces_of(self.wanted())
    }

    fn pieces_of(&self, wanted: Wanted) -> Bitfield {
        let count = self.geometry().piece_count();
        let mut pieces = Bitfield::none(count);
        match wanted {
            Wanted::Whole => pieces = Bitfield::all(count),
            Wanted::Files(files) => {
                let indexes = files.into_iter().flat_map(|file| self.geometry().pieces_of_file(file));
                for piece in indexes.filter_map(|index| self.geometry().piece(index)) {
                    pieces.set(piece);
                }
            }
        }
        pieces
    }

    /// The pieces verified so far, whose data can be read.
    pub fn verified(&self) -> Bitfield {
        self.state().verified.clone()
    }

    /// What else was found on disk when the download was opened.
    pub fn resumed(&self) -> &Resumed {
        &self.resumed
    }

    /// Compares pieces of a hybrid with both of their hashes from now on, across restarts. Needed for a torrent from a
    /// stranger, whose v1 and v2 hashes may disagree. Costs a SHA-1 of every byte. Call it before
    /// [`PartialItem::piece`].
    pub fn check_both(&self) {
        self.state().check_both = true;
    }

    /// Starts writing a piece. One thread at a time owns a piece; different pieces may go in parallel. The first writer
    /// of a [`super::ResumedPiece`] takes over its leaves.
    pub fn piece(self: &Arc<Self>, piece: Piece) -> PieceWriter {
        let left_over = self.left_over.lock().unwrap_or_else(PoisonError::into_inner).remove(&piece);
        PieceWriter::new(self.clone(), piece, left_over)
    }

    /// Reads bytes of verified pieces, from `offset` in the piece space on; pads are zeros. The caller asks only for
    /// pieces that it knows to be verified.
    ///
    /// # Errors
    ///
    /// The disk fails, or a file is gone, cut short, or changed since it was delivered.
    pub fn read_at(&self, offset: u64, buffer: &mut [u8]) -> Result<(), ReadError> {
        reading::read_at(self.geometry(), &self.files, offset, buffer)
    }

    /// Like [`PartialItem::read_at`], into several buffers one after the other.
    ///
    /// # Errors
    ///
    /// As for [`PartialItem::read_at`].
    pub fn read_vectored_at(&self, offset: u64, buffers: &mut [IoSliceMut<'_>]) -> Result<(), ReadError> {
        reading::read_vectored_at(self.geometry(), &self.files, offset, buffers)
    }

    /// The same without waiting for the disk; false where not all of it is in memory, in one file that is open.
    ///
    /// # Errors
    ///
    /// As for [`PartialItem::read_at`].
    pub fn read_cached_vectored_at(
        &self,
        offset: u64,
        buffers: &mut [IoSliceMut<'_>],
    ) -> Result<bool, ReadError> {
        reading::read_cached_vectored_at(self.geometry(), &self.files, offset, buffers)
    }

    /// Has the system begin to read the bytes from `offset` on, which are wanted soon. May wait until their files are
    /// open, not for their content; [`PartialItem::read_at`] tells what fails.
    pub fn read_ahead(&self, offset: u64, length: u64) {
        reading::read_ahead(self.geometry(), &self.files, offset, length);
    }

    /// The run of `length` bytes of verified pieces from `offset` on, to send without reading it. `None` where sending
    /// might wait for the disk.
    ///
    /// # Errors
    ///
    /// As for [`PartialItem::read_at`].
    pub fn cached_run(&self, offset: u64, length: u64) -> Result<Option<FileRun>, ReadError> {
        reading::cached_run(self.geometry(), &self.files, offset, length)
    }

    /// Checks that the file of a run is unchanged, if it was delivered into the repository.
    ///
    /// # Errors
    ///
    /// [`ReadError::Changed`] if it is not, or the disk fails.
    pub fn check_run(&self, run: &FileRun) -> Result<(), ReadError> {
        reading::check_run(&self.files, run)
    }

    /// Makes the data of all pieces verified so far durable, then records them; in this order, nothing is recorded that
    /// is not on disk. Takes as long as the disk needs and blocks no writer: call it from its own thread, every few
    /// seconds while data arrives. Costs nothing when nothing is new.
    ///
    /// # Errors
    ///
    /// The disk fails or is full. Nothing new is recorded then; the next checkpoint tries again.
    pub fn checkpoint(&self) -> Result<(), PartialError> {
        let mut recorded = self.recorded.lock().unwrap_or_else(PoisonError::into_inner);
        let mut state = self.state().clone();
        state.delivered = self.files.delivered();
        // Taken before the sync: at worst a file is verified again.
        state.stamps = self.files.fingerprints();
        if recorded.as_ref() == Some(&state) {
            return Ok(());
        }
        self.files.sync().map_err(PartialError::disk(self.name()))?;
        state.save(self.files.folder()).map_err(PartialError::disk(self.name()))?;
        let kept = state.save_decided(self.files.folder(), recorded.as_ref());
        kept.map_err(PartialError::disk(self.name()))?;
        *recorded = Some(state);
        Ok(())
    }

    /// Whether the disk has room for what is missing of the wanted part, with `more` of it, beside what is promised to
    /// other downloads.
    pub(super) fn ensure_room(&self, more: Wanted, promised: u64) -> Result<(), PartialError> {
        let free = self.files.folder().free().map_err(PartialError::disk(self.name()))?;
        let missing = self.missing(self.wanted().with(more));
        match free.filter(|free| missing > free.saturating_sub(promised)) {
            Some(free) => Err(PartialError::NoRoom { item: self.name().to_owned(), missing, free, promised }),
            None => Ok(()),
        }
    }

    /// Bytes that it still needs on the disk. Of pieces that are on their way all counts.
    pub(super) fn needed(&self) -> u64 {
        self.missing(self.wanted())
    }

    /// Bytes that a part needs and that are not on disk. Zeros are never written there.
    fn missing(&self, wanted: Wanted) -> u64 {
        let (wanted, verified) = (self.pieces_of(wanted), self.verified());
        let mut zeros = ZeroHashes::default();
        let is_missing =
            |piece: &Piece| wanted.has(*piece) && !verified.has(*piece) && !zeros.are(&self.metainfo, *piece);
        let there = |begun: &ResumedPiece| begun.leaves.iter().flatten().count() as u64 * u64::from(BLOCK);
        let there: FxHashMap<Piece, u64> =
            self.resumed.pieces.iter().map(|begun| (begun.piece, there(begun))).collect();
        let missing = |piece: Piece| {
            let there = there.get(&piece).copied().unwrap_or_default();
            self.geometry().payload_of(piece).saturating_sub(there)
        };
        self.geometry().pieces().filter(is_missing).map(missing).sum()
    }

    /// Adds to the wanted part.
    pub(super) fn want(&self, more: Wanted) {
        let mut state = self.state();
        state.wanted = state.wanted.clone().with(more);
    }

    pub(crate) fn files(&self) -> &DownloadFiles {
        &self.files
    }

    /// Records that a file was delivered into the repository's folder `name`.
    pub(crate) fn set_delivered_to(&self, name: &str) {
        self.state().delivered_to = Some(name.to_owned());
    }

    /// Reads a verified piece again. If it is no longer good, it counts as missing from then on.
    ///
    /// # Errors
    ///
    /// As for [`PartialItem::read_at`]; the piece still counts as verified then.
    pub fn verify_piece(&self, piece: Piece) -> Result<bool, ReadError> {
        let good = self.examine(piece)?;
        if !good {
            let (at, length) = (self.geometry().offset_of(piece), self.geometry().length_of(piece));
            // No stamp gave it away, so everything else in its files is read again when the download is next opened.
            for span in self.geometry().file_spans(at, u64::from(length)) {
                self.files.distrust(span.file);
            }
        }
        Ok(good)
    }

    fn examine(&self, piece: Piece) -> Result<bool, ReadError> {
        let good = verify::examine(&self.metainfo, &self.files, piece, self.checks_both())?.good;
        if !good {
            self.state().verified.clear(piece);
        }
        Ok(good)
    }

    /// Verifies again all pieces of files that somebody else wrote to since the download did; bad ones count as
    /// missing. Returns the delivered files that were changed in the repository, which now belong to their owner alone.
    pub(crate) fn verify_modified(&self) -> Result<Vec<usize>, PartialError> {
        let failed = PartialError::disk(self.name());
        let mut owned = Vec::new();
        for (file, stamp) in self.files.modified_by_others().map_err(&failed)? {
            let pieces =
                self.geometry().pieces_of_file(file).filter_map(|index| self.geometry().piece(index));
            // Any write from here on changes the stamp again.
            self.files.settle(file, stamp.map_or(0, |stamp| stamp.fingerprint()));
            let good = match stamp {
                Some(_) => self.are_good(file, pieces.clone())?,
                None => false,
            };
            if !good {
                let delivered = self.files.delivered_as(file).is_some();
                self.files.give_up(file).map_err(&failed)?;
                let mut state = self.state();
                for piece in pieces {
                    state.verified.clear(piece);
                }
                owned.extend(delivered.then_some(file));
            }
        }
        Ok(owned)
    }

    /// Whether all verified ones of these pieces of a file are still good.
    fn are_good(&self, file: usize, pieces: impl Iterator<Item = Piece>) -> Result<bool, PartialError> {
        let verified = self.verified();
        let mut good = true;
        for piece in pieces.filter(|piece| verified.has(*piece)) {
            match self.examine(piece) {
                Ok(examined) => good &= examined,
                Err(ReadError::Disk(source)) => {
                    return Err(PartialError::Disk { item: self.name().to_owned(), source });
                }
                Err(_) => {
                    self.files.distrust(file);
                    let path = self.metainfo.info.files().get(file).map(|file| file.path.join("/"));
                    let (item, path) = (self.name().to_owned(), path.unwrap_or_default());
                    return Err(PartialError::Touched { item, path });
                }
            }
        }
        Ok(good)
    }

    /// What the next checkpoint records, except how the files were left.
    pub(super) fn recorded_state(&self) -> DownloadState {
        DownloadState { delivered: self.files.delivered(), ..self.state().clone() }
    }

    /// The folder of the repository that files were delivered into.
    pub(crate) fn delivered_to(&self) -> Option<String> {
        self.state().delivered_to.clone()
    }

    pub(super) fn checks_both(&self) -> bool {
        self.state().check_both
    }

    /// The v2 root of a piece, as far as its layer is known.
    pub(super) fn root_of(&self, piece: Piece) -> Option<Sha256Hash> {
        self.metainfo.piece_layers.root_of_piece(&self.metainfo.info, piece.index())
    }

    /// The v1 hash of a piece.
    pub(super) fn v1_of(&self, piece: Piece) -> Option<Sha1Hash> {
        self.metainfo.info.v1_pieces().get(piece.as_usize()).copied()
    }

    /// The width, in leaves, of the tree under a piece (BEP 52: a piece of v2 lies in one file).
    pub(super) fn width_of(&self, piece: Piece) -> usize {
        merkle::width_of_piece(&self.metainfo.info, piece)
    }

    pub(super) fn write_at(&self, offset: u64, data: &[u8], last: &mut LastFile) -> Result<(), PartialError> {
        let written = self.files.write_at(self.geometry(), offset, data, last);
        written.map_err(PartialError::disk(self.name()))
    }

    pub(super) fn set_verified(&self, piece: Piece) {
        self.state().verified.set(piece);
    }

    fn state(&self) -> std::sync::MutexGuard<'_, DownloadState> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
