//! A TLS 1.3 handshake without I/O.
//!
//! rustls gets one record at a time, so whatever follows the last one is left where it is: those bytes belong to the
//! connection that begins.

mod kernel;

use std::fmt;

use bytes::{Buf as _, BytesMut};
use peerpool_access::key::PublicKey;
use rustls::{
    CommonState,
    client::UnbufferedClientConnection,
    server::UnbufferedServerConnection,
    unbuffered::{ConnectionState, EncodeError, UnbufferedStatus},
};

use crate::{
    protocol::Protocol,
    raw_key,
    records::{HEADER, KeyError, Opener, Sealer},
};

/// Most bytes that the other end may send until the handshake is done. One takes less than 1 KiB.
pub const MAX_HANDSHAKE: usize = 8 * 1024;

/// The first byte of every handshake.
const HANDSHAKE: u8 = 0x16;

/// Why there is no connection.
#[derive(Debug, thiserror::Error)]
pub enum HandshakeError {
    /// The other end speaks something else.
    #[error("it speaks no TLS: its first byte is {0:#04x}")]
    NotTls(u8),
    /// The other end is somebody else, or does not do what TLS 1.3 asks of it.
    #[error("its handshake failed: {0}")]
    Tls(#[from] rustls::Error),
    /// The other end does not end.
    #[error("its handshake takes more than {MAX_HANDSHAKE} bytes")]
    TooLong,
    /// The other end speaks another protocol over TLS.
    #[error("it does not speak {}", .0.name())]
    Protocol(Protocol),
    /// The other end has shown no key.
    #[error("it has shown no Ed25519 key")]
    NoKey,
    /// The library did what it does not do in a handshake, which is a mistake.
    #[error("the handshake has come to a state that it cannot have")]
    State,
    /// There are no keys for what follows.
    #[error(transparent)]
    Key(#[from] KeyError),
}

/// A handshake that is not done.
pub struct Handshake {
    side: Side,
    protocol: Protocol,
    /// So many of the bytes that came were shown to rustls and not taken.
    shown: usize,
    /// Bytes of all records that were shown to it.
    total: usize,
}

enum Side {
    Dialing(Box<UnbufferedClientConnection>),
    Accepting(Box<UnbufferedServerConnection>),
}

/// What has become of a handshake.
#[derive(Debug)]
pub enum Progress {
    /// It needs more from the other end.
    Going(Handshake),
    /// It is done, once what is to be sent was sent.
    Done(Session),
}

/// A connection whose other end has proved its key.
#[derive(Debug)]
pub struct Session {
    /// That key.
    pub peer: PublicKey,
    /// Makes records of what this end sends.
    pub sealer: Sealer,
    /// Opens those of the other end.
    pub opener: Opener,
}

/// What rustls wants.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Want {
    Turn,
    Record,
    Nothing,
}

impl Handshake {
    pub(crate) fn dialing(connection: UnbufferedClientConnection, protocol: Protocol) -> Self {
        Self { side: Side::Dialing(Box::new(connection)), protocol, shown: 0, total: 0 }
    }

    pub(crate) fn accepting(connection: UnbufferedServerConnection, protocol: Protocol) -> Self {
        Self { side: Side::Accepting(Box::new(connection)), protocol, shown: 0, total: 0 }
    }

    /// Goes as far as it can with what has come. Takes what it reads out of `incoming`, and leaves there what it
    /// needs again, and what came after the handshake. Appends what is to be sent to `outgoing`. The first
    /// call of who dials needs no bytes.
    ///
    /// # Errors
    ///
    /// There will be no connection; close it.
    pub fn handle(
        mut self,
        incoming: &mut BytesMut,
        outgoing: &mut BytesMut,
    ) -> Result<Progress, HandshakeError> {
        loop {
            let shown = incoming.get_mut(..self.shown).ok_or(HandshakeError::State)?;
            let (taken, want) = match &mut self.side {
                Side::Dialing(connection) => turn(connection.process_tls_records(shown), outgoing)?,
                Side::Accepting(connection) => turn(connection.process_tls_records(shown), outgoing)?,
            };
            incoming.advance(taken);
            self.shown -= taken;
            match want {
                Want::Turn => {}
                Want::Record if self.show_record(incoming)? => {}
                Want::Record => return Ok(Progress::Going(self)),
                // A record that says more than the end of the handshake.
                Want::Nothing if self.shown > 0 => return Err(HandshakeError::State),
                Want::Nothing => return self.finish().map(Progress::Done),
            }
        }
    }

    /// Shows rustls the next record, if it is there.
    fn show_record(&mut self, incoming: &[u8]) -> Result<bool, HandshakeError> {
        let rest = &incoming[self.shown..];
        match rest.first() {
            Some(&first) if self.total == 0 && first != HANDSHAKE => {
                return Err(HandshakeError::NotTls(first));
            }
            _ => {}
        }
        let Some(&[_, _, _, high, low]) = rest.first_chunk::<HEADER>() else { return Ok(false) };
        let length = HEADER + usize::from(u16::from_be_bytes([high, low]));
        if self.total + length > MAX_HANDSHAKE {
            return Err(HandshakeError::TooLong);
        }
        let whole = length <= rest.len();
        if whole {
            self.shown += length;
            self.total += length;
        }
        Ok(whole)
    }

    fn finish(self) -> Result<Session, HandshakeError> {
        match self.side {
            Side::Dialing(connection) => {
                let peer = proved(&connection, self.protocol)?;
                let (secrets, kernel) = connection.dangerous_into_kernel_connection()?;
                kernel::session(peer, secrets, kernel)
            }
            Side::Accepting(connection) => {
                let peer = proved(&connection, self.protocol)?;
                let (secrets, kernel) = connection.dangerous_into_kernel_connection()?;
                kernel::session(peer, secrets, kernel)
            }
        }
    }
}

impl fmt::Debug for Handshake {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let side = match self.side {
            Side::Dialing(_) => "Dialing",
            Side::Accepting(_) => "Accepting",
        };
        write!(f, "Handshake({side}, {} bytes)", self.total)
    }
}

/// Does what rustls says; how many bytes it took, and what it wants.
fn turn<Data>(
    status: UnbufferedStatus<'_, '_, Data>,
    outgoing: &mut BytesMut,
) -> Result<(usize, Want), HandshakeError> {
    let want = match status.state? {
        ConnectionState::EncodeTlsData(mut data) => {
            let begin = outgoing.len();
            if let Err(EncodeError::InsufficientSize(size)) = data.encode(&mut []) {
                outgoing.resize(begin + size.required_size, 0);
                data.encode(&mut outgoing[begin..]).map_err(|_| HandshakeError::State)?;
            }
            Want::Turn
        }
        // What is in `outgoing` is as good as sent: nothing is sent before it.
        ConnectionState::TransmitTlsData(data) => {
            data.done();
            Want::Turn
        }
        ConnectionState::BlockedHandshake => Want::Record,
        ConnectionState::WriteTraffic(_) => Want::Nothing,
        _ => return Err(HandshakeError::State),
    };
    Ok((status.discard, want))
}

/// The key that the other end has proved to have.
fn proved(connection: &CommonState, protocol: Protocol) -> Result<PublicKey, HandshakeError> {
    if connection.alpn_protocol() != Some(protocol.name().as_bytes()) {
        return Err(HandshakeError::Protocol(protocol));
    }
    let keys = connection.peer_certificates().unwrap_or_default();
    keys.first().and_then(|key| raw_key::from_spki(key)).ok_or(HandshakeError::NoKey)
}
