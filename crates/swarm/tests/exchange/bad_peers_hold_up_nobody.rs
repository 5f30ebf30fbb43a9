//! Peers that lie, fall silent, vanish or break the protocol do not keep others from finishing.

use std::time::Duration;

use crate::world::{World, peer_id};
use bytes::Bytes;
use peerpool_swarm::{Event, Reason};
use peerpool_wire::{
    bitfield::Bitfield,
    geometry::BLOCK,
    handshake::Features,
    id::Sha256Hash,
    message::{HashRequest, Message, Request},
};

const MINUTE: Duration = Duration::from_secs(60);

#[test]
fn a_liar_is_banned_and_the_download_completes_from_the_others() {
    let mut world = World::new(64, 4, 1);
    let seeds: Vec<usize> = (0..3).map(|_| world.seed()).collect();
    let leech = world.leech();
    world.character(seeds[1]).lies = true;
    world.introduce(leech, &seeds);
    world.run(MINUTE);
    assert!(world.swarm(leech).is_complete());
    let liars: Vec<_> = world
        .seen(leech)
        .events
        .iter()
        .filter_map(|event| if let Event::Liar { peer_id, .. } = event { Some(*peer_id) } else { None })
        .collect();
    assert_eq!(liars, [peer_id(seeds[1])]);
}

#[test]
fn wrong_data_of_an_earlier_run_is_blamed_on_nobody() {
    let mut world = World::new(8, 4, 7);
    let (seed, leech) = (world.seed(), world.leech());
    let damaged = world.geometry().span(3, BLOCK, BLOCK).unwrap();
    world.find(leech, &[damaged], true);
    world.introduce(leech, &[seed]);
    world.run(MINUTE);
    assert!(world.swarm(leech).is_complete());
    assert!(world.seen(leech).events.contains(&Event::PieceBad { piece: damaged.piece() }));
    assert!(!world.seen(leech).events.iter().any(|event| matches!(event, Event::Liar { .. })));
}

#[test]
fn a_peer_that_claims_and_never_delivers_holds_nothing_up() {
    let mut world = World::new(64, 4, 2);
    let (seed, mute, leech) = (world.seed(), world.seed(), world.leech());
    world.character(mute).mute = true;
    world.introduce(leech, &[mute, seed]);
    world.run(MINUTE);
    let seconds = world.seen(leech).complete_at.map(|at| at.as_secs_f64());
    assert!(seconds.is_some_and(|seconds| seconds < 10.0), "{seconds:?}");
}

#[test]
fn peers_that_take_nothing_of_what_they_ask_for_hold_up_nobody_else() {
    let mut world = World::new(64, 4, 8);
    let (seed, leech) = (world.seed(), world.leech());
    let deaf: Vec<usize> = (0..8).map(|_| world.leech()).collect();
    for nth in &deaf {
        world.character(*nth).deaf = true;
        world.introduce(*nth, &[seed]);
    }
    world.run(Duration::from_millis(500));
    world.introduce(leech, &[seed]);
    world.run_until(MINUTE, |world| world.swarm(leech).is_complete());
    let seconds = world.seen(leech).complete_at.map(|at| at.as_secs_f64());
    assert!(seconds.is_some_and(|seconds| seconds < 10.0), "{seconds:?}");
}

#[test]
fn a_peer_that_hides_its_pieces_is_not_served_before_the_poor() {
    let mut world = World::new(64, 4, 9);
    world.uplink = 2_000_000;
    // Not a seed from the start: it shows everything to everybody.
    let mut most = Bitfield::all(64);
    most.clear(world.geometry().piece(63).unwrap());
    let (source, honest, hiding) = (world.add(most), world.leech(), world.leech());
    world.character(hiding).hides = true;
    for leech in [honest, hiding] {
        world.introduce(leech, &[source]);
    }
    let done = |world: &World, nth: usize| world.swarm(nth).stats().pieces_done;
    world.run_until(MINUTE, |world| done(world, honest) + done(world, hiding) >= 40);
    let (given, taken) = (done(&world, honest), done(&world, hiding));
    assert!(given + taken >= 40 && given >= 18, "the honest one has {given} pieces, the other {taken}");
}

#[test]
fn several_peers_that_never_deliver_hold_nothing_up_either() {
    for seed in 0..8 {
        let mut world = World::new(64, 4, seed);
        let (first, mute) = (world.seed(), [world.seed(), world.seed(), world.seed()]);
        let leech = world.leech();
        for nth in mute {
            world.character(nth).mute = true;
        }
        world.introduce(leech, &[mute[0], mute[1], mute[2], first]);
        world.run(MINUTE);
        let seconds = world.seen(leech).complete_at.map(|at| at.as_secs_f64());
        assert!(seconds.is_some_and(|seconds| seconds < 8.0), "{seconds:?}");
    }
}

