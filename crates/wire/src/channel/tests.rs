use proptest::prelude::*;

use super::*;
use crate::{
    digest::ShareDigest,
    id::{InfoHash, PeerId, Sha1Hash, Sha256Hash},
    networks::{MAX_SITE_NETWORKS, SiteNetwork},
};

fn info_hash() -> InfoHash {
    InfoHash::hybrid(Sha1Hash([1; 20]), Sha256Hash([2; 32]))
}

fn some_of(bitfield: Vec<u8>) -> ItemState {
    ItemState { info_hash: info_hash(), have: Have::Some { pieces: 9, bitfield } }
}

#[test]
fn a_message_comes_back_as_it_was_sent() {
    let hello = ToTracker::Hello(Hello {
        versions: vec![1, 2],
        peer_id: PeerId([7; 20]),
        name: "máy của tôi".into(),
        agent: "peerpool 0.1.0".into(),
        port: 4040,
        secret: Some(SessionSecret([9; 16])),
        listens: vec!["192.168.1.5:4040".parse().unwrap(), "[::1]:4040".parse().unwrap()],
        connection: 0,
        digest: Some(ShareDigest::of([(info_hash(), true)])),
    });
    let register = ToTracker::Register { items: vec![some_of(vec![0xff, 0x80])] };
    let locate = ToTracker::Locate {
        request: RequestId(3),
        target: Target::Name { name: "a".into(), hash_prefix: String::new() },
        wanted: 0,
        follow: true,
    };
    let whole = WholeMetainfo { info_hash: info_hash(), torrent: b"de".to_vec() };
    let batch = ToTracker::MetainfoBatch { items: vec![whole.clone(), whole] };
    let search = ToTracker::Search {
        request: RequestId(4),
        search: ItemSearch { text: "bài".into(), sort: ItemSort::Size, desc: true, ..ItemSearch::default() },
    };
    let seen = ToTracker::AccessSeen { epoch: 7 };
    let transfer = Transfer { info_hash: info_hash(), key: Key([3; 32]), fetched: 1 << 40, given: 0 };
    let stock = StockTransfer {
        info_hash: info_hash(),
        peer_id: PeerId([7; 20]),
        ip: [127, 0, 0, 1].into(),
        given: 1 << 40,
    };
    let passed = ToTracker::Transfers { transfers: vec![transfer], stock: vec![stock] };
    for message in [hello, register, locate, batch, search, ToTracker::GetPass, seen, passed, ToTracker::Bye]
    {
        assert_eq!(ToTracker::decode(&message.encode().unwrap()).unwrap(), message);
    }
}

#[test]
fn a_report_of_transfers_that_tells_of_no_stock_client_is_that_of_earlier_releases() {
    #[derive(serde::Serialize)]
    #[serde(rename_all = "snake_case")]
    enum Old {
        Transfers { transfers: Vec<Transfer> },
    }
    let transfers = vec![Transfer { info_hash: info_hash(), key: Key([3; 32]), fetched: 1, given: 2 }];
    let old = rmp_serde::to_vec_named(&Old::Transfers { transfers: transfers.clone() }).unwrap();
    let expected = ToTracker::Transfers { transfers, stock: Vec::new() };
    assert_eq!(ToTracker::decode(&old).unwrap(), expected);
}

/// A hello as version 1 has it.
#[derive(serde::Serialize)]
struct OldHello {
    versions: Vec<u16>,
    peer_id: PeerId,
    name: &'static str,
    agent: &'static str,
    port: u16,
}

#[test]
fn a_hello_of_version_1_is_read() {
    let hello = OldHello { versions: vec![1], peer_id: PeerId([7; 20]), name: "a", agent: "b", port: 1 };
    let frame = rmp_serde::to_vec_named(&std::collections::BTreeMap::from([("hello", hello)])).unwrap();
    let ToTracker::Hello(read) = ToTracker::decode(&frame).unwrap() else { panic!("no hello") };
    assert_eq!((read.peer_id, read.secret, read.listens), (PeerId([7; 20]), None, Vec::new()));
}

