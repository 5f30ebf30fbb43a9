//! Opens the connections that a swarm wants.

use std::{
    collections::{BTreeMap, BTreeSet},
    io,
    net::SocketAddr,
};

use peerpool_swarm::{Form, Remote};
use tokio::{sync::mpsc, task::JoinSet};

use super::{Incoming, connections::Connections};
use crate::{
    addresses::Place,
    connection::{
        handshake::{self, HandshakeError, Ours},
        meeting::{self, MeetingError},
    },
    credentials::Credentials,
    transport::{Network, Stream},
};

/// Peers whose further addresses are kept.
const MAX_PEERS: usize = 1000;
/// Dials at a time on somebody's word, over those that the swarm wants.
const MAX_DIALS: usize = 32;
/// Addresses that are told of as unreachable in one session of a swarm.
const MAX_TOLD: usize = 1000;

/// Why no connection came about.
#[derive(Debug, thiserror::Error)]
pub(crate) enum DialError {
    #[error("nobody answers there: {0}")]
    Unreachable(io::Error),
    #[error(transparent)]
    Handshake(#[from] HandshakeError),
    #[error(transparent)]
    Meeting(MeetingError),
}

impl From<MeetingError> for DialError {
    fn from(error: MeetingError) -> Self {
        match error {
            MeetingError::Unreachable(error) => Self::Unreachable(error),
            MeetingError::Handshake(error) => Self::Handshake(error),
            error => Self::Meeting(error),
        }
    }
}

impl DialError {
    /// Whether it says something about the address that was dialled, and not about this machine.
    fn is_theirs(&self) -> bool {
        use io::ErrorKind::{ConnectionRefused, HostUnreachable, TimedOut};
        match self {
            Self::Unreachable(error) => {
                matches!(error.kind(), ConnectionRefused | HostUnreachable | TimedOut)
            }
            Self::Handshake(_) | Self::Meeting(_) => false,
        }
    }
}

/// Dials for one swarm; dropped, it gives up what is under way.
#[derive(Debug)]
pub(super) struct Dialing {
    ours: Ours,
    network: Network,
    credentials: Option<Credentials>,
    addresses: Addresses,
    /// Dials under way.
    dials: JoinSet<()>,
    incoming: mpsc::Sender<Incoming>,
}

/// What is known of where peers are.
#[derive(Debug, Default)]
struct Addresses {
    /// Each peer that the tracker named, by its first address.
    of: BTreeMap<SocketAddr, Place>,
    /// Found unreachable, and not told yet.
    unreachable: Vec<SocketAddr>,
    told: BTreeSet<SocketAddr>,
}

impl Addresses {
    /// Peers that the tracker named, each with all its addresses.
    fn add(&mut self, peers: Vec<Place>) {
        for place in peers {
            if let Some(&first) = place.addrs.first()
                && (self.of.len() < MAX_PEERS || self.of.contains_key(&first))
            {
                self.of.insert(first, place);
            }
        }
    }

    fn place(&self, addr: SocketAddr) -> Place {
        self.of.get(&addr).cloned().unwrap_or_else(|| addr.into())
    }

    /// Nobody answers there; worth telling once, where it was the tracker who named it.
    fn failed(&mut self, addr: SocketAddr) {
        if self.told.len() < MAX_TOLD
            && let Some(place) = self.of.get(&addr)
            && self.told.insert(addr)
        {
            self.unreachable.extend(&place.addrs);
        }
    }

    /// What is to be told by now.
    fn take_unreachable(&mut self) -> Vec<SocketAddr> {
        std::mem::take(&mut self.unreachable)
    }
}

impl Dialing {
    /// Dials as `ours`; `incoming` is told how it went.
    pub(super) fn new(
        ours: Ours,
        network: Network,
        credentials: Option<Credentials>,
        incoming: mpsc::Sender<Incoming>,
    ) -> Self {
        Self { ours, network, credentials, addresses: Addresses::default(), dials: JoinSet::new(), incoming }
    }

