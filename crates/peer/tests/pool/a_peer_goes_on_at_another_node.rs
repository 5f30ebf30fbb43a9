use std::time::{Duration, Instant};

use peerpool_api::{Client, Event, EventQuery, ItemQuery, LimitRates, Limits, TrackerState, Trackers};
use peerpool_peer::{Config, Peer};
use peerpool_tracker::Tracker;
use peerpool_wire::channel::{NODES, Refusal, ToPeer};

use crate::{
    fake_tracker::FakeTracker,
    world::{Folder, Member, Watch, bytes, get, tracker},
};

/// Longest that anybody waits when a node is lost.
const GAP: Duration = Duration::from_secs(5);

fn trackers(addrs: impl IntoIterator<Item = impl ToString>) -> Option<Trackers> {
    let addrs: Vec<String> = addrs.into_iter().map(|addr| addr.to_string()).collect();
    Some(addrs.join(",").parse().unwrap())
}

async fn start(config: Config) -> Member {
    let folder = config.repository.clone();
    let peer = Peer::start(config).await.unwrap();
    Member { peer, client: Client::connect(&folder).await.unwrap() }
}

async fn connected_to(events: &mut Watch, node: &Tracker) {
    let url = Some(node.addr().into());
    events
        .until(|event| match event {
            Event::Tracker { tracker } => {
                (tracker.state == TrackerState::Connected && tracker.url == url).then_some(())
            }
            _ => None,
        })
        .await;
}

fn refused(reason: Refusal, nodes: Vec<String>) -> ToPeer {
    ToPeer::Refused { reason, nodes }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_download_finds_other_holders_after_its_node_was_killed() {
    let content = bytes(3_000_000, 30);
    let (first, second) = (tracker().await, tracker().await);
    let (slow, fast) = (Folder::new().with("a.bin", &content), Folder::new().with("a.bin", &content));
    let rates = LimitRates { up: Some(200_000), ..LimitRates::default() };
    let limits = Some(Limits { rates, ..Limits::default() });
    let here = start(Config { limits, ..slow.config("slow", Some(first.addr())) }).await;
    here.client.start(&Default::default()).await.unwrap();
    here.shared("a.bin").await;
    here.client.update().await.unwrap();
    let elsewhere = fast.join("fast", &second).await;
    elsewhere.shared("a.bin").await;

    let folder = Folder::new().with("own.txt", b"own");
    let tracker = trackers([first.addr(), second.addr()]);
    let fetcher = start(Config { tracker, start: true, ..folder.config("fetcher", None) }).await;
    let mut events = fetcher.events(EventQuery { trace: true, hold: false }).await;
    let begun = fetcher.client.get(&get("a.bin")).await.unwrap();
    events.until(|event| matches!(event, Event::Arrived { .. }).then_some(())).await;

    let killed = Instant::now();
    drop(first);
    here.peer.shutdown().await;
    connected_to(&mut events, &second).await;
    assert!(killed.elapsed() < GAP, "it took {:?}", killed.elapsed());
    events.until_complete(&begun.hash).await;
    assert!(folder.read("a.bin") == content);

    let items = elsewhere.client.update().await.unwrap().items;
    assert!(items.iter().any(|item| item.name == "own.txt"), "what it shares is not registered: {items:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_question_that_a_node_leaves_open_is_answered_by_the_next() {
    let (hung, second) = (FakeTracker::new().await, tracker().await);
    let (here, there) = (Folder::new().with("a.txt", b"a"), Folder::new());
    let holder = here.join("holder", &second).await;
    holder.shared("a.txt").await;
    holder.client.update().await.unwrap();
    let tracker = trackers([hung.addr(), second.addr()]);
    let asker = start(Config { tracker, ..there.config("asker", None) }).await;
    // It welcomes, and says nothing any more, to pings neither.
    let _silent = hung.joined_by(&asker).await;

    let asked = Instant::now();
    let found = asker.client.items(&ItemQuery::default()).await.unwrap();

    assert!(asked.elapsed() < GAP, "it took {:?}", asked.elapsed());
    assert_eq!(found.items.iter().map(|item| &item.name).collect::<Vec<_>>(), ["a.txt"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_node_that_a_welcome_named_is_found() {
    let (first, second) = (FakeTracker::new().await, tracker().await);
    let folder = Folder::new();
    let peer = folder.start("peer", Some(first.addr())).await;
    let mut events = peer.events(EventQuery::default()).await;
    let channel = first.joined_by_telling(&peer, vec![second.addr().to_string()]).await;

    drop((channel, first));

    connected_to(&mut events, &second).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_node_that_is_full_is_left_for_the_next() {
    let (full, second) = (FakeTracker::new().await, tracker().await);
    let folder = Folder::new();
    let config = Config {
        tracker: trackers([full.addr(), second.addr()]),
        start: true,
        ..folder.config("peer", None)
    };
    let refusing = async { full.peer().await.says(&refused(Refusal::Full { limit: 1 }, Vec::new())).await };

    let (peer, ()) = tokio::join!(start(config), refusing);

    let tracker = peer.client.status().await.unwrap().tracker;
    assert_eq!((tracker.state, tracker.url), (TrackerState::Connected, Some(second.addr().into())));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_peer_that_a_node_sends_away_goes_on_where_that_says() {
    let (leaving, second) = (FakeTracker::new().await, tracker().await);
    let folder = Folder::new();
    let peer = folder.start("peer", Some(leaving.addr())).await;
    let mut events = peer.events(EventQuery::default()).await;
    let mut channel = leaving.joined_by(&peer).await;

    channel.says(&refused(Refusal::ShuttingDown, vec![second.addr().to_string()])).await;

    connected_to(&mut events, &second).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_peer_that_a_node_does_not_take_begins_where_that_says() {
    let (leaving, second) = (FakeTracker::new().await, tracker().await);
    let folder = Folder::new();
    let config = Config { start: true, ..folder.config("peer", Some(leaving.addr())) };
    let refusing = async {
        let nodes = vec![second.addr().to_string()];
        leaving.peer().await.says(&refused(Refusal::ShuttingDown, nodes)).await;
    };

    let (peer, ()) = tokio::join!(start(config), refusing);

    let tracker = peer.client.status().await.unwrap().tracker;
    assert_eq!((tracker.state, tracker.url), (TrackerState::Connected, Some(second.addr().into())));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_node_that_came_later_takes_a_peer_that_was_told_of_it() {
    let (first, second, folder) = (FakeTracker::new().await, tracker().await, Folder::new());
    let peer = start(folder.config("peer", Some(first.addr()))).await;
    let mut events = peer.events(EventQuery::default()).await;
    let mut channel = first.joined_at(NODES, &peer).await;
    channel.says(&ToPeer::Nodes { nodes: vec![second.addr().to_string()] }).await;
    // It asks something, and the first node says nothing any more.
    let asked = Instant::now();
    peer.client.items(&ItemQuery::default()).await.unwrap();
    assert!(asked.elapsed() < GAP, "it took {:?}", asked.elapsed());
    connected_to(&mut events, &second).await;
}
