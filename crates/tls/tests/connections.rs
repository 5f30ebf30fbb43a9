//! Connections over real sockets.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test may fail so")]

mod support;

use std::{future::poll_fn, io, net::Ipv4Addr};

use peerpool_tls::{
    AHEAD, ConnectError, Connection, HANDSHAKE_TIMEOUT, HandshakeError,
    records::{MAX_PAYLOAD, Sealer},
};
use rustls::pki_types::ServerName;
use support::{payload, peer};
use tokio::{
    io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _},
    net::{
        TcpListener, TcpStream,
        tcp::{OwnedReadHalf, OwnedWriteHalf},
    },
    time::Instant,
};
use tokio_rustls::{TlsAcceptor, TlsConnector};

type Tcp = Connection<OwnedReadHalf, OwnedWriteHalf>;

/// Bytes that one end sends: more than the system and both ends keep.
const MUCH: usize = 8 << 20;

/// The two ends of a TCP connection over loopback.
async fn tcp() -> (TcpStream, TcpStream) {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
    let dialed = TcpStream::connect(listener.local_addr().unwrap()).await.unwrap();
    (dialed, listener.accept().await.unwrap().0)
}

async fn connect(stream: TcpStream) -> Result<Tcp, ConnectError> {
    let (read, write) = stream.into_split();
    peer(1).connect(read, write, peer(2).key()).await
}

async fn accept(stream: TcpStream) -> Result<Tcp, ConnectError> {
    let (read, write) = stream.into_split();
    peer(2).accept(read, write).await
}

async fn connected() -> (Tcp, Tcp) {
    let (one, other) = tcp().await;
    tokio::try_join!(connect(one), accept(other)).unwrap()
}

/// Says that much, then closes.
async fn say(mut writer: impl AsyncWrite + Unpin) {
    writer.write_all(&payload(MUCH)).await.unwrap();
    writer.shutdown().await.unwrap();
}

/// Hears that much, and then a clean end.
async fn hear(mut reader: impl AsyncRead + Unpin) {
    let mut heard = Vec::new();
    reader.read_to_end(&mut heard).await.unwrap();
    assert!(heard == payload(MUCH), "{} bytes came", heard.len());
}

#[tokio::test]
async fn both_ends_talk_at_once_and_end_cleanly() {
    let (one, other) = connected().await;
    assert_eq!((one.peer, other.peer), (peer(2).key(), peer(1).key()));
    tokio::join!(say(one.writer), hear(one.reader), say(other.writer), hear(other.reader));
}

#[tokio::test]
async fn rustls_accepts_us() {
    let (one, other) = tcp().await;
    let acceptor = TlsAcceptor::from(peer(2).server_config());
    let (ours, theirs) = tokio::join!(connect(one), acceptor.accept(other));
    let (ours, (reader, writer)) = (ours.unwrap(), tokio::io::split(theirs.unwrap()));
    tokio::join!(say(ours.writer), hear(ours.reader), say(writer), hear(reader));
}

#[tokio::test]
async fn rustls_dials_us() {
    let (one, other) = tcp().await;
    let connector = TlsConnector::from(peer(1).client_config(peer(2).key()));
    let name = ServerName::try_from("0.0.0.0").unwrap();
    let (theirs, ours) = tokio::join!(connector.connect(name, one), accept(other));
    let ((reader, writer), ours) = (tokio::io::split(theirs.unwrap()), ours.unwrap());
    assert_eq!(ours.peer, peer(1).key());
    tokio::join!(say(ours.writer), hear(ours.reader), say(writer), hear(reader));
}

#[tokio::test]
async fn new_keys_are_asked_for_while_both_ends_talk() {
    let (one, other) = connected().await;
    let mut tasks = tokio::task::JoinSet::new();
    for Connection { mut writer, reader, .. } in [one, other] {
        tasks.spawn(async move {
            for part in payload(MUCH).chunks(MUCH / 20) {
                writer.update_key(true).unwrap();
                writer.write_all(part).await.unwrap();
            }
            writer.shutdown().await.unwrap();
        });
        tasks.spawn(hear(reader));
    }
    tasks.join_all().await;
}

