//! Hashing files on all cores, each byte read once.
//!
//! Big files are cut into ranges of whole pieces, and all ranges of all files form one queue for the workers. A
//! worker reads a buffer that fits the processor's cache and takes SHA-1 and SHA-256 from it while it is hot.

use std::{
    collections::HashMap,
    fs::File,
    io,
    num::NonZero,
    os::unix::fs::FileExt,
    path::PathBuf,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    thread,
};

use peerpool_wire::{
    canonical::FileHashes,
    id::{Sha1Hash, Sha256Hash},
};

use crate::{
    beneath::Directory,
    digest::{self, LEAF, Sha1},
    error::{DiskError, Fault},
    merkle,
    refresh::{Cancel, Cause},
    stamp::Stamp,
};

/// Bytes read at once: 64 leaves, as many as the multi-buffer hash wants.
const BUFFER: usize = 64 * LEAF;

/// Bytes of a file that one worker takes at once; a whole number of pieces is made of it.
const RANGE: u64 = 32 * 1024 * 1024;

/// A file to be hashed.
#[derive(Debug)]
pub(crate) struct Job {
    /// Beneath the directory that is hashed in.
    pub(crate) path: PathBuf,
    /// As the file was found; its size is not 0.
    pub(crate) stamp: Stamp,
    /// A power of two of at least one leaf.
    pub(crate) piece_length: u32,
}

/// Receives what the workers find; called from all of them.
pub(crate) trait Listener: Sync {
    /// `bytes` more of the job are hashed.
    fn progress(&self, job: usize, bytes: u64);
    /// The job is done, or cannot be.
    fn finished(&self, job: usize, result: Result<FileHashes, Cause>);
}

/// Hashes all jobs, in order as far as several workers have an order, and returns when all are finished or `cancel`
/// was called; what is not finished then is never reported.
pub(crate) fn hash_files(root: &Directory, jobs: &[Job], cancel: &Cancel, listener: &dyn Listener) {
    let queue = Queue { jobs, next: Mutex::new((0, 0)), halves: Mutex::new(HashMap::new()) };
    let workers = thread::available_parallelism().map_or(1, NonZero::get).min(queue.ranges());
    thread::scope(|scope| {
        for _ in 1..workers {
            scope.spawn(|| work(root, &queue, cancel, listener));
        }
        work(root, &queue, cancel, listener);
    });
}

/// The ranges that nobody has taken yet, and the results of files of which some ranges are still missing.
struct Queue<'a> {
    jobs: &'a [Job],
    /// The next job and the range in it.
    next: Mutex<(usize, u64)>,
    halves: Mutex<HashMap<usize, Parts>>,
}

/// The results of a file's ranges; `None` for those that are not done.
struct Parts {
    ranges: Vec<Option<Result<RangeHashes, Cause>>>,
    missing: usize,
}

/// What one range adds to its file's hashes.
struct RangeHashes {
    v1: Vec<Sha1Hash>,
    v1_tail: Option<Sha1Hash>,
    nodes: Vec<Sha256Hash>,
}

struct Range {
    job: usize,
    nth: u64,
    offset: u64,
    length: u64,
}

impl Queue<'_> {
    /// Number of ranges, counted as far as more workers would be of use.
    fn ranges(&self) -> usize {
        let ranges: u64 = self.jobs.iter().take(1024).map(ranges_of).fold(0, u64::saturating_add);
        usize::try_from(ranges).unwrap_or(usize::MAX).max(1)
    }

    fn take(&self) -> Option<Range> {
        let mut next = self.next.lock().unwrap_or_else(PoisonError::into_inner);
        let (job, nth) = *next;
        let file = self.jobs.get(job)?;
        *next = if nth + 1 < ranges_of(file) { (job, nth + 1) } else { (job + 1, 0) };
        let offset = nth * range_length(file);
        Some(Range {
            job,
            nth,
            offset,
            length: range_length(file).min(file.stamp.size.saturating_sub(offset)),
        })
    }

    /// Keeps a range's result; gives all of the file's results with its last one.
    fn put(&self, range: &Range, result: Result<RangeHashes, Cause>) -> Option<Parts> {
        let count = usize::try_from(ranges_of(&self.jobs[range.job])).unwrap_or(usize::MAX);
        let mut halves = self.halves.lock().unwrap_or_else(PoisonError::into_inner);
        let parts = halves
            .entry(range.job)
            .or_insert_with(|| Parts { ranges: (0..count).map(|_| None).collect(), missing: count });
        if let Some(part) = usize::try_from(range.nth).ok().and_then(|nth| parts.ranges.get_mut(nth)) {
            *part = Some(result);
            parts.missing -= 1;
        }
        if parts.missing == 0 { halves.remove(&range.job) } else { None }
    }
}

