//! Connects to addresses once, to see whether others can.

use std::{io, net::SocketAddr, sync::Arc, time::Duration};

use peerpool_catalogue::{Input, Probe, Proof};
use peerpool_wire::{
    handshake::{Features, Handshake},
    id::PeerId,
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    sync::{Semaphore, mpsc},
};

use super::CatalogueHandle;

/// How long one try may take.
const PATIENCE: Duration = Duration::from_secs(3);
/// Tries at a time.
const AT_ONCE: usize = 64;
/// Tries that wait; of what there is no room for, nothing is known.
const QUEUE: usize = 4096;

/// Where probes are put.
pub(crate) type Probes = mpsc::Sender<Probe>;

/// A queue of probes.
pub(crate) fn queue() -> (Probes, mpsc::Receiver<Probe>) {
    mpsc::channel(QUEUE)
}

/// Does what is in the queue until the catalogue's task is gone.
pub(crate) async fn probe_task(mut probes: mpsc::Receiver<Probe>, catalogue: CatalogueHandle) {
    let turns = Arc::new(Semaphore::new(AT_ONCE));
    while let Some(probe) = probes.recv().await {
        let Ok(turn) = turns.clone().acquire_owned().await else { return };
        let catalogue = catalogue.clone();
        tokio::spawn(async move {
            let tried = tokio::time::timeout(PATIENCE, reach(probe.address, probe.proof)).await;
            let reachable = tried.is_ok_and(|reached| reached.is_ok_and(|proved| proved));
            drop(turn);
            // A task that is gone wants to know nothing.
            let _ = catalogue.input(Input::Probed { probe, reachable }).await;
        });
    }
}

/// Whether somebody listens there, and proves who it is if that is asked.
async fn reach(address: SocketAddr, proof: Option<Proof>) -> io::Result<bool> {
    let mut stream = TcpStream::connect(address).await?;
    let Some(Proof { swarm, peer_id }) = proof else { return Ok(true) };
    let own = Handshake { features: Features::default(), swarm, peer_id: PeerId::new(rand::random()) };
    stream.write_all(&own.encode()).await?;
    let mut answer = [0; Handshake::LEN];
    stream.read_exact(&mut answer).await?;
    Ok(Handshake::decode(&answer).is_ok_and(|theirs| theirs.peer_id == peer_id))
}
