//! Takes incoming connections, reads what they want, and hands them to the swarm that they name.

use std::time::{Duration, Instant};

use tokio::{
    net::{TcpListener, TcpStream},
    sync::oneshot,
};
use tokio_util::sync::CancellationToken;

use crate::{
    budget::{Places, Spell},
    connection::handshake::{self, HandshakeError},
    node::{Message, NodeHandle},
    swarm_task,
    transport::Network,
};

/// Rest after the system refused to give a connection, which mostly means that it has no file handle left.
const REST: Duration = Duration::from_millis(100);

/// Why a connection was turned away.
#[derive(Debug, thiserror::Error)]
enum Refused {
    #[error(transparent)]
    Handshake(#[from] HandshakeError),
    #[error("nothing is shared under the hash it named")]
    Unknown,
    #[error("others came, and it had not finished its handshake")]
    GaveWay,
    #[error("there are as many connections as may be, and all of them busy")]
    Full,
    #[error("the peer is ending")]
    Ending,
}

/// What admits connections.
#[derive(Clone)]
struct Door {
    node: NodeHandle,
    network: Network,
    /// For those whose handshake is not done: whoever waits longest gives way to whoever comes.
    handshakes: Places,
}

/// Listens until the peer ends.
pub(crate) async fn run(
    listener: TcpListener,
    network: Network,
    handshakes: usize,
    node: NodeHandle,
    ending: CancellationToken,
) {
    let door = Door { node, network, handshakes: Places::new(handshakes) };
    let mut failures = Spell::default();
    loop {
        let accepted = tokio::select! {
            () = ending.cancelled() => return,
            accepted = listener.accept() => accepted,
        };
        match accepted {
            Ok((tcp, _)) => door.admit(tcp),
            Err(error) => {
                if failures.note(Instant::now()).is_some() {
                    tracing::warn!(%error, "connections cannot be accepted; `ulimit -n` raises how many files may be open");
                }
                door.network.places().give_up_one();
                tokio::time::sleep(REST).await;
            }
        }
    }
}

impl Door {
    fn admit(&self, tcp: TcpStream) {
        let Ok(addr) = tcp.peer_addr() else { return };
        let Some((place, notice)) = self.handshakes.take(addr.ip()) else { return };
        let door = self.clone();
        tokio::spawn(async move {
            let refused = tokio::select! {
                introduced = door.introduce(tcp) => introduced.err(),
                _ = notice => Some(Refused::GaveWay),
            };
            if let Some(refused) = refused {
                tracing::debug!(%addr, %refused, "connection turned away");
            }
            drop(place);
        });
    }

    /// Exchanges handshakes and hands the connection over.
    async fn introduce(&self, mut tcp: TcpStream) -> Result<(), Refused> {
        let theirs = handshake::read(&mut tcp).await?;
        let (answer, answered) = oneshot::channel();
        self.node.send(Message::Admit { handshake: theirs, answer }).await;
        let admission = answered.await.map_err(|_| Refused::Ending)?.ok_or(Refused::Unknown)?;
        let mut stream = self.network.accepted(tcp).ok_or(Refused::Full)?;
        let remote = handshake::answer(&mut stream, admission.ours, &theirs).await?;
        match swarm_task::accept(&admission.swarm, stream, remote) {
            true => Ok(()),
            false => Err(Refused::Full),
        }
    }
}
