//! Encrypted connections over any byte stream.

mod reader;
mod writer;

use std::{io, time::Duration};

use bytes::BytesMut;
use peerpool_access::key::PublicKey;
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};

pub use self::{
    reader::Reader,
    writer::{AHEAD, HELD, Writer},
};
use crate::{
    Endpoint, Expected, Handshake, HandshakeError, Progress, SetupError,
    records::{Inbox, OpenError, SealError},
};

/// How long a handshake may take from its first byte to its last.
pub const HANDSHAKE_TIMEOUT: Duration = Duration::from_secs(10);

/// Bytes read at once during a handshake.
const CHUNK: usize = 4096;

/// Why there is no connection.
#[derive(Debug, thiserror::Error)]
pub enum ConnectError {
    /// TLS cannot be set up.
    #[error(transparent)]
    Setup(#[from] SetupError),
    /// The other end is somebody else, or speaks something else.
    #[error(transparent)]
    Handshake(#[from] HandshakeError),
    /// The other end closed it.
    #[error("it closed the connection during the handshake")]
    Closed,
    /// It took too long.
    #[error("its handshake was not done after {} s", HANDSHAKE_TIMEOUT.as_secs())]
    Late,
    /// The byte stream fails.
    #[error(transparent)]
    Io(#[from] io::Error),
}

/// An encrypted connection. Its halves may go to different tasks.
#[derive(Debug)]
pub struct Connection<R, W> {
    /// The key that the other end has proved to have.
    pub peer: PublicKey,
    /// What the other end sends.
    pub reader: Reader<R>,
    /// What this end sends.
    pub writer: Writer<W>,
}

impl Endpoint {
    /// Shakes hands over a byte stream that this end has opened, and talks to whom it expects alone.
    ///
    /// # Errors
    ///
    /// Somebody else is there, or nobody who shakes hands within [`HANDSHAKE_TIMEOUT`].
    pub async fn connect<R, W>(
        &self,
        read: R,
        write: W,
        expected: impl Into<Expected>,
    ) -> Result<Connection<R, W>, ConnectError>
    where
        R: AsyncRead + Unpin,
        W: AsyncWrite + Unpin,
    {
        in_time(shake(self.dial(expected)?, read, write)).await
    }

    /// Shakes hands over a byte stream that somebody else has opened, and learns who it is.
    ///
    /// # Errors
    ///
    /// Whoever is there has no key, or does not shake hands within [`HANDSHAKE_TIMEOUT`].
    pub async fn accept<R, W>(&self, read: R, write: W) -> Result<Connection<R, W>, ConnectError>
    where
        R: AsyncRead + Unpin,
        W: AsyncWrite + Unpin,
    {
        in_time(shake(self.answer()?, read, write)).await
    }
}

async fn in_time<T>(shaking: impl Future<Output = Result<T, ConnectError>>) -> Result<T, ConnectError> {
    tokio::time::timeout(HANDSHAKE_TIMEOUT, shaking).await.map_err(|_| ConnectError::Late)?
}

async fn shake<R, W>(
    mut handshake: Handshake,
    mut read: R,
    mut write: W,
) -> Result<Connection<R, W>, ConnectError>
where
    R: AsyncRead + Unpin,
    W: AsyncWrite + Unpin,
{
    let (mut incoming, mut outgoing) = (BytesMut::with_capacity(CHUNK), BytesMut::new());
    loop {
        let progress = handshake.handle(&mut incoming, &mut outgoing)?;
        write.write_all_buf(&mut outgoing).await?;
        write.flush().await?;
        handshake = match progress {
            Progress::Going(handshake) => handshake,
            Progress::Done(session) => {
                let reader = Reader::new(read, session.opener, Inbox::new(incoming));
                let writer = Writer::new(write, session.sealer);
                return Ok(Connection { peer: session.peer, reader, writer });
            }
        };
        incoming.reserve(CHUNK);
        if read.read_buf(&mut incoming).await? == 0 {
            return Err(ConnectError::Closed);
        }
    }
}

impl From<OpenError> for io::Error {
    fn from(error: OpenError) -> Self {
        let kind = match error {
            OpenError::Truncated => io::ErrorKind::UnexpectedEof,
            _ => io::ErrorKind::InvalidData,
        };
        Self::new(kind, error)
    }
}

impl From<SealError> for io::Error {
    fn from(error: SealError) -> Self {
        let kind = match error {
            SealError::Closed => io::ErrorKind::BrokenPipe,
            _ => io::ErrorKind::Other,
        };
        Self::new(kind, error)
    }
}
