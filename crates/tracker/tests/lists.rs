//! Lists that people look at, searched, sorted and paged by the tracker, over real sockets.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test may fail so")]

mod support;

use std::net::SocketAddr;

use peerpool_api::{Code, FilePage, HolderPage, ItemPage, PeerPage, ProblemDetails};
use peerpool_tracker::Tracker;
use peerpool_wire::channel::{
    Cursor, FileKind, FileSearch, Have, ItemSearch, ItemSort, ItemsFound, PeerSearch, RequestId, ToPeer,
    ToTracker,
};
use serde::de::DeserializeOwned;
use support::{Peer, folder, get, item, listed, tracker};

async fn ask<T: DeserializeOwned>(tracker: SocketAddr, path: &str) -> T {
    let (status, body) = get(tracker, &format!("/api/v1/{path}"), "").await;
    assert_eq!(status, 200, "{path}: {}", String::from_utf8_lossy(&body));
    serde_json::from_slice(&body).unwrap()
}

fn names(page: &ItemPage) -> Vec<&str> {
    page.items.iter().map(|item| item.name.as_str()).collect()
}

/// A pool of some items, of two peers that stay connected.
async fn pool() -> (Tracker, Peer, Peer) {
    let tracker = tracker().await;
    let (mut one, mut other) = (Peer::join(tracker.addr(), 1).await, Peer::join(tracker.addr(), 2).await);
    for (name, length) in [("Bài giảng 1", 1000), ("bài hát", 3000), ("giang ho", 2000)] {
        one.introduce(&item(name, &vec![7; length])).await;
        listed(&mut one, name, 1).await;
    }
    other.register(&item("giang ho", &[7; 2000]), Have::All).await;
    other.introduce(&folder("Bài giảng", 3)).await;
    listed(&mut other, "giang ho", 2).await;
    listed(&mut other, "Bài giảng", 1).await;
    (tracker, one, other)
}

#[tokio::test]
async fn items_are_searched_filtered_sorted_and_counted() {
    let (tracker, _one, _other) = pool().await;
    for (query, expected) in [
        ("search=bai+giang", &["Bài giảng", "Bài giảng 1"][..]),
        ("search=gi+ba", &["Bài giảng", "Bài giảng 1"]),
        ("search=giang&sort=size", &["Bài giảng", "Bài giảng 1", "giang ho"]),
        ("search=giang&sort=size&desc=true&kind=file", &["giang ho", "Bài giảng 1"]),
        ("search=kind:folder", &["Bài giảng"]),
        ("search=size:%3E1k+size:%3C2k", &["giang ho"]),
        ("min=1000&max=2000", &["Bài giảng 1", "giang ho"]),
        ("sort=holders&desc=true&limit=1", &["giang ho"]),
        ("holder=peer+2", &["Bài giảng", "giang ho"]),
        ("search=holder:%22PEER+2%22+ho", &["giang ho"]),
        ("search=hat&sort=age", &["bài hát"]),
        ("search=iang", &[]),
    ] {
        let page: ItemPage = ask(tracker.addr(), &format!("items?{query}")).await;
        assert_eq!(names(&page), expected, "{query}");
        let total = if query.contains("limit") { 4 } else { expected.len() as u32 };
        assert_eq!((page.total, page.offset), (Some(total), 0), "{query}");
    }
    let page: ItemPage = ask(tracker.addr(), "items?search=hat").await;
    assert_eq!(page.items[0].completeness, Some(1.0));
    assert!(page.items[0].added.is_some_and(|added| added > 1_500_000_000), "{:?}", page.items[0].added);
    tracker.shutdown().await;
}

#[tokio::test]
async fn pages_come_out_of_one_order_while_the_pool_changes() {
    let (tracker, mut one, _other) = pool().await;
    let first: ItemPage = ask(tracker.addr(), "items?sort=holders&desc=true&limit=2").await;
    assert_eq!((names(&first), first.total), (vec!["giang ho", "Bài giảng"], Some(4)));
    one.register(&folder("Bài giảng", 3), Have::All).await;
    one.introduce(&item("new", b"new")).await;
    listed(&mut one, "new", 1).await;
    let order = first.order.unwrap();
    let next = format!("items?sort=holders&desc=true&limit=2&offset=2&order={order}");
    let second: ItemPage = ask(tracker.addr(), &next).await;
    assert_eq!((names(&second), second.total, second.offset), (vec!["Bài giảng 1", "bài hát"], Some(4), 2));
    assert_eq!(second.order.as_deref(), Some(&*order));
    let elsewhere: ItemPage = ask(tracker.addr(), &format!("items?limit=2&order={order}")).await;
    assert_eq!(elsewhere.total, Some(5), "it is no order of another search");
    assert_ne!(elsewhere.order, Some(order));
    let by_name: ItemPage = ask(tracker.addr(), "items?limit=2").await;
    let cursor = by_name.next.unwrap().replace(' ', "+");
    let rest: ItemPage = ask(tracker.addr(), &format!("items?cursor={cursor}")).await;
    assert_eq!((names(&rest), rest.offset), (vec!["bài hát", "giang ho", "new"], 2));
    assert_eq!(rest.next, None);
    tracker.shutdown().await;
}

#[tokio::test]
async fn a_key_that_leaves_as_many_items_leaves_their_order() {
    let (tracker, _one, _other) = pool().await;
    let search = async |text| ask::<ItemPage>(tracker.addr(), &format!("items?search={text}")).await;
    let (short, long, longer) = (search("gi").await, search("giang").await, search("giang+ho").await);
    assert_eq!((short.total, short.order.as_ref()), (long.total, long.order.as_ref()));
    assert_eq!(names(&longer), ["giang ho"]);
    assert_ne!(longer.order, long.order);
    tracker.shutdown().await;
}

