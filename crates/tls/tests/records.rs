//! Records without a handshake: what they look like, and what is refused.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test may fail so")]

mod support;

use bytes::BytesMut;
use peerpool_tls::records::{
    CAPACITY, Direction, HEADER, Inbox, KeyError, MAX_IDLE, MAX_PAYLOAD, MAX_RECORD, OVERHEAD, OpenError,
    Opened, RECORDS_PER_KEY, SealError, Sealer, Suite, TrafficKey, pair,
};
use proptest::prelude::*;
use support::{ends, open_all, payload, record};

const SUITES: [Suite; 2] = [Suite::Aes128Gcm, Suite::ChaCha20Poly1305];

fn vector(name: &str) -> Vec<u8> {
    let lines = include_str!("vectors/rfc8448.txt").lines();
    let hex = lines.filter_map(|line| line.split_once(' ')).find(|(found, _)| *found == name).unwrap().1;
    data_encoding::HEXLOWER.decode(hex.as_bytes()).unwrap()
}

fn example(side: &str, sequence: u64) -> Direction {
    let (key, iv) = (vector(&format!("{side}.key")), vector(&format!("{side}.iv")));
    let key = TrafficKey::new(Suite::Aes128Gcm, &key, iv.try_into().unwrap(), sequence).unwrap();
    Direction { key, next: Box::new(|| Err(KeyError::Suite)) }
}

/// Everything sealed at once.
fn sealed(sealer: &mut Sealer, payload: &[u8]) -> BytesMut {
    let mut out = BytesMut::new();
    sealer.seal(payload, &mut out).unwrap();
    out
}

#[test]
fn records_are_those_of_the_example_in_rfc_8448() {
    let payload: Vec<u8> = (0..50).collect();
    let (mut client, mut opener) = pair(example("client", 0), example("server", 1));
    let mut out = BytesMut::new();
    client.seal(&payload, &mut out).unwrap();
    client.close(&mut out).unwrap();
    assert_eq!(out, [vector("client.data"), vector("client.alert")].concat());
    let answer = [vector("server.data"), vector("server.alert")].concat();
    let (opened, end) = open_all(&mut opener, &answer, 100);
    assert_eq!(opened, payload);
    end.unwrap();
}

#[test]
fn payload_of_every_size_around_a_record_comes_back() {
    for suite in SUITES {
        let [(mut sealer, _), (_, mut opener)] = ends(suite, 0);
        for length in [0, 1, MAX_PAYLOAD - 1, MAX_PAYLOAD, MAX_PAYLOAD + 1, 5 * MAX_PAYLOAD + 7] {
            let sent = payload(length);
            let records = sealed(&mut sealer, &sent);
            assert_eq!(records.len(), length + length.div_ceil(MAX_PAYLOAD) * OVERHEAD);
            assert!(records.len() <= Sealer::sealed_len(length));
            assert_eq!(open_all(&mut opener, &records, 4000).0, sent);
        }
    }
}

#[test]
fn payload_opens_where_it_is_wanted_if_there_is_room_and_else_where_it_lies() {
    let [(mut sealer, _), (_, mut opener)] = ends(Suite::Aes128Gcm, 0);
    let sent = payload(100);
    for (room, expected) in
        [(101, Opened::Payload(100)), (5000, Opened::Payload(100)), (100, Opened::InPlace(100))]
    {
        let (mut record, mut place) = (sealed(&mut sealer, &sent), vec![0; room]);
        let opened = opener.open(&mut record, &mut place).unwrap();
        assert_eq!(opened, expected);
        let lies = if room == 100 { &record[HEADER..HEADER + 100] } else { &place[..100] };
        assert_eq!(lies, sent);
    }
}

#[test]
fn a_key_is_replaced_before_it_has_sealed_too_much() {
    for suite in SUITES {
        let [(mut sealer, _), (_, mut opener)] = ends(suite, RECORDS_PER_KEY - 2);
        let mut heard = Vec::new();
        for number in 0..5u8 {
            let records = sealed(&mut sealer, &[number]);
            let updates = usize::from(number == 2) * (OVERHEAD + 5);
            assert_eq!(records.len(), 1 + OVERHEAD + updates, "record {number}");
            heard.extend(open_all(&mut opener, &records, 10).0);
        }
        assert_eq!(heard, [0, 1, 2, 3, 4]);
    }
}

