//! Whoever acts on a right that it never had is hung up on; what crosses with the end of a right is turned down.

use std::{sync::Arc, time::Duration};

use bytes::Bytes;
use peerpool_swarm::{Command, ConnId, Event, Input, Item, Output, Reason, Rights};
use peerpool_wire::{
    bitfield::Bitfield,
    extension::{ExtensionHandshake, MetadataMessage, ours},
    geometry::BLOCK,
    message::{HashRequest, Message, Request},
};

use crate::alone::{Alone, addr, introduction, metainfo, request};

const TAKE_ALONE: Rights = Rights { give: false, take: true };
const GIVE_ALONE: Rights = Rights { give: true, take: false };
const BLOCK_0: Request = Request { index: 0, begin: 0, length: BLOCK };

/// A peer with half of an item that has hashes and metadata.
fn peer() -> Alone {
    let mut half = Bitfield::none(64);
    (0..32).for_each(|piece| {
        half.set(metainfo(64).info.geometry().piece(piece).unwrap());
    });
    Alone::of(Item::new(Arc::new(metainfo(64))), half)
}

fn hash_request() -> HashRequest {
    let root = metainfo(64).info.files()[0].root.unwrap();
    HashRequest { root, base_layer: 0, index: 0, length: 4, proof_layers: 0 }
}

fn metadata_request() -> Message {
    let payload = MetadataMessage::Request { piece: 0 }.encode();
    Message::Extended { id: ours::UT_METADATA, payload }
}

/// Whether anything left that only those may have who have a right.
fn gave(peer: &Alone, to: ConnId) -> bool {
    peer.done.iter().any(|output| match output {
        Output::SendBlock { conn, .. } | Output::ReadHashes { conn, .. } => *conn == to,
        Output::Send { conn, message } => {
            let metadata = matches!(message, Message::Extended { id: 3, payload } if payload.len() > 100);
            *conn == to && (metadata || matches!(message, Message::Hashes(..) | Message::Unchoke))
        }
        _ => false,
    })
}

#[test]
fn whoever_asks_for_what_it_may_not_have_is_hung_up_on() {
    for question in [request(0, 0), Message::HashRequest(hash_request()), metadata_request()] {
        let mut peer = peer();
        let conn = peer.join_with(addr(1, 7), 1, false, TAKE_ALONE);
        peer.tell(conn, introduction());
        peer.tell(conn, Message::HaveNone);
        peer.tell(conn, Message::Interested);
        assert_eq!(peer.closed(conn), None);
        peer.tell(conn, question);
        assert!(matches!(peer.closed(conn), Some(Reason::Forbidden(_))), "{:?}", peer.closed(conn));
        assert!(!gave(&peer, conn));
    }
}

#[test]
fn whoever_may_not_have_the_item_learns_nothing_of_it() {
    let mut peer = peer();
    let conn = peer.join_with(addr(1, 7), 1, false, TAKE_ALONE);
    assert!(peer.was_told(conn, &Message::HaveNone));
    let told = peer.sent(conn).find_map(|message| match message {
        Message::Extended { id: 0, payload } => ExtensionHandshake::decode(payload).ok(),
        _ => None,
    });
    assert_eq!(told.unwrap().metadata_size, None);
}

#[test]
fn whoever_sends_what_it_may_not_give_is_hung_up_on() {
    let mut peer = peer();
    let conn = peer.join_with(addr(1, 7), 1, true, GIVE_ALONE);
    peer.tell(conn, Message::HaveAll);
    peer.tell(conn, Message::Unchoke);
    assert_eq!((peer.requests(conn), peer.was_told(conn, &Message::Interested)), (Vec::new(), false));
    peer.input(Input::Block { conn, block: Request { index: 40, ..BLOCK_0 }, data: () });
    assert!(matches!(peer.closed(conn), Some(Reason::Forbidden(_))), "{:?}", peer.closed(conn));
    assert!(!peer.done.iter().any(|output| matches!(output, Output::Store { .. })));
}

#[test]
fn what_crosses_with_the_end_of_a_right_is_turned_down() {
    let mut peer = peer();
    let conn = peer.join(addr(1, 7), 1, true);
    peer.tell(conn, introduction());
    peer.tell(conn, Message::HaveAll);
    peer.tell(conn, Message::Unchoke);
    let asked = peer.requests(conn);
    assert!(!asked.is_empty() && peer.is_served(conn));
    peer.input(Input::Rights { conn, rights: Rights { give: false, take: false } });
    assert!(peer.was_told(conn, &Message::Choke) && peer.was_told(conn, &Message::NotInterested));
    assert!(asked.iter().all(|asked| peer.was_told(conn, &Message::Cancel(*asked))));
    peer.done.clear();
    peer.input(Input::Block { conn, block: asked[0], data: () });
    for question in [request(0, 0), Message::HashRequest(hash_request()), metadata_request()] {
        peer.tell(conn, question);
    }
    assert!(peer.was_told(conn, &Message::Reject(BLOCK_0)));
    assert!(peer.was_told(conn, &Message::HashReject(hash_request())));
    assert!(!gave(&peer, conn) && peer.closed(conn).is_none());
    assert!(!peer.done.iter().any(|output| matches!(output, Output::Store { .. })));
}

