//! Nodes that share a PostgreSQL, which the tests start. `./test cluster` runs them.

use peerpool_api::{DrainQuery, drain_tracker, has_ended};
use tempfile::TempDir;

use super::{support::hello, *};
use crate::{Config, StartError, store::server::Server};

/// A node.
async fn start(server: &Server, folder: &TempDir) -> Result<Tracker, StartError> {
    let socket = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = socket.local_addr().unwrap();
    let config = Config {
        data: Some(folder.path().join(address.port().to_string())),
        database: Some(server.url("pool").parse().unwrap()),
        advertise: Some(address.into()),
        ..support::config()
    };
    Tracker::start_in(crate::Process { socket: Some(socket), reloads: None }, config).await
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs PostgreSQL: ./test cluster"]
async fn a_node_is_drained_over_the_socket_in_its_data_folder() {
    let Some(server) = Server::start() else { return };
    let folder = tempfile::tempdir().unwrap();
    let a = start(&server, &folder).await.unwrap();
    let data = folder.path().join(a.addr().port().to_string());
    let query = DrainQuery { within: Some(1) };
    let alone = drain_tracker(&data, query).await.unwrap_err();
    assert!(alone.to_string().contains("no other node"), "{alone}");
    let b = start(&server, &folder).await.unwrap();
    let mut first = Peer::join(a.addr(), 1).await;
    let draining = loop {
        if let Ok(draining) = drain_tracker(&data, query).await {
            break draining;
        }
    };
    assert_eq!((draining.peers, draining.nodes), (1, 1));
    let nodes = first.wait(|message| match message {
        ToPeer::Refused { nodes, .. } => Some(nodes.clone()),
        _ => None,
    });
    assert_eq!(nodes.await, [b.addr().to_string()]);
    a.wait().await;
    a.shutdown().await;
    has_ended(&data).await;
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs PostgreSQL: ./test cluster"]
async fn nodes_that_share_a_database_are_one_pool() {
    let Some(server) = Server::start() else { return };
    let folder = tempfile::tempdir().unwrap();
    let song = item("song", &[7; 50_000]);
    let a = start(&server, &folder).await.unwrap();
    let b = start(&server, &folder).await.unwrap();
    let c = start(&server, &folder).await.unwrap();
    assert_eq!(a.id(), b.id());
    let mut first = Peer::join(a.addr(), 1).await;
    first.introduce(&song).await;
    let mut second = Peer::join(b.addr(), 2).await;
    let mut third = Peer::join(c.addr(), 3).await;
    for (node, peer) in [(&b, &mut second), (&c, &mut third)] {
        listed(peer, "song", 1).await;
        assert!(has(&announced(node, &song).await, &FIRST_PORT), "an announce names it");
        // The metainfo is in the database, which the first node has given it to by now or will in a moment.
        while get(node.addr(), &format!("/items/{}.torrent", song.info.hash()), "").await.0 != 200 {}
    }
    assert!(get(b.addr(), "/readyz", "").await.0 == 200);

    second.ask_update().await;
    for peer in [&mut first, &mut third] {
        let ask = peer.wait(|message| match message {
            ToPeer::AskState { ask, .. } => Some(*ask),
            _ => None,
        });
        let ask = ask.await;
        peer.send(ToTracker::Reported { ask }).await;
    }
    assert_eq!(updated(&mut second).await, (2, vec![]));

    // The peers of a node that is lost are still listed, and cannot be asked.
    a.shutdown().await;
    assert_eq!(update(&mut second, &mut third).await, (1, vec![hello(1).peer_id]));
    listed(&mut second, "song", 1).await;
    // Its peer goes to another node, and is known there by its secret.
    let mut moved = Peer::join(c.addr(), 1).await;
    moved.register(&song, Have::All).await;
    assert_eq!(update(&mut third, &mut second).await.0, 1);
    listed(&mut second, "song", 1).await;
    drop((b, c, moved));
}