/// A refusal as earlier releases have it.
#[derive(Debug, PartialEq, serde::Serialize, serde::Deserialize)]
struct OldRefused {
    reason: Refusal,
}

#[test]
fn a_refusal_is_read_by_releases_that_know_of_no_other_nodes_and_read_from_them() {
    let reason = Refusal::ShuttingDown;
    let refused = |nodes| ToPeer::Refused { reason: reason.clone(), nodes };
    let old = std::collections::BTreeMap::from([("refused", OldRefused { reason: reason.clone() })]);
    let bare = rmp_serde::to_vec_named(&old).unwrap();
    assert_eq!(refused(Vec::new()).encode().unwrap(), bare);
    assert_eq!(ToPeer::decode(&bare).unwrap(), refused(Vec::new()));
    let nodes = refused(vec!["tracker2:6969".to_owned()]).encode().unwrap();
    let read: std::collections::BTreeMap<&str, OldRefused> = rmp_serde::from_slice(&nodes).unwrap();
    assert_eq!(read, old);
}

#[test]
fn a_search_needs_to_say_only_what_it_wants() {
    #[derive(serde::Serialize)]
    struct Bare {
        request: RequestId,
        search: std::collections::BTreeMap<&'static str, &'static str>,
    }
    let bare = Bare { request: RequestId(1), search: [("text", "a")].into() };
    let frame = rmp_serde::to_vec_named(&std::collections::BTreeMap::from([("search", bare)])).unwrap();
    let expected = ItemSearch { text: "a".into(), ..ItemSearch::default() };
    assert_eq!(
        ToTracker::decode(&frame).unwrap(),
        ToTracker::Search { request: RequestId(1), search: expected }
    );
}

#[test]
fn a_secret_is_never_shown() {
    assert_eq!(format!("{:?}", SessionSecret([0x55; 16])), "SessionSecret(…)");
}

#[test]
fn an_answer_comes_back_as_it_was_sent() {
    let holder = Holder {
        peer_id: None,
        name: None,
        addresses: vec!["127.0.0.1:5".parse().unwrap(), "[::1]:6".parse().unwrap()],
        have: Have::All,
        key: Some(Key([5; 32])),
    };
    let message = ToPeer::NewHolders { info_hash: info_hash(), holders: vec![holder] };
    assert_eq!(ToPeer::decode(&message.encode().unwrap()).unwrap(), message);
}

fn welcome(nodes: Vec<String>) -> Welcome {
    Welcome {
        version: 4,
        tracker_id: crate::id::TrackerId([7; 16]),
        name: "tracker".into(),
        your_ip: [127, 0, 0, 1].into(),
        keep_alive_seconds: 15,
        lease_seconds: 45,
        max_items: 1000,
        kept: false,
        nodes,
        sites: Vec::new(),
    }
}

#[test]
fn a_welcome_that_names_no_nodes_is_that_of_earlier_releases() {
    let frame = ToPeer::Welcome(welcome(Vec::new())).encode().unwrap();
    let says = |word: &[u8; 5]| frame.windows(5).any(|bytes| bytes == word);
    assert!(!says(b"nodes") && !says(b"sites"), "older peers see nothing new");
    assert_eq!(ToPeer::decode(&frame).unwrap(), ToPeer::Welcome(welcome(Vec::new())));
}

#[test]
fn a_welcome_lists_a_bounded_number_of_networks() {
    let listed = |count| vec![SiteNetwork { site: 1, network: "2001:db8::/32".to_owned() }; count];
    let read =
        |sites| ToPeer::decode(&ToPeer::Welcome(Welcome { sites, ..welcome(Vec::new()) }).encode().unwrap());
    let ToPeer::Welcome(most) = read(listed(MAX_SITE_NETWORKS)).unwrap() else { panic!("no welcome") };
    assert_eq!(most.sites, listed(MAX_SITE_NETWORKS));
    assert!(read(listed(MAX_SITE_NETWORKS + 1)).is_err());
}

