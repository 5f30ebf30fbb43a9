//! The handshakes of both directions.

use std::{io, net::SocketAddr, time::Duration};

use peerpool_access::Keyset;
use peerpool_swarm::{Form, Remote, Rights};
use peerpool_wire::{
    handshake::{Features, Handshake, NotAHandshake},
    id::{InfoHash, PeerId, WireHash},
};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
    time::error::Elapsed,
};

use crate::transport::Transport;

/// How long the other side may take, however it spreads its bytes.
const TIMEOUT: Duration = Duration::from_secs(10);
/// Longest pass or keyset that is read, in bytes.
const MAX_STATEMENT: usize = 4096;

/// Why no connection came about.
#[derive(Debug, thiserror::Error)]
pub(crate) enum HandshakeError {
    #[error(transparent)]
    Protocol(#[from] NotAHandshake),
    #[error("it answered for another item ({0})")]
    OtherSwarm(WireHash),
    #[error("it showed a statement of {0} bytes, where {MAX_STATEMENT} are allowed")]
    LongStatement(usize),
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
    /// The info-hash of the item's v1 form, where it has one.
    pub(crate) v1_form: Option<WireHash>,
}

impl Ours {
    fn features(&self, form: Form) -> Features {
        // libtorrent refuses who says that it knows a v2 hash of what is v1 alone.
        let v2 = form == Form::Canonical && self.item.v2().is_some();
        Features { extension: true, fast: true, v2 }
    }

    fn handshake(&self, swarm: WireHash, form: Form) -> Handshake {
        Handshake { features: self.features(form), swarm, peer_id: self.peer_id }
    }

    /// Which of the item's names a hash is.
    fn form(&self, swarm: WireHash) -> Option<Form> {
        if self.item.wire_hashes().any(|hash| hash == swarm) {
            return Some(Form::Canonical);
        }
        (self.v1_form == Some(swarm)).then_some(Form::V1)
    }

    /// The hash to answer with: the v2 one where both sides can speak v2 (BEP 52, "upgrade path").
    fn answer_to(&self, theirs: &Handshake, form: Form) -> WireHash {
        match self.item.v2_wire() {
            Some(v2) if theirs.features.v2 && form == Form::Canonical => v2,
            _ => theirs.swarm,
        }
    }

    /// Who is at the other end, on our network if `near`.
    fn remote(
        &self,
        theirs: &Handshake,
        addr: SocketAddr,
        (outgoing, near): (bool, bool),
        swarm: WireHash,
    ) -> Remote {
        let form = self.form(swarm).unwrap_or_default();
        let ours = self.features(form);
        Remote {
            peer_id: theirs.peer_id,
            addr,
            outgoing,
            features: Features {
                extension: ours.extension && theirs.features.extension,
                fast: ours.fast && theirs.features.fast,
                v2: ours.v2 && theirs.features.v2,
            },
            v2: Some(swarm) == self.item.v2_wire(),
            form,
            near,
            rights: Rights::default(),
        }
    }
}

/// Whether whoever has connected begins with a BitTorrent handshake as plain text. Nothing is taken of what it sends.
pub(crate) async fn is_plain(tcp: &TcpStream) -> Result<bool, HandshakeError> {
    let mut first = [0];
    let read = tokio::time::timeout(TIMEOUT, tcp.peek(&mut first)).await??;
    Ok(read == first.len() && first[0] == Handshake::FIRST)
}

/// Reads the handshake that begins an incoming connection.
pub(crate) async fn read(transport: &mut Transport) -> Result<Handshake, HandshakeError> {
    let mut bytes = [0; Handshake::LEN];
    tokio::time::timeout(TIMEOUT, transport.reader.read_exact(&mut bytes)).await??;
    Ok(Handshake::decode(&bytes)?)
}

async fn write(transport: &mut Transport, bytes: &[u8]) -> Result<(), HandshakeError> {
    let writing = async {
        transport.writer.write_all(bytes).await?;
        transport.writer.flush().await
    };
    Ok(tokio::time::timeout(TIMEOUT, writing).await??)
}

/// What a member shows before its handshake.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Greeting {
    /// The keyset, unless it is the pool's first.
    pub(crate) keyset: Option<Vec<u8>>,
    pub(crate) pass: Vec<u8>,
    /// The epoch up to which the tracker has told it of changes.
    pub(crate) epoch: u64,
}

impl Greeting {
    fn encode(&self, bytes: &mut Vec<u8>) {
        for statement in self.keyset.iter().chain([&self.pass]) {
            bytes.extend_from_slice(&u16::try_from(statement.len()).unwrap_or(u16::MAX).to_be_bytes());
            bytes.extend_from_slice(statement);
        }
        bytes.extend_from_slice(&self.epoch.to_be_bytes());
    }
}

