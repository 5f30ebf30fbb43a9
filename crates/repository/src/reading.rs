//! Reading runs of an item's piece space out of its files.

use std::{
    fs::File,
    io::{self, IoSliceMut},
    num::NonZero,
    os::unix::fs::FileExt,
    sync::Arc,
};

use peerpool_wire::geometry::{FileSpan, Geometry};

use crate::shared::ReadError;

/// The files that an item is read from.
pub(crate) trait Files {
    /// The item's name, for messages.
    fn item(&self) -> &str;
    /// The file of that number, opened.
    fn open(&self, file: usize) -> Result<Arc<File>, ReadError>;
    /// The file of that number, if it is open already.
    fn opened(&self, file: usize) -> Option<Arc<File>>;
    /// Checks that what was just read from the file can be trusted.
    fn check(&self, file: usize, open: &File) -> Result<(), ReadError>;
    /// Interprets a failed read, or a file that ended early.
    fn failed(&self, file: usize, error: io::Error) -> ReadError;
}

/// A run of an item's bytes within one file, to be sent without reading it.
#[derive(Debug)]
pub struct FileRun {
    /// The open file that holds the run.
    pub open: Arc<File>,
    /// Where the run begins in it.
    pub offset: u64,
    file: usize,
}

/// The run of `length` bytes from `offset` on, if it lies in one open file and, as far as a few samples tell, in the
/// page cache, so that sending it does not wait for the disk. Call [`check_run`] when it is sent.
pub(crate) fn cached_run(
    geometry: &Geometry,
    files: &impl Files,
    offset: u64,
    length: u64,
) -> Result<Option<FileRun>, ReadError> {
    let mut spans = geometry.file_spans(offset, length);
    let (Some(span @ FileSpan { pad: false, .. }), None) = (spans.next(), spans.next()) else {
        return Ok(None);
    };
    let Some(open) = files.opened(span.file).filter(|_| span.length == length) else {
        return Ok(None);
    };
    let run = FileRun { open, offset: span.offset, file: span.file };
    if !is_cached(&run.open, span.offset, length) {
        return Ok(None);
    }
    check_run(files, &run)?;
    Ok(Some(run))
}

/// Whether the file of a run is still the one that was hashed.
pub(crate) fn check_run(files: &impl Files, run: &FileRun) -> Result<(), ReadError> {
    files.check(run.file, &run.open)
}

/// Samples bytes at intervals shorter than the system's read-ahead.
#[cfg(target_os = "linux")]
fn is_cached(file: &File, offset: u64, length: u64) -> bool {
    const EVERY: usize = 64 * 1024;
    let is_there = |at: u64| {
        let mut byte = [0];
        let flags = rustix::io::ReadWriteFlags::NOWAIT;
        rustix::io::preadv2(file, &mut [IoSliceMut::new(&mut byte)], at, flags) == Ok(1)
    };
    (0..length).step_by(EVERY).chain([length.saturating_sub(1)]).all(|within| is_there(offset + within))
}

/// Other systems cannot tell without waiting.
#[cfg(not(target_os = "linux"))]
fn is_cached(_: &File, _: u64, _: u64) -> bool {
    false
}

/// Fills `buffer` with the bytes from `offset` on; pads are zeros.
pub(crate) fn read_at(
    geometry: &Geometry,
    files: &impl Files,
    offset: u64,
    buffer: &mut [u8],
) -> Result<(), ReadError> {
    ensure_within(geometry, files, offset, buffer.len())?;
    let mut rest = buffer;
    for span in geometry.file_spans(offset, rest.len() as u64) {
        let length = usize::try_from(span.length).unwrap_or(usize::MAX).min(rest.len());
        let (now, later) = rest.split_at_mut(length);
        if span.pad {
            now.fill(0);
        } else {
            let open = files.open(span.file)?;
            open.read_exact_at(now, span.offset).map_err(|error| files.failed(span.file, error))?;
            files.check(span.file, &open)?;
        }
        rest = later;
    }
    Ok(())
}

/// Fills several buffers one after the other, with one system call where the run lies in one file.
pub(crate) fn read_vectored_at(
    geometry: &Geometry,
    files: &impl Files,
    offset: u64,
    buffers: &mut [IoSliceMut<'_>],
) -> Result<(), ReadError> {
    let length = buffers.iter().map(|buffer| buffer.len()).sum();
    ensure_within(geometry, files, offset, length)?;
    let mut spans = geometry.file_spans(offset, length as u64);
    if let (Some(span @ FileSpan { pad: false, .. }), None) = (spans.next(), spans.next()) {
        let open = files.open(span.file)?;
        let read = rustix::io::preadv(&*open, buffers, span.offset);
        if read.map_err(|error| files.failed(span.file, error.into()))? == length {
            return files.check(span.file, &open);
        }
        // A short read is rare (a signal, a limit on vectors): read again, buffer by buffer.
    }
    let mut at = offset;
    for buffer in buffers {
        read_at(geometry, files, at, buffer)?;
        at += buffer.len() as u64;
    }
    Ok(())
}

/// Has the system begin to read the bytes from `offset` on, which are wanted soon. Opening their files may wait for the
/// disk, their content does not; what fails, fails again for whoever reads it.
#[cfg(target_os = "linux")]
pub(crate) fn read_ahead(geometry: &Geometry, files: &impl Files, offset: u64, length: u64) {
    use rustix::fs::{Advice, fadvise};
    for span in geometry.file_spans(offset, length).filter(|span| !span.pad) {
        if let Ok(open) = files.open(span.file) {
            let _ = fadvise(&*open, span.offset, NonZero::new(span.length), Advice::WillNeed);
        }
    }
}

/// Other systems read when they are asked to.
#[cfg(not(target_os = "linux"))]
pub(crate) fn read_ahead(_: &Geometry, _: &impl Files, _: u64, _: u64) {}

/// Like [`read_vectored_at`] without waiting for the disk; whether all of it was in memory, in one file that is open.
#[cfg(target_os = "linux")]
pub(crate) fn read_cached_vectored_at(
    geometry: &Geometry,
    files: &impl Files,
    offset: u64,
    buffers: &mut [IoSliceMut<'_>],
) -> Result<bool, ReadError> {
    let length = buffers.iter().map(|buffer| buffer.len()).sum();
    ensure_within(geometry, files, offset, length)?;
    let mut spans = geometry.file_spans(offset, length as u64);
    let (Some(span @ FileSpan { pad: false, .. }), None) = (spans.next(), spans.next()) else {
        return Ok(false);
    };
    let Some(open) = files.opened(span.file) else { return Ok(false) };
    let read = rustix::io::preadv2(&*open, buffers, span.offset, rustix::io::ReadWriteFlags::NOWAIT);
    // Whoever waits for the disk learns what else is wrong.
    if read != Ok(length) {
        return Ok(false);
    }
    files.check(span.file, &open)?;
    Ok(true)
}

/// Other systems cannot tell without waiting.
#[cfg(not(target_os = "linux"))]
pub(crate) fn read_cached_vectored_at(
    _: &Geometry,
    _: &impl Files,
    _: u64,
    _: &mut [IoSliceMut<'_>],
) -> Result<bool, ReadError> {
    Ok(false)
}

fn ensure_within(
    geometry: &Geometry,
    files: &impl Files,
    offset: u64,
    length: usize,
) -> Result<(), ReadError> {
    let end = offset.saturating_add(length as u64);
    if end > geometry.total() {
        return Err(ReadError::OutOfItem { item: files.item().to_owned(), offset, end });
    }
    Ok(())
}