#[test]
fn a_welcome_names_a_bounded_number_of_nodes() {
    let read = |nodes| ToPeer::decode(&ToPeer::Welcome(welcome(nodes)).encode().unwrap());
    let most = vec!["n".repeat(MAX_NODE); MAX_NODES];
    assert_eq!(read(most.clone()).unwrap(), ToPeer::Welcome(welcome(most)));
    let too_many = vec!["n".to_owned(); MAX_NODES + 1];
    let too_long = vec!["n".repeat(MAX_NODE + 1)];
    for nodes in [too_many, too_long] {
        assert!(matches!(read(nodes), Err(FrameError::Malformed(_))));
    }
}

#[test]
fn a_list_over_its_limit_is_refused() {
    let message = ToTracker::Withdraw { info_hashes: vec![info_hash(); MAX_BATCH + 1] };
    let frame = message.encode().unwrap();
    assert!(matches!(ToTracker::decode(&frame), Err(FrameError::Malformed(_))));
}

#[test]
fn a_bitfield_over_its_limit_is_refused() {
    let message = ToTracker::Register { items: vec![some_of(vec![0; MAX_BITFIELD + 1])] };
    assert!(matches!(ToTracker::decode(&message.encode().unwrap()), Err(FrameError::Malformed(_))));
}

#[test]
fn a_claimed_length_allocates_nothing() {
    // fixmap{"withdraw": {"info_hashes": array of 2^32-1}}
    let mut frame = vec![0x81, 0xa8];
    frame.extend_from_slice(b"withdraw");
    frame.extend_from_slice(&[0x81, 0xab]);
    frame.extend_from_slice(b"info_hashes");
    frame.extend_from_slice(&[0xdd, 0xff, 0xff, 0xff, 0xff]);
    assert!(matches!(ToTracker::decode(&frame), Err(FrameError::Malformed(_))));
}

#[test]
fn bytes_after_the_message_are_refused() {
    let mut frame = ToTracker::Bye.encode().unwrap();
    frame.push(0);
    assert!(matches!(ToTracker::decode(&frame), Err(FrameError::Trailing { bytes: 1 })));
}

#[test]
fn every_truncation_is_an_error() {
    let frame = ToTracker::Register { items: vec![some_of(vec![0xff; 40])] }.encode().unwrap();
    for length in 0..frame.len() {
        assert!(ToTracker::decode(&frame[..length]).is_err(), "{length} bytes");
    }
}

#[test]
fn metainfo_crosses_in_chunks() {
    let torrent: Vec<u8> = (0..3 * CHUNK + 5).map(|n| n as u8).collect();
    let mut assembly = ChunkAssembly::new(info_hash());
    let mut whole = None;
    for chunk in MetainfoChunk::split(info_hash(), &torrent).unwrap() {
        assert!(whole.is_none());
        whole = assembly.handle_chunk(chunk).unwrap();
    }
    assert_eq!(whole.as_deref(), Some(&torrent[..]));
}

#[test]
fn a_chunk_out_of_order_is_refused() {
    let chunk = MetainfoChunk { info_hash: info_hash(), offset: 1, total: 5, bytes: vec![0; 2] };
    let refused = ChunkAssembly::new(info_hash()).handle_chunk(chunk);
    assert!(matches!(refused, Err(ChunkError::OutOfOrder { expected: 0, found: 1, .. })));
}

#[test]
fn the_newest_common_version_is_chosen() {
    assert_eq!(negotiate(&[1, 9]), Some(1));
    assert_eq!(negotiate(&[9]), None);
}

proptest! {
    #[test]
    fn no_bytes_make_a_decoder_panic(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        let _ = ToTracker::decode(&bytes);
        let _ = ToPeer::decode(&bytes);
    }

    #[test]
    fn no_change_to_a_frame_makes_a_decoder_panic(at in 0usize..60, byte in any::<u8>()) {
        let message = ToTracker::Register { items: vec![some_of(vec![0xff, 0x80])] };
        let mut frame = message.encode().unwrap();
        let at = at % frame.len();
        frame[at] = byte;
        if let Ok(read) = ToTracker::decode(&frame) {
            // What is read can be written and read again.
            prop_assert_eq!(ToTracker::decode(&read.encode().unwrap()).unwrap(), read);
        }
    }
}
