//! Peers of the pool.

use peerpool_api::PoolPeer;

use super::{size, table::Table};

/// A list of peers.
pub fn peers(peers: &[PoolPeer]) -> String {
    if peers.is_empty() {
        return "no peer is connected".to_owned();
    }
    let mut table = Table::new(&["NAME", "=ADDRESS", ">ITEMS", ">ONLINE", "PROGRAM", ""]);
    for peer in peers {
        table.row([
            peer.name.clone(),
            peer.address.to_string(),
            peer.items.to_string(),
            size::duration(peer.connected_seconds),
            peer.agent.clone(),
            note(peer),
        ]);
    }
    table.render()
}

fn note(peer: &PoolPeer) -> String {
    let this = peer.this.then_some("this peer");
    let closed = (peer.reachable == Some(false)).then_some("not reachable");
    this.into_iter().chain(closed).collect::<Vec<_>>().join(", ")
}
