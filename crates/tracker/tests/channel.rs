//! Peers on the channel, over real sockets.

mod support;

use peerpool_wire::{
    channel::{
        Failure, Have, ItemKind, ItemState, Refusal, SilentPeer, ToPeer, ToTracker, VERSIONS, WholeMetainfo,
    },
    metainfo::Metainfo,
};
use support::{Peer, by_name, hello, item, listed, tracker};

#[tokio::test]
async fn an_item_that_one_peer_registers_is_found_by_another() {
    let tracker = tracker().await;
    let song = item("song.flac", &[7; 100_000]);
    let (mut holder, welcome) = Peer::join_as(tracker.addr(), 1).await;
    assert_eq!(welcome.tracker_id, tracker.id());
    assert!(welcome.your_ip.is_loopback());
    holder.introduce(&song).await;
    listed(&mut holder, "song.flac", 1).await;

    let mut seeker = Peer::join(tracker.addr(), 2).await;
    let listed = seeker.list("SONG").await.items;
    assert_eq!(listed.len(), 1);
    assert_eq!((listed[0].length, listed[0].kind, listed[0].files), (100_000, ItemKind::File, 1));
    assert_eq!(
        (listed[0].pieces, listed[0].piece_length),
        (song.info.piece_count(), song.info.piece_length())
    );

    let ToPeer::Located { item: found, holders, .. } = seeker.locate(by_name("song.flac"), false).await
    else {
        panic!("located")
    };
    assert_eq!(found.unwrap().info_hash, song.info.hash());
    assert_eq!(holders.len(), 1);
    assert_eq!(holders[0].name.as_deref(), Some("peer 1"));
    assert_eq!(holders[0].addresses, ["127.0.0.1:40001".parse().unwrap()]);
    assert!(holders[0].have.is_all());
    assert_eq!(seeker.metainfo(song.info.hash()).await.bytes, song.to_torrent(&[]));
    tracker.shutdown().await;
}

#[tokio::test]
async fn a_partial_holder_is_found_with_its_pieces() {
    let tracker = tracker().await;
    let film = item("film", &[1; 100_000]);
    let mut holder = Peer::join(tracker.addr(), 1).await;
    holder.introduce(&film).await;
    listed(&mut holder, "film", 1).await;
    let have = Have::Some { pieces: film.info.piece_count(), bitfield: vec![0b1010_0000] };
    assert!(film.info.piece_count() > 2 && film.info.piece_count() <= 8, "one byte of bitfield");
    holder.register(&film, have.clone()).await;
    listed(&mut holder, "film", 0).await;

    let mut seeker = Peer::join(tracker.addr(), 2).await;
    let ToPeer::Located { holders, .. } = seeker.locate(by_name("film"), false).await else {
        panic!("located")
    };
    assert_eq!(holders[0].have, have);
    tracker.shutdown().await;
}

#[tokio::test]
async fn a_follower_is_told_of_holders_that_come_later() {
    let tracker = tracker().await;
    let film = item("film", &[1; 50_000]);
    let mut first = Peer::join(tracker.addr(), 1).await;
    first.introduce(&film).await;
    listed(&mut first, "film", 1).await;
    let mut seeker = Peer::join(tracker.addr(), 2).await;
    seeker.locate(by_name("film"), true).await;

    let mut later = Peer::join(tracker.addr(), 3).await;
    later.register(&film, Have::All).await;
    let told = seeker.wait(|message| match message {
        ToPeer::NewHolders { info_hash, holders } => Some((*info_hash, holders.clone())),
        _ => None,
    });
    let (info_hash, holders) = told.await;
    assert_eq!(info_hash, film.info.hash());
    assert_eq!(holders[0].name.as_deref(), Some("peer 3"));
    tracker.shutdown().await;
}

#[tokio::test]
async fn an_update_waits_for_the_others_and_names_the_silent() {
    let tracker = tracker().await;
    let mut asker = Peer::join(tracker.addr(), 1).await;
    let mut honest = Peer::join(tracker.addr(), 2).await;
    let _silent = Peer::join(tracker.addr(), 3).await;
    let fresh = item("fresh", &[9; 20_000]);
    asker.ask_update().await;

    let ask = honest.wait(|message| match message {
        ToPeer::AskState { ask, .. } => Some(*ask),
        _ => None,
    });
    let ask = ask.await;
    let items = vec![peerpool_wire::channel::ItemState { info_hash: fresh.info.hash(), have: Have::All }];
    honest.send(ToTracker::Report { ask, items, withdrawn: vec![] }).await;
    honest.send(ToTracker::Reported { ask }).await;
    honest.send_metainfo_when_asked(&fresh).await;

    let updated = asker.wait(|message| match message {
        ToPeer::Updated { page, answered, silent, .. } => Some((page.clone(), *answered, silent.clone())),
        _ => None,
    });
    let (page, answered, silent) = updated.await;
    assert_eq!(page.items.iter().map(|item| item.name.as_str()).collect::<Vec<_>>(), ["fresh"]);
    assert_eq!(answered, 1);
    let expected = SilentPeer { peer_id: hello(3).peer_id, name: "peer 3".into(), ip: [127, 0, 0, 1].into() };
    assert_eq!(silent, [expected]);
    tracker.shutdown().await;
}

