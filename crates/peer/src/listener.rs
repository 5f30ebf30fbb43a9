//! Takes incoming connections, reads what they want, and hands them to the swarm that they name.

use std::{sync::Arc, time::Duration};

use tokio::{
    net::{TcpListener, TcpStream},
    sync::{OwnedSemaphorePermit, Semaphore, oneshot},
};
use tokio_util::sync::CancellationToken;

use crate::{
    connection::handshake::{self, HandshakeError},
    node::{Message, NodeHandle},
    swarm_task::Order,
    transport::{Places, Stream},
};

/// Connections that may be in their handshake at a time.
const PENDING: usize = 256;
/// Rest after the system refused to give a connection, which mostly means that it has no file handle left.
const REST: Duration = Duration::from_millis(100);

/// Why a connection was turned away.
#[derive(Debug, thiserror::Error)]
enum Refused {
    #[error(transparent)]
    Handshake(#[from] HandshakeError),
    #[error("nothing is shared under the hash it named")]
    Unknown,
    #[error("the peer is ending")]
    Ending,
}

/// Listens until the peer ends.
pub(crate) async fn run(listener: TcpListener, places: Places, node: NodeHandle, ending: CancellationToken) {
    let pending = Arc::new(Semaphore::new(PENDING));
    loop {
        let accepted = tokio::select! {
            () = ending.cancelled() => return,
            accepted = listener.accept() => accepted,
        };
        match accepted {
            Ok((tcp, addr)) => {
                // Whoever comes while too many are pending is turned away, so that those who wait get their turn.
                if let Ok(permit) = pending.clone().try_acquire_owned() {
                    admit(tcp, &places, &node, permit);
                } else {
                    tracing::debug!(%addr, "too many handshakes are pending");
                }
            }
            Err(error) => {
                tracing::warn!(%error, "cannot accept a connection");
                tokio::time::sleep(REST).await;
            }
        }
    }
}

fn admit(tcp: TcpStream, places: &Places, node: &NodeHandle, permit: OwnedSemaphorePermit) {
    let Some(mut stream) = Stream::accepted(tcp, places) else {
        return;
    };
    let node = node.clone();
    tokio::spawn(async move {
        let addr = stream.remote_addr();
        if let Err(refused) = introduce(&mut stream, &node).await.map(|order| order(stream)) {
            tracing::debug!(?addr, %refused, "connection turned away");
        }
        drop(permit);
    });
}

/// Exchanges handshakes; what it returns hands the connection over.
async fn introduce(stream: &mut Stream, node: &NodeHandle) -> Result<impl FnOnce(Stream) + use<>, Refused> {
    let theirs = handshake::read(stream).await?;
    let (answer, answered) = oneshot::channel();
    node.send(Message::Admit { handshake: theirs, answer }).await;
    let admission = answered.await.map_err(|_| Refused::Ending)?.ok_or(Refused::Unknown)?;
    let remote = handshake::answer(stream, admission.ours, &theirs).await?;
    Ok(move |stream| {
        let _ = admission.swarm.try_send(Order::Accept { stream, remote });
    })
}
