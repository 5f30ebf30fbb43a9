//! A bounded pool of buffers for payload.
//!
//! All payload that a peer holds lies in buffers of such a pool, whether it waits for the disk or for a socket, so its
//! memory is bounded. The pool hands out the buffer that came back last, which is still in the processor's cache. A
//! buffer is zeroed once, when it is allocated.

use std::{
    ops::{Deref, DerefMut},
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicUsize, Ordering},
    },
};

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// Smallest buffer: one block. Each class is twice as long as the one before.
pub(crate) const SMALLEST: usize = 16 * 1024;
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
    permits: Arc<Semaphore>,
    limit: usize,
    /// How many wait for a buffer.
    waiting: Arc<AtomicUsize>,
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
    _permit: OwnedSemaphorePermit,
}

/// Room in the pool without a buffer; dropping it gives it back.
#[derive(Debug)]
pub(crate) struct Hold {
    bytes: usize,
    _permit: OwnedSemaphorePermit,
}

impl Hold {
    pub(crate) fn bytes(&self) -> usize {
        self.bytes
    }
}

/// One that waits for a buffer.
struct Waiting<'p>(&'p AtomicUsize);

impl<'p> Waiting<'p> {
    fn begin(waiting: &'p AtomicUsize) -> Self {
        waiting.fetch_add(1, Ordering::SeqCst);
        Self(waiting)
    }
}

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::SeqCst);
    }
}

impl BufferPool {
    /// A pool of `limit` bytes, headroom not counted.
    pub(crate) fn new(limit: usize) -> Self {
        let permits = Arc::new(Semaphore::new(limit / SMALLEST));
        Self { shelves: Arc::default(), permits, limit, waiting: Arc::default() }
    }

    /// A buffer for `len` bytes of payload, of any content; waits until there is room for it. `None` when `len` is
    /// longer than [`LONGEST`].
    pub(crate) async fn take(&self, len: usize) -> Option<Buffer> {
        let class = class_of(len)?;
        let _waiting = Waiting::begin(&self.waiting);
        let permit = self.permits.clone().acquire_many_owned(1 << class).await.ok()?;
        Some(self.make(len, class, permit))
    }

    /// Room for `bytes` that lie elsewhere; waits until there is. `None` when it is longer than [`LONGEST`].
    pub(crate) async fn hold(&self, bytes: usize) -> Option<Hold> {
        let class = class_of(bytes)?;
        let _waiting = Waiting::begin(&self.waiting);
        let _permit = self.permits.clone().acquire_many_owned(1 << class).await.ok()?;
        Some(Hold { bytes, _permit })
    }

    /// Bytes that are handed out or held.
    pub(crate) fn used(&self) -> usize {
        self.limit.saturating_sub(self.permits.available_permits() * SMALLEST)
    }

    /// Most bytes that are.
    pub(crate) fn limit(&self) -> usize {
        self.limit
    }

    /// Whether somebody waits for room.
    pub(crate) fn is_wanted(&self) -> bool {
        self.waiting.load(Ordering::SeqCst) > 0
    }

    /// Like [`BufferPool::take`], but `None` when there is no room now.
    pub(crate) fn try_take(&self, len: usize) -> Option<Buffer> {
        let class = class_of(len)?;
        let permit = self.permits.clone().try_acquire_many_owned(1 << class).ok()?;
        Some(self.make(len, class, permit))
    }

    fn make(&self, len: usize, class: usize, permit: OwnedSemaphorePermit) -> Buffer {
        let kept = lock(&self.shelves).take(class);
        Buffer {
            bytes: kept.unwrap_or_else(|| vec![0; (SMALLEST << class) + HEADROOM].into_boxed_slice()),
            len,
            class,
            shelves: self.shelves.clone(),
            _permit: permit,
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
    async fn it_is_known_whether_somebody_waits() {
        let pool = BufferPool::new(LONGEST);
        let held = pool.take(LONGEST).await.unwrap();
        assert!(!pool.is_wanted());
        let mut waits = std::pin::pin!(pool.take(1));
        assert!(futures_util::poll!(waits.as_mut()).is_pending());
        assert!(pool.is_wanted());
        drop(held);
        waits.await.unwrap();
        assert!(!pool.is_wanted());
    }

    #[tokio::test]
    async fn no_buffer_is_longer_than_the_longest() {
        assert!(BufferPool::new(4 * LONGEST).take(LONGEST + 1).await.is_none());
    }
}
