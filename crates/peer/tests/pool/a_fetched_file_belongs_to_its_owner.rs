use std::fs;

use peerpool_api::{Code, DownloadState, Event, EventQuery, Get};

use crate::world::{Folder, Pair, bytes, get, tracker};

#[tokio::test(flavor = "multi_thread")]
async fn a_fetched_file_that_was_removed_is_offered_no_longer() {
    let pair = Pair::sharing("film", &bytes(300_000, 60)).await;
    let (holder, fetcher) = (&pair.holder, &pair.fetcher);
    holder.shared("film").await;
    fetcher.client.update().await.unwrap();
    fetcher.fetch(&get("film")).await;
    let mut events = fetcher.events(EventQuery::default()).await;

    fs::remove_file(pair.there.file("film")).unwrap();

    events
        .until(|event| matches!(event, Event::Withdrawn { name, .. } if name == "film").then_some(()))
        .await;
    holder.peer.shutdown().await;
    let items = fetcher.client.update().await.unwrap().items;
    let complete: u64 =
        items.iter().filter(|item| item.name == "film").map(|item| u64::from(item.seeds)).sum();
    assert_eq!(complete, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_edited_file_of_a_folder_is_left_alone_and_the_folder_is_incomplete() {
    for restarted in [false, true] {
        let tracker = tracker().await;
        let here = Folder::new().with("set/one", &bytes(300_000, 61)).with("set/conf", b"a=1\n");
        let there = Folder::new();
        let holder = here.join("holder", &tracker).await;
        let mut fetcher = there.join("fetcher", &tracker).await;
        holder.shared("set").await;
        fetcher.client.update().await.unwrap();
        fetcher.fetch(&Get { files: vec!["conf".to_owned()], ..get("set") }).await;
        let path = there.file("set/conf");
        assert_eq!(fs::read(&path).unwrap(), b"a=1\n");
        if restarted {
            fetcher.peer.shutdown().await;
        }

        fs::write(&path, b"a=2\n").unwrap();

        if restarted {
            fetcher = there.join("fetcher", &tracker).await;
        }
        let mut events = fetcher.events(EventQuery::default()).await;
        fetcher.client.get(&get("set")).await.unwrap();
        let code = events
            .until(|event| match event {
                Event::Download { download } => match download.state {
                    DownloadState::Failed { code, .. } => Some(Some(code)),
                    DownloadState::Complete if download.bytes_total > 300_000 => Some(None),
                    _ => None,
                },
                _ => None,
            })
            .await;
        assert_eq!(code, Some(Code::Exists), "restarted: {restarted}");
        assert_eq!(fs::read(&path).unwrap(), b"a=2\n");
    }
}