#[tokio::test]
async fn another_key_than_the_expected_one_gets_no_connection() {
    let (one, other) = tcp().await;
    let (read, write) = one.into_split();
    let endpoint = peer(1);
    let (dialed, accepted) = tokio::join!(endpoint.connect(read, write, peer(3).key()), accept(other));
    assert!(matches!(dialed, Err(ConnectError::Handshake(HandshakeError::Tls(_)))));
    assert!(matches!(accepted, Err(ConnectError::Closed | ConnectError::Io(_))));
}

#[tokio::test]
async fn who_speaks_no_tls_is_told_nothing() {
    for said in [&b"\x13BitTorrent protocol"[..], b"GET / HTTP/1.1\r\n\r\n", b"\0"] {
        let (mut one, other) = tcp().await;
        one.write_all(said).await.unwrap();
        let refused = accept(other).await.unwrap_err();
        assert!(
            matches!(refused, ConnectError::Handshake(HandshakeError::NotTls(first)) if first == said[0])
        );
        let mut answer = Vec::new();
        let _ = one.read_to_end(&mut answer).await;
        assert!(answer.is_empty());
    }
}

#[tokio::test]
async fn who_leaves_during_the_handshake_is_noticed() {
    let (one, other) = tcp().await;
    drop(one);
    assert!(matches!(accept(other).await, Err(ConnectError::Closed)));
}

#[tokio::test(start_paused = true)]
async fn who_says_nothing_is_given_up() {
    let (one, _other) = tokio::io::duplex(1000);
    let (read, write) = tokio::io::split(one);
    let begun = Instant::now();
    assert!(matches!(peer(2).accept(read, write).await, Err(ConnectError::Late)));
    assert_eq!(begun.elapsed().as_secs(), HANDSHAKE_TIMEOUT.as_secs());
}

#[tokio::test]
async fn a_connection_that_is_cut_off_does_not_end_cleanly() {
    let (mut one, mut other) = connected().await;
    one.writer.write_all(b"half of").await.unwrap();
    one.writer.flush().await.unwrap();
    drop(one);
    let mut heard = Vec::new();
    let error = other.reader.read_to_end(&mut heard).await.unwrap_err();
    assert_eq!((heard.as_slice(), error.kind()), (&b"half of"[..], io::ErrorKind::UnexpectedEof));
}

#[tokio::test]
async fn what_was_forged_is_an_error_and_stays_one() {
    let (one, other) = tcp().await;
    let (ours, theirs) = tokio::join!(connect(one), accept(other));
    let (mut ours, theirs) = (ours.unwrap(), theirs.unwrap());
    let plain = theirs.writer.get_ref();
    let forged = [&[0x17, 3, 3, 0, 40][..], &[7; 40]].concat();
    plain.writable().await.unwrap();
    assert_eq!(plain.try_write(&forged).unwrap(), forged.len());
    for _ in 0..2 {
        let error = ours.reader.read(&mut [0; 100]).await.unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::InvalidData, "{error}");
    }
}

#[tokio::test]
async fn an_idle_connection_has_no_buffers() {
    let (mut one, mut other) = connected().await;
    let mut heard = vec![0; 100_000];
    one.writer.write_all(&payload(100_000)).await.unwrap();
    one.writer.flush().await.unwrap();
    other.reader.read_exact(&mut heard).await.unwrap();
    assert_eq!(heard, payload(100_000));
    let mut byte = [0];
    let waits = std::future::poll_fn(|cx| {
        let mut reading = std::pin::pin!(other.reader.read(&mut byte));
        std::task::Poll::Ready(reading.as_mut().poll(cx).is_pending())
    });
    assert!(waits.await);
    assert_eq!((other.reader.memory(), one.writer.memory()), (0, 0));
}

