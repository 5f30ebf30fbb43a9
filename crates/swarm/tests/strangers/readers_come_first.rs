//! What is read in order is asked for in order, and before everything else.

#![allow(clippy::panic, clippy::single_range_in_vec_init, reason = "a test whose readers are ranges")]

use std::{ops::Range, time::Duration};

use peerpool_swarm::{Command, ConnId, Input, Output};
use peerpool_wire::{
    bitfield::Bitfield,
    geometry::BLOCK,
    message::{Message, Request},
};

use crate::alone::{Alone, PIECE, addr, request};

const PIECES: u32 = 200;

fn read(alone: &mut Alone, readers: &[Range<u32>]) {
    let bytes = |pieces: &Range<u32>| {
        u64::from(pieces.start) * u64::from(PIECE)..u64::from(pieces.end) * u64::from(PIECE)
    };
    alone.input(Input::Command(Command::Read(readers.iter().map(bytes).collect())));
}

/// The pieces that a connection was asked for, in the order of the first request for each.
fn pieces(alone: &Alone, conn: ConnId) -> Vec<u32> {
    let mut pieces: Vec<u32> = Vec::new();
    for request in alone.requests(conn) {
        if !pieces.contains(&request.index) {
            pieces.push(request.index);
        }
    }
    pieces
}

/// Answers what is asked of a connection until it was asked for so many pieces.
fn give(alone: &mut Alone, conn: ConnId, count: usize) {
    let mut given: Vec<Request> = Vec::new();
    while pieces(alone, conn).len() < count {
        let next = alone.requests(conn).into_iter().find(|request| !given.contains(request));
        let request =
            next.unwrap_or_else(|| panic!("only {} pieces are asked for", pieces(alone, conn).len()));
        given.push(request);
        alone.input(Input::Block { conn, block: request, data: () });
    }
}

#[test]
fn pieces_ahead_of_a_reader_are_asked_for_in_order() {
    let mut alone = Alone::leech(PIECES);
    read(&mut alone, &[100..108]);
    let seed = alone.join_seed(addr(1, 1), 1);
    give(&mut alone, seed, 12);
    let asked = pieces(&alone, seed);
    assert_eq!(asked[..8], [100, 101, 102, 103, 104, 105, 106, 107]);
    assert!(asked[8..].iter().all(|piece| !(100..108).contains(piece)), "then the others: {asked:?}");
}

#[test]
fn a_reader_that_jumps_is_followed_at_once() {
    let mut alone = Alone::leech(PIECES);
    let seed = alone.join_seed(addr(1, 1), 1);
    read(&mut alone, &[10..200]);
    give(&mut alone, seed, 3);
    let before = pieces(&alone, seed).len();
    read(&mut alone, &[150..200]);
    give(&mut alone, seed, before + 3);
    assert_eq!(pieces(&alone, seed)[before..before + 3], [150, 151, 152]);
}

#[test]
fn two_readers_are_served_in_turn() {
    let mut alone = Alone::leech(PIECES);
    read(&mut alone, &[20..60, 120..160]);
    let seed = alone.join_seed(addr(1, 1), 1);
    give(&mut alone, seed, 8);
    let mut asked = pieces(&alone, seed)[..8].to_vec();
    asked.sort_unstable();
    assert_eq!(asked, [20, 21, 22, 23, 120, 121, 122, 123]);
}

#[test]
fn whoever_lacks_what_a_reader_needs_is_asked_for_something_else() {
    let mut alone = Alone::leech(PIECES);
    read(&mut alone, &[0..8]);
    let other = alone.join(addr(1, 1), 1, true);
    let mut has = Bitfield::none(PIECES);
    (50..60)
        .filter_map(|index| alone.swarm.item().geometry.piece(index))
        .for_each(|piece| assert!(has.set(piece)));
    alone.tell(other, Message::Bitfield(has.to_bytes().into()));
    alone.tell(other, Message::Unchoke);
    assert!(pieces(&alone, other).iter().all(|piece| (50..60).contains(piece)));
    assert!(!pieces(&alone, other).is_empty());
}

#[test]
fn a_piece_that_somebody_has_begun_is_joined_when_a_reader_needs_it() {
    let mut alone = Alone::leech(PIECES);
    let slow = alone.join_seed(addr(1, 1), 1);
    let begun = pieces(&alone, slow)[0];
    let before: u32 = alone.requests(slow).iter().map(|request| request.length).sum();
    assert!(before < PIECES * PIECE);
    let seed = alone.join_seed(addr(2, 1), 2);
    read(&mut alone, &[begun..begun + 1]);
    give(&mut alone, seed, 1);
    let twice = alone.requests(seed).iter().filter(|request| alone.requests(slow).contains(request)).count();
    assert_eq!(twice, 0, "nothing is asked for twice");
}

#[test]
fn without_readers_the_order_is_as_it_was() {
    let order = |with: bool| {
        let mut alone = Alone::leech(PIECES);
        if with {
            read(&mut alone, &[3..5]);
            read(&mut alone, &[]);
        }
        let seed = alone.join_seed(addr(1, 1), 1);
        give(&mut alone, seed, 6);
        pieces(&alone, seed)
    };
    assert_eq!(order(true), order(false));
}

/// The pieces that a connection was told are wished for.
fn wishes(alone: &Alone, conn: ConnId) -> Vec<u32> {
    let suggested = alone.sent(conn).filter_map(|message| match message {
        Message::SuggestPiece(index) => Some(*index),
        _ => None,
    });
    suggested.collect()
}

