//! TLS over another transport: what is written is sealed, what is read is opened. Nothing but the handshake tells
//! whoever is below what is said.

use std::{
    fs::File,
    io,
    os::unix::fs::FileExt as _,
    pin::Pin,
    task::{Context, Poll},
};

use peerpool_access::key::PublicKey;
use peerpool_tls::{ConnectError, Connection, Endpoint, Expected, Reader, Writer};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use super::{ReadHalf, Transport, WriteHalf};

struct TlsReadHalf(Reader<Box<dyn ReadHalf>>);

struct TlsWriteHalf(Writer<Box<dyn WriteHalf>>);

impl Transport {
    /// Shakes hands on a transport that this peer has opened; who is there.
    pub(crate) async fn secured(
        self,
        endpoint: &Endpoint,
        expected: impl Into<Expected>,
    ) -> Result<(Self, PublicKey), ConnectError> {
        let Self { reader, writer, remote_addr, near } = self;
        let connection = endpoint.connect(reader, writer, expected).await?;
        Ok(Self::tls(connection, remote_addr, near))
    }

    /// Shakes hands on a transport that somebody else has opened; who that is.
    pub(crate) async fn secured_by_other(
        self,
        endpoint: &Endpoint,
    ) -> Result<(Self, PublicKey), ConnectError> {
        let Self { reader, writer, remote_addr, near } = self;
        let connection = endpoint.accept(reader, writer).await?;
        Ok(Self::tls(connection, remote_addr, near))
    }

    fn tls(
        connection: Connection<Box<dyn ReadHalf>, Box<dyn WriteHalf>>,
        remote_addr: std::net::SocketAddr,
        near: bool,
    ) -> (Self, PublicKey) {
        let Connection { peer, reader, writer } = connection;
        let (reader, writer) = (Box::new(TlsReadHalf(reader)), Box::new(TlsWriteHalf(writer)));
        (Self { reader, writer, remote_addr, near }, peer)
    }
}

impl ReadHalf for TlsReadHalf {
    fn poll_readable(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.0.poll_readable(cx)
    }
}

impl AsyncRead for TlsReadHalf {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_read(cx, buffer)
    }
}

impl WriteHalf for TlsWriteHalf {
    fn sends_files(&self) -> bool {
        true
    }

    /// Reads the file right where its bytes are sealed, a few records at a time.
    fn poll_send_file(
        &mut self,
        cx: &mut Context<'_>,
        file: &File,
        offset: u64,
        length: usize,
    ) -> Poll<io::Result<usize>> {
        self.0.poll_write_read(cx, length, |before, place| read_at(file, place, offset + before as u64))
    }

    fn poll_write_more(&mut self, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        self.0.poll_hold(cx, bytes)
    }

    fn unacknowledged(&self) -> Option<usize> {
        Some(self.0.get_ref().unacknowledged()? + self.0.unsent())
    }

    fn segment(&self) -> usize {
        self.0.get_ref().segment()
    }

    fn cut(&mut self) {
        self.0.get_mut().cut();
    }
}