#[test]
fn who_is_asked_for_a_new_key_takes_one_before_the_next_payload() {
    let [(mut one, mut one_hears), (mut other, mut other_hears)] = ends(Suite::Aes128Gcm, 0);
    let mut out = BytesMut::new();
    one.update_key(true, &mut out).unwrap();
    one.update_key(true, &mut out).unwrap();
    one.seal(b"there", &mut out).unwrap();
    assert_eq!(open_all(&mut other_hears, &out, 10).0, b"there");

    let back = sealed(&mut other, b"back");
    assert_eq!(back.len(), OVERHEAD + 5 + OVERHEAD + 4, "one new key answers both");
    assert_eq!(open_all(&mut one_hears, &back, 10).0, b"back");
    assert_eq!(sealed(&mut other, b"back").len(), OVERHEAD + 4);
    assert_eq!(sealed(&mut one, b"there").len(), OVERHEAD + 5, "an answer asks for none");
}

#[test]
fn a_number_that_all_records_have_used_up_seals_nothing() {
    let direction = |sequence| Direction {
        key: TrafficKey::new(Suite::Aes128Gcm, &[1; 16], [2; 12], sequence).unwrap(),
        next: Box::new(|| Err(KeyError::Suite)),
    };
    let (mut sealer, _) = pair(direction(u64::MAX), direction(0));
    let mut out = BytesMut::new();
    assert!(matches!(sealer.close(&mut out), Err(SealError::Cipher(2))));
    assert!(out.is_empty());
}

#[test]
fn nothing_is_sealed_after_the_end_and_nothing_after_it_counts() {
    let [(mut sealer, _), (_, mut opener)] = ends(Suite::Aes128Gcm, 0);
    let mut out = sealed(&mut sealer, b"last");
    sealer.close(&mut out).unwrap();
    let length = out.len();
    sealer.close(&mut out).unwrap();
    assert!(matches!(sealer.seal(b"more", &mut out), Err(SealError::Closed)));
    assert!(matches!(sealer.update_key(false, &mut out), Err(SealError::Closed)));
    assert_eq!(out.len(), length);
    out.extend_from_slice(b"whatever stands here");
    let (opened, end) = open_all(&mut opener, &out, 10);
    assert_eq!(opened, b"last");
    end.unwrap();
}

#[test]
fn a_cut_at_any_byte_is_no_clean_end() {
    let mut whole = BytesMut::new();
    let [(mut sealer, _), _] = ends(Suite::Aes128Gcm, 0);
    sealer.seal(b"some", &mut whole).unwrap();
    sealer.seal(b" payload", &mut whole).unwrap();
    sealer.close(&mut whole).unwrap();
    for cut in 0..=whole.len() {
        let [_, (_, mut opener)] = ends(Suite::Aes128Gcm, 0);
        let (opened, end) = open_all(&mut opener, &whole[..cut], 50);
        assert!(b"some payload".starts_with(&opened[..]));
        match end {
            Ok(()) => assert_eq!(cut, whole.len()),
            Err(error) => {
                assert!(matches!(error, OpenError::Truncated) && cut < whole.len(), "{cut}: {error}")
            }
        }
    }
}

#[test]
fn a_change_of_any_bit_is_found() {
    for suite in SUITES {
        let mut whole = BytesMut::new();
        let [(mut sealer, _), _] = ends(suite, 0);
        sealer.seal(b"some", &mut whole).unwrap();
        sealer.update_key(true, &mut whole).unwrap();
        sealer.seal(b" payload", &mut whole).unwrap();
        sealer.close(&mut whole).unwrap();
        for bit in 0..whole.len() * 8 {
            let mut changed = whole.clone();
            changed[bit / 8] ^= 1 << (bit % 8);
            for place in [3, 50] {
                let [_, (_, mut opener)] = ends(suite, 0);
                let (opened, end) = open_all(&mut opener, &changed, place);
                assert!(b"some payload".starts_with(&opened[..]), "bit {bit}");
                assert!(end.is_err(), "bit {bit}");
            }
        }
    }
}

