//! A bounded pool of buffers for payload.
//!
//! All payload that a peer holds at a time, received and not yet written or read and not yet sent, lies in buffers of
//! such a pool, so its memory has a limit. The buffer given back last is the next one handed out, while it is still
//! in the processor's cache; its bytes are set to zero once, when it is made.

use std::{
    ops::{Deref, DerefMut},
    sync::{Arc, Mutex, PoisonError},
};

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// Smallest buffer: one block. Each class is twice as long as the one before.
const SMALLEST: usize = 16 * 1024;
const CLASSES: usize = 7;
/// Longest run of payload that fits a buffer, in bytes.
pub(crate) const LONGEST: usize = SMALLEST << (CLASSES - 1);
/// Bytes that every buffer has beyond its class, for the headers of the blocks in it.
pub(crate) const HEADROOM: usize = 1024;
/// Free bytes that are kept for later.
const KEPT: usize = 8 << 20;

/// Hands out buffers, up to a number of bytes in all.
#[derive(Clone, Debug)]
pub(crate) struct BufferPool {
    shelves: Arc<Mutex<Shelves>>,
    places: Arc<Semaphore>,
}

#[derive(Debug, Default)]
struct Shelves {
    free: [Vec<Box<[u8]>>; CLASSES],
    free_bytes: usize,
}

/// A buffer out of the pool; dropping it gives it back.
#[derive(Debug)]
pub(crate) struct Buffer {
    bytes: Box<[u8]>,
    len: usize,
    class: usize,
    shelves: Arc<Mutex<Shelves>>,
    _place: OwnedSemaphorePermit,
}

impl BufferPool {
    /// A pool of `limit` bytes, headroom not counted.
    pub(crate) fn new(limit: usize) -> Self {
        Self { shelves: Arc::default(), places: Arc::new(Semaphore::new(limit / SMALLEST)) }
    }

    /// A buffer for `len` bytes of payload, of any content; waits until there is room for it. `None` when `len` is
    /// longer than [`LONGEST`].
    pub(crate) async fn take(&self, len: usize) -> Option<Buffer> {
        let class = class_of(len)?;
        let place = self.places.clone().acquire_many_owned(1 << class).await.ok()?;
        Some(self.make(len, class, place))
    }

    /// Like [`BufferPool::take`], but `None` when there is no room now.
    pub(crate) fn try_take(&self, len: usize) -> Option<Buffer> {
        let class = class_of(len)?;
        let place = self.places.clone().try_acquire_many_owned(1 << class).ok()?;
        Some(self.make(len, class, place))
    }

    fn make(&self, len: usize, class: usize, place: OwnedSemaphorePermit) -> Buffer {
        let kept = lock(&self.shelves).take(class);
        Buffer {
            bytes: kept.unwrap_or_else(|| vec![0; (SMALLEST << class) + HEADROOM].into_boxed_slice()),
            len,
            class,
            shelves: self.shelves.clone(),
            _place: place,
        }
    }
}

impl Shelves {
    fn take(&mut self, class: usize) -> Option<Box<[u8]>> {
        let bytes = self.free[class].pop()?;
        self.free_bytes -= bytes.len();
        Some(bytes)
    }

    fn put(&mut self, class: usize, bytes: Box<[u8]>) {
        if self.free_bytes + bytes.len() <= KEPT {
            self.free_bytes += bytes.len();
            self.free[class].push(bytes);
        }
    }
}

impl Buffer {
    /// Sets how many bytes of the buffer count; headroom may be used.
    pub(crate) fn resize(&mut self, len: usize) {
        self.len = len.min(self.bytes.len());
    }
}

impl Deref for Buffer {
    type Target = [u8];
    fn deref(&self) -> &[u8] {
        &self.bytes[..self.len]
    }
}

impl DerefMut for Buffer {
    fn deref_mut(&mut self) -> &mut [u8] {
        &mut self.bytes[..self.len]
    }
}

impl Drop for Buffer {
    fn drop(&mut self) {
        let bytes = std::mem::take(&mut self.bytes);
        lock(&self.shelves).put(self.class, bytes);
    }
}

/// The smallest class that `len` bytes fit.
fn class_of(len: usize) -> Option<usize> {
    (0..CLASSES).find(|class| SMALLEST << class >= len)
}

/// A panic while the lock is held leaves nothing half done.
fn lock(shelves: &Mutex<Shelves>) -> std::sync::MutexGuard<'_, Shelves> {
    shelves.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_full_pool_waits_until_a_buffer_comes_back() {
        let pool = BufferPool::new(2 * LONGEST);
        let first = pool.take(LONGEST).await.unwrap();
        let _second = pool.take(LONGEST - 1).await.unwrap();
        assert!(pool.try_take(1).is_none());
        let third = pool.take(1);
        drop(first);
        assert_eq!(third.await.unwrap().len(), 1);
    }

    #[tokio::test]
    async fn no_buffer_is_longer_than_the_longest() {
        assert!(BufferPool::new(4 * LONGEST).take(LONGEST + 1).await.is_none());
    }
}
