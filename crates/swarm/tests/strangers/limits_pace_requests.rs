//! While what is fetched is limited, nothing is asked for but what the driver allows, and it is not asked twice.

use std::time::Duration;

use peerpool_swarm::{ConnId, Input, Output};
use peerpool_wire::{
    geometry::BLOCK,
    message::{Message, Request},
};

use crate::alone::{Alone, addr};

/// How much the driver was asked to allow a connection, each time.
fn wishes(alone: &Alone, of: ConnId) -> Vec<u32> {
    let wish = |output: &Output<()>| match output {
        Output::AskAllowance { conn, bytes } if *conn == of => Some(*bytes),
        _ => None,
    };
    alone.done.iter().filter_map(wish).collect()
}

fn answer(alone: &mut Alone, conn: ConnId, block: Request) {
    alone.input(Input::Block { conn, block, data: () });
}

fn asked(alone: &Alone, of: ConnId) -> u32 {
    alone.requests(of).iter().map(|request| request.length).sum()
}

#[test]
fn nothing_is_asked_for_that_was_not_allowed() {
    let mut alone = Alone::leech(40);
    alone.input(Input::Limited(true));
    let seed = alone.join_seed(addr(1, 1), 1);
    assert_eq!((asked(&alone, seed), wishes(&alone, seed).len()), (0, 1));
    alone.pass(Duration::from_secs(30));
    assert_eq!(wishes(&alone, seed).len(), 1, "the driver knows");
    let mut allowed = 0;
    for _ in 0..20 {
        let bytes = *wishes(&alone, seed).last().unwrap();
        alone.input(Input::Allowance { conn: seed, bytes });
        allowed += bytes;
        assert!(asked(&alone, seed) <= allowed);
        for request in alone.requests(seed) {
            answer(&mut alone, seed, request);
        }
    }
    assert!(alone.swarm.stats().received >= u64::from(allowed - BLOCK), "what was allowed was fetched");
}

#[test]
fn what_was_asked_for_before_the_limit_counts() {
    let mut alone = Alone::leech(40);
    let seed = alone.join_seed(addr(1, 1), 1);
    let outstanding = asked(&alone, seed);
    assert!(outstanding > BLOCK);
    alone.input(Input::Limited(true));
    for request in alone.requests(seed) {
        answer(&mut alone, seed, request);
    }
    assert_eq!(asked(&alone, seed), outstanding, "nothing more is asked for");
    assert!(wishes(&alone, seed)[0] > outstanding, "{:?}", wishes(&alone, seed));
}

#[test]
fn a_limit_that_is_lifted_is_forgotten() {
    let mut alone = Alone::leech(40);
    alone.input(Input::Limited(true));
    let seed = alone.join_seed(addr(1, 1), 1);
    alone.input(Input::Limited(false));
    assert!(asked(&alone, seed) > BLOCK);
    alone.input(Input::Allowance { conn: seed, bytes: BLOCK });
    assert_eq!(wishes(&alone, seed).len(), 1);
}

#[test]
fn a_request_that_is_rejected_may_be_made_elsewhere() {
    let mut alone = Alone::leech(40);
    alone.input(Input::Limited(true));
    let seed = alone.join_seed(addr(1, 1), 1);
    alone.input(Input::Allowance { conn: seed, bytes: BLOCK });
    let [request] = alone.requests(seed)[..] else { panic!("one block was allowed") };
    alone.tell(seed, Message::Reject(request));
    alone.tell(seed, Message::Unchoke);
    assert_eq!(asked(&alone, seed), 2 * BLOCK, "what did not come costs nothing");
}
