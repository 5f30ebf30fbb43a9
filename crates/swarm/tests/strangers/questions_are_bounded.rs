//! Hashes and metadata are given to everybody, in turn, and to nobody without end.

use std::{sync::Arc, time::Duration};

use peerpool_swarm::{ConnId, Input, Item, Output, Reason};
use peerpool_wire::{
    bitfield::Bitfield,
    extension::MetadataMessage,
    id::Sha256Hash,
    message::{HashRequest, Message},
};

use crate::alone::{Alone, addr, introduction, metainfo};

const SECOND: Duration = Duration::from_secs(1);

fn seed() -> (Alone, Sha256Hash) {
    seed_with_slots(40)
}

fn seed_with_slots(upload_slots: usize) -> (Alone, Sha256Hash) {
    let metainfo = metainfo(64);
    let root = metainfo.info.files()[0].root.unwrap();
    (Alone::with_slots(Item::new(Arc::new(metainfo)), Bitfield::all(64), upload_slots), root)
}

fn of_blocks(root: Sha256Hash, piece: u32) -> Message {
    Message::HashRequest(HashRequest { root, base_layer: 0, index: piece * 4, length: 4, proof_layers: 0 })
}

fn reads(swarm: &Alone) -> Vec<(ConnId, HashRequest)> {
    let of = |output: &Output<()>| match output {
        Output::ReadHashes { conn, request, .. } => Some((*conn, *request)),
        _ => None,
    };
    swarm.done.iter().filter_map(of).collect()
}

#[test]
fn a_hash_request_for_an_unknown_root_is_turned_down() {
    let (mut seed, _) = seed();
    let conn = seed.join(addr(1, 7), 1, false);
    let Message::HashRequest(request) = of_blocks(Sha256Hash([9; 32]), 0) else { unreachable!() };
    seed.tell(conn, Message::HashRequest(request));
    assert!(seed.was_told(conn, &Message::HashReject(request)));
    assert_eq!(reads(&seed), []);
    assert_eq!(seed.closed(conn), None);
}

#[test]
fn a_choked_peer_gets_nothing_hashed() {
    let (mut seed, root) = seed_with_slots(0);
    let conn = seed.join(addr(1, 7), 1, false);
    seed.tell(conn, of_blocks(root, 0));
    assert_eq!(reads(&seed), []);
    assert!(seed.sent(conn).any(|message| matches!(message, Message::HashReject(_))));
}

#[test]
fn few_pieces_are_hashed_at_a_time_and_everybody_has_its_turn() {
    let (mut seed, root) = seed();
    let conns: Vec<ConnId> = (0..8).map(|nth| seed.join(addr(1, 20_000 + nth), nth as u8, false)).collect();
    for conn in &conns {
        for piece in 0..10 {
            seed.tell(*conn, of_blocks(root, piece));
        }
    }
    assert_eq!(reads(&seed).len(), 2);
    for round in 0..16 {
        let (conn, request) = reads(&seed)[round];
        seed.input(Input::Hashes { conn, request, hashes: None });
        assert_eq!(reads(&seed).len(), round + 3);
    }
    for conn in &conns {
        let turns = reads(&seed).iter().filter(|(asker, _)| asker == conn).count();
        assert!((2..=3).contains(&turns), "{turns}");
    }
}

#[test]
fn a_reader_that_leaves_does_not_keep_others_from_their_turn() {
    let (mut seed, root) = seed();
    let conns: Vec<ConnId> = (0..4).map(|nth| seed.join(addr(1, 20_000 + nth), nth as u8, false)).collect();
    for conn in &conns {
        seed.tell(*conn, of_blocks(root, 0));
    }
    for conn in &conns[..2] {
        seed.input(Input::Disconnected { conn: *conn });
    }
    assert_eq!(reads(&seed).len(), 4);
}

#[test]
fn a_flood_of_hash_requests_ends_the_connection() {
    let (mut seed, root) = seed();
    let conn = seed.join(addr(1, 7), 1, false);
    for nth in 0..10_000 {
        seed.tell(conn, of_blocks(root, nth % 64));
    }
    assert!(matches!(seed.closed(conn), Some(Reason::Protocol(_))));
    assert!(reads(&seed).len() <= 2);
}

#[test]
fn piece_hashes_and_metadata_are_given_at_a_bounded_rate() {
    let (mut seed, root) = seed();
    let conns: Vec<ConnId> = (0..40).map(|nth| seed.join(addr(1, 20_000 + nth), nth as u8, false)).collect();
    let layer = HashRequest { root, base_layer: 2, index: 0, length: 64, proof_layers: 0 };
    for conn in &conns {
        seed.tell(*conn, introduction());
    }
    for _ in 0..500 {
        for conn in &conns {
            seed.tell(*conn, Message::HashRequest(layer));
            let payload = MetadataMessage::Request { piece: 0 }.encode();
            seed.tell(*conn, Message::Extended { id: 1, payload });
        }
        seed.pass(Duration::from_millis(2));
    }
    let bytes: usize = conns
        .iter()
        .flat_map(|conn| seed.sent(*conn))
        .map(|message| match message {
            Message::Hashes(_, hashes) => hashes.len() * 32,
            Message::Extended { payload, .. } => payload.len(),
            _ => 0,
        })
        .sum();
    assert!(bytes < 25_000_000, "{bytes}");
    assert!(conns.iter().all(|conn| seed.sent(*conn).any(|sent| matches!(sent, Message::Hashes(..)))));
}

#[test]
fn a_waiting_question_is_answered_later() {
    let (mut seed, _) = seed();
    let conn = seed.join(addr(1, 7), 1, false);
    seed.tell(conn, introduction());
    let ask = |seed: &mut Alone, piece| {
        let payload = MetadataMessage::Request { piece }.encode();
        seed.tell(conn, Message::Extended { id: 1, payload });
    };
    let answers =
        |seed: &Alone| seed.sent(conn).filter(|sent| matches!(sent, Message::Extended { id: 3, .. })).count();
    for _ in 0..2000 {
        ask(&mut seed, 0);
    }
    let before = answers(&seed);
    seed.pass(SECOND);
    ask(&mut seed, 0);
    assert!(answers(&seed) > before);
    assert_eq!(seed.closed(conn), None);
}

#[test]
fn a_flood_of_extension_handshakes_ends_the_connection() {
    let (mut seed, _) = seed();
    let conn = seed.join(addr(1, 7), 1, false);
    for _ in 0..10 {
        seed.tell(conn, introduction());
    }
    assert_eq!(seed.closed(conn), None, "it may be sent again");
    for _ in 0..10 {
        seed.tell(conn, introduction());
    }
    assert!(matches!(seed.closed(conn), Some(Reason::Protocol(_))));
}
