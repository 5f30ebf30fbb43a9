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

/// Seals what is written, and sends it at once. Shutting it down tells the other end that nothing follows.
///
/// What it took of a write and could not send yet, [`AHEAD`] at most, goes out with the next write or flush; it has a
/// buffer only for that.
#[derive(Debug)]
pub struct Writer<W> {
    half: W,
    sealer: Sealer,
    sealed: BytesMut,
}

impl<W: AsyncWrite + Unpin> Writer<W> {
    pub(super) fn new(half: W, sealer: Sealer) -> Self {
        Self { half, sealer, sealed: BytesMut::new() }
    }

    /// The byte stream below.
    pub fn get_ref(&self) -> &W {
        &self.half
    }

    /// Bytes that were sealed and not sent.
    pub fn unsent(&self) -> usize {
        self.sealed.len()
    }

    /// Bytes of memory that its buffer takes.
    pub fn memory(&self) -> usize {
        self.sealed.capacity()
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
        ready!(this.poll_send(cx))?;
        let taken = &bytes[..bytes.len().min(AHEAD)];
        this.sealer.seal(taken, &mut this.sealed)?;
        match this.poll_send(cx) {
            Poll::Ready(Err(error)) => Poll::Ready(Err(error)),
            Poll::Ready(Ok(())) | Poll::Pending => Poll::Ready(Ok(taken.len())),
        }
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        ready!(self.poll_send(cx))?;
        Pin::new(&mut self.half).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let this = &mut *self;
        this.sealer.close(&mut this.sealed)?;
        ready!(this.poll_send(cx))?;
        Pin::new(&mut this.half).poll_shutdown(cx)
    }
}
