//! Learns what an item is from peers: sockets around a [`MetadataFetch`].

mod connection;

use std::{collections::BTreeMap, net::SocketAddr};

use peerpool_swarm::{
    Config, ConnId, Form, HeardFrom, Remote,
    metadata::{Input, MetadataError, MetadataFetch, Output},
};
use peerpool_wire::{id::InfoHash, message::Message, metainfo::Metainfo};
use tokio::{sync::mpsc, task::JoinSet};

use crate::{
    addresses::Place,
    clock::sleep_until,
    connection::{
        handshake,
        meeting::{self, MeetingError},
    },
    swarm_task::Environment,
    transport::Stream,
};

/// Messages that wait to be handled, or to be written on one connection.
const QUEUE: usize = 64;
/// Members whose addresses are kept.
const MAX_PLACES: usize = 1000;

/// What connections tell.
enum Incoming {
    Dialed { addr: SocketAddr, result: Result<(Stream, Remote), MeetingError> },
    Received { conn: ConnId, message: Message },
    Closed { conn: ConnId },
}

struct Task<'e> {
    environment: &'e Environment,
    fetch: MetadataFetch,
    /// Members by their first address.
    places: BTreeMap<SocketAddr, Place>,
    connections: BTreeMap<ConnId, mpsc::Sender<Message>>,
    /// Dials and connections; they end with the task.
    tasks: JoinSet<()>,
    incoming: mpsc::Sender<Incoming>,
    opened: u32,
    end: Option<Result<Metainfo, MetadataError>>,
}

/// Learns what the item is, from the peers at `first` and at the addresses that come. Waits for as long as nobody can
/// tell; dropped, it closes its connections.
pub(crate) async fn fetch(
    environment: &Environment,
    item: InfoHash,
    first: &[SocketAddr],
    candidates: &mut mpsc::Receiver<Vec<Place>>,
) -> Result<Metainfo, MetadataError> {
    let (mut task, inbox) = Task::new(environment, item);
    task.handle(Input::Candidates { addrs: first.to_vec(), heard_from: HeardFrom::Session });
    task.run(inbox, candidates).await
}

impl<'e> Task<'e> {
    fn new(environment: &'e Environment, item: InfoHash) -> (Self, mpsc::Receiver<Incoming>) {
        let (incoming, inbox) = mpsc::channel(QUEUE);
        let config = Config::new(environment.peer_id, environment.port);
        let task = Self {
            environment,
            fetch: MetadataFetch::new(config, item),
            places: BTreeMap::new(),
            connections: BTreeMap::new(),
            tasks: JoinSet::new(),
            incoming,
            opened: 0,
            end: None,
        };
        (task, inbox)
    }

    async fn run(
        mut self,
        mut inbox: mpsc::Receiver<Incoming>,
        candidates: &mut mpsc::Receiver<Vec<Place>>,
    ) -> Result<Metainfo, MetadataError> {
        loop {
            if let Some(end) = self.end.take() {
                return end;
            }
            let timeout = self.fetch.next_timeout().map(|time| self.environment.clock.instant(time));
            tokio::select! {
                Some(places) = candidates.recv() => {
                    let addrs = self.note(places);
                    self.handle(Input::Candidates { addrs, heard_from: HeardFrom::Session });
                }
                Some(incoming) = inbox.recv() => self.handle_incoming(incoming),
                () = sleep_until(timeout) => self.handle(Input::Tick),
                Some(_) = self.tasks.join_next() => {}
            }
        }
    }

    fn handle_incoming(&mut self, incoming: Incoming) {
        match incoming {
            Incoming::Dialed { result: Ok((stream, remote)), .. } => self.open(stream, remote),
            Incoming::Dialed { addr, result: Err(error) } => {
                tracing::debug!(%addr, %error, "cannot ask for metadata");
                self.handle(Input::ConnectFailed { addr });
            }
            Incoming::Received { conn, message } => self.handle(Input::Message { conn, message }),
            Incoming::Closed { conn } => {
                if self.connections.remove(&conn).is_some() {
                    self.handle(Input::Disconnected { conn });
                }
            }
        }
    }