#[test]
fn what_a_reader_needs_and_nobody_shows_is_wished_for_once() {
    let mut alone = Alone::leech(PIECES);
    let hiding = alone.join(addr(1, 1), 1, true);
    alone.tell(hiding, Message::HaveNone);
    alone.tell(hiding, Message::Unchoke);
    read(&mut alone, &[50..53]);
    read(&mut alone, &[50..53]);
    assert_eq!(wishes(&alone, hiding), [50, 51, 52]);
    alone.tell(hiding, Message::Have(50));
    assert_eq!(pieces(&alone, hiding), [50]);
    alone.pass(Duration::from_secs(3));
    read(&mut alone, &[50..53]);
    assert_eq!(wishes(&alone, hiding)[3..], [51, 52], "what was not shown for long is wished for again");
}

#[test]
fn nothing_is_wished_for_where_somebody_shows_it_or_nobody_reads() {
    let mut alone = Alone::leech(PIECES);
    let seed = alone.join_seed(addr(1, 1), 1);
    let hiding = alone.join(addr(2, 1), 2, true);
    alone.tell(hiding, Message::HaveNone);
    read(&mut alone, &[50..53]);
    read(&mut alone, &[]);
    assert!(wishes(&alone, seed).is_empty() && wishes(&alone, hiding).is_empty());
}

/// The pieces that a connection was shown, in order.
fn shown(alone: &Alone, conn: ConnId) -> Vec<u32> {
    let shown = alone.sent(conn).filter_map(|message| match message {
        Message::Have(index) => Some(*index),
        _ => None,
    });
    shown.collect()
}

#[test]
fn a_seed_shows_soon_what_somebody_wishes() {
    let mut alone = Alone::seed(PIECES);
    // Whoever is alone is shown everything before long.
    let [reader, _other] = [1, 2].map(|peer| {
        let conn = alone.join(addr(peer, 1), peer, false);
        alone.tell(conn, Message::HaveNone);
        alone.tell(conn, Message::Interested);
        conn
    });
    let before = shown(&alone, reader).len();
    alone.tell(reader, Message::SuggestPiece(PIECES + 5));
    alone.tell(reader, Message::SuggestPiece(120));
    alone.pass(Duration::from_millis(200));
    let after = shown(&alone, reader);
    assert!(after.len() < PIECES as usize / 2, "pieces are still shown one by one");
    assert!(after[before..].iter().take(2).any(|piece| *piece == 120), "{after:?}");
    assert_eq!(alone.closed(reader), None, "a piece that does not exist is passed over");
}

/// Blocks sent to the second of two peers, that asks for one piece after the first has asked for four; whether it says that
/// it reads there.
fn sent_to_second(mut alone: Alone, reads: bool) -> usize {
    let [first, second] = [1, 2].map(|peer| {
        let conn = alone.join(addr(peer, 1), peer, false);
        alone.tell(conn, Message::HaveNone);
        alone.tell(conn, Message::Interested);
        conn
    });
    let piece = shown(&alone, second).first().copied().unwrap_or(9);
    if reads {
        alone.tell(second, Message::SuggestPiece(piece));
    }
    let others = (0..PIECES).filter(|other| *other != piece).take(4);
    for (conn, piece) in others.map(|other| (first, other)).chain([(second, piece)]) {
        (0..PIECE / BLOCK).for_each(|block| alone.tell(conn, request(piece, block)));
    }
    alone.deliver(first, 2 * BLOCK);
    let to_second =
        |output: &&Output<()>| matches!(output, Output::SendBlock { conn, .. } if *conn == second);
    alone.done.iter().filter(to_second).count()
}

#[test]
fn a_seed_sends_first_what_somebody_reads() {
    let sent = |reads| sent_to_second(Alone::seed(PIECES), reads);
    assert_eq!((sent(false), sent(true)), (1, 3));
}

#[test]
fn whoever_has_a_part_sends_first_what_somebody_reads() {
    let sent = |reads| {
        let mut alone = Alone::leech(PIECES);
        let geometry = alone.swarm.item().geometry.clone();
        let found = (0..20).filter_map(|index| geometry.span(index, 0, PIECE)).collect();
        alone.input(Input::Command(Command::Found(found)));
        alone.verify(true);
        sent_to_second(alone, reads)
    };
    assert!(sent(true) > sent(false), "{} and {}", sent(true), sent(false));
}

#[test]
fn what_is_read_soon_and_late_is_asked_of_somebody_else_and_the_other_is_told_when_it_comes() {
    let mut alone = Alone::leech(PIECES);
    read(&mut alone, &[100..101]);
    let seeds = [1, 2].map(|peer| alone.join_seed(addr(peer, 1), peer));
    let asked = |alone: &Alone, conn| {
        alone.requests(conn).into_iter().filter(|request| request.index == 100).collect::<Vec<_>>()
    };
    let before = seeds.map(|conn| asked(&alone, conn).len());
    alone.pass(Duration::from_millis(150));
    assert_eq!(seeds.map(|conn| asked(&alone, conn).len()), before, "nothing is late yet");
    alone.pass(Duration::from_millis(350));
    let [first, second] = seeds.map(|conn| asked(&alone, conn));
    assert_eq!((first.len(), second.len()), (4, 4), "each block of the piece is asked of both");
    alone.input(Input::Block { conn: seeds[0], block: first[0], data: () });
    assert!(alone.was_told(seeds[1], &Message::Cancel(first[0])));
    alone.pass(Duration::from_secs(1));
    assert_eq!(seeds.map(|conn| asked(&alone, conn).len()), [4, 4], "and of nobody more than once");
}
