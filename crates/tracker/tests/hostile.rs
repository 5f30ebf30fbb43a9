//! What one bad host tries on a tracker: promises of bytes, bytes nobody asked for, silence.

#![allow(clippy::unwrap_used, reason = "a test may fail so")]

mod support;

use std::time::Duration;

use peerpool_wire::{
    channel::{Have, MAX_CHUNK, MAX_ORDINARY, MetainfoChunk, PATH, Refusal, ToTracker},
    id::{InfoHash, Sha1Hash},
};
use support::{Peer, folder, hello, item, listed, raw, tracker};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

const UPGRADE: &str = "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n\
                       Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n";

async fn upgraded(tracker: &peerpool_tracker::Tracker, headers: &str) -> (TcpStream, String) {
    let mut stream = TcpStream::connect(tracker.addr()).await.unwrap();
    let host =
        if headers.contains("Host:") { String::new() } else { format!("Host: {}\r\n", tracker.addr()) };
    let request = format!("GET {PATH} HTTP/1.1\r\n{host}{UPGRADE}{headers}\r\n");
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(stream.read_u8().await.unwrap());
    }
    (stream, String::from_utf8(head).unwrap())
}

/// The header of a masked binary frame of so many bytes.
fn header(bytes: u64) -> Vec<u8> {
    [&[0x82, 0xff][..], &bytes.to_be_bytes(), &[0; 4]].concat()
}

#[tokio::test]
async fn a_long_message_before_hello_is_refused_at_its_header_with_the_reason() {
    let tracker = tracker().await;
    let (mut stream, _) = upgraded(&tracker, "").await;
    stream.write_all(&header(8 << 20)).await.unwrap();
    let mut answer = Vec::new();
    // The rest of the message is not waited for; what comes of it is passed over, so that the reason is heard.
    stream.write_all(&vec![0; 1 << 20]).await.unwrap();
    stream.read_to_end(&mut answer).await.unwrap();
    let text = String::from_utf8_lossy(&answer).into_owned();
    assert!(text.contains("malformed") && text.contains("8388608 bytes"), "{text}");
    drop(stream);
    tracker.shutdown().await;
}

#[tokio::test]
async fn a_long_message_of_a_peer_that_was_asked_for_nothing_is_refused() {
    let tracker = tracker().await;
    let mut peer = Peer::join(tracker.addr(), 1).await;
    peer.send_raw(vec![0; MAX_ORDINARY + 1]).await;
    assert!(matches!(peer.refused().await, Refusal::Malformed { .. }));
    tracker.shutdown().await;
}

#[tokio::test]
async fn a_long_message_of_a_peer_that_was_asked_while_it_was_waited_for_is_taken() {
    let tracker = tracker().await;
    let folder = folder("folder", 6_000);
    let torrent = folder.to_torrent(&[]).len();
    assert!(torrent > MAX_ORDINARY && torrent < MAX_CHUNK, "{torrent} bytes");
    let mut peer = Peer::join(tracker.addr(), 1).await;
    peer.introduce(&folder).await;
    listed(&mut peer, "folder", 1).await;
    tracker.shutdown().await;
}

#[tokio::test]
async fn chunks_that_nobody_asked_for_are_passed_over() {
    let tracker = tracker().await;
    let song = item("song", &[7; 50_000]);
    let mut peer = Peer::join(tracker.addr(), 1).await;
    let info_hash = InfoHash::v1_only(Sha1Hash([3; 20]));
    for _ in 0..50 {
        let (total, bytes) = (32 << 20, vec![0; MAX_CHUNK / 8]);
        peer.send(ToTracker::Metainfo(MetainfoChunk { info_hash, offset: 0, total, bytes })).await;
    }
    // What was asked for is taken as ever.
    peer.introduce(&song).await;
    listed(&mut peer, "song", 1).await;
    tracker.shutdown().await;
}

#[tokio::test(start_paused = true)]
async fn a_silent_channel_is_sent_away() {
    let tracker = tracker().await;
    let mut peer = Peer::connect(tracker.addr()).await;
    assert!(matches!(peer.refused().await, Refusal::TooSlow { .. }));
    tracker.shutdown().await;
}

#[tokio::test(start_paused = true)]
async fn a_message_that_does_not_become_whole_ends_the_session() {
    let tracker = tracker().await;
    let mut peer = Peer::join(tracker.addr(), 1).await;
    peer.send_bytes(&header(1000)).await;
    let reason = peer.refused().await;
    assert!(matches!(&reason, Refusal::TooSlow { reason } if reason.contains("not whole")), "{reason:?}");
    tracker.shutdown().await;
}