/// Fills the place, if the file is long enough.
fn read_at(file: &File, place: &mut [u8], offset: u64) -> io::Result<usize> {
    let mut read = 0;
    while read < place.len() {
        match file.read_at(&mut place[read..], offset + read as u64) {
            Ok(0) => break,
            Ok(more) => read += more,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(read)
}

impl AsyncWrite for TlsWriteHalf {
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

#[cfg(test)]
pub(crate) mod tests {
    use std::{io::Write as _, net::SocketAddr, pin::pin};

    use peerpool_tls::{Identity, Protocol};
    use tokio::{
        io::{AsyncReadExt as _, AsyncWriteExt as _},
        net::{TcpListener, TcpStream},
    };

    use super::{super::memory, *};

    fn endpoint(seed: u8) -> Endpoint {
        Endpoint::new(&Identity::from_seed([seed; 32]).unwrap(), Protocol::Peer).unwrap()
    }

    /// The same two ends, with TLS between them.
    pub(crate) async fn secured([one, other]: [Transport; 2]) -> [Transport; 2] {
        let (dialer, accepter) = (endpoint(1), endpoint(2));
        let dialing = one.secured(&dialer, accepter.key());
        let (dialed, accepted) = tokio::join!(dialing, other.secured_by_other(&accepter));
        let ((dialed, there), (accepted, who)) = (dialed.unwrap(), accepted.unwrap());
        assert_eq!((there, who), (accepter.key(), dialer.key()));
        [dialed, accepted]
    }

    async fn tcp() -> [Transport; 2] {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let addr = listener.local_addr().unwrap();
        let dialed = TcpStream::connect(addr).await.unwrap();
        let (accepted, from) = listener.accept().await.unwrap();
        [Transport::tcp(dialed, addr, true), Transport::tcp(accepted, from, true)]
    }

    fn over_memory() -> [Transport; 2] {
        let addr: SocketAddr = "10.0.0.1:1".parse().unwrap();
        memory::pair([addr, addr])
    }

    fn bytes(length: usize) -> Vec<u8> {
        (0..length).map(|at| (at * 31 + at / 251) as u8).collect()
    }

    #[tokio::test]
    async fn headers_messages_and_files_arrive_in_their_order() {
        for pair in [over_memory(), tcp().await] {
            let [mut one, mut other] = secured(pair).await;
            let content = bytes(300_000);
            let mut file = tempfile::tempfile().unwrap();
            file.write_all(&content).unwrap();
            let sending = async {
                assert!(one.writer.sends_files());
                assert_eq!(one.writer.write_more(b"header").await.unwrap(), 6);
                let mut sent = 100;
                while sent < content.len() {
                    let left = content.len() - sent;
                    let taken = one.writer.send_file(&file, sent as u64, left.min(200_000)).await.unwrap();
                    assert!((1..=64 * 1024).contains(&taken), "{taken}");
                    sent += taken;
                }
                assert_eq!(one.writer.send_file(&file, sent as u64, 10).await.unwrap(), 0, "it ends there");
                one.writer.write_all(b"message").await.unwrap();
                one.writer.shutdown().await.unwrap();
            };
            let mut heard = Vec::new();
            let (read, ()) = tokio::join!(other.reader.read_to_end(&mut heard), sending);
            read.unwrap();
            assert!(heard == [&b"header"[..], &content[100..], b"message"].concat(), "{} bytes", heard.len());
        }
    }

    #[tokio::test]
    async fn what_was_sealed_and_not_sent_is_not_acknowledged() {
        let [mut one, _other] = secured(tcp().await).await;
        let content = bytes(16 << 20);
        let mut taken = 0;
        // Whoever is not read takes as much as the system and the sealer keep.
        while let Poll::Ready(more) = futures_util::poll!(pin!(one.writer.write(&content[taken..]))) {
            taken += more.unwrap();
        }
        let waiting = one.writer.unacknowledged().unwrap();
        assert!(waiting > 0 && waiting <= taken + taken / 100, "{waiting} of {taken}");
    }

    #[tokio::test]
    async fn whoever_waits_needs_no_buffer_and_hears_of_the_first_byte() {
        let [mut one, mut other] = secured(tcp().await).await;
        assert_eq!(other.reader.read_now(&mut bytes::BytesMut::with_capacity(10)).await.unwrap(), None);
        one.writer.write_all(b"a").await.unwrap();
        one.writer.flush().await.unwrap();
        other.reader.readable().await.unwrap();
        let mut heard = bytes::BytesMut::with_capacity(10);
        while heard.is_empty() {
            other.reader.readable().await.unwrap();
            other.reader.read_now(&mut heard).await.unwrap();
        }
        assert_eq!(&heard[..], b"a");
    }
}
