//! Plain TCP.

use std::{
    fs::File,
    io,
    net::SocketAddr,
    pin::Pin,
    task::{Context, Poll},
    time::Duration,
};

use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    net::{
        TcpStream,
        tcp::{OwnedReadHalf, OwnedWriteHalf},
    },
};

use super::{ReadHalf, Transport, WriteHalf, send_file, socket};

struct TcpReadHalf {
    half: OwnedReadHalf,
    /// With how many bytes it becomes readable.
    awaited: usize,
}

struct TcpWriteHalf(OwnedWriteHalf);

impl Transport {
    /// Plain TCP, which sends at once what it is given.
    pub(crate) fn tcp(stream: TcpStream, remote_addr: SocketAddr, near: bool) -> Self {
        // A system that knows no such option is slower and right all the same.
        if let Err(error) = stream.set_nodelay(true) {
            tracing::debug!(%error, "cannot set TCP_NODELAY");
        }
        let (reader, writer) = stream.into_split();
        let remote_addr = SocketAddr::new(remote_addr.ip().to_canonical(), remote_addr.port());
        let (reader, writer) =
            (Box::new(TcpReadHalf { half: reader, awaited: 1 }), Box::new(TcpWriteHalf(writer)));
        Self { reader, writer, remote_addr, near }
    }
}

impl ReadHalf for TcpReadHalf {
    fn poll_readable(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.half.as_ref().poll_read_ready(cx)
    }

    fn await_bytes(&mut self, bytes: usize) {
        if self.awaited != bytes {
            socket::wake_at(self.half.as_ref(), bytes);
            self.awaited = bytes;
        }
    }
}

impl AsyncRead for TcpReadHalf {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.half).poll_read(cx, buffer)
    }
}

impl WriteHalf for TcpWriteHalf {
    fn sends_files(&self) -> bool {
        send_file::SUPPORTED
    }

    fn poll_send_file(
        &mut self,
        cx: &mut Context<'_>,
        file: &File,
        offset: u64,
        length: usize,
    ) -> Poll<io::Result<usize>> {
        send_file::poll_send_file(self.0.as_ref(), cx, file, offset, length)
    }

    fn poll_write_more(&mut self, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        match send_file::SUPPORTED {
            true => send_file::poll_send_more(self.0.as_ref(), cx, bytes),
            false => Pin::new(self).poll_write(cx, bytes),
        }
    }

    fn unacknowledged(&self) -> Option<usize> {
        socket::unacknowledged(self.0.as_ref())
    }

    fn cut(&mut self) {
        // Where the system does not know it, what it has taken is sent.
        if let Err(error) = socket2::SockRef::from(self.0.as_ref()).set_linger(Some(Duration::ZERO)) {
            tracing::debug!(%error, "a connection cannot be reset");
        }
    }

    fn segment(&self) -> usize {
        socket2::SockRef::from(self.0.as_ref()).tcp_mss().map_or(0, |bytes| bytes as usize)
    }
}

impl AsyncWrite for TcpWriteHalf {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.0).poll_write(cx, bytes)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.0).poll_write_vectored(cx, bytes)
    }

    fn is_write_vectored(&self) -> bool {
        self.0.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_shutdown(cx)
    }
}

#[cfg(test)]
#[cfg(target_os = "linux")]
mod tests {
    use futures_util::poll;
    use tokio::{
        io::{AsyncReadExt as _, AsyncWriteExt as _},
        net::TcpListener,
    };

    use super::*;

    #[tokio::test]
    async fn what_is_awaited_is_read_at_once_and_wakes_nobody_before() {
        let (mut near, far) = connected().await;
        let Transport { mut reader, .. } = Transport::tcp(far, near.peer_addr().unwrap(), true);
        let mut bytes = bytes::BytesMut::with_capacity(4096);
        assert!(reader.read_now(&mut bytes).await.unwrap().is_none());
        reader.await_bytes(1000);
        near.write_all(&[1; 999]).await.unwrap();
        a_turn_passes().await;
        assert!(poll!(std::pin::pin!(reader.readable())).is_pending());
        near.write_all(&[1]).await.unwrap();
        reader.readable().await.unwrap();
        assert_eq!(reader.read_now(&mut bytes).await.unwrap(), Some(1000));
        // The end comes whatever is awaited.
        assert!(reader.read_now(&mut bytes).await.unwrap().is_none());
        drop(near);
        reader.readable().await.unwrap();
        assert_eq!(reader.read_now(&mut bytes).await.unwrap(), Some(0));
    }

    async fn connected() -> (TcpStream, TcpStream) {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let near = TcpStream::connect(listener.local_addr().unwrap()).await.unwrap();
        (near, listener.accept().await.unwrap().0)
    }

    /// Whatever the system told before is known afterwards: it has told of a later connection.
    async fn a_turn_passes() {
        let (mut near, mut far) = connected().await;
        near.write_all(&[1]).await.unwrap();
        far.read_u8().await.unwrap();
    }
}
