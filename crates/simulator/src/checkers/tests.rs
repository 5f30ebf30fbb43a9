use std::time::Duration;

use peerpool_wire::geometry::Geometry;

use super::*;

const ALL: u32 = 8;

/// Three honest peers that have everything, and nothing amiss.
fn sane(all: &Bitfield) -> View<'_> {
    let peer = |no| PeerView {
        no: PeerNo(no),
        online: true,
        honest: true,
        class: Some(0),
        have: all,
        good: all,
        sent: 100,
        received: 80,
        lost: 5,
        in_flight: 15,
        arrived: Some(Time::ZERO),
        completed: Some(Time::from_secs(10)),
        conns: Vec::new(),
        swarm_conns: 0,
        faults: &[],
    };
    let mut peers: Vec<PeerView<'_>> = (0..3).map(peer).collect();
    peers[0].conns = vec![(ConnId(4), PeerNo(1), ConnId(7))];
    peers[1].conns = vec![(ConnId(7), PeerNo(0), ConnId(4))];
    peers[0].swarm_conns = 1;
    peers[1].swarm_conns = 1;
    View { now: Time::from_secs(10), peers, over: true }
}

fn some(pieces: u32) -> Bitfield {
    let geometry = Geometry::new(16384, [(u64::from(ALL) * 16384, false)]).unwrap();
    let mut field = Bitfield::none(ALL);
    for piece in geometry.pieces().take(pieces as usize) {
        field.set(piece);
    }
    field
}

#[test]
fn a_sane_world_breaks_no_rule() {
    let all = some(ALL);
    for mut checker in super::all() {
        for _ in 0..3 {
            assert_eq!(checker.check(&sane(&all)), Vec::<String>::new(), "{}", checker.name());
        }
    }
}

#[test]
fn a_claimed_piece_that_is_not_verified_is_seen() {
    let (all, less) = (some(ALL), some(ALL - 1));
    let mut view = sane(&all);
    view.peers[1].good = &less;
    assert_eq!(Integrity.check(&view).len(), 1);
}

#[test]
fn a_fault_that_a_peer_noted_is_seen() {
    let all = some(ALL);
    let faults = ["served what is not verified".to_owned()];
    let mut view = sane(&all);
    view.peers[2].faults = &faults;
    assert_eq!(Integrity.check(&view).len(), 1);
}

#[test]
fn a_byte_from_nowhere_and_a_byte_that_vanished_are_seen() {
    let all = some(ALL);
    for received in [79, 81] {
        let mut view = sane(&all);
        view.peers[0].received = received;
        assert_eq!(Conservation.check(&view).len(), 1);
    }
}

#[test]
fn standing_still_while_somebody_could_help_is_seen() {
    let (all, less) = (some(ALL), some(2));
    let mut checker = Progress::default();
    let mut stalls = Vec::new();
    for secs in (0..100).step_by(10) {
        let mut view = sane(&all);
        view.peers[2].have = &less;
        view.now = Time::from_secs(secs);
        stalls.push(checker.check(&view).len());
    }
    assert_eq!(stalls.iter().sum::<usize>(), 3, "{stalls:?}");
}

#[test]
fn standing_still_while_nobody_can_help_is_no_stall() {
    let less = some(2);
    let mut checker = Progress::default();
    for secs in (0..100).step_by(10) {
        let mut view = sane(&less);
        view.now = Time::from_secs(secs);
        assert!(checker.check(&view).is_empty());
    }
}

#[test]
fn one_who_is_left_behind_by_its_like_is_seen() {
    let all = some(ALL);
    let mut view = sane(&all);
    view.peers[2].completed = Some(Time::from_secs(21));
    assert_eq!(Fairness.check(&view).len(), 1);
    view.peers[2].arrived = Some(Time::ZERO + Duration::from_secs(10));
    assert!(Fairness.check(&view).is_empty());
}

#[test]
fn a_connection_that_keeps_one_end_is_seen() {
    let all = some(ALL);
    let mut view = sane(&all);
    view.peers[1].conns.clear();
    view.peers[1].swarm_conns = 0;
    let mut checker = Connections::default();
    for (millis, leaks) in [(0, 0), (500, 0), (1500, 1)] {
        view.now = Time::from_millis(10_000 + millis);
        assert_eq!(checker.check(&view).len(), leaks);
    }
}

#[test]
fn a_swarm_that_counts_other_connections_than_its_driver_is_seen() {
    let all = some(ALL);
    let mut view = sane(&all);
    view.peers[2].swarm_conns = 1;
    assert_eq!(Connections::default().check(&view).len(), 1);
}
