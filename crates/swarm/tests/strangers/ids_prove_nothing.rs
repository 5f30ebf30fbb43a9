//! A peer id is public: showing that of somebody else neither harms nor helps.

use std::time::Duration;

use peerpool_swarm::{Event, Input, Output, Reason};
use peerpool_wire::message::Message;

use crate::alone::{Alone, addr, peer_id};

const SECOND: Duration = Duration::from_secs(1);
/// Ids below and above our own, which is 100: which connection of two stays depends on that.
const IDS: [u8; 2] = [50, 150];

/// One piece from a connection, right or wrong.
fn piece(leech: &mut Alone, conn: peerpool_swarm::ConnId, right: bool) {
    let mut answered = 0;
    while let Some(block) = leech.requests(conn).get(answered).copied()
        && leech.swarm.stats().pieces_done == 0
        && leech.closed(conn).is_none()
    {
        answered += 1;
        leech.input(Input::Block { conn, block, data: () });
        leech.verify(right);
    }
}

#[test]
fn an_impostor_does_not_replace_a_holder_that_gives() {
    for id in IDS {
        let mut leech = Alone::leech(64);
        let seed = leech.join_seed(addr(1, 7), id);
        piece(&mut leech, seed, true);
        let impostor = leech.join(addr(1, 50_000), id, false);
        leech.tell(impostor, Message::HaveAll);
        leech.pass(30 * SECOND);
        assert_eq!(leech.closed(seed), None, "{id}");
    }
}

#[test]
fn an_idle_impostor_does_not_keep_the_real_holder_out() {
    for id in IDS {
        let mut leech = Alone::leech(64);
        leech.candidates(vec![addr(1, 7)]);
        let impostor = leech.join(addr(1, 50_000), id, false);
        leech.tell(impostor, Message::HaveNone);
        let dial = |leech: &mut Alone| {
            let seed = leech.join_seed(addr(1, 7), id);
            if leech.closed(seed).is_none() {
                piece(leech, seed, true);
            }
            leech.swarm.stats().pieces_done > 0
        };
        // The first attempt may cross with the impostor's; the next one may not.
        let at_once = dial(&mut leech);
        leech.pass(6 * SECOND);
        assert!(at_once || leech.dialled(addr(1, 7)) == 2, "{id}");
        assert!(at_once || dial(&mut leech), "{id}");
    }
}

#[test]
fn wrong_data_under_the_id_of_another_peer_is_held_against_its_sender_alone() {
    for id in IDS {
        let mut leech = Alone::leech(64);
        let liar = leech.join(addr(2, 50_000), id, false);
        leech.tell(liar, Message::HaveAll);
        leech.tell(liar, Message::Unchoke);
        leech.serve(liar, false);
        assert_eq!(leech.closed(liar), Some(&Reason::Liar));
        let told = leech.done.iter().any(|output| {
            matches!(output, Output::Event(Event::Liar { peer_id: told, outgoing: false, .. }) if *told == peer_id(id))
        });
        assert!(told);
        let seed = leech.join_seed(addr(1, 7), id);
        leech.serve(seed, true);
        assert!(leech.swarm.is_complete(), "{id}");
    }
}

#[test]
fn an_honest_peer_at_the_address_of_a_liar_is_used() {
    let mut leech = Alone::leech(16);
    let liar = leech.join(addr(1, 50_000), 1, false);
    leech.tell(liar, Message::HaveAll);
    leech.tell(liar, Message::Unchoke);
    leech.serve(liar, false);
    assert_eq!(leech.closed(liar), Some(&Reason::Liar));
    let honest = leech.join(addr(1, 50_001), 2, false);
    leech.tell(honest, Message::HaveAll);
    leech.tell(honest, Message::Unchoke);
    leech.serve(honest, true);
    assert!(leech.swarm.is_complete());
}

#[test]
fn a_holder_that_lied_is_tried_again_after_a_while() {
    let mut leech = Alone::leech(16);
    leech.candidates(vec![addr(1, 7)]);
    let liar = leech.join_seed(addr(1, 7), 1);
    leech.serve(liar, false);
    assert_eq!(leech.closed(liar), Some(&Reason::Liar));
    leech.pass(29 * SECOND);
    assert_eq!(leech.dialled(addr(1, 7)), 1, "it is barred");
    leech.pass(2 * SECOND);
    assert_eq!(leech.dialled(addr(1, 7)), 2);
    let repaired = leech.join_seed(addr(1, 7), 1);
    leech.serve(repaired, true);
    assert!(leech.swarm.is_complete());
}

#[test]
fn liars_that_come_again_and_again_have_to_wait() {
    let mut leech = Alone::leech(64);
    let mut liars = 0;
    for nth in 0..600u16 {
        let conn = leech.join(addr(1, 20_000 + nth), nth as u8, false);
        if leech.closed(conn).is_none() {
            liars += 1;
            leech.tell(conn, Message::HaveAll);
            leech.tell(conn, Message::Unchoke);
            leech.serve(conn, false);
        }
        leech.pass(Duration::from_millis(200));
    }
    assert!(liars < 12, "{liars} in two minutes");
}

#[test]
fn of_two_connections_opened_at_once_both_sides_keep_the_same_one() {
    // We are 100; the other one is `id`, and sees us under the same number as we see it.
    for id in IDS {
        for (ours_first, theirs_first) in [(true, true), (true, false), (false, true), (false, false)] {
            let survives = |own_id_is_100: bool, ours_first: bool| {
                // The other side is played by a swarm whose id is the same as ours, seen from the other end.
                let other = if own_id_is_100 { id } else { 200 - id };
                let mut side = Alone::leech(8);
                let mut conns = [None, None];
                for ours in [ours_first, !ours_first] {
                    let at = if ours { addr(1, 7) } else { addr(1, 50_000) };
                    conns[usize::from(ours)] = Some(side.join(at, other, ours));
                    side.pass(Duration::from_millis(10));
                }
                conns.map(|conn| side.closed(conn.unwrap()).is_none())
            };
            let [theirs, ours] = survives(true, ours_first);
            let [theirs_of_other, ours_of_other] = survives(false, theirs_first);
            // What is ours here is theirs there.
            let alive = [ours && theirs_of_other, theirs && ours_of_other];
            assert_eq!(alive.iter().filter(|alive| **alive).count(), 1, "{id} {ours_first} {theirs_first}");
        }
    }
}