#[tokio::test]
async fn no_compression_is_agreed_on() {
    let tracker = tracker().await;
    let offer = "Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits\r\n";
    let (mut stream, head) = upgraded(&tracker, offer).await;
    assert!(head.starts_with("HTTP/1.1 101") && !head.to_lowercase().contains("extensions"), "{head}");
    // A frame that says it is compressed.
    stream.write_all(&[0xc2, 0x81, 0, 0, 0, 0, 0]).await.unwrap();
    let mut answer = Vec::new();
    stream.shutdown().await.unwrap();
    stream.read_to_end(&mut answer).await.unwrap();
    assert!(String::from_utf8_lossy(&answer).contains("reserved bits"));
    tracker.shutdown().await;
}

#[tokio::test]
async fn a_channel_is_opened_under_any_name_by_a_program_and_by_no_foreign_page() {
    let tracker = tracker().await;
    for (headers, status) in [
        ("Host: pool.example.com:6969\r\n", "101"),
        ("Host: pool.example.com\r\nOrigin: http://pool.example.com\r\n", "403"),
        ("Origin: http://evil.example\r\n", "403"),
        ("Sec-Fetch-Site: cross-site\r\n", "403"),
    ] {
        let (_, head) = upgraded(&tracker, headers).await;
        assert!(head.starts_with(&format!("HTTP/1.1 {status}")), "{headers}: {head}");
    }
    tracker.shutdown().await;
}

#[tokio::test]
async fn half_requests_of_one_host_give_way_and_do_not_keep_others_out() {
    let tracker = tracker().await;
    let mut halves = Vec::new();
    for _ in 0..200 {
        let mut stream = TcpStream::connect(tracker.addr()).await.unwrap();
        stream.write_all(b"GET /announce?info_hash=").await.unwrap();
        halves.push(stream);
    }
    let mut peer = Peer::join(tracker.addr(), 1).await;
    peer.list("").await;
    tracker.shutdown().await;
}

#[tokio::test(start_paused = true)]
async fn a_request_that_comes_byte_by_byte_has_one_deadline() {
    let tracker = tracker().await;
    let mut stream = TcpStream::connect(tracker.addr()).await.unwrap();
    let start = tokio::time::Instant::now();
    let mut closed = false;
    for byte in b"GET /announce?info_hash=aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa".iter() {
        if stream.write_all(&[*byte]).await.is_err() {
            closed = true;
            break;
        }
        tokio::time::sleep(Duration::from_secs(5)).await;
        let mut answer = [0];
        if let Ok(Ok(0) | Err(_)) =
            tokio::time::timeout(Duration::from_millis(1), stream.read(&mut answer)).await
        {
            closed = true;
            break;
        }
    }
    assert!(closed && start.elapsed() < Duration::from_secs(60), "{:?}", start.elapsed());
    tracker.shutdown().await;
}

#[tokio::test]
async fn the_body_of_a_request_is_not_waited_for() {
    let tracker = tracker().await;
    let request = format!(
        "GET /api/v1/health HTTP/1.1\r\nHost: {}\r\nContent-Length: 1000000000\r\nConnection: close\r\n\r\n",
        tracker.addr()
    );
    let answer = raw(tracker.addr(), &request).await;
    assert!(answer.starts_with(b"HTTP/1.1 200"), "{}", String::from_utf8_lossy(&answer));
    tracker.shutdown().await;
}

#[tokio::test]
async fn a_peer_id_alone_takes_no_session_over() {
    let tracker = tracker().await;
    let song = item("song", &[7; 50_000]);
    let mut own = Peer::join(tracker.addr(), 1).await;
    own.introduce(&song).await;
    listed(&mut own, "song", 1).await;
    let mut thief = Peer::connect(tracker.addr()).await;
    thief.send(ToTracker::Hello(peerpool_wire::channel::Hello { secret: None, ..hello(1) })).await;
    // The ping is answered while the own session is read.
    let (refused, page) = tokio::join!(thief.refused(), async {
        let page = own.list("").await;
        own.register(&song, Have::All).await;
        page
    });
    assert!(matches!(refused, Refusal::PeerIdTaken { .. }), "{refused:?}");
    assert_eq!(page.items.len(), 1);
    tracker.shutdown().await;
}
