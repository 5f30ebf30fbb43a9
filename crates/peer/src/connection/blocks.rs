//! Reads the blocks that are to be sent.

use std::{io::IoSliceMut, sync::Arc};

use peerpool_repository::{FileRun, ReadError};
use peerpool_wire::{
    geometry::{Geometry, Span},
    message::{BLOCK_HEADER, block_header},
};
use tokio::sync::watch;

use super::write_queue::Run;
use crate::{
    buffer::{Buffer, BufferPool},
    item_data::ItemData,
};

/// A run of so many bytes is read right here where it is in memory: another thread would have to be woken for it.
const AT_ONCE: usize = 64 * 1024;

/// Where blocks are read from, and into which buffers.
pub(super) struct Blocks {
    pub(super) geometry: Arc<Geometry>,
    pub(super) item_data: watch::Receiver<ItemData>,
    pub(super) pool: BufferPool,
}

impl Blocks {
    /// A block that can be sent out of its file without waiting for the disk; `None` when it must be read, which also
    /// tells which blocks cannot be.
    pub(super) fn in_file(&self, span: Span) -> Result<Option<(ItemData, FileRun)>, ReadError> {
        let item_data = self.item_data.borrow().clone();
        match item_data.cached_run(self.geometry.offset_of_span(span), span.length().into()) {
            Ok(run) => Ok(run.map(|run| (item_data, run))),
            Err(ReadError::Disk(_)) => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Reads a run into a buffer: header, payload, header, payload …; gives the blocks back with it.
    /// `None` when the peer ends.
    pub(super) async fn read(&self, run: Run) -> Option<(Result<Buffer, ReadError>, Vec<Span>)> {
        let mut buffer = self.pool.take(run.bytes).await?;
        buffer.resize(run.bytes + run.spans.len() * BLOCK_HEADER);
        let (item_data, geometry) = (self.item_data.borrow().clone(), self.geometry.clone());
        if run.bytes <= AT_ONCE {
            match read_run(&mut buffer, &geometry, &run.spans, |at, into| {
                item_data.read_cached_vectored_at(at, into)
            }) {
                Ok(true) => return Some((Ok(buffer), run.spans)),
                Ok(false) => {}
                Err(error) => return Some((Err(error), run.spans)),
            }
        }
        let reading = tokio::task::spawn_blocking(move || {
            read_ahead(&item_data, &geometry, &run.spans);
            let read = read_run(&mut buffer, &geometry, &run.spans, |at, into| {
                item_data.read_vectored_at(at, into).map(|()| true)
            });
            (read.map(|_| buffer), run.spans)
        });
        reading.await.ok()
    }
}

/// Has the system read the parts of a run that do not follow each other, files for the most part, side by side: a disk
/// does so sooner than one after the other.
fn read_ahead(item_data: &ItemData, geometry: &Geometry, spans: &[Span]) {
    if adjacent_spans(geometry, spans).nth(1).is_some() {
        for adjacent in adjacent_spans(geometry, spans) {
            let bytes = adjacent.iter().map(|span| u64::from(span.length())).sum();
            item_data.read_ahead(geometry.offset_of_span(adjacent[0]), bytes);
        }
    }
}

/// The blocks of a run, those together of which each begins where the one before it ends.
fn adjacent_spans<'s>(geometry: &Geometry, spans: &'s [Span]) -> impl Iterator<Item = &'s [Span]> {
    spans.chunk_by(|one, next| {
        geometry.offset_of_span(*one) + u64::from(one.length()) == geometry.offset_of_span(*next)
    })
}

/// Fills the buffer, with one call of `read` for blocks that follow each other; false as soon as one of them says so.
fn read_run(
    buffer: &mut Buffer,
    geometry: &Geometry,
    spans: &[Span],
    read: impl Fn(u64, &mut [IoSliceMut<'_>]) -> Result<bool, ReadError>,
) -> Result<bool, ReadError> {
    let mut unfilled: &mut [u8] = buffer;
    for adjacent in adjacent_spans(geometry, spans) {
        let mut payloads = Vec::with_capacity(adjacent.len());
        for span in adjacent {
            let (header, behind) = unfilled.split_at_mut(BLOCK_HEADER);
            let (payload, behind) = behind.split_at_mut(span.length() as usize);
            header.copy_from_slice(&block_header((*span).into()));
            payloads.push(IoSliceMut::new(payload));
            unfilled = behind;
        }
        if let Some(first) = adjacent.first()
            && !read(geometry.offset_of_span(*first), &mut payloads)?
        {
            return Ok(false);
        }
    }
    Ok(true)
}

/// Payload bytes among the first `written` bytes of a run.
pub(super) fn payload_within(spans: &[Span], written: usize) -> usize {
    let mut start = 0;
    let mut payload = 0;
    for span in spans {
        let length = span.length() as usize;
        payload += written.saturating_sub(start + BLOCK_HEADER).min(length);
        start += BLOCK_HEADER + length;
    }
    payload
}
