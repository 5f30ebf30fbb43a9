//! The handshakes of both directions.

use std::{io, net::SocketAddr, time::Duration};

use peerpool_swarm::Remote;
use peerpool_wire::{
    handshake::{Features, Handshake, NotAHandshake},
    id::{InfoHash, PeerId, WireHash},
};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    time::error::Elapsed,
};

use crate::transport::Stream;

/// How long the other side may take, however it spreads its bytes.
const TIMEOUT: Duration = Duration::from_secs(10);

/// Why no connection came about.
#[derive(Debug, thiserror::Error)]
pub(crate) enum HandshakeError {
    #[error(transparent)]
    Protocol(#[from] NotAHandshake),
    #[error("it answered for another item ({0})")]
    OtherSwarm(WireHash),
    #[error("it said nothing, or not enough, for {} s", TIMEOUT.as_secs())]
    Silent(#[from] Elapsed),
    #[error(transparent)]
    Io(#[from] io::Error),
}

/// What we say of ourselves, about one item.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Ours {
    pub(crate) peer_id: PeerId,
    pub(crate) item: InfoHash,
}

impl Ours {
    fn features(&self) -> Features {
        Features { extension: true, fast: true, v2: self.item.v2().is_some() }
    }

    fn handshake(&self, swarm: WireHash) -> Handshake {
        Handshake { features: self.features(), swarm, peer_id: self.peer_id }
    }

    /// The hash to answer with: the v2 one where both sides can speak v2 (BEP 52, "upgrade path").
    fn answer_to(&self, theirs: &Handshake) -> WireHash {
        match self.item.v2_wire() {
            Some(v2) if theirs.features.v2 => v2,
            _ => theirs.swarm,
        }
    }

    fn remote(&self, theirs: &Handshake, addr: SocketAddr, outgoing: bool, v2: bool) -> Remote {
        let ours = self.features();
        Remote {
            peer_id: theirs.peer_id,
            addr,
            outgoing,
            features: Features {
                extension: ours.extension && theirs.features.extension,
                fast: ours.fast && theirs.features.fast,
                v2: ours.v2 && theirs.features.v2,
            },
            v2,
        }
    }
}

/// Reads the handshake that begins an incoming connection.
pub(crate) async fn read(stream: &mut Stream) -> Result<Handshake, HandshakeError> {
    let mut bytes = [0; Handshake::LEN];
    tokio::time::timeout(TIMEOUT, stream.tcp.read_exact(&mut bytes)).await??;
    Ok(Handshake::decode(&bytes)?)
}

/// Answers a handshake that was read, for the item it named.
pub(crate) async fn answer(
    stream: &mut Stream,
    ours: Ours,
    theirs: &Handshake,
) -> Result<Remote, HandshakeError> {
    let swarm = ours.answer_to(theirs);
    let bytes = ours.handshake(swarm).encode();
    tokio::time::timeout(TIMEOUT, stream.tcp.write_all(&bytes)).await??;
    let v2 = Some(swarm) == ours.item.v2_wire();
    Ok(ours.remote(theirs, stream.remote_addr()?, false, v2))
}

/// Exchanges handshakes on a connection that we opened to `addr`.
pub(crate) async fn greet(
    stream: &mut Stream,
    ours: Ours,
    addr: SocketAddr,
) -> Result<Remote, HandshakeError> {
    let bytes = ours.handshake(ours.item.primary()).encode();
    tokio::time::timeout(TIMEOUT, stream.tcp.write_all(&bytes)).await??;
    let theirs = read(stream).await?;
    if !ours.item.wire_hashes().any(|hash| hash == theirs.swarm) {
        return Err(HandshakeError::OtherSwarm(theirs.swarm));
    }
    let v2 = Some(theirs.swarm) == ours.item.v2_wire();
    Ok(ours.remote(&theirs, addr, true, v2))
}
