//! What somebody between two nodes, or in place of one, gets.

use peerpool_tls::{Endpoint, Identity, Protocol};
use peerpool_wire::link::LINK_KEY;
use tokio::{
    io::copy_bidirectional,
    net::{TcpListener, TcpStream},
    sync::mpsc,
};

use super::{openings::Dialler, *};

/// A key that nobody expects.
fn stranger() -> Endpoint {
    Endpoint::new(&Identity::generate().unwrap(), Protocol::Link).unwrap()
}

async fn listen() -> (TcpListener, SocketAddr) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    (listener, address)
}

/// Whether a node answers whoever has this key.
async fn answers(node: &Tracker, own: &Endpoint) -> bool {
    match Dialler::connect_as(node, own).await {
        Ok(dialler) => dialler.answer().await.is_some(),
        Err(_) => false,
    }
}

#[tokio::test]
async fn a_stranger_in_place_of_a_node_is_told_nothing() {
    let world = World::new();
    let (listener, address) = listen().await;
    world.list(1, address);
    let _dials = world.start(2).await;
    let (read, write) = listener.accept().await.unwrap().0.into_split();
    assert!(stranger().accept(read, write).await.is_err(), "the node talks to another key than the pool's");
}

#[tokio::test]
async fn nobody_gets_a_link_but_by_the_key_of_the_pool() {
    let node = World::new().start(1).await;
    assert!(answers(&node, &endpoint(&SECRET).unwrap()).await);
    assert!(!answers(&node, &stranger()).await);
    assert!(!answers(&node, &endpoint(&PoolSecret([8; 32])).unwrap()).await);
    let identity = Identity::from_seed(SECRET.derive(LINK_KEY)).unwrap();
    assert!(!answers(&node, &Endpoint::new(&identity, Protocol::Tracker).unwrap()).await);
}

#[tokio::test]
async fn links_are_never_plain() {
    let node = World::new().start(1).await;
    assert_eq!(get(node.addr(), "/link", "").await.0, 404);
}

#[tokio::test]
async fn a_tracker_alone_has_no_links() {
    let alone = support::tracker().await;
    assert!(!answers(&alone, &endpoint(&SECRET).unwrap()).await);
}

#[tokio::test]
async fn whoever_listens_between_nodes_reads_no_name() {
    const NAME: &str = "a name that is a secret";
    let world = World::new();
    let a = world.start(1).await;
    let (listener, between) = listen().await;
    world.list(1, between);
    let (heard, mut overheard) = mpsc::channel::<Vec<u8>>(1 << 10);
    let towards = a.addr();
    tokio::spawn(async move {
        let (mut dialler, _) = listener.accept().await.unwrap();
        let node = TcpStream::connect(towards).await.unwrap();
        let mut node = tokio_util::io::InspectReader::new(node, move |bytes| {
            heard.try_send(bytes.to_vec()).unwrap();
        });
        copy_bidirectional(&mut dialler, &mut node).await
    });
    let b = world.start(2).await;
    let mut first = Peer::join(a.addr(), 1).await;
    first.introduce(&item(NAME, &[7; 50_000])).await;
    let mut second = Peer::join(b.addr(), 2).await;
    listed(&mut second, NAME, 1).await;
    let mut bytes = Vec::new();
    while let Ok(more) = overheard.try_recv() {
        bytes.extend(more);
    }
    assert!(!bytes.is_empty() && !has(&bytes, NAME.as_bytes()));
}
