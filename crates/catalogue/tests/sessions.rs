//! Whose session a peer id is.

mod support;

use peerpool_catalogue::{Input, Limits, Viewer};
use peerpool_wire::channel::{Have, Hello, Refusal, SessionSecret, ToPeer};
use support::{World, file, hello, remote};

fn with_secret(number: u16, secret: Option<u8>) -> Hello {
    Hello { secret: secret.map(|byte| SessionSecret([byte; 16])), ..hello(number) }
}

#[test]
fn a_peer_with_the_secret_replaces_its_old_session_from_any_address() {
    let mut world = World::new();
    let old = world.join(1);
    world.have(old, &file("song", 1), Have::All);
    let new = world.connect(1, remote(7));
    assert_eq!(world.closed(), [(old, Some(Refusal::Replaced))]);
    assert!(matches!(world.sent(new)[..], [ToPeer::Welcome(_)]));
    assert!(world.names("").is_empty(), "the new session has registered nothing yet");
    // The old connection's end is no end of the new session.
    world.leave(old);
    assert_eq!(world.catalogue.counts(&Viewer::All).peers, 1);
}

#[test]
fn a_stranger_with_a_peer_id_is_refused_even_while_its_session_is_silent() {
    for secret in [None, Some(99)] {
        let mut world = World::new();
        let own = world.join(1);
        world.have(own, &file("song", 1), Have::All);
        let thief = world.connect_as(with_secret(1, secret), remote(1));
        assert!(
            matches!(world.closed()[..], [(closed, Some(Refusal::PeerIdTaken { .. }))] if closed == thief)
        );
        world.pass_without_pongs(20);
        assert!(world.closed().is_empty(), "the session stays until its lease ends");
        assert_eq!(world.names(""), ["song"]);
    }
}

#[test]
fn a_session_without_a_secret_is_never_taken_over_while_it_lives() {
    let mut world = World::new();
    let own = world.connect_as(with_secret(1, None), remote(1));
    world.connect_as(with_secret(1, None), remote(1));
    world.handle(Input::Heard { session: own });
    assert!(matches!(world.closed()[..], [(_, Some(Refusal::PeerIdTaken { .. }))]));
}

#[test]
fn a_dead_session_gives_way_within_seconds() {
    let mut world = World::new();
    let dead = world.connect_as(with_secret(1, None), remote(1));
    let new = world.connect_as(with_secret(1, None), remote(2));
    world.sent(new);
    world.pass_without_pongs(6);
    assert_eq!(world.closed(), [(dead, Some(Refusal::Replaced))]);
    assert!(matches!(world.sent(new)[..], [ToPeer::Welcome(_)]));
    assert_eq!(world.catalogue.counts(&Viewer::All).peers, 1);
}

#[test]
fn one_newcomer_at_a_time_waits_for_a_peer_id() {
    let mut world = World::new();
    let own = world.connect_as(with_secret(1, None), remote(1));
    let first = world.connect_as(with_secret(1, Some(50)), remote(2));
    let second = world.connect_as(with_secret(1, Some(51)), remote(3));
    assert!(matches!(world.closed()[..], [(closed, Some(Refusal::PeerIdTaken { .. }))] if closed == second));
    world.leave(first);
    world.handle(Input::Heard { session: own });
    assert!(world.closed().is_empty(), "nobody waits any more");
    assert_eq!(world.catalogue.counts(&Viewer::All).peers, 1);
}

#[test]
fn sessions_of_one_host_leave_room_for_those_of_another() {
    let mut world = World::with(Limits { max_sessions: 200, ..Limits::default() });
    let mut refused = 0;
    for number in 0..300 {
        world.connect(number, remote(1));
        refused += world.closed().len();
    }
    assert_eq!(refused, 200, "half of the room is for others");
    for number in 300..350 {
        world.connect(number, remote(number));
        assert!(world.closed().is_empty());
    }
}

#[test]
fn a_peer_id_stays_with_its_secret_for_a_while_after_its_session_ended() {
    let mut world = World::new();
    let own = world.connect_as(with_secret(1, Some(1)), remote(1));
    world.leave(own);
    let thief = world.connect_as(with_secret(1, Some(99)), remote(2));
    assert!(matches!(world.closed()[..], [(closed, Some(Refusal::PeerIdTaken { .. }))] if closed == thief));
    let back = world.connect_as(with_secret(1, Some(1)), remote(3));
    assert!(matches!(world.sent(back)[..], [ToPeer::Welcome(_)]));
    world.leave(back);
    world.pass_without_pongs(100);
    world.connect_as(with_secret(1, Some(99)), remote(2));
    assert!(world.closed().is_empty(), "an id that nobody came back for is free");
}
