//! Who claims everything and gives nothing.

use std::time::Duration;

use peerpool_swarm::{ConnId, Event, Input, Output};
use peerpool_wire::message::Message;

use crate::alone::{Alone, addr};

const SECOND: Duration = Duration::from_secs(1);

/// Peers that claim everything, let us ask, and answer nothing.
fn silent(leech: &mut Alone, count: u8) -> Vec<ConnId> {
    (0..count)
        .map(|nth| {
            let conn = leech.join(addr(10 + nth, 20_000), nth, false);
            leech.tell(conn, Message::HaveAll);
            leech.tell(conn, Message::Unchoke);
            conn
        })
        .collect()
}

#[test]
fn a_peer_that_gave_nothing_is_asked_for_one_block() {
    let mut leech = Alone::leech(256);
    let all = silent(&mut leech, 50);
    leech.pass(3 * SECOND);
    // The first few are asked like anybody: with few holders there is nothing to choose from.
    for conn in &all[3..] {
        assert!(leech.requests(*conn).len() <= 1, "{:?}", leech.requests(*conn));
    }
}

#[test]
fn blocks_that_silent_peers_owe_are_asked_of_whoever_gives() {
    let mut leech = Alone::leech(128);
    let seed = leech.join_seed(addr(1, 7), 150);
    silent(&mut leech, 60);
    let mut answered = 0;
    let begun = leech.now;
    while !leech.swarm.is_complete() && leech.now.since(begun) < 60 * SECOND {
        let asked = leech.requests(seed);
        match asked.get(answered).copied() {
            Some(block) => {
                answered += 1;
                leech.input(Input::Block { conn: seed, block, data: () });
                leech.verify(true);
            }
            None => leech.pass(Duration::from_millis(100)),
        }
    }
    let took = leech.now.since(begun);
    assert!(leech.swarm.is_complete() && took < 3 * SECOND, "{took:?}");
}

#[test]
fn a_piece_that_was_wrong_is_fetched_again_from_whoever_has_given_right_ones() {
    let mut leech = Alone::leech(128);
    let seed = leech.join_seed(addr(1, 7), 150);
    let first = leech.requests(seed);
    for block in first.into_iter().take(4) {
        leech.input(Input::Block { conn: seed, block, data: () });
        leech.verify(true);
    }
    let liar = leech.join(addr(2, 50_000), 3, false);
    leech.tell(liar, Message::HaveAll);
    leech.tell(liar, Message::Unchoke);
    leech.serve(liar, false);
    let wrong: Vec<u32> = leech
        .done
        .iter()
        .filter_map(|output| match output {
            Output::Event(Event::PieceBad { piece }) => Some(piece.index()),
            _ => None,
        })
        .collect();
    assert!(!wrong.is_empty());
    let late = silent(&mut leech, 20);
    leech.pass(SECOND);
    for conn in late {
        assert!(leech.requests(conn).iter().all(|request| !wrong.contains(&request.index)));
    }
}
