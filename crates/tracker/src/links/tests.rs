//! Nodes of one pool over real sockets. Where they share a database in place of a fixed roster: `postgres`.

mod digests;
mod draining;
mod encryption;
#[cfg(unix)]
mod members;
mod openings;
#[cfg(unix)]
mod postgres;
mod standing;
#[path = "../../tests/support/mod.rs"]
mod support;
mod ways;

use std::{net::SocketAddr, time::Duration};

use peerpool_catalogue::Pool;
use peerpool_wire::{
    channel::{Have, RequestId, ToPeer, ToTracker},
    id::PeerId,
    link::{NodeId, PoolSecret},
    metainfo::Metainfo,
};
use tokio::{sync::watch, time::timeout};

use self::support::{Peer, by_name, get, item, listed};
use super::{Roster, endpoint};
use crate::{
    Tracker,
    listener::Listener,
    store::{Joined, Node},
    tracker::AsNode,
};

/// How long the peers of a node that is out of reach count, in these tests.
const GRACE: Duration = Duration::from_secs(1);
/// What the nodes know.
const SECRET: PoolSecret = PoolSecret([7; 32]);
/// The port of the peer with the number 1 (`support::hello`), as an announce has it.
const FIRST_PORT: [u8; 2] = 40_001_u16.to_be_bytes();

/// Nodes that know each other by a roster.
struct World {
    nodes: watch::Sender<Vec<Node>>,
}

impl World {
    fn new() -> Self {
        Self { nodes: watch::Sender::new(Vec::new()) }
    }

    async fn start(&self, number: u32) -> Tracker {
        let listener = Listener::bind("127.0.0.1:0".parse().unwrap()).await.unwrap();
        self.list(number, listener.addr());
        let joined = Joined { node: NodeId(number), secret: SECRET, is_alone: true };
        let nodes = self.nodes.subscribe();
        let pool = Pool { session_grace: GRACE, client_grace: GRACE, ..Pool::new([7; 16]) };
        let node = AsNode { joined, pool, roster: Box::new(|_| Roster::Fixed(nodes)) };
        Tracker::start_in_memory_as(support::config(), listener, node).await.unwrap()
    }

    /// Puts a node on the roster.
    fn list(&self, number: u32, address: SocketAddr) {
        let node = Node { id: NodeId(number), address: address.to_string() };
        self.nodes.send_modify(|nodes| {
            nodes.retain(|known| known.id != node.id);
            nodes.push(node);
        });
    }
}

/// What a stock client is told that announces itself for an item.
async fn announced(tracker: &Tracker, metainfo: &Metainfo) -> Vec<u8> {
    let hash: Vec<String> =
        metainfo.info.hash().primary().0.iter().map(|byte| format!("%{byte:02x}")).collect();
    let query = format!("info_hash={}&peer_id=-XX0000-000000000009&port=9&left=1&compact=1", hash.concat());
    let (status, body) = get(tracker.addr(), &format!("/announce?{query}"), "").await;
    assert_eq!(status, 200);
    body
}

fn has(body: &[u8], bytes: &[u8]) -> bool {
    body.windows(bytes.len()).any(|window| window == bytes)
}

/// Waits until nobody has an item of this name, as the tracker lists it.
async fn unlisted(peer: &mut Peer, name: &str) {
    while peer.list(name).await.items.iter().any(|item| item.name == name) {}
}

/// Asks for an update at one node, while somebody at another one answers. Returns how many answered, and who did not.
async fn update(asker: &mut Peer, answers: &mut Peer) -> (u32, Vec<PeerId>) {
    asker.ask_update().await;
    let ask = answers.wait(|message| match message {
        ToPeer::AskState { ask, .. } => Some(*ask),
        _ => None,
    });
    let ask = ask.await;
    answers.send(ToTracker::Reported { ask }).await;
    updated(asker).await
}

async fn updated(asker: &mut Peer) -> (u32, Vec<PeerId>) {
    let updated = asker.wait(|message| match message {
        ToPeer::Updated { answered, silent, .. } => {
            Some((*answered, silent.iter().map(|peer| peer.peer_id).collect()))
        }
        _ => None,
    });
    updated.await
}

/// A song that a peer of the first of two nodes has, as a peer of the second one knows.
struct Shared {
    nodes: [Tracker; 2],
    song: Metainfo,
    first: Peer,
    second: Peer,
}

impl Shared {
    async fn between_nodes(world: &World) -> Self {
        let nodes = [world.start(1).await, world.start(2).await];
        let song = item("song", &[7; 50_000]);
        let mut first = Peer::join(nodes[0].addr(), 1).await;
        first.introduce(&song).await;
        let mut second = Peer::join(nodes[1].addr(), 2).await;
        listed(&mut second, "song", 1).await;
        Self { nodes, song, first, second }
    }
}

#[tokio::test]
async fn every_node_answers_for_the_peers_of_all() {
    let world = World::new();
    let (song, film) = (item("song", &[7; 50_000]), item("film", &[8; 50_000]));
    let a = world.start(1).await;
    let mut first = Peer::join(a.addr(), 1).await;
    // Known before there is anybody to tell, so that it comes with the snapshot.
    first.introduce(&song).await;
    listed(&mut first, "song", 1).await;

    let b = world.start(2).await;
    let c = world.start(3).await;
    for node in [&b, &c] {
        let mut peer = Peer::join(node.addr(), 2).await;
        listed(&mut peer, "song", 1).await;
        let ToPeer::Located { holders, .. } = peer.locate(by_name("song"), false).await else {
            panic!("located")
        };
        let mut addresses = holders.iter().flat_map(|holder| &holder.addresses);
        assert!(addresses.any(|address| address.port() == 40_001), "{holders:?}");
        assert!(has(&announced(node, &song).await, &FIRST_PORT), "an announce names it");
        peer.send(ToTracker::Bye).await;
    }

    // And then as it changes, in both directions.
    let mut second = Peer::join(b.addr(), 4).await;
    second.introduce(&film).await;
    listed(&mut first, "film", 1).await;
    first.register(&film, Have::All).await;
    listed(&mut second, "film", 2).await;
    second.send(ToTracker::Bye).await;
    listed(&mut first, "film", 1).await;
    for node in [a, b, c] {
        node.shutdown().await;
    }
}

