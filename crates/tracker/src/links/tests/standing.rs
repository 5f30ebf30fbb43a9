//! When a node says that it is of use.

use tokio::sync::watch;

use super::*;
use crate::links::{standing::Standing, ways::Complete};

#[test]
fn a_node_is_of_use_once_it_knows_the_others_and_what_they_say() {
    let (nodes, known) = watch::channel(None);
    let (complete, all) = watch::channel(Complete::new());
    let standing = Standing::new(known, all);
    assert!(!standing.is_ready(), "the roster was not read");
    nodes.send_replace(Some(vec![NodeId(1), NodeId(2)]));
    complete.send_replace([NodeId(1)].into());
    assert!(!standing.is_ready(), "node 2 has not told everything");
    complete.send_replace([NodeId(1), NodeId(2), NodeId(3)].into());
    assert!(standing.is_ready());
    nodes.send_replace(Some(Vec::new()));
    assert!(standing.is_ready());
}

#[tokio::test]
async fn a_node_that_waits_for_another_one_says_so() {
    let world = World::new();
    // Nobody accepts there.
    let silent = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    world.list(1, silent.local_addr().unwrap());
    let b = world.start(2).await;
    let (status, body) = get(b.addr(), "/readyz", "").await;
    assert_eq!(status, 503);
    assert!(String::from_utf8(body).unwrap().contains("other nodes"));
    assert_eq!(get(b.addr(), "/healthz", "").await.0, 200);
}
