//! Peers of the pool.

use peerpool_api::{PeerPage, PoolPeer};

use super::{size, table::Table};

/// A list of peers, and how many there are beside them.
pub fn peers(page: &PeerPage) -> String {
    if page.peers.is_empty() {
        return "no peer is connected".to_owned();
    }
    let mut table = Table::new(&["NAME", "=ADDRESS", ">ITEMS", ">ONLINE", "PROGRAM", ""]);
    for peer in &page.peers {
        table.row([
            peer.name.clone(),
            peer.address.to_string(),
            peer.items.to_string(),
            size::duration(peer.connected_seconds),
            peer.agent.clone(),
            note(peer),
        ]);
    }
    match u64::from(page.total).saturating_sub(page.peers.len() as u64) {
        0 => table.render(),
        more => format!("{}\n… and {more} more", table.render()),
    }
}

fn note(peer: &PoolPeer) -> String {
    let this = peer.this.then_some("this peer");
    let closed = (peer.reachable == Some(false)).then_some("not reachable");
    this.into_iter().chain(closed).collect::<Vec<_>>().join(", ")
}
