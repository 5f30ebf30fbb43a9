use peerpool_api::{Get, LimitRates, Limits, What};
use tokio::time::timeout;

use crate::world::{Folder, PATIENCE, Pair, bytes, get, tracker};

#[tokio::test(flavor = "multi_thread")]
async fn a_file_that_one_peer_shares_is_fetched_by_another() {
    let content = bytes(5_000_000, 1);
    let pair = Pair::sharing("film.mkv", &content).await;

    let download = pair.fetcher.fetch(&get("film.mkv")).await;

    assert!(pair.there.read("film.mkv") == content);
    assert_eq!(download.bytes_done, 5_000_000);
    assert_eq!(download.sources.len(), 1);
    assert_eq!(download.sources[0].name, "holder");
    assert_eq!(download.sources[0].bytes, 5_000_000);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_fetched_file_is_served_to_others() {
    let content = bytes(3_000_000, 2);
    let (first, second, third) = (Folder::new().with("a.iso", &content), Folder::new(), Folder::new());
    let tracker = tracker().await;
    let holder = first.join("holder", &tracker).await;
    second.join("middle", &tracker).await.leak().fetch(&get("a.iso")).await;
    holder.peer.shutdown().await;

    let download = third.join("last", &tracker).await.fetch(&get("a.iso")).await;

    assert!(third.read("a.iso") == content);
    assert_eq!(download.sources.iter().map(|source| source.name.as_str()).collect::<Vec<_>>(), ["middle"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_download_shows_what_goes_to_whom() {
    let (first, second, third) =
        (Folder::new().with("a.iso", &bytes(8_000_000, 8)), Folder::new(), Folder::new());
    let tracker = tracker().await;
    let holder = first.join("holder", &tracker).await;
    let middle = second.join("middle", &tracker).await;
    let here = middle.fetch(&get("a.iso")).await;
    holder.peer.shutdown().await;
    let last = third.join("last", &tracker).await;
    let rates = LimitRates { down: Some(1_000_000), ..LimitRates::default() };
    last.client.set_limits(&Limits { rates, schedules: Vec::new() }).await.unwrap();

    last.client.get(&get("a.iso")).await.unwrap();
    let taker = async {
        loop {
            let download = middle.client.download(&here.hash).await.unwrap();
            if let Some(taker) = download.sources.into_iter().find(|source| source.rate_up > 0) {
                return taker;
            }
        }
    };
    let to_last = timeout(PATIENCE, taker).await.expect("nothing is shown to go to anybody");

    assert!(to_last.connected && to_last.sent > 0, "{to_last:#?}");
    assert_eq!(to_last.bytes, 0, "nothing comes from it");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_folder_arrives_with_all_its_files() {
    let here = Folder::new()
        .with("album/one.flac", &bytes(700_000, 3))
        .with("album/two/two.flac", &bytes(100_001, 4))
        .with("album/empty.txt", b"");
    let there = Folder::new();
    let tracker = tracker().await;
    let _holder = here.join("holder", &tracker).await;

    there.join("fetcher", &tracker).await.fetch(&get("album")).await;

    for file in ["album/one.flac", "album/two/two.flac", "album/empty.txt"] {
        assert!(there.read(file) == here.read(file), "{file}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_of_a_folder_is_fetched_alone() {
    let here =
        Folder::new().with("album/one.flac", &bytes(700_000, 5)).with("album/two.flac", &bytes(900_000, 6));
    let there = Folder::new();
    let tracker = tracker().await;
    let _holder = here.join("holder", &tracker).await;
    let fetcher = there.join("fetcher", &tracker).await;

    let one = Get { what: What::Item("album".to_owned()), files: vec!["two.flac".to_owned()], save_as: None };
    let download = fetcher.fetch(&one).await;

    assert_eq!(download.bytes_total, 900_000);
    assert!(there.read("album/two.flac") == here.read("album/two.flac"));
    assert!(!there.file("album/one.flac").exists());

    let whole = fetcher.fetch(&get("album")).await;

    assert_eq!(whole.bytes_total, 1_600_000);
    assert!(there.read("album/one.flac") == here.read("album/one.flac"));
    assert_eq!(fetcher.shared("album").await.hash, Some(whole.hash));
}

#[tokio::test(flavor = "multi_thread")]
async fn several_holders_serve_one_download_at_once() {
    let content = bytes(40_000_000, 7);
    let folders = [(); 3].map(|()| Folder::new().with("big.bin", &content));
    let there = Folder::new();
    let tracker = tracker().await;
    for (nth, folder) in folders.iter().enumerate() {
        folder.join(&format!("holder {nth}"), &tracker).await.leak();
    }

    let download = there.join("fetcher", &tracker).await.fetch(&get("big.bin")).await;

    assert!(there.read("big.bin") == content);
    let given: u64 = download.sources.iter().map(|source| source.bytes).sum();
    // The last blocks are asked of several, and may come twice.
    assert!((40_000_000..41_000_000).contains(&given), "{:#?}", download.sources);
    for source in &download.sources {
        assert!(source.bytes >= 4_000_000, "{:#?}", download.sources);
    }
}
