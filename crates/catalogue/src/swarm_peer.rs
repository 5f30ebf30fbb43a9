//! One peer of one swarm, kept small: a tracker has millions of them.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use peerpool_wire::{
    channel::Have,
    host::{Host, Network},
    id::PeerId,
    networks::Networks,
};

use crate::{identity::Identity, input::SessionId};

/// The hashes of the swarm under which a peer announced itself; it can talk to peers under the same ones.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Via(u8);

impl Via {
    pub(crate) const V1: Via = Via(1);
    pub(crate) const V2: Via = Via(2);
    pub(crate) const BOTH: Via = Via(3);
    /// The v1 form of a hybrid.
    pub(crate) const V1_FORM: Via = Via(4);
    /// Connected peers speak whatever an item has.
    pub(crate) const ALL: Via = Via(7);

    pub(crate) fn is_under(self, other: Via) -> bool {
        self.0 & other.0 == other.0
    }

    pub(crate) fn meets(self, other: Via) -> bool {
        self.0 & other.0 != 0
    }
}

/// What a peer has of the item.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Part {
    All,
    /// Some pieces; without a bitfield nobody knows which, or there are none.
    Some(Option<Box<[u8]>>),
}

impl Part {
    pub(crate) fn is_all(&self) -> bool {
        matches!(self, Part::All)
    }

    /// Bytes of its bitfield.
    pub(crate) fn bytes(&self) -> usize {
        match self {
            Part::All | Part::Some(None) => 0,
            Part::Some(Some(bitfield)) => bitfield.len(),
        }
    }

    pub(crate) fn to_have(&self, pieces: u32) -> Have {
        match self {
            Part::All => Have::All,
            Part::Some(bitfield) => {
                Have::Some { pieces, bitfield: bitfield.as_deref().unwrap_or_default().to_vec() }
            }
        }
    }
}

/// When the lease ends, in whole seconds of the catalogue's time; sessions have their own leases, and so have clients of
/// other nodes.
pub(crate) const NEVER: u32 = u32::MAX;

#[derive(Debug, Clone)]
pub(crate) struct SwarmPeer {
    pub(crate) identity: Identity,
    pub(crate) part: Part,
    pub(crate) expires: u32,
    /// How often it was handed out. Those handed out least come first, so links spread evenly.
    pub(crate) handed: u16,
    pub(crate) port: u16,
    pub(crate) v4: Option<Ipv4Addr>,
    pub(crate) v6: Option<Ipv6Addr>,
    pub(crate) session: Option<SessionId>,
    pub(crate) peer_id: PeerId,
    pub(crate) via: Via,
    /// A stock client at whose address nobody listens.
    pub(crate) dead: bool,
}

impl SwarmPeer {
    /// A peer that nobody has been told of.
    pub(crate) fn new(
        identity: Identity,
        peer_id: PeerId,
        ip: IpAddr,
        port: u16,
        via: Via,
        part: Part,
    ) -> Self {
        let (v4, v6) = match ip {
            IpAddr::V4(ip) => (Some(ip), None),
            IpAddr::V6(ip) => (None, Some(ip)),
        };
        Self {
            identity,
            part,
            expires: NEVER,
            handed: 0,
            port,
            v4,
            v6,
            session: None,
            peer_id,
            via,
            dead: false,
        }
    }

    /// Merges what the same peer says now; what it does not mention stays.
    pub(crate) fn renew(&mut self, newer: SwarmPeer) {
        self.dead = self.dead && self.port == newer.port && newer.addresses().all(|addr| self.is_at(addr));
        self.identity = newer.identity;
        self.part = newer.part;
        self.expires = newer.expires;
        self.port = newer.port;
        self.v4 = newer.v4.or(self.v4);
        self.v6 = newer.v6.or(self.v6);
        self.session = newer.session;
        self.peer_id = newer.peer_id;
        self.via = Via(self.via.0 | newer.via.0);
    }

    pub(crate) fn addresses(&self) -> impl Iterator<Item = SocketAddr> + '_ {
        let ips = self.v4.map(IpAddr::V4).into_iter().chain(self.v6.map(IpAddr::V6));
        ips.map(|ip| SocketAddr::new(ip, self.port))
    }

    /// Whether it stated this address.
    pub(crate) fn is_at(&self, address: SocketAddr) -> bool {
        self.addresses().any(|own| own == address)
    }

    /// Whether it runs this program.
    pub(crate) fn is_ours(&self) -> bool {
        self.session.is_some() || self.peer_id.is_peerpool()
    }

    /// Whether it is a stock client that has a lease here.
    pub(crate) fn is_own(&self) -> bool {
        self.session.is_none() && self.expires != NEVER
    }

    /// Whether it said the same already, what it has aside.
    pub(crate) fn says(&self, newer: &SwarmPeer) -> bool {
        self.port == newer.port
            && self.peer_id == newer.peer_id
            && newer.v4.is_none_or(|ip| self.v4 == Some(ip))
            && newer.v6.is_none_or(|ip| self.v6 == Some(ip))
            && self.via.0 | newer.via.0 == self.via.0
    }

    /// The host that its last announce, or its channel, came from.
    pub(crate) fn host(&self) -> Host {
        Host::of(
            self.v4.map(IpAddr::V4).or(self.v6.map(IpAddr::V6)).unwrap_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED)),
        )
    }

    /// Whether both are stock clients, at one address and port: only one process can listen there.
    pub(crate) fn is_stock_client_at(&self, other: &SwarmPeer) -> bool {
        let stock = self.session.is_none() && other.session.is_none();
        let at_v4 = self.v4.is_some() && self.v4 == other.v4;
        let at_v6 = self.v6.is_some() && self.v6 == other.v6;
        stock && self.port == other.port && (at_v4 || at_v6)
    }

    /// Whether it is on this network.
    pub(crate) fn is_near(&self, network: Network, networks: &Networks) -> bool {
        self.addresses().any(|address| networks.of(address.ip()) == network)
    }
}

#[cfg(test)]
mod tests {
    use super::SwarmPeer;

    #[test]
    fn a_peer_takes_at_most_96_bytes() {
        assert!(size_of::<SwarmPeer>() <= 96, "{} bytes", size_of::<SwarmPeer>());
    }
}