fn range_length(job: &Job) -> u64 {
    let piece = u64::from(job.piece_length);
    RANGE.div_ceil(piece) * piece
}

fn ranges_of(job: &Job) -> u64 {
    job.stamp.size.div_ceil(range_length(job)).max(1)
}

fn work(root: &Directory, queue: &Queue<'_>, cancel: &Cancel, listener: &dyn Listener) {
    let mut buffer = vec![0; BUFFER];
    while let Some(range) = queue.take() {
        let job = &queue.jobs[range.job];
        let hashed =
            hash_range(root, job, &range, &mut buffer, cancel, &|bytes| listener.progress(range.job, bytes));
        let Some(result) = hashed.transpose() else { return };
        if let Some(parts) = queue.put(&range, result) {
            listener.finished(range.job, assemble(job, parts));
        }
    }
}

/// Hashes one range, looking before and after whether the file is still the one that was found. `None` when
/// cancelled.
fn hash_range(
    root: &Directory,
    job: &Job,
    range: &Range,
    buffer: &mut [u8],
    cancel: &Cancel,
    progress: &dyn Fn(u64),
) -> Result<Option<RangeHashes>, Cause> {
    let unreadable = |error: DiskError| match error.fault() {
        Fault::Missing => Cause::Vanished,
        _ => Cause::Unreadable(Arc::new(error)),
    };
    let failed = |error: io::Error| unreadable(DiskError::new("read", root.path().join(&job.path), error));
    let file = root.open_file(&job.path).map_err(unreadable)?;
    ensure_unchanged(&file, job).map_err(failed)?.ok_or(Cause::Changing)?;
    advise_sequential(&file);
    let mut hasher = RangeHasher::new(job.stamp.size, job.piece_length);
    let end = range.offset + range.length;
    let mut at = range.offset;
    while at < end {
        if cancel.is_cancelled() {
            return Ok(None);
        }
        let step = usize::try_from(end - at).unwrap_or(usize::MAX).min(buffer.len());
        match file.read_exact_at(&mut buffer[..step], at) {
            Ok(()) => {}
            Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => return Err(Cause::Changing),
            Err(error) => return Err(failed(error)),
        }
        hasher.update(&buffer[..step]);
        at += step as u64;
        progress(step as u64);
    }
    ensure_unchanged(&file, job).map_err(failed)?.ok_or(Cause::Changing)?;
    Ok(Some(hasher.finish()))
}

fn ensure_unchanged(file: &File, job: &Job) -> io::Result<Option<()>> {
    Ok(Stamp::of_open(file)?.same_content(&job.stamp).then_some(()))
}

/// Lets the system read further ahead. Advice only: its refusal does not matter.
fn advise_sequential(file: &File) {
    #[cfg(target_os = "linux")]
    let _ = rustix::fs::fadvise(file, 0, None, rustix::fs::Advice::Sequential);
    #[cfg(not(target_os = "linux"))]
    let _ = file;
}

/// Hashes whole pieces in order, given in runs that end on leaf boundaries (or at the end of the file).
struct RangeHasher {
    piece_length: u32,
    piece_width: usize,
    /// The piece in the making: its SHA-1, its bytes so far, its leaves so far.
    sha1: Sha1,
    filled: usize,
    leaves: Vec<Sha256Hash>,
    done: RangeHashes,
}

