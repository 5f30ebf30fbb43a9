//! Reading runs of an item's piece space out of its files.

use std::{
    fs::File,
    io::{self, IoSliceMut},
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
    /// Whether what was just read from the file is to be trusted.
    fn check(&self, file: usize, open: &File) -> Result<(), ReadError>;
    /// What it means that the system refused to read, or that the file ended early.
    fn failed(&self, file: usize, error: io::Error) -> ReadError;
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