#[tokio::test]
async fn an_update_asks_the_peers_of_all_nodes() {
    let world = World::new();
    let (a, b) = (world.start(1).await, world.start(2).await);
    let mut first = Peer::join(a.addr(), 1).await;
    first.introduce(&item("song", &[7; 50_000])).await;
    let mut second = Peer::join(b.addr(), 2).await;
    listed(&mut second, "song", 1).await;
    assert_eq!(update(&mut second, &mut first).await, (1, vec![]));
    assert_eq!(update(&mut first, &mut second).await, (1, vec![]));
}

#[tokio::test]
async fn the_peers_of_a_node_that_is_gone_go_after_the_grace() {
    let world = World::new();
    let Shared { nodes: [a, b], song, first: _first, mut second } = Shared::between_nodes(&world).await;
    drop(a);
    unlisted(&mut second, "song").await;
    assert!(!has(&announced(&b, &song).await, &FIRST_PORT));
}

#[tokio::test]
async fn a_peer_that_changes_nodes_is_never_missed() {
    let world = World::new();
    let Shared { nodes: [a, b], song, mut first, mut second } = Shared::between_nodes(&world).await;

    let mut stays = Peer::join(a.addr(), 3).await;
    stays.introduce(&item("film", &[8; 50_000])).await;
    listed(&mut second, "film", 1).await;

    let mut moved = Peer::join(b.addr(), 1).await;
    assert_eq!(first.refused().await, peerpool_wire::channel::Refusal::Replaced);
    assert!(second.list("song").await.items.iter().any(|item| item.name == "song"));
    moved.register(&song, Have::All).await;
    // What it says is known before its former node is lost.
    moved.list("").await;
    drop(a);
    unlisted(&mut second, "film").await;
    listed(&mut second, "song", 1).await;
}

#[tokio::test]
async fn a_node_that_starts_anew_hears_everything_again() {
    let world = World::new();
    let (a, b) = (world.start(1).await, world.start(2).await);
    let mut second = Peer::join(b.addr(), 2).await;
    second.introduce(&item("film", &[8; 50_000])).await;
    let mut first = Peer::join(a.addr(), 1).await;
    listed(&mut first, "film", 1).await;
    drop(a);
    let again = world.start(3).await;
    let mut first = Peer::join(again.addr(), 1).await;
    listed(&mut first, "film", 1).await;
    assert_eq!(update(&mut first, &mut second).await.0, 1);
}

#[tokio::test]
async fn a_ping_is_answered_while_a_file_is_waited_for() {
    let world = World::new();
    let Shared { nodes: [_a, _b], song, first: _first, mut second } = Shared::between_nodes(&world).await;
    // These nodes share no database, so the second one waits for what does not come.
    let (request, info_hash) = (RequestId(77), song.info.hash());
    second.send(ToTracker::GetMetainfo { request, info_hash }).await;
    second.ping().await;
    second.ping().await;
    assert!(!second.has_failed(), "the pings had to wait");
    let failed = second.wait(|message| matches!(message, ToPeer::Failed { .. }).then_some(()));
    failed.await;
}

#[tokio::test]
async fn a_peer_that_was_there_before_a_node_is_told_of_it() {
    let world = World::new();
    let a = world.start(1).await;
    let (mut peer, welcome) = Peer::join_as(a.addr(), 1).await;
    assert_eq!(welcome.nodes, [""; 0]);
    let b = world.start(2).await;
    let nodes = peer.wait(|message| match message {
        ToPeer::Nodes { nodes } => Some(nodes.clone()),
        _ => None,
    });
    assert_eq!(nodes.await, [b.addr().to_string()]);
}

#[tokio::test]
async fn a_peer_is_told_where_the_other_nodes_are() {
    let world = World::new();
    let a = world.start(1).await;
    let b = world.start(2).await;
    let ready = async { while get(b.addr(), "/readyz", "").await.0 != 200 {} };
    // Not for want of patience: that ends later.
    timeout(Duration::from_secs(8), ready)
        .await
        .expect("nodes of an empty pool have nothing to tell each other");
    let (_peer, welcome) = Peer::join_as(b.addr(), 1).await;
    assert_eq!(welcome.nodes, [a.addr().to_string()]);
}

#[tokio::test]
async fn a_stock_client_finds_all_nodes_in_what_one_gives_out() {
    let world = World::new();
    let Shared { nodes: [a, b], song, first: _first, second: _second } = Shared::between_nodes(&world).await;
    let (status, file) = get(a.addr(), &format!("/items/{}.torrent", song.info.hash()), "").await;
    assert_eq!(status, 200);
    let [own, other] = [&a, &b].map(|node| format!("http://{}/announce", node.addr()));
    let tier = format!("13:announce-listll{}:{own}{}:{other}ee", own.len(), other.len());
    assert!(has(&file, tier.as_bytes()), "{}", String::from_utf8_lossy(&file));
    let (_, magnet) = get(a.addr(), &format!("/items/{}/magnet", song.info.hash()), "").await;
    let magnet = String::from_utf8(magnet).unwrap();
    assert_eq!(magnet.matches("&tr=").count(), 2, "{magnet}");
}