impl RangeHasher {
    fn new(file_length: u64, piece_length: u32) -> Self {
        Self {
            piece_length,
            piece_width: merkle::piece_width(file_length, piece_length),
            sha1: Sha1::new(),
            filled: 0,
            leaves: Vec::new(),
            done: RangeHashes { v1: Vec::new(), v1_tail: None, nodes: Vec::new() },
        }
    }

    fn update(&mut self, data: &[u8]) {
        let mut leaves = [Sha256Hash([0; 32]); BUFFER / LEAF];
        let mut leaves = &mut leaves[..data.len().div_ceil(LEAF).min(BUFFER / LEAF)];
        digest::leaf_hashes_into(data, leaves);
        let mut rest = data;
        while !rest.is_empty() {
            let room = self.piece_length as usize - self.filled;
            let (now, later) = rest.split_at(room.min(rest.len()));
            let (leaves_now, leaves_later) = leaves.split_at_mut(now.len().div_ceil(LEAF).min(leaves.len()));
            self.sha1.update(now);
            self.leaves.extend_from_slice(leaves_now);
            self.filled += now.len();
            if self.filled == self.piece_length as usize {
                self.end_piece();
            }
            (rest, leaves) = (later, leaves_later);
        }
    }

    fn end_piece(&mut self) {
        let node = merkle::root_of_leaves(std::mem::take(&mut self.leaves), self.piece_width);
        let mut padded = std::mem::replace(&mut self.sha1, Sha1::new());
        let missing = self.piece_length as usize - self.filled;
        let as_short_as_it_is = (missing > 0).then(|| padded.clone().finish());
        padded.update_zeros(missing as u64);
        let v1 = padded.finish();
        self.done.nodes.push(node);
        self.done.v1.push(v1);
        self.done.v1_tail = Some(as_short_as_it_is.unwrap_or(v1));
        self.filled = 0;
    }

    fn finish(mut self) -> RangeHashes {
        if self.filled > 0 {
            self.end_piece();
        }
        self.done
    }
}

/// Joins the ranges' hashes to those of the file.
fn assemble(job: &Job, parts: Parts) -> Result<FileHashes, Cause> {
    let mut hashes = FileHashes { length: job.stamp.size, ..FileHashes::default() };
    for part in parts.ranges {
        let part = part.unwrap_or(Err(Cause::Vanished))?;
        hashes.v1.extend(part.v1);
        hashes.layer.extend(part.nodes);
        hashes.v1_tail = part.v1_tail;
    }
    if hashes.layer.len() > 1 {
        let width = merkle::piece_width(job.stamp.size, job.piece_length);
        hashes.root = Some(merkle::root_of_layer(hashes.layer.clone(), width));
    } else {
        hashes.root = hashes.layer.pop();
    }
    Ok(hashes)
}

/// Counts bytes for a progress display, and says when it is time to show it.
#[derive(Debug)]
pub(crate) struct Meter {
    total: u64,
    done: AtomicU64,
    shown: AtomicU64,
}

impl Meter {
    pub(crate) fn new(total: u64) -> Self {
        Self { total, done: AtomicU64::new(0), shown: AtomicU64::new(0) }
    }

    pub(crate) fn total(&self) -> u64 {
        self.total
    }

    pub(crate) fn done(&self) -> u64 {
        self.done.load(Ordering::Relaxed)
    }

    /// Adds bytes; gives the sum about every half per cent, but not more often than each MiB, and at the end.
    pub(crate) fn add(&self, bytes: u64) -> Option<u64> {
        let step = (self.total / 200).max(1024 * 1024);
        let done = self.done.fetch_add(bytes, Ordering::Relaxed).saturating_add(bytes);
        let shown = self.shown.load(Ordering::Relaxed);
        let due = done >= shown.saturating_add(step) || done >= self.total;
        let mine =
            due && self.shown.compare_exchange(shown, done, Ordering::Relaxed, Ordering::Relaxed).is_ok();
        mine.then_some(done)
    }
}
