//! One worker hashes several pieces at once.

use std::{fs::File, io, os::unix::fs::FileExt, sync::Arc};

use peerpool_wire::id::{Sha1Hash, Sha256Hash};

use super::{
    Job, Listener,
    queue::{FilePiece, PieceHashes},
};
use crate::{
    beneath::Directory,
    digest::{self, LEAF, Sha1},
    error::{DiskError, Fault},
    merkle,
    refresh::{Cancel, Cause},
    stamp::Stamp,
};

/// Pieces that are hashed side by side: as many as SHA-1 has lanes.
pub(super) const PIECES: usize = 16;

/// Bytes of each piece that are read at once. Those of all pieces fit the processor's cache, and make as many leaves as
/// multi-buffer SHA-256 wants.
const STEP: usize = 4 * LEAF;

static ZEROS: [u8; STEP] = [0; STEP];

/// One thread's part of the work, and its buffer.
pub(super) struct Worker<'a> {
    root: &'a Directory,
    jobs: &'a [Job],
    cancel: &'a Cancel,
    listener: &'a dyn Listener,
    /// A step of each piece.
    buffer: Vec<u8>,
    /// The last opened file, which most often has the next piece, too.
    open: Option<(usize, Arc<File>)>,
}

/// A piece on its way.
struct Lane<'p> {
    piece: &'p FilePiece,
    job: &'p Job,
    file: Result<Arc<File>, Cause>,
    leaves: Vec<Sha256Hash>,
    v1_tail: Option<Sha1Hash>,
}

impl Lane<'_> {
    /// Bytes of the piece in the step that begins `at` bytes into it, and zeros after them.
    fn step(&self, at: u64) -> (usize, usize) {
        let content = self.piece.length.saturating_sub(at).min(STEP as u64);
        let whole = u64::from(self.job.piece_length).saturating_sub(at).min(STEP as u64);
        (content as usize, (whole - content) as usize)
    }
}

impl<'a> Worker<'a> {
    pub(super) fn new(
        root: &'a Directory,
        jobs: &'a [Job],
        cancel: &'a Cancel,
        listener: &'a dyn Listener,
    ) -> Self {
        Self { root, jobs, cancel, listener, buffer: vec![0; PIECES * STEP], open: None }
    }

    /// Hashes at most [`PIECES`] pieces, checking before and after that their files are still those that were found.
    /// `None` when cancelled.
    pub(super) fn hash(&mut self, pieces: &[FilePiece]) -> Option<Vec<Result<PieceHashes, Cause>>> {
        let mut lanes: Vec<Lane<'_>> = pieces.iter().map(|piece| self.lane(piece)).collect();
        read_ahead(&lanes);
        let mut streams = vec![Sha1::new(); lanes.len()];
        let longest = lanes.iter().map(|lane| lane.job.piece_length).max().unwrap_or(0);
        for at in (0..u64::from(longest)).step_by(STEP) {
            if self.cancel.is_cancelled() {
                return None;
            }
            self.read(&mut lanes, at);
            let runs: Vec<&[u8]> =
                self.buffer.chunks(STEP).zip(&lanes).map(|(step, lane)| &step[..lane.step(at).0]).collect();
            hash_leaves(&mut lanes, &runs);
            hash_streams(&mut lanes, &mut streams, &runs, at);
        }
        let finished = lanes.into_iter().zip(streams).map(|(lane, stream)| {
            self.ensure_unchanged(lane.job, &*lane.file?)?;
            let width = merkle::piece_width(lane.job.stamp.size, lane.job.piece_length);
            let (node, v1) = (merkle::root_of_leaves(lane.leaves, width), stream.finish());
            Ok(PieceHashes { v1, v1_tail: lane.v1_tail.unwrap_or(v1), node })
        });
        Some(finished.collect())
    }

