//! What is asked of the history of transfers.

#![allow(clippy::unwrap_used, reason = "a test")]

use std::sync::Arc;

use peerpool_api::{Code, Direction, HistoryQuery, HistorySort, Transfer, TransferResult};
use peerpool_wire::id::{InfoHash, Sha256Hash};

fn transfer(number: u64, name: &str, bytes: u64, direction: Direction) -> Arc<Transfer> {
    Arc::new(Transfer {
        number,
        direction,
        hash: InfoHash::v2_only(Sha256Hash([number as u8; 32])),
        name: name.to_owned(),
        size: bytes,
        bytes,
        peers: 1,
        begun: 0,
        ended: number,
        seconds: 1.0,
        rate: bytes,
        result: TransferResult::Complete,
    })
}

fn all() -> Vec<Arc<Transfer>> {
    vec![
        transfer(1, "Bài giảng.pdf", 30, Direction::Down),
        transfer(2, "film two.mkv", 10, Direction::Up),
        transfer(3, "film one.mkv", 20, Direction::Down),
    ]
}

fn numbers(query: &HistoryQuery) -> Vec<u64> {
    query.page(all()).transfers.iter().map(|transfer| transfer.number).collect()
}

#[test]
fn the_latest_transfer_comes_first_unless_another_order_is_asked_for() {
    let by = |sort, desc| numbers(&HistoryQuery { sort, desc, ..HistoryQuery::default() });
    assert_eq!(by(None, false), [3, 2, 1]);
    assert_eq!(by(Some(HistorySort::Ended), false), [1, 2, 3]);
    assert_eq!(by(Some(HistorySort::Bytes), true), [1, 3, 2]);
    assert_eq!(by(Some(HistorySort::Name), false), [1, 3, 2]);
}

#[test]
fn words_find_names_in_any_order_case_and_accents() {
    let with =
        |search: &str| numbers(&HistoryQuery { search: Some(search.to_owned()), ..HistoryQuery::default() });
    assert_eq!(with("bai giang"), [1]);
    assert_eq!(with("MKV film"), [3, 2]);
    assert!(with("film three").is_empty());
}

#[test]
fn a_page_says_how_many_there_are_and_where_it_begins() {
    let query = HistoryQuery { offset: Some(1), limit: Some(1), ..HistoryQuery::default() };
    let page = query.page(all());
    assert_eq!((page.total, page.offset, page.transfers.len()), (3, 1, 1));
    let down = HistoryQuery { direction: Some(Direction::Down), ..HistoryQuery::default() };
    assert_eq!(down.page(all()).total, 2);
    let behind = HistoryQuery { offset: Some(9), ..HistoryQuery::default() };
    assert!(behind.page(all()).transfers.is_empty());
}

#[test]
fn a_transfer_is_written_as_it_is_read() {
    let failed = TransferResult::Failed { code: Code::DiskFull, cause: "no space".to_owned() };
    let transfer = Transfer { result: failed, ..Transfer::clone(&all()[0]) };
    let text = serde_json::to_string(&transfer).unwrap();
    assert!(text.contains("\"result\":\"failed\"") && text.contains("\"direction\":\"down\""), "{text}");
    assert_eq!(serde_json::from_str::<Transfer>(&text).unwrap(), transfer);
}