#[test]
fn a_record_opens_once_and_in_its_turn() {
    let [(mut sealer, _), _] = ends(Suite::Aes128Gcm, 0);
    let records: Vec<_> = (0..3u8).map(|number| sealed(&mut sealer, &[number])).collect();
    for order in [&[0, 0][..], &[1], &[0, 2], &[0, 1, 1]] {
        let [_, (_, mut opener)] = ends(Suite::Aes128Gcm, 0);
        let bytes: Vec<u8> = order.iter().flat_map(|number: &usize| records[*number].clone()).collect();
        let (opened, end) = open_all(&mut opener, &bytes, 50);
        assert_eq!(opened.len(), order.len() - 1);
        assert!(matches!(end, Err(OpenError::Forged)), "{order:?}");
    }
}

#[test]
fn nothing_opens_after_an_error() {
    let [(mut sealer, _), (_, mut opener)] = ends(Suite::Aes128Gcm, 0);
    let (first, mut second) = (sealed(&mut sealer, b"one"), sealed(&mut sealer, b"two"));
    let mut changed = first.clone();
    changed[HEADER] ^= 1;
    assert!(matches!(opener.open(&mut changed, &mut []), Err(OpenError::Forged)));
    for record in [&mut first.clone(), &mut second] {
        assert!(matches!(opener.open(record, &mut []), Err(OpenError::Failed)));
    }
    assert!(opener.end().is_err());
}

/// What opens, of records that the other end has sealed and should not have.
#[track_caller]
fn refused(contents: &[&[u8]]) -> OpenError {
    let [_, (_, mut opener)] = ends(Suite::Aes128Gcm, 0);
    let records: Vec<u8> =
        contents.iter().enumerate().flat_map(|(number, content)| record(number as u64, content)).collect();
    open_all(&mut opener, &records, 50).1.unwrap_err()
}

#[test]
fn content_that_has_no_place_after_a_handshake_ends_the_connection() {
    assert!(matches!(refused(&[&[0; 100]]), OpenError::Empty));
    for kind in [0x14, 0x18, 0x19, 0xff] {
        assert!(matches!(refused(&[&[1, 2, kind]]), OpenError::Kind(found) if found == kind));
    }
    let ticket = [4, 0, 0, 3, 1, 2, 3, 0x16];
    assert!(matches!(refused(&[&ticket]), OpenError::Handshake(Some(4))));
    let cut_up: [&[u8]; 2] = [&[24, 0, 0, 0x16], &[1, 0, 0x16]];
    assert!(matches!(refused(&cut_up), OpenError::Handshake(Some(24))));
    let joined = [24, 0, 0, 1, 0, 24, 0, 0, 1, 0, 0x16];
    assert!(matches!(refused(&[&joined]), OpenError::Handshake(Some(24))));
    assert!(matches!(refused(&[&[24, 0, 0, 1, 2, 0x16]]), OpenError::Handshake(Some(24))));
    assert!(matches!(refused(&[&[0x16]]), OpenError::Handshake(None)));
    assert!(matches!(refused(&[&[2, 40, 0x15]]), OpenError::Alert(Some(40))));
    assert!(matches!(refused(&[&[1, 90, 0x15]]), OpenError::Alert(Some(90))));
    assert!(matches!(refused(&[&[0x15]]), OpenError::Alert(None)));
}

#[test]
fn zeros_behind_the_content_are_left_out() {
    let [_, (_, mut opener)] = ends(Suite::Aes128Gcm, 0);
    let records = [record(0, b"a\0b\0\x17\0\0\0\0"), record(1, &[1, 0, 0x15, 0])].concat();
    let (opened, end) = open_all(&mut opener, &records, 50);
    assert_eq!(opened, b"a\0b\0");
    end.unwrap();
}

#[test]
fn a_record_has_no_more_payload_than_it_may() {
    let mut content = vec![7; MAX_PAYLOAD];
    content.push(0x17);
    let [_, (_, mut opener)] = ends(Suite::Aes128Gcm, 0);
    let (opened, _) = open_all(&mut opener, &record(0, &content), 50);
    assert_eq!(opened.len(), MAX_PAYLOAD);
    content.insert(0, 7);
    assert!(matches!(refused(&[&content]), OpenError::TooLong(length) if length == MAX_PAYLOAD + 2));
    let longest = vec![7; MAX_RECORD - HEADER - 15];
    assert!(matches!(refused(&[&longest]), OpenError::Length(_)));
}

