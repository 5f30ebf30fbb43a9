//! Upload slots are for those that make something of them.

use std::time::Duration;

use peerpool_swarm::ConnId;
use peerpool_wire::{geometry::BLOCK, message::Message};

use crate::alone::{Alone, addr, request};

const SECOND: Duration = Duration::from_secs(1);
const SLOTS: usize = 40;

/// A newcomer that says it has nothing, as every downloader does in the beginning.
fn newcomer(swarm: &mut Alone) -> ConnId {
    let conn = swarm.join(addr(99, 7), 99, false);
    swarm.tell(conn, Message::HaveNone);
    conn
}

/// Lets time pass, while the newcomer asks for what it is shown and takes it.
fn pass(seed: &mut Alone, late: ConnId, time: Duration) {
    let (end, mut asked) = (seed.now + time, 0);
    while seed.now < end {
        seed.pass(Duration::from_millis(50));
        let haves = seed.sent(late).filter_map(|message| match message {
            Message::Have(piece) => Some(*piece),
            _ => None,
        });
        let new: Vec<u32> = haves.skip(asked).collect();
        asked += new.len();
        for piece in new {
            seed.tell(late, Message::Interested);
            seed.tell(late, request(piece, 0));
        }
        seed.deliver(late, BLOCK);
    }
}

#[test]
fn idle_peers_do_not_keep_a_newcomer_from_being_served() {
    let mut seed = Alone::seed(64);
    let idle = seed.join_many(1, SLOTS);
    assert!(idle.iter().all(|conn| seed.is_served(*conn)));
    seed.pass(4 * SECOND);
    let late = newcomer(&mut seed);
    pass(&mut seed, late, SECOND);
    assert!(seed.is_served(late));
    assert!(seed.swarm.stats().sent > 0, "it is shown something");
}

#[test]
fn interest_alone_does_not_keep_a_slot() {
    let mut seed = Alone::seed(64);
    for conn in seed.join_many(1, SLOTS) {
        seed.tell(conn, Message::Interested);
    }
    seed.pass(4 * SECOND);
    let late = newcomer(&mut seed);
    pass(&mut seed, late, SECOND);
    assert!(seed.is_served(late));
}

#[test]
fn one_block_a_minute_does_not_keep_a_slot() {
    let mut seed = Alone::seed(64);
    for conn in seed.join_many(1, SLOTS) {
        seed.tell(conn, Message::Interested);
        seed.tell(conn, request(0, 0));
        seed.deliver(conn, BLOCK);
    }
    seed.pass(4 * SECOND);
    let late = newcomer(&mut seed);
    pass(&mut seed, late, SECOND);
    assert!(seed.is_served(late));
}

#[test]
fn a_peer_that_reads_in_drips_makes_room_at_the_next_round() {
    let mut seed = Alone::seed(64);
    let dripping = seed.join_many(1, SLOTS);
    for conn in &dripping {
        seed.tell(*conn, Message::Interested);
        for block in 0..4 {
            seed.tell(*conn, request(0, block));
        }
    }
    let drip = |seed: &mut Alone, late: Option<ConnId>, seconds: u32| {
        for _ in 0..seconds {
            match late {
                Some(late) => pass(seed, late, SECOND),
                None => seed.pass(SECOND),
            }
            dripping.iter().for_each(|conn| seed.deliver(*conn, 100));
        }
    };
    drip(&mut seed, None, 5);
    let late = newcomer(&mut seed);
    drip(&mut seed, Some(late), 7);
    assert!(seed.is_served(late));
}

#[test]
fn a_peer_that_wasted_its_slot_comes_after_everybody_else() {
    let mut seed = Alone::seed(64);
    let idle = seed.join_many(1, SLOTS);
    for conn in &idle {
        seed.tell(*conn, Message::Interested);
    }
    seed.pass(4 * SECOND);
    let busy = seed.join_many(2, SLOTS / 2);
    // All of them want something all the time, but only the new ones take it.
    for second in 0..40 {
        for conn in &busy {
            seed.tell(*conn, Message::Interested);
            seed.tell(*conn, request(second % 64, 0));
            seed.deliver(*conn, BLOCK);
        }
        seed.pass(SECOND);
        if second > 1 {
            let served = busy.iter().filter(|conn| seed.is_served(**conn)).count();
            assert_eq!(served, busy.len(), "after {second} s");
        }
    }
}

#[test]
fn a_slot_that_is_used_is_not_taken_away_by_those_that_come() {
    let mut seed = Alone::seed(64);
    let busy = seed.join_many(1, SLOTS);
    for second in 0..9 {
        for conn in &busy {
            seed.tell(*conn, Message::Interested);
            seed.tell(*conn, request(second, 0));
            seed.deliver(*conn, BLOCK);
        }
        seed.pass(SECOND);
        seed.join_many(2 + second as u8, 2);
        assert!(busy.iter().all(|conn| seed.is_served(*conn)), "after {second} s");
    }
}
