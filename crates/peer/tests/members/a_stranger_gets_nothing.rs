use std::time::Duration;

use peerpool_access::{MemberId, Pass, Subject};
use peerpool_wire::{
    channel::ToPeer,
    extension::{MetadataMessage, ours},
    geometry::BLOCK,
    handshake::{Features, Handshake},
    id::{PeerId, WireHash},
    message::{Message, Request, block_header},
};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
};

use crate::{
    pool::{
        EVERYBODY, Folder, GUEST, HOLDER, HOUR, MEMBER, NEXT_SIGNER, PATIENCE, Pool, READER, SIGNER, bytes,
        key, keyset, now, pass, secret, signed,
    },
    stranger::{Heard, Stranger},
};

/// Whoever knows the item and not the pool.
const OUTSIDER: u8 = 9;

/// A pass of the device with that key, changed in one thing.
fn changed(seed: u8, change: impl FnOnce(&mut Pass)) -> Vec<u8> {
    let mut pass = pass(seed);
    change(&mut pass);
    signed(&pass)
}

/// A question what the item is.
fn metadata_request() -> Message {
    let payload = MetadataMessage::Request { piece: 0 }.encode();
    Message::Extended { id: ours::UT_METADATA, payload }
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_may_not_have_an_item_gets_not_one_byte_of_it_beside_a_transfer_that_goes_on() {
    let pool = Pool::new().await;
    let content = bytes(24 << 20, 1);
    let holder = pool.join(HOLDER, Folder::with("film", &content)).await;
    let (item, torrent) = pool.registered(HOLDER).await;
    let member = pool.join(MEMBER, Folder::new()).await;
    let mut fetching = member.fetch(&torrent).await;

    let hash = item.primary();
    let wrong_item = WireHash([7; 20]);
    let guests =
        |pass: &mut Pass| pass.subjects = [Subject::from(MemberId(GUEST.into()))].into_iter().collect();
    let refused = [
        ("nobody's pass", OUTSIDER, Vec::new(), hash),
        ("what is no pass", OUTSIDER, b"let me in, please".repeat(12), hash),
        ("a pass signed by itself", OUTSIDER, pass(OUTSIDER).sign(&secret(OUTSIDER)).unwrap(), hash),
        ("another key's pass", OUTSIDER, signed(&pass(MEMBER)), hash),
        ("a pass without the right", GUEST, signed(&pass(GUEST)), hash),
        ("a pass with somebody else's subjects", MEMBER, changed(MEMBER, guests), hash),
        (
            "an expired pass",
            MEMBER,
            changed(MEMBER, |pass| pass.until = now() - Duration::from_secs(121)),
            hash,
        ),
        (
            "a pass of the future",
            MEMBER,
            changed(MEMBER, |pass| pass.made = now() + Duration::from_secs(HOUR)),
            hash,
        ),
        ("a pass of another pool", MEMBER, changed(MEMBER, |pass| pass.pool = key(77).pool()), hash),
        ("a pass for what is not there", MEMBER, signed(&pass(MEMBER)), wrong_item),
        ("a pass of an epoch that never was", MEMBER, changed(MEMBER, |pass| pass.epoch = 1000), hash),
    ];
    for (what, seed, pass, hash) in refused {
        let mut stranger = Stranger::dial(holder.peer.listen_addr(), seed).await;
        stranger.greet(&pass, hash).await;
        stranger.introduce_itself().await;
        stranger.ask(0).await;
        stranger.tell(&metadata_request()).await;
        assert_eq!(stranger.everything().await, 0, "{what} is to be answered by nothing");
    }

    fetching.complete().await;
    assert!(member.read("film") == content);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_pass_that_only_a_replaced_keyset_vouches_for_admits_nobody() {
    let pool = Pool::new().await;
    let holder = pool.join(HOLDER, Folder::with("film", &bytes(1 << 20, 5))).await;
    let (item, _) = pool.registered(HOLDER).await;
    pool.follows(HOLDER, keyset(2, &[NEXT_SIGNER]), NEXT_SIGNER).await;

    let mut before = Stranger::dial(holder.peer.listen_addr(), MEMBER).await;
    before.greet(&signed(&pass(MEMBER)), item.primary()).await;
    assert_eq!(before.everything().await, 0);
    // One that is older does not come back.
    pool.tell(HOLDER, ToPeer::Keyset { statement: keyset(1, &[SIGNER]) });
    let epoch = pool.give_audience(item, EVERYBODY);
    pool.confirmed(HOLDER, epoch).await;
    let mut again = Stranger::dial(holder.peer.listen_addr(), MEMBER).await;
    again.greet(&signed(&pass(MEMBER)), item.primary()).await;
    assert_eq!(again.everything().await, 0);
    let mut after = Stranger::dial(holder.peer.listen_addr(), MEMBER).await;
    after.is_let_in(&pass(MEMBER).sign(&secret(NEXT_SIGNER)).unwrap(), item).await;
    after.is_served().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_is_refused_is_sent_no_more_than_a_handshake() {
    let pool = Pool::new().await;
    let holder = pool.join(HOLDER, Folder::with("film", &bytes(1 << 20, 6))).await;
    let (item, _) = pool.registered(HOLDER).await;
    let mut guest = Stranger::dial(holder.peer.listen_addr(), GUEST).await;
    let shaken = guest.received();
    guest.greet(&signed(&pass(GUEST)), item.primary()).await;
    guest.introduce_itself().await;
    guest.ask(0).await;
    assert_eq!(guest.until(|_| false).await, Heard::End);
    assert_eq!(guest.received(), shaken, "bytes on the wire, encrypted or not");
    assert!(shaken < 1024, "{shaken} bytes of a handshake");
}

#[tokio::test(flavor = "multi_thread")]
async fn clocks_that_are_less_than_two_minutes_off_keep_nobody_out() {
    let pool = Pool::new().await;
    let holder = pool.join(HOLDER, Folder::with("film", &bytes(1 << 20, 7))).await;
    let (item, _) = pool.registered(HOLDER).await;
    let off = Duration::from_secs(100);
    let ahead = changed(MEMBER, |pass| pass.made = now() + off);
    let behind = changed(MEMBER, |pass| pass.until = now() - off);
    for pass in [ahead, behind] {
        let mut member = Stranger::dial(holder.peer.listen_addr(), MEMBER).await;
        member.is_let_in(&pass, item).await;
        member.is_served().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_plain_connection_is_closed_at_its_first_byte() {
    let pool = Pool::new().await;
    let holder = pool.join(HOLDER, Folder::with("film", &bytes(100_000, 2))).await;
    let (item, _) = pool.registered(HOLDER).await;
    let features = Features { extension: true, fast: true, v2: false };
    let handshake = Handshake { features, swarm: item.primary(), peer_id: PeerId::new([5; 12]) };
    for said in [&handshake.encode()[..], b"GET / HTTP/1.1\r\n\r\n", b"\0"] {
        let mut tcp = TcpStream::connect(holder.peer.listen_addr()).await.unwrap();
        tcp.write_all(said).await.unwrap();
        let mut answer = Vec::new();
        let _ = tokio::time::timeout(PATIENCE, tcp.read_to_end(&mut answer)).await.unwrap();
        assert_eq!(answer, b"");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_may_only_give_is_hung_up_on_when_it_asks() {
    let pool = Pool::new().await;
    let _holder = pool.join(HOLDER, Folder::with("film", &bytes(32 << 20, 3))).await;
    let (item, torrent) = pool.registered(HOLDER).await;
    // The reader's peer may take from the member and not give to it; it has some of the item, and wants more.
    let reader = pool.join(READER, Folder::new()).await;
    reader.fetch(&torrent).await.has(1).await;
    reader.client.pause(&item).await.unwrap();
    let questions = [Message::Request(Request { index: 0, begin: 0, length: BLOCK }), metadata_request()];
    let is_of_the_item = |heard: &Heard| {
        let told = matches!(
            heard,
            Heard::Message(
                Message::Unchoke | Message::Hashes(..) | Message::Extended { id: ours::UT_METADATA, .. }
            )
        );
        told || matches!(heard, Heard::Block(_))
    };
    for question in questions {
        let mut stranger = Stranger::dial_peer(reader.peer.listen_addr(), MEMBER, key(READER)).await;
        stranger.is_let_in(&signed(&pass(MEMBER)), item).await;
        stranger.introduce_itself().await;
        stranger.tell(&question).await;
        assert_eq!(stranger.until(is_of_the_item).await, Heard::End);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_block_of_whoever_may_not_give_is_not_taken() {
    let pool = Pool::new().await;
    let holder = pool.join(HOLDER, Folder::with("film", &bytes(100_000, 4))).await;
    let (item, _) = pool.registered(HOLDER).await;
    let mut stranger = Stranger::dial(holder.peer.listen_addr(), READER).await;
    stranger.is_let_in(&signed(&pass(READER)), item).await;
    stranger.is_served().await;
    let block = Request { index: 0, begin: 0, length: BLOCK };
    // What was never asked for is read past, until it is too much.
    let bytes = [&block_header(block)[..], &vec![0; BLOCK as usize]].concat();
    for _ in 0..300 {
        stranger.say(&bytes).await;
    }
    assert_eq!(stranger.until(|_| false).await, Heard::End);
}
