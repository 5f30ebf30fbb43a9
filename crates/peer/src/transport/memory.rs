//! A transport in memory, which has no socket and sends no files: it shows that nobody needs TCP.

use std::{
    io,
    net::SocketAddr,
    pin::Pin,
    task::{Context, Poll, ready},
};

use bytes::{Buf as _, BytesMut};
use tokio::io::{AsyncRead, AsyncWrite, DuplexStream, ReadBuf, duplex, split};

use super::{ReadHalf, Transport, WriteHalf};

/// Bytes that one end writes before the other reads.
const CAPACITY: usize = 64 * 1024;

/// The two ends of a connection between these addresses.
pub(crate) fn pair(addrs: [SocketAddr; 2]) -> [Transport; 2] {
    let (one, other) = duplex(CAPACITY);
    [transport(one, addrs[1]), transport(other, addrs[0])]
}

fn transport(stream: DuplexStream, remote_addr: SocketAddr) -> Transport {
    let (reader, writer) = split(stream);
    let reader = Box::new(MemoryReadHalf { half: reader, ahead: BytesMut::new() });
    Transport { reader, writer: Box::new(MemoryWriteHalf(writer)), remote_addr, near: true }
}

/// Reads ahead to know whether something is there, as TLS does.
struct MemoryReadHalf {
    half: tokio::io::ReadHalf<DuplexStream>,
    ahead: BytesMut,
}

struct MemoryWriteHalf(tokio::io::WriteHalf<DuplexStream>);

impl ReadHalf for MemoryReadHalf {
    fn poll_readable(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        if self.ahead.is_empty() {
            let mut bytes = [0; 100];
            let mut buffer = ReadBuf::new(&mut bytes);
            ready!(Pin::new(&mut self.half).poll_read(cx, &mut buffer))?;
            self.ahead.extend_from_slice(buffer.filled());
        }
        Poll::Ready(Ok(()))
    }
}

impl AsyncRead for MemoryReadHalf {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        ready!(self.poll_readable(cx))?;
        let there = buffer.remaining().min(self.ahead.len());
        buffer.put_slice(&self.ahead[..there]);
        self.ahead.advance(there);
        Poll::Ready(Ok(()))
    }
}

impl WriteHalf for MemoryWriteHalf {}

impl AsyncWrite for MemoryWriteHalf {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.0).poll_write(cx, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_shutdown(cx)
    }
}