    fn lane<'p>(&mut self, piece: &'p FilePiece) -> Lane<'p>
    where
        'a: 'p,
    {
        let job = &self.jobs[piece.job];
        let leaves = Vec::with_capacity((piece.length as usize).div_ceil(LEAF));
        Lane { piece, job, file: self.file(piece.job), leaves, v1_tail: None }
    }

    fn file(&mut self, nth: usize) -> Result<Arc<File>, Cause> {
        if let Some((open, file)) = &self.open
            && *open == nth
        {
            return Ok(file.clone());
        }
        let job = &self.jobs[nth];
        let file = Arc::new(self.root.open_file(&job.path).map_err(unreadable)?);
        self.ensure_unchanged(job, &file)?;
        self.open = Some((nth, file.clone()));
        Ok(file)
    }

    fn ensure_unchanged(&self, job: &Job, file: &File) -> Result<(), Cause> {
        let now = Stamp::of_open(file).map_err(|error| self.failed(job, error))?;
        if now == job.stamp { Ok(()) } else { Err(Cause::Changing) }
    }

    /// Reads a step of each piece into its part of the buffer.
    fn read(&mut self, lanes: &mut [Lane<'_>], at: u64) {
        let mut buffer = std::mem::take(&mut self.buffer);
        for (lane, step) in lanes.iter_mut().zip(buffer.chunks_mut(STEP)) {
            let length = lane.step(at).0;
            let Ok(file) = &lane.file else { continue };
            if length == 0 {
                continue;
            }
            match file.read_exact_at(&mut step[..length], lane.piece.offset + at) {
                Ok(()) => self.listener.progress(lane.piece.job, length as u64),
                Err(error) => lane.file = Err(self.failed(lane.job, error)),
            }
        }
        self.buffer = buffer;
    }

    fn failed(&self, job: &Job, error: io::Error) -> Cause {
        match error.kind() {
            io::ErrorKind::UnexpectedEof => Cause::Changing,
            _ => unreadable(DiskError::new("read", self.root.path().join(&job.path), error)),
        }
    }
}

fn unreadable(error: DiskError) -> Cause {
    match error.fault() {
        Fault::Missing => Cause::Vanished,
        _ => Cause::Unreadable(Arc::new(error)),
    }
}

fn hash_leaves(lanes: &mut [Lane<'_>], runs: &[&[u8]]) {
    let mut leaves = [Sha256Hash([0; 32]); PIECES * STEP / LEAF];
    digest::leaf_hashes_of(runs.iter().copied(), &mut leaves);
    let mut rest = leaves.as_slice();
    for (lane, run) in lanes.iter_mut().zip(runs) {
        let (own, others) = rest.split_at(run.len().div_ceil(LEAF));
        lane.leaves.extend_from_slice(own);
        rest = others;
    }
}

/// Feeds the step at `at` to the streams: the bytes, and zeros where a piece is shorter than the others.
fn hash_streams(lanes: &mut [Lane<'_>], streams: &mut [Sha1], runs: &[&[u8]], at: u64) {
    let zeros = |lane: &Lane<'_>| &ZEROS[..lane.step(at).1];
    let is_over = |lane: &Lane<'_>| lane.piece.length <= at;
    let first: Vec<&[u8]> =
        lanes.iter().zip(runs).map(|(lane, run)| if is_over(lane) { zeros(lane) } else { run }).collect();
    Sha1::update_all(streams, &first);
    let ends_here = |lane: &Lane<'_>| {
        let is_short = lane.piece.length < u64::from(lane.job.piece_length);
        is_short && !is_over(lane) && lane.piece.length <= at + STEP as u64
    };
    if lanes.iter().any(ends_here) {
        let ending = lanes.iter_mut().zip(streams.iter()).filter(|(lane, _)| ends_here(lane));
        for (lane, stream) in ending {
            lane.v1_tail = Some(stream.clone().finish());
        }
        let filling: Vec<&[u8]> =
            lanes.iter().map(|lane| if ends_here(lane) { zeros(lane) } else { &[] }).collect();
        Sha1::update_all(streams, &filling);
    }
}

/// Asks the disk to read ahead what the lanes will need, and as much after it, in the order of the file. This is only
/// advice, so failing does not matter.
fn read_ahead(lanes: &[Lane<'_>]) {
    #[cfg(target_os = "linux")]
    for run in lanes.chunk_by(|one, next| one.piece.job == next.piece.job) {
        let (Some(first), Some(last)) = (run.first(), run.last()) else { continue };
        let length = 2 * (last.piece.offset + last.piece.length - first.piece.offset);
        if let (Ok(file), Some(length)) = (&first.file, std::num::NonZero::new(length)) {
            let _ = rustix::fs::fadvise(file, first.piece.offset, Some(length), rustix::fs::Advice::WillNeed);
        }
    }
    #[cfg(not(target_os = "linux"))]
    let _ = lanes;
}
