//! The half of a connection that is written.

use std::{
    io,
    pin::Pin,
    task::{Context, Poll, ready},
};

use bytes::{Buf as _, BytesMut};
use tokio::io::AsyncWrite;

use crate::records::{MAX_PAYLOAD, Sealer};

/// Most payload that is sealed before the last was sent, in bytes.
pub const AHEAD: usize = 4 * MAX_PAYLOAD;
/// Most payload that is held back for what follows, in bytes.
pub const HELD: usize = 1024;

/// Seals what is written, and sends it at once. Shutting it down tells the other end that nothing follows.
///
/// What it took of a write and could not send yet, [`AHEAD`] at most, goes out with the next write or flush; it has a
/// buffer only for that.
#[derive(Debug)]
pub struct Writer<W> {
    half: W,
    sealer: Sealer,
    sealed: BytesMut,
    /// Payload that is sealed together with what follows.
    held: Vec<u8>,
}

impl<W: AsyncWrite + Unpin> Writer<W> {
    pub(super) fn new(half: W, sealer: Sealer) -> Self {
        Self { half, sealer, sealed: BytesMut::new(), held: Vec::new() }
    }

    /// The byte stream below.
    pub fn get_ref(&self) -> &W {
        &self.half
    }

    /// The byte stream below. Whatever is written there is no record, and ends the connection.
    pub fn get_mut(&mut self) -> &mut W {
        &mut self.half
    }

    /// Bytes that were taken and not sent.
    pub fn unsent(&self) -> usize {
        self.sealed.len() + self.held.len()
    }

    /// Bytes of memory that its buffers take.
    pub fn memory(&self) -> usize {
        self.sealed.capacity() + self.held.capacity()
    }

    /// Takes bytes that others follow at once, to be sealed together with them: a few at a time, such as a header. What
    /// would grow longer than [`HELD`] is sent like any other. How many it took.
    pub fn poll_hold(&mut self, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        if self.held.len() + bytes.len() > HELD {
            return Pin::new(self).poll_write(cx, bytes);
        }
        self.held.extend_from_slice(bytes);
        Poll::Ready(Ok(bytes.len()))
    }

    /// Writes up to `length` bytes that `read` puts where they are sealed ([`Sealer::seal_read`]); how many it took, 0
    /// where they end.
    pub fn poll_write_read(
        &mut self,
        cx: &mut Context<'_>,
        length: usize,
        read: impl FnMut(usize, &mut [u8]) -> io::Result<usize>,
    ) -> Poll<io::Result<usize>> {
        ready!(self.poll_send(cx))?;
        let taken = self.seal(length, read)?;
        match self.poll_send(cx) {
            Poll::Ready(Err(error)) => Poll::Ready(Err(error)),
            Poll::Ready(Ok(())) | Poll::Pending => Poll::Ready(Ok(taken)),
        }
    }

    /// Seals what was held, and up to `length` bytes behind it; how many these were.
    fn seal(
        &mut self,
        length: usize,
        mut read: impl FnMut(usize, &mut [u8]) -> io::Result<usize>,
    ) -> io::Result<usize> {
        let held = std::mem::take(&mut self.held);
        let length = (held.len() + length).min(AHEAD);
        let sealed = self.sealer.seal_read(length, &mut self.sealed, |before, place| {
            let rest = held.get(before..).unwrap_or_default();
            let (first, place) = place.split_at_mut(rest.len().min(place.len()));
            first.copy_from_slice(&rest[..first.len()]);
            let read = if place.is_empty() { 0 } else { read(before.saturating_sub(held.len()), place)? };
            Ok(first.len() + read)
        })?;
        Ok(sealed.saturating_sub(held.len()))
    }

    /// Takes a new key for what follows, and may ask the other end to do the same. It goes out with the next write or
    /// flush.
    ///
    /// # Errors
    ///
    /// The writer was shut down, or there is no next key.
    pub fn update_key(&mut self, ask: bool) -> io::Result<()> {
        Ok(self.sealer.update_key(ask, &mut self.sealed)?)
    }

    /// Sends what was taken.
    fn poll_send_all(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        if !self.held.is_empty() {
            self.seal(0, |_, _| Ok(0))?;
        }
        self.poll_send(cx)
    }

    /// Sends what was sealed.
    fn poll_send(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        while !self.sealed.is_empty() {
            let sent = ready!(Pin::new(&mut self.half).poll_write(cx, &self.sealed))?;
            if sent == 0 {
                return Poll::Ready(Err(io::ErrorKind::WriteZero.into()));
            }
            self.sealed.advance(sent);
        }
        self.sealed = BytesMut::new();
        Poll::Ready(Ok(()))
    }
}

impl<W: AsyncWrite + Unpin> AsyncWrite for Writer<W> {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let this = &mut *self;
        if this.held.is_empty() {
            ready!(this.poll_send(cx))?;
            let taken = &bytes[..bytes.len().min(AHEAD)];
            this.sealer.seal(taken, &mut this.sealed)?;
            return match this.poll_send(cx) {
                Poll::Ready(Err(error)) => Poll::Ready(Err(error)),
                Poll::Ready(Ok(())) | Poll::Pending => Poll::Ready(Ok(taken.len())),
            };
        }
        this.poll_write_read(cx, bytes.len(), |at, place| {
            let rest = &bytes[at..];
            let taken = rest.len().min(place.len());
            place[..taken].copy_from_slice(&rest[..taken]);
            Ok(taken)
        })
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        ready!(self.poll_send_all(cx))?;
        Pin::new(&mut self.half).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let this = &mut *self;
        ready!(this.poll_send_all(cx))?;
        this.sealer.close(&mut this.sealed)?;
        ready!(this.poll_send(cx))?;
        Pin::new(&mut this.half).poll_shutdown(cx)
    }
}
