//! Swarms over connections that have no sockets.

use std::{net::SocketAddr, path::Path, sync::Arc, time::Duration};

use peerpool_repository::{Cancel, Repository, Scope, Wanted};
use peerpool_swarm::{Form, Remote};
use peerpool_wire::{
    id::{InfoHash, PeerId},
    networks::Networks,
};
use tempfile::TempDir;
use tokio::sync::{mpsc, watch};

use super::*;
use crate::{
    budget::Slots,
    connection::handshake::{self, Ours},
    metrics::Registry,
    transport::{Transport, memory, tls::tests::secured},
};

const PATIENCE: Duration = Duration::from_secs(30);
pub(crate) const SEED: u8 = 1;
pub(crate) const OTHER: u8 = 2;

/// What the swarms of one peer use.
pub(crate) fn environment(peer: u8) -> Environment {
    let listen = addr(peer);
    Environment {
        clock: Clock::start(),
        peer_id: PeerId([peer; 20]),
        port: listen.port(),
        received: BufferPool::new(4 << 20),
        sent: BufferPool::new(4 << 20),
        storage: Storage::start(1).unwrap(),
        hashing: Hashing::start().unwrap(),
        network: Network::new(Slots::new(10), listen.ip(), watch::channel(Networks::default()).1),
        queued: AllQueued::default(),
        credentials: None,
        ways: Ways::open(),
        counters: Registry::default().counters(),
    }
}

pub(crate) fn addr(peer: u8) -> SocketAddr {
    SocketAddr::new([10, 0, 0, peer].into(), 6881)
}

/// A peer that shares a file, and its swarm.
pub(crate) struct Seed {
    pub(crate) item: Arc<SharedItem>,
    pub(crate) swarm: SwarmHandle,
    environment: Environment,
    _folder: TempDir,
    _events: mpsc::Receiver<Event>,
}

impl Seed {
    pub(crate) fn of(bytes: &[u8]) -> Self {
        let (folder, repository) = repository();
        std::fs::write(folder.path().join("file"), bytes).unwrap();
        repository.refresh(&Scope::Everything, &Cancel::default(), &|_| {}).unwrap();
        let item = repository.shared_item("file").unwrap();
        let environment = environment(SEED);
        let (swarm, events) = start(&environment, item.info_hash(), ItemData::Shared(item.clone()));
        Self { item, swarm, environment, _folder: folder, _events: events }
    }

    /// Connects somebody to it, by handshakes over memory.
    pub(crate) async fn connect(&self, environment: &Environment) -> (Stream, Remote) {
        self.connect_over(environment, memory::pair([addr(OTHER), addr(SEED)])).await
    }

    /// The same over these two ends.
    async fn connect_over(
        &self,
        environment: &Environment,
        [mut theirs, mut ours]: [Transport; 2],
    ) -> (Stream, Remote) {
        let (there, here) = (self.ours(environment.peer_id), self.ours(self.environment.peer_id));
        let greeting = handshake::greet(&mut theirs, there, addr(SEED), Form::Canonical);
        let answering = async {
            let handshake = handshake::read(&mut ours).await.unwrap();
            handshake::answer(&mut ours, here, &handshake, None).await.unwrap()
        };
        let (seed, other) = tokio::join!(greeting, answering);
        self.swarm.order(Order::Accept { stream: placed(&self.environment, ours), remote: Box::new(other) });
        (placed(environment, theirs), seed.unwrap())
    }

    fn ours(&self, peer_id: PeerId) -> Ours {
        Ours { peer_id, item: self.item.info_hash(), v1_form: None }
    }
}

fn placed(environment: &Environment, transport: Transport) -> Stream {
    environment.network.accepted(transport).unwrap()
}

fn repository() -> (TempDir, Repository) {
    let folder = tempfile::tempdir().unwrap();
    let repository = Repository::open(Path::new(folder.path())).unwrap();
    (folder, repository)
}

fn start(
    environment: &Environment,
    item: InfoHash,
    item_data: ItemData,
) -> (SwarmHandle, mpsc::Receiver<Event>) {
    let (events_in, events) = mpsc::channel(64);
    let events_in = EventSender::new(events_in, |event| event);
    let setup = Setup { item, item_data, wanted: None, trace: false, events: events_in };
    (spawn(environment.clone(), setup), events)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_download_needs_no_sockets() {
    download_over(memory::pair([addr(OTHER), addr(SEED)])).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_download_goes_through_tls_as_it_does_without() {
    download_over(secured(memory::pair([addr(OTHER), addr(SEED)])).await).await;
}

async fn download_over(ends: [Transport; 2]) {
    let bytes: Vec<u8> = (0..3_000_000_u32).map(|at| (at.wrapping_mul(at) >> 7) as u8).collect();
    let seed = Seed::of(&bytes);
    let (_folder, repository) = repository();
    let partial = repository.download(seed.item.metainfo().clone(), Wanted::Whole).unwrap();
    let environment = environment(OTHER);
    let (swarm, mut events) = start(&environment, seed.item.info_hash(), ItemData::Partial(partial.clone()));
    let (stream, remote) = seed.connect_over(&environment, ends).await;
    swarm.order(Order::Accept { stream, remote: Box::new(remote) });
    let completed = async { while !matches!(events.recv().await.unwrap(), Event::Complete) {} };
    tokio::time::timeout(PATIENCE, completed).await.unwrap();
    let fetched = tokio::task::spawn_blocking(move || {
        let mut fetched = vec![0; bytes.len()];
        partial.read_at(0, &mut fetched).unwrap();
        (fetched, bytes)
    });
    let (fetched, bytes) = fetched.await.unwrap();
    assert!(fetched == bytes, "what was fetched is something else");
}