#[test]
fn a_holder_that_vanishes_is_replaced_by_the_others() {
    let mut world = World::new(64, 4, 3);
    let (first, second, leech) = (world.seed(), world.seed(), world.leech());
    world.introduce(leech, &[first, second]);
    world.run(Duration::from_millis(150));
    assert!(!world.swarm(leech).is_complete());
    world.cut(first);
    world.run(MINUTE);
    assert!(world.swarm(leech).is_complete());
    assert_eq!(
        world.swarm(leech).stats().received,
        world.swarm(leech).stats().wasted + world.geometry().total()
    );
}

#[test]
fn everybody_leaving_and_coming_back_loses_nothing() {
    let mut world = World::new(64, 4, 4);
    let (seed, leech) = (world.seed(), world.leech());
    world.introduce(leech, &[seed]);
    world.run(Duration::from_millis(150));
    let before = world.swarm(leech).stats().pieces_done;
    assert!(before > 0);
    world.cut(seed);
    world.run(MINUTE);
    assert!(world.swarm(leech).is_complete(), "the seed is tried again");
}

/// A downloader connected to one seed that has everything to give.
fn pair(features: Features) -> (World, usize) {
    let mut world = World::new(8, 4, 5);
    world.features = features;
    let (seed, leech) = (world.seed(), world.leech());
    world.character(seed).mute = true;
    world.introduce(leech, &[seed]);
    world.run(Duration::from_millis(50));
    (world, leech)
}

fn breaks(features: Features, message: Message) -> bool {
    let (mut world, leech) = pair(features);
    world.inject(leech, message);
    matches!(world.seen(leech).disconnects.as_slice(), [Reason::Protocol(_)])
}

#[test]
fn messages_that_no_honest_peer_sends_close_the_connection() {
    let fast = Features { fast: true, extension: true, v2: false };
    let request = |index, begin, length| Request { index, begin, length };
    for message in [
        Message::Have(8),
        Message::Request(request(8, 0, 16384)),
        Message::Request(request(0, 65536, 1)),
        Message::Request(request(0, u32::MAX, 2)),
        Message::Request(request(0, 0, 0)),
        Message::Extended { id: 0, payload: Bytes::from_static(b"nonsense") },
        Message::Extended { id: 2, payload: Bytes::from_static(b"abc") },
        Message::Hashes(
            HashRequest { root: Sha256Hash([0; 32]), base_layer: 0, index: 0, length: 2, proof_layers: 0 },
            Vec::new(),
        ),
    ] {
        assert!(breaks(fast, message.clone()), "{message:?}");
    }
    let plain = Features::default();
    for message in [
        Message::HaveNone,
        Message::Reject(request(0, 0, 16384)),
        Message::AllowedFast(0),
        Message::SuggestPiece(0),
        Message::Request(request(0, 0, 16385)),
    ] {
        assert!(breaks(plain, message.clone()), "{message:?}");
    }
}

#[test]
fn odd_messages_are_passed_over() {
    let fast = Features { fast: true, extension: true, v2: false };
    for message in [
        Message::Unknown(99),
        Message::KeepAlive,
        Message::Port(6881),
        Message::Have(3),
        Message::HaveAll,
        Message::HaveNone,
        Message::Bitfield(Bytes::from_static(&[0xff])),
        Message::AllowedFast(99),
        Message::Extended { id: 77, payload: Bytes::from_static(b"who knows") },
        Message::Cancel(Request { index: 9, begin: 9, length: 9 }),
        Message::Reject(Request { index: 1, begin: 1, length: 1 }),
    ] {
        assert!(!breaks(fast, message.clone()), "{message:?}");
    }
}

#[test]
fn a_late_bitfield_adds_to_what_a_peer_has() {
    for late in [Message::HaveAll, Message::Bitfield(Bytes::from_static(&[0xff]))] {
        let mut world = World::new(8, 4, 7);
        let (other, leech) = (world.leech(), world.leech());
        world.introduce(leech, &[other]);
        world.run_until(Duration::from_millis(50), |_| false);
        assert!(world.seen(leech).requests.is_empty());
        world.inject(leech, late.clone());
        assert!(!world.seen(leech).requests.is_empty(), "{late:?}");
    }
}

#[test]
fn a_request_while_choked_is_rejected() {
    let mut world = World::new(8, 4, 6);
    world.upload_slots = 0;
    let (seed, late) = (world.seed(), world.leech());
    let request = Request { index: 0, begin: 0, length: 16384 };
    world.introduce(late, &[seed]);
    world.run_until(Duration::from_millis(11), |_| false);
    let before = world.trace.len();
    world.inject(seed, Message::Request(request));
    assert!(
        world.trace[before..].iter().any(|line| line.contains("Reject(Request { index: 0")),
        "{:?}",
        &world.trace[before..]
    );
}