#[tokio::test]
async fn it_is_known_when_there_is_something_to_read() {
    let (mut one, mut other) = connected().await;
    for said in [&b"a"[..], b"bc"] {
        one.writer.write_all(said).await.unwrap();
        one.writer.flush().await.unwrap();
        let (mut heard, mut byte) = (Vec::new(), [0]);
        while heard.len() < said.len() {
            std::future::poll_fn(|cx| other.reader.poll_readable(cx)).await.unwrap();
            let mut reading = std::pin::pin!(other.reader.read(&mut byte));
            let now = std::future::poll_fn(|cx| std::task::Poll::Ready(reading.as_mut().poll(cx)));
            if let std::task::Poll::Ready(read) = now.await {
                heard.extend_from_slice(&byte[..read.unwrap()]);
            }
        }
        assert_eq!(heard, said);
    }
    one.writer.shutdown().await.unwrap();
    std::future::poll_fn(|cx| other.reader.poll_readable(cx)).await.unwrap();
    assert_eq!(other.reader.read(&mut [0]).await.unwrap(), 0);
}

#[tokio::test]
async fn a_header_travels_in_the_record_of_what_follows() {
    let (mut one, mut other) = connected().await;
    let said = payload(AHEAD);
    let mut heard = Vec::new();
    for follows in ["a file", "a write", "nothing"] {
        let before = one.writer.unsent();
        let held = poll_fn(|cx| one.writer.poll_hold(cx, b"header")).await.unwrap();
        assert_eq!((held, before, one.writer.unsent()), (6, 0, 6));
        let taken = match follows {
            "a file" => {
                let read = |at: usize, place: &mut [u8]| io::Read::read(&mut &said[at..], place);
                poll_fn(|cx| one.writer.poll_write_read(cx, AHEAD, read)).await.unwrap()
            }
            "a write" => one.writer.write(&said).await.unwrap(),
            _ => 0,
        };
        one.writer.flush().await.unwrap();
        let mut bytes = vec![0; 6 + taken];
        // Where whole records have their place, each read opens one.
        let first = other.reader.read(&mut bytes).await.unwrap();
        other.reader.read_exact(&mut bytes[first..]).await.unwrap();
        assert_eq!((&bytes[..6], &bytes[6..]), (&b"header"[..], &said[..taken]));
        heard.push((first, taken));
    }
    let whole = (MAX_PAYLOAD, AHEAD - 6);
    assert_eq!(heard, [whole, whole, (6, 0)]);
}

#[tokio::test]
async fn a_file_that_ends_early_or_cannot_be_read_sends_what_there_was() {
    let (mut one, mut other) = connected().await;
    let said = payload(MAX_PAYLOAD + 10);
    let read = |at: usize, place: &mut [u8]| io::Read::read(&mut &said[at..], place);
    let taken = poll_fn(|cx| one.writer.poll_write_read(cx, AHEAD, read)).await.unwrap();
    assert_eq!(taken, said.len());
    let ended = poll_fn(|cx| one.writer.poll_write_read(cx, AHEAD, |_, _| Ok(0))).await.unwrap();
    assert_eq!((ended, one.writer.unsent()), (0, 0));
    let failing = |_: usize, _: &mut [u8]| Err(io::ErrorKind::NotFound.into());
    let failed = poll_fn(|cx| one.writer.poll_write_read(cx, AHEAD, failing)).await.unwrap_err();
    assert_eq!((failed.kind(), one.writer.unsent()), (io::ErrorKind::NotFound, 0));
    one.writer.shutdown().await.unwrap();
    let mut heard = Vec::new();
    other.reader.read_to_end(&mut heard).await.unwrap();
    assert_eq!(heard, said);
}

#[tokio::test]
async fn a_writer_seals_little_ahead_of_who_does_not_read() {
    let (mut one, _other) = connected().await;
    let sent = payload(MUCH);
    let writing = std::future::poll_fn(|cx| {
        let mut writing = std::pin::pin!(one.writer.write_all(&sent));
        std::task::Poll::Ready(writing.as_mut().poll(cx).is_pending())
    });
    assert!(writing.await, "the system does not take {MUCH} bytes from who is not read");
    assert!((1..=Sealer::sealed_len(AHEAD)).contains(&one.writer.unsent()), "{}", one.writer.unsent());
}
