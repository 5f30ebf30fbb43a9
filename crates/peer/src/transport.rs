//! The byte streams that connections run on. TCP is one implementation of [`ReadHalf`] and [`WriteHalf`], TLS over any
//! other is another. Which it is, is decided where a [`Transport`] begins; nothing that reads or writes one changes.

#[cfg(test)]
pub(crate) mod memory;
mod network;
mod send_file;
mod socket;
mod staggered;
mod tcp;
pub(crate) mod tls;

use std::{
    fs::File,
    io,
    net::SocketAddr,
    pin::{Pin, pin},
    task::{Context, Poll},
};

use bytes::BufMut;
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite};

pub(crate) use self::network::{Network, Stream};
pub(crate) use self::staggered::dial_any;

/// The half of a byte stream that is read.
pub(crate) trait ReadHalf: AsyncRead + Send + Unpin {
    /// Ready when a read may find something, and sometimes too early. Nobody has to keep a buffer while waiting.
    fn poll_readable(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>>;

    /// Fewer bytes than these are of no use: until they are there, it need not be ready. It may be all the same.
    fn await_bytes(&mut self, _bytes: usize) {}
}

/// The half of a byte stream that is written. It is closed by its shutdown.
pub(crate) trait WriteHalf: AsyncWrite + Send + Unpin {
    /// Whether it sends from files better than somebody who reads them and writes.
    fn sends_files(&self) -> bool {
        false
    }

    /// Sends up to `length` bytes of a file from `offset` on; how many it took, 0 where the file ends.
    fn poll_send_file(
        &mut self,
        _cx: &mut Context<'_>,
        _file: &File,
        _offset: u64,
        _length: usize,
    ) -> Poll<io::Result<usize>> {
        Poll::Ready(Err(io::ErrorKind::Unsupported.into()))
    }

    /// Writes bytes that others follow at once.
    fn poll_write_more(&mut self, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(self).poll_write(cx, bytes)
    }

    /// Bytes written that the other side has not acknowledged; `None` where the transport cannot tell.
    fn unacknowledged(&self) -> Option<usize> {
        None
    }

    /// Most bytes that leave at once; 0 where the transport cannot tell.
    fn segment(&self) -> usize {
        0
    }

    /// Has whatever was not sent dropped once the transport is, where it can.
    fn cut(&mut self) {}
}

impl dyn ReadHalf {
    /// Waits until a read may find something.
    pub(crate) async fn readable(&mut self) -> io::Result<()> {
        std::future::poll_fn(|cx| self.poll_readable(cx)).await
    }

    /// Reads what is there now: `None` when nothing is, 0 bytes at the end.
    pub(crate) async fn read_now(&mut self, buffer: &mut impl BufMut) -> io::Result<Option<usize>> {
        let mut reading = pin!(self.read_buf(buffer));
        let now = std::future::poll_fn(|cx| Poll::Ready(reading.as_mut().poll(cx)));
        match now.await {
            Poll::Ready(read) => read.map(Some),
            Poll::Pending => Ok(None),
        }
    }
}

impl dyn WriteHalf {
    /// Sends from a file ([`WriteHalf::poll_send_file`]).
    pub(crate) async fn send_file(&mut self, file: &File, offset: u64, length: usize) -> io::Result<usize> {
        std::future::poll_fn(|cx| self.poll_send_file(cx, file, offset, length)).await
    }

    /// Writes bytes that others follow at once; how many it took.
    pub(crate) async fn write_more(&mut self, bytes: &[u8]) -> io::Result<usize> {
        std::future::poll_fn(|cx| self.poll_write_more(cx, bytes)).await
    }
}

/// A byte stream to another peer.
pub(crate) struct Transport {
    pub(crate) reader: Box<dyn ReadHalf>,
    pub(crate) writer: Box<dyn WriteHalf>,
    /// Where the other end is. An IPv4 address that came through an IPv6 socket is an IPv4 address.
    pub(crate) remote_addr: SocketAddr,
    /// Whether both ends are on one network.
    pub(crate) near: bool,
}

impl std::fmt::Debug for Transport {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Transport").field("remote_addr", &self.remote_addr).finish_non_exhaustive()
    }
}