    /// Keeps where peers are; their first addresses.
    fn note(&mut self, places: Vec<Place>) -> Vec<SocketAddr> {
        let mut addrs = Vec::new();
        for place in places {
            if let Some(&first) = place.addrs.first() {
                addrs.push(first);
                if self.environment.credentials.is_some() && self.places.len() < MAX_PLACES {
                    self.places.insert(first, place);
                }
            }
        }
        addrs
    }

    fn open(&mut self, mut stream: Stream, mut remote: Remote) {
        if let Some(leash) = &mut stream.leash {
            match leash.rights() {
                Some(rights) => remote.rights = rights,
                None => return stream.transport.writer.cut(),
            }
        }
        self.opened += 1;
        let conn = ConnId(self.opened);
        let (queue, writes) = mpsc::channel(QUEUE);
        self.connections.insert(conn, queue);
        self.tasks.spawn(connection::serve(conn, stream, writes, self.incoming.clone()));
        self.handle(Input::Connected { conn, remote });
    }

    fn handle(&mut self, input: Input) {
        let mut outputs = Vec::new();
        self.fetch.handle(self.environment.clock.now(), input, &mut outputs);
        for output in outputs {
            self.perform(output);
        }
    }

    fn perform(&mut self, output: Output) {
        match output {
            // A peer that takes no more is given up for its silence.
            Output::Send { conn, message } => {
                let _ = self.connections.get(&conn).map(|queue| queue.try_send(message));
            }
            Output::Connect { addr } => self.dial(addr),
            Output::Disconnect { conn, reason } => {
                tracing::debug!(%reason, "a connection for metadata is closed");
                self.connections.remove(&conn);
            }
            Output::Done(metainfo) => self.end = Some(Ok(*metainfo)),
            Output::Failed(error) => self.end = Some(Err(error)),
        }
    }

    fn dial(&mut self, addr: SocketAddr) {
        let (peer_id, item) = (self.environment.peer_id, self.fetch.identity());
        let ours = handshake::Ours { peer_id, item, v1_form: None };
        let network = self.environment.network.clone();
        let credentials = self.environment.credentials.clone();
        let place = self.places.get(&addr).cloned().unwrap_or_else(|| addr.into());
        let incoming = self.incoming.clone();
        self.tasks.spawn(async move {
            let connecting = async {
                if let Some(credentials) = &credentials {
                    return meeting::dial(credentials, &network, ours, addr, &place).await;
                }
                let mut stream = network.connect(&[addr]).await.map_err(MeetingError::Unreachable)?;
                let remote = handshake::greet(&mut stream.transport, ours, addr, Form::Canonical).await?;
                Ok((stream, remote))
            };
            let result = connecting.await;
            let _ = incoming.send(Incoming::Dialed { addr, result }).await;
        });
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::swarm_task::tests::{OTHER, SEED, Seed, addr, environment};

    #[tokio::test(flavor = "multi_thread")]
    async fn metadata_is_learned_without_sockets() {
        let seed = Seed::of(&vec![7; 300_000]);
        let environment = environment(OTHER);
        let (mut task, inbox) = Task::new(&environment, seed.item.info_hash());
        let mut dials = Vec::new();
        let candidates = Input::Candidates { addrs: vec![addr(SEED)], heard_from: HeardFrom::Session };
        task.fetch.handle(environment.clock.now(), candidates, &mut dials);
        assert!(matches!(dials[..], [Output::Connect { addr: dialed }] if dialed == addr(SEED)), "{dials:?}");
        let (stream, remote) = seed.connect(&environment).await;
        task.open(stream, remote);
        let (_more, mut candidates) = mpsc::channel(1);
        let learned = tokio::time::timeout(Duration::from_secs(30), task.run(inbox, &mut candidates));
        assert_eq!(learned.await.unwrap().unwrap().info.hash(), seed.item.info_hash());
    }
}
