//! The network falls apart, and comes together again.

use std::net::SocketAddr;

use peerpool_api::{PeerQuery, TrackerState};
use peerpool_system_tests::{Network, PATIENCE, Pool, TRANSFER, until};

const TRACKER: u8 = 1;
const HOLDER: u8 = 2;
const READER: u8 = 3;

/// The cut lasts until both sides have given each other up: the reader its tracker and its source, the tracker the
/// reader's session. Nobody is told anything; packets are lost.
#[test]
fn a_download_goes_on_by_itself_after_a_partition() {
    let Some(network) = Network::of(3) else { return };
    let through = network.on(TRACKER);
    let through: Vec<_> = through.iter().map(String::as_str).collect();
    let pool = Pool::listening(SocketAddr::new(network.address(TRACKER), 0), &through);
    let peer = |name, host| {
        let on = network.on(host);
        pool.peer(name).listening(network.address(host)).through(on.iter().map(String::as_str))
    };
    let film = pool.random_file("film.mkv", 1 << 30, 1);
    let holder = peer("holder", HOLDER).with(&film).start();
    let reader = peer("reader", READER).start();
    let download = reader.begin("film.mkv");
    reader.until(&download, "a beginning", |now| now.bytes_done > 0);

    network.cut(READER);
    let cut = reader.until(&download, "silence", |now| now.rate_down == 0);
    assert!(cut.bytes_done < film.bytes, "it was complete before the cut, so nothing is shown");
    until("the reader misses its tracker", TRANSFER, || match reader.status().tracker.state {
        TrackerState::Reconnecting { .. } | TrackerState::Connecting => Ok(()),
        state => Err(state),
    });
    until("the tracker misses the reader", TRANSFER, || {
        let peers = holder.control(async |client| client.peers(&PeerQuery::default()).await).unwrap().peers;
        if peers.iter().all(|peer| peer.name != "reader") { Ok(()) } else { Err(peers) }
    });

    network.mend(READER);
    reader.until_complete(&download);
    film.assert_equal(&reader.path("film.mkv"));
    until("the reader is back", PATIENCE, || {
        let state = reader.status().tracker.state;
        if state == TrackerState::Connected { Ok(()) } else { Err(state) }
    });
    holder.item("film.mkv", |item| item.seeds == 2);
}
