//! Which downloads are listed, and in which order.

#![allow(clippy::unwrap_used, reason = "a test")]

use peerpool_api::{Code, Download, DownloadQuery, DownloadSort, DownloadState, Priority, StateFilter};
use peerpool_wire::id::{InfoHash, Sha256Hash};

fn download(digit: u8, name: &str, state: DownloadState, done: u64, rate: u64) -> Download {
    Download {
        hash: InfoHash::v2_only(Sha256Hash([digit; 32])),
        name: name.to_owned(),
        state,
        priority: Priority::Normal,
        bytes_total: 100 * u64::from(digit),
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

/// In the order in which they were begun.
fn all() -> Vec<Download> {
    let failed = DownloadState::Failed { code: Code::Disk, cause: String::new() };
    vec![
        download(2, "Café two", DownloadState::Fetching, 50, 9),
        download(1, "film", failed, 90, 0),
        download(3, "album two", DownloadState::Paused, 0, 0),
    ]
}

fn listed(query: &DownloadQuery) -> Vec<String> {
    query.part(all()).0.into_iter().map(|download| download.name).collect()
}

#[test]
fn downloads_come_oldest_first_or_in_the_order_that_is_asked_for() {
    let by = |sort, desc| listed(&DownloadQuery { sort, desc, ..DownloadQuery::default() });
    assert_eq!(by(None, false), ["Café two", "film", "album two"]);
    assert_eq!(by(None, true), ["album two", "film", "Café two"]);
    assert_eq!(by(Some(DownloadSort::Size), false), ["film", "Café two", "album two"]);
    assert_eq!(by(Some(DownloadSort::Progress), true), ["film", "Café two", "album two"]);
    assert_eq!(by(Some(DownloadSort::Rate), true)[0], "Café two");
    assert_eq!(by(Some(DownloadSort::Name), false), ["Café two", "album two", "film"]);
}

#[test]
fn downloads_are_filtered_by_words_and_state_and_counted_before_the_window() {
    let search = |text: &str| DownloadQuery { search: Some(text.to_owned()), ..DownloadQuery::default() };
    assert_eq!(listed(&search("TWO")), ["Café two", "album two"]);
    assert_eq!(listed(&search("two cafe")), ["Café two"]);
    let failed = DownloadQuery { state: Some(StateFilter::Failed), ..DownloadQuery::default() };
    assert_eq!(listed(&failed), ["film"]);
    let window = DownloadQuery { offset: Some(1), limit: Some(1), ..search("two") };
    let (part, total) = window.part(all());
    assert_eq!((part[0].name.as_str(), part.len(), total), ("album two", 1, 2));
}
