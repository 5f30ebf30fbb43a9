use peerpool_api::{Event, EventQuery, TrackerState};

use crate::world::{Folder, Pair, bytes, get, tracker, tracker_at};

#[tokio::test(flavor = "multi_thread")]
async fn a_peer_registers_again_after_the_tracker_was_restarted() {
    let content = bytes(1_000_000, 20);
    let (here, there) = (Folder::new().with("file.bin", &content), Folder::new());
    let first = tracker().await;
    let addr = first.addr();
    let holder = here.join("holder", &first).await;
    let mut events = holder.events(EventQuery::default()).await;
    first.shutdown().await;
    events
        .until(|event| match event {
            Event::Tracker { tracker } => {
                matches!(tracker.state, TrackerState::Reconnecting { .. }).then_some(())
            }
            _ => None,
        })
        .await;

    let second = tracker_at(addr).await;
    events
        .until(|event| match event {
            Event::Tracker { tracker } => (tracker.state == TrackerState::Connected).then_some(()),
            _ => None,
        })
        .await;

    there.join("fetcher", &second).await.fetch(&get("file.bin")).await;
    assert!(there.read("file.bin") == content);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_download_continues_without_the_tracker() {
    let content = bytes(300_000_000, 21);
    let Pair { tracker, there, fetcher, holder: _holder, here: _here } =
        Pair::sharing("big.bin", &content).await;
    let mut events = fetcher.events(EventQuery { trace: true, hold: false }).await;
    let begun = fetcher.client.get(&get("big.bin")).await.unwrap();
    events.until(|event| matches!(event, Event::Arrived { .. }).then_some(())).await;

    tracker.shutdown().await;
    events.until_complete(&begun.hash).await;

    assert!(there.read("big.bin") == content);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_new_file_is_offered_after_an_update() {
    let (here, there) = (Folder::new(), Folder::new());
    let tracker = tracker().await;
    let _holder = here.join("holder", &tracker).await;
    let fetcher = there.join("fetcher", &tracker).await;
    assert!(fetcher.client.update().await.unwrap().items.is_empty());

    let here = here.with("new.txt", b"just written");
    let list = fetcher.client.update().await.unwrap();

    let names: Vec<&str> = list.items.iter().map(|item| item.name.as_str()).collect();
    assert_eq!(names, ["new.txt"]);
    fetcher.fetch(&get("new.txt")).await;
    assert!(there.read("new.txt") == here.read("new.txt"));
}
