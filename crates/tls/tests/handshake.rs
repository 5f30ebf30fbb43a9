//! Handshakes without I/O: who gets a connection, and with whom.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test may fail so")]

mod support;

use bytes::BytesMut;
use peerpool_access::key::PublicKey;
use peerpool_tls::{Expected, Handshake, HandshakeError, MAX_HANDSHAKE, Progress, Protocol};
use rustls::{CertificateError, Error};
use support::{open_all, payload, peer, run, shake, speaking};

#[test]
fn both_ends_learn_the_others_key_and_understand_each_other() {
    let (dialer, accepter) = (peer(1), peer(2));
    let [mut dialed, mut accepted] = shake(dialer.dial(accepter.key()).unwrap(), accepter.answer().unwrap());
    assert_eq!((dialed.peer, accepted.peer), (accepter.key(), dialer.key()));
    for _ in 0..3 {
        let mut out = BytesMut::new();
        dialed.sealer.update_key(true, &mut out).unwrap();
        dialed.sealer.seal(&payload(20_000), &mut out).unwrap();
        assert_eq!(open_all(&mut accepted.opener, &out, 100).0, payload(20_000));
        let mut back = BytesMut::new();
        accepted.sealer.seal(&payload(20_000), &mut back).unwrap();
        assert_eq!(open_all(&mut dialed.opener, &back, 100).0, payload(20_000));
    }
}

/// Why the dialer does not talk to whoever has the key of `peer(2)`, if it expects this one. The accepter hears nothing
/// more.
fn refusal(expected: PublicKey) -> HandshakeError {
    let [dialed, accepted] = run(peer(1).dial(expected).unwrap(), peer(2).answer().unwrap(), |_, _| {});
    assert!(accepted.is_none());
    dialed.unwrap().unwrap_err()
}

#[test]
fn a_dialer_talks_to_no_other_key_than_it_expects() {
    let error = refusal(peer(3).key());
    let expected = Error::InvalidCertificate(CertificateError::ApplicationVerificationFailure);
    assert!(matches!(&error, HandshakeError::Tls(found) if *found == expected), "{error}");
}

#[test]
fn a_key_that_differs_in_one_bit_is_another() {
    for bit in [0, 7, 128, 255] {
        let mut key = peer(2).key();
        key.0[bit / 8] ^= 1 << (bit % 8);
        assert!(matches!(refusal(key), HandshakeError::Tls(Error::InvalidCertificate(_))));
    }
}

#[test]
fn a_dialer_that_expects_several_keys_learns_which_it_met() {
    let several = Expected::OneOf(vec![peer(3).key(), peer(2).key()]);
    for expected in [several, Expected::Anybody] {
        let [dialed, _] = shake(peer(1).dial(expected).unwrap(), peer(2).answer().unwrap());
        assert_eq!(dialed.peer, peer(2).key());
    }
    let nobody = Expected::OneOf(Vec::new());
    let [dialed, _] = run(peer(1).dial(nobody).unwrap(), peer(2).answer().unwrap(), |_, _| {});
    assert!(matches!(dialed, Some(Err(HandshakeError::Tls(_)))));
}

#[test]
fn what_is_said_to_a_tracker_is_not_said_to_a_peer() {
    let tracker = speaking(2, Protocol::Tracker);
    let [dialed, accepted] = run(peer(1).dial(tracker.key()).unwrap(), tracker.answer().unwrap(), |_, _| {});
    assert!(dialed.is_none());
    assert!(matches!(accepted, Some(Err(HandshakeError::Tls(Error::NoApplicationProtocol)))));
    let both = [speaking(1, Protocol::Tracker), tracker];
    let [dialed, _] = shake(both[0].dial(both[1].key()).unwrap(), both[1].answer().unwrap());
    assert_eq!(dialed.peer, both[1].key());
}

/// What a handshake says to this.
fn told(handshake: Handshake, bytes: &[u8]) -> Result<Progress, HandshakeError> {
    handshake.handle(&mut BytesMut::from(bytes), &mut BytesMut::new())
}

#[test]
fn whatever_is_no_handshake_is_refused_at_its_first_byte() {
    for first in (0..=255).filter(|first| *first != 0x16) {
        let refused = told(peer(1).answer().unwrap(), &[first]);
        assert!(matches!(refused, Err(HandshakeError::NotTls(found)) if found == first));
    }
    assert!(matches!(told(peer(1).answer().unwrap(), &[0x16]), Ok(Progress::Going(_))));
}

#[test]
fn a_handshake_that_does_not_end_is_given_up() {
    assert!(matches!(
        told(peer(1).answer().unwrap(), &[0x16, 3, 1, 0x3f, 0xff]),
        Err(HandshakeError::TooLong)
    ));
    // A hello that goes on in one record after another.
    let record = [&[0x16, 3, 1, 4, 0, 1, 0, 0xff, 0xff][..], &[0; 1020]].concat();
    let (mut handshake, mut incoming, mut sent) = (peer(1).answer().unwrap(), BytesMut::new(), 0);
    let refused = loop {
        incoming.extend_from_slice(&record);
        sent += record.len();
        assert!(sent <= MAX_HANDSHAKE + record.len(), "it goes on");
        match handshake.handle(&mut incoming, &mut BytesMut::new()) {
            Ok(Progress::Going(going)) => handshake = going,
            Ok(Progress::Done(_)) => panic!("it is done"),
            Err(error) => break error,
        }
    };
    assert!(matches!(refused, HandshakeError::TooLong), "{refused}");
}