#[test]
fn a_right_that_begins_later_is_used_at_once() {
    let mut peer = peer();
    let conn = peer.join_with(addr(1, 7), 1, true, Rights { give: false, take: false });
    peer.tell(conn, Message::HaveAll);
    peer.tell(conn, Message::Unchoke);
    peer.tell(conn, Message::Interested);
    assert!(peer.requests(conn).is_empty() && !peer.is_served(conn));
    peer.input(Input::Rights { conn, rights: TAKE_ALONE });
    assert!(!peer.requests(conn).is_empty() && !peer.is_served(conn));
    let lacks = peer.join_with(addr(2, 7), 2, false, TAKE_ALONE);
    peer.tell(lacks, Message::HaveNone);
    peer.tell(lacks, Message::Interested);
    peer.input(Input::Rights { conn: lacks, rights: Rights::default() });
    assert!(peer.is_served(lacks));
    assert!(peer.sent(lacks).any(|message| matches!(message, Message::Bitfield(_))));
    peer.tell(lacks, request(0, 0));
    assert!(gave(&peer, lacks));
}

#[test]
fn whoever_was_refused_is_tried_anew_at_once_when_it_may_be_let_in() {
    let mut peer = Alone::leech(8);
    let holder = addr(1, 7);
    let dials =
        |peer: &Alone| peer.done.iter().filter(|output| **output == Output::Connect { addr: holder }).count();
    peer.candidates(vec![holder]);
    for _ in 0..4 {
        peer.input(Input::ConnectFailed { addr: holder });
        peer.pass(Duration::from_secs(17));
    }
    peer.input(Input::ConnectFailed { addr: holder });
    peer.pass(Duration::from_secs(1));
    let before = dials(&peer);
    peer.input(Input::Command(Command::Retry));
    assert_eq!(dials(&peer), before + 1);
}

/// A swarm of members, and a connection that looks at passes under number 9, or does not.
fn members(looks: bool) -> (Alone, ConnId) {
    let mut peer = Alone::among_members(8);
    let conn = peer.join(addr(1, 7), 1, false);
    let told = ExtensionHandshake { pp_pass: looks.then_some(9), ..ExtensionHandshake::default() };
    peer.tell(conn, Message::Extended { id: 0, payload: told.encode() });
    (peer, conn)
}

#[test]
fn a_newer_pass_is_shown_to_whoever_looks_at_passes() {
    let pass = Bytes::from_static(b"pass");
    for looks in [true, false] {
        let (mut peer, conn) = members(looks);
        peer.input(Input::Pass { conn, pass: pass.clone() });
        assert_eq!(peer.was_told(conn, &Message::Extended { id: 9, payload: pass.clone() }), looks);
    }
}

#[test]
fn a_pass_that_comes_is_told_and_many_are_too_many() {
    let (mut peer, conn) = members(true);
    let pass = Bytes::from_static(b"pass");
    let shown = Message::Extended { id: ours::PP_PASS, payload: pass.clone() };
    peer.tell(conn, shown.clone());
    assert!(peer.done.contains(&Output::Event(Event::Pass { conn, pass: pass.clone() })));
    (0..100).for_each(|_| peer.tell(conn, shown.clone()));
    assert!(matches!(peer.closed(conn), Some(Reason::Protocol(_))));

    let (mut peer, conn) = members(true);
    peer.tell(conn, Message::Extended { id: ours::PP_PASS, payload: vec![0; 4097].into() });
    assert!(matches!(peer.closed(conn), Some(Reason::Protocol(_))));
}

#[test]
fn in_an_open_pool_nobody_hears_of_passes() {
    let mut peer = peer();
    let conn = peer.join(addr(1, 7), 1, false);
    let told = peer.sent(conn).find_map(|message| match message {
        Message::Extended { id: 0, payload } => ExtensionHandshake::decode(payload).ok(),
        _ => None,
    });
    assert_eq!(told.unwrap().pp_pass, None);
    peer.done.clear();
    peer.tell(conn, Message::Extended { id: ours::PP_PASS, payload: Bytes::from_static(b"pass") });
    assert!(peer.done.is_empty(), "{:?}", peer.done);
}

#[test]
fn a_seed_keeps_no_connection_to_whoever_may_have_nothing_of_it() {
    let mut seed = Alone::seed(8);
    let conn = seed.join_with(addr(1, 7), 1, false, TAKE_ALONE);
    assert_eq!(seed.closed(conn), Some(&Reason::NothingToExchange));
}