    /// Peers that the tracker named, each with all its addresses.
    pub(super) fn add_addresses(&mut self, peers: Vec<Place>) {
        self.addresses.add(peers);
    }

    pub(super) fn dial(&mut self, addr: SocketAddr) {
        self.dial_place(addr, self.addresses.place(addr));
    }

    fn dial_place(&mut self, addr: SocketAddr, place: Place) {
        let (ours, network, incoming) = (self.ours, self.network.clone(), self.incoming.clone());
        let credentials = self.credentials.clone();
        self.dials.spawn(async move {
            let result = match &credentials {
                None => connect(ours, addr, &place.addrs, &network).await,
                Some(credentials) => {
                    let met = meeting::dial(credentials, &network, ours, addr, &place).await;
                    met.map_err(DialError::from)
                }
            };
            let _ = incoming.send(Incoming::Dialed { addr, result }).await;
        });
    }

    /// Dials peers that cannot dial us, as far as they are not connected.
    pub(super) fn dial_back(&mut self, peers: Vec<Place>, connections: &Connections) {
        for Place { addrs, key } in peers {
            for addr in addrs {
                if !connections.is_connected_to(addr) && self.dials.len() < MAX_DIALS {
                    let known = self.addresses.place(addr);
                    self.dial_place(addr, Place { key: key.or(known.key), ..known });
                }
            }
        }
    }

    /// A dial came to its end.
    pub(super) fn dialed(&mut self) {
        while self.dials.try_join_next().is_some() {}
    }

    pub(super) fn note_failed(&mut self, addr: SocketAddr, error: &DialError) {
        tracing::debug!(%addr, %error, "no connection");
        if error.is_theirs() {
            self.addresses.failed(addr);
        }
    }

    /// Addresses that were found unreachable since the last question.
    pub(super) fn take_unreachable(&mut self) -> Vec<SocketAddr> {
        self.addresses.take_unreachable()
    }

    /// Gives up what is under way.
    pub(super) fn abort(&mut self) {
        self.dials.abort_all();
    }
}

/// Opens a connection. A client that knows only the item's v1 form hangs up at any other name.
async fn connect(
    ours: Ours,
    addr: SocketAddr,
    addrs: &[SocketAddr],
    network: &Network,
) -> Result<(Stream, Remote), DialError> {
    let mut stream = network.connect(addrs).await.map_err(DialError::Unreachable)?;
    match handshake::greet(&mut stream.transport, ours, addr, Form::Canonical).await {
        Err(HandshakeError::Io(_)) if ours.v1_form.is_some() => {
            drop(stream);
            let mut stream = network.connect(addrs).await.map_err(DialError::Unreachable)?;
            let remote = handshake::greet(&mut stream.transport, ours, addr, Form::V1).await?;
            Ok((stream, remote))
        }
        greeted => Ok(greeted.map(|remote| (stream, remote))?),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_fails_on_this_machine_is_not_blamed_on_a_holder() {
        let failed = |kind: io::ErrorKind| DialError::Unreachable(kind.into());
        assert!(failed(io::ErrorKind::ConnectionRefused).is_theirs());
        assert!(failed(io::ErrorKind::TimedOut).is_theirs());
        assert!(!failed(io::ErrorKind::NetworkUnreachable).is_theirs());
        assert!(!DialError::Unreachable(io::Error::other("as many as may be")).is_theirs());
    }

    #[test]
    fn a_holder_that_nobody_answers_for_is_told_once_with_all_its_addresses() {
        let [first, second, other] =
            ["10.0.0.1:1", "[::2]:1", "10.0.0.3:1"].map(|text| text.parse().unwrap());
        let mut addresses = Addresses::default();
        addresses.add(vec![Place { addrs: vec![first, second], key: None }]);
        assert_eq!(addresses.place(first).addrs, [first, second]);
        assert_eq!(addresses.place(other).addrs, [other]);
        addresses.failed(first);
        addresses.failed(first);
        addresses.failed(other);
        assert_eq!(addresses.take_unreachable(), [first, second]);
        assert_eq!(addresses.take_unreachable(), []);
    }
}
