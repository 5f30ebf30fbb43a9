//! A piece that can no longer be read is taken back, and everything else is served as before.

use peerpool_swarm::{Command, Input, Output};
use peerpool_wire::{bitfield::Bitfield, geometry::Span, message::Message};

use crate::alone::{Alone, addr, introduction, request};

#[test]
fn neighbours_are_told_and_the_other_pieces_are_served() {
    let mut seed = Alone::seed(8);
    let conn = seed.join(addr(1, 7), 1, false);
    seed.tell(conn, introduction());
    seed.tell(conn, Message::HaveNone);
    seed.tell(conn, Message::Interested);
    seed.tell(conn, request(3, 0));
    let lost = seed.piece(3);
    seed.input(Input::Command(Command::Lost(vec![lost])));
    let taken_back = Message::Extended { id: 7, payload: 3u32.to_be_bytes().to_vec().into() };
    assert!(seed.was_told(conn, &taken_back));
    assert!(seed.is_served(conn));
    assert!(seed.swarm.is_complete(), "nothing is asked for");
    seed.tell(conn, request(3, 1));
    seed.tell(conn, request(4, 0));
    let rejected = |block| match request(3, block) {
        Message::Request(request) => Message::Reject(request),
        _ => unreachable!(),
    };
    assert!(seed.was_told(conn, &rejected(1)));
    let served = seed
        .done
        .iter()
        .any(|output| matches!(output, Output::SendBlock { span, .. } if span.piece().index() == 4));
    assert!(served);
}

#[test]
fn a_block_that_cannot_be_read_is_rejected_and_holds_up_no_other() {
    for lost in [false, true] {
        let mut seed = Alone::seed(8);
        let conn = seed.join(addr(1, 7), 1, false);
        seed.tell(conn, introduction());
        seed.tell(conn, Message::HaveNone);
        seed.tell(conn, Message::Interested);
        for block in 0..4 {
            seed.tell(conn, request(3, block));
            seed.tell(conn, request(4, block));
        }
        let handed = |seed: &Alone| -> Vec<Span> {
            let block = |output: &Output<()>| match output {
                Output::SendBlock { span, .. } => Some(*span),
                _ => None,
            };
            seed.done.iter().filter_map(block).collect()
        };
        let mut nth = 0;
        while let Some(span) = handed(&seed).get(nth).copied() {
            nth += 1;
            if span.piece().index() == 3 {
                if lost {
                    seed.input(Input::Command(Command::Lost(vec![span.piece()])));
                }
                seed.input(Input::Unreadable { conn, span });
            } else {
                seed.input(Input::Sent { conn, bytes: span.length() });
            }
        }
        let of_4 = handed(&seed).iter().filter(|span| span.piece().index() == 4).count();
        assert_eq!(of_4, 4, "lost: {lost}");
        let rejected = seed.sent(conn).filter(|sent| matches!(sent, Message::Reject(_))).count();
        assert_eq!(rejected, 4, "lost: {lost}");
        assert!(seed.is_served(conn));
        assert_eq!(seed.swarm.have().count(), if lost { 7 } else { 8 });
    }
}

#[test]
fn a_piece_that_was_begun_counts_among_what_is_wanted() {
    let mut leech = Alone::leech(8);
    let seed = leech.join_seed(addr(1, 7), 1);
    let begun = leech.piece(leech.requests(seed)[0].index);
    leech.input(Input::Command(Command::Want(Bitfield::none(8))));
    leech.serve(seed, true);
    assert!(leech.swarm.is_complete() && leech.swarm.have().has(begun));
    let stats = leech.swarm.stats();
    assert_eq!((stats.bytes_wanted, stats.bytes_wanted > 0), (stats.bytes_done, true));
    leech.input(Input::Command(Command::Lost(vec![begun])));
    let stats = leech.swarm.stats();
    assert_eq!(stats.bytes_wanted, stats.bytes_done);
}
