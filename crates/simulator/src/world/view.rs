//! The world as checkers see it.

use peerpool_wire::time::Time;

use crate::{
    checkers::{PeerView, View},
    peer::{State, VirtualPeer},
};

/// A view of all peers, of which the first `seeds` are seeds.
pub(super) fn of(peers: &[VirtualPeer], seeds: u32, now: Time, over: bool) -> View<'_> {
    let peers = peers.iter().map(|peer| view_of(peer, seeds)).collect();
    View { now, peers, over }
}

fn view_of(peer: &VirtualPeer, seeds: u32) -> PeerView<'_> {
    let open = peer.conns().iter().filter_map(|(id, conn)| match conn.state {
        State::Open(there) => Some((id, conn.remote, there)),
        _ => None,
    });
    PeerView {
        no: peer.no(),
        online: peer.is_online(),
        honest: peer.spec().behaviour.is_fair(),
        class: (peer.no().0 >= seeds).then_some(peer.spec().class),
        have: peer.swarm().have(),
        good: peer.disk().good(),
        sent: peer.ledger().sent,
        received: peer.ledger().received,
        lost: peer.ledger().lost,
        in_flight: peer.in_flight(),
        arrived: peer.ledger().arrived,
        completed: peer.ledger().completed,
        conns: open.collect(),
        swarm_conns: peer.swarm().stats().connections,
        faults: &peer.ledger().faults,
    }
}
