//! How a peer's lists are searched and sorted.

use peerpool_api::{
    Code, Download, DownloadPhase, DownloadQuery, DownloadSort, DownloadState, ItemKind, Priority,
    RepositoryQuery, RepositorySort, ShareState, SharedItem,
};
use peerpool_wire::id::{InfoHash, Sha256Hash};

fn download(name: &str, state: DownloadState, done: u64, total: u64, rate: u64) -> Download {
    Download {
        hash: InfoHash::v2_only(Sha256Hash([1; 32])),
        name: name.to_owned(),
        state,
        priority: Priority::Normal,
        bytes_total: total,
        bytes_done: done,
        pieces_total: 1,
        pieces_done: 0,
        rate_down: rate,
        rate_up: 0,
        time_left: None,
        stalled: None,
        sources: Vec::new(),
        seconds: 0.0,
    }
}

fn downloads() -> Vec<Download> {
    let failed = DownloadState::Failed { code: Code::Disk, cause: "no room".into() };
    vec![
        download("Bài giảng", DownloadState::Fetching, 50, 100, 7),
        download("atlas", failed, 900, 1000, 0),
        download("Zebra atlas", DownloadState::Fetching, 0, 0, 9),
    ]
}

fn selected(query: &DownloadQuery) -> Vec<String> {
    query.select(downloads()).into_iter().map(|download| download.name).collect()
}

#[test]
fn downloads_are_sorted_both_ways() {
    let by = |sort, desc| selected(&DownloadQuery { sort: Some(sort), desc, ..DownloadQuery::default() });
    assert_eq!(selected(&DownloadQuery::default()), ["Bài giảng", "atlas", "Zebra atlas"]);
    assert_eq!(by(DownloadSort::Added, true), ["Zebra atlas", "atlas", "Bài giảng"]);
    assert_eq!(by(DownloadSort::Name, false), ["atlas", "Bài giảng", "Zebra atlas"]);
    assert_eq!(by(DownloadSort::Progress, true), ["atlas", "Bài giảng", "Zebra atlas"]);
    assert_eq!(by(DownloadSort::Rate, true), ["Zebra atlas", "Bài giảng", "atlas"]);
    assert_eq!(by(DownloadSort::Size, false), ["Zebra atlas", "Bài giảng", "atlas"]);
}

#[test]
fn downloads_are_found_by_words_and_state() {
    let search =
        |text: &str| selected(&DownloadQuery { search: Some(text.to_owned()), ..DownloadQuery::default() });
    assert_eq!(search("giang BAI"), ["Bài giảng"]);
    assert_eq!(search("atlas zeb"), ["Zebra atlas"]);
    assert!(search("atlas giang").is_empty());
    let state = |state| selected(&DownloadQuery { state: Some(state), ..DownloadQuery::default() });
    assert_eq!(state(DownloadPhase::Failed), ["atlas"]);
    assert_eq!(state(DownloadPhase::Fetching), ["Bài giảng", "Zebra atlas"]);
}

#[test]
fn items_of_a_repository_are_sorted_and_filtered() {
    let item = |name: &str, kind, size, state| SharedItem {
        name: name.to_owned(),
        hash: None,
        kind,
        size,
        files: 1,
        state,
        uploaded: size,
        takers: 9 - size as u32,
        rate_up: size,
    };
    let items = vec![
        item("b", ItemKind::Folder, 1, ShareState::Shared),
        item("a", ItemKind::File, 3, ShareState::Partial),
        item("c", ItemKind::File, 2, ShareState::Shared),
    ];
    let selected = |query: RepositoryQuery| {
        let selected = query.select(items.clone());
        selected.into_iter().map(|item| item.name).collect::<Vec<_>>()
    };
    let by = |sort| RepositoryQuery { sort: Some(sort), ..RepositoryQuery::default() };
    assert_eq!(selected(RepositoryQuery::default()), ["a", "b", "c"]);
    assert_eq!(selected(by(RepositorySort::Kind)), ["a", "c", "b"]);
    assert_eq!(selected(by(RepositorySort::Size)), ["b", "c", "a"]);
    assert_eq!(selected(by(RepositorySort::Takers)), ["a", "c", "b"]);
    assert_eq!(selected(by(RepositorySort::RateUp)), ["b", "c", "a"]);
    let shared = RepositoryQuery { state: Some(ShareState::Shared), ..by(RepositorySort::Uploaded) };
    assert_eq!(selected(shared), ["b", "c"]);
}
