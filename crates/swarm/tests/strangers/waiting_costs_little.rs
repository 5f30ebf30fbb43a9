//! Where nothing happens there is little to look at.

use std::time::Duration;

use peerpool_wire::message::Message;

use crate::alone::{Alone, addr};

const MINUTE: Duration = Duration::from_secs(60);

/// How often a swarm asks to be woken within a minute.
fn ticks(swarm: &mut Alone) -> usize {
    let (end, mut ticks) = (swarm.now + MINUTE, 0);
    while let Some(due) = swarm.swarm.next_timeout().filter(|due| *due <= end) {
        let passed = due.since(swarm.now);
        swarm.pass(passed);
        ticks += 1;
    }
    swarm.now = end;
    ticks
}

#[test]
fn a_seed_whose_peers_want_nothing_wakes_up_every_four_seconds() {
    let mut seed = Alone::seed(4);
    let conns = seed.join_many(1, 5);
    seed.pass(MINUTE);
    assert!(ticks(&mut seed) <= 16);

    seed.tell(conns[0], Message::Interested);
    let next = seed.swarm.next_timeout().unwrap();
    assert!(next.since(seed.now) <= Duration::from_secs(1), "whoever comes is looked after soon");
}

#[test]
fn whoever_owes_us_something_is_watched_by_the_second() {
    let mut leech = Alone::leech(64);
    leech.join_seed(addr(1, 1), 1);
    leech.pass(Duration::from_secs(1));
    assert!(leech.swarm.next_timeout().unwrap().since(leech.now) <= Duration::from_secs(1));
}
