//! How members of a pool meet: TLS, then a pass and a handshake each, the dialer's first. Nothing else crosses before
//! the guard has admitted the other end.

use std::{io, net::SocketAddr};

use peerpool_access::key::PublicKey;
use peerpool_swarm::Remote;
use peerpool_tls::ConnectError;
use peerpool_wire::handshake::Handshake;

use super::handshake::{self, Greeting, HandshakeError, Ours};
use crate::{
    addresses::Place,
    credentials::Credentials,
    transport::{Network, Stream, Transport},
};

/// Why two members did not meet.
#[derive(Debug, thiserror::Error)]
pub(crate) enum MeetingError {
    #[error("the tracker has told no key of whoever is there")]
    NoKey,
    #[error("this peer has no pass yet")]
    NoPass,
    #[error("nobody answers there: {0}")]
    Unreachable(io::Error),
    #[error(transparent)]
    Tls(#[from] ConnectError),
    #[error(transparent)]
    Handshake(#[from] HandshakeError),
    #[error("nothing may pass between this peer and whoever is there")]
    Refused,
}

/// What somebody says who dials this peer.
pub(crate) struct Knock {
    pub(crate) transport: Transport,
    pub(crate) handshake: Handshake,
    /// The key that it has proved to have, and what it shows.
    pub(crate) shown: (PublicKey, Greeting),
}

/// Opens a connection to the member at a place.
pub(crate) async fn dial(
    credentials: &Credentials,
    network: &Network,
    ours: Ours,
    addr: SocketAddr,
    place: &Place,
) -> Result<(Stream, Remote), MeetingError> {
    let expected = place.key.ok_or(MeetingError::NoKey)?;
    let ours_greeting = credentials.greeting().ok_or(MeetingError::NoPass)?;
    let Stream { transport, slot, notice, .. } =
        network.connect(&place.addrs).await.map_err(MeetingError::Unreachable)?;
    let (mut transport, key) = transport.secured(&credentials.endpoint, expected).await?;
    let (remote, greeting) = handshake::greet_member(&mut transport, ours, addr, &ours_greeting).await?;
    let leash = credentials.meet(key, ours.item, greeting).await.ok_or(MeetingError::Refused)?;
    Ok((Stream { transport, slot, notice, leash: Some(leash) }, remote))
}

/// Hears whoever has dialled this peer, and answers nothing yet.
pub(crate) async fn hear(credentials: &Credentials, transport: Transport) -> Result<Knock, MeetingError> {
    let (mut transport, key) = transport.secured_by_other(&credentials.endpoint).await?;
    let greeting = handshake::read_greeting(&mut transport).await?;
    let handshake = handshake::read(&mut transport).await?;
    Ok(Knock { transport, handshake, shown: (key, greeting) })
}
