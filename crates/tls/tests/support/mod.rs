//! Peers with known keys, records with any content, and a stock rustls at the other end.
#![allow(dead_code, reason = "no test uses all of it")]
#![allow(clippy::unwrap_used, reason = "a test may fail so")]

pub(crate) mod stock;

use aws_lc_rs::aead::{AES_128_GCM, Aad, LessSafeKey, Nonce, UnboundKey};
use bytes::BytesMut;
use peerpool_tls::{
    Endpoint, Handshake, HandshakeError, Identity, Progress, Protocol, Session,
    records::{Direction, Inbox, OpenError, Opener, Sealer, Suite, Took, TrafficKey, pair},
};

/// A peer whose key is always the same.
pub(crate) fn peer(seed: u8) -> Endpoint {
    speaking(seed, Protocol::Peer)
}

/// The same for a protocol.
pub(crate) fn speaking(seed: u8, protocol: Protocol) -> Endpoint {
    Endpoint::new(&Identity::from_seed([seed; 32]).unwrap(), protocol).unwrap()
}

/// What became of one end; nothing while it waits for more.
pub(crate) type Outcome = Option<Result<Session, HandshakeError>>;

/// Lets a dialer and an accepter shake hands. `meddle` sees every flight on its way, by its number; the dialer's are
/// even.
pub(crate) fn run(
    dialer: Handshake,
    accepter: Handshake,
    mut meddle: impl FnMut(usize, &mut BytesMut),
) -> [Outcome; 2] {
    let (mut ends, mut outcomes) = ([Some(dialer), Some(accepter)], [None, None]);
    let mut incoming = [BytesMut::new(), BytesMut::new()];
    for flight in 0..4 {
        let (turn, mut out) = (flight % 2, BytesMut::new());
        let Some(end) = ends[turn].take() else { break };
        match end.handle(&mut incoming[turn], &mut out) {
            Ok(Progress::Going(going)) => ends[turn] = Some(going),
            Ok(Progress::Done(session)) => outcomes[turn] = Some(Ok(session)),
            Err(error) => {
                outcomes[turn] = Some(Err(error));
                break;
            }
        }
        meddle(flight, &mut out);
        incoming[1 - turn].extend_from_slice(&out);
    }
    outcomes
}

/// The two ends of a handshake that nobody meddled with.
pub(crate) fn shake(dialer: Handshake, accepter: Handshake) -> [Session; 2] {
    run(dialer, accepter, |_, _| {}).map(|outcome| outcome.unwrap().unwrap())
}

/// The nth key of a direction, each different from the others.
pub(crate) fn key(suite: Suite, direction: u8, number: u8, sequence: u64) -> TrafficKey {
    let len = if suite == Suite::Aes128Gcm { 16 } else { 32 };
    TrafficKey::new(suite, &vec![direction ^ number; len], [number; 12], sequence).unwrap()
}

/// A direction whose first key has sealed so many records.
pub(crate) fn direction(suite: Suite, direction: u8, sequence: u64) -> Direction {
    let mut number = 0;
    let next = move || {
        number += 1;
        Ok(key(suite, direction, number, 0))
    };
    Direction { key: key(suite, direction, 0, sequence), next: Box::new(next) }
}

/// Two ends whose keys need no handshake.
pub(crate) fn ends(suite: Suite, sequence: u64) -> [(Sealer, Opener); 2] {
    let one = pair(direction(suite, 0x10, sequence), direction(suite, 0x20, sequence));
    let other = pair(direction(suite, 0x20, sequence), direction(suite, 0x10, sequence));
    [one, other]
}

/// Everything that these bytes open to, a place of `place` bytes at a time; whether they came to a clean end.
pub(crate) fn open_all(opener: &mut Opener, bytes: &[u8], place: usize) -> (Vec<u8>, Result<(), OpenError>) {
    let mut inbox = Inbox::new(BytesMut::from(bytes));
    let (mut opened, mut space) = (Vec::new(), vec![0xee; place]);
    loop {
        match inbox.take(opener, &mut space) {
            Ok(Took::Payload(length)) => opened.extend_from_slice(&space[..length]),
            Ok(Took::Nothing | Took::End) => return (opened, opener.end()),
            Err(error) => return (opened, Err(error)),
        }
    }
}

/// A record that holds exactly this, type and padding included, sealed with the first key of [`direction`] 0x10.
pub(crate) fn record(sequence: u64, content: &[u8]) -> Vec<u8> {
    let key = LessSafeKey::new(UnboundKey::new(&AES_128_GCM, &[0x10; 16]).unwrap());
    let mut nonce = [0; 12];
    nonce[4..].copy_from_slice(&sequence.to_be_bytes());
    let header = [&[0x17, 3, 3][..], &u16::try_from(content.len() + 16).unwrap().to_be_bytes()].concat();
    let mut sealed = content.to_vec();
    let nonce = Nonce::assume_unique_for_key(nonce);
    key.seal_in_place_append_tag(nonce, Aad::from(&header), &mut sealed).unwrap();
    [header, sealed].concat()
}

/// Bytes that differ from place to place.
pub(crate) fn payload(length: usize) -> Vec<u8> {
    (0..length).map(|at| (at * 31 + at / 251) as u8).collect()
}