/// The bytes of a whole handshake, flight by flight.
fn flights() -> Vec<BytesMut> {
    let mut flights = Vec::new();
    let dialer = peer(1).dial(peer(2).key()).unwrap();
    run(dialer, peer(2).answer().unwrap(), |_, bytes| flights.push(bytes.clone()));
    flights
}

#[test]
fn a_handshake_is_as_short_as_the_documents_say() {
    let lengths: Vec<_> = flights().iter().map(|bytes| bytes.len()).collect();
    assert!(matches!(lengths[..], [_, _, _, 0]), "one round trip and a half: {lengths:?}");
    assert!(lengths.iter().sum::<usize>() < 1024, "{lengths:?}");
}

#[test]
fn a_handshake_of_single_bytes_comes_to_the_same() {
    let (mut dialer, mut accepter) = (peer(1).dial(peer(2).key()).unwrap(), peer(2).answer().unwrap());
    let (mut there, mut back) = (BytesMut::new(), BytesMut::new());
    let mut incoming = BytesMut::new();
    let Progress::Going(going) = dialer.handle(&mut BytesMut::new(), &mut there).unwrap() else { panic!() };
    dialer = going;
    for byte in std::mem::take(&mut there) {
        incoming.extend_from_slice(&[byte]);
        let Progress::Going(going) = accepter.handle(&mut incoming, &mut back).unwrap() else { panic!() };
        accepter = going;
    }
    let answer = std::mem::take(&mut back);
    let (last, first) = answer.split_last().unwrap();
    let mut incoming = BytesMut::new();
    for byte in first {
        incoming.extend_from_slice(&[*byte]);
        let Progress::Going(going) = dialer.handle(&mut incoming, &mut there).unwrap() else { panic!() };
        dialer = going;
    }
    incoming.extend_from_slice(&[*last]);
    let Progress::Done(dialed) = dialer.handle(&mut incoming, &mut there).unwrap() else { panic!() };
    assert_eq!(dialed.peer, peer(2).key());
    assert!(matches!(accepter.handle(&mut there, &mut back).unwrap(), Progress::Done(_)));
}

#[test]
fn what_comes_with_the_last_flight_stays_for_the_connection() {
    let (mut dialer, mut accepter) = (peer(1).dial(peer(2).key()).unwrap(), peer(2).answer().unwrap());
    let (mut there, mut back) = (BytesMut::new(), BytesMut::new());
    loop {
        match dialer.handle(&mut back, &mut there).unwrap() {
            Progress::Going(going) => dialer = going,
            Progress::Done(mut session) => {
                session.sealer.update_key(false, &mut there).unwrap();
                session.sealer.seal(b"a pass", &mut there).unwrap();
                session.sealer.close(&mut there).unwrap();
                break;
            }
        }
        let Progress::Going(going) = accepter.handle(&mut there, &mut back).unwrap() else { panic!() };
        accepter = going;
    }
    let Progress::Done(mut session) = accepter.handle(&mut there, &mut back).unwrap() else { panic!() };
    let (heard, end) = open_all(&mut session.opener, &there, 50);
    assert_eq!(heard, b"a pass");
    end.unwrap();
}

#[test]
fn a_handshake_that_was_changed_anywhere_gives_no_connection() {
    for (number, bytes) in flights().iter().enumerate() {
        for byte in authenticated(bytes).step_by(5) {
            let meddle = |flight, bytes: &mut BytesMut| {
                // The next handshake has other keys and the same lengths.
                if flight == number {
                    bytes[byte] ^= 0x55;
                }
            };
            let [dialed, accepted] =
                run(peer(1).dial(peer(2).key()).unwrap(), peer(2).answer().unwrap(), meddle);
            let connected = matches!(dialed, Some(Ok(_))) && matches!(accepted, Some(Ok(_)));
            assert!(!connected, "byte {byte} of flight {number}");
        }
    }
}

/// All bytes but those that nobody may look at: the version of a record (RFC 8446, section 5.1), and the
/// `change_cipher_spec` that means nothing (appendix D.4).
fn authenticated(records: &[u8]) -> impl Iterator<Item = usize> {
    let (mut bytes, mut begin) = (Vec::new(), 0);
    while let Some(&[kind, _, _, high, low]) = records[begin..].first_chunk() {
        let end = begin + 5 + usize::from(u16::from_be_bytes([high, low]));
        if kind != 0x14 {
            bytes.extend((begin..end).filter(|at| !(begin + 1..begin + 3).contains(at)));
        }
        begin = end;
    }
    bytes.into_iter()
}