/// Reads what a member shows: the keyset, if there is need, and the pass, each behind its length in two bytes, and the epoch
/// in eight, big end first.
pub(crate) async fn read_greeting(transport: &mut Transport) -> Result<Greeting, HandshakeError> {
    let reading = async {
        let first = read_statement(transport).await?;
        let (keyset, pass) = match Keyset::is_one(&first) {
            true => (Some(first), read_statement(transport).await?),
            false => (None, first),
        };
        Ok(Greeting { keyset, pass, epoch: transport.reader.read_u64().await? })
    };
    tokio::time::timeout(TIMEOUT, reading).await?
}

async fn read_statement(transport: &mut Transport) -> Result<Vec<u8>, HandshakeError> {
    let length = usize::from(transport.reader.read_u16().await?);
    if length > MAX_STATEMENT {
        return Err(HandshakeError::LongStatement(length));
    }
    let mut statement = vec![0; length];
    transport.reader.read_exact(&mut statement).await?;
    Ok(statement)
}

/// A handshake as it goes out, behind what a member shows.
fn encode(handshake: &Handshake, greeting: Option<&Greeting>) -> Vec<u8> {
    let mut bytes = Vec::new();
    if let Some(greeting) = greeting {
        greeting.encode(&mut bytes);
    }
    bytes.extend_from_slice(&handshake.encode());
    bytes
}

/// Answers a handshake that was read, for the item it named; a member greets before.
pub(crate) async fn answer(
    transport: &mut Transport,
    ours: Ours,
    theirs: &Handshake,
    greeting: Option<&Greeting>,
) -> Result<Remote, HandshakeError> {
    let form = ours.form(theirs.swarm).ok_or(HandshakeError::OtherSwarm(theirs.swarm))?;
    let swarm = ours.answer_to(theirs, form);
    write(transport, &encode(&ours.handshake(swarm, form), greeting)).await?;
    Ok(ours.remote(theirs, transport.remote_addr, (false, transport.near), swarm))
}

/// Greets and exchanges handshakes on a connection that we opened to a member at `addr`; what it shows.
pub(crate) async fn greet_member(
    transport: &mut Transport,
    ours: Ours,
    addr: SocketAddr,
    greeting: &Greeting,
) -> Result<(Remote, Greeting), HandshakeError> {
    let handshake = ours.handshake(ours.item.primary(), Form::Canonical);
    write(transport, &encode(&handshake, Some(greeting))).await?;
    let shown = read_greeting(transport).await?;
    Ok((hear(transport, ours, addr, Form::Canonical).await?, shown))
}

/// Exchanges handshakes on a connection that we opened to `addr`, about the item under this name.
pub(crate) async fn greet(
    transport: &mut Transport,
    ours: Ours,
    addr: SocketAddr,
    form: Form,
) -> Result<Remote, HandshakeError> {
    let swarm = ours.v1_form.filter(|_| form == Form::V1).unwrap_or_else(|| ours.item.primary());
    write(transport, &encode(&ours.handshake(swarm, form), None)).await?;
    hear(transport, ours, addr, form).await
}

/// Reads the answer to our handshake.
async fn hear(
    transport: &mut Transport,
    ours: Ours,
    addr: SocketAddr,
    form: Form,
) -> Result<Remote, HandshakeError> {
    let theirs = read(transport).await?;
    if ours.form(theirs.swarm) != Some(form) {
        return Err(HandshakeError::OtherSwarm(theirs.swarm));
    }
    Ok(ours.remote(&theirs, addr, (true, transport.near), theirs.swarm))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn claims_v2(swarm: WireHash) -> Handshake {
        let features = Features { extension: true, fast: true, v2: true };
        Handshake { features, swarm, peer_id: PeerId([2; 20]) }
    }

    fn ours(item: &str) -> Ours {
        let item = item.parse().unwrap();
        Ours { peer_id: PeerId([1; 20]), item, v1_form: Some(WireHash([9; 20])) }
    }

    #[test]
    fn a_false_claim_of_v2_is_not_believed() {
        let addr = "10.0.0.1:1".parse().unwrap();
        let v1 = ours(&"ab".repeat(20));
        let theirs = claims_v2(v1.item.primary());
        assert_eq!(v1.answer_to(&theirs, Form::Canonical), theirs.swarm);
        let remote = v1.remote(&theirs, addr, (false, true), theirs.swarm);
        assert!(!remote.v2 && !remote.features.v2, "there is no v2 of this item");

        let hybrid = ours(&format!("{}:{}", "ab".repeat(20), "cd".repeat(32)));
        let theirs = claims_v2(WireHash([9; 20]));
        let form = hybrid.form(theirs.swarm).unwrap();
        assert_eq!((form, hybrid.answer_to(&theirs, form)), (Form::V1, theirs.swarm));
        let remote = hybrid.remote(&theirs, addr, (false, true), theirs.swarm);
        assert!(!remote.v2 && !remote.features.v2, "the v1 form has no v2");

        let theirs = claims_v2(hybrid.item.v1_wire().unwrap());
        assert_eq!(Some(hybrid.answer_to(&theirs, Form::Canonical)), hybrid.item.v2_wire());
    }
}
