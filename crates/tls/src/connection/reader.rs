//! The half of a connection that is read.

use std::{
    io,
    pin::{Pin, pin},
    task::{Context, Poll, ready},
};

use tokio::io::{AsyncRead, AsyncReadExt as _, ReadBuf};

use crate::records::{Inbox, Opener, Took};

/// Bytes read while there is no buffer: enough for a few small messages.
const FIRST: usize = 512;

/// Opens what comes, right in the buffer of whoever reads where that is long enough. It ends where the other end says
/// so; an end that nobody announced is an error ([`io::ErrorKind::UnexpectedEof`]), and so is whatever does not open
/// ([`io::ErrorKind::InvalidData`]).
///
/// It has a buffer of its own only while something is on its way.
#[derive(Debug)]
pub struct Reader<R> {
    half: R,
    opener: Opener,
    inbox: Inbox,
}

impl<R: AsyncRead + Unpin> Reader<R> {
    pub(super) fn new(half: R, opener: Opener, inbox: Inbox) -> Self {
        Self { half, opener, inbox }
    }

    /// The byte stream below.
    pub fn get_ref(&self) -> &R {
        &self.half
    }

    /// Bytes of memory that its buffer takes.
    pub fn memory(&self) -> usize {
        self.inbox.memory()
    }

    /// Ready when a read may find something, and sometimes too early. Nobody has to keep a buffer while waiting.
    pub fn poll_readable(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.inbox.wants()?.is_some() || self.opener.is_closed() {
            true => Poll::Ready(Ok(())),
            false => self.poll_fill(cx),
        }
    }

    /// Reads bytes into the inbox.
    fn poll_fill(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let read = match self.inbox.memory() == 0 {
            true => ready!(self.poll_first(cx))?,
            false => {
                let mut reading = pin!(self.half.read_buf(self.inbox.room()));
                match reading.as_mut().poll(cx) {
                    Poll::Ready(read) => read?,
                    Poll::Pending => {
                        self.inbox.release();
                        return Poll::Pending;
                    }
                }
            }
        };
        if read == 0 {
            self.opener.end()?;
        }
        Poll::Ready(Ok(()))
    }

    /// Waits without a buffer for the first bytes.
    fn poll_first(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<usize>> {
        let mut bytes = [0; FIRST];
        let mut buffer = ReadBuf::new(&mut bytes);
        ready!(Pin::new(&mut self.half).poll_read(cx, &mut buffer))?;
        let first = buffer.filled();
        self.inbox.put(first);
        Poll::Ready(Ok(first.len()))
    }
}

impl<R: AsyncRead + Unpin> AsyncRead for Reader<R> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let this = &mut *self;
        if buffer.remaining() == 0 {
            return Poll::Ready(Ok(()));
        }
        loop {
            let wanted = this.inbox.wants()?.unwrap_or(usize::from(this.opener.is_closed()));
            if wanted > 0 {
                let place = buffer.initialize_unfilled_to(wanted.min(buffer.remaining()));
                match this.inbox.take(&mut this.opener, place)? {
                    Took::Payload(length) => {
                        buffer.advance(length);
                        return Poll::Ready(Ok(()));
                    }
                    Took::End => return Poll::Ready(Ok(())),
                    Took::Nothing => {}
                }
            }
            ready!(this.poll_fill(cx))?;
        }
    }
}