#[test]
fn many_records_that_bring_nothing_end_the_connection() {
    let most = MAX_IDLE as usize;
    assert!(matches!(refused(&vec![&[0x17][..]; most]), OpenError::Truncated));
    assert!(matches!(refused(&vec![&[0x17][..]; most + 1]), OpenError::Idle));
    let mut with_payload = vec![&[0x17][..]; most];
    with_payload.push(&[1, 0x17]);
    with_payload.extend(vec![&[0x17][..]; most]);
    assert!(matches!(refused(&with_payload), OpenError::Truncated));

    let [(mut sealer, _), (_, mut opener)] = ends(Suite::Aes128Gcm, 0);
    let mut updates = BytesMut::new();
    (0..=most).for_each(|_| sealer.update_key(false, &mut updates).unwrap());
    assert!(matches!(open_all(&mut opener, &updates, 50).1, Err(OpenError::Idle)));
}

#[test]
fn what_begins_no_record_is_seen_before_the_rest_has_come() {
    let headers = [[0x16, 3, 3, 0, 50], [0x17, 3, 1, 0, 50], [0x17, 3, 3, 0, 16], [0x17, 3, 3, 0x41, 1]];
    for header in headers {
        let [_, (_, mut opener)] = ends(Suite::Aes128Gcm, 0);
        let end = open_all(&mut opener, &header, 50).1;
        assert!(matches!(end, Err(OpenError::Header(_) | OpenError::Length(_))), "{header:?}: {end:?}");
    }
}

#[test]
fn an_inbox_never_grows_and_gives_its_memory_back() {
    let [(mut sealer, _), (_, mut opener)] = ends(Suite::Aes128Gcm, 0);
    let bytes = sealed(&mut sealer, &payload(4 << 20));
    let (mut inbox, mut place, mut left) = (Inbox::default(), vec![0; 10_000], &bytes[..]);
    assert_eq!(inbox.memory(), 0);
    while !left.is_empty() {
        let room = inbox.room();
        let space = room.capacity() - room.len();
        assert!(space > 0 && room.capacity() <= CAPACITY, "room for {space} of {}", room.capacity());
        let (piece, after) = left.split_at(space.min(left.len()).min(7001));
        room.extend_from_slice(piece);
        left = after;
        while inbox.wants().unwrap().is_some() {
            inbox.take(&mut opener, &mut place).unwrap();
        }
    }
    inbox.release();
    assert_eq!(inbox.memory(), 0);
}

proptest! {
    #[test]
    fn payload_comes_back_however_it_is_written_and_cut(
        lengths in prop::collection::vec(0usize..40_000, 1..8),
        updates in any::<u8>(),
        place in 1usize..20_000,
        cut in 1usize..30_000,
        suite in prop::sample::select(SUITES.to_vec()),
    ) {
        let [(mut sealer, _), (_, mut opener)] = ends(suite, 0);
        let (mut sent, mut records) = (Vec::new(), BytesMut::new());
        for (number, length) in lengths.into_iter().enumerate() {
            if updates >> number & 1 == 1 {
                sealer.update_key(number % 2 == 0, &mut records).unwrap();
            }
            let written = payload(length);
            sealer.seal(&written, &mut records).unwrap();
            sent.extend(written);
        }
        sealer.close(&mut records).unwrap();
        let (mut inbox, mut heard, mut place) = (Inbox::default(), Vec::new(), vec![0; place]);
        for piece in records.chunks(cut) {
            inbox.room().extend_from_slice(piece);
            while inbox.wants().unwrap().is_some() {
                if let peerpool_tls::records::Took::Payload(length) = inbox.take(&mut opener, &mut place).unwrap() {
                    heard.extend_from_slice(&place[..length]);
                }
            }
        }
        prop_assert!(opener.end().is_ok());
        prop_assert_eq!(heard, sent);
    }
}
