//! Peers of the pool.

use peerpool_control::PoolPeer;

use super::{size, table::Table};

/// A list of peers.
pub fn peers(peers: &[PoolPeer]) -> String {
    if peers.is_empty() {
        return "no peer is connected".to_owned();
    }
    let mut table = Table::new(&["NAME", "ADDRESS", ">ITEMS", ">ONLINE", "PROGRAM", ""]);
    for peer in peers {
        table.row([
            peer.name.clone(),
            peer.address.to_string(),
            peer.items.to_string(),
            size::duration(peer.connected_seconds),
            peer.agent.clone(),
            if peer.this { "this peer".to_owned() } else { String::new() },
        ]);
    }
    table.render()
}