#[tokio::test]
async fn an_unknown_name_and_an_ambiguous_name_are_told_apart() {
    let tracker = tracker().await;
    let mut holder = Peer::join(tracker.addr(), 1).await;
    for content in [[1; 1000], [2; 1000]] {
        holder.introduce(&item("notes", &content)).await;
    }
    while holder.list("notes").await.items.len() < 2 {}
    let ToPeer::Failed { error, .. } = holder.locate(by_name("nothing"), false).await else {
        panic!("failed")
    };
    assert_eq!(error, Failure::NotFound { target: "nothing".into() });
    let ToPeer::Failed { error: Failure::Ambiguous { variants, .. }, .. } =
        holder.locate(by_name("notes"), false).await
    else {
        panic!("ambiguous")
    };
    assert_eq!(variants.len(), 2);
    tracker.shutdown().await;
}

#[tokio::test]
async fn a_peer_of_another_version_is_told_what_the_tracker_speaks() {
    let tracker = tracker().await;
    let mut peer = Peer::connect(tracker.addr()).await;
    let hello = peerpool_wire::channel::Hello { versions: vec![99], ..hello(1) };
    peer.send(ToTracker::Hello(hello)).await;
    assert_eq!(peer.refused().await, Refusal::UnsupportedVersion { supported: VERSIONS.to_vec() });
    assert_eq!(peer.next().await, None);
    tracker.shutdown().await;
}

#[tokio::test]
async fn a_frame_that_is_no_message_ends_the_session_with_the_reason() {
    let tracker = tracker().await;
    let mut peer = Peer::join(tracker.addr(), 1).await;
    peer.send_raw(vec![0xc1; 10]).await;
    assert!(matches!(peer.refused().await, Refusal::Malformed { .. }));
    assert_eq!(peer.next().await, None);
    tracker.shutdown().await;
}

#[tokio::test]
async fn metainfo_of_another_item_is_refused_and_the_next_holder_asked() {
    let tracker = tracker().await;
    let (claimed, other) = (item("claimed", &[1; 5000]), item("other", &[2; 5000]));
    let mut liar = Peer::join(tracker.addr(), 1).await;
    liar.register(&claimed, Have::All).await;
    let info_hash = claimed.info.hash();
    liar.wait(|message| matches!(message, ToPeer::NeedMetainfo { .. }).then_some(())).await;
    let mut honest = Peer::join(tracker.addr(), 2).await;
    honest.register(&claimed, Have::All).await;
    // The answer to a question after the registration shows that it has arrived.
    honest.list("").await;
    let torrent = other.to_torrent(&[]);
    for chunk in peerpool_wire::channel::MetainfoChunk::split(info_hash, &torrent).unwrap() {
        liar.send(ToTracker::Metainfo(chunk)).await;
    }
    liar.wait(|message| matches!(message, ToPeer::ItemRefused { .. }).then_some(())).await;
    honest.send_metainfo_when_asked(&claimed).await;
    listed(&mut honest, "claimed", 2).await;
    assert!(honest.list("other").await.items.is_empty());
    tracker.shutdown().await;
}

#[tokio::test]
async fn many_items_come_in_one_message() {
    let tracker = tracker().await;
    let items: Vec<_> = (0..20).map(|number| item(&format!("item {number}"), &[number; 1000])).collect();
    let mut holder = Peer::join(tracker.addr(), 1).await;
    let state = |item: &Metainfo| ItemState { info_hash: item.info.hash(), have: Have::All };
    holder.send(ToTracker::Register { items: items.iter().map(state).collect() }).await;
    holder.wait(|message| matches!(message, ToPeer::NeedMetainfo { .. }).then_some(())).await;
    let whole =
        |item: &Metainfo| WholeMetainfo { info_hash: item.info.hash(), torrent: item.to_torrent(&[]) };
    // With one that nobody asked for, which is passed over, and one twice.
    let stray = item("stray", b"stray");
    let all = items.iter().chain([&stray, &items[0]]).map(whole).collect();
    holder.send(ToTracker::MetainfoBatch { items: all }).await;
    assert_eq!(holder.list("item").await.items.len(), items.len());
    assert!(holder.list("stray").await.items.is_empty());
    tracker.shutdown().await;
}

#[tokio::test]
async fn a_peer_that_leaves_holds_nothing() {
    let tracker = tracker().await;
    let song = item("song", &[7; 1000]);
    let mut holder = Peer::join(tracker.addr(), 1).await;
    holder.introduce(&song).await;
    let mut other = Peer::join(tracker.addr(), 2).await;
    listed(&mut other, "song", 1).await;
    drop(holder);
    while !other.list("").await.items.is_empty() {}
    tracker.shutdown().await;
}

#[tokio::test]
async fn a_tracker_that_ends_says_so() {
    let tracker = tracker().await;
    let mut peer = Peer::join(tracker.addr(), 1).await;
    let (reason, ()) = tokio::join!(peer.refused(), tracker.shutdown());
    assert_eq!(reason, Refusal::ShuttingDown);
}