#[tokio::test]
async fn a_query_that_makes_no_sense_is_refused_with_the_reason() {
    let tracker = tracker().await;
    let long = "a".repeat(1025);
    for (query, reason) in [
        ("search=kind:song", "`kind:song` is not understood: write `kind:file` or `kind:folder`"),
        ("sort=size&cursor=x", "a cursor goes on by name: in other orders, ask with `order` and `offset`"),
        (&format!("search={long}"), "the query is wrong: `search` has more than 1024 bytes"),
    ] {
        let (status, body) = get(tracker.addr(), &format!("/api/v1/items?{query}"), "").await;
        assert_eq!(status, 400);
        let error = peerpool_api::ApiError::from(serde_json::from_slice::<ProblemDetails>(&body).unwrap());
        assert_eq!((error.code, error.detail.as_str()), (Code::BadRequest, reason));
    }
    tracker.shutdown().await;
}

#[tokio::test]
async fn an_item_shows_its_files_by_folder_and_its_holders_by_page() {
    let (tracker, _one, _other) = pool().await;
    let hash = folder("Bài giảng", 3).info.hash();
    let page: FilePage = ask(tracker.addr(), &format!("items/{hash}/files?offset=1&limit=1")).await;
    assert_eq!((page.total, page.entries.len(), page.entries[0].size), (3, 1, 1));
    assert!(page.entries[0].path.starts_with("00000001-"), "{}", page.entries[0].path);
    let (status, _) = get(tracker.addr(), &format!("/api/v1/items/{hash}/files?under=none"), "").await;
    assert_eq!(status, 404);
    let hash = item("giang ho", &[7; 2000]).info.hash();
    let page: HolderPage = ask(tracker.addr(), &format!("items/{hash}/holders")).await;
    assert_eq!((page.total, page.holders.len()), (2, 2));
    let second: HolderPage = ask(tracker.addr(), &format!("items/{hash}/holders?offset=1&limit=1")).await;
    assert_eq!(second.holders, page.holders[1..]);
    tracker.shutdown().await;
}

#[tokio::test]
async fn peers_are_searched_and_sorted() {
    let (tracker, _one, _other) = pool().await;
    for (query, expected) in [
        ("", &["peer 1", "peer 2"][..]),
        ("search=PEER+2", &["peer 2"]),
        ("sort=items", &["peer 2", "peer 1"]),
        ("sort=items&desc=true&limit=1", &["peer 1"]),
        ("search=nobody", &[]),
    ] {
        let page: PeerPage = ask(tracker.addr(), &format!("peers?{query}")).await;
        let names: Vec<&str> = page.peers.iter().map(|peer| peer.name.as_str()).collect();
        assert_eq!(names, expected, "{query}");
    }
    tracker.shutdown().await;
}

async fn search(peer: &mut Peer, request: u32, search: ItemSearch) -> ItemsFound {
    let request = RequestId(request);
    peer.send(ToTracker::Search { request, search }).await;
    peer.wait(|message| match message {
        ToPeer::Found { request: answered, page } if *answered == request => Some(page.clone()),
        _ => None,
    })
    .await
}

#[tokio::test]
async fn a_peer_asks_for_the_same_pages_over_its_channel() {
    let (tracker, mut one, _other) = pool().await;
    let asked =
        ItemSearch { text: "giang".into(), sort: ItemSort::Size, desc: true, limit: 1, ..Default::default() };
    let found = search(&mut one, 1000, asked.clone()).await;
    assert_eq!((found.total, found.items[0].name.as_str()), (3, "giang ho"));
    let next = search(&mut one, 1001, ItemSearch { order: Some(found.order), offset: 2, ..asked }).await;
    assert_eq!(next.items[0].name, "Bài giảng");

    one.introduce(&item("just now", b"new")).await;
    let said = ItemSearch { text: "just".into(), ..Default::default() };
    assert_eq!(search(&mut one, 1002, said).await.total, 1, "a peer finds what it has said");

    let past = ItemSearch { cursor: Some(Cursor("x".into())), sort: ItemSort::Size, ..Default::default() };
    one.send(ToTracker::Search { request: RequestId(1003), search: past }).await;
    let failed = one.wait(|message| match message {
        ToPeer::Failed { request: RequestId(1003), error } => Some(error.to_string()),
        _ => None,
    });
    assert!(failed.await.starts_with("a cursor goes on by name"));

    let info_hash = folder("Bài giảng", 3).info.hash();
    let asked = FileSearch { info_hash, under: String::new(), offset: 0, limit: 10 };
    one.send(ToTracker::Files { request: RequestId(1004), search: asked }).await;
    let files = one.wait(|message| match message {
        ToPeer::FileList { page, .. } => Some(page.clone()),
        _ => None,
    });
    let files = files.await;
    assert_eq!((files.total, files.entries[0].kind), (3, FileKind::File));

    one.send(ToTracker::FindPeers { request: RequestId(1005), search: PeerSearch::default() }).await;
    one.send(ToTracker::Holders { request: RequestId(1006), info_hash, offset: 0, limit: 10 }).await;
    let (mut peers, mut holders) = (0, 0);
    while peers == 0 || holders == 0 {
        match one.next().await.unwrap() {
            ToPeer::FoundPeers { page, .. } => peers = page.total,
            ToPeer::HolderList { page, .. } => holders = page.total,
            _ => {}
        }
    }
    assert_eq!((peers, holders), (2, 1));
    tracker.shutdown().await;
}
