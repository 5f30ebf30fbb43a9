use peerpool_api::{Event, EventQuery};

use crate::world::{Folder, bytes, get, tracker};

#[tokio::test(flavor = "multi_thread")]
async fn a_changed_file_is_withdrawn_and_offered_as_its_new_version() {
    let here = Folder::new().with("notes.txt", &bytes(500_000, 50));
    let there = Folder::new();
    let tracker = tracker().await;
    let holder = here.join("holder", &tracker).await;
    let before = holder.shared("notes.txt").await.hash;
    let mut events = holder.events(EventQuery::default()).await;

    let here = here.with("notes.txt", &bytes(500_000, 51));
    let after = events
        .until(|event| match event {
            Event::Shared { item } if item.name == "notes.txt" => Some(item.hash),
            _ => None,
        })
        .await;

    assert_ne!(before, after);
    let fetcher = there.join("fetcher", &tracker).await;
    fetcher.client.update().await.unwrap();
    let download = fetcher.fetch(&get("notes.txt")).await;
    assert_eq!(Some(download.hash), after);
    assert!(there.read("notes.txt") == here.read("notes.txt"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_changed_behind_the_peers_back_is_never_sent_wrong() {
    let old = bytes(2_000_000, 52);
    let here = Folder::new().with("notes.bin", &old);
    let there = Folder::new();
    let tracker = tracker().await;
    let holder = here.join("holder", &tracker).await;
    let fetcher = there.join("fetcher", &tracker).await;
    let new = bytes(2_000_000, 53);

    // The fetcher asks for what was hashed while the file is another one already; whichever version it ends up
    // with, it is a whole one.
    let here = here.with("notes.bin", &new);
    let mut events = fetcher.events(EventQuery::default()).await;
    if let Ok(begun) = fetcher.client.get(&get("notes.bin")).await {
        let done = events.until(|event| match event {
            Event::Download { download } if download.bytes_done == 2_000_000 => Some(()),
            Event::Download { download } if download.stalled.is_some() && download.sources.is_empty() => {
                Some(())
            }
            _ => None,
        });
        done.await;
        assert_eq!(begun.bytes_total, 2_000_000);
    }
    if there.file("notes.bin").exists() {
        assert!(there.read("notes.bin") == new || there.read("notes.bin") == old);
    }
    assert!(here.read("notes.bin") == new);
    drop(holder);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_removed_file_is_listed_no_longer() {
    let here = Folder::new().with("gone.txt", b"here today");
    let there = Folder::new();
    let tracker = tracker().await;
    let _holder = here.join("holder", &tracker).await;
    let other = there.join("other", &tracker).await;
    assert_eq!(other.client.update().await.unwrap().items.len(), 1);

    std::fs::remove_file(here.file("gone.txt")).unwrap();

    assert!(other.client.update().await.unwrap().items.is_empty());
}
