//! Places for connections: whoever makes nothing of one, or has more than its share, gives way to a newcomer.

use std::time::Duration;

use peerpool_swarm::{ConnId, Input, Reason};
use peerpool_wire::{
    geometry::BLOCK,
    message::{Message, Request},
};

use crate::alone::{Alone, addr, request};

const SECOND: Duration = Duration::from_secs(1);
const PLACES: usize = 80;

fn closed(swarm: &Alone, among: &[ConnId], reason: &Reason) -> usize {
    among.iter().filter(|conn| swarm.closed(**conn) == Some(reason)).count()
}

/// Everybody takes a block.
fn take(seed: &mut Alone, conns: &[ConnId], index: u32) {
    for conn in conns {
        seed.tell(*conn, Message::Interested);
        seed.tell(*conn, request(index, 0));
    }
    // What goes out is limited, so everybody gets its block when the one before has it.
    for _ in 0..3 {
        conns.iter().for_each(|conn| seed.deliver(*conn, BLOCK));
    }
}

#[test]
fn the_oldest_idle_connection_gives_way_to_a_newcomer() {
    let mut seed = Alone::seed(64);
    let idle = seed.join_many(1, PLACES);
    seed.pass(6 * SECOND);
    let late = seed.join(addr(1, 9), 99, false);
    assert_eq!(seed.closed(late), None);
    assert_eq!(closed(&seed, &idle, &Reason::GaveWay), 1);
    assert_eq!(seed.closed(idle[0]), Some(&Reason::GaveWay));
}

#[test]
fn a_host_with_all_the_places_gives_one_to_another_host() {
    let mut seed = Alone::seed_with_slots(64, PLACES);
    let busy = seed.join_many(1, PLACES);
    take(&mut seed, &busy, 0);
    let same_host = seed.join(addr(1, 9), 98, false);
    assert_eq!(seed.closed(same_host), Some(&Reason::TooMany));
    let other_host = seed.join(addr(2, 9), 99, false);
    assert_eq!(seed.closed(other_host), None);
    assert_eq!(closed(&seed, &busy, &Reason::GaveWay), 1);
}

#[test]
fn many_peers_behind_one_address_use_all_the_places_that_nobody_else_wants() {
    let mut seed = Alone::seed_with_slots(64, PLACES);
    let crowd = seed.join_many(1, PLACES);
    take(&mut seed, &crowd, 0);
    assert!(crowd.iter().all(|conn| seed.closed(*conn).is_none()));
}

#[test]
fn two_hundred_connections_do_not_push_out_the_holder_that_gives() {
    let mut leech = Alone::leech(64);
    let seed = leech.join_seed(addr(9, 7), 90);
    // One piece, and then nothing for long.
    let blocks: Vec<Request> = leech.requests(seed);
    for block in blocks.into_iter().take(4) {
        leech.input(Input::Block { conn: seed, block, data: () });
        leech.verify(true);
    }
    for burst in 0..5 {
        leech.join_many(10 + burst, 40);
        leech.tell(seed, Message::KeepAlive);
        leech.pass(6 * SECOND);
    }
    assert_eq!(leech.closed(seed), None);
}

#[test]
fn a_storm_of_reconnections_is_let_in_slowly() {
    let mut seed = Alone::seed(64);
    let mut let_in = 0;
    for nth in 0..1000 {
        let conn = seed.join(addr(1, 10_000 + nth), nth as u8, false);
        if seed.closed(conn).is_none() {
            let_in += 1;
            seed.input(Input::Disconnected { conn });
        }
        seed.pass(Duration::from_millis(1));
    }
    assert!((100..120).contains(&let_in), "{let_in}");
    let other = seed.join(addr(2, 5), 7, false);
    assert_eq!(seed.closed(other), None);
}

#[test]
fn a_connection_whose_other_end_has_vanished_is_closed_and_the_address_tried_again() {
    let mut leech = Alone::leech(64);
    leech.candidates(vec![addr(9, 7)]);
    let seed = leech.join_seed(addr(9, 7), 90);
    assert!(!leech.requests(seed).is_empty());
    leech.pass(62 * SECOND);
    assert_eq!(leech.closed(seed), Some(&Reason::Silent));
    leech.pass(62 * SECOND);
    assert_eq!(leech.dialled(addr(9, 7)), 2);
}
